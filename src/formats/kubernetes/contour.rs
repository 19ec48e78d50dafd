//! Contour's `HTTPProxy`: a virtual host, its routes, and what they include.

use super::front::{self, Front};
use super::load_balancer::united;
use super::object::Object;
use super::service;
use super::status;
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Address, Fragment, Hop, PortMap, PortPair, Ref};
use crate::model::net::Addresses;
use crate::tree::node::Node;

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    front::balancer(object, out);
    let host = object.spec(&["virtualhost"]);
    if let Some(host) = host {
        let say = format!("{} takes traffic from outside the cluster", object.title());
        let front = match status::public(object) {
            Some((public, at)) => Front::told(public, at, host.place, &*say),
            None => Front::usual(host.place, &*say),
        };
        out.hops.extend(front.hops(&object.address(), None));
    }
    let own_list = host.and_then(allowed);
    // Raw TCP behind TLS takes the place of all routes.
    if let Some(tcp) = object.spec(&["tcpproxy"]).filter(|t| !t.is_null()) {
        let asks = host.and_then(certificate);
        services(object, tcp, asks.as_ref(), own_list.as_ref(), out);
        for include in tcp.get("include").into_iter().chain(tcp.get("includes")) {
            to_part(object, include, asks.as_ref(), own_list.as_ref(), out);
        }
        return;
    }
    for route in object.spec(&["routes"]).map_or(&[][..], Node::items) {
        let asks = host.and_then(|h| asks(h, Some(route)));
        // A route's list takes the place of its host's.
        let list = allowed(route).or_else(|| own_list.clone());
        services(object, route, asks.as_ref(), list.as_ref(), out);
    }
    let asks = host.and_then(|h| asks(h, None));
    for include in object.spec(&["includes"]).map_or(&[][..], Node::items) {
        to_part(object, include, asks.as_ref(), own_list.as_ref(), out);
    }
}

fn services(
    object: &Object,
    route: &Node,
    asks: Option<&Fact<Name>>,
    only_from: Option<&Fact<Addresses>>,
    out: &mut Fragment,
) {
    for node in route.get("services").map_or(&[][..], Node::items) {
        let (Some(name), Some(port)) = (node.get("name").and_then(Node::str), node.get("port"))
        else {
            continue;
        };
        let (to, end) = service::port_of(object, name, port);
        let shown = port.str().unwrap_or("?");
        let say = format!("{} leads to port {shown} of Service `{name}`", object.title());
        let hop = Hop::new(Ref::To(object.address()), to, node.place, say);
        let pair = PortPair { from: None, to: end, udp: false, place: node.place };
        let insecure = route.get("permitInsecure").and_then(Node::bool) == Some(true);
        out.hops.push(Hop {
            ports: PortMap::Pairs(vec![pair]),
            proxy: true,
            ends_tls: !insecure && ends_tls(object),
            asks: asks.cloned(),
            only_from: only_from.cloned(),
            ..hop
        });
    }
}

/// Another `HTTPProxy` without a host of its own.
fn to_part(
    object: &Object,
    include: &Node,
    asks: Option<&Fact<Name>>,
    only_from: Option<&Fact<Addresses>>,
    out: &mut Fragment,
) {
    let Some(part): Option<Address> = object.referred("HTTPProxy", include) else { return };
    let name = include.get("name").and_then(Node::str).unwrap_or("?");
    let say = format!("{} includes HTTPProxy `{name}`", object.title());
    let hop = Hop::new(Ref::To(object.address()), Ref::To(part), include.place, say);
    let ends_tls = ends_tls(object);
    out.hops.push(Hop { asks: asks.cloned(), only_from: only_from.cloned(), ends_tls, ..hop });
}

fn ends_tls(object: &Object) -> bool {
    let tls = object.spec(&["virtualhost", "tls"]);
    tls.is_some_and(|t| t.get("passthrough").and_then(Node::bool) != Some(true))
}

/// What a host asks of clients of a route (Contour documentation, "Client Authorization", "JWT
/// Verification").
fn asks(host: &Node, route: Option<&Node>) -> Option<Fact<Name>> {
    let yes = |node: Option<&Node>| node.and_then(Node::bool) == Some(true);
    if let Some(certificate) = certificate(host) {
        return Some(certificate);
    }
    let switch = |node: &Node| node.at(&["authPolicy", "disabled"]).and_then(Node::bool);
    let host_switch = host.at(&["authorization", "authPolicy", "disabled"]).and_then(Node::bool);
    let off = route.and_then(switch).or(host_switch).unwrap_or(false);
    if let Some(server) = host.get("authorization").filter(|a| !a.is_null() && !off)
        && !yes(server.get("failOpen"))
    {
        return Some(Fact::written("external".into(), server.place));
    }
    let providers = host.get("jwtProviders").map_or(&[][..], Node::items);
    let policy = route.and_then(|r| r.get("jwtVerificationPolicy"));
    let required = policy.and_then(|p| p.get("require"));
    let default = providers.iter().find(|p| yes(p.get("default")));
    let at = match (required, default) {
        (Some(required), _) => required.place,
        (None, Some(default)) if !yes(policy.and_then(|p| p.get("disabled"))) => default.place,
        _ => return None,
    };
    Some(Fact::written("external".into(), at))
}

fn certificate(host: &Node) -> Option<Fact<Name>> {
    let validation = host.at(&["tls", "clientValidation"]).filter(|v| !v.is_null())?;
    let lax = ["optionalClientCertificate", "skipClientCertValidation"];
    let lax = lax.iter().any(|key| validation.get(key).and_then(Node::bool) == Some(true));
    (!lax).then(|| Fact::written("certificate".into(), validation.place))
}

fn allowed(node: &Node) -> Option<Fact<Addresses>> {
    let list = node.get("ipAllowPolicy").filter(|l| !l.items().is_empty())?;
    let nets: Vec<&str> =
        list.items().iter().map(|e| e.get("cidr").and_then(Node::str).unwrap_or("?")).collect();
    Some(united(&nets, list.place))
}
