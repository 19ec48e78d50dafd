//! Pomerium: its routes, each behind a login unless it says otherwise.
//!
//! pomerium.com, "Routes", "Public Access"

use super::target;
use super::{Forward, Reading, first_file};
use crate::model::fact::{Fact, Name};
use crate::stores::Program;
use crate::tree::node::Node;
use crate::tree::yaml;

const FILES: [&str; 2] = ["/pomerium/config.yaml", "/etc/pomerium/config.yaml"];

pub(super) fn read(program: &Program) -> Reading {
    let text = match first_file(program, &FILES) {
        Ok(text) => text,
        Err(reading) => return reading,
    };
    let (nodes, _) = yaml::parse(text);
    let Some(root) = nodes.first() else { return Reading::Forwards(Vec::new()) };
    let address = root.get("address").and_then(Node::str).unwrap_or(":443");
    let (host, port) = target::listen(address);
    if target::is_loopback(host) {
        return Reading::Forwards(Vec::new());
    }
    let insecure = root.get("insecure_server").and_then(Node::bool) == Some(true);
    let routes = root.get("routes").or_else(|| root.get("policy"));
    let mut out = Vec::new();
    for route in routes.map_or(&[][..], Node::items) {
        let Some(to) = route.get("to") else { continue };
        let single = std::slice::from_ref(to);
        let targets = if to.scalar().is_some() { single } else { to.items() };
        let public = route.get("allow_public_unauthenticated_access").and_then(Node::bool);
        let asks = (public != Some(true)).then(|| Fact::written("external".into(), route.place));
        for node in targets {
            let Some(target) = node.str().and_then(target::target) else { continue };
            out.push(Forward {
                listens: port,
                host: target.host.clone(),
                port: target.port,
                udp: false,
                open: Fact::written(true, node.place),
                asks: asks.clone(),
                only_from: None,
                ends_tls: !insecure,
                place: node.place,
                say: Name::from(format!("Pomerium passes its clients on to {}", target.shown())),
            });
        }
    }
    Reading::Forwards(out)
}
