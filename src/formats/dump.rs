//! Fragments as short text, for tests of front ends.

use std::sync::Arc;

use super::{Format, Unit};
use crate::catalog::Catalog;
use crate::model::fact::{Basis, Fact, Name};
use crate::model::fragment::{
    Container, EnvValue, Fragment, Hop, LabelTerm, Mount, MountSource, Namespaces, PodSelector,
    PortEnd, PortMap, PortPair, Ref, Rule, SourceSet,
};
use crate::model::net::{Addresses, Ports};
use crate::source::{Source, Sources};

/// Claims, parses and lowers files that lie in one project.
pub(crate) fn lowered(format: &dyn Format, files: &[(&str, &str)]) -> (Fragment, Sources) {
    let sources =
        files.iter().map(|(path, text)| Source { path: Arc::from(*path), text: Arc::from(*text) });
    let sources = Sources::new(sources.collect());
    let claimed: Vec<_> = sources
        .ids()
        .filter(|id| format.claims(sources.path(*id), sources.str(*id)) > super::Claim::No)
        .collect();
    let (catalog, mut out) = (Catalog::default(), Fragment::default());
    let mut parsed = Vec::new();
    for id in &claimed {
        let (tree, problems) = format.parse(&sources.text(*id), sources.path(*id));
        out.problems.extend(problems);
        parsed.push((*id, tree));
    }
    for group in format.group(&claimed, &sources) {
        let files = parsed.iter().filter(|(id, _)| group.contains(id));
        let files = files.map(|(id, tree)| (*id, tree)).collect();
        format.lower(&Unit { files, sources: &sources, catalog: &catalog }, &mut out);
    }
    (out, sources)
}

/// `A -> B ports`, with what decides whether the step is there.
pub(crate) fn hop(hop: &Hop) -> String {
    let mut out = format!("{} -> {}{}", end(&hop.from), end(&hop.to), ports(&hop.ports));
    let plain = matches!(&hop.open, Fact::Known(true, o) if o.basis == Basis::Written);
    if !plain {
        out = format!("{out} open={}", fact(&hop.open));
    }
    if hop.proxy {
        out += " proxy";
    }
    if let Some(only) = &hop.only_from {
        out = format!("{out} only={}", addresses(only));
    }
    if let Some(asks) = &hop.asks {
        out = format!("{out} asks={}", fact(asks));
    }
    out
}

pub(crate) fn fact<T: std::fmt::Display>(fact: &Fact<T>) -> String {
    match fact {
        Fact::Known(value, origin) => match origin.basis {
            Basis::Written => value.to_string(),
            Basis::Default(_) => format!("{value}(default)"),
            Basis::Guessed(_) => format!("{value}(guess)"),
        },
        Fact::Unset(_) => "-".to_owned(),
        Fact::Unknown(..) => "?".to_owned(),
    }
}

fn end(end: &Ref) -> String {
    match end {
        Ref::To(address) => address.to_string(),
        Ref::Pods(pods) => selector(pods),
        other => format!("{other:?}").to_lowercase(),
    }
}

pub(crate) fn selector(pods: &PodSelector) -> String {
    let namespace = match &pods.namespace {
        Namespaces::Named(name) => fact(name),
        Namespaces::All => "*".to_owned(),
        Namespaces::Matching(terms) => format!("({})", labels(terms)),
    };
    format!("pods({namespace}/{})", labels(&pods.labels))
}

fn labels(terms: &[LabelTerm]) -> String {
    let term = |t: &LabelTerm| {
        let values: Vec<String> = t.values.iter().map(fact).collect();
        format!("{}{}={}", if t.negated { "!" } else { "" }, t.key, values.join("|"))
    };
    terms.iter().map(term).collect::<Vec<_>>().join(",")
}

fn ports(map: &PortMap) -> String {
    let PortMap::Pairs(pairs) = map else {
        return if *map == PortMap::Same { String::new() } else { " ?".to_owned() };
    };
    pairs.iter().map(pair).collect()
}

fn pair(pair: &PortPair) -> String {
    let from = match pair.from {
        None => "*".to_owned(),
        Some((a, b)) if a == b => a.to_string(),
        Some((a, b)) => format!("{a}-{b}"),
    };
    let to = match &pair.to {
        PortEnd::Same => String::new(),
        PortEnd::Number(n) => format!(":{n}"),
        PortEnd::Named(n) => format!(":{n}"),
        PortEnd::Unknown(_) => ":?".to_owned(),
    };
    format!(" {from}{to}{}", if pair.udp { "/udp" } else { "" })
}

fn addresses(fact: &Fact<Addresses>) -> String {
    fact.known().map_or("?".to_owned(), |a| a.circle().to_string())
}

pub(crate) fn rule(rule: &Rule) -> String {
    let source = |s: &SourceSet| match s {
        SourceSet::Addresses(net) => addresses(net),
        SourceSet::Pods(pods, _) => selector(pods),
        SourceSet::Outside(a) => format!("outside {}", addresses(a)),
        SourceSet::EveryPod(_) => "every-pod".to_owned(),
        SourceSet::Everybody(_) => "everybody".to_owned(),
        other => format!("{other:?}"),
    };
    let sources: Vec<String> = rule.sources.iter().map(source).collect();
    let verb = if rule.allow { "" } else { "deny " };
    format!("{verb}{} on {}", sources.join(" or "), port_set(&rule.ports))
}

fn port_set(fact: &Fact<Ports>) -> String {
    let Some(ports) = fact.known() else { return "?".to_owned() };
    if *ports == Ports::all() {
        return "all".to_owned();
    }
    let mut out = Vec::new();
    for (set, suffix) in [(&ports.tcp, ""), (&ports.udp, "/udp")] {
        out.extend(set.ranges().iter().map(|(a, b)| format!("{a}-{b}{suffix}")));
    }
    out.join(",")
}

/// Image, command, variables and mounts, one a line.
pub(crate) fn container(c: &Container) -> Vec<String> {
    let words = |words: &Fact<Vec<Fact<Name>>>| match words.known() {
        Some(words) => words.iter().map(fact).collect::<Vec<_>>().join(" "),
        None => fact(&words.clone().map(|_| "")),
    };
    let mut out = vec![format!(
        "{} image={} command={} args={}",
        c.address,
        fact(&c.image),
        words(&c.command),
        words(&c.args)
    )];
    out.extend(c.env_from.iter().map(|e| format!("env {}* <- {}", e.prefix, e.bundle)));
    out.extend(c.env.iter().map(|e| match &e.value {
        EnvValue::Fact(value) => format!("env {}={}", e.name, fact(value)),
        EnvValue::Key { bundle, key, secret, optional } => {
            let secret = if *secret { " secret" } else { "" };
            let optional = if *optional { " optional" } else { "" };
            format!("env {} <- {bundle}#{key}{secret}{optional}", e.name)
        }
    }));
    out.extend(c.mounts.iter().map(mount));
    out
}

fn mount(mount: &Mount) -> String {
    fn source(s: &MountSource) -> String {
        match s {
            MountSource::Bundle { address, items, .. } => match items {
                None => address.to_string(),
                Some(items) => {
                    let items = items.iter().map(|(k, p)| format!("{k}>{p}"));
                    format!("{address}[{}]", items.collect::<Vec<_>>().join(","))
                }
            },
            MountSource::Path(path) => format!("path:{path}"),
            MountSource::Several(all) => all.iter().map(source).collect::<Vec<_>>().join("+"),
            MountSource::Opaque => "opaque".to_owned(),
        }
    }
    let sub = mount.sub_path.as_ref().map_or(String::new(), |s| format!(" ({s})"));
    format!("mount {} <- {}{sub}", mount.path, source(&mount.source))
}
