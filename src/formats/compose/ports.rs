//! Published ports, in the short and the long syntax.

use super::interpolate::{Filled, Interpolation, UNKNOWN};
use crate::model::fact::{Fact, Why};
use crate::model::fragment::{PortEnd, PortPair};
use crate::model::net::Addresses;
use crate::source::Place;
use crate::tree::node::Node;

/// Ports of the host that lead into a container.
pub(super) struct Published {
    pub(super) pairs: Vec<PortPair>,
    pub(super) on: On,
    /// As it is written, for messages.
    pub(super) shown: String,
    pub(super) place: Place,
}

/// The address of the host that the ports are published on.
pub(super) enum On {
    Every,
    Loopback,
    Private,
    Public,
    Unknown(Why),
}

/// Ranges longer than this are one pair that keeps the number.
const MAX_PAIRS: u16 = 256;

pub(super) fn published(fill: &Interpolation, service: &Node) -> Vec<Published> {
    let entries = service.get("ports").map_or(&[][..], Node::items).iter();
    entries
        .filter_map(|node| match node.str() {
            Some(text) => short(&fill.text(text), node.place),
            None => long(fill, node),
        })
        .collect()
}

/// `[[HOST:]PUBLISHED:]TARGET[/PROTOCOL]`; each port may be a range.
fn short(filled: &Filled, at: Place) -> Option<Published> {
    let shown = filled.text.replace(UNKNOWN, "?");
    let (rest, protocol) = filled.text.split_once('/').unwrap_or((&filled.text, "tcp"));
    let (host, target) = match rest.rsplit_once(':') {
        Some((host, target)) => (Some(host), target),
        None => (None, rest),
    };
    // What is before the last colon but one is an address, in brackets if it has colons itself.
    let (address, host) = match host.map(|h| h.rsplit_once(':').unwrap_or(("", h))) {
        Some((address, host)) => (address.trim_matches(['[', ']']), Some(host)),
        None => ("", None),
    };
    let why = || filled.why.clone().unwrap_or(Why::Template);
    let pairs = pairs(host.unwrap_or(""), target, protocol == "udp", at, &why)?;
    Some(Published { pairs, on: on(address, &why), shown, place: at })
}

fn long(fill: &Interpolation, node: &Node) -> Option<Published> {
    let field = |key: &str| node.get(key).and_then(Node::str).map(|t| fill.text(t));
    let target = field("target")?;
    let host = field("published").unwrap_or_default();
    let address = field("host_ip").unwrap_or_default();
    let why = || {
        let all = [&target.why, &host.why, &address.why];
        all.into_iter().flatten().next().cloned().unwrap_or(Why::Template)
    };
    let udp = field("protocol").is_some_and(|p| p.text == "udp");
    let pairs = pairs(&host.text, &target.text, udp, node.place, &why)?;
    let shown = format!("{}:{}", host.text, target.text).replace(UNKNOWN, "?");
    Some(Published { pairs, on: on(&address.text, &why), shown, place: node.place })
}

/// No published port means one that Docker chooses.
fn pairs(
    host: &str,
    target: &str,
    udp: bool,
    place: Place,
    why: &dyn Fn() -> Why,
) -> Option<Vec<PortPair>> {
    let pair = |from, to| PortPair { from, to, udp, place };
    if target.contains(UNKNOWN) {
        return Some(vec![pair(range(host), PortEnd::Unknown(why()))]);
    }
    let (first, last) = range(target)?;
    let from = range(host);
    let ends = first..=last;
    match from {
        Some(from) if from == (first, last) && last - first >= MAX_PAIRS => {
            Some(vec![pair(Some(from), PortEnd::Same)])
        }
        _ if last - first >= MAX_PAIRS => {
            let why = Why::NotUnderstood("a long range of ports".into());
            Some(vec![pair(from, PortEnd::Unknown(why))])
        }
        // Equal ranges go one by one; a range before one port is a choice.
        Some((a, b)) if b - a == last - first => {
            let both = (a..=b).zip(ends);
            Some(both.map(|(from, to)| pair(Some((from, from)), PortEnd::Number(to))).collect())
        }
        from => Some(ends.map(|to| pair(from, PortEnd::Number(to))).collect()),
    }
}

fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.trim().split_once('-').unwrap_or((text.trim(), text.trim()));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last))
}

/// Without an address Docker publishes on all of them (Docker documentation, "Port publishing").
fn on(address: &str, why: &dyn Fn() -> Why) -> On {
    if address.contains(UNKNOWN) {
        return On::Unknown(why());
    }
    match address {
        "" | "0.0.0.0" | "::" => On::Every,
        "localhost" => On::Loopback,
        _ => match Addresses::parse(address) {
            None => On::Unknown(Why::NotUnderstood("this address".into())),
            Some(ip) if ip.without(&Addresses::loopback()).is_empty() => On::Loopback,
            Some(ip) if ip.without(Addresses::private()).is_empty() => On::Private,
            Some(_) => On::Public,
        },
    }
}

/// Why nobody can tell whether the host's ports are open to the internet.
pub(super) fn hosts_address(at: Place) -> Fact<bool> {
    Fact::Unknown(Why::NotHere("whether the host has a public address".into()), at)
}
