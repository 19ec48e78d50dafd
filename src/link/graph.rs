//! The graph of nodes and steps, with filters put in front of nodes.

use std::sync::Arc;

use rayon::prelude::*;

use super::index::{Folders, Index};
use super::selectors::{self, Pods};
use super::{From, Guard, Step};
use crate::model::fact::{Fact, Why};
use crate::model::fragment::{
    Address, Attach, Filter, Fragment, Hop, Node, PortEnd, PortMap, Ref, Rule, RuleFor,
};
use crate::model::truth::{Answer, Truth};
use crate::source::Place;

pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) arrivals: Vec<Vec<Step>>,
    pub(crate) guards: Vec<Vec<Guard>>,
    pub(crate) behind: Vec<Vec<usize>>,
    pub(crate) index: Index,
}

/// Puts rules that are written apart into their filters. A rule whose filter is not here stays
/// as a filter of its own, since modules are often reviewed alone.
pub(crate) fn place_rules(all: &mut Fragment, index: &Index) {
    for RuleFor { filter, rule } in std::mem::take(&mut all.rules) {
        let found = filter.known().and_then(|address| index.nearest(address, rule.place));
        match found {
            Some(i) => all.filters[i].rules.push(rule),
            None => all.filters.push(lone(rule)),
        }
    }
}

fn lone(rule: Rule) -> Filter {
    Filter {
        address: Address::new(format!("lone-rule:{}", rule.say)),
        layer: crate::model::fragment::Layer::SecurityGroup,
        title: "a rule whose filter is not in these files".into(),
        place: rule.place,
        whole: rule.whole,
        exists: rule.exists.clone(),
        rules: vec![rule],
        more: None,
        stands_alone: true,
    }
}

pub(crate) fn build(all: &mut Fragment, filters: &Index, folders: &Arc<Folders>) -> Graph {
    let nodes = std::mem::take(&mut all.nodes);
    let (index, pods) =
        rayon::join(|| node_index(&nodes, folders), || Pods::new(&nodes, &all.namespaces));
    let hops = std::mem::take(&mut all.hops);
    let (arrivals, (guards, behind)) = rayon::join(
        || {
            let hops = hops.into_par_iter();
            let steps = hops.map(|hop| steps(hop, &nodes, &index, &pods)).collect();
            arrivals(steps, nodes.len())
        },
        || {
            let attaches = all.attaches.par_iter();
            let guards = attaches.flat_map_iter(|a| guards(a, &nodes, &index, &pods, filters));
            by_node(guards.collect(), nodes.len(), all.filters.len())
        },
    );
    drop(pods);
    Graph { nodes, arrivals, guards, behind, index }
}

/// Steps by the node that they arrive at.
fn arrivals(steps: Vec<Vec<(usize, Step)>>, nodes: usize) -> Vec<Vec<Step>> {
    // Steps are large: each list is made as long as it will be.
    let mut counts = vec![0; nodes];
    for (to, _) in steps.iter().flatten() {
        counts[*to] += 1;
    }
    let mut out: Vec<Vec<Step>> = counts.into_iter().map(Vec::with_capacity).collect();
    for (to, step) in steps.into_iter().flatten() {
        out[to].push(step);
    }
    out
}

fn node_index(nodes: &[Node], folders: &Arc<Folders>) -> Index {
    let mut index =
        Index::new(nodes.iter().enumerate().map(|(i, n)| (&n.address, i, n.place)), folders);
    for (i, node) in nodes.iter().enumerate() {
        for alias in &node.aliases {
            index.add(alias, i, node.place);
        }
    }
    index
}

/// A hop as steps that arrive at nodes.
fn steps(hop: Hop, nodes: &[Node], index: &Index, pods: &Pods) -> Vec<(usize, Step)> {
    let from = match &hop.from {
        Ref::Internet => From::Internet,
        Ref::Network => From::Network,
        Ref::AnyNetwork => From::AnyNetwork,
        Ref::Cluster => From::Cluster,
        Ref::Neighbours => From::Neighbours,
        Ref::Overlay => From::Overlay,
        Ref::Local => From::Local,
        // A near side that is not here brings nobody whom these files tell of.
        Ref::To(address) => match index.nearest(address, hop.place) {
            Some(i) => From::Node(i),
            None => return Vec::new(),
        },
        Ref::Pods(_) => return Vec::new(),
    };
    let environment = match &hop.from {
        Ref::To(address) => address.environment(),
        _ => None,
    };
    let mut found = targets(&hop.to, environment, hop.place, nodes, index, pods);
    found.retain(|(to, _)| is_for(&hop, &from, &nodes[*to], index));
    let arrive = |mut hop: Hop, (to, truth): (usize, Truth)| {
        hop.open = both(hop.open, truth, hop.place);
        resolve_ports(&mut hop, &nodes[to]);
        (to, Step { from, hop })
    };
    // Most hops have one far side, which needs no copy.
    let Some(last) = found.pop() else { return Vec::new() };
    let mut out: Vec<(usize, Step)> =
        found.into_iter().map(|chosen| arrive(hop.clone(), chosen)).collect();
    out.push(arrive(hop, last));
    out
}

/// Whether what chooses pods by labels is the one of its name that belongs to a pod: another
/// version of it may lie nearer.
fn is_for(hop: &Hop, from: &From, pod: &Node, index: &Index) -> bool {
    let (Ref::To(address), Ref::Pods(_), From::Node(i)) = (&hop.from, &hop.to, from) else {
        return true;
    };
    index.is_nearest(address, *i, pod.address.environment(), pod.place)
}

/// The nodes at the far side; a selector may have several, each more or less surely.
fn targets(
    to: &Ref,
    environment: Option<&str>,
    place: Place,
    nodes: &[Node],
    index: &Index,
    pods: &Pods,
) -> Vec<(usize, Truth)> {
    match to {
        Ref::To(address) => {
            index.nearest(address, place).map(|i| (i, Truth::plain(true))).into_iter().collect()
        }
        Ref::Pods(selector) => {
            let found = pods.select(selector, environment, index.folders(), place);
            selectors::nearest(found, nodes, index, environment, place)
        }
        _ => Vec::new(),
    }
}

/// The hop is there if it is open and its target is really chosen.
pub(super) fn both(open: Fact<bool>, chosen: Truth, place: Place) -> Fact<bool> {
    match chosen.answer {
        Answer::Yes => open,
        Answer::No => Fact::written(false, place),
        Answer::Unknown if open.known() == Some(&false) => open,
        Answer::Unknown => {
            let (why, at) = chosen.whys.into_iter().next().unwrap_or((Why::Template, place));
            Fact::Unknown(why, at)
        }
    }
}

/// Named ports become the numbers that the pod gives them.
fn resolve_ports(hop: &mut Hop, target: &Node) {
    let PortMap::Pairs(pairs) = &mut hop.ports else { return };
    for pair in pairs {
        let PortEnd::Named(name) = &pair.to else { continue };
        let ports = target.pod.iter().flat_map(|p| &p.ports);
        let number = ports.filter(|(n, _)| n == name).map(|(_, number)| *number).next();
        pair.to = match number {
            Some(number) => PortEnd::Number(number),
            None if target.pod.is_none() => PortEnd::Named(name.clone()),
            None => PortEnd::Unknown(Why::NotHere(format!("the port named {name}").into())),
        };
    }
}

/// Most network plugins leave pods alone that use their machine's network (Kubernetes
/// documentation, "Network Policies", "NetworkPolicy and `hostNetwork` pods").
fn on_host() -> Why {
    Why::NotHere("whether the network plugin guards pods on their machine's network".into())
}

/// A filter in front of nodes, with each of them.
fn guards(
    attach: &Attach,
    nodes: &[Node],
    index: &Index,
    pods: &Pods,
    filters: &Index,
) -> Vec<(usize, Guard)> {
    let filter = match &attach.filter {
        Fact::Known(address, _) => filters
            .nearest(address, attach.place)
            .ok_or_else(|| (Why::NotHere(address.0.clone()), attach.place)),
        Fact::Unknown(why, at) => Err((why.clone(), *at)),
        Fact::Unset(_) => return Vec::new(),
    };
    let environment = attach.filter.known().and_then(Address::environment);
    let by_plugin = matches!(attach.to, Ref::Pods(_));
    let chosen = match &attach.to {
        Ref::Pods(selector) => selectors::nearest_of_each_name(
            pods.select(selector, environment, index.folders(), attach.place),
            nodes,
            index,
            environment,
            attach.place,
        ),
        other => targets(other, environment, attach.place, nodes, index, pods),
    };
    let before = |(node, truth): (usize, Truth)| {
        let mut attached = both(Fact::written(true, attach.place), truth, attach.place);
        if by_plugin && nodes[node].pod.as_ref().is_some_and(|pod| pod.on_host) {
            attached = Fact::Unknown(on_host(), attach.place);
        }
        (node, Guard { layer: attach.layer, filter: filter.clone(), attached })
    };
    chosen.into_iter().map(before).collect()
}

/// The guards of each node, and the nodes behind each filter.
fn by_node(
    all: Vec<(usize, Guard)>,
    nodes: usize,
    filters: usize,
) -> (Vec<Vec<Guard>>, Vec<Vec<usize>>) {
    let mut guards: Vec<Vec<Guard>> = (0..nodes).map(|_| Vec::new()).collect();
    let mut behind: Vec<Vec<usize>> = (0..filters).map(|_| Vec::new()).collect();
    for (node, guard) in all {
        if let Ok(filter) = guard.filter {
            behind[filter].push(node);
        }
        guards[node].push(guard);
    }
    (guards, behind)
}
