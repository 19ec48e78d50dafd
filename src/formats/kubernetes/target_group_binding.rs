//! The AWS Load Balancer Controller's way from a target group, made elsewhere, to a Service.

use super::object::Object;
use super::service;
use crate::model::fragment::{Address, Fragment, Hop, PortEnd, PortMap, PortPair, Ref};
use crate::tree::node::Node;

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    let Some(name) = object.spec(&["serviceRef", "name"]).and_then(Node::str) else { return };
    let Some(port) = object.spec(&["serviceRef", "port"]) else { return };
    let Some(group) = target_group(object) else {
        let what = format!("the target group of {}, which is not named here", object.title());
        out.not_understood.push((object.place, what.into()));
        return;
    };
    let (to, end) = service::port_of(object, name, port);
    let say = format!("{} sends the target group's traffic to Service `{name}`", object.title());
    let place = object.node.get("spec").map_or(object.place, |s| s.place);
    let hop = Hop::new(Ref::To(group), to, place, say);
    let pair = PortPair { from: None, to: end, udp: false, place: port.place };
    let ports = match pair.to {
        PortEnd::Same => PortMap::Same,
        _ => PortMap::Pairs(vec![pair]),
    };
    out.hops.push(Hop { ports, ..hop });
}

/// By name, or by the name within the ARN:
/// `arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID`.
fn target_group(object: &Object) -> Option<Address> {
    let text = |key| object.spec(&[key]).and_then(Node::str);
    let name = text("targetGroupName").or_else(|| {
        let (_, resource) = text("targetGroupARN")?.rsplit_once(":targetgroup/")?;
        resource.split('/').next()
    })?;
    let plain = !name.is_empty() && !name.contains(['$', '{']);
    plain.then(|| Address::new(format!("aws:target-group-name/{name}")))
}
