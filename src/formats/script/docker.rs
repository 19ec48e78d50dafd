//! `docker run`: one container on the machine, with its published ports.

use std::collections::HashMap;

use super::shell::{Command, Word};
use crate::formats::Host;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Address, Container, Env, EnvFrom, EnvValue, Fragment, Hop, Mount, MountSource, Node, NodeKind,
    PortEnd, PortMap, PortPair, Ref,
};
use crate::source::{Place, Text};

/// Names given so far on a machine, so that each container has one of its own.
#[derive(Default)]
pub(super) struct Names(HashMap<String, usize>);

/// Options of `docker run` that take no value; every other long option takes one, in the next
/// word or behind `=` (Docker docs, `docker container run`).
const SWITCHES: [&str; 12] = [
    "detach",
    "disable-content-trust",
    "help",
    "init",
    "interactive",
    "no-healthcheck",
    "oom-kill-disable",
    "privileged",
    "publish-all",
    "quiet",
    "read-only",
    "rm",
];

/// One-letter options that take a value.
const SHORT_WITH_VALUE: &str = "acehlmpuvw";

/// What a `docker run` says.
#[derive(Default)]
struct Run<'a> {
    name: Option<&'a Word>,
    host_network: bool,
    publish: Vec<Value<'a>>,
    publish_all: bool,
    env: Vec<Value<'a>>,
    env_files: Vec<Value<'a>>,
    mounts: Vec<Value<'a>>,
    entrypoint: Option<Value<'a>>,
    image: Option<&'a Word>,
    args: &'a [Word],
}

/// The value of an option and the word it stands in.
#[derive(Clone, Copy)]
struct Value<'a> {
    text: &'a str,
    word: &'a Word,
}

/// Takes down the container that a command starts, if it starts one.
pub(super) fn lower(
    host: &Host,
    text: &Text,
    command: &Command,
    names: &mut Names,
    out: &mut Fragment,
) {
    let Some(words) = run_words(command) else { return };
    let run = read(words);
    let Some(image) = run.image else { return };
    let (Some(first), Some(last)) = (command.first(), command.last()) else { return };
    let whole = text.place(first.range.start..last.range.end);
    let name = names.next(&run, image);
    let address = Address::new(format!("{}/container/{name}", host.node));
    let title: Name = format!("container `{name}` on {}", host.title).into();
    let node = if run.host_network { host.node.clone() } else { address.clone() };
    if !run.host_network {
        out.nodes.push(Node {
            address: address.clone(),
            aliases: Vec::new(),
            kind: NodeKind::Pod,
            place: whole,
            exists: host.exists.clone(),
            pod: None,
        });
        ways(host, text, &run, &node, &title, out);
    }
    let at = |w: &Word| text.place(w.range.clone());
    let container = Container {
        address,
        name: name.into(),
        title,
        node,
        place: whole,
        whole,
        exists: host.exists.clone(),
        image: fact(image, &image.text, at(image)),
        command: match &run.entrypoint {
            Some(v) => Fact::written(vec![fact(v.word, v.text, at(v.word))], at(v.word)),
            None => Fact::Unset(whole),
        },
        args: if run.args.is_empty() {
            Fact::Unset(whole)
        } else {
            let args = run.args.iter().map(|w| fact(w, &w.text, at(w))).collect();
            Fact::written(args, at(&run.args[0]))
        },
        env: run.env.iter().map(|v| variable(v, at(v.word))).collect(),
        env_from: run.env_files.iter().map(|v| env_file(host, v, at(v.word))).collect(),
        ports: Vec::new(),
        mounts: run.mounts.iter().filter_map(|v| mount(v, at(v.word))).collect(),
    };
    out.containers.push(container);
}

/// The words behind `docker run`, with or without `sudo` and the words around it.
fn run_words(command: &Command) -> Option<&[Word]> {
    let docker = command
        .iter()
        .position(|w| matches!(w.text.rsplit('/').next(), Some("docker" | "podman" | "nerdctl")))?;
    let before = &command[..docker];
    let prefix = |w: &Word| {
        matches!(
            w.text.as_str(),
            "sudo" | "exec" | "nohup" | "then" | "do" | "if" | "!" | "-E" | "-"
        ) || w.text.starts_with("ExecStart=")
            || w.text.contains('=')
    };
    if !before.iter().all(prefix) {
        return None;
    }
    let rest = &command[docker + 1..];
    let at = rest.iter().position(|w| matches!(w.text.as_str(), "run" | "create"))?;
    let global = |w: &Word| w.text.starts_with('-') || w.text == "container";
    rest[..at].iter().all(global).then_some(&rest[at + 1..])
}

fn read(words: &[Word]) -> Run<'_> {
    let (mut run, mut i) = (Run::default(), 0);
    while let Some(word) = words.get(i) {
        i += 1;
        if let Some(long) = word.text.strip_prefix("--") {
            let (name, inline) = match long.split_once('=') {
                Some((name, value)) => (name, Some(Value { text: value, word })),
                None => (long, None),
            };
            if SWITCHES.contains(&name) {
                run.publish_all |= name == "publish-all";
                continue;
            }
            let value = inline.or_else(|| next(words, &mut i));
            run.option(name, value);
        } else if let Some(short) = word.text.strip_prefix('-').filter(|s| !s.is_empty()) {
            run.shorts(short, word, words, &mut i);
        } else {
            run.image = Some(word);
            run.args = redirected(&words[i..]);
            break;
        }
    }
    run
}

fn next<'a>(words: &'a [Word], i: &mut usize) -> Option<Value<'a>> {
    let word = words.get(*i)?;
    *i += 1;
    Some(Value { text: &word.text, word })
}

/// Arguments end where output is sent elsewhere.
fn redirected(words: &[Word]) -> &[Word] {
    let end = words
        .iter()
        .position(|w| w.text.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('>'));
    &words[..end.unwrap_or(words.len())]
}

impl<'a> Run<'a> {
    /// `-d`, `-dp 80:80`, `-p80:80`.
    fn shorts(&mut self, short: &'a str, word: &'a Word, words: &'a [Word], i: &mut usize) {
        for (at, letter) in short.char_indices() {
            self.publish_all |= letter == 'P';
            if !SHORT_WITH_VALUE.contains(letter) {
                continue;
            }
            let inline = short[at + letter.len_utf8()..].trim_start_matches('=');
            let value =
                if inline.is_empty() { next(words, i) } else { Some(Value { text: inline, word }) };
            let name = match letter {
                'p' => "publish",
                'e' => "env",
                'v' => "volume",
                _ => "",
            };
            self.option(name, value);
            return;
        }
    }

    fn option(&mut self, name: &str, value: Option<Value<'a>>) {
        let Some(value) = value else { return };
        match name {
            "name" => self.name = Some(value.word),
            "network" | "net" => self.host_network = value.text == "host",
            "publish" => self.publish.push(value),
            "env" => self.env.push(value),
            "env-file" => self.env_files.push(value),
            "volume" | "mount" => self.mounts.push(value),
            "entrypoint" => self.entrypoint = Some(value),
            _ => {}
        }
    }
}

impl Names {
    /// The given name, or the image's last part; a number behind it where that is taken.
    fn next(&mut self, run: &Run, image: &Word) -> String {
        let given = run.name.map(|w| w.text.strip_prefix("--name=").unwrap_or(&w.text));
        let plain = image.text.split('@').next().unwrap_or(&image.text);
        let plain = plain.rsplit('/').next().unwrap_or(plain);
        let plain = plain.split(':').next().unwrap_or(plain);
        let name = given.unwrap_or(plain).to_owned();
        let count = self.0.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { name } else { format!("{name}-{count}") }
    }
}

fn fact(word: &Word, text: &str, at: Place) -> Fact<Name> {
    if word.open && text.contains(['$', '`']) {
        return Fact::Unknown(Why::Environment(text.into()), at);
    }
    Fact::written(text.into(), at)
}

fn variable(value: &Value, at: Place) -> Env {
    let (name, fact) = match value.text.split_once('=') {
        Some((name, text)) => (name, fact(value.word, text, at)),
        // Only a name: the machine's own variable goes in.
        None => (value.text, Fact::Unknown(Why::Environment(value.text.into()), at)),
    };
    Env { name: name.into(), value: EnvValue::Fact(fact), place: at }
}

/// A file of the machine, not of the project; link will not find it and says so.
fn env_file(host: &Host, value: &Value, at: Place) -> EnvFrom {
    let bundle = Address::new(format!("{}#{}", host.node, value.text));
    EnvFrom { bundle, prefix: "".into(), secret: false, place: at }
}

/// `-v /host:/container:ro` and `--mount type=bind,source=…,target=…`: files of the machine.
fn mount(value: &Value, at: Place) -> Option<Mount> {
    let path = if value.text.contains("target=") || value.text.contains("dst=") {
        let mut parts = value.text.split(',').filter_map(|part| part.split_once('='));
        parts.find(|(key, _)| matches!(*key, "target" | "dst" | "destination"))?.1
    } else {
        let mut parts = value.text.split(':');
        let first = parts.next()?;
        parts.next().unwrap_or(first)
    };
    Some(Mount { path: path.into(), source: MountSource::Opaque, sub_path: None, place: at })
}

/// From the machine to the container, by published ports; from the machine itself always.
fn ways(host: &Host, text: &Text, run: &Run, to: &Address, title: &Name, out: &mut Fragment) {
    let (mut wide, mut local) = (Vec::new(), Vec::new());
    for value in &run.publish {
        let at = text.place(value.word.range.clone());
        if value.word.open && value.text.contains(['$', '`']) {
            let why = Why::Environment(value.text.into());
            out.hops.push(hop(host, to, PortMap::Unknown(why, at), at, title));
            continue;
        }
        let Some(published) = publish(value.text, at) else { continue };
        if published.loopback {
            local.extend(published.pairs);
        } else {
            wide.extend(published.pairs);
        }
    }
    for pair in wide {
        let at = pair.place;
        out.hops.push(hop(host, to, PortMap::Pairs(vec![pair]), at, title));
    }
    if !local.is_empty() {
        let at = local[0].place;
        let inner = hop(host, to, PortMap::Pairs(local), at, title);
        out.hops.push(Hop { from: Ref::Local, ..inner });
    }
    if run.publish_all {
        let why = Why::NotUnderstood("ports chosen at random".into());
        let at = run.image.map_or(host.place, |w| text.place(w.range.clone()));
        out.hops.push(hop(host, to, PortMap::Unknown(why, at), at, title));
    }
}

fn hop(host: &Host, to: &Address, ports: PortMap, at: Place, title: &Name) -> Hop {
    let say = format!("{title} publishes its port");
    Hop { ports, ..Hop::new(Ref::To(host.node.clone()), Ref::To(to.clone()), at, say) }
}

struct Published {
    loopback: bool,
    pairs: Vec<PortPair>,
}

/// Ranges wider than this are not published port by port.
const MAX_RANGE: u16 = 1024;

/// `[address:][port:]port[/protocol]`, with ranges.
fn publish(text: &str, place: Place) -> Option<Published> {
    let (text, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
    let (front, inside) = text.rsplit_once(':').unwrap_or(("", text));
    let (address, outside) = match front.rsplit_once(':') {
        Some((address, port)) => (address.trim_matches(['[', ']']), port),
        None => ("", front),
    };
    let inside = range(inside)?;
    let outside = if outside.is_empty() { inside } else { range(outside)? };
    let udp = protocol.eq_ignore_ascii_case("udp");
    let width = inside.1.saturating_sub(inside.0);
    let pairs = if inside == outside {
        vec![PortPair { from: Some(outside), to: PortEnd::Same, udp, place }]
    } else {
        (0..=width.min(MAX_RANGE))
            .filter_map(|n| {
                let from = outside.0.checked_add(n).filter(|p| *p <= outside.1)?;
                let to = PortEnd::Number(inside.0.checked_add(n)?);
                Some(PortPair { from: Some((from, from)), to, udp, place })
            })
            .collect()
    };
    let loopback = address.starts_with("127.") || address == "::1" || address == "localhost";
    Some(Published { loopback, pairs })
}

fn range(text: &str) -> Option<(u16, u16)> {
    match text.split_once('-') {
        Some((a, b)) => Some((a.parse().ok()?, b.parse().ok()?)),
        None => text.parse().ok().map(|p| (p, p)),
    }
}
