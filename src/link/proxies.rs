//! Steps through proxies in containers: to others of the same pod, to Services, to services of one
//! Compose project.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Address, Container, Hop, Node, PortEnd, PortMap, PortPair, Ref};
use crate::stores::proxies::{Forward, Host, Reading};

/// What all proxies pass on.
pub(super) fn hops(
    read: Vec<(&Container, Reading)>,
    all: &[Container],
    nodes: &[Node],
) -> Vec<Hop> {
    if read.is_empty() {
        return Vec::new();
    }
    let mut shared: FxHashMap<&Address, usize> = FxHashMap::default();
    for container in all {
        *shared.entry(&container.node).or_default() += 1;
    }
    let mut by_address: FxHashMap<&Address, Vec<&Node>> = FxHashMap::default();
    let mut names: FxHashSet<&Address> = FxHashSet::default();
    for node in nodes {
        by_address.entry(&node.address).or_default().push(node);
        names.insert(&node.address);
        names.extend(&node.aliases);
    }
    let mut out = Vec::new();
    for (container, reading) in read {
        match reading {
            Reading::Forwards(list) => {
                for forward in list {
                    let own = by_address.get(&container.node).map_or(&[][..], Vec::as_slice);
                    for to in targets(&forward.host, container, own, &names) {
                        out.push(hop(container, &forward, to));
                    }
                }
            }
            // A neighbour in the pod is what an unread proxy is there for.
            Reading::Unknown(why, at) if shared.get(&container.node).is_some_and(|n| *n > 1) => {
                let pairs = container.ports.iter().map(|(port, _, place)| PortPair {
                    from: Some((*port, *port)),
                    to: PortEnd::Unknown(why.clone()),
                    udp: false,
                    place: *place,
                });
                let pairs: Vec<PortPair> = pairs.collect();
                let own = Ref::To(container.node.clone());
                let say = format!("{} may pass its clients on", container.title);
                let mut hop = Hop::new(own.clone(), own, container.place, say);
                hop.ports = PortMap::Pairs(pairs);
                hop.open = Fact::Unknown(why.clone(), at);
                hop.asks = Some(Fact::Unknown(why, at));
                hop.proxy = true;
                out.push(hop);
            }
            Reading::Unknown(..) => {}
        }
    }
    out
}

fn hop(container: &Container, forward: &Forward, to: Address) -> Hop {
    let near = Ref::To(container.node.clone());
    let mut hop = Hop::new(near, Ref::To(to), forward.place, forward.say.clone());
    let end = forward.port.map_or(PortEnd::Same, PortEnd::Number);
    let pair = PortPair {
        from: forward.listens.map(|port| (port, port)),
        to: end,
        udp: forward.udp,
        place: forward.place,
    };
    hop.ports = PortMap::Pairs(vec![pair]);
    hop.open = forward.open.clone();
    hop.asks.clone_from(&forward.asks);
    hop.only_from.clone_from(&forward.only_from);
    hop.ends_tls = forward.ends_tls;
    hop.proxy = true;
    hop
}

/// The nodes that a name means to a container.
fn targets(
    host: &Host,
    container: &Container,
    own: &[&Node],
    names: &FxHashSet<&Address>,
) -> Vec<Address> {
    let Host::Named(host) = host else { return vec![container.node.clone()] };
    let near = &container.node;
    let mut out = if near.0.starts_with("compose:") {
        of_project(host, own)
    } else {
        of_cluster(host, near).into_iter().collect()
    };
    let address = |a: &Address| names.contains(a);
    out.retain(address);
    out.dedup();
    out
}

/// A name on the networks of a service of Compose: each has a list of its own.
fn of_project(host: &Name, own: &[&Node]) -> Vec<Address> {
    let networks: Vec<&str> = own
        .iter()
        .flat_map(|node| &node.aliases)
        .filter_map(|alias| alias.0.rsplit_once('/').map(|(network, _)| network))
        .collect();
    let mut out: Vec<Address> =
        networks.iter().map(|network| Address::new(format!("{network}/{host}"))).collect();
    out.sort();
    out.dedup();
    out
}

/// A Service by its name in the cluster's DNS: `NAME`, `NAME.NAMESPACE`, `NAME.NAMESPACE.svc…`
/// (Kubernetes documentation, "DNS for Services and Pods").
fn of_cluster(host: &str, near: &Address) -> Option<Address> {
    let object = near.object();
    let namespace = object.split('/').nth(1)?;
    let mut parts = host.trim_end_matches('.').split('.');
    let (name, within, svc) = (parts.next()?, parts.next(), parts.next());
    let namespace = match (within, svc) {
        (None, _) => namespace,
        (Some(within), None | Some("svc")) => within,
        _ => return None,
    };
    let environment = near.environment().unwrap_or_default();
    Some(Address::of_object(environment, &format!("Service/{namespace}/{name}")))
}

#[cfg(test)]
mod tests;
