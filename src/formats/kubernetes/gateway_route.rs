//! Routes of the Gateway API: the gateways that they attach to and the Services that they lead to.

use std::sync::Arc;

use super::front::{self, Front};
use super::gateway::GROUP;
use super::google;
use super::object::{Object, port};
use super::service;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Fragment, Hop, PortEnd, PortMap, PortPair, Ref};
use crate::model::routing::{Attachment, Crossing, Grant, Granted, Grantee, Labelled, Passing};
use crate::source::Place;
use crate::tree::node::Node;

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    front::balancer(object, out);
    parents(object, out);
    for rule in object.spec(&["rules"]).map_or(&[][..], Node::items) {
        let through = filters(object, rule);
        for reference in rule.get("backendRefs").map_or(&[][..], Node::items) {
            backend(object, reference, &through, out);
        }
    }
}

fn parents(object: &Object, out: &mut Fragment) {
    let route = Arc::new(Labelled {
        kind: object.kind.into(),
        address: object.address(),
        namespace: object.namespace.clone(),
        labels: object.labels(),
    });
    let hosts: Arc<[Name]> = object
        .spec(&["hostnames"])
        .map_or(&[][..], Node::items)
        .iter()
        .filter_map(Node::text)
        .collect();
    for parent in object.spec(&["parentRefs"]).map_or(&[][..], Node::items) {
        // A Service as parent is about traffic within a mesh.
        let kind = parent.get("kind").and_then(Node::str).unwrap_or("Gateway");
        if kind == "Service" {
            continue;
        }
        let Some(gateway) = object.referred(kind, parent) else { continue };
        let name = parent.get("name").and_then(Node::str).unwrap_or("?");
        let place = parent.place;
        let say = format!("{} attaches to {kind} `{name}`", object.title());
        let why = Why::NotHere(format!("what {kind} `{name}` admits").into());
        let otherwise = Front::unknown(&why, place, &*say).hops(&object.address(), None);
        out.routing.attachments.push(Attachment {
            route: route.clone(),
            hosts: hosts.clone(),
            gateway,
            section: parent.get("sectionName").and_then(Node::text),
            port: parent.get("port").and_then(port),
            place,
            say: say.into(),
            otherwise,
        });
    }
}

/// Filters that belong to an implementation, some of which ask for something.
fn filters(object: &Object, rule: &Node) -> Vec<(Address, Place)> {
    let filters = rule.get("filters").map_or(&[][..], Node::items).iter();
    filters
        .filter_map(|filter| {
            let reference = filter.get("extensionRef")?;
            let kind = reference.get("kind")?.str()?;
            // Envoy Gateway's own filter rewrites and answers, and asks for nothing.
            let address = object.referred(kind, reference)?;
            (kind != "HTTPRouteFilter").then_some((address, reference.place))
        })
        .collect()
}

fn backend(object: &Object, reference: &Node, through: &[(Address, Place)], out: &mut Fragment) {
    let kind = reference.get("kind").and_then(Node::str).unwrap_or("Service");
    let Some(name) = reference.get("name").and_then(Node::str) else { return };
    if reference.get("weight").and_then(Node::int) == Some(0) {
        return;
    }
    if !matches!(kind, "Service" | "Backend") {
        let what = format!("the {kind} `{name}` that {} leads to", object.title());
        out.not_understood.push((reference.place, what.into()));
        return;
    }
    let Some(target) = object.referred(kind, reference) else { return };
    let (to, end, shown) = service::backend(kind, target, reference.get("port"));
    let place = reference.place;
    let say = format!("{} leads to {shown}{kind} `{name}`", object.title());
    let udp = object.kind == "UDPRoute";
    let pair = PortPair { from: None, to: end, udp, place };
    let hop = Hop::new(Ref::To(object.address()), to, place, say);
    let hop = Hop { ports: PortMap::Pairs(vec![pair]), proxy: true, ..hop };
    let within = reference.get("namespace").and_then(Node::text);
    match (&within, object.namespace.known()) {
        (Some(to), Some(from)) if to != from => out.routing.crossings.push(Crossing {
            hop,
            group: GROUP.into(),
            kind: object.kind.into(),
            from: from.clone(),
            to: to.clone(),
            service: name.into(),
        }),
        _ => {
            let namespace = within.as_deref().unwrap_or_else(|| object.namespace_name());
            let beside = vec![(google::before(object, namespace, name), place)];
            out.routing.passings.push(Passing { hop, through: through.to_vec(), beside });
        }
    }
}

/// The permission to refer to things of a namespace from others.
pub(super) fn grant(object: &Object, out: &mut Fragment) {
    let Some(namespace) = object.namespace.known() else { return };
    let list = |key| object.spec(&[key]).map_or(&[][..], Node::items).iter();
    let text = |node: &Node, key| node.get(key).and_then(Node::text).unwrap_or_default();
    let from = list("from").map(|node| Grantee {
        group: text(node, "group"),
        kind: text(node, "kind"),
        namespace: text(node, "namespace"),
    });
    let to = list("to").map(|node| Granted {
        kind: text(node, "kind"),
        name: node.get("name").and_then(Node::text),
    });
    out.routing.grants.push(Grant {
        namespace: namespace.clone(),
        from: from.collect(),
        to: to.collect(),
        place: object.place,
        title: object.title(),
    });
}

/// Envoy Gateway's backends outside of Services, which often are Services by their host names.
pub(super) fn envoy_backend(object: &Object, out: &mut Fragment) {
    front::balancer(object, out);
    for endpoint in object.spec(&["endpoints"]).map_or(&[][..], Node::items) {
        let Some(host) = endpoint.at(&["fqdn", "hostname"]).and_then(Node::str) else { continue };
        let Some(target) = service::of_host(object, host, None) else { continue };
        let number = endpoint.at(&["fqdn", "port"]).and_then(port);
        let to = number.map_or(PortEnd::Unknown(Why::Template), PortEnd::Number);
        let pair = PortPair { from: None, to, udp: false, place: endpoint.place };
        let say = format!("{} stands for `{host}`", object.title());
        let hop = Hop::new(Ref::To(object.address()), Ref::To(target), endpoint.place, say);
        out.hops.push(Hop {
            ports: PortMap::Pairs(vec![pair]),
            open: Fact::written(true, endpoint.place),
            ..hop
        });
    }
}
