//! Knative Services: workloads that the platform publishes over HTTP unless a label keeps them
//! inside (Knative documentation, "Configuring private Services").

use super::front::Front;
use super::object::{Object, port};
use super::workload;
use crate::model::fact::Fact;
use crate::model::fragment::{Fragment, PortEnd, PortMap, PortPair};
use crate::tree::node::{Entry, Node};

const GROUP: &str = "serving.knative.dev";
const VISIBILITY: &str = "networking.knative.dev/visibility";

pub(super) fn is_service(object: &Object) -> bool {
    object.group == GROUP && object.kind == "Service"
}

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    // The platform also makes a Service of that name.
    workload::lower(&Object { kind: "KnativeService", ..object.clone() }, out);
    let label = object
        .node
        .at(&["metadata", "labels"])
        .and_then(Node::map)
        .and_then(|labels| labels.entry(VISIBILITY));
    let title = object.title();
    let place = label.map_or(object.place, Entry::place);
    let front = match label.and_then(|l| l.value.str()) {
        Some("cluster-local") => return,
        _ => Front::usual(place, format!("Knative publishes {title}")),
    };
    let ports = container_ports(object);
    let address = object.neighbour("KnativeService", &object.name);
    for mut hop in front.hops(&address, None) {
        hop.proxy = true;
        hop.ports = ports.clone();
        if let Fact::Known(true, origin) = &mut hop.open {
            origin.at = place;
        }
        out.hops.push(hop);
    }
}

/// The one port that requests go to; 8080 unless a container names another (Knative documentation,
/// "Container ports").
fn container_ports(object: &Object) -> PortMap {
    let containers = object.spec(&["template", "spec", "containers"]).map_or(&[][..], Node::items);
    let number = |c: &Node| c.get("ports")?.items().first()?.get("containerPort").and_then(port);
    let named = containers.iter().find_map(number);
    let pair = |from: u16| PortPair {
        from: Some((from, from)),
        to: PortEnd::Number(named.unwrap_or(8080)),
        udp: false,
        place: object.place,
    };
    PortMap::Pairs(vec![pair(80), pair(443)])
}
