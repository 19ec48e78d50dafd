//! The networks that a service is attached to, and the names that it has there.

use super::project::Project;
use crate::model::fact::Fact;
use crate::model::fragment::{Address, Fragment, Hop, Node as Stop, NodeKind, Ref};
use crate::source::Place;
use crate::tree::node::{Entry, Node};

/// The network of those that name none (Compose specification, "networks").
const DEFAULT: &str = "default";

/// Services that share the network of another, one after the other.
const MAX_SHARED: usize = 8;

/// Names of a service's networks: a list, or a map with options. None: the project's default one.
pub(super) fn names(service: &Node) -> Vec<&str> {
    let Some(node) = service.get("networks") else { return Vec::new() };
    let of_list = node.items().iter().filter_map(Node::str);
    node.entries().iter().map(|entry| &*entry.key).chain(of_list).collect()
}

/// The networks with the default one; none for what has a network of its own or its host's.
fn attached(service: &Node) -> Vec<&str> {
    if service.get("network_mode").and_then(Node::str).is_some_and(|mode| mode != "bridge") {
        return Vec::new();
    }
    let names = names(service);
    if names.is_empty() { vec![DEFAULT] } else { names }
}

/// Whether two services can talk to each other: they have a network in common.
pub(super) fn share(a: &Node, b: &Node) -> bool {
    let (ours, theirs) = (attached(a), attached(b));
    // A network that these files do not describe (the host's, another container's) may be any.
    ours.is_empty() || theirs.is_empty() || ours.iter().any(|name| theirs.contains(name))
}

/// `compose:PATH@NETWORK/NAME` for every name that others on a network call the service by.
pub(super) fn aliases(project: &Project, entry: &Entry) -> Vec<Address> {
    let service = &entry.value;
    let mut out = Vec::new();
    for network in attached(service) {
        let options = service.get("networks").and_then(|n| n.get(network));
        let listed = options.and_then(|o| o.get("aliases")).map_or(&[][..], Node::items);
        let own = ["container_name", "hostname"].into_iter().filter_map(|key| service.get(key));
        let named = own.chain(listed).filter_map(|n| project.fill.fact(n).known().cloned());
        let all = std::iter::once(entry.key.clone()).chain(named);
        out.extend(all.map(|name| project.on_network(network, &name)));
    }
    out.sort();
    out.dedup();
    out
}

/// `links: [SERVICE:ALIAS]`: another name of a service, for the one that links.
pub(super) fn links(project: &Project, service: &Node, out: &mut Fragment) {
    for link in service.get("links").map_or(&[][..], Node::items) {
        let Some((to, alias)) = link.str().and_then(|text| text.split_once(':')) else { continue };
        if alias == to || project.definition("services", alias).is_some() {
            continue;
        }
        for network in attached(service) {
            let address = project.on_network(network, alias);
            if out.nodes.iter().any(|node| node.address == address) {
                continue;
            }
            out.nodes.push(relay(&address, link.place));
            let target = Ref::To(project.address(to));
            let say = format!("`{alias}` is another name of service `{to}`");
            out.hops.push(Hop::new(Ref::To(address), target, link.place, say));
        }
    }
}

fn relay(address: &Address, place: Place) -> Stop {
    Stop {
        address: address.clone(),
        aliases: Vec::new(),
        kind: NodeKind::Relay,
        place,
        exists: Fact::written(true, place),
        pod: None,
    }
}

/// The service whose network another one shares (`network_mode: service:NAME`, `container:NAME`),
/// if it is one of the project.
pub(super) fn host<'a>(project: &Project<'a>, service: &Node) -> Option<&'a Entry> {
    let mut found = owner(project, service)?;
    for _ in 0..MAX_SHARED {
        match owner(project, &found.value) {
            Some(next) => found = next,
            None => return Some(found),
        }
    }
    None
}

fn owner<'a>(project: &Project<'a>, service: &Node) -> Option<&'a Entry> {
    let mode = project.fill.fact(service.get("network_mode")?);
    let mode = mode.known()?;
    if let Some(name) = mode.strip_prefix("service:") {
        return project.definition("services", name);
    }
    let name = mode.strip_prefix("container:")?;
    let services = project.roots.iter().filter_map(|root| root.get("services"));
    services.flat_map(Node::entries).find(|entry| {
        let named = entry.value.get("container_name").map(|n| project.fill.fact(n));
        named.is_some_and(|fact| fact.known().is_some_and(|n| **n == *name))
    })
}

/// Whether nothing outside of the host's networks of containers reaches a service: Docker publishes
/// no port of a container whose networks are all internal bridges (moby/moby issue 36174), nor of
/// one without a network. Swarm publishes through a network of its own.
pub(super) fn isolated(project: &Project, service: &Node) -> bool {
    if service.get("network_mode").and_then(Node::str) == Some("none") {
        return true;
    }
    let names = names(service);
    let swarm = service.get("deploy").is_some();
    let internal = |name: &&str| {
        project.definition("networks", name).is_some_and(|entry| {
            let driver = entry.value.get("driver").and_then(Node::str);
            let bridge = driver.is_none_or(|driver| driver == "bridge");
            bridge && entry.value.get("internal").and_then(Node::bool) == Some(true)
        })
    };
    !swarm && !names.is_empty() && names.iter().all(internal)
}

/// Who the neighbours are, for messages.
pub(super) fn neighbours(service: &Node) -> String {
    let names: Vec<String> = names(service).iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "any container of the same Compose project".to_owned(),
        [one] => format!("any container on network {one}"),
        many => format!("any container on one of the networks {}", many.join(", ")),
    }
}
