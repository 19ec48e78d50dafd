//! Verdicts of real servers: each row was run or read in the server's source.

use super::*;
use crate::formats::clickhouse::config_body;
use crate::model::fact::{Basis, Fact, Why};
use crate::model::fragment::{ConfigBody, Container, Keep, Mount, MountSource};
use crate::model::net::Addresses;
use crate::source::{FileId, Place, Text};

mod disk;
mod image;
mod rights;
mod sql;
mod verdicts;

const HERE: Place = Place { file: FileId(99), start: 0, end: 1 };

/// Files as a front end hands them over; each file has an id of its own.
fn files(texts: &[(&str, &str)]) -> Vec<ConfigFile> {
    let one = |(index, (path, text)): (usize, &(&str, &str))| {
        let text = Text::of_file(FileId(index as u32), (*text).into());
        let body = if path.rsplit('/').next() == Some(".env") {
            ConfigBody::Variables(crate::formats::env_file(&text).into())
        } else {
            config_body(path, &text, &mut Vec::new())
                .unwrap_or_else(|| ConfigBody::Text(text.clone()))
        };
        let name = path.rsplit('/').next().unwrap().into();
        ConfigFile { address: Address::file(path), name, place: text.whole(), body }
    };
    texts.iter().enumerate().map(one).collect()
}

fn basis<T>(fact: &Fact<T>) -> &'static str {
    match fact {
        Fact::Known(_, origin) => match origin.basis {
            Basis::Written => "",
            Basis::Default(_) => " by default",
            Basis::Guessed(_) => " by guess",
        },
        Fact::Unset(_) => " unset",
        Fact::Unknown(..) => "",
    }
}

fn shown<T>(fact: &Fact<T>, show: impl Fn(&T) -> String) -> String {
    match fact {
        Fact::Known(value, _) => show(value),
        Fact::Unset(_) => "-".into(),
        Fact::Unknown(..) => "?".into(),
    }
}

fn addresses(set: &Addresses) -> String {
    let all = Addresses::all();
    let named = [
        (all.clone(), "any"),
        (Addresses { v4: all.v4.clone(), ..Addresses::default() }, "any v4"),
        (Addresses { v4: all.v4.clone(), ..Addresses::loopback() }, "any v4"),
        (Addresses::loopback(), "local"),
        (Addresses::default(), "nobody"),
    ];
    match named.into_iter().find(|(known, _)| known == set) {
        Some((_, name)) => name.into(),
        None if set.without(&Addresses::loopback()).is_empty() => "local".into(),
        None => format!("{} ranges", set.v4.ranges().len() + set.v6.ranges().len()),
    }
}

fn keep_line(keep: &Keep) -> String {
    let r = &keep.retention;
    let holds: Vec<String> = match r.holds.known() {
        Some(holds) => holds.iter().map(|h| shown(h, ToString::to_string)).collect(),
        None => Vec::new(),
    };
    let time = match r.forever.known() {
        Some(true) => format!("forever{}", basis(&r.forever)),
        _ => shown(&r.days, |d| format!("{d} days")) + basis(&r.days),
    };
    format!(
        "keep {} {} [{}] {time}",
        shown(&r.name, ToString::to_string),
        shown(&r.what, ToString::to_string),
        holds.join(" ")
    )
}

/// Everything that came out, a line each.
fn lines(parts: &Parts) -> Vec<String> {
    let mut out = Vec::new();
    for store in &parts.stores {
        out.push(format!("store {} {}", store.address, store.title));
        for e in &store.endpoints {
            let asks = shown(&e.asks, |a| if *a { "" } else { " open" }.into());
            let tls = if e.tls.known() == Some(&true) { " tls" } else { "" };
            let port = shown(&e.port, ToString::to_string);
            out.push(format!("port {port} {}{tls}{asks}", shown(&e.bind, addresses)));
        }
        for l in &store.logins {
            let admin = if l.admin.known() == Some(&true) { " admin" } else { "" };
            out.push(format!(
                "login {} {} {}{admin}{}",
                l.name,
                shown(&l.proof, ToString::to_string),
                shown(&l.networks, addresses),
                basis(&l.proof)
            ));
        }
    }
    for draft in &parts.logs {
        let log = &draft.log;
        out.push(format!(
            "log {} {}{}{}",
            shown(&log.source, ToString::to_string),
            shown(&log.level, |l| format!("{l} ")),
            if log.enabled.known() == Some(&true) { "on" } else { "off" },
            if log.scrubbed.known() == Some(&true) { " scrubbed" } else { "" },
        ));
    }
    out.extend(parts.keeps.iter().map(keep_line));
    for secret in &parts.secrets {
        let known = if secret.well_known.known() == Some(&true) { " known" } else { "" };
        out.push(format!("secret {}{known}", secret.identity.address));
    }
    for defect in &parts.defects {
        out.push(format!("defect {}", shown(&defect.kind, ToString::to_string)));
    }
    out
}

/// Compares the lines that begin with one of the words in `about`.
fn compare(parts: &Parts, about: &str, expected: &[&str], case: &str) {
    let words: Vec<&str> = about.split_whitespace().collect();
    let all = lines(parts);
    let found: Vec<&str> = (all.iter().map(String::as_str))
        .filter(|l| about == "*" || words.iter().any(|w| l.split(' ').next() == Some(w)))
        .collect();
    assert_eq!(found, expected, "{case}");
}
