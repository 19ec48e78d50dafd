//! Accounts: `CREATE USER`, `ALTER USER`, `GRANT`, `REVOKE`.

use std::sync::Arc;

use super::cursor::Cursor;
use super::lex::Kind;
use super::{Grant, Host, Identified, Kept, Method, UserStatement};

/// What follows `CREATE USER` or `ALTER USER`.
pub(super) fn read(c: &mut Cursor, alter: bool) -> Option<UserStatement> {
    c.eat(&["or", "replace"]);
    let if_not_exists = c.eat(&["if", "not", "exists"]);
    c.eat(&["if", "exists"]);
    let (users, at_hosts) = names(c);
    (!users.is_empty()).then_some(())?;
    let head = c.place(0, c.at);
    let mut identified: Option<Vec<Identified>> = None;
    let mut hosts = at_hosts;
    while !c.done() {
        let start = c.at;
        if c.eat(&["not", "identified"]) {
            let place = c.place(start, c.at);
            let none = Identified { method: Method::None, kept: Kept::Otherwise, place };
            identified = Some(vec![none]);
        } else if c.eat(&["identified"]) {
            identified.get_or_insert_default().extend(methods(c));
        } else if c.eat(&["host"]) {
            hosts.get_or_insert_default().extend(host_list(c));
        } else {
            c.skip();
        }
    }
    Some(UserStatement { alter, head, if_not_exists, users, identified, hosts })
}

/// Names between commas, with the hosts of the form `'name'@'host'`.
pub(super) fn names(c: &mut Cursor) -> (Vec<Arc<str>>, Option<Vec<Host>>) {
    let (mut users, mut hosts) = (Vec::new(), None);
    while let Some(name) = c.name().or_else(|| c.string()) {
        users.push(name);
        if c.eat_punct(b'@')
            && let Some(host) = c.string().or_else(|| c.name())
        {
            hosts.get_or_insert_with(Vec::new).push(pattern(&host));
        }
        c.eat_cluster();
        if !c.eat_punct(b',') {
            break;
        }
    }
    (users, hosts)
}

fn pattern(text: &str) -> Host {
    match text {
        "%" | "%%" => Host::Any,
        t if t.eq_ignore_ascii_case("localhost") => Host::Local,
        t => Host::Named(t.into()),
    }
}

/// What follows `IDENTIFIED`: methods between commas.
fn methods(c: &mut Cursor) -> Vec<Identified> {
    let mut out = Vec::new();
    c.eat(&["with"]);
    loop {
        let start = c.at;
        let kept = match () {
            () if c.sees(&["by"]) => Kept::AsConfigured,
            () if c.sees(&["plaintext_password"]) => Kept::Plain,
            () => Kept::Otherwise,
        };
        let Some(method) = method(c) else { return out };
        out.push(Identified { method, kept, place: c.place(start, c.at) });
        let more = c.sees_punct(b',') && matches!(c.kind_at(c.at + 1), Some(Kind::Word { .. }));
        if !more {
            return out;
        }
        c.at += 1;
    }
}

fn method(c: &mut Cursor) -> Option<Method> {
    if c.sees(&["by"]) {
        return Some(Method::Password(value(c)));
    }
    let word = c.name()?.to_ascii_lowercase();
    Some(match word.as_str() {
        "no_password" => Method::None,
        "ssl_certificates" | "ssl_certificate" | "ssh_key" => Method::Key,
        w if w.ends_with("_hash") => {
            let hash = value(c);
            if c.eat(&["salt"]) {
                c.string();
            }
            Method::Hash(hash)
        }
        w if w.ends_with("_password") => Method::Password(value(c)),
        _ => Method::External,
    })
}

/// `BY '…'`; `None` where no string stands there.
fn value(c: &mut Cursor) -> Option<Arc<str>> {
    c.eat(&["by"]);
    let value = c.string();
    if value.is_none() && matches!(c.kind(), Some(Kind::Opaque)) {
        c.at += 1;
    }
    // A template inside the quotes is nobody's password.
    value.filter(|v| !v.contains("{{") && !v.contains("${") && !v.contains("{%"))
}

fn host_list(c: &mut Cursor) -> Vec<Host> {
    let mut out = Vec::new();
    loop {
        if c.eat(&["any"]) {
            out.push(Host::Any);
        } else if c.eat(&["none"]) {
            out.push(Host::None);
        } else if c.eat(&["local"]) {
            out.push(Host::Local);
        } else if c.eat(&["ip"]) {
            strings(c, |s| Host::Ip(s.into()), &mut out);
        } else if c.eat(&["like"]) {
            strings(c, pattern, &mut out);
        } else if c.eat(&["regexp"]) {
            let host = |s: &str| if s == ".*" { Host::Any } else { Host::Named(s.into()) };
            strings(c, host, &mut out);
        } else if c.eat(&["name"]) {
            strings(c, pattern, &mut out);
        } else {
            return out;
        }
        if !c.eat_punct(b',') {
            return out;
        }
    }
}

fn strings(c: &mut Cursor, host: impl Fn(&str) -> Host, out: &mut Vec<Host>) {
    while let Some(text) = c.string() {
        out.push(host(&text));
        if c.sees_punct(b',') && c.kind_at(c.at + 1) == Some(Kind::String) {
            c.at += 1;
        }
    }
}

/// What follows `GRANT` or `REVOKE`.
pub(super) fn grant(c: &mut Cursor, revoke: bool) -> Option<Grant> {
    let (mut all, mut everywhere) = (false, false);
    c.eat_cluster();
    let start = c.at;
    let end = if revoke { "from" } else { "to" };
    while !c.done() && !c.sees(&[end]) {
        all |= c.sees(&["all"])
            || c.sees(&["current", "grants"])
            || c.sees(&["access", "management"])
            || c.sees(&["create", "user"]);
        if c.sees(&["on"]) {
            everywhere =
                c.spelled(c.at + 1, c.at + 4).split_whitespace().collect::<String>() == "*.*";
        }
        c.skip();
    }
    let mut what = c.spelled(start, c.at).to_owned();
    c.eat(&[end]).then_some(())?;
    let to = names(c).0;
    let mut replace = false;
    loop {
        if c.eat(&["with", "grant", "option"]) {
            what.push_str(" WITH GRANT OPTION");
        } else if c.eat(&["with", "replace", "option"]) {
            replace = true;
        } else if !c.eat(&["with", "admin", "option"]) {
            break;
        }
    }
    Some(Grant { revoke, replace, to, admin: all && everywhere && !revoke, what: what.into() })
}
