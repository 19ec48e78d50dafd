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
    at: Place,
}

/// The grants of a user or a role.
#[derive(Default)]
struct Own {
    held: Vec<Held>,
    /// Where something was taken away last.
    taken: Option<Place>,
    /// Where something was taken out of the middle of all rights.
    unclear: Option<Place>,
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
                    own.held.push(Held { what, rights: new, at });
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

    /// The most that a user may do, by itself and by its roles; `None` where nothing is granted.
    pub(super) fn of(&self, name: &str) -> Option<Fact<Name>> {
        let mut open = vec![name];
        let mut seen: Vec<&str> = Vec::new();
        let (mut most, mut elsewhere, mut unclear) = (None, None, None);
        while let Some(name) = open.pop() {
            if seen.len() == MAX_ROLES || seen.contains(&name) {
                continue;
            }
            seen.push(name);
            let roles = self.roles.get(name);
            open.extend(roles.into_iter().flatten());
            let own = self.rights.get(name);
            unclear = unclear.or(own.and_then(|own| own.unclear));
            match own.and_then(Own::most) {
                Some(own) if most.is_none_or(|(rights, _)| rank(own.0) > rank(rights)) => {
                    most = Some(own);
                }
                None if roles.is_none() => elsewhere = Some(name),
                _ => {}
            }
        }
        match (most, elsewhere) {
            (Some(("admin", at)), _) => Some(Fact::written("admin".into(), at)),
            _ if unclear.is_some() => {
                let why = Why::NotUnderstood("what `REVOKE` leaves of all rights".into());
                unclear.map(|at| Fact::Unknown(why, at))
            }
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
            self.unclear = None;
            return;
        }
        let before = self.held.len();
        self.held.retain(|held| {
            held.what.strip_suffix(" WITH GRANT OPTION").unwrap_or(&held.what) != what
        });
        if self.held.len() < before {
            return;
        }
        for held in self.held.iter_mut().filter(|held| rank(held.rights) > rank("some")) {
            if held.rights == "admin" {
                self.unclear = Some(at);
            }
            *held = Held { what: held.what.clone(), rights: "some", at };
        }
    }
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
