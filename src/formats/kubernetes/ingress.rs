//! Ingresses: HTTP from outside to Services of the same namespace.

use super::ingress_auth;
use super::load_balancer::united;
use super::object::{Object, is_placeholder};
use super::service;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Fragment, Hop, Node as Stop, NodeKind, PortEnd, PortMap, PortPair, Ref,
};
use crate::model::net::Addresses;
use crate::source::Place;
use crate::tree::node::{Entry, Node};

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    out.nodes.push(Stop {
        address: object.address(),
        aliases: Vec::new(),
        kind: NodeKind::Balancer,
        place: object.place,
        exists: Fact::written(true, object.place),
        pod: None,
    });
    from_outside(object, out);
    let asks = ingress_auth::asks(object);
    let any_port = object.annotation("alb.ingress.kubernetes.io/listen-ports").is_some();
    for backend in backends(object) {
        to_service(object, &backend, any_port, asks.clone(), out);
    }
}

/// Where clients of the Ingress come from.
struct Front {
    from: Ref,
    open: Fact<bool>,
    place: Place,
    say: String,
}

fn from_outside(object: &Object, out: &mut Fragment) {
    let only_from = only_from(object);
    for front in fronts(object) {
        let hop = Hop::new(front.from, Ref::To(object.address()), front.place, front.say);
        out.hops.push(Hop { open: front.open, only_from: only_from.clone(), ..hop });
    }
}

fn fronts(object: &Object) -> Vec<Front> {
    let class_entry = object
        .spec_entry("ingressClassName")
        .or_else(|| object.annotation("kubernetes.io/ingress.class"));
    let class = class_entry.and_then(|e| e.value.str()).unwrap_or("");
    let place = class_entry.map_or(object.place, Entry::place);
    let title = object.title();
    if class == "tailscale" {
        let funnel = object.annotation_text("tailscale.com/funnel") == Some("true");
        let from = if funnel { Ref::Internet } else { Ref::Overlay };
        let say = format!("{title} is published by Tailscale");
        return vec![Front { from, open: Fact::written(true, place), place, say }];
    }
    let (open, told) = openness(object, class, place);
    let say = match told {
        Some(entry) => {
            format!("{title} says `{}: {}`", entry.key, entry.value.str().unwrap_or("?"))
        }
        None if class.is_empty() => format!("{title} takes HTTP from outside the cluster"),
        None => format!("{title} of class `{class}` takes HTTP from outside the cluster"),
    };
    let network = Front {
        from: Ref::Network,
        open: Fact::guessed(true, GUESS, place),
        place,
        say: format!("{title} takes HTTP from outside the cluster"),
    };
    vec![Front { from: Ref::Internet, open, place, say }, network]
}

/// The charts of the common controllers make a public load balancer.
const GUESS: &str = "that the ingress controller has a public load balancer, as is usual";

/// Whether the internet gets to the controller that serves an Ingress.
fn openness<'a>(object: &Object<'a>, class: &str, place: Place) -> (Fact<bool>, Option<&'a Entry>) {
    let written = |entry: &'a Entry, open| (Fact::written(open, entry.place()), Some(entry));
    if let Some(entry) = object.annotation("alb.ingress.kubernetes.io/scheme") {
        return match entry.value.str() {
            Some("internet-facing") => written(entry, true),
            Some("internal") => written(entry, false),
            _ => (Fact::Unknown(Why::Template, entry.place()), Some(entry)),
        };
    }
    if let Some(entry) = object.annotation("alb.ingress.kubernetes.io/address-type") {
        return written(entry, !value_is(entry, "intranet"));
    }
    if let Some(entry) = object.annotation("appgw.ingress.kubernetes.io/use-private-ip") {
        return written(entry, !value_is(entry, "true"));
    }
    let by_alb =
        object.annotations().iter().any(|e| e.key.starts_with("alb.ingress.kubernetes.io/"));
    match class {
        "alb" => {
            let see = "AWS Load Balancer Controller: the scheme is `internal` unless set";
            (Fact::default(false, see, place), None)
        }
        "" if by_alb => {
            let see = "AWS Load Balancer Controller: the scheme is `internal` unless set";
            (Fact::default(false, see, place), None)
        }
        "gce" => (Fact::written(true, place), None),
        "gce-internal" => (Fact::written(false, place), None),
        _ if is_placeholder(class) => (Fact::Unknown(Why::Template, place), None),
        _ if class.contains("internal") || class.contains("private") => {
            (Fact::guessed(false, "the name of the ingress class", place), None)
        }
        _ => (Fact::guessed(true, GUESS, place), None),
    }
}

fn value_is(entry: &Entry, value: &str) -> bool {
    entry.value.str().is_some_and(|v| v.eq_ignore_ascii_case(value))
}

/// Lists of client addresses. They filter, they do not authenticate.
fn only_from(object: &Object) -> Option<Fact<Addresses>> {
    const LISTS: [&str; 8] = [
        "nginx.ingress.kubernetes.io/whitelist-source-range",
        "nginx.ingress.kubernetes.io/allowlist-source-range",
        "haproxy.org/allow-list",
        "haproxy.org/whitelist",
        "haproxy-ingress.github.io/allowlist-source-range",
        "haproxy-ingress.github.io/whitelist-source-range",
        "ingress.kubernetes.io/whitelist-source-range",
        "alb.ingress.kubernetes.io/inbound-cidrs",
    ];
    // With groups of its own an ALB ignores `inbound-cidrs`.
    if let Some(entry) = object.annotation("alb.ingress.kubernetes.io/security-groups") {
        let groups = entry.value.str().unwrap_or("?");
        let why = Why::NotHere(format!("security groups {groups}").into());
        return Some(Fact::Unknown(why, entry.place()));
    }
    let entry = LISTS.iter().find_map(|key| object.annotation(key))?;
    let text = entry.value.str().unwrap_or("");
    let ranges: Vec<&str> = text.split(',').filter(|r| !r.trim().is_empty()).collect();
    (!ranges.is_empty()).then(|| united(&ranges, entry.place()))
}

/// A Service and a port of it, as an Ingress names them.
struct Backend<'a> {
    service: &'a str,
    port: &'a Node,
    place: Place,
}

fn backends<'a>(object: &Object<'a>) -> Vec<Backend<'a>> {
    let mut nodes: Vec<&Node> = Vec::new();
    nodes.extend(object.spec(&["defaultBackend"]).or(object.spec(&["backend"])));
    for rule in object.spec(&["rules"]).map_or(&[][..], Node::items) {
        let paths = rule.at(&["http", "paths"]).map_or(&[][..], Node::items);
        nodes.extend(paths.iter().filter_map(|p| p.get("backend")));
    }
    let mut out: Vec<Backend> = Vec::new();
    for backend in nodes.into_iter().filter_map(backend) {
        let same = |b: &Backend| b.service == backend.service && b.port.str() == backend.port.str();
        if !out.iter().any(same) {
            out.push(backend);
        }
    }
    out
}

/// `service: {name, port: {number | name}}`, before version 1 `serviceName` and `servicePort`.
fn backend(node: &Node) -> Option<Backend<'_>> {
    let place = node.place;
    if let Some(service) = node.get("service") {
        let port = service.at(&["port", "number"]).or(service.at(&["port", "name"]))?;
        return Some(Backend { service: service.get("name")?.str()?, port, place });
    }
    Some(Backend {
        service: node.get("serviceName")?.str()?,
        port: node.get("servicePort")?,
        place,
    })
}

fn to_service(
    object: &Object,
    backend: &Backend,
    any_port: bool,
    asks: Option<Fact<Name>>,
    out: &mut Fragment,
) {
    let Backend { service, port, place } = *backend;
    // An ALB's backend may name an action instead of a Service.
    if port.str() == Some("use-annotation") {
        let what = format!("the action `{service}` of {}", object.title());
        out.not_understood.push((place, what.into()));
        return;
    }
    let (to, end) = service::port_of(object, service, port);
    let pair = |from| PortPair { from, to: end.clone(), udp: false, place: port.place };
    let ports = if any_port {
        vec![pair(None)]
    } else {
        vec![pair(Some((80, 80))), pair(Some((443, 443)))]
    };
    let shown = match &end {
        PortEnd::Unknown(_) => "?",
        _ => port.str().unwrap_or("?"),
    };
    let say = format!("{} leads to port {shown} of Service `{service}`", object.title());
    let hop = Hop::new(Ref::To(object.address()), to, place, say);
    out.hops.push(Hop { ports: PortMap::Pairs(ports), proxy: true, asks, ..hop });
}
