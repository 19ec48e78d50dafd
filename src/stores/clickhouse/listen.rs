//! Where a server listens: addresses and ports (`programs/server/Server.cpp`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustc_hash::FxHashSet;

use super::names::Names;
use super::read::{Reader, all, at};
use crate::model::concept::Defect;
use crate::model::fact::{Evidence, Fact, Name, Origin, Why};
use crate::model::fragment::EndpointDraft;
use crate::model::net::{Addresses, Intervals};
use crate::source::Place;
use crate::tree::xml::Element;

/// A port that the server opens if its key is there; ports have no built-in defaults.
struct Port {
    path: &'static [&'static str],
    protocol: &'static str,
    role: &'static str,
    tls: bool,
    /// Whether users apply.
    asks: bool,
}

const fn port(
    path: &'static [&'static str],
    protocol: &'static str,
    role: &'static str,
    tls: bool,
    asks: bool,
) -> Port {
    Port { path, protocol, role, tls, asks }
}

/// Steps of a proof that a person still reads.
const MAX_STEPS: usize = 8;
/// Entries of `protocols`, and layers under one; nobody writes more by hand.
const MAX_PROTOCOLS: usize = 64;

/// Members of a keeper's cluster that are looked through.
const MAX_SERVERS: usize = 256;

const DATA: &str = "data+admin";

const PORTS: [Port; 16] = [
    port(&["http_port"], "http", DATA, false, true),
    port(&["https_port"], "https", DATA, true, true),
    port(&["tcp_port"], "native", DATA, false, true),
    port(&["tcp_port_secure"], "native", DATA, true, true),
    port(&["tcp_with_proxy_port"], "native", DATA, false, true),
    port(&["tcp_ssh_port"], "ssh", DATA, true, true),
    port(&["mysql_port"], "mysql", DATA, false, true),
    port(&["postgresql_port"], "postgresql", DATA, false, true),
    port(&["grpc_port"], "grpc", DATA, false, true),
    port(&["arrowflight_port"], "arrow-flight", DATA, false, true),
    port(&["interserver_http_port"], "http", "cluster", false, false),
    port(&["interserver_https_port"], "https", "cluster", true, false),
    port(&["prometheus", "port"], "http", "metrics", false, false),
    port(&["keeper_server", "tcp_port"], "zookeeper", "cluster", false, false),
    port(&["keeper_server", "tcp_port_secure"], "zookeeper", "cluster", true, false),
    port(&["keeper_server", "http_control", "port"], "http", "metrics", false, false),
];

/// Every endpoint of a merged server document.
pub(super) fn endpoints(reader: &Reader, root: &Element) -> Vec<EndpointDraft> {
    let hosts: Vec<&Element> = all(root, "listen_host").collect();
    let everywhere = bind(reader, &hosts, root);
    let between: Vec<&Element> = all(root, "interserver_listen_host").collect();
    let mut out = Vec::new();
    for port in &PORTS {
        let Some(element) = at(root, port.path) else { continue };
        if reader.text(element).known().is_some_and(|t| t.is_empty()) {
            continue;
        }
        let interserver = port.role == "cluster" && port.path.len() == 1;
        let asks = if interserver {
            credentials(reader, root, element)
        } else {
            Fact::Known(port.asks, reader.origin(element))
        };
        let tls = match (port.protocol, at(root, &["grpc", "enable_ssl"])) {
            ("grpc", Some(ssl)) => reader.bool(ssl),
            _ => Fact::Known(port.tls, reader.origin(element)),
        };
        let bind = if interserver && !between.is_empty() {
            bind(reader, &between, root)
        } else {
            everywhere.clone()
        };
        out.push(EndpointDraft {
            port: reader.number(element),
            udp: false,
            protocol: port.protocol.into(),
            role: port.role.into(),
            tls,
            bind,
            asks,
            place: element.place,
        });
    }
    out.extend(protocols(reader, root, &everywhere));
    out.extend(raft(reader, root, &between));
    out
}

/// Where a keeper speaks with the others: the port of the entry that has its own number. Without
/// `interserver_listen_host` it takes every address, whatever `listen_host` says
/// (`src/Coordination/KeeperServer.cpp`).
fn raft(reader: &Reader, root: &Element, hosts: &[&Element]) -> Option<EndpointDraft> {
    let keeper = root.child("keeper_server")?;
    let raft = keeper.child("raft_configuration")?;
    let own = reader.text(keeper.child("server_id")?);
    // A keeper by itself, as it is shipped, has nobody to speak with.
    let alone = all(raft, "server").take(MAX_SERVERS).nth(1).is_none();
    if alone {
        return None;
    }
    let servers = all(raft, "server").take(MAX_SERVERS);
    let mut known = servers.filter(|server| server.child("port").is_some()).peekable();
    let first = *known.peek()?;
    let is_own = |server: &&Element| {
        let id = server.child("id").map(|id| reader.text(id));
        own.known().is_some() && id.as_ref().and_then(Fact::known) == own.known()
    };
    // Every server of one configuration has the same port, as a rule.
    let server = known.find(is_own).unwrap_or(first);
    let port = server.child("port")?;
    let bind = if hosts.is_empty() {
        let see = "a keeper's own port listens on every address";
        Fact::default(Addresses::all(), see, port.tag)
    } else {
        bind(reader, hosts, root)
    };
    Some(EndpointDraft {
        port: reader.number(port),
        udp: false,
        protocol: "raft".into(),
        role: "cluster".into(),
        tls: raft
            .child("secure")
            .map_or(Fact::Known(false, reader.origin(raft)), |e| reader.bool(e)),
        bind,
        asks: Fact::Known(false, reader.origin(raft)),
        place: port.place,
    })
}

/// `protocols`: entries with a port are endpoints, the chain of `impl` is what is spoken there.
fn protocols(reader: &Reader, root: &Element, everywhere: &Fact<Addresses>) -> Vec<EndpointDraft> {
    let Some(section) = root.child("protocols") else { return Vec::new() };
    let mut out = Vec::new();
    for entry in section.elements().take(MAX_PROTOCOLS) {
        let Some(port) = entry.child("port") else { continue };
        let hosts: Vec<&Element> = all(entry, "host").collect();
        let (mut tls, mut kind) = (false, Name::from("native"));
        let mut layer = Some(entry);
        // A chain may come back to itself.
        for _ in 0..MAX_PROTOCOLS {
            let Some(current) = layer else { break };
            match current.child("type").map(Element::text).as_deref().map(str::trim) {
                Some("tls") => tls = true,
                Some("postgres") => kind = "postgresql".into(),
                Some("tcp") | None => kind = "native".into(),
                Some("proxy1") => {}
                Some(other) => kind = other.into(),
            }
            layer = current.child("impl").and_then(|i| section.child(i.text().trim()));
        }
        let (role, asks) = match &*kind {
            "prometheus" => ("metrics", false),
            "interserver" => ("cluster", false),
            _ => (DATA, true),
        };
        let protocol = match &*kind {
            "prometheus" | "interserver" => "http".into(),
            _ => kind,
        };
        let asks = match role {
            "cluster" => credentials(reader, root, port),
            _ => Fact::Known(asks, reader.origin(entry)),
        };
        out.push(EndpointDraft {
            port: reader.number(port),
            udp: false,
            protocol,
            role: role.into(),
            tls: Fact::Known(tls, reader.origin(entry)),
            bind: if hosts.is_empty() { everywhere.clone() } else { bind(reader, &hosts, root) },
            asks,
            place: port.place,
        });
    }
    out
}

/// Whether replicas must show credentials.
fn credentials(reader: &Reader, root: &Element, port: &Element) -> Fact<bool> {
    let Some(section) = root.child("interserver_http_credentials") else {
        let see = "without interserver_http_credentials replicas ask each other nothing";
        return Fact::default(false, see, port.tag);
    };
    match section.child("allow_empty").map(|e| reader.bool(e)) {
        Some(empty) => empty.map(|empty| !empty),
        None => Fact::Known(true, reader.origin(section)),
    }
}

/// The addresses of some `listen_host` elements.
fn bind(reader: &Reader, hosts: &[&Element], root: &Element) -> Fact<Addresses> {
    let mut sets = Vec::new();
    let mut unknown: Option<(Why, Place)> = None;
    let mut origins: Vec<Origin> = Vec::new();
    for host in hosts {
        match reader.text(host).try_map(|text| addresses(&text)) {
            Fact::Known(set, from) => {
                sets.push(set);
                origins.push(from);
            }
            Fact::Unknown(why, place) => unknown = Some((why, place)),
            Fact::Unset(_) => {}
        }
    }
    let total = union(&sets);
    // Where the first is as wide as all of them, the others add nothing to the story.
    if sets.first().is_some_and(|first| first.circle() == total.circle()) {
        origins.truncate(1);
    }
    let mut origins = origins.into_iter();
    let origin = origins.next().map(|first| {
        let others = origins.filter(|o| o.at != first.at).take(MAX_STEPS);
        let steps = others.map(|o| Evidence::new(o.at, "another `listen_host` counts as well"));
        let via: Vec<Evidence> = first.via.iter().cloned().chain(steps).collect();
        first.with_via(via)
    });
    match (unknown, origin) {
        (Some((why, place)), _) if total != Addresses::all() => Fact::Unknown(why, place),
        (_, Some(origin)) => Fact::Known(total, origin),
        _ => {
            let see = "without listen_host the server listens on ::1 and 127.0.0.1 only";
            Fact::default(itself(), see, root.tag)
        }
    }
}

/// The machine itself, in both families.
fn itself() -> Addresses {
    let (four, six) = (Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into());
    Addresses::range(four, four).union(&Addresses::range(six, six))
}

/// `::` is every address: the kernel maps IPv4 into it.
fn addresses(host: &str) -> Result<Addresses, Why> {
    let host = host.trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(ip)) if ip.is_unspecified() => Ok(Addresses::all()),
        Ok(IpAddr::V4(ip)) if ip.is_unspecified() => {
            Ok(Addresses { v4: Addresses::all().v4, ..Addresses::default() })
        }
        Ok(ip) => Ok(Addresses::range(ip, ip)),
        Err(_) if host.eq_ignore_ascii_case("localhost") => Ok(itself()),
        Err(_) => Err(Why::NotHere(host.into())),
    }
}

/// Addresses that the server cannot listen on, so that it does not start: none, and one that is
/// taken already, unless it is told to try only.
pub(super) fn defects(reader: &Reader, root: &Element, names: &Names) -> Vec<Defect> {
    let lenient = ["listen_try", "listen_reuse_port"]
        .into_iter()
        .filter_map(|name| root.child(name))
        .any(|e| reader.bool(e).known() != Some(&false));
    let mut out = Vec::new();
    for name in ["listen_host", "interserver_listen_host"] {
        let mut taken = FxHashSet::default();
        for host in all(root, name) {
            let Fact::Known(text, _) = reader.text(host) else { continue };
            let message = if text.is_empty() {
                format!("an empty `{name}`: the server does not start")
            } else if !lenient && taken.contains(&text) {
                format!("`{text}` is a `{name}` twice: the server does not start")
            } else {
                taken.insert(text);
                continue;
            };
            out.push(names.defect(host, "no-start", message));
        }
    }
    out
}

/// All addresses of several sets.
pub(super) fn union(sets: &[Addresses]) -> Addresses {
    Addresses {
        v4: Intervals::of(sets.iter().flat_map(|s| s.v4.ranges()).copied().collect()),
        v6: Intervals::of(sets.iter().flat_map(|s| s.v6.ranges()).copied().collect()),
    }
}
