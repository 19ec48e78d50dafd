//! `VMAuth` of the `VictoriaMetrics` operator: a proxy with users in front of stores. What its
//! resource opens to everybody is a way past the login; the ways of its users ask for one.
//!
//! VictoriaMetrics/operator: `internal/controller/operator/factory/vmauth/vmusers_config.go`,
//! `api/operator/v1beta1/vmauth_types.go`, `vmuser_types.go`.

use super::super::object::{Object, is_placeholder};
use super::super::service;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Fragment, Hop, PortEnd, PortMap, PortPair, Ref};
use crate::tree::node::Node;

/// Ways that one resource opens; more are made by a machine.
const MAX_WAYS: usize = 64;

/// Adds a step from the proxy's Service to each store that it opens to everybody.
pub(super) fn ways(object: &Object, out: &mut Fragment) {
    let spec = object.spec(&["unauthorizedUserAccessSpec"]);
    let user = spec.unwrap_or(object.node);
    let older = object.spec(&["unauthorizedAccessConfig"]).filter(|_| spec.is_none());
    let maps = spec.and_then(|s| s.get("url_map")).or(older).map_or(&[][..], Node::items);
    let urls = maps.iter().chain(spec).filter_map(|m| m.get("url_prefix"));
    let urls: Vec<&Node> = urls.flat_map(|n| std::iter::once(n).chain(n.items())).collect();
    let mut targets: Vec<(Address, PortEnd, &Node)> = Vec::new();
    for url in urls.into_iter().take(MAX_WAYS) {
        targets.extend(of_url(object, url));
    }
    // Targets count only where no address is written.
    if targets.is_empty() {
        let named = user.get("targetRefs").map_or(&[][..], Node::items).iter().take(MAX_WAYS);
        for target in named.filter(|_| spec.is_some()) {
            targets.extend(target.at(&["static", "url"]).and_then(|url| of_url(object, url)));
            targets.extend(target.get("crd").and_then(|of| of_resource(object, of)));
        }
    }
    let from = object.neighbour("Service", &format!("vmauth-{}", object.name));
    for (to, port, at) in targets {
        let say = format!("{} passes requests on without asking who sends them", object.title());
        let pair = PortPair { from: None, to: port, udp: false, place: at.place };
        let hop = Hop::new(Ref::To(from.clone()), Ref::To(to), at.place, say);
        out.hops.push(Hop { ports: PortMap::Pairs(vec![pair]), open: filtered(user, at), ..hop });
    }
}

/// Addresses that the proxy lets in may be fewer than those that reach it.
fn filtered(user: &Node, at: &Node) -> Fact<bool> {
    match user.at(&["ip_filters", "allow_list"]).filter(|list| !list.items().is_empty()) {
        Some(list) => {
            let what = "the addresses that VMAuth lets in";
            Fact::Unknown(Why::NotUnderstood(what.into()), list.place)
        }
        None => Fact::written(true, at.place),
    }
}

/// `http://vmsingle-main.monitoring.svc:8429/path`
fn of_url<'a>(object: &Object, url: &'a Node) -> Option<(Address, PortEnd, &'a Node)> {
    let (_, rest) = url.str()?.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    if is_placeholder(host) {
        return None;
    }
    let to = service::of_host(object, host, Some(object.namespace_name()))?;
    Some((to, PortEnd::Number(port.parse().ok()?), url))
}

/// A resource of the operator, whose Service has its kind before its name.
fn of_resource<'a>(object: &Object, of: &'a Node) -> Option<(Address, PortEnd, &'a Node)> {
    let (prefix, port) = match of.get("kind")?.str()? {
        "VMSingle" => ("vmsingle", 8429),
        "VMCluster/vmselect" => ("vmselect", 8481),
        "VMCluster/vminsert" => ("vminsert", 8480),
        "VMCluster/vmstorage" => ("vmstorage", 8482),
        "VLSingle" => ("vlsingle", 9428),
        _ => return None,
    };
    let name: Name = of.get("name")?.text()?;
    let namespace = of.get("namespace").and_then(Node::str);
    let namespace = namespace.unwrap_or_else(|| object.namespace_name());
    let to = object.elsewhere("Service", namespace, &format!("{prefix}-{name}"));
    Some((to, PortEnd::Number(port), of))
}
