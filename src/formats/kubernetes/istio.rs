//! Istio's gateways and virtual services: which of a proxy's ports lead to which Service.
//!
//! A `VirtualService` without gateways is for the mesh alone and publishes nothing (Istio
//! reference, "Virtual Service").

use std::sync::Arc;

use super::front::{Front, stop};
use super::object::{Object, port};
use super::{selector, service};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Address, Fragment, Hop, Namespaces, NodeKind, PodSelector, PortEnd, PortMap, PortPair, Ref,
};
use crate::model::routing::{Attachment, Fork, ForkOn, Labelled, Listener};
use crate::source::Place;
use crate::tree::node::{Entry, Node};

/// What policies call a gateway; the Gateway API has a kind of the same name.
pub(super) const GATEWAY: &str = "IstioGateway";

pub(super) fn gateway(object: &Object, out: &mut Fragment) {
    let address = object.neighbour(GATEWAY, &object.name);
    out.nodes.push(stop(address.clone(), NodeKind::Balancer, object.place));
    let chosen = object.spec_entry("selector");
    let gateway = Arc::new(Labelled {
        kind: GATEWAY.into(),
        address,
        namespace: object.namespace.clone(),
        labels: chosen.map(|s| selector::labels(&s.value)).unwrap_or_default(),
    });
    let servers = object.spec(&["servers"]).map_or(&[][..], Node::items);
    let ports: Vec<u16> = servers.iter().filter_map(|s| port(s.at(&["port", "number"])?)).collect();
    from_proxies(object, &gateway.address, chosen, &ports, out);
    for (index, server) in servers.iter().enumerate() {
        listener(object, &gateway, server, index, out);
    }
}

/// The proxies that the gateway configures; where they are not in these files, Istio's charts make
/// them a load balancer.
fn from_proxies(
    object: &Object,
    gateway: &Address,
    chosen: Option<&Entry>,
    ports: &[u16],
    out: &mut Fragment,
) {
    let place = chosen.map_or(object.place, Entry::place);
    let say = format!("{} configures proxies at the edge of the mesh", object.title());
    let otherwise = Front::usual(place, &*say).hops(gateway, None);
    let labels = chosen.map(|s| selector::equal(&s.value)).unwrap_or_default();
    if labels.is_empty() {
        out.hops.extend(otherwise);
        return;
    }
    let pair = |from: u16, to: u16| PortPair {
        from: Some((from, from)),
        to: PortEnd::Number(to),
        udp: false,
        place,
    };
    // The proxy's own ports where its user may not open low ones (Istio's gateway chart).
    let pairs = ports.iter().flat_map(|&p| match p {
        80 => vec![pair(80, 80), pair(8080, 80)],
        443 => vec![pair(443, 443), pair(8443, 443)],
        p => vec![pair(p, p)],
    });
    let hop = Hop::new(Ref::Local, Ref::To(gateway.clone()), place, &*say);
    let here = vec![Hop { ports: PortMap::Pairs(pairs.collect()), proxy: true, ..hop }];
    let on = ForkOn::Pods(PodSelector { namespace: Namespaces::All, labels });
    out.routing.forks.push(Fork { on, place, here, otherwise });
}

fn listener(
    object: &Object,
    gateway: &Arc<Labelled>,
    server: &Node,
    index: usize,
    out: &mut Fragment,
) {
    let address = Address::new(format!("{}#{index}", gateway.address));
    let number = server.at(&["port", "number"]).and_then(port);
    let protocol = server.at(&["port", "protocol"]).and_then(Node::str).unwrap_or("?");
    let place = server.get("port").map_or(server.place, |p| p.place);
    out.nodes.push(stop(address.clone(), NodeKind::Relay, place));
    let shown = number.map_or("?".to_owned(), |n| n.to_string());
    let say = format!("{} takes {protocol} on port {shown}", object.title());
    let pair =
        PortPair { from: number.map(|n| (n, n)), to: PortEnd::Same, udp: protocol == "UDP", place };
    let hop = Hop::new(Ref::To(gateway.address.clone()), Ref::To(address.clone()), place, say);
    // The other modes take clients without a certificate as well.
    let mode = server.at(&["tls", "mode"]);
    let mutual = mode.filter(|m| matches!(m.str(), Some("MUTUAL" | "ISTIO_MUTUAL")));
    let asks = mutual.map(|m| Fact::written("certificate".into(), m.place));
    let ends_tls = mode.and_then(Node::str).is_some_and(|m| !m.ends_with("PASSTHROUGH"));
    out.hops.push(Hop { ports: PortMap::Pairs(vec![pair]), asks, ends_tls, ..hop });
    let hosts = server.get("hosts").map_or(&[][..], Node::items).iter().filter_map(Node::str);
    let hosts: Vec<&str> = hosts.collect();
    out.routing.listeners.push(Listener {
        gateway: gateway.clone(),
        address,
        name: None,
        port: number,
        takes: takes(object, &hosts),
        hosts: hosts.iter().map(|h| h.rsplit('/').next().unwrap_or(h)).map(Name::from).collect(),
        kinds: Vec::new(),
        place,
    });
}

/// `NAMESPACE/HOST` takes virtual services of that namespace only, `./HOST` of the gateway's own.
fn takes(object: &Object, hosts: &[&str]) -> Namespaces {
    let mut spaces: Vec<&str> =
        hosts.iter().map(|h| h.split_once('/').map_or("*", |(space, _)| space)).collect();
    spaces.sort_unstable();
    spaces.dedup();
    match spaces[..] {
        ["."] => Namespaces::Named(object.namespace.clone()),
        [one] if one != "*" => Namespaces::Named(Fact::written(one.into(), object.place)),
        _ => Namespaces::All,
    }
}

pub(super) fn virtual_service(object: &Object, out: &mut Fragment) {
    out.nodes.push(stop(object.address(), NodeKind::Balancer, object.place));
    attach(object, out);
    for key in ["http", "tls", "tcp"] {
        for entry in object.spec(&[key]).map_or(&[][..], Node::items) {
            let ports = matched_ports(entry);
            for node in entry.get("route").map_or(&[][..], Node::items) {
                to_service(object, node, &ports, out);
            }
            if let Some(part) = entry.get("delegate")
                && let Some(to) = object.referred(object.kind, part)
            {
                let say = format!("{} leaves these requests to another one", object.title());
                out.hops.push(Hop::new(Ref::To(object.address()), Ref::To(to), part.place, say));
            }
        }
    }
}

fn attach(object: &Object, out: &mut Fragment) {
    let route = Arc::new(Labelled {
        kind: object.kind.into(),
        address: object.address(),
        namespace: object.namespace.clone(),
        labels: object.labels(),
    });
    let hosts = object.spec(&["hosts"]).map_or(&[][..], Node::items).iter();
    let hosts: Arc<[Name]> = hosts.filter_map(Node::text).collect();
    for node in object.spec(&["gateways"]).map_or(&[][..], Node::items) {
        let Some(name) = node.str().filter(|name| *name != "mesh") else { continue };
        let (namespace, short) = name.split_once('/').unwrap_or((object.namespace_name(), name));
        let say = format!("{} attaches to Gateway `{name}`", object.title());
        let why = Why::NotHere(format!("what Gateway `{name}` admits").into());
        let otherwise = Front::unknown(&why, node.place, &*say).hops(&object.address(), None);
        out.routing.attachments.push(Attachment {
            route: route.clone(),
            hosts: hosts.clone(),
            gateway: object.elsewhere(GATEWAY, namespace, short),
            section: None,
            port: None,
            place: node.place,
            say: say.into(),
            otherwise,
        });
    }
}

/// The gateway's ports that a route is for; none at all: every port.
fn matched_ports(entry: &Node) -> Vec<u16> {
    let matches = entry.get("match").map_or(&[][..], Node::items).iter();
    matches.map(|m| m.get("port").and_then(port)).collect::<Option<_>>().unwrap_or_default()
}

fn to_service(object: &Object, node: &Node, ports: &[u16], out: &mut Fragment) {
    let Some(destination) = node.get("destination") else { return };
    let Some(host) = destination.get("host").and_then(Node::str) else { return };
    let target = service::of_host(object, host, Some(object.namespace_name()));
    // Short names are those of the object's own namespace; others need `svc`.
    let Some(target) = target else { return };
    let (to, end, shown) = match destination.at(&["port", "number"]) {
        Some(node) => {
            let (to, end) = service::port_at(target, node);
            (to, end, format!("port {} of ", node.str().unwrap_or("?")))
        }
        None => (Ref::To(service::only_port(&target)), PortEnd::Same, String::new()),
    };
    let place: Place = destination.place;
    let pair = |from| PortPair { from, to: end.clone(), udp: false, place };
    let mut pairs: Vec<PortPair> = ports.iter().map(|p| pair(Some((*p, *p)))).collect();
    if pairs.is_empty() {
        pairs.push(pair(None));
    }
    let say = format!("{} leads to {shown}`{host}`", object.title());
    let hop = Hop::new(Ref::To(object.address()), to, place, say);
    out.hops.push(Hop { ports: PortMap::Pairs(pairs), proxy: true, ..hop });
}
