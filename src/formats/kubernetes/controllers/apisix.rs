//! Apache APISIX: routes with their plugins, and the certificates that it asks clients for.

use super::{addresses, proof, public, to_service};
use crate::formats::kubernetes::object::{Object, port};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Fragment, Hop};
use crate::model::net::Addresses;
use crate::model::routing::{Check, Passing};
use crate::source::Place;
use crate::tree::node::{Entry, Node};

/// Hosts of one rule that are looked at one by one; more are generated.
const MOST_HOSTS: usize = 32;

/// What a host's check is found by: for whoever comes, and for whom the port in clear sends to TLS.
const CHECKS: [&str; 2] = ["ApisixTls", "ApisixTlsOnly"];

/// `ApisixRoute`: rules with their own plugins.
/// apisix.apache.org, Ingress Controller, `ApisixRoute/v2`
pub(in super::super) fn route(object: &Object, out: &mut Fragment) {
    public(object, out);
    for rule in object.spec(&["http"]).map_or(&[][..], Node::items) {
        let (asks, only_from) = checks(rule);
        let ends_tls = to_https(rule);
        for backend in rule.get("backends").map_or(&[][..], Node::items) {
            let Some(hop) = to_service(object, backend, None, false) else { continue };
            let (only_from, asks) = (only_from.clone(), asks.clone());
            let hop = Hop { ends_tls, only_from, asks, ..hop };
            let hosts = rule.at(&["match", "hosts"]).map_or(&[][..], Node::items);
            if hosts.is_empty() || hosts.len() > MOST_HOSTS {
                out.hops.push(hop);
                continue;
            }
            for host in hosts {
                let beside = before(object, host, ends_tls);
                let passing = Passing::new(hop.clone(), Vec::new());
                out.routing.passings.push(Passing { beside, ..passing });
            }
        }
    }
    for rule in object.spec(&["stream"]).map_or(&[][..], Node::items) {
        let Some(backend) = rule.get("backend") else { continue };
        let from = rule.at(&["match", "ingressPort"]).and_then(port).map(|p| (p, p));
        let udp = rule.get("protocol").and_then(Node::str) == Some("UDP");
        out.hops.extend(to_service(object, backend, from, udp));
    }
}

fn checks(rule: &Node) -> (Option<Fact<Name>>, Option<Fact<Addresses>>) {
    let (mut asks, mut only_from) = (None, None);
    if let Some(own) = rule.get("authentication")
        && own.get("enable").and_then(Node::bool) == Some(true)
    {
        let proof = own.get("type").and_then(Node::str).and_then(proof).unwrap_or("external");
        asks = Some(Fact::written(proof.into(), own.place));
    }
    for plugin in rule.get("plugins").map_or(&[][..], Node::items) {
        let name = plugin.get("name").and_then(Node::str).unwrap_or("");
        if plugin.get("enable").and_then(Node::bool) != Some(true) {
            continue;
        }
        if let Some(proof) = proof(name) {
            asks.get_or_insert(Fact::written(proof.into(), plugin.place));
        } else if let Some(list) =
            plugin.at(&["config", "whitelist"]).filter(|_| name == "ip-restriction")
        {
            only_from = Some(addresses(list));
        }
    }
    if let Some(elsewhere) = rule.get("plugin_config_name").filter(|_| asks.is_none()) {
        let why = Why::NotHere(elsewhere.str().unwrap_or("a plugin configuration").into());
        asks = Some(Fact::Unknown(why, elsewhere.place));
    }
    (asks, only_from)
}

/// Whether a rule sends who comes in clear to the port with TLS (apisix.apache.org, "redirect").
fn to_https(rule: &Node) -> bool {
    let plugins = rule.get("plugins").map_or(&[][..], Node::items).iter();
    let on = |key: &'static str| move |n: &Node| n.get(key).and_then(Node::bool) == Some(true);
    let is = |n: &&Node| n.get("name").and_then(Node::str) == Some("redirect") && on("enable")(n);
    plugins.filter(is).filter_map(|n| n.get("config")).any(on("http_to_https"))
}

/// The certificates that an `ApisixTls` may ask for at a host; `*.example.com` covers one name more.
fn before(object: &Object, host: &Node, tls_only: bool) -> Vec<(Address, Place)> {
    let Some(name) = host.str().map(str::to_ascii_lowercase) else { return Vec::new() };
    let kind = CHECKS[usize::from(tls_only)];
    let wild = name.split_once('.').map(|(_, rest)| format!("*.{rest}"));
    let names = [Some(name), wild].into_iter().flatten();
    names.map(|name| (object.of_cluster(kind, &name), host.place)).collect()
}

/// `ApisixTls`: with `client`, who speaks TLS to one of its hosts shows a certificate. The port
/// without TLS asks for none, nor do paths that are left out.
/// apache/apisix-ingress-controller, `ApisixTlsSpec`; apisix.apache.org, "Mutual TLS"
pub(in super::super) fn tls(object: &Object, out: &mut Fragment) {
    let Some(client) = object.spec_entry("client") else { return };
    let place = client.place();
    let in_clear = Why::NotHere("whether APISIX answers here without TLS too".into());
    let left_out = client.value.map().and_then(|m| m.entry("skip_mtls_uri_regex"));
    let sure = match left_out.map(Entry::place) {
        Some(at) => Fact::Unknown(Why::NotUnderstood("paths that ask for nothing".into()), at),
        None => Fact::written("certificate".into(), place),
    };
    let doubtful = Fact::Unknown(in_clear, place);
    for host in object.spec(&["hosts"]).map_or(&[][..], Node::items) {
        let Some(name) = host.str().map(str::to_ascii_lowercase) else { continue };
        for (kind, asks) in CHECKS.into_iter().zip([&doubtful, &sure]) {
            out.routing.checks.push(Check {
                address: object.of_cluster(kind, &name),
                aliases: Vec::new(),
                asks: Some(asks.clone()),
                only_from: None,
                parts: Vec::new(),
                place: object.place,
                title: object.title(),
            });
        }
    }
}
