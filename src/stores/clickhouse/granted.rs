//! What `GRANT` and `REVOKE` leave a user, by itself and by its roles.

use std::collections::BTreeMap;

use super::rights;
use crate::model::fact::{Fact, Name, Why};
use crate::model::rights::rank;
use crate::source::Place;
use crate::tree::sql::Grant;

/// Roles that are looked through for one account.
const MAX_ROLES: usize = 16;

/// One grant that still holds.
struct Held {
    /// In capitals, with single spaces.
    what: String,
    rights: &'static str,
    /// Accounts may be made and changed.
    accounts: bool,
    at: Place,
}

/// The grants of a user or a role.
#[derive(Default)]
struct Own {
    held: Vec<Held>,
    /// Where something was taken away last.
    taken: Option<Place>,
}

/// What users and roles are granted, and where.
#[derive(Default)]
pub(super) struct Granted<'a> {
    rights: BTreeMap<Name, Own>,
    roles: BTreeMap<Name, Vec<&'a str>>,
    /// Where a role was granted last.
    at: Option<Place>,
}

impl<'a> Granted<'a> {
    pub(super) fn apply(&mut self, grant: &'a Grant, at: Place) {
        let named = !grant.what.split_whitespace().any(|w| w.eq_ignore_ascii_case("on"));
        for name in &grant.to {
            match (named && !grant.admin, grant.revoke) {
                (true, false) => {
                    let roles = self.roles.entry(name.clone()).or_default();
                    if grant.replace {
                        roles.clear();
                    }
                    roles.extend(names(&grant.what));
                    self.at = Some(at);
                }
                (true, true) => self.leave(name, &grant.what),
                (false, false) => {
                    let own = self.rights.entry(name.clone()).or_default();
                    if grant.replace {
                        *own = Own::default();
                    }
                    let what = capitals(&grant.what);
                    let new = if grant.admin { "admin" } else { rights::privileges(&grant.what) };
                    own.held.push(Held { what, rights: new, accounts: new == "admin", at });
                }
                (false, true) => {
                    if let Some(own) = self.rights.get_mut(name) {
                        own.take(&capitals(&grant.what), at);
                    }
                }
            }
        }
    }

    /// A dropped user has nothing left when one of its name is created.
    pub(super) fn forget(&mut self, name: &Name) {
        self.rights.remove(name);
        self.roles.remove(name);
    }

    /// `REVOKE role FROM user`
    fn leave(&mut self, name: &Name, what: &str) {
        let Some(roles) = self.roles.get_mut(name) else { return };
        let upper = capitals(what);
        if upper.starts_with("ADMIN OPTION FOR ") {
            return;
        }
        if upper == "ALL" {
            roles.clear();
        }
        let gone: Vec<&str> = names(what).collect();
        roles.retain(|role| !gone.contains(role));
    }

    /// Where a user got the administration of accounts from, by itself and by its roles.
    pub(super) fn accounts(&self, name: &str) -> Option<Place> {
        let own = self.reached(name).into_iter().filter_map(|name| self.rights.get(name));
        own.flat_map(|own| &own.held).filter(|held| held.accounts).map(|held| held.at).next_back()
    }

    /// A user, its roles, and theirs.
    fn reached<'b>(&'b self, name: &'b str) -> Vec<&'b str> {
        let (mut open, mut seen) = (vec![name], Vec::new());
        while let Some(name) = open.pop() {
            if seen.len() < MAX_ROLES && !seen.contains(&name) {
                seen.push(name);
                open.extend(self.roles.get(name).into_iter().flatten());
            }
        }
        seen
    }

    /// The most that a user may do, by itself and by its roles; `None` where nothing is granted.
    pub(super) fn of(&self, name: &str) -> Option<Fact<Name>> {
        let seen = self.reached(name);
        let (mut most, mut elsewhere) = (None, None);
        for name in &seen {
            let roles = self.roles.get(*name);
            let own = self.rights.get(*name);
            match own.and_then(Own::most) {
                Some(own) if most.is_none_or(|(rights, _)| rank(own.0) > rank(rights)) => {
                    most = Some(own);
                }
                None if roles.is_none() => elsewhere = Some(*name),
                _ => {}
            }
        }
        match (most, elsewhere) {
            (Some(("admin", at)), _) => Some(Fact::written("admin".into(), at)),
            (Some((rights, at)), None) => Some(Fact::written(rights.into(), at)),
            (Some((_, at)), Some(role)) => {
                Some(Fact::Unknown(Why::NotHere(format!("the rights of `{role}`").into()), at))
            }
            (None, _) if seen.len() < 2 => None,
            (None, _) => {
                let at = self.at?;
                Some(Fact::Unknown(Why::NotHere("the rights of its roles".into()), at))
            }
        }
    }
}

impl Own {
    fn most(&self) -> Option<(&'static str, Place)> {
        let most = self.held.iter().rev().max_by_key(|held| rank(held.rights));
        most.map(|held| (held.rights, held.at)).or(self.taken.map(|at| ("nothing", at)))
    }

    /// Takes away what is named, as `REVOKE` does (ClickHouse, "REVOKE Statement"): a part of what
    /// was granted may go while the rest stays.
    fn take(&mut self, what: &str, at: Place) {
        self.taken = Some(at);
        let (privileges, on) = what.split_once(" ON ").unwrap_or((what, ""));
        let everywhere = on.replace(' ', "") == "*.*";
        if let Some(all) = privileges.strip_prefix("GRANT OPTION FOR ") {
            for held in self.held.iter_mut().filter(|_| everywhere && is_all(all)) {
                if let Some(plain) = held.what.strip_suffix(" WITH GRANT OPTION") {
                    held.what = plain.to_owned();
                }
            }
            return;
        }
        if everywhere && is_all(privileges) {
            self.held.clear();
            return;
        }
        let before = self.held.len();
        self.held.retain(|held| {
            held.what.strip_suffix(" WITH GRANT OPTION").unwrap_or(&held.what) != what
        });
        if self.held.len() < before {
            return;
        }
        let of_accounts = privileges.split(',').map(str::trim).all(is_of_accounts);
        let managing = ["ACCESS MANAGEMENT", "CREATE USER", "ALTER USER", "ROLE ADMIN"];
        let ends = is_all(privileges) || managing.iter().any(|m| privileges.contains(m));
        for held in self.held.iter_mut().filter(|held| rank(held.rights) > rank("some")) {
            held.rights = match held.rights {
                "read" => "some",
                // Rights over accounts are rights over the whole server (`AccessType.h`).
                "admin" | "write" if of_accounts => "write",
                _ => "most",
            };
            held.accounts &= !(ends && everywhere);
            held.at = at;
        }
    }
}

/// Whether a privilege belongs to `ACCESS MANAGEMENT` (`AccessType.h`).
fn is_of_accounts(privilege: &str) -> bool {
    let things = [
        "USER",
        "ROLE",
        "ROW POLICY",
        "POLICY",
        "QUOTA",
        "SETTINGS PROFILE",
        "PROFILE",
        "USERS",
        "ROLES",
        "ROW POLICIES",
        "POLICIES",
        "QUOTAS",
        "SETTINGS PROFILES",
        "PROFILES",
        "ACCESS",
    ];
    let verbs = ["CREATE ", "ALTER ", "DROP ", "SHOW CREATE ", "SHOW "];
    matches!(privilege, "ACCESS MANAGEMENT" | "ROLE ADMIN" | "ADMIN OPTION")
        || verbs.iter().any(|v| privilege.strip_prefix(v).is_some_and(|t| things.contains(&t)))
}

fn is_all(privileges: &str) -> bool {
    matches!(privileges, "ALL" | "ALL PRIVILEGES")
}

fn capitals(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase()
}

fn names(what: &str) -> impl Iterator<Item = &str> {
    what.split(',').map(|role| role.trim().trim_matches(['`', '"']))
}
