//! Caddy: the sites of a Caddyfile.
//!
//! caddyserver.com/docs: "Caddyfile Concepts", `reverse_proxy`, `basic_auth`, `forward_auth`

use super::target;
use super::{Forward, Reading, first_file};
use crate::model::fact::{Basis, Fact, Name, Origin, Why};
use crate::source::{Place, Text};
use crate::stores::Program;

/// Where the official image looks (docker-library, caddy).
const FILES: [&str; 1] = ["/etc/caddy/Caddyfile"];

/// Blocks in blocks.
const MAX_DEPTH: usize = 16;
/// Snippets that import one another.
const MAX_IMPORTS: usize = 64;

/// A line with its words and its block.
#[derive(Clone, Debug)]
struct Directive {
    words: Vec<String>,
    block: Vec<Directive>,
    place: Place,
}

pub(super) fn read(program: &Program) -> Reading {
    let text = match first_file(program, &FILES) {
        Ok(text) => text,
        Err(reading) => return reading,
    };
    let all = parse(text, program);
    let snippets: Vec<&Directive> =
        all.iter().filter(|d| d.words.first().is_some_and(|w| w.starts_with('('))).collect();
    let is_site = |d: &&Directive| d.words.first().is_some_and(|w| !w.starts_with('('));
    let mut out = Vec::new();
    let sites: Vec<&Directive> = all.iter().filter(is_site).collect();
    // A single site needs no braces: its address is the first line.
    let bare = sites.len() > 1 && sites.iter().all(|s| s.block.is_empty());
    if bare {
        let lines: Vec<Directive> = all[1..].to_vec();
        let site = Directive { block: lines, ..all[0].clone() };
        read_site(&site, &snippets, &mut out);
    } else {
        for site in sites {
            read_site(site, &snippets, &mut out);
        }
    }
    Reading::Forwards(out)
}

fn read_site(site: &Directive, snippets: &[&Directive], out: &mut Vec<Forward>) {
    let mut listens = Vec::new();
    for address in site.words.iter().map(|w| w.trim_end_matches(',')).filter(|w| !w.is_empty()) {
        let (host, port) = target::listen(address);
        if target::is_loopback(host) && port.is_none() {
            continue;
        }
        let tls = !address.starts_with("http://") && port != Some(80) && !host.is_empty();
        // Without a port a site is served on 443, by plain HTTP on 80.
        let usual = if address.starts_with("http://") { 80 } else { 443 };
        listens.push((Some(port.unwrap_or(usual)), tls));
    }
    listens.dedup();
    let mut reader = Reader { snippets, listens, imports: 0, out };
    reader.block(&site.block, None, true, 0);
}

struct Reader<'a, 'o> {
    snippets: &'a [&'a Directive],
    listens: Vec<(Option<u16>, bool)>,
    imports: usize,
    out: &'o mut Vec<Forward>,
}

impl Reader<'_, '_> {
    /// Authentication comes before `reverse_proxy` in a block, whatever the order of the lines.
    fn block(&mut self, block: &[Directive], asks: Option<Fact<Name>>, whole: bool, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let block = self.expanded(block, 0);
        let asks = block.iter().fold(asks, |asks, d| stronger(asks, check(d)));
        for directive in &block {
            let words: Vec<&str> = directive.words.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["reverse_proxy", rest @ ..] => self.proxy(directive, rest, asks.as_ref(), whole),
                ["handle" | "handle_path" | "route", rest @ ..] => {
                    let every = matches!(rest, [] | ["*" | "/*"]);
                    self.block(&directive.block, asks.clone(), whole && every, depth + 1);
                }
                _ => {}
            }
        }
    }

    /// `import NAME` of a snippet; what is in another file may ask for something.
    fn expanded(&mut self, block: &[Directive], depth: usize) -> Vec<Directive> {
        let mut out = Vec::new();
        for directive in block {
            let import = directive.words.first().is_some_and(|w| w == "import");
            let name = directive.words.get(1).map(|name| format!("({name})"));
            let found = self.snippets.iter().find(|s| s.words.first() == name.as_ref());
            match found.filter(|_| import && self.imports < MAX_IMPORTS && depth < MAX_DEPTH) {
                Some(snippet) => {
                    self.imports += 1;
                    let inner = snippet.block.clone();
                    out.extend(self.expanded(&inner, depth + 1));
                }
                None => out.push(directive.clone()),
            }
        }
        out
    }

    fn proxy(
        &mut self,
        directive: &Directive,
        words: &[&str],
        asks: Option<&Fact<Name>>,
        whole: bool,
    ) {
        let (matcher, upstreams) = match words {
            [first, rest @ ..] if *first == "*" => (false, rest),
            [first, rest @ ..] if first.starts_with(['/', '@']) => (true, rest),
            all => (false, all),
        };
        let more = directive.block.iter().filter(|d| d.words.first().is_some_and(|w| w == "to"));
        let more = more.flat_map(|d| d.words.iter().skip(1).map(String::as_str));
        let upstreams: Vec<&str> = upstreams.iter().copied().chain(more).collect();
        let place = directive.place;
        for target in upstreams.into_iter().filter_map(target::target) {
            let mut origin = Origin::written(place);
            if matcher || !whole {
                let how = "only some paths of the site are passed on";
                origin.basis = Basis::Guessed(how.into());
            }
            for (listens, tls) in &self.listens {
                self.out.push(Forward {
                    listens: *listens,
                    host: target.host.clone(),
                    port: target.port.or(Some(80)),
                    udp: false,
                    open: Fact::Known(true, origin.clone()),
                    asks: asks.cloned(),
                    only_from: None,
                    ends_tls: *tls,
                    place,
                    say: Name::from(format!("Caddy passes its clients on to {}", target.shown())),
                });
            }
        }
    }
}

/// What a directive asks of everybody; one with a matcher leaves some out.
fn check(directive: &Directive) -> Option<Fact<Name>> {
    let words: Vec<&str> = directive.words.iter().map(String::as_str).collect();
    let place = directive.place;
    let (proof, rest) = match words.as_slice() {
        ["basic_auth" | "basicauth", rest @ ..] => ("password", rest),
        ["forward_auth", rest @ ..] => ("external", rest),
        [
            "authorize" | "authenticate" | "jwtauth" | "import" | "abort" | "respond" | "error",
            ..,
        ] => {
            let why = Why::NotUnderstood(format!("`{}` of Caddy", words[0]).into());
            return Some(Fact::Unknown(why, place));
        }
        _ => return None,
    };
    match rest.first() {
        Some(first) if first.starts_with('@') => {
            let why = Why::NotUnderstood("a matcher of Caddy".into());
            Some(Fact::Unknown(why, place))
        }
        // The other paths are open.
        Some(first) if first.starts_with('/') && *first != "/*" => None,
        _ => Some(Fact::written(proof.into(), place)),
    }
}

fn stronger(a: Option<Fact<Name>>, b: Option<Fact<Name>>) -> Option<Fact<Name>> {
    match (a, b) {
        (Some(known @ Fact::Known(..)), _) | (_, Some(known @ Fact::Known(..))) => Some(known),
        (a, b) => a.or(b),
    }
}

fn parse(text: &Text, program: &Program) -> Vec<Directive> {
    let mut heads: Vec<Directive> = Vec::new();
    let mut lists: Vec<Vec<Directive>> = vec![Vec::new()];
    let mut at = 0;
    // What lies too deep is dropped with its braces.
    let mut dropped = 0_usize;
    for line in text.as_str().split_inclusive('\n') {
        let place = text.place(at..at + line.trim_end().len());
        at += line.len();
        let mut words = split(line, program);
        let opens = words.last().is_some_and(|w| w == "{");
        if opens {
            words.pop();
        }
        if words.first().is_some_and(|w| w == "}") {
            if dropped > 0 {
                dropped -= 1;
            } else if let Some(mut head) = heads.pop() {
                head.block = lists.pop().unwrap_or_default();
                lists.last_mut().into_iter().for_each(|list| list.push(head.clone()));
            }
            continue;
        }
        let directive = Directive { words, block: Vec::new(), place };
        match opens {
            _ if dropped > 0 => dropped += usize::from(opens),
            true if heads.len() >= MAX_DEPTH => dropped = 1,
            true => {
                heads.push(directive);
                lists.push(Vec::new());
            }
            false if directive.words.is_empty() => {}
            false => lists.last_mut().into_iter().for_each(|list| list.push(directive.clone())),
        }
    }
    lists.into_iter().next().unwrap_or_default()
}

/// The words of a line; `{$NAME}` and `{$NAME:default}` are filled in.
fn split(line: &str, program: &Program) -> Vec<String> {
    let mut out = Vec::new();
    for word in line.split_whitespace() {
        if word.starts_with('#') {
            break;
        }
        let word = word.trim_matches(['"', '`']);
        let inner = word.split_once("{$").and_then(|(before, rest)| {
            let (name, after) = rest.split_once('}')?;
            let (name, default) = name.split_once(':').unwrap_or((name, ""));
            let told = program.env(name);
            let value = match &told {
                Fact::Known(value, _) => value,
                Fact::Unset(_) if !default.is_empty() => default,
                _ => return None,
            };
            Some(format!("{before}{value}{after}"))
        });
        out.push(inner.unwrap_or_else(|| word.to_owned()));
    }
    out
}
