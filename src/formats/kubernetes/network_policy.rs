//! NetworkPolicies: which peers may open connections to which pods.

use super::object::{Object, text};
use super::selector;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Address, Attach, Filter, Fragment, Layer, Namespaces, PodSelector, Ref, Rule, SourceSet,
};
use crate::model::net::{Addresses, Ports};
use crate::model::routing::NamedPort;
use crate::source::Place;
use crate::tree::node::Node;

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    let Some(spec) = object.node.get("spec") else { return };
    if !restricts_ingress(spec) {
        return;
    }
    let entries = spec.get("ingress").map_or(&[][..], Node::items);
    let rules = entries.iter().flat_map(|entry| rules(object, entry)).collect();
    let pods = PodSelector {
        namespace: Namespaces::Named(object.namespace.clone()),
        labels: spec.get("podSelector").map(selector::terms).unwrap_or_default(),
    };
    let at = spec.get("podSelector").map_or(spec.place, |n| n.place);
    push(object, object.address(), Layer::NetworkPolicy, rules, pods, at, out);
    for entry in entries {
        named_ports(&object.address(), entry.get("ports"), out);
    }
}

/// Ports that a rule calls by the name that containers give them.
pub(super) fn named_ports(filter: &Address, list: Option<&Node>, out: &mut Fragment) {
    for entry in list.map_or(&[][..], Node::items) {
        if let Err(name) = port_range(entry) {
            out.routing.named_ports.push(NamedPort {
                filter: filter.clone(),
                name,
                udp: entry.get("protocol").and_then(Node::str) == Some("UDP"),
                place: entry.place,
            });
        }
    }
}

/// `Ingress` is always among the types unless others are named (Kubernetes API reference,
/// `NetworkPolicySpec.policyTypes`).
fn restricts_ingress(spec: &Node) -> bool {
    let types = spec.get("policyTypes").map_or(&[][..], Node::items);
    types.is_empty() || types.iter().any(|t| t.str() == Some("Ingress"))
}

/// A filter and the pods that it stands before.
pub(super) fn push(
    object: &Object,
    address: Address,
    layer: Layer,
    rules: Vec<Rule>,
    pods: PodSelector,
    at: Place,
    out: &mut Fragment,
) {
    let exists = Fact::written(true, object.place);
    out.attaches.push(Attach {
        filter: Fact::written(address.clone(), at),
        layer,
        to: Ref::Pods(pods),
        place: at,
    });
    out.filters.push(Filter {
        address,
        layer,
        title: object.title(),
        place: object.place,
        whole: object.whole(),
        exists,
        rules,
        more: None,
        stands_alone: false,
    });
}

fn rules(object: &Object, entry: &Node) -> Vec<Rule> {
    let peers = entry.get("from").filter(|f| !f.items().is_empty());
    let sources: Vec<SourceSet> = match peers {
        None => vec![SourceSet::Everybody(entry.place)],
        Some(peers) => peers.items().iter().flat_map(|peer| sources(object, peer)).collect(),
    };
    ports(entry.get("ports"), entry.place)
        .into_iter()
        .map(|ports| rule(object, sources.clone(), ports, entry.place, true))
        .collect()
}

/// One rule with the sentence that tells it.
pub(super) fn rule(
    object: &Object,
    sources: Vec<SourceSet>,
    ports: Fact<Ports>,
    at: Place,
    allow: bool,
) -> Rule {
    let whom: Vec<String> = sources.iter().map(whom).collect();
    let whom = if whom.is_empty() { "nobody".to_owned() } else { whom.join(", ") };
    let verb = if allow { "admits" } else { "turns away" };
    let say = format!("{} {verb} {whom}{}", object.title(), shown(&ports));
    let exists = Fact::written(true, at);
    Rule { allow, priority: 0, sources, ports, place: at, whole: at, exists, say: say.into() }
}

/// One element of `from`: what stands in it holds together.
fn sources(object: &Object, peer: &Node) -> Vec<SourceSet> {
    if let Some(block) = peer.get("ipBlock") {
        return vec![SourceSet::Addresses(ip_block(block))];
    }
    let labels = peer.get("podSelector").map(selector::terms);
    let namespaces = match peer.get("namespaceSelector").filter(|n| !n.is_null()) {
        Some(selector) => selector::namespaces(selector),
        None if labels.is_some() => vec![Namespaces::Named(object.namespace.clone())],
        None => return Vec::new(),
    };
    let labels = labels.unwrap_or_default();
    let source = |namespace| match namespace {
        Namespaces::All if labels.is_empty() => SourceSet::EveryPod(peer.place),
        namespace => SourceSet::Pods(PodSelector { namespace, labels: labels.clone() }, peer.place),
    };
    namespaces.into_iter().map(source).collect()
}

/// A network without the exceptions in it.
pub(super) fn ip_block(block: &Node) -> Fact<Addresses> {
    let net = |node: &Node| {
        text(node)
            .try_map(|t| Addresses::parse(&t).ok_or(Why::NotUnderstood("this network".into())))
    };
    let Some(cidr) = block.get("cidr") else {
        return Fact::Unknown(Why::NotUnderstood("this network".into()), block.place);
    };
    let excepted = block.get("except").map_or(&[][..], Node::items);
    excepted.iter().map(net).fold(net(cidr), |whole, hole| match (whole, hole) {
        (Fact::Known(whole, origin), Fact::Known(hole, _)) => {
            Fact::Known(whole.without(&hole), origin)
        }
        (Fact::Known(..), hole) => hole,
        (whole, _) => whole,
    })
}

/// The ports of a rule. Named ones mean another number in each pod, so they stand apart.
pub(super) fn ports(list: Option<&Node>, at: Place) -> Vec<Fact<Ports>> {
    let Some(list) = list.filter(|l| !l.items().is_empty()) else {
        let see = "Kubernetes: a rule without ports is about all of them";
        return vec![Fact::default(Ports::all(), see, at)];
    };
    let mut known = Ports::default();
    let mut out = Vec::new();
    for entry in list.items() {
        match port_range(entry) {
            Ok(ports) => known = known.union(&ports),
            Err(name) => {
                let why = Why::NotHere(format!("container port {name}").into());
                out.push(Fact::Unknown(why, entry.place));
            }
        }
    }
    if !known.is_empty() {
        out.insert(0, Fact::written(known, list.place));
    }
    out
}

/// The ports of one entry, or the name that nobody here can look up.
fn port_range(entry: &Node) -> Result<Ports, Name> {
    let numbers = match entry.get("port").filter(|p| !p.is_null()) {
        None => (0, u16::MAX),
        Some(node) => {
            let first = super::object::port(node).ok_or_else(|| node.text().unwrap_or_default())?;
            // Cilium writes 0 for every port.
            if first == 0 { (0, u16::MAX) } else { (first, first) }
        }
    };
    let end = entry.get("endPort").and_then(super::object::port);
    let (from, to) = (numbers.0, end.map_or(numbers.1, |e| e.max(numbers.0)));
    Ok(match entry.get("protocol").and_then(Node::str) {
        None | Some("TCP") => Ports::tcp(from, to),
        Some("UDP") => Ports::udp(from, to),
        Some("ANY") => Ports::tcp(from, to).union(&Ports::udp(from, to)),
        Some(_) => Ports::default(),
    })
}

fn whom(source: &SourceSet) -> String {
    match source {
        SourceSet::Addresses(Fact::Known(net, _)) | SourceSet::Outside(Fact::Known(net, _)) => {
            match net.circle() {
                crate::model::reach::Circle::Internet => "anyone on the internet".to_owned(),
                _ => "some addresses".to_owned(),
            }
        }
        SourceSet::Addresses(_) | SourceSet::Outside(_) => {
            "addresses that are told elsewhere".to_owned()
        }
        SourceSet::Pods(pods, _) => selector::describe(pods),
        SourceSet::EveryPod(_) => "every pod of the cluster".to_owned(),
        SourceSet::Everybody(_) => "everybody".to_owned(),
        SourceSet::MembersOf(..) | SourceSet::Itself(_) => "its members".to_owned(),
    }
}

fn shown(ports: &Fact<Ports>) -> String {
    let Some(ports) = ports.known() else { return " on a named port".to_owned() };
    let ranges: Vec<String> = ports
        .tcp
        .ranges()
        .iter()
        .chain(ports.udp.ranges())
        .map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") })
        .collect();
    if *ports == Ports::all() { String::new() } else { format!(" on port {}", ranges.join(", ")) }
}
