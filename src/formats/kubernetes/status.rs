//! What a dump of a running cluster tells: the addresses that a load balancer really got.

use super::object::Object;
use crate::model::fragment::Address;
use crate::model::net::Addresses;
use crate::source::Place;
use crate::tree::node::Node;

/// Whether some of the addresses in an object's status is a public one, and where that stands;
/// nothing where no status tells.
pub(super) fn public(object: &Object) -> Option<(bool, Place)> {
    let status = object.node.get("status")?;
    let balancer = status.at(&["loadBalancer", "ingress"]).map_or(&[][..], Node::items);
    // A Gateway's addresses (Gateway API, `GatewayStatus`).
    let gateway = status.get("addresses").map_or(&[][..], Node::items);
    let values = balancer.iter().flat_map(|e| [e.get("ip"), e.get("hostname")]);
    let values = values.chain(gateway.iter().map(|e| e.get("value"))).flatten();
    let mut told = None;
    for value in values {
        match value.str().and_then(is_public) {
            Some(true) => return Some((true, value.place)),
            Some(false) => told = Some((false, value.place)),
            None => {}
        }
    }
    told
}

/// What other objects call a pod by, where a dump tells its addresses.
pub(super) fn pod_addresses(object: &Object) -> Vec<Address> {
    let Some(status) = object.node.get("status").filter(|_| object.kind == "Pod") else {
        return Vec::new();
    };
    let more = status.get("podIPs").map_or(&[][..], Node::items).iter();
    let all = status.get("podIP").into_iter().chain(more.filter_map(|ip| ip.get("ip")));
    let mut out: Vec<Address> = all.filter_map(|ip| Some(of_ip(object, ip.str()?))).collect();
    out.dedup();
    out
}

/// Whatever of the cluster has an address.
pub(super) fn of_ip(object: &Object, ip: &str) -> Address {
    object.of_cluster("IP", ip)
}

/// Whether an address or a host name is reached from the internet.
pub(super) fn is_public(text: &str) -> Option<bool> {
    if let Some(address) = Addresses::parse(text) {
        let inside = address.without(Addresses::private()).without(&Addresses::loopback());
        return Some(!inside.is_empty());
    }
    // AWS names internal load balancers so (Elastic Load Balancing documentation, "DNS name").
    let internal = text.starts_with("internal-") && text.contains(".elb.");
    (internal || text == "localhost").then_some(false)
}
