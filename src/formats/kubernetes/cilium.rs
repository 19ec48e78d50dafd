//! Cilium's own network policies, as far as they speak of packets.
//!
//! An empty rule means the contrary of Kubernetes': it admits nobody (Cilium documentation,
//! "Layer 3 Examples", "Ingress Default Deny"). Its networks are those outside the cluster.

use super::network_policy::{ip_block, named_ports, ports, push, rule};
use super::object::{Object, text};
use super::selector;
use crate::model::fact::{Fact, Why};
use crate::model::fragment::{
    Address, Fragment, LabelTerm, Layer, Namespaces, PodSelector, Rule, SourceSet,
};
use crate::model::net::{Addresses, Ports};
use crate::tree::node::Node;

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    let single = object.node.get("spec").into_iter();
    let many = object.node.get("specs").map_or(&[][..], Node::items);
    for (index, spec) in single.chain(many).enumerate() {
        let address = match index {
            0 => object.address(),
            _ => Address::new(format!("{}#{index}", object.address())),
        };
        lower_spec(object, spec, address, out);
    }
}

fn lower_spec(object: &Object, spec: &Node, address: Address, out: &mut Fragment) {
    let list = |key| spec.get(key).map_or(&[][..], Node::items);
    let (allowed, denied) = (list("ingress"), list("ingressDeny"));
    let Some(endpoints) = spec.get("endpointSelector") else { return };
    if allowed.is_empty() && denied.is_empty() {
        return;
    }
    let limits = spec.at(&["enableDefaultDeny", "ingress"]).and_then(Node::bool) != Some(false);
    let chosen = || pods(object, endpoints);
    for list in allowed.iter().chain(denied).filter_map(|e| e.get("toPorts")).flat_map(Node::items)
    {
        named_ports(&address, list.get("ports"), out);
    }
    if !denied.is_empty() {
        // Denials beat every permission, those of Kubernetes' own policies among them (Cilium
        // documentation, "Deny Policies").
        let mut rules: Vec<Rule> =
            denied.iter().flat_map(|entry| rules_of(object, entry, false)).collect();
        rules.push(the_rest(object, spec));
        let denials = Address::new(format!("{address}#deny"));
        for list in denied.iter().filter_map(|e| e.get("toPorts")).flat_map(Node::items) {
            named_ports(&denials, list.get("ports"), out);
        }
        push(object, denials, Layer::ClusterPolicy, rules, chosen(), endpoints.place, out);
    }
    if !limits {
        // It only adds to what other policies let through, which without any is everything.
        return;
    }
    let rules = allowed.iter().flat_map(|entry| rules_of(object, entry, true)).collect();
    push(object, address, Layer::NetworkPolicy, rules, chosen(), endpoints.place, out);
}

/// What a list of denials leaves to other policies.
fn the_rest(object: &Object, spec: &Node) -> Rule {
    let sources = vec![SourceSet::Everybody(spec.place)];
    let all = Fact::written(Ports::all(), spec.place);
    Rule { priority: 1, ..rule(object, sources, all, spec.place, true) }
}

fn rules_of(object: &Object, entry: &Node, allow: bool) -> Vec<Rule> {
    let sources = sources(object, entry);
    if sources.is_empty() {
        return Vec::new();
    }
    let lists = entry.get("toPorts").map_or(&[][..], Node::items);
    let mut all = Vec::new();
    for list in lists {
        all.extend(ports(list.get("ports"), list.place));
    }
    if lists.is_empty() {
        all = ports(None, entry.place);
    }
    all.into_iter().map(|p| rule(object, sources.clone(), p, entry.place, allow)).collect()
}

fn sources(object: &Object, entry: &Node) -> Vec<SourceSet> {
    const PEERS: [&str; 7] = [
        "fromEndpoints",
        "fromEntities",
        "fromCIDR",
        "fromCIDRSet",
        "fromRequires",
        "fromGroups",
        "fromNodes",
    ];
    let items = |key| entry.get(key).map_or(&[][..], Node::items).iter();
    if PEERS.iter().all(|key| entry.get(key).is_none()) {
        // Ports alone are open to everybody.
        let ports = entry.get("toPorts").is_some();
        return ports.then_some(SourceSet::Everybody(entry.place)).into_iter().collect();
    }
    let mut out: Vec<SourceSet> = Vec::new();
    out.extend(items("fromEndpoints").map(|n| SourceSet::Pods(pods(object, n), n.place)));
    out.extend(items("fromEntities").filter_map(entity));
    out.extend(items("fromCIDR").map(|n| {
        let net = text(n);
        SourceSet::Outside(
            net.try_map(|t| Addresses::parse(&t).ok_or(Why::NotUnderstood("this network".into()))),
        )
    }));
    out.extend(items("fromCIDRSet").map(|n| SourceSet::Outside(ip_block(n))));
    out.extend(items("fromGroups").map(|n| {
        SourceSet::Outside(Fact::Unknown(Why::NotHere("the members of this group".into()), n.place))
    }));
    out
}

/// Cilium documentation, "Entities Based". The node's own entities are no clients of a store.
fn entity(node: &Node) -> Option<SourceSet> {
    match node.str()? {
        "all" => Some(SourceSet::Everybody(node.place)),
        "world" => Some(SourceSet::Outside(Fact::written(Addresses::all(), node.place))),
        family @ ("world-ipv4" | "world-ipv6") => {
            let net = if family == "world-ipv4" { "0.0.0.0/0" } else { "::/0" };
            Addresses::parse(net).map(|n| SourceSet::Outside(Fact::written(n, node.place)))
        }
        "cluster" => Some(SourceSet::EveryPod(node.place)),
        _ => None,
    }
}

/// An `EndpointSelector`: labels with a source in front, namespaces among them.
fn pods(object: &Object, node: &Node) -> PodSelector {
    const NAMESPACE: &str = "io.kubernetes.pod.namespace";
    const NAMESPACE_LABEL: &str = "io.cilium.k8s.namespace.labels.";
    let mut own = None;
    let (mut labels, mut of_namespace): (Vec<LabelTerm>, Vec<LabelTerm>) = Default::default();
    for term in selector::terms(node) {
        let bare = ["k8s:", "any:"].iter().find_map(|source| term.key.strip_prefix(source));
        let key = bare.unwrap_or(&term.key);
        match key.strip_prefix(NAMESPACE_LABEL) {
            Some(label) => of_namespace.push(LabelTerm { key: label.into(), ..term }),
            None if key == NAMESPACE && term.values.len() == 1 && !term.negated => {
                own = term.values.into_iter().next();
            }
            None if key == NAMESPACE => {
                of_namespace.push(LabelTerm { key: "kubernetes.io/metadata.name".into(), ..term });
            }
            None => labels.push(LabelTerm { key: key.into(), ..term }),
        }
    }
    let clusterwide = object.kind == "CiliumClusterwideNetworkPolicy";
    let namespace = match own {
        Some(name) => Namespaces::Named(name),
        None if !of_namespace.is_empty() => Namespaces::Matching(of_namespace),
        None if clusterwide => Namespaces::All,
        None => Namespaces::Named(object.namespace.clone()),
    };
    PodSelector { namespace, labels }
}
