//! Services behind Traefik, told by labels.
//!
//! A router of a service leads from whatever Traefik itself answers to the service's port
//! (Traefik documentation, "Docker provider", "Routers").

use super::networks;
use super::project::Project;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Hop, PortEnd, PortMap, PortPair, Ref};
use crate::source::Place;
use crate::tree::node::{Entry, Node};

/// A label of a service.
struct Label {
    key: String,
    value: String,
    place: Place,
}

/// The services that are Traefik themselves, by their image.
pub(super) fn among<'a>(services: impl Iterator<Item = &'a Entry>) -> Vec<&'a Entry> {
    let is_traefik = |entry: &&Entry| {
        let image = entry.value.get("image").and_then(Node::str).unwrap_or_default();
        let last = image.rsplit('/').next().unwrap_or(image);
        last == "traefik" || last.starts_with("traefik:") || last.starts_with("traefik@")
    };
    services.filter(is_traefik).collect()
}

/// The ways from Traefik into a service.
pub(super) fn routes(
    project: &Project,
    proxies: &[&Entry],
    service: &Node,
    title: &str,
    to: &Ref,
    inner: &[u16],
) -> Vec<Hop> {
    if proxies.is_empty() {
        return Vec::new();
    }
    let labels = labels(project, service);
    let enabled = labels.iter().rev().find(|label| label.key == "traefik.enable");
    if enabled.is_some_and(|label| label.value == "false") {
        return Vec::new();
    }
    let mut out = Vec::new();
    for label in &labels {
        let Some(rest) = label.key.strip_prefix("traefik.") else { continue };
        let parts: Vec<&str> = rest.split('.').collect();
        let [protocol @ ("http" | "tcp"), "routers", router, "rule"] = parts.as_slice() else {
            continue;
        };
        let at = label.place;
        let asks = asks(&labels, protocol, router);
        let open = match (&asks, enabled) {
            (Err(why), _) => Fact::Unknown(why.clone(), at),
            (Ok(_), Some(_)) => Fact::written(true, at),
            (Ok(_), None) => {
                let why = "whether Traefik takes services that do not ask for it";
                Fact::Unknown(Why::NotHere(why.into()), at)
            }
        };
        let pair =
            PortPair { from: None, to: port(&labels, protocol, inner), udp: false, place: at };
        let say = format!("Traefik routes `{}` to {title}", label.value);
        for proxy in proxies.iter().filter(|proxy| networks::share(&proxy.value, service)) {
            let from = Ref::To(project.address(&proxy.key));
            let Ref::To(target) = to else { continue };
            let hop = Hop::new(from, Ref::To(target.clone()), at, say.clone());
            let asks = asks.clone().ok().flatten();
            let map = PortMap::Pairs(vec![pair.clone()]);
            out.push(Hop { ports: map, open: open.clone(), proxy: true, asks, ..hop });
        }
    }
    out
}

/// The port that Traefik sends to; alone among the container's it needs no label.
fn port(labels: &[Label], protocol: &str, inner: &[u16]) -> PortEnd {
    let prefix = format!("traefik.{protocol}.services.");
    let told = labels
        .iter()
        .filter(|l| l.key.starts_with(&prefix) && l.key.ends_with(".loadbalancer.server.port"))
        .find_map(|label| label.value.trim().parse().ok());
    match (told, inner) {
        (Some(port), _) => PortEnd::Number(port),
        (None, [port]) => PortEnd::Number(*port),
        _ => PortEnd::Unknown(Why::NotHere("the port that Traefik sends to".into())),
    }
}

/// What a router's middlewares ask; unknown where one of them is written elsewhere.
fn asks(labels: &[Label], protocol: &str, router: &str) -> Result<Option<Fact<Name>>, Why> {
    let key = format!("traefik.{protocol}.routers.{router}.middlewares");
    let Some(chain) = labels.iter().find(|label| label.key == key) else { return Ok(None) };
    let mut elsewhere = None;
    for middleware in chain.value.split(',').map(str::trim) {
        let (name, provider) = middleware.split_once('@').unwrap_or((middleware, "docker"));
        let prefix = format!("traefik.{protocol}.middlewares.{name}.");
        let mut told = labels.iter().filter_map(|label| label.key.strip_prefix(&prefix)).peekable();
        if provider != "docker" || told.peek().is_none() {
            elsewhere.get_or_insert(Why::NotHere(format!("middleware `{middleware}`").into()));
        }
        let mut proofs = told.filter_map(|kind| match kind.split('.').next() {
            Some("basicauth" | "digestauth" | "basicAuth" | "digestAuth") => Some("password"),
            Some("forwardauth" | "forwardAuth") => Some("external"),
            _ => None,
        });
        if let Some(proof) = proofs.next() {
            return Ok(Some(Fact::written(proof.into(), chain.place)));
        }
    }
    elsewhere.map_or(Ok(None), Err)
}

/// A list of `NAME=value` or a map, of the service or of its `deploy` (Swarm).
fn labels(project: &Project, service: &Node) -> Vec<Label> {
    let places = [service.get("labels"), service.at(&["deploy", "labels"])];
    let mut out = Vec::new();
    for node in places.into_iter().flatten() {
        let of_map = node.entries().iter().filter_map(|entry| {
            let value = project.fill.fact(&entry.value);
            Some((entry.key.to_string(), value.known()?.to_string(), entry.place()))
        });
        let of_list = node.items().iter().filter_map(|item| {
            let (key, value) = item.str()?.split_once('=')?;
            let value = project.fill.text(value).text;
            Some((project.fill.text(key).text, value, item.place))
        });
        out.extend(of_map.chain(of_list).map(|(key, value, place)| Label { key, value, place }));
    }
    out
}
