//! What the images' entry points make of the variables before the server starts.
//!
//! `docker/server/entrypoint.sh` of ClickHouse; `libclickhouse.sh` of Bitnami.

use super::super::Program;
use super::image::{Guard, Image};
use super::layers::merge_folders;
use super::merge::same;
use super::shipped;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::Container;
use crate::source::Place;
use crate::tree::xml::{Content, Element};

/// What the entry point does about users before the server starts.
pub(super) enum Setup {
    /// Nothing: the files decide. Where that is written, and how.
    Untouched(Place, &'static str),
    /// Creates one user for every address, and removes `default`.
    Account {
        user: Name,
        admin: Name,
        at: Place,
    },
    /// Limits `default` to the server itself.
    Guarded,
    /// Refuses to start.
    Refused(Place),
    Unknown(Why, Place),
}

impl Image {
    pub(super) fn setup(&self, program: &Program, changed: Option<&Place>) -> Setup {
        if self.bitnami {
            return bitnami(program);
        }
        let container = program.container;
        match runs_entry_point(container) {
            Fact::Known(true, _) | Fact::Unset(_) => {}
            Fact::Known(false, origin) => {
                let say = "the image's entry point, which looks after users, does not run";
                return Setup::Untouched(origin.at, say);
            }
            Fact::Unknown(why, at) => return Setup::Unknown(why, at),
        }
        match program.env("CLICKHOUSE_SKIP_USER_SETUP") {
            Fact::Known(v, origin) if &*v == "1" => {
                return Setup::Untouched(origin.at, "the entry point is told to leave users alone");
            }
            Fact::Unknown(why, at) => return Setup::Unknown(why, at),
            _ => {}
        }
        let user = program.env("CLICKHOUSE_USER");
        let admin = program.env("CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT");
        let password = password_of(program, "CLICKHOUSE_PASSWORD")
            .unwrap_or_else(|| program.env("CLICKHOUSE_PASSWORD"));
        let name = match &user {
            Fact::Known(name, _) if !name.is_empty() => name.clone(),
            Fact::Unknown(..) => "$CLICKHOUSE_USER".into(),
            _ => "default".into(),
        };
        let rights: Name = match &admin {
            Fact::Known(value, _) if !value.is_empty() => value.clone(),
            _ => "0".into(),
        };
        let made = |at: Place| Setup::Account { user: name.clone(), admin: rights.clone(), at };
        if &*name != "default" {
            return match &user {
                Fact::Unknown(why, at) if program.env_open.is_some() => {
                    Setup::Unknown(why.clone(), *at)
                }
                other => made(other.place()),
            };
        }
        match (&password, &admin) {
            (Fact::Known(value, origin), _) if !value.is_empty() => return made(origin.at),
            (_, Fact::Known(..)) if &*rights != "0" => {
                return made(admin.place());
            }
            (Fact::Unknown(Why::Environment(what), at), _) if what.starts_with("secret ") => {
                return made(*at);
            }
            (Fact::Unknown(why, at), _) => {
                // Empty, it leaves `default` to the server itself; otherwise it is asked for.
                return match (changed, &self.guard) {
                    (None, Guard::Yes) => made(*at),
                    _ => Setup::Unknown(why.clone(), *at),
                };
            }
            (_, Fact::Unknown(why, at)) => return Setup::Unknown(why.clone(), *at),
            _ => {}
        }
        match (&self.guard, changed) {
            (_, Some(at)) => {
                let say = "this changes `default`, so the entry point leaves it as it is";
                Setup::Untouched(*at, say)
            }
            (Guard::No, _) => {
                let say = "this release does not limit `default` to the server itself";
                Setup::Untouched(container.image.place(), say)
            }
            _ => Setup::Guarded,
        }
    }

    pub(super) fn password_variable(&self, program: &Program) -> &'static str {
        if !self.bitnami {
            return "CLICKHOUSE_PASSWORD";
        }
        let set = |n: &str| !program.env(n).is_unset() || password_of(program, n).is_some();
        if set("CLICKHOUSE_ADMIN_PASSWORD") {
            "CLICKHOUSE_ADMIN_PASSWORD"
        } else {
            "CLICKHOUSE_PASSWORD"
        }
    }
}

/// The file that the entry point writes, beside the users file.
pub(super) fn generated(users: &str) -> String {
    format!("{}default-user.xml", merge_folders(users)[0])
}

/// A password that lies in a file named by a variable: there, and not empty.
pub(super) fn password_of(program: &Program, name: &str) -> Option<Fact<Name>> {
    if !name.starts_with("CLICKHOUSE_") || !name.ends_with("PASSWORD") {
        return None;
    }
    let file = program.env.iter().find(|(n, _)| **n == *format!("{name}_FILE"))?;
    let at = file.1.place();
    match &file.1 {
        Fact::Known(path, _) if path.is_empty() => None,
        Fact::Unset(_) => None,
        _ => Some(Fact::Unknown(Why::Environment(format!("secret {name}_FILE").into()), at)),
    }
}

/// The entry point looks at variables only if nothing but options follows it.
fn runs_entry_point(container: &Container) -> Fact<bool> {
    match &container.command {
        Fact::Known(words, origin) => match words.first() {
            None => {}
            Some(Fact::Known(word, _)) if word.ends_with("entrypoint.sh") => {}
            Some(_) => return Fact::Known(false, origin.clone()),
        },
        Fact::Unknown(why, at) => return Fact::Unknown(why.clone(), *at),
        Fact::Unset(_) => {}
    }
    match &container.args {
        Fact::Known(words, origin) => match words.first() {
            None => Fact::Known(true, origin.clone()),
            Some(Fact::Known(word, _)) => Fact::Known(word.starts_with("--"), origin.clone()),
            Some(Fact::Unknown(why, at)) => Fact::Unknown(why.clone(), *at),
            Some(Fact::Unset(at)) => Fact::Unset(*at),
        },
        Fact::Unknown(why, at) => Fact::Unknown(why.clone(), *at),
        Fact::Unset(at) => Fact::Unset(*at),
    }
}

/// Bitnami: an administrator for every address; an empty password only if that is allowed.
fn bitnami(program: &Program) -> Setup {
    let first =
        |names: [&str; 2]| names.into_iter().map(|n| program.env(n)).find(|f| !f.is_unset());
    let user = first(["CLICKHOUSE_ADMIN_USER", "CLICKHOUSE_USER"]);
    let name = match &user {
        Some(Fact::Known(name, _)) if !name.is_empty() => name.clone(),
        Some(Fact::Unknown(..)) => "$CLICKHOUSE_ADMIN_USER".into(),
        _ => "default".into(),
    };
    let names = ["CLICKHOUSE_ADMIN_PASSWORD", "CLICKHOUSE_PASSWORD"];
    let password = names.iter().find_map(|n| password_of(program, n)).or_else(|| first(names));
    let empty = match &password {
        None => true,
        Some(fact) => fact.known().is_some_and(|v| v.is_empty()),
    };
    let at = password.as_ref().map_or(program.container.place, Fact::place);
    match program.env("ALLOW_EMPTY_PASSWORD") {
        Fact::Known(v, origin) if empty && is_yes(&v) => {
            Setup::Account { user: name, admin: "1".into(), at: origin.at }
        }
        Fact::Unknown(why, at) if empty => Setup::Unknown(why, at),
        _ if empty => Setup::Refused(at),
        _ => Setup::Account { user: name, admin: "1".into(), at },
    }
}

fn is_yes(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "yes" | "true" | "1")
}

/// Where what is mounted changes `default` against the users file itself. The entry point compares
/// all text inside, and the blanks of a file that is laid over it stay in the merged document: one
/// that says the same again counts as a change, as a real server's merged document shows.
pub(super) fn changes_default(before: &Element, after: &Element) -> Option<Place> {
    let default = |root: &Element| root.child("users").and_then(|u| u.child("default")).cloned();
    match (default(before), default(after)) {
        (Some(a), Some(b)) => (!same(&a, &b) || inside(&a) != inside(&b)).then_some(b.tag),
        (None, Some(b)) => Some(b.tag),
        (Some(a), None) => Some(a.tag),
        (None, None) => None,
    }
}

/// All text in an element, blanks included.
fn inside(element: &Element) -> String {
    let texts = element.children.iter().map(|content| match content {
        Content::Text(run) => run.text.to_string(),
        Content::Element(child) => inside(child),
    });
    texts.collect()
}

fn in_users(user: &str, children: Vec<Content>, before: Vec<Content>, at: Place) -> Element {
    let mut users = before;
    users.push(Content::Element(shipped::element(user, at, children)));
    let section = shipped::element("users", at, users);
    shipped::element("clickhouse", at, vec![Content::Element(section)])
}

pub(super) fn account(user: &str, admin: &str, variable: &str, at: Place) -> Element {
    let networks = shipped::element("networks", at, vec![shipped::leaf("ip", "::/0", at)]);
    let children = vec![
        Content::Element(networks),
        shipped::marked("password", "from_env", variable, at),
        shipped::leaf("access_management", admin, at),
    ];
    in_users(user, children, vec![shipped::marked("default", "remove", "remove", at)], at)
}

pub(super) fn guarded(at: Place) -> Element {
    let ips = vec![shipped::leaf("ip", "::1", at), shipped::leaf("ip", "127.0.0.1", at)];
    let networks = Content::Element(shipped::element("networks", at, ips));
    in_users("default", vec![networks], Vec::new(), at)
}
