//! Envoy: listeners, their filters, and the clusters that they pass on to.
//!
//! envoyproxy.io, API reference v3: `Listener`, `HttpConnectionManager`, `RouteConfiguration`,
//! `Cluster`

use super::target::{self, Target};
use super::{Forward, Reading, first_file};
use crate::model::fact::{Fact, Name, Why};
use crate::source::Place;
use crate::stores::Program;
use crate::tree::node::{Kind, Node};
use crate::tree::yaml;

/// Where the official image keeps it, and other usual places.
const FILES: [&str; 4] = [
    "/etc/envoy/envoy.yaml",
    "/etc/envoy.yaml",
    "/etc/envoy/envoy.yml",
    "/opt/bitnami/envoy/conf/envoy.yaml",
];

/// Targets of one listener; more are generated.
const MOST: usize = 64;

pub(super) fn read(program: &Program) -> Reading {
    let lists = [program.container.command.known(), program.container.args.known()];
    let mut words = lists.into_iter().flatten().flatten().filter_map(|word| word.known());
    let named = words.find(|w| matches!(&***w, "-c" | "--config-path")).and_then(|_| words.next());
    let paths: Vec<&str> = named.map(|n| &**n).into_iter().chain(FILES).collect();
    let text = match first_file(program, &paths) {
        Ok(text) => text,
        Err(reading) => return reading,
    };
    let (nodes, _) = yaml::parse(text);
    let Some(root) = nodes.first() else { return Reading::Forwards(Vec::new()) };
    let items = |key: &str| root.at(&["static_resources", key]).map_or(&[][..], Node::items);
    if items("listeners").is_empty() {
        let why = Why::NotHere("the listeners that a control plane hands out".into());
        return Reading::Unknown(why, root.place);
    }
    let mut out = Vec::new();
    for listener in items("listeners") {
        let Some((host, port)) = listener.get("address").and_then(socket) else { continue };
        if target::is_loopback(&host) {
            continue;
        }
        let mut chains: Vec<&Node> = Vec::new();
        chains.extend(listener.get("filter_chains").map_or(&[][..], Node::items));
        chains.extend(listener.get("default_filter_chain"));
        for chain in chains {
            read_chain(chain, port, items("clusters"), &mut out);
        }
    }
    Reading::Forwards(out)
}

fn read_chain(chain: &Node, port: Option<u16>, clusters: &[Node], out: &mut Vec<Forward>) {
    let tls = chain.get("transport_socket").or_else(|| chain.get("tls_context"));
    let certificate = tls.filter(|t| find_true(t, "require_client_certificate", 0));
    let by_certificate = certificate.map(|t| Fact::written(Name::from("certificate"), t.place));
    for filter in chain.get("filters").map_or(&[][..], Node::items) {
        let Some(config) = filter.get("typed_config").or_else(|| filter.get("config")) else {
            continue;
        };
        let asks = by_certificate.clone().or_else(|| filters(config));
        let mut names = Vec::new();
        collect(config, 0, &mut names);
        for (name, place) in names.into_iter().take(MOST) {
            for target in endpoints(&name, clusters) {
                out.push(Forward {
                    listens: port,
                    host: target.host.clone(),
                    port: target.port,
                    udp: false,
                    open: Fact::written(true, place),
                    asks: asks.clone(),
                    only_from: None,
                    ends_tls: tls.is_some(),
                    place,
                    say: Name::from(format!("Envoy passes its clients on to {}", target.shown())),
                });
            }
        }
    }
}

/// What the HTTP filters of a connection manager ask; what a route switches off again is unclear.
fn filters(config: &Node) -> Option<Fact<Name>> {
    let mut asks = None;
    for filter in config.get("http_filters").map_or(&[][..], Node::items) {
        let name = filter.get("name").and_then(Node::str).unwrap_or_default();
        let typed = filter.get("typed_config").and_then(|t| t.get("@type")?.str()).unwrap_or("");
        let is = |what: &str| name.ends_with(what) || typed.contains(&format!(".{what}."));
        let proof = if is("basic_auth") {
            "password"
        } else if is("oauth2") || is("ext_authz") {
            "external"
        } else if is("jwt_authn") || is("rbac") || is("lua") || is("wasm") {
            let why = Why::NotUnderstood(format!("what `{name}` of Envoy asks").into());
            asks.get_or_insert(Fact::Unknown(why, filter.place));
            continue;
        } else {
            continue;
        };
        if disabled(config, name, 0) {
            let why = Why::NotUnderstood(format!("where `{name}` of Envoy is set apart").into());
            asks.get_or_insert(Fact::Unknown(why, filter.place));
            continue;
        }
        return Some(Fact::written(proof.into(), filter.place));
    }
    asks
}

/// Whether a route or a host has settings of its own for a filter.
fn disabled(node: &Node, filter: &str, depth: usize) -> bool {
    let own = node.get("typed_per_filter_config").is_some_and(|own| own.get(filter).is_some());
    own || depth < MAX_DEPTH && children(node).any(|child| disabled(child, filter, depth + 1))
}

/// Deeper than any route.
const MAX_DEPTH: usize = 24;

fn children(node: &Node) -> impl Iterator<Item = &Node> {
    let (items, entries) = match &node.kind {
        Kind::List(items) => (items.as_slice(), [].as_slice()),
        Kind::Map(map) => ([].as_slice(), map.entries.as_slice()),
        _ => ([].as_slice(), [].as_slice()),
    };
    items.iter().chain(entries.iter().map(|entry| &entry.value))
}

fn find_true(node: &Node, key: &str, depth: usize) -> bool {
    node.get(key).and_then(Node::bool) == Some(true)
        || depth < MAX_DEPTH && children(node).any(|child| find_true(child, key, depth + 1))
}

/// The clusters that routes and TCP proxies name. A check's own server is none of them.
fn collect(node: &Node, depth: usize, out: &mut Vec<(Name, Place)>) {
    if depth > MAX_DEPTH || out.len() >= MOST {
        return;
    }
    for entry in node.entries() {
        match &*entry.key {
            "http_filters" | "access_log" | "rate_limits" | "request_mirror_policies" => {}
            "cluster" => out.extend(entry.value.text().map(|name| (name, entry.value.place))),
            _ => collect(&entry.value, depth + 1, out),
        }
    }
    for item in node.items() {
        match (item.get("name").and_then(Node::text), item.get("weight")) {
            // Clusters with weights.
            (Some(name), Some(_)) => out.push((name, item.place)),
            _ => collect(item, depth + 1, out),
        }
    }
}

fn endpoints(name: &str, clusters: &[Node]) -> Vec<Target> {
    let is = |c: &&Node| c.get("name").and_then(Node::str) == Some(name);
    let Some(cluster) = clusters.iter().find(is) else { return Vec::new() };
    let mut found = Vec::new();
    let groups = cluster.at(&["load_assignment", "endpoints"]).map_or(&[][..], Node::items);
    let listed = groups.iter().flat_map(|g| g.get("lb_endpoints").map_or(&[][..], Node::items));
    let addresses = listed.filter_map(|e| e.at(&["endpoint", "address"]));
    let old = cluster.get("hosts").map_or(&[][..], Node::items).iter();
    for address in addresses.chain(old).take(MOST) {
        if let Some((host, port)) = socket(address) {
            let mut target = target::target(&host);
            if let Some(target) = &mut target {
                target.port = port;
            }
            found.extend(target);
        }
    }
    found
}

fn socket(address: &Node) -> Option<(String, Option<u16>)> {
    let socket = address.get("socket_address")?;
    let port = socket.get("port_value").and_then(Node::int).and_then(|p| u16::try_from(p).ok());
    Some((socket.get("address")?.str()?.to_owned(), port))
}
