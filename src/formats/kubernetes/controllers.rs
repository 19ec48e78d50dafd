//! Routes and checks of further controllers: Kong, APISIX, F5's for nginx and for BIG-IP, ngrok.

pub(super) mod apisix;

use super::front::{self, Front};
use super::ingress_auth::nginx_policy;
use super::load_balancer::united;
use super::object::{Object, port};
use super::{service, status};
use crate::model::fact::{Fact, Why};
use crate::model::fragment::{Address, Fragment, Hop, PortEnd, PortMap, PortPair, Ref};
use crate::model::net::Addresses;
use crate::model::routing::{Borrowed, Check, Grantee, Passing};
use crate::source::Place;
use crate::tree::node::{Entry, Node};

/// What a plugin asks, by the names that Kong and APISIX share.
/// docs.konghq.com, "Plugins: Authentication"; apisix.apache.org, "Plugins: Authentication"
fn proof(plugin: &str) -> Option<&'static str> {
    Some(match plugin {
        "basic-auth" | "basicAuth" | "key-auth" | "keyAuth" | "key-auth-enc" | "hmac-auth"
        | "hmacAuth" | "ldap-auth" | "ldapAuth" | "ldap-auth-advanced" => "password",
        "jwt"
        | "jwt-auth"
        | "jwtAuth"
        | "oauth2"
        | "openid-connect"
        | "forward-auth"
        | "oauth2-introspection"
        | "jwt-signer"
        | "authz-keycloak"
        | "cas-auth" => "external",
        "mtls-auth" | "header-cert-auth" => "certificate",
        _ => return None,
    })
}

/// `KongPlugin`, `KongClusterPlugin`: something that routes send their clients through.
pub(super) fn kong_plugin(object: &Object, out: &mut Fragment) {
    let name = object.node.get("plugin").and_then(Node::str).unwrap_or("");
    let config = object.node.get("config");
    let on = object.node.get("disabled").and_then(Node::bool) != Some(true);
    // With a consumer for those who show nothing, everybody passes.
    let lax = config.and_then(|c| c.get("anonymous")).and_then(Node::str).unwrap_or("");
    let place =
        object.node.map().and_then(|m| m.entry("plugin")).map_or(object.place, Entry::place);
    let asks = proof(name).filter(|_| on && lax.is_empty());
    let allowed = config.and_then(|c| c.get("allow").or_else(|| c.get("whitelist")));
    let only_from = allowed.filter(|_| on && name == "ip-restriction").map(addresses);
    let address = match object.kind {
        "KongClusterPlugin" => object.elsewhere("KongPlugin", "*", &object.name),
        _ => object.address(),
    };
    // Kong Ingress Controller, "Custom resources": with this label it is for all that Kong serves.
    let labels = object.node.at(&["metadata", "labels"]);
    let global = labels.and_then(|l| l.get("global")).and_then(Node::str) == Some("true");
    let aliases = (object.kind == "KongClusterPlugin" && global && asks.is_some())
        .then(|| kong_everywhere(object));
    out.routing.checks.push(Check {
        address,
        aliases: aliases.into_iter().collect(),
        asks: asks.map(|proof| Fact::written(proof.into(), place)),
        only_from,
        parts: Vec::new(),
        place: object.place,
        title: object.title(),
    });
}

/// What a plugin for everything is found by.
pub(super) fn kong_everywhere(object: &Object) -> Address {
    object.of_cluster("KongPlugin", "everywhere")
}

/// The plugins that an annotation names.
pub(super) fn kong_plugins(object: &Object) -> Vec<(Address, Place)> {
    kong_named(object).map(|(name, place)| (kong_check(object, name), place)).collect()
}

fn kong_named<'a>(object: &Object<'a>) -> impl Iterator<Item = (&'a str, Place)> {
    object.annotation("konghq.com/plugins").into_iter().flat_map(|entry| {
        let names = entry.value.str().unwrap_or("").split(',').map(str::trim);
        names.filter(|name| !name.is_empty()).map(move |name| (name, entry.place()))
    })
}

/// A plugin by its name, or by `NAMESPACE:NAME`. One of another namespace goes by a name of its own until
/// it is known whether that namespace permits it.
fn kong_check(object: &Object, name: &str) -> Address {
    match name.split_once(':') {
        Some(_) if kong_borrowed(object, name).is_some() => kong_alias(object, name),
        Some((namespace, name)) => object.elsewhere("KongPlugin", namespace, name),
        None => object.neighbour("KongPlugin", name),
    }
}

fn kong_alias(object: &Object, name: &str) -> Address {
    object.neighbour("KongPlugin", &format!("{name} for {}", object.kind))
}

/// A plugin of another namespace is bound only where a `ReferenceGrant` there lets objects of this kind and
/// namespace refer to it; without one the controller leaves it out and reports the object.
/// Kong/kubernetes-ingress-controller, changelog of 3.2; internal/dataplane/kongstate/kongstate.go,
/// `isRemotePluginReferenceAllowed`
fn kong_borrowed(object: &Object, name: &str) -> Option<Borrowed> {
    let (namespace, plugin) = name.split_once(':')?;
    let own = object.namespace.known().filter(|own| ***own != *namespace)?;
    Some(Borrowed {
        alias: kong_alias(object, name),
        check: object.elsewhere("KongPlugin", namespace, plugin),
        who: Grantee {
            group: object.group.into(),
            kind: object.kind.into(),
            namespace: own.clone(),
        },
        kind: "KongPlugin".into(),
        namespace: namespace.into(),
        name: plugin.into(),
    })
}

/// What an object needs permission for.
pub(super) fn kong_borrowings(object: &Object, out: &mut Fragment) {
    let borrowed = kong_named(object).filter_map(|(name, _)| kong_borrowed(object, name));
    out.routing.borrowed.extend(borrowed);
}

/// Kong's `TCPIngress` and `UDPIngress`: ports that lead to Services as they are.
pub(super) fn kong_stream(object: &Object, out: &mut Fragment) {
    public(object, out);
    kong_borrowings(object, out);
    for rule in object.spec(&["rules"]).map_or(&[][..], Node::items) {
        let Some(backend) = rule.get("backend") else { continue };
        let from = rule.get("port").and_then(port).map(|p| (p, p));
        let udp = object.kind == "UDPIngress";
        let Some(hop) = to_service(object, backend, from, udp) else { continue };
        let through = kong_plugins(object);
        out.routing.passings.push(Passing::new(hop, through));
    }
}

/// `VirtualServer` and `VirtualServerRoute` of F5's controller for nginx.
/// docs.nginx.com, NGINX Ingress Controller, the resources `VirtualServer` and `VirtualServerRoute`
pub(super) fn virtual_server(object: &Object, out: &mut Fragment) {
    front::balancer(object, out);
    if object.kind == "VirtualServer" {
        from_outside(object, out);
    }
    let common = policies(object, object.spec(&["policies"]));
    let ends_tls = object.spec(&["tls", "secret"]).is_some();
    let key = if object.kind == "VirtualServer" { "routes" } else { "subroutes" };
    for route in object.spec(&[key]).map_or(&[][..], Node::items) {
        // Policies of a route take the place of those of the server, kind by kind.
        let mut through = policies(object, route.get("policies"));
        through.extend(common.iter().cloned());
        if let Some(other) = route.get("route").and_then(Node::str) {
            let to = match other.split_once('/') {
                Some((namespace, name)) => object.elsewhere("VirtualServerRoute", namespace, name),
                None => object.neighbour("VirtualServerRoute", other),
            };
            let say = format!("{} hands on to VirtualServerRoute `{other}`", object.title());
            let hop = Hop::new(Ref::To(object.address()), Ref::To(to), route.place, say);
            let hop = Hop { ends_tls, ..hop };
            out.routing.passings.push(Passing::new(hop, through));
            continue;
        }
        for upstream in upstreams(object, route) {
            if let Some(hop) = to_service(object, upstream, None, false) {
                let hop = Hop { ends_tls, ..hop };
                out.routing.passings.push(Passing::new(hop, through.clone()));
            }
        }
    }
}

/// The upstreams that a route names, wherever in its actions.
fn upstreams<'a>(object: &Object<'a>, route: &'a Node) -> Vec<&'a Node> {
    let mut named = Vec::new();
    let mut actions: Vec<&Node> = route.get("action").into_iter().collect();
    let lists = ["splits", "matches"].iter().filter_map(|key| route.get(key));
    for item in lists.flat_map(Node::items) {
        actions.extend(item.get("action"));
        let inner = item.get("splits").map_or(&[][..], Node::items);
        actions.extend(inner.iter().filter_map(|split| split.get("action")));
    }
    for action in actions {
        named.extend(action.get("pass").or_else(|| action.at(&["proxy", "upstream"])));
    }
    let all = object.spec(&["upstreams"]).map_or(&[][..], Node::items);
    let is = |up: &&Node| {
        named.iter().any(|n| n.str().is_some() && n.str() == up.get("name").and_then(Node::str))
    };
    all.iter().filter(is).collect()
}

fn policies(object: &Object, list: Option<&Node>) -> Vec<(Address, Place)> {
    let list = list.map_or(&[][..], Node::items).iter();
    let named = list.filter_map(|policy| {
        let name = policy.get("name")?.str()?;
        let address = match policy.get("namespace").and_then(Node::str) {
            Some(namespace) => object.elsewhere("Policy", namespace, name),
            None => nginx_policy(object, name),
        };
        Some((address, policy.place))
    });
    named.collect()
}

/// `TransportServer` of F5's controller for nginx: TCP, UDP or TLS as it comes.
pub(super) fn transport_server(object: &Object, out: &mut Fragment) {
    public(object, out);
    let udp = object.spec(&["listener", "protocol"]).and_then(Node::str) == Some("UDP");
    let pass = object.spec(&["action", "pass"]).and_then(Node::str);
    for upstream in object.spec(&["upstreams"]).map_or(&[][..], Node::items) {
        if upstream.get("name").and_then(Node::str) == pass {
            out.hops.extend(to_service(object, upstream, None, udp));
        }
    }
}

/// F5's controller for BIG-IP: addresses of its own, and pools of Services.
/// clouddocs.f5.com, Container Ingress Services, "Custom Resource Definitions"
pub(super) fn big_ip(object: &Object, out: &mut Fragment) {
    front::balancer(object, out);
    let address = object.spec_entry("virtualServerAddress");
    let place = address.map_or(object.place, Entry::place);
    let say = format!("{} takes traffic from outside the cluster", object.title());
    let told = address.and_then(|a| Some((status::is_public(a.value.str()?)?, a.place())));
    let front = match told {
        Some((public, at)) => Front::told(public, at, place, say),
        None => {
            Front::unknown(&Why::NotHere("the address that BIG-IP gives it".into()), place, say)
        }
    };
    let only_from = object.spec(&["allowSourceRange"]).map(addresses);
    out.hops.extend(front.hops(&object.address(), only_from.as_ref()));
    let from = object.spec(&["virtualServerPort"]).and_then(port).map(|p| (p, p));
    let udp = object.spec(&["type"]).and_then(Node::str) == Some("udp");
    let pools = object.spec(&["pools"]).map_or(&[][..], Node::items).iter();
    for pool in pools.chain(object.spec(&["pool"])) {
        out.hops.extend(to_service(object, pool, from, udp));
    }
}

/// ngrok's `AgentEndpoint` and `CloudEndpoint`: an address in the internet unless it is one of
/// ngrok's internal ones. ngrok.com/docs, "Kubernetes Operator", custom resources
pub(super) fn ngrok_endpoint(object: &Object, out: &mut Fragment) {
    front::balancer(object, out);
    let url = object.spec_entry("url");
    let place = url.map_or(object.place, Entry::place);
    let text = url.and_then(|u| u.value.str()).unwrap_or("");
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = host.split([':', '/']).next().unwrap_or(host);
    if host.ends_with(".internal") {
        return;
    }
    let say = format!("{} is published by ngrok", object.title());
    let hop = Hop::new(Ref::Internet, Ref::To(object.address()), place, say);
    let policy = object.spec_entry("trafficPolicy");
    let asks = policy
        .map(|p| Fact::Unknown(Why::NotUnderstood("a traffic policy of ngrok".into()), p.place()));
    out.hops.push(Hop { asks, ..hop });
    let Some(upstream) = object.spec(&["upstream", "url"]) else { return };
    let target = upstream.str().unwrap_or("");
    let target = target.split_once("://").map_or(target, |(_, rest)| rest);
    let target = target.split('/').next().unwrap_or(target);
    let (host, number) = target.split_once(':').unwrap_or((target, "80"));
    let Some(to) = service::of_host(object, host, Some(object.namespace_name())) else { return };
    let number = number.parse().map_or(PortEnd::Unknown(Why::Template), PortEnd::Number);
    let pair = PortPair { from: None, to: number, udp: false, place: upstream.place };
    let say = format!("{} leads to `{target}`", object.title());
    let hop = Hop::new(Ref::To(object.address()), Ref::To(to), upstream.place, say);
    out.hops.push(Hop { ports: PortMap::Pairs(vec![pair]), proxy: true, ..hop });
}

/// Endpoints that somebody keeps by hand, or that a dump holds: the pods that they name.
/// Kubernetes API reference, `EndpointSlice`, `Endpoints`
pub(super) fn endpoints(object: &Object, out: &mut Fragment) {
    let labels = object.node.at(&["metadata", "labels"]);
    let service = match object.kind {
        "EndpointSlice" => {
            labels.and_then(|l| l.get("kubernetes.io/service-name")).and_then(Node::str)
        }
        _ => Some(&*object.name),
    };
    let Some(service) = service else { return };
    let near = || Ref::To(object.neighbour("Service", service));
    let list = |key| object.node.get(key).map_or(&[][..], Node::items).iter();
    let slice = list("endpoints").map(|endpoint| (endpoint, object.node));
    let old = list("subsets").flat_map(|subset| {
        let addresses = subset.get("addresses").map_or(&[][..], Node::items).iter();
        addresses.map(move |address| (address, subset))
    });
    for (endpoint, holder) in slice.chain(old) {
        let mut lead = |to: Address, place: Place, say: String| {
            let hop = Hop::new(near(), Ref::To(to), place, say);
            out.hops.push(Hop { ports: only_port(holder), ..hop });
        };
        match endpoint.get("targetRef") {
            Some(target) if target.get("kind").and_then(Node::str) == Some("Pod") => {
                let Some(pod) = object.referred("Pod", target) else { continue };
                let name = target.get("name").and_then(Node::str).unwrap_or("?");
                lead(pod, target.place, format!("{} names Pod `{name}`", object.title()));
            }
            Some(_) => {}
            // Mostly something outside of the cluster; a dump tells of pods what addresses they have.
            None => {
                let several = endpoint.get("addresses").map_or(&[][..], Node::items).iter();
                for ip in endpoint.get("ip").into_iter().chain(several) {
                    let Some(text) = ip.str() else { continue };
                    let say = format!("{} names the address {text}", object.title());
                    lead(status::of_ip(object, text), ip.place, say);
                }
            }
        }
    }
}

/// The port of endpoints that have but one; which of several a Service's port means is told by
/// names, and is mostly the same number.
fn only_port(endpoints: &Node) -> PortMap {
    let [only] = endpoints.get("ports").map_or(&[][..], Node::items) else { return PortMap::Same };
    let Some(number) = only.get("port").and_then(port) else { return PortMap::Same };
    let udp = only.get("protocol").and_then(Node::str) == Some("UDP");
    let pair = PortPair { from: None, to: PortEnd::Number(number), udp, place: only.place };
    PortMap::Pairs(vec![pair])
}

/// HAProxy Technologies' `TCP`: frontends of their own, each with one Service.
/// haproxy.com, "HAProxy Kubernetes Ingress Controller", "TCP CRD"
pub(super) fn haproxy_tcp(object: &Object, out: &mut Fragment) {
    public(object, out);
    for item in object.node.get("spec").map_or(&[][..], Node::items) {
        let Some(service) = item.get("service") else { continue };
        let Some(name) = service.get("name").and_then(Node::str) else { continue };
        let Some(number) = service.get("port") else { continue };
        let (to, end) = service::port_of(object, name, number);
        let say = format!("{} leads to Service `{name}`", object.title());
        let hop = Hop::new(Ref::To(object.address()), to, service.place, say);
        let binds = item.at(&["frontend", "binds"]).map_or(&[][..], Node::items).iter();
        let pair = |bind: &Node| PortPair {
            from: bind.get("port").and_then(port).map(|p| (p, p)),
            to: end.clone(),
            udp: false,
            place: bind.place,
        };
        let ports = PortMap::Pairs(binds.map(pair).collect());
        out.hops.push(Hop { ports, proxy: true, ..hop });
    }
}

/// A balancer that outsiders get to, as is usual for its controller.
fn public(object: &Object, out: &mut Fragment) {
    front::balancer(object, out);
    from_outside(object, out);
}

fn from_outside(object: &Object, out: &mut Fragment) {
    let say = format!("{} takes traffic from outside the cluster", object.title());
    let front = match status::public(object) {
        Some((public, at)) => Front::told(public, at, object.place, say),
        None => Front::usual(object.place, say),
    };
    out.hops.extend(front.hops(&object.address(), None));
}

/// The step to a Service: `serviceName` and `servicePort`, or `service` and `port`.
fn to_service(object: &Object, backend: &Node, from: Option<(u16, u16)>, udp: bool) -> Option<Hop> {
    let name = ["serviceName", "service"].iter().find_map(|key| backend.get(key)?.text())?;
    let number = ["servicePort", "port"].iter().find_map(|key| backend.get(key))?;
    let namespace =
        ["serviceNamespace", "namespace"].iter().find_map(|key| backend.get(key)?.str());
    let target = match namespace {
        Some(namespace) => object.elsewhere("Service", namespace, &name),
        None => object.neighbour("Service", &name),
    };
    let (to, end) = service::port_at(target, number);
    let shown = number.str().unwrap_or("?");
    let say = format!("{} leads to port {shown} of Service `{name}`", object.title());
    let hop = Hop::new(Ref::To(object.address()), to, backend.place, say);
    let pair = PortPair { from, to: end, udp, place: backend.place };
    Some(Hop { ports: PortMap::Pairs(vec![pair]), proxy: true, ..hop })
}

/// A list of addresses, or one.
fn addresses(list: &Node) -> Fact<Addresses> {
    let single = std::slice::from_ref(list);
    let items = if list.scalar().is_some() { single } else { list.items() };
    let nets: Vec<&str> = items.iter().map(|n| n.str().unwrap_or("?")).collect();
    united(&nets, list.place)
}

#[cfg(test)]
mod tests;
