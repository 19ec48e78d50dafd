//! HAProxy: frontends and their backends.
//!
//! HAProxy Configuration Manual: sections 2 (quoting), 4.2 (`bind`, `use_backend`, `http-request
//! auth`, `http-request deny`), 7 (ACLs)

use super::target::{self, Target};
use super::{Forward, Reading, first_file};
use crate::model::fact::{Fact, Name, Why};
use crate::model::net::Addresses;
use crate::source::{Place, Text};
use crate::stores::Program;

/// Where packages and images keep the file.
const FILES: [&str; 4] = [
    "/usr/local/etc/haproxy/haproxy.cfg",
    "/etc/haproxy/haproxy.cfg",
    "/bitnami/haproxy/conf/haproxy.cfg",
    "/opt/bitnami/haproxy/conf/haproxy.cfg",
];

struct Line {
    words: Vec<String>,
    place: Place,
}

#[derive(Default)]
struct Section {
    kind: String,
    name: String,
    lines: Vec<Line>,
}

pub(super) fn read(program: &Program) -> Reading {
    let text = match first_file(program, &FILES) {
        Ok(text) => text,
        Err(reading) => return reading,
    };
    let sections = sections(text, program);
    let mut out = Vec::new();
    for front in sections.iter().filter(|s| matches!(&*s.kind, "frontend" | "listen")) {
        let listens = listens(front);
        let mut backends: Vec<(&Section, bool)> = vec![(front, true)];
        for line in &front.lines {
            let named = match line.words.first().map(String::as_str) {
                Some("default_backend" | "use_backend") => line.words.get(1),
                _ => None,
            };
            let found = |s: &&Section| s.kind == "backend" && Some(&s.name) == named;
            backends.extend(sections.iter().find(found).map(|s| (s, false)));
        }
        for (back, is_front) in backends.into_iter().take(MOST_BACKENDS) {
            let sections = if is_front { vec![front] } else { vec![front, back] };
            forwards(&sections, back, &listens, &mut out);
        }
    }
    Reading::Forwards(out)
}

/// Backends of one frontend; more are generated.
const MOST_BACKENDS: usize = 64;

fn forwards(
    checked: &[&Section],
    back: &Section,
    listens: &[(Option<u16>, bool)],
    out: &mut Vec<Forward>,
) {
    let servers = back.lines.iter().filter(|l| l.words.first().is_some_and(|w| w == "server"));
    let mut targets = servers.filter_map(|line| {
        let target = target::target(line.words.get(2)?)?;
        Some((target, line.place))
    });
    let Some(first) = targets.next() else { return };
    let Some((asks, only_from)) = checks(checked) else { return };
    for (target, place) in std::iter::once(first).chain(targets).take(MOST_BACKENDS) {
        for (listens, tls) in listens {
            out.push(forward(&target, *listens, *tls, place, asks.clone(), only_from.clone()));
        }
    }
}

fn forward(
    target: &Target,
    listens: Option<u16>,
    tls: bool,
    place: Place,
    asks: Option<Fact<Name>>,
    only_from: Option<Fact<Addresses>>,
) -> Forward {
    Forward {
        listens,
        host: target.host.clone(),
        port: target.port.or(listens),
        udp: false,
        open: Fact::written(true, place),
        asks,
        only_from,
        ends_tls: tls,
        place,
        say: Name::from(format!("HAProxy passes its clients on to {}", target.shown())),
    }
}

/// What is asked on the way, and from where one has to come; `None` where nobody passes.
#[expect(clippy::type_complexity, reason = "the two halves of a guard")]
fn checks(sections: &[&Section]) -> Option<(Option<Fact<Name>>, Option<Fact<Addresses>>)> {
    let (mut asks, mut only_from) = (None, None);
    let acls: Vec<&Line> = sections
        .iter()
        .flat_map(|s| &s.lines)
        .filter(|l| l.words.first().is_some_and(|w| w == "acl"))
        .collect();
    for line in sections.iter().flat_map(|s| &s.lines) {
        let words: Vec<&str> = line.words.iter().map(String::as_str).collect();
        let (auth, rest) = match words.as_slice() {
            ["http-request", "auth", rest @ ..] => (true, rest),
            ["http-request", "deny" | "reject" | "tarpit" | "silent-drop", rest @ ..]
            | ["tcp-request", "connection" | "content", "reject", rest @ ..]
            | ["block", rest @ ..] => (false, rest),
            _ => continue,
        };
        let at = rest.iter().position(|w| matches!(*w, "if" | "unless"));
        let Some(at) = at else {
            if auth {
                asks = Some(Fact::written("password".into(), line.place));
                continue;
            }
            return None;
        };
        match condition(rest[at] == "unless", &rest[at + 1..], &acls) {
            Condition::Unproven => asks = Some(Fact::written("password".into(), line.place)),
            Condition::NotFrom(addresses) if !auth => {
                only_from = Some(Fact::written(addresses, line.place));
            }
            // Paths and hosts that are shut leave the others open.
            Condition::Some if !auth => {}
            _ if asks.is_none() => {
                let why = Why::NotUnderstood("a condition of HAProxy".into());
                asks = Some(Fact::Unknown(why, line.place));
            }
            _ => {}
        }
    }
    Some((asks, only_from))
}

/// Whom a rule is for.
enum Condition {
    /// All that have not shown who they are.
    Unproven,
    /// All that do not come from these addresses.
    NotFrom(Addresses),
    /// Those of whom something else is true.
    Some,
    Unclear,
}

fn condition(unless: bool, words: &[&str], acls: &[&Line]) -> Condition {
    let words: Vec<&str> = words.iter().copied().filter(|w| !matches!(*w, "{" | "}")).collect();
    let Some(first) = words.first() else { return Condition::Unclear };
    let negated = unless ^ first.starts_with('!');
    let name = first.trim_start_matches('!');
    let is_test = name.contains('(') || name == "src";
    let (test, values): (&str, Vec<&str>) = if is_test {
        (name, words[1..].to_vec())
    } else {
        // Several lines of one name are alternatives.
        let named: Vec<&&Line> =
            acls.iter().filter(|l| l.words.get(1).is_some_and(|n| n == name)).collect();
        let Some(line) = named.first() else {
            return if negated { Condition::Unclear } else { Condition::Some };
        };
        let test = line.words.get(2).map_or("", String::as_str);
        let values = named.iter().flat_map(|l| l.words.iter().skip(3).map(String::as_str));
        if words.len() > 1 {
            return if negated { Condition::Unclear } else { Condition::Some };
        }
        (test, values.collect())
    };
    match (negated, test) {
        (true, test) if test.starts_with("http_auth") => Condition::Unproven,
        (true, "src") => {
            let parsed: Option<Vec<Addresses>> =
                values.iter().take(512).map(|v| Addresses::parse(v)).collect();
            parsed.map_or(Condition::Unclear, |all| {
                Condition::NotFrom(all.iter().fold(Addresses::default(), |a, b| a.union(b)))
            })
        }
        (true, _) => Condition::Unclear,
        (false, _) => Condition::Some,
    }
}

/// The ports of a frontend that others reach, and whether TLS ends there.
fn listens(front: &Section) -> Vec<(Option<u16>, bool)> {
    let mut out = Vec::new();
    for line in &front.lines {
        if line.words.first().is_none_or(|w| w != "bind") {
            continue;
        }
        let tls = line.words.iter().any(|w| w == "ssl");
        for address in line.words.get(1).map_or("", String::as_str).split(',') {
            let address = address.trim_start_matches("ipv4@").trim_start_matches("ipv6@");
            let (host, port) = target::listen(address);
            let elsewhere = address.starts_with('/') || address.contains('@');
            if !elsewhere && !target::is_loopback(host) {
                out.push((port, tls));
            }
        }
    }
    out.dedup();
    out
}

const KINDS: [&str; 10] = [
    "global",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "userlist",
    "peers",
    "resolvers",
    "mailers",
    "cache",
];

fn sections(text: &Text, program: &Program) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    let mut at = 0;
    for line in text.as_str().split_inclusive('\n') {
        let words = split(line, program);
        let place = text.place(at..at + line.trim_end().len());
        at += line.len();
        let Some(first) = words.first() else { continue };
        if KINDS.contains(&first.as_str()) {
            let name = words.get(1).cloned().unwrap_or_default();
            let mut section = Section { kind: first.clone(), name, lines: Vec::new() };
            // `listen NAME :80`, as old versions took it.
            if let Some(bind) = words.get(2) {
                let words = vec!["bind".to_owned(), bind.clone()];
                section.lines.push(Line { words, place });
            }
            out.push(section);
        } else if let Some(section) = out.last_mut() {
            section.lines.push(Line { words, place });
        }
    }
    out
}

/// The words of a line, quotes and escapes taken away, `${NAME}` and `"$NAME"` filled in.
fn split(line: &str, program: &Program) -> Vec<String> {
    let mut out = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('#', None) => break,
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(chars.next()),
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(q)) if c == q => quote = None,
            (c, None) if c.is_whitespace() => out.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    out.extend(word);
    for word in out.iter_mut().filter(|w| w.contains("${")) {
        let inner = word.split_once("${").and_then(|(a, rest)| {
            let (name, b) = rest.split_once('}')?;
            let name = name.split('-').next().unwrap_or(name);
            Some(format!("{a}{}{b}", program.env(name).known()?))
        });
        if let Some(filled) = inner {
            *word = filled;
        }
    }
    out
}
