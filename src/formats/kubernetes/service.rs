//! Services: who may connect to them, and which pods they lead to.

use super::google;
use super::load_balancer;
use super::object::{Object, is_placeholder, port, text};
use super::selector;
use super::workload::nodes_addresses;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Address, Fragment, Hop, Namespaces, Node as Stop, NodeKind, PodSelector, PortEnd, PortMap,
    PortPair, Ref,
};
use crate::model::net::Addresses;
use crate::source::Place;
use crate::tree::node::{Entry, Node};

struct ServicePort {
    name: Option<Name>,
    number: Option<u16>,
    target: PortEnd,
    node_port: Option<u16>,
    udp: bool,
    place: Place,
}

/// The range that node ports are taken from unless the API server is told otherwise
/// (Kubernetes documentation, "Service", `--service-node-port-range`).
const NODE_PORTS: (u16, u16) = (30000, 32767);

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    out.nodes.push(Stop {
        address: object.address(),
        aliases: Vec::new(),
        kind: NodeKind::Service,
        place: object.place,
        exists: Fact::written(true, object.place),
        pod: None,
    });
    let kind = object.spec(&["type"]).map_or(Fact::Unset(object.place), text);
    if kind.known().is_some_and(|k| &**k == "ExternalName") {
        alias(object, out);
        return;
    }
    let ports = ports(object);
    to_pods(object, &ports, out);
    named_ports(object, &ports, out);
    from_cluster(object, out);
    let headless = object.spec(&["clusterIP"]).and_then(Node::str) == Some("None");
    match kind.known().map(|k| &**k) {
        // The API server refuses other types without a cluster address.
        _ if headless => {}
        Some("NodePort") => from_machines(object, &ports, out),
        Some("LoadBalancer") => load_balancer::lower(object, out),
        None if kind.is_unknown() => {
            let say = format!("the type of {} is still to be filled in", object.title());
            let hop = Hop::new(Ref::Internet, Ref::To(object.address()), kind.place(), say);
            out.hops.push(Hop { open: Fact::Unknown(Why::Template, kind.place()), ..hop });
        }
        _ => {}
    }
    external_ips(object, out);
    google::of_service(object, out);
    load_balancer::tailnet(object, out);
}

fn ports(object: &Object) -> Vec<ServicePort> {
    let entries = object.spec(&["ports"]).map_or(&[][..], Node::items).iter();
    entries
        .filter(|e| e.get("protocol").and_then(Node::str) != Some("SCTP"))
        .map(|entry| ServicePort {
            name: entry.get("name").and_then(Node::text),
            number: entry.get("port").and_then(port),
            target: entry.get("targetPort").map_or(PortEnd::Same, port_end),
            node_port: entry.get("nodePort").and_then(port),
            udp: entry.get("protocol").and_then(Node::str) == Some("UDP"),
            place: entry.place,
        })
        .collect()
}

fn port_end(node: &Node) -> PortEnd {
    match (port(node), node.text()) {
        (Some(number), _) => PortEnd::Number(number),
        (None, Some(name)) if !is_placeholder(&name) => PortEnd::Named(name),
        (None, Some(_)) => PortEnd::Unknown(Why::Template),
        (None, None) => PortEnd::Same,
    }
}

/// A name for another Service of the cluster, often one of another namespace.
fn alias(object: &Object, out: &mut Fragment) {
    let Some(entry) = object.spec_entry("externalName") else { return };
    let Some(target) = entry.value.str().and_then(|host| of_host(object, host, None)) else {
        return;
    };
    let say =
        format!("{} is another name of `{}`", object.title(), entry.value.str().unwrap_or("?"));
    out.hops.push(Hop::new(Ref::To(object.address()), Ref::To(target), entry.place(), say));
}

/// The Service that a name of the cluster's DNS means: `NAME.NAMESPACE.svc.cluster.local`, shorter
/// within the asker's namespace (Kubernetes documentation, "DNS for Services and Pods").
pub(super) fn of_host(object: &Object, host: &str, namespace: Option<&str>) -> Option<Address> {
    let host = host.trim_end_matches('.');
    let mut parts = host.split('.');
    let (name, within, svc) = (parts.next()?, parts.next(), parts.next());
    let namespace = match (within, svc) {
        (Some(within), Some("svc")) => within,
        (Some(within), None) if namespace.is_some() => within,
        (None, None) => namespace?,
        _ => return None,
    };
    let plain = !name.is_empty() && !namespace.is_empty() && !is_placeholder(host);
    plain.then(|| object.elsewhere("Service", namespace, name))
}

/// A Service's empty selector selects nothing: its endpoints are made by hand.
fn to_pods(object: &Object, ports: &[ServicePort], out: &mut Fragment) {
    let Some(entry) = object.spec_entry("selector") else { return };
    let labels = selector::equal(&entry.value);
    if labels.is_empty() {
        return;
    }
    let pods = PodSelector { namespace: Namespaces::Named(object.namespace.clone()), labels };
    let say = format!("{} selects {}", object.title(), selector::describe(&pods));
    let hop = Hop::new(Ref::To(object.address()), Ref::Pods(pods), entry.place(), say);
    let pair = |p: &ServicePort| PortPair {
        from: p.number.map(|n| (n, n)),
        to: p.target.clone(),
        udp: p.udp,
        place: p.place,
    };
    let listed = object.spec(&["ports"]);
    let ports = match listed.filter(|l| l.items().is_empty() && !l.is_null()) {
        Some(odd) if odd.scalar().is_some() => PortMap::Unknown(Why::Template, odd.place),
        // A headless Service needs no ports: its name leads to the pods themselves.
        _ if ports.is_empty() => PortMap::Same,
        _ => PortMap::Pairs(ports.iter().map(pair).collect()),
    };
    out.hops.push(Hop { ports, ..hop });
}

/// Others name a Service's ports by number or by name, or mean the only one; what has no number is
/// a stop of its own.
fn named_ports(object: &Object, ports: &[ServicePort], out: &mut Fragment) {
    let service = object.address();
    for port in ports {
        let Some(number) = port.number else { continue };
        let named = port.name.as_ref().map(|name| named_port(&service, name));
        let only = (ports.len() == 1).then(|| only_port(&service));
        let mut addresses = named.into_iter().chain(only);
        let Some(address) = addresses.next() else { continue };
        out.nodes.push(Stop {
            address: address.clone(),
            aliases: addresses.collect(),
            kind: NodeKind::Relay,
            place: port.place,
            exists: Fact::written(true, port.place),
            pod: None,
        });
        let title = object.title();
        let say = match &port.name {
            Some(name) => format!("port `{name}` of {title} is {number}"),
            None => format!("the only port of {title} is {number}"),
        };
        let hop = Hop::new(Ref::To(address), Ref::To(service.clone()), port.place, say);
        let to = PortEnd::Number(number);
        let pair = PortPair { from: None, to, udp: port.udp, place: port.place };
        out.hops.push(Hop { ports: PortMap::Pairs(vec![pair]), ..hop });
    }
}

/// The port of a Service that has but one.
pub(super) fn only_port(service: &Address) -> Address {
    Address::new(format!("{service}:"))
}

fn named_port(service: &Address, name: &str) -> Address {
    Address::new(format!("{service}:{name}"))
}

/// Where a reference to a port of a Service in the same namespace leads.
pub(super) fn port_of(object: &Object, service: &str, node: &Node) -> (Ref, PortEnd) {
    port_at(object.neighbour("Service", service), node)
}

/// Where a reference to a port of a Service leads.
pub(super) fn port_at(service: Address, node: &Node) -> (Ref, PortEnd) {
    match port_end(node) {
        PortEnd::Named(name) => (Ref::To(named_port(&service, &name)), PortEnd::Same),
        end => (Ref::To(service), end),
    }
}

/// Where a route's reference to a backend leads, in words too: `port 80 of `. A Service without a port
/// is taken by its only one.
pub(super) fn backend(kind: &str, target: Address, port: Option<&Node>) -> (Ref, PortEnd, String) {
    match port {
        Some(port) => {
            let (to, end) = port_at(target, port);
            (to, end, format!("port {} of ", port.str().unwrap_or("?")))
        }
        None if kind == "Service" => (Ref::To(only_port(&target)), PortEnd::Same, String::new()),
        None => (Ref::To(target), PortEnd::Same, String::new()),
    }
}

fn from_cluster(object: &Object, out: &mut Fragment) {
    let place = object.spec_entry("type").map_or(object.place, Entry::place);
    let say = format!("any pod of the cluster can reach {}", object.title());
    out.hops.push(Hop::new(Ref::Cluster, Ref::To(object.address()), place, say));
}

fn from_machines(object: &Object, ports: &[ServicePort], out: &mut Fragment) {
    let place = object.spec_entry("type").map_or(object.place, Entry::place);
    let pair = |p: &ServicePort| PortPair {
        from: Some(p.node_port.map_or(NODE_PORTS, |n| (n, n))),
        to: p.number.map_or(PortEnd::Unknown(Why::Template), PortEnd::Number),
        udp: p.udp,
        place: p.place,
    };
    let pairs = PortMap::Pairs(ports.iter().map(pair).collect());
    let say = format!("{} is of type NodePort", object.title());
    let to = || Ref::To(object.address());
    let network = Hop::new(Ref::AnyNetwork, to(), place, &*say);
    out.hops.push(Hop { ports: pairs.clone(), ..network });
    let internet = Hop::new(Ref::Internet, to(), place, &*say);
    let open = Fact::Unknown(nodes_addresses(), place);
    out.hops.push(Hop { ports: pairs, open, ..internet });
}

/// Machines take traffic for these addresses, whatever the type.
fn external_ips(object: &Object, out: &mut Fragment) {
    for ip in object.spec(&["externalIPs"]).map_or(&[][..], Node::items) {
        let shown = ip.str().unwrap_or("?");
        let say = format!("{} takes traffic for the external address {shown}", object.title());
        let parsed = Addresses::parse(shown);
        let private = |a: &Addresses| a.without(Addresses::private()).is_empty();
        let from = match parsed.as_ref().map(private) {
            Some(true) => Ref::Network,
            _ => Ref::Internet,
        };
        let hop = Hop::new(from, Ref::To(object.address()), ip.place, say);
        let open = match parsed {
            Some(_) => Fact::written(true, ip.place),
            None => Fact::Unknown(Why::Template, ip.place),
        };
        out.hops.push(Hop { open, ..hop });
    }
}
