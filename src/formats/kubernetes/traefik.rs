//! Traefik's own routes: entry points, routers, middlewares.

use super::front::{self, Front, stop};
use super::load_balancer::united;
use super::object::{Object, is_placeholder};
use super::service;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Address, Container, Fragment, Hop, NodeKind, PortEnd, PortMap, PortPair, Ref,
};
use crate::model::net::Addresses;
use crate::model::routing::{Check, Fork, ForkOn, Passing};
use crate::source::Place;
use crate::tree::node::{Entry, Node};

/// Whether an API group is Traefik's, today's or that before version 3.
pub(super) fn is_group(group: &str) -> bool {
    matches!(group, "traefik.io" | "traefik.containo.us")
}

/// A route: from entry points to Services.
pub(super) fn route(object: &Object, out: &mut Fragment) {
    front::balancer(object, out);
    from_entry_points(object, out);
    let udp = object.kind == "IngressRouteUDP";
    let middlewares = if object.kind == "IngressRouteTCP" { "MiddlewareTCP" } else { "Middleware" };
    let options = object.spec(&["tls", "options"]);
    let certificates = options.and_then(|o| Some((object.referred("TLSOption", o)?, o.place)));
    for route in object.spec(&["routes"]).map_or(&[][..], Node::items) {
        let list = route.get("middlewares").map_or(&[][..], Node::items).iter();
        let mut through: Vec<(Address, Place)> =
            list.filter_map(|m| Some((object.referred(middlewares, m)?, m.place))).collect();
        through.extend(certificates.clone());
        for node in route.get("services").map_or(&[][..], Node::items) {
            to_service(object, node, udp, &through, out);
        }
    }
}

fn to_service(
    object: &Object,
    node: &Node,
    udp: bool,
    through: &[(Address, Place)],
    out: &mut Fragment,
) {
    let kind = node.get("kind").and_then(Node::str).unwrap_or("Service");
    let Some(target) = object.referred(kind, node) else { return };
    // Traefik's own `api@internal` and the like.
    let name = node.get("name").and_then(Node::str).unwrap_or("?");
    if name.contains('@') {
        return;
    }
    let (to, end, shown) = service::backend(kind, target, node.get("port"));
    let say = format!("{} leads to {shown}{kind} `{name}`", object.title());
    let hop = Hop::new(Ref::To(object.address()), to, node.place, say);
    let pair = PortPair { from: None, to: end, udp, place: node.place };
    let ends_tls = ends_tls(object);
    let hop = Hop { ports: PortMap::Pairs(vec![pair]), proxy: true, ends_tls, ..hop };
    out.routing.passings.push(Passing::new(hop, through.to_vec()));
}

/// Whether a route's clients speak TLS with Traefik: it says so, or its only entry point is the one
/// that Traefik's chart encrypts.
fn ends_tls(object: &Object) -> bool {
    let points = object.spec(&["entryPoints"]).map_or(&[][..], Node::items);
    let secure = !points.is_empty() && points.iter().all(|p| p.str() == Some("websecure"));
    match object.spec_entry("tls").map(|e| &e.value) {
        Some(tls) => tls.get("passthrough").and_then(Node::bool) != Some(true),
        None => secure,
    }
}

/// A `TraefikService` spreads over Services, and mirrors to some.
pub(super) fn service(object: &Object, out: &mut Fragment) {
    front::balancer(object, out);
    let weighted = object.spec(&["weighted", "services"]).map_or(&[][..], Node::items);
    let main = object.spec(&["mirroring"]).into_iter();
    let mirrors = object.spec(&["mirroring", "mirrors"]).map_or(&[][..], Node::items);
    for node in weighted.iter().chain(main).chain(mirrors) {
        to_service(object, node, false, &[], out);
    }
}

fn entry_point(name: &str) -> Address {
    Address::new(format!("traefik:entry-point/{}", name.to_ascii_lowercase()))
}

/// Every entry point that no route has to name.
const ANY: &str = "*";

/// Routes are for the entry points that they name, or for all of them (Traefik documentation,
/// `IngressRoute` and `IngressRouteTCP`, "entryPoints").
fn from_entry_points(object: &Object, out: &mut Fragment) {
    let named = object.spec(&["entryPoints"]).map_or(&[][..], Node::items);
    let mut points: Vec<(&str, Place)> =
        named.iter().filter_map(|n| Some((n.str()?, n.place))).collect();
    if points.is_empty() {
        points.push((ANY, object.place));
    }
    for (name, place) in points {
        let title = object.title();
        let say = match name {
            ANY => format!("{title} listens on every entry point"),
            _ => format!("{title} listens on the entry point `{name}`"),
        };
        // Traefik's chart publishes these two.
        let usual = matches!(name, ANY | "web" | "websecure") && object.kind != "IngressRouteUDP";
        let front = if usual {
            Front::usual(place, &*say)
        } else {
            let why = Why::NotHere(format!("the port of Traefik's entry point `{name}`").into());
            Front::unknown(&why, place, &*say)
        };
        let on = entry_point(name);
        let here = vec![Hop::new(Ref::To(on.clone()), Ref::To(object.address()), place, &*say)];
        let otherwise = front.hops(&object.address(), None);
        out.routing.forks.push(Fork { on: ForkOn::Node(on), place, here, otherwise });
    }
}

/// The entry points of Traefik itself: `--entryPoints.NAME.address=:8000/tcp`.
pub(super) fn of_controller(object: &Object, container: &Container, out: &mut Fragment) {
    let words = [&container.command, &container.args].into_iter().filter_map(|w| w.known());
    let mut any = false;
    for word in words.flatten() {
        let Fact::Known(text, origin) = word else { continue };
        let Some((name, number, udp)) = flag(text) else { continue };
        let place = origin.at;
        let say = format!("{} listens on port {number} as entry point `{name}`", object.title());
        let addresses = [Some(entry_point(name)), (!udp).then(|| entry_point(ANY))];
        for address in addresses.into_iter().flatten() {
            if &*address.0 != "traefik:entry-point/*" || !any {
                out.nodes.push(stop(address.clone(), NodeKind::Relay, place));
            }
            let hop = Hop::new(Ref::To(object.address()), Ref::To(address), place, &*say);
            let from = Some((number, number));
            let pair = PortPair { from, to: PortEnd::Same, udp, place };
            out.hops.push(Hop { ports: PortMap::Pairs(vec![pair]), proxy: true, ..hop });
        }
        any |= !udp;
    }
}

/// The name, the port and whether it is UDP.
fn flag(text: &str) -> Option<(&str, u16, bool)> {
    const START: &str = "--entrypoints.";
    let head = text.get(..START.len())?;
    let rest = head.eq_ignore_ascii_case(START).then(|| text.get(START.len()..))??;
    let (name, rest) = rest.split_once('.')?;
    let value = rest.strip_prefix("address=").or_else(|| rest.strip_prefix("Address="))?;
    let (_, port) = value.rsplit_once(':')?;
    let (port, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
    Some((name, port.parse().ok()?, protocol == "udp"))
}

/// A middleware: what it asks, whom it lets through, what it stands for.
pub(super) fn middleware(object: &Object, out: &mut Fragment) {
    let spec = object.node.get("spec").map_or(&[][..], Node::entries);
    let asks = spec.iter().find_map(asks);
    let only_from = spec.iter().find_map(|entry| match &*entry.key {
        "ipAllowList" | "ipWhiteList" => addresses(entry),
        _ => None,
    });
    let chain = object.spec(&["chain", "middlewares"]).map_or(&[][..], Node::items).iter();
    let parts = chain.filter_map(|m| Some((object.referred(object.kind, m)?, m.place)));
    // What Ingresses and other providers call it.
    let alias = format!("traefik:{}-{}@kubernetescrd", object.namespace_name(), object.name);
    out.routing.checks.push(Check {
        address: object.address(),
        aliases: vec![Address::new(alias)],
        asks,
        only_from,
        parts: parts.collect(),
        place: object.place,
        title: object.title(),
    });
}

/// The middlewares that an annotation of an Ingress names: `NAMESPACE-NAME@kubernetescrd`.
pub(super) fn named(entry: &Entry) -> Vec<(Address, Place)> {
    let names = entry.value.str().unwrap_or("").split(',').map(str::trim);
    let names = names.filter(|name| !name.is_empty());
    names.map(|name| (Address::new(format!("traefik:{name}")), entry.place())).collect()
}

fn asks(entry: &Entry) -> Option<Fact<Name>> {
    let at = entry.place();
    match &*entry.key {
        "basicAuth" | "digestAuth" | "ldap" | "apiKey" | "hmac" => {
            Some(Fact::written("password".into(), at))
        }
        "forwardAuth" | "oidc" | "jwt" | "oAuthIntrospection" => {
            Some(Fact::written("external".into(), at))
        }
        "plugin" => {
            let why = Why::NotUnderstood("what this plugin asks".into());
            Some(Fact::Unknown(why, at))
        }
        _ => None,
    }
}

fn addresses(entry: &Entry) -> Option<Fact<Addresses>> {
    let list = entry.value.get("sourceRange")?;
    let texts: Vec<&str> = list.items().iter().map(|n| n.str().unwrap_or("?")).collect();
    let at = entry.place();
    let template = texts.iter().any(|t| is_placeholder(t));
    Some(if template { Fact::Unknown(Why::Template, at) } else { united(&texts, at) })
}

/// Certificates of clients (Traefik documentation, "Client Authentication (mTLS)").
pub(super) fn tls_option(object: &Object, out: &mut Fragment) {
    let kind = object.spec(&["clientAuth", "clientAuthType"]);
    let sure = kind.and_then(Node::str) == Some("RequireAndVerifyClientCert");
    let asks = kind.filter(|_| sure).map(|k| Fact::written("certificate".into(), k.place));
    out.routing.checks.push(Check {
        address: object.address(),
        aliases: Vec::new(),
        asks,
        only_from: None,
        parts: Vec::new(),
        place: object.place,
        title: object.title(),
    });
}
