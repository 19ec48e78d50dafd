//! Accounts that SQL files create.

use std::collections::BTreeMap;

use super::names::Names;
use super::read::Reader;
use super::rights;
use super::tables::statements;
use super::users::{is_known, password, subnet};
use crate::model::concept::{Defect, Identity, Secret};
use crate::model::fact::{Fact, Name, Origin, Why};
use crate::model::fragment::{Address, ConfigFile, Login};
use crate::model::net::Addresses;
use crate::model::rights::rank;
use crate::source::Place;
use crate::tree::sql::{Grant, Host, Identified, Method, StatementKind, UserStatement};
use crate::tree::xml::Element;

/// What the server document lets SQL create (`InterpreterCreateUserQuery.cpp`). An `ALTER` is not
/// checked, and an empty password is a password.
pub(super) struct Allowed {
    no_password: bool,
    implicit: bool,
}

impl Allowed {
    pub(super) fn of(reader: &Reader, root: &Element) -> Allowed {
        let on =
            |name: &str| root.child(name).is_none_or(|e| reader.bool(e).known() != Some(&false));
        Allowed { no_password: on("allow_no_password"), implicit: on("allow_implicit_no_password") }
    }

    /// The setting by which the server refuses a statement.
    fn refuses(&self, user: &UserStatement) -> Option<&'static str> {
        let methods = user.identified.as_deref();
        let bare = methods.is_none_or(|m| m.iter().any(|i| i.method == Method::None));
        match methods {
            _ if user.alter => None,
            _ if !self.no_password && bare => Some("allow_no_password"),
            None if !self.implicit => Some("allow_implicit_no_password"),
            _ => None,
        }
    }
}

/// Statements that the server refuses.
pub(super) fn refused(files: &[&ConfigFile], allowed: &Allowed, names: &Names) -> Vec<Defect> {
    let mut out = Vec::new();
    for statement in files.iter().flat_map(|f| statements(f)) {
        let StatementKind::User(user) = &statement.kind else { continue };
        let (Some(setting), Some(name)) = (allowed.refuses(user), user.users.first()) else {
            continue;
        };
        let suffix = format!("defect/no-effect/user/{name}");
        let identity = names.identity(&suffix, names.title.clone(), user.head, statement.place);
        let message = format!("the server refuses to create user `{name}`: `{setting}` is off");
        let mut defect = Defect::new(identity);
        defect.kind = Fact::written("no-effect".into(), user.head);
        defect.message = Fact::written(message.into(), user.head);
        out.push(defect);
    }
    out
}

/// Accounts as the statements leave them, in the order of their names.
pub(super) fn logins(files: &[&ConfigFile], allowed: &Allowed) -> BTreeMap<Name, Login> {
    let mut out: BTreeMap<Name, Login> = BTreeMap::new();
    let mut granted = Granted::default();
    for statement in files.iter().flat_map(|f| statements(f)) {
        match &statement.kind {
            StatementKind::User(user) if allowed.refuses(user).is_some() => {}
            StatementKind::User(user) => {
                for name in &user.users {
                    match out.get_mut(name) {
                        Some(login) if user.alter => alter(login, user),
                        Some(_) if user.if_not_exists => {}
                        None if user.alter => {}
                        _ => {
                            out.insert(name.clone(), create(name, user, statement.place));
                        }
                    }
                }
            }
            StatementKind::DropUser(names) => {
                for name in names {
                    out.remove(name);
                }
            }
            StatementKind::Grant(grant) => granted.add(grant, statement.place),
            _ => {}
        }
    }
    for login in out.values_mut() {
        let Some(rights) = granted.of(&login.name) else { continue };
        if rights.known().is_some_and(|r| &**r == "admin") {
            login.admin = Fact::written(true, rights.place());
        }
        login.rights = rights;
    }
    out
}

/// Roles that are looked through for one account.
const MAX_ROLES: usize = 16;

/// What users and roles are granted, and where.
#[derive(Default)]
struct Granted<'a> {
    rights: BTreeMap<Name, (&'static str, Place)>,
    roles: BTreeMap<Name, Vec<&'a str>>,
    /// Where a role was granted last.
    at: Option<Place>,
}

impl<'a> Granted<'a> {
    fn add(&mut self, grant: &'a Grant, at: Place) {
        let named = !grant.what.split_whitespace().any(|w| w.eq_ignore_ascii_case("on"));
        for name in &grant.to {
            if named && !grant.admin {
                let roles = grant.what.split(',').map(|r| r.trim().trim_matches(['`', '"']));
                self.roles.entry(name.clone()).or_default().extend(roles);
                self.at = Some(at);
                continue;
            }
            let new = if grant.admin { "admin" } else { rights::privileges(&grant.what) };
            let kept = self.rights.entry(name.clone()).or_insert((new, at));
            if rank(new) > rank(kept.0) {
                *kept = (new, at);
            }
        }
    }

    /// The most that a user may do, by itself and by its roles; `None` where nothing is granted.
    fn of(&self, name: &str) -> Option<Fact<Name>> {
        let mut open = vec![name];
        let mut seen: Vec<&str> = Vec::new();
        let (mut most, mut elsewhere) = (None, None);
        while let Some(name) = open.pop() {
            if seen.len() == MAX_ROLES || seen.contains(&name) {
                continue;
            }
            seen.push(name);
            let roles = self.roles.get(name);
            open.extend(roles.into_iter().flatten());
            match self.rights.get(name) {
                Some(own) if most.is_none_or(|(rights, _)| rank(own.0) > rank(rights)) => {
                    most = Some(*own);
                }
                None if roles.is_none() => elsewhere = Some(name),
                _ => {}
            }
        }
        match (most, elsewhere) {
            (Some((rights, at)), None) => Some(Fact::written(rights.into(), at)),
            (Some(("admin", at)), _) => Some(Fact::written("admin".into(), at)),
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

fn create(name: &Name, user: &UserStatement, whole: Place) -> Login {
    let methods = user.identified.as_deref().unwrap_or(&[]);
    let networks = match &user.hosts {
        Some(hosts) => addresses(hosts, user.head),
        None => Fact::default(Addresses::all(), "no HOST clause means any host", user.head),
    };
    Login {
        name: name.clone(),
        proof: proof(name, methods, user.head),
        networks,
        password_in_clear: in_clear(methods, user.head),
        admin: Fact::default(false, "a user that SQL creates has no rights yet", user.head),
        rights: Fact::default(
            "nothing".into(),
            "a user that SQL creates has no rights yet",
            user.head,
        ),
        place: user.head,
        whole,
    }
}

fn alter(login: &mut Login, user: &UserStatement) {
    if let Some(methods) = &user.identified {
        login.proof = proof(&login.name.clone(), methods, user.head);
        login.password_in_clear = in_clear(methods, user.head);
    }
    if let Some(hosts) = &user.hosts {
        login.networks = addresses(hosts, user.head);
    }
}

/// What the weakest of the methods asks; none at all asks nothing.
fn proof(name: &str, methods: &[Identified], head: Place) -> Fact<Name> {
    let of = |i: &Identified| -> Name {
        match &i.method {
            Method::None => "none".into(),
            Method::Password(Some(text)) => password(text, name),
            Method::Password(None) | Method::Hash(_) => "password".into(),
            Method::External => "external".into(),
            Method::Key => "certificate".into(),
        }
    };
    let rank = |proof: &str| match proof {
        "none" => 0,
        "default-password" => 1,
        "password" => 2,
        _ => 3,
    };
    match methods.iter().min_by_key(|i| rank(&of(i))) {
        Some(weakest) => Fact::written(of(weakest), weakest.place),
        None => Fact::written("none".into(), head),
    }
}

fn in_clear(methods: &[Identified], head: Place) -> Fact<bool> {
    match methods.iter().find(|i| readable(i).is_some()) {
        Some(method) => Fact::written(true, method.place),
        None => Fact::written(false, head),
    }
}

fn readable(identified: &Identified) -> Option<&Name> {
    match &identified.method {
        Method::Password(Some(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn addresses(hosts: &[Host], at: Place) -> Fact<Addresses> {
    let (mut total, mut unknown) = (Addresses::default(), None);
    for host in hosts {
        let set = match host {
            Host::Any => Ok(Addresses::all()),
            Host::None => Ok(Addresses::default()),
            Host::Local => Ok(Addresses::loopback()),
            Host::Ip(text) => subnet(text),
            Host::Named(name) => Err(Why::NotHere(format!("who is called {name}").into())),
        };
        match set {
            Ok(set) => total = total.union(&set),
            Err(why) => unknown = Some(why),
        }
    }
    match unknown {
        Some(why) if total != Addresses::all() => Fact::Unknown(why, at),
        _ => Fact::written(total, at),
    }
}

/// Passwords that stand readable in SQL files.
pub(super) fn secrets(files: &[&ConfigFile], store: Option<(&Address, &Name)>) -> Vec<Secret> {
    let mut out = Vec::new();
    for statement in files.iter().flat_map(|f| statements(f)) {
        let StatementKind::User(user) = &statement.kind else { continue };
        let methods = user.identified.as_deref().unwrap_or(&[]);
        let Some(method) = methods.iter().find(|m| readable(m).is_some()) else { continue };
        let Some(text) = readable(method) else { continue };
        for name in &user.users {
            let address = match store {
                Some((store, _)) => format!("{store}/sql/user/{name}/password"),
                None => format!("sql:user/{name}/password"),
            };
            let subject = store.map_or_else(|| address.as_str().into(), |(s, _)| s.0.clone());
            let mut secret = Secret::new(Identity {
                address: address.into(),
                subject,
                title: format!("the password of user `{name}`").into(),
                place: method.place,
                whole: statement.place,
                exists: Fact::written(true, method.place),
            });
            let origin = || Origin::written(method.place);
            secret.name = Fact::Known(name.clone(), origin());
            secret.kind = Fact::Known("password".into(), origin());
            secret.engine = Fact::Known("clickhouse".into(), origin());
            secret.in_clear = Fact::Known(true, origin());
            secret.well_known = Fact::Known(is_known(text, name), origin());
            out.push(secret);
        }
    }
    out
}
