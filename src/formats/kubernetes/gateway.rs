//! Gateways of the Gateway API: their listeners, and who gets to them.

use std::sync::Arc;

use super::front::{self, Front, stop};
use super::load_balancer;
use super::object::{Object, port};
use super::selector;
use super::status;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Address, Fragment, Hop, Namespaces, NodeKind, PortEnd, PortMap, PortPair, Ref,
};
use crate::model::routing::{Fork, ForkOn, Labelled, Listener};
use crate::source::Place;
use crate::tree::node::{Entry, Kind, Map, Node};

pub(super) const GROUP: &str = "gateway.networking.k8s.io";

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    front::balancer(object, out);
    from_outside(object, out);
    admits_sets(object, out);
    listeners(object, out);
}

/// Further listeners of a Gateway, in an object of their own; it takes them only where it says so
/// (Gateway API, `ListenerSet`, `AllowedListeners`: `None` unless set).
pub(super) fn listener_set(object: &Object, out: &mut Fragment) {
    front::balancer(object, out);
    listeners(object, out);
    let Some(parent) = object.spec(&["parentRef"]) else { return };
    let Some(gateway) = object.referred("Gateway", parent) else { return };
    let name = parent.get("name").and_then(Node::str).unwrap_or("?");
    let say = format!("{} adds listeners to Gateway `{name}`", object.title());
    let here = [sets(&gateway, ""), sets(&gateway, object.namespace_name())]
        .map(|from| Hop::new(Ref::To(from), Ref::To(object.address()), parent.place, &*say));
    let why = Why::NotHere(format!("what Gateway `{name}` admits").into());
    let otherwise = Front::unknown(&why, parent.place, &*say).hops(&object.address(), None);
    let on = ForkOn::Node(gateway);
    out.routing.forks.push(Fork { on, place: parent.place, here: here.into(), otherwise });
}

/// Where sets of listeners of a namespace attach; without a name, those of every namespace.
fn sets(gateway: &Address, namespace: &str) -> Address {
    Address::new(format!("{gateway}#sets/{namespace}"))
}

fn admits_sets(object: &Object, out: &mut Fragment) {
    let Some(from) = object.spec(&["allowedListeners", "namespaces", "from"]) else { return };
    let (address, open) = match from.str() {
        Some("All") => (sets(&object.address(), ""), Fact::written(true, from.place)),
        Some("Same") => {
            let own = sets(&object.address(), object.namespace_name());
            (own, Fact::written(true, from.place))
        }
        Some("Selector") => {
            let why = Why::NotUnderstood("which namespaces' listeners it admits".into());
            (sets(&object.address(), ""), Fact::Unknown(why, from.place))
        }
        _ => return,
    };
    out.nodes.push(stop(address.clone(), NodeKind::Relay, from.place));
    let say = format!("{} admits sets of listeners", object.title());
    let hop = Hop::new(Ref::To(object.address()), Ref::To(address), from.place, say);
    out.hops.push(Hop { open, ..hop });
}

fn listeners(object: &Object, out: &mut Fragment) {
    let gateway = Arc::new(Labelled {
        kind: object.kind.into(),
        address: object.address(),
        namespace: object.namespace.clone(),
        labels: object.labels(),
    });
    let listeners = object.spec(&["listeners"]).map_or(&[][..], Node::items);
    for (index, node) in listeners.iter().enumerate() {
        listener(object, &gateway, node, index, out);
    }
}

/// A listener, and the step to it.
fn listener(
    object: &Object,
    gateway: &Arc<Labelled>,
    node: &Node,
    index: usize,
    out: &mut Fragment,
) {
    let name = node.get("name").and_then(Node::text);
    let shown = name.clone().unwrap_or_else(|| index.to_string().into());
    let address = Address::new(format!("{}#{shown}", gateway.address));
    let number = node.get("port").and_then(port);
    let protocol = node.get("protocol").and_then(Node::str).unwrap_or("?");
    let place = node.get("name").map_or(node.place, |n| n.place);
    out.nodes.push(stop(address.clone(), NodeKind::Relay, place));
    let say = format!(
        "listener `{shown}` of {} takes {protocol} on port {}",
        object.title(),
        number.map_or("?".to_owned(), |n| n.to_string())
    );
    let udp = protocol == "UDP";
    let pair = PortPair { from: number.map(|n| (n, n)), to: PortEnd::Same, udp, place };
    let hop = Hop::new(Ref::To(gateway.address.clone()), Ref::To(address.clone()), place, say);
    let asks = certificate(object, node, number);
    let passes_on = node.at(&["tls", "mode"]).and_then(Node::str) == Some("Passthrough");
    let ends_tls = matches!(protocol, "HTTPS" | "TLS") && !passes_on;
    out.hops.push(Hop { ports: PortMap::Pairs(vec![pair]), asks, ends_tls, ..hop });
    out.routing.listeners.push(Listener {
        gateway: gateway.clone(),
        address,
        name,
        port: number,
        hosts: node.get("hostname").and_then(Node::text).into_iter().collect(),
        takes: takes(object, node),
        kinds: kinds(node, protocol),
        place,
    });
}

/// Namespaces whose routes may attach: the Gateway's own unless `from` says otherwise (Gateway
/// API, `RouteNamespaces`).
fn takes(object: &Object, listener: &Node) -> Namespaces {
    let namespaces = listener.at(&["allowedRoutes", "namespaces"]);
    match namespaces.and_then(|n| n.get("from")).and_then(Node::str) {
        Some("All") => Namespaces::All,
        Some("Selector") => {
            let terms = namespaces.and_then(|n| n.get("selector")).map(selector::terms);
            Namespaces::Matching(terms.unwrap_or_default())
        }
        _ => Namespaces::Named(object.namespace.clone()),
    }
}

/// Kinds that are named, or those that a protocol has (Gateway API, `Listener.protocol`).
fn kinds(listener: &Node, protocol: &str) -> Vec<Name> {
    let named = listener.at(&["allowedRoutes", "kinds"]).map_or(&[][..], Node::items);
    if !named.is_empty() {
        return named.iter().filter_map(|k| k.get("kind")?.text()).collect();
    }
    let kinds: &[&str] = match protocol {
        "HTTP" | "HTTPS" => &["HTTPRoute", "GRPCRoute"],
        "TLS" => &["TLSRoute", "TCPRoute"],
        "TCP" => &["TCPRoute"],
        "UDP" => &["UDPRoute"],
        _ => &[],
    };
    kinds.iter().map(|k| Name::from(*k)).collect()
}

/// Certificates of clients (Gateway API, `FrontendTLSConfig`; before version 1.4 on the listener).
fn certificate(object: &Object, listener: &Node, number: Option<u16>) -> Option<Fact<Name>> {
    let own = listener.at(&["tls", "frontendValidation"]);
    let frontend = object.spec(&["tls", "frontend"]);
    let per_port = frontend.and_then(|f| f.get("perPort")).map_or(&[][..], Node::items);
    let of_port = per_port.iter().find(|e| e.get("port").and_then(port) == number);
    let of_port = of_port.and_then(|e| e.at(&["tls", "validation"]));
    let common = frontend.and_then(|f| f.at(&["default", "validation"]));
    let secure = listener.get("protocol").and_then(Node::str) == Some("HTTPS");
    let validation = own.or(of_port).or(common).filter(|_| secure)?;
    let lax = validation.get("mode").and_then(Node::str) == Some("AllowInsecureFallback");
    (!lax).then(|| Fact::written("certificate".into(), validation.place))
}

/// The first of these that tells: addresses, annotations for the load balancer, a class that
/// everybody knows, the parameters of the Gateway, those of its class.
fn from_outside(object: &Object, out: &mut Fragment) {
    let class = object.spec_entry("gatewayClassName");
    let place = class.map_or(object.place, Entry::place);
    let name = class.and_then(|c| c.value.str()).unwrap_or("");
    let say = format!("{} takes traffic from outside the cluster", object.title());
    if let Some(front) = decided(object, name, place, &say) {
        out.hops.extend(front.hops(&object.address(), None));
        return;
    }
    let own = object.spec(&["infrastructure", "parametersRef"]);
    let on = match own.and_then(|p| parameters(object, p)) {
        Some(parameters) => parameters,
        None => object.of_cluster(CLASS, name),
    };
    let here = vec![Hop::new(Ref::To(on.clone()), Ref::To(object.address()), place, &*say)];
    let otherwise = Front::usual(place, &*say).hops(&object.address(), None);
    out.routing.forks.push(Fork { on: ForkOn::Node(on), place, here, otherwise });
}

fn decided(object: &Object, class: &str, place: Place, say: &str) -> Option<Front> {
    if let Some((public, at)) = status::public(object).or_else(|| asked_addresses(object)) {
        return Some(Front::told(public, at, place, say));
    }
    // Istio makes a Service of this type for a Gateway (Istio documentation, "Kubernetes Gateway
    // API").
    if let Some(kind) = object.annotation("networking.istio.io/service-type") {
        let at = kind.place();
        match kind.value.str() {
            Some("ClusterIP") => return Some(inside(at, place, say)),
            Some("NodePort") => return Some(Front::machines(place, say)),
            _ => {}
        }
    }
    let annotations =
        object.spec(&["infrastructure", "annotations"]).map_or(&[][..], Node::entries);
    let balancer = Object { annotations, ..object.clone() };
    if let Some(internet) = load_balancer::by_annotations(&balancer) {
        let network = Fact::written(true, place);
        return Some(Front { internet, network, place, say: say.into() });
    }
    match class {
        "gke-l7-rilb" | "gke-l7-rilb-mc" | "gke-l7-cross-regional-internal-managed-mc" => {
            Some(Front::told(false, place, place, say))
        }
        "gke-l7-global-external-managed"
        | "gke-l7-regional-external-managed"
        | "gke-l7-gxlb"
        | "gke-l7-global-external-managed-mc"
        | "gke-l7-regional-external-managed-mc"
        | "gke-l7-gxlb-mc" => Some(Front::told(true, place, place, say)),
        // Waypoints are for the mesh.
        "istio-waypoint" => Some(inside(place, place, say)),
        _ => None,
    }
}

/// Only pods of the cluster get there.
fn inside(at: Place, place: Place, say: &str) -> Front {
    let closed = || Fact::written(false, at);
    Front { internet: closed(), network: closed(), place, say: say.into() }
}

/// Addresses that a Gateway asks for.
fn asked_addresses(object: &Object) -> Option<(bool, Place)> {
    let addresses = object.spec(&["addresses"]).map_or(&[][..], Node::items).iter();
    let values = addresses.filter_map(|a| a.get("value"));
    let told: Vec<(bool, Place)> =
        values.filter_map(|v| Some((status::is_public(v.str()?)?, v.place))).collect();
    told.iter().find(|(public, _)| *public).or(told.first()).copied()
}

const CLASS: &str = "GatewayClass";

fn parameters(object: &Object, reference: &Node) -> Option<Address> {
    object.referred(reference.get("kind")?.str()?, reference)
}

/// A class: its controller decides what its Gateways get.
pub(super) fn class(object: &Object, out: &mut Fragment) {
    let address = object.of_cluster(CLASS, &object.name);
    out.nodes.push(stop(address.clone(), NodeKind::Relay, object.place));
    let controller = object.spec_entry("controllerName");
    let place = controller.map_or(object.place, Entry::place);
    let name = controller.and_then(|c| c.value.str()).unwrap_or("");
    let say = format!("{} is served by `{name}`", object.title());
    let aws = matches!(name, "gateway.k8s.aws/alb" | "gateway.k8s.aws/nlb");
    let reference = object.spec(&["parametersRef"]);
    let Some(on) = reference.and_then(|p| parameters(object, p)) else {
        let usual = if aws { aws_default(place, &say) } else { Front::usual(place, &*say) };
        out.hops.extend(usual.hops(&address, None));
        return;
    };
    let missing = if aws {
        Front::unknown(&Why::NotHere(on.0.clone()), place, &*say)
    } else {
        Front::usual(place, &*say)
    };
    let here = vec![Hop::new(Ref::To(on.clone()), Ref::To(address.clone()), place, &*say)];
    let otherwise = missing.hops(&address, None);
    out.routing.forks.push(Fork { on: ForkOn::Node(on), place, here, otherwise });
}

const AWS_DEFAULT: &str = "AWS Load Balancer Controller: the scheme is `internal` unless set";

fn aws_default(place: Place, say: &str) -> Front {
    let internet = Fact::default(false, AWS_DEFAULT, place);
    Front { internet, network: Fact::written(true, place), place, say: say.into() }
}

/// The AWS Load Balancer Controller's parameters.
pub(super) fn aws_configuration(object: &Object, out: &mut Fragment) {
    out.nodes.push(stop(object.address(), NodeKind::Relay, object.place));
    let scheme = object.spec_entry("scheme");
    let place = scheme.map_or(object.place, Entry::place);
    let say = match scheme.and_then(|s| s.value.str()) {
        Some(scheme) => format!("{} asks for the scheme `{scheme}`", object.title()),
        None => format!("{} asks for no scheme", object.title()),
    };
    let front = match scheme.map(|s| s.value.str()) {
        None => aws_default(place, &say),
        Some(Some("internet-facing")) => Front::told(true, place, place, say),
        Some(Some("internal")) => Front::told(false, place, place, say),
        Some(_) => Front::unknown(&Why::Template, place, say),
    };
    out.hops.extend(front.hops(&object.address(), None));
}

/// Envoy Gateway's parameters: the Service that it makes, a load balancer unless told otherwise.
pub(super) fn envoy_proxy(object: &Object, out: &mut Fragment) {
    out.nodes.push(stop(object.address(), NodeKind::Relay, object.place));
    let service = object.spec(&["provider", "kubernetes", "envoyService"]);
    let place = service.map_or(object.place, |s| s.place);
    let title = object.title();
    match service.and_then(|s| s.get("type")).and_then(Node::str) {
        Some("ClusterIP") => {}
        Some("NodePort") => {
            let front = Front::machines(place, format!("{title} asks for a NodePort"));
            out.hops.extend(front.hops(&object.address(), None));
        }
        _ => {
            // The same words as in a Service, one level higher.
            let spec = service.cloned().unwrap_or(Node { place, kind: Kind::Null });
            let entry = Entry { key: "spec".into(), key_place: place, value: spec };
            let node = Node { place, kind: Kind::Map(Map { entries: vec![entry] }) };
            let annotations = service.and_then(|s| s.get("annotations"));
            let annotations = annotations.map_or(&[][..], Node::entries);
            let made = Object { node: &node, annotations, ..object.clone() };
            load_balancer::lower(&made, out);
        }
    }
}
