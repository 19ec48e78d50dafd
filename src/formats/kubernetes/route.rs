//! `OpenShift` Routes: HTTP and TLS from the cluster's router to a Service.

use super::front::{self, Front};
use super::object::Object;
use super::service;
use super::status;
use crate::model::fact::Fact;
use crate::model::fragment::{Fragment, Hop, PortEnd, PortMap, PortPair, Ref};
use crate::model::net::Addresses;
use crate::tree::node::Node;

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    front::balancer(object, out);
    let say = format!("{} takes traffic from outside the cluster", object.title());
    let place = object.place;
    let front = match status::public(object) {
        Some((public, at)) => Front::told(public, at, place, &*say),
        None => Front::usual(place, &*say),
    };
    out.hops.extend(front.hops(&object.address(), only_from(object).as_ref()));
    let main = object.spec(&["to"]).into_iter();
    let others = object.spec(&["alternateBackends"]).map_or(&[][..], Node::items);
    for node in main.chain(others) {
        to_service(object, node, out);
    }
}

fn to_service(object: &Object, node: &Node, out: &mut Fragment) {
    let Some(name) = node.get("name").and_then(Node::str) else { return };
    // The port is that of the pods; a Service mostly has the same one, or its name.
    let (to, end) = if let Some(port) = object.spec(&["port", "targetPort"]) {
        service::port_of(object, name, port)
    } else {
        let service = object.neighbour("Service", name);
        (Ref::To(service::only_port(&service)), PortEnd::Same)
    };
    let say = format!("{} leads to Service `{name}`", object.title());
    let hop = Hop::new(Ref::To(object.address()), to, node.place, say);
    let pair = PortPair { from: None, to: end, udp: false, place: node.place };
    let word = |key| object.spec(&["tls", key]).and_then(Node::str);
    let ends_tls = matches!(word("termination"), Some("edge" | "reencrypt"))
        && word("insecureEdgeTerminationPolicy") != Some("Allow");
    out.hops.push(Hop { ports: PortMap::Pairs(vec![pair]), proxy: true, ends_tls, ..hop });
}

/// The addresses that may come, with blanks between them; with another separator the router takes
/// no notice of the list (`OpenShift` documentation, "Route-specific annotations").
fn only_from(object: &Object) -> Option<Fact<Addresses>> {
    const LISTS: [&str; 2] =
        ["haproxy.router.openshift.io/ip_allowlist", "haproxy.router.openshift.io/ip_whitelist"];
    let entry = LISTS.iter().find_map(|key| object.annotation(key))?;
    let mut all = Addresses::default();
    for word in entry.value.str()?.split_whitespace() {
        all = all.union(&Addresses::parse(word)?);
    }
    (!all.is_empty()).then(|| Fact::written(all, entry.place()))
}
