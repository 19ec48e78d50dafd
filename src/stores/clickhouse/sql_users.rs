//! Accounts that SQL files create.

use std::collections::BTreeMap;

use super::granted::Granted;
use super::names::Names;
use super::read::Reader;
use super::tables::statements;
use super::users::{is_known, is_to_be_filled_in, password, subnet};
use crate::model::concept::{Defect, Identity, Secret};
use crate::model::fact::{Fact, Name, Origin, Why};
use crate::model::fragment::{Address, ConfigFile, Login};
use crate::model::net::Addresses;
use crate::source::Place;
use crate::tree::sql::{Host, Identified, Kept, Method, StatementKind, UserStatement};
use crate::tree::xml::Element;

/// What the server document lets SQL create (`InterpreterCreateUserQuery.cpp`). An `ALTER` is not
/// checked, and an empty password is a password.
pub(super) struct Allowed {
    off: Vec<&'static str>,
    /// `BY 'x'` alone is kept as it is.
    plain_by_default: bool,
}

const SWITCHES: [&str; 3] =
    ["allow_no_password", "allow_implicit_no_password", "allow_plaintext_password"];

impl Allowed {
    pub(super) fn of(reader: &Reader, root: &Element) -> Allowed {
        let is_off =
            |name: &str| root.child(name).is_some_and(|e| reader.bool(e).known() == Some(&false));
        let kind = root.child("default_password_type").map(|e| reader.text(e));
        let kind = kind.as_ref().and_then(Fact::known);
        Allowed {
            off: SWITCHES.into_iter().filter(|s| is_off(s)).collect(),
            plain_by_default: kind.is_some_and(|k| &**k == "plaintext_password"),
        }
    }

    /// The setting by which the server refuses a statement.
    fn refuses(&self, user: &UserStatement) -> Option<&'static str> {
        if user.alter {
            return None;
        }
        let methods = user.identified.as_deref();
        let bare = methods.is_none_or(|m| m.iter().any(|i| i.method == Method::None));
        let plain = methods.unwrap_or_default().iter().any(|i| match i.kept {
            Kept::Plain => true,
            Kept::AsConfigured => self.plain_by_default,
            Kept::Otherwise => false,
        });
        // One condition for each of `SWITCHES`.
        let against = SWITCHES.into_iter().zip([bare, methods.is_none(), plain]);
        against.filter(|(_, so)| *so).map(|(s, _)| s).find(|s| self.off.contains(s))
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
                    granted.forget(name);
                }
            }
            StatementKind::Grant(grant) => granted.apply(grant, statement.place),
            _ => {}
        }
    }
    for login in out.values_mut() {
        let Some(rights) = granted.of(&login.name) else { continue };
        if let Some(at) = granted.accounts(&login.name) {
            login.admin = Fact::written(true, at);
        }
        login.rights = rights;
    }
    out
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
        let Some(text) = readable(method).filter(|t| !is_to_be_filled_in(t)) else { continue };
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
