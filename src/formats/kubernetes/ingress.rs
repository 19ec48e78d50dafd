//! Ingresses: HTTP from outside to Services of the same namespace.

use super::front::Front;
use super::load_balancer::united;
use super::object::{Object, is_placeholder};
use super::{controllers, ingress_auth, ingress_class, service, status};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Fragment, Hop, Node as Stop, NodeKind, PortEnd, PortMap, PortPair, Ref,
};
use crate::model::net::Addresses;
use crate::model::routing::{Fork, ForkOn, Passing};
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
    controllers::kong_borrowings(object, out);
    let asks = ingress_auth::asks(object);
    let any_port = object.annotation("alb.ingress.kubernetes.io/listen-ports").is_some();
    for backend in backends(object) {
        to_service(object, &backend, any_port, asks.clone(), out);
    }
}

/// The class that an Ingress names; empty where it names none.
pub(super) fn class<'a>(object: &Object<'a>) -> &'a str {
    class_entry(object).and_then(|e| e.value.str()).unwrap_or("")
}

fn class_entry<'a>(object: &Object<'a>) -> Option<&'a Entry> {
    let field = object.spec_entry("ingressClassName");
    field.or_else(|| object.annotation("kubernetes.io/ingress.class"))
}

fn from_outside(object: &Object, out: &mut Fragment) {
    let only_from = only_from(object);
    let field = object.spec_entry("ingressClassName");
    let entry = class_entry(object);
    let class = class(object);
    let place = entry.map_or(object.place, Entry::place);
    let title = object.title();
    if class == "tailscale" {
        let funnel = object.annotation_text("tailscale.com/funnel") == Some("true");
        let from = if funnel { Ref::Internet } else { Ref::Overlay };
        let say = format!("{title} is published by Tailscale");
        let hop = Hop::new(from, Ref::To(object.address()), place, say);
        out.hops.push(Hop { only_from, ..hop });
        return;
    }
    let say: Name = match class {
        "" => format!("{title} takes HTTP from outside the cluster").into(),
        _ => format!("{title} of class `{class}` takes HTTP from outside the cluster").into(),
    };
    if let Some(front) = decided(object, class, field.is_some(), place, &say) {
        out.hops.extend(front.hops(&object.address(), only_from.as_ref()));
        return;
    }
    let on = object.of_cluster(ingress_class::CLASS, class);
    let here = Hop::new(Ref::To(on.clone()), Ref::To(object.address()), place, say.clone());
    let here = vec![Hop { only_from: only_from.clone(), ..here }];
    let otherwise = guessed(class, place, say).hops(&object.address(), only_from.as_ref());
    out.routing.forks.push(Fork { on: ForkOn::Node(on), place, here, otherwise });
}

/// What a class's name lets guess of a controller that is not in these files.
fn guessed(class: &str, place: Place, say: Name) -> Front {
    let mut front = Front::usual(place, say);
    if class.contains("internal") || class.contains("private") {
        front.internet = Fact::guessed(false, "the name of the ingress class", place);
    }
    front
}

/// Whether the internet gets to the controller that serves an Ingress, where something tells.
fn decided(
    object: &Object,
    class: &str,
    by_field: bool,
    place: Place,
    say: &Name,
) -> Option<Front> {
    if let Some((public, at)) = status::public(object) {
        return Some(Front::told(public, at, place, say.clone()));
    }
    let usual = || Front::usual(place, say.clone());
    if let Some((internet, entry)) = by_annotation(object) {
        let value = entry.value.str().unwrap_or("?");
        let told = format!("{} says `{}: {value}`", object.title(), entry.key);
        // The step stands where the annotation does.
        return Some(Front { internet, place: entry.place(), say: told.into(), ..usual() });
    }
    let by_alb =
        object.annotations().iter().any(|e| e.key.starts_with("alb.ingress.kubernetes.io/"));
    let internet = match class {
        "alb" => Fact::default(false, AWS_DEFAULT, place),
        "" if by_alb => Fact::default(false, AWS_DEFAULT, place),
        "gce" => Fact::written(true, place),
        // GKE reads the annotation, not the field (ingress-gce, `IsGCEIngress`).
        "gce-internal" if !by_field => Fact::written(false, place),
        _ if is_placeholder(class) => Fact::Unknown(Why::Template, place),
        _ => return None,
    };
    Some(Front { internet, ..usual() })
}

const AWS_DEFAULT: &str = "AWS Load Balancer Controller: the scheme is `internal` unless set";

fn by_annotation<'a>(object: &Object<'a>) -> Option<(Fact<bool>, &'a Entry)> {
    let written = |entry: &'a Entry, open| (Fact::written(open, entry.place()), entry);
    if let Some(entry) = object.annotation("alb.ingress.kubernetes.io/scheme") {
        return Some(match entry.value.str() {
            Some("internet-facing") => written(entry, true),
            Some("internal") => written(entry, false),
            _ => (Fact::Unknown(Why::Template, entry.place()), entry),
        });
    }
    if let Some(entry) = object.annotation("alb.ingress.kubernetes.io/address-type") {
        return Some(written(entry, !value_is(entry, "intranet")));
    }
    let entry = object.annotation("appgw.ingress.kubernetes.io/use-private-ip")?;
    Some(written(entry, !value_is(entry, "true")))
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
    let ends_tls = ends_tls(object);
    let hop = Hop { ports: PortMap::Pairs(ports), proxy: true, ends_tls, asks, ..hop };
    let through = ingress_auth::through(object);
    let beside = ingress_auth::beside(object, service, place);
    if through.is_empty() && beside.is_empty() {
        out.hops.push(hop);
    } else {
        out.routing.passings.push(Passing { hop, through, beside });
    }
}

/// Whether clients speak TLS with the controller, which sends those who do not to where they do.
fn ends_tls(object: &Object) -> bool {
    const CERTIFICATES: [&str; 4] = [
        "alb.ingress.kubernetes.io/certificate-arn",
        "networking.gke.io/managed-certificates",
        "ingress.gcp.kubernetes.io/pre-shared-cert",
        "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    ];
    const REDIRECT: &str = "nginx.ingress.kubernetes.io/ssl-redirect";
    let listed = object.spec(&["tls"]).is_some_and(|tls| !tls.items().is_empty());
    let named = CERTIFICATES.iter().any(|key| object.annotation(key).is_some());
    (listed || named) && object.annotation_text(REDIRECT) != Some("false")
}
