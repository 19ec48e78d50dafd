//! Tunnels that publish Services from the inside, past every balancer and firewall: cloudflared.

use super::object::Object;
use super::service;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Fragment, Hop, PortEnd, PortMap, PortPair, Ref};
use crate::source::Place;
use crate::tree::node::{Entry, Node};
use crate::tree::yaml;

/// A configuration of cloudflared in a ConfigMap: names of hosts and what they lead to, the first
/// match first (Cloudflare documentation, "Configuration file").
pub(super) fn of_config_map(object: &Object, entry: &Entry, out: &mut Fragment) {
    let Some(text) = entry.value.str().filter(|t| t.contains("ingress:") && t.contains("service:"))
    else {
        return;
    };
    // Without a catch-all at the end cloudflared does not start.
    if !text.contains("http_status:") && !text.contains("tunnel:") {
        return;
    }
    let Some(nested) = entry.value.nested_text() else { return };
    let (documents, _) = yaml::parse(&nested);
    for rule in documents.iter().filter_map(|d| d.get("ingress")).flat_map(Node::items) {
        let Some(service) = rule.get("service") else { continue };
        let Some((target, end)) = target(service.str().unwrap_or(""), object) else { continue };
        let host = rule.get("hostname").and_then(Node::str).unwrap_or("every host");
        let shown = service.str().unwrap_or("?");
        let say = format!("{} publishes `{shown}` as `{host}` through a tunnel", object.title());
        publish(target, end, service.place, say, out);
    }
}

/// What `tcp://clickhouse.db:9000` means within a namespace.
fn target(url: &str, object: &Object) -> Option<(Address, PortEnd)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()),
        None => (authority, None),
    };
    let usual = match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    };
    let end = match port.or(usual) {
        Some(number) => PortEnd::Number(number),
        None => PortEnd::Unknown(Why::NoDefault("the port".into())),
    };
    Some((service::of_host(object, host, Some(object.namespace_name()))?, end))
}

/// An operator's binding of Services to a tunnel.
pub(super) fn binding(object: &Object, out: &mut Fragment) {
    for subject in object.node.get("subjects").map_or(&[][..], Node::items) {
        let Some(name) = subject.get("name").and_then(Node::str) else { continue };
        let told = subject.at(&["spec", "target"]).and_then(Node::str);
        let told = told.and_then(|url| target(url, object));
        let (to, end) = told.unwrap_or_else(|| {
            (service::only_port(&object.neighbour("Service", name)), PortEnd::Same)
        });
        let say = format!("{} publishes Service `{name}` through a tunnel", object.title());
        publish(to, end, subject.place, say, out);
    }
}

/// Who has to show what at the tunnel's outer end is told outside the cluster.
fn publish(to: Address, end: PortEnd, place: Place, say: String, out: &mut Fragment) {
    let pair = PortPair { from: None, to: end, udp: false, place };
    let why = Why::NotHere("what the access policy of the tunnel asks".into());
    let asks: Fact<Name> = Fact::Unknown(why, place);
    let hop = Hop::new(Ref::Internet, Ref::To(to), place, say);
    out.hops.push(Hop {
        ports: PortMap::Pairs(vec![pair]),
        proxy: true,
        ends_tls: true,
        asks: Some(asks),
        ..hop
    });
}
