//! Routes meet their gateways, steps the checks that they pass, and references the permissions
//! that they need. What comes out are plain hops.

mod checks;
mod policies;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::graph::both;
use super::index::{Folders, Index};
use super::selectors::{self, Pods, namespace_matches};
use crate::model::fact::{Evidence, Fact, Name};
use crate::model::fragment::{Address, Filter, Fragment, Hop, NamespaceDraft, Node, Ref};
use crate::model::net::Ports;
use crate::model::routing::{
    Attachment, Crossing, Fork, ForkOn, Grant, Grantee, Listener, NamedPort, Routing,
};
use crate::model::truth::{Answer, Truth};
use crate::source::FileId;
use checks::Checks;
use policies::Policies;

/// Turns what front ends said about routing into hops; gives back what needs the graph.
pub(super) fn join(all: &mut Fragment, folders: &Arc<Folders>) -> Vec<NamedPort> {
    let routing = std::mem::take(&mut all.routing);
    let mut hops = Vec::new();
    {
        let joined = Joined::new(all, &routing, folders);
        let grants = by_namespace(&routing.grants);
        let checks = Checks::new(&routing.checks, &routing.borrowed, &grants, folders);
        hops.extend(routing.passings.iter().map(|passing| checks.pass(passing)));
        for attachment in &routing.attachments {
            joined.attach(attachment, &mut hops);
        }
        for fork in &routing.forks {
            joined.choose(fork, &mut hops);
        }
        hops.extend(routing.crossings.iter().filter_map(|crossing| cross(crossing, &grants)));
    }
    all.hops.extend(hops);
    routing.named_ports
}

struct Joined<'a> {
    routing: &'a Routing,
    /// Gateways by name, and the listeners of each.
    gateways: Index,
    listeners: Vec<Vec<usize>>,
    nodes: Index,
    /// Made only where somebody asks for pods.
    pods: Option<Pods<'a>>,
    all_nodes: &'a [Node],
    namespaces: &'a [NamespaceDraft],
    policies: Policies<'a>,
}

impl<'a> Joined<'a> {
    fn new(all: &'a Fragment, routing: &'a Routing, folders: &Arc<Folders>) -> Joined<'a> {
        let asked = !routing.attachments.is_empty() || !routing.forks.is_empty();
        let nodes = all.nodes.iter().enumerate().filter(|_| asked);
        let on_pods = |f: &Fork| matches!(f.on, ForkOn::Pods(_));
        let mut joined = Joined {
            routing,
            gateways: Index::new([].into_iter(), folders),
            listeners: Vec::new(),
            nodes: Index::new(nodes.map(|(i, n)| (&n.address, i, n.place)), folders),
            pods: routing.forks.iter().any(on_pods).then(|| Pods::new(&all.nodes, &all.namespaces)),
            all_nodes: &all.nodes,
            namespaces: &all.namespaces,
            policies: Policies::new(&routing.policies, &all.namespaces),
        };
        joined.add_gateways();
        joined
    }

    fn add_gateways(&mut self) {
        let mut known: FxHashMap<(&Address, FileId), usize> = FxHashMap::default();
        for (i, listener) in self.routing.listeners.iter().enumerate() {
            let gateway = &listener.gateway.address;
            let new = self.listeners.len();
            let at = *known.entry((gateway, listener.place.file)).or_insert(new);
            if at == new {
                self.listeners.push(Vec::new());
                self.gateways.add(gateway, at, listener.place);
            }
            self.listeners[at].push(i);
        }
    }

    fn attach(&self, attachment: &Attachment, out: &mut Vec<Hop>) {
        let Some(gateway) = self.gateways.nearest(&attachment.gateway, attachment.place) else {
            // A gateway without any listener brings nobody.
            if self.nodes.nearest(&attachment.gateway, attachment.place).is_none() {
                out.extend(attachment.otherwise.iter().cloned());
            }
            return;
        };
        for listener in self.listeners[gateway].iter().map(|i| &self.routing.listeners[*i]) {
            let truth = self.takes(listener, attachment);
            if truth.answer == Answer::No {
                continue;
            }
            let (from, to) = (listener.address.clone(), attachment.route.address.clone());
            let mut hop =
                Hop::new(Ref::To(from), Ref::To(to), attachment.place, attachment.say.clone());
            hop.open = both(hop.open, truth, attachment.place);
            (hop.asks, hop.only_from) = self.policies.of(listener, attachment, &self.gateways);
            out.push(hop);
        }
    }

    /// Whether a listener takes a route.
    fn takes(&self, listener: &Listener, attachment: &Attachment) -> Truth {
        let named = attachment.section.is_none() || attachment.section == listener.name;
        let port = attachment.port.is_none() || attachment.port == listener.port;
        let kind = listener.kinds.is_empty() || listener.kinds.contains(&attachment.route.kind);
        if !(named && port && kind && hosts_meet(&listener.hosts, &attachment.hosts)) {
            return Truth::plain(false);
        }
        let namespace = &attachment.route.namespace;
        let declared = namespace.known().and_then(|name| {
            self.namespaces.iter().find(|n| n.name == *name).map(|n| &n.labels[..])
        });
        namespace_matches(&listener.takes, namespace, declared, attachment.place)
    }

    fn choose(&self, fork: &Fork, out: &mut Vec<Hop>) {
        match (&fork.on, &self.pods) {
            (ForkOn::Pods(selector), Some(pods)) => {
                let environment = fork.here.iter().find_map(|hop| match &hop.to {
                    Ref::To(address) => address.environment(),
                    _ => None,
                });
                let folders = self.nodes.folders();
                let found = pods.select(selector, environment, folders, fork.place);
                let found =
                    selectors::nearest(found, self.all_nodes, &self.nodes, environment, fork.place);
                if found.is_empty() {
                    out.extend(fork.otherwise.iter().cloned());
                }
                for (pod, truth) in found {
                    let from = Ref::To(self.all_nodes[pod].address.clone());
                    for hop in &fork.here {
                        let open = both(hop.open.clone(), truth.clone(), hop.place);
                        out.push(Hop { from: from.clone(), open, ..hop.clone() });
                    }
                }
            }
            (ForkOn::Node(address), _) if self.nodes.nearest(address, fork.place).is_some() => {
                out.extend(fork.here.iter().cloned());
            }
            _ => out.extend(fork.otherwise.iter().cloned()),
        }
    }
}

/// Whether some host is served by both; no names at all serve every host.
fn hosts_meet(a: &[Name], b: &[Name]) -> bool {
    let meet = |a: &Name| b.iter().any(|b| host_meets(a, b));
    a.is_empty() || b.is_empty() || a.iter().any(meet)
}

/// `*.example.org` serves every name under that domain; `*` every name.
fn host_meets(a: &str, b: &str) -> bool {
    let under = |name: &str, wild: &str| match wild.strip_prefix('*') {
        Some(rest) if name.len() > rest.len() && name.is_char_boundary(name.len() - rest.len()) => {
            name[name.len() - rest.len()..].eq_ignore_ascii_case(rest)
        }
        _ => false,
    };
    a.eq_ignore_ascii_case(b) || under(a, b) || under(b, a)
}

fn by_namespace(grants: &[Grant]) -> FxHashMap<&Name, Vec<&Grant>> {
    let mut out: FxHashMap<&Name, Vec<&Grant>> = FxHashMap::default();
    for grant in grants {
        out.entry(&grant.namespace).or_default().push(grant);
    }
    out
}

/// A reference into another namespace is refused unless somebody there permits it (Gateway API,
/// `ReferenceGrant`).
fn cross(crossing: &Crossing, grants: &FxHashMap<&Name, Vec<&Grant>>) -> Option<Hop> {
    let who = Grantee {
        group: crossing.group.clone(),
        kind: crossing.kind.clone(),
        namespace: crossing.from.clone(),
    };
    let mut found = grants.get(&crossing.to)?.iter();
    let grant = found.find(|grant| grant.lets(&who, "Service", &crossing.service))?;
    let mut hop = crossing.hop.clone();
    if let Fact::Known(_, origin) = &mut hop.open {
        let say = format!("{} lets {} of namespace `{}` in", grant.title, who.kind, who.namespace);
        origin.via = [Evidence::new(grant.place, say)].into();
    }
    Some(hop)
}

/// Rules about a port by its name get the number that the pods behind their filter give it, where
/// they agree.
pub(super) fn resolve_named_ports(
    named: &[NamedPort],
    filters: &mut [Filter],
    index: &Index,
    nodes: &[Node],
    behind: &[Vec<usize>],
) {
    for port in named {
        let Some(filter) = index.nearest(&port.filter, port.place) else { continue };
        let numbers = behind[filter].iter().map(|pod| {
            let ports = nodes[*pod].pod.iter().flat_map(|p| &p.ports);
            ports.into_iter().find(|(name, _)| *name == port.name).map(|(_, number)| *number)
        });
        // A pod without a port of that name has none that the rule is about.
        let mut numbers: Vec<u16> = numbers.flatten().collect();
        numbers.sort_unstable();
        numbers.dedup();
        let [number] = numbers[..] else { continue };
        let ports = if port.udp { Ports::udp(number, number) } else { Ports::tcp(number, number) };
        for rule in &mut filters[filter].rules {
            if rule.ports.is_unknown() && rule.ports.place() == port.place {
                rule.ports = Fact::written(ports.clone(), port.place);
                let shown = format!("port {number}, which is named `{}`", port.name);
                rule.say = rule.say.replace("a named port", &shown).into();
            }
        }
    }
}

#[cfg(test)]
mod tests;
