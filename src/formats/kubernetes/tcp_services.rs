//! Raw TCP through an ingress controller: a ConfigMap of ports that a flag of the controller names
//! (ingress-nginx documentation, "Exposing TCP and UDP services"; HAProxy's controllers alike).
//!
//! The controller's pod leads to the ConfigMap, the ConfigMap to Services. A port that the
//! controller's own Service does not pass on stays unreachable, as it does in the cluster.

use super::object::Object;
use crate::model::fact::Fact;
use crate::model::fragment::{
    Address, Container, Fragment, Hop, Node as Stop, NodeKind, PortEnd, PortMap, PortPair, Ref,
};
use crate::source::Place;

const FLAGS: [(&str, bool); 4] = [
    ("--tcp-services-configmap=", false),
    ("--udp-services-configmap=", true),
    ("--configmap-tcp-services=", false),
    ("--tcp-services=", false),
];

/// The ports of a ConfigMap, as one of these flags reads it.
fn address(object: &Object, namespace: &str, name: &str) -> Address {
    object.elsewhere("tcp-services", namespace, name)
}

/// Steps from a controller's pod to the ConfigMaps that its flags name.
pub(super) fn of_controller(object: &Object, container: &Container, out: &mut Fragment) {
    let words = [&container.command, &container.args].into_iter().filter_map(|w| w.known());
    for word in words.flatten() {
        let Fact::Known(text, origin) = word else { continue };
        let Some((value, udp)) =
            FLAGS.iter().find_map(|(flag, udp)| Some((text.strip_prefix(flag)?, *udp)))
        else {
            continue;
        };
        let Some((namespace, name)) = value.split_once('/') else { continue };
        // The controller's own namespace, which it learns from a field of its pod.
        let namespace = match object.namespace.known() {
            Some(own) if namespace.starts_with("$(") => own,
            _ => namespace,
        };
        let protocol = if udp { "UDP" } else { "TCP" };
        let say = format!("{} passes {protocol} on as ConfigMap `{name}` says", object.title());
        let to = Ref::To(address(object, namespace, name));
        let hop = Hop::new(Ref::To(object.address()), to, origin.at, say);
        out.hops.push(Hop { proxy: true, ..hop });
    }
}

/// Steps from a ConfigMap to the Services in it: `PORT: NAMESPACE/SERVICE:PORT[:…]`.
pub(super) fn of_config_map(object: &Object, out: &mut Fragment) {
    let entries = object.node.get("data").map_or(&[][..], |data| data.entries());
    let lines = entries.iter().filter_map(|entry| {
        let port: u16 = entry.key.parse().ok()?;
        let (to, end, shown) = target(object, entry.value.str()?)?;
        Some((port, to, end, shown, entry.place()))
    });
    let lines: Vec<(u16, Address, PortEnd, &str, Place)> = lines.collect();
    if lines.is_empty() {
        return;
    }
    let namespace = object.namespace.known().map_or("?", |n| n);
    let from = address(object, namespace, &object.name);
    out.nodes.push(Stop {
        address: from.clone(),
        aliases: Vec::new(),
        kind: NodeKind::Relay,
        place: object.place,
        exists: Fact::written(true, object.place),
        pod: None,
    });
    for (port, to, end, shown, place) in lines {
        let say = format!("{} leads port {port} to `{shown}`", object.title());
        let hop = Hop::new(Ref::To(from.clone()), Ref::To(to), place, say);
        // The ConfigMap does not say which flag names it; the flag's protocol decides.
        let pair = |udp| PortPair { from: Some((port, port)), to: end.clone(), udp, place };
        out.hops.push(Hop { ports: PortMap::Pairs(vec![pair(false), pair(true)]), ..hop });
    }
}

fn target<'a>(object: &Object, value: &'a str) -> Option<(Address, PortEnd, &'a str)> {
    let (namespace, rest) = value.split_once('/')?;
    let mut parts = rest.split(':');
    let (service, port) = (parts.next()?, parts.next()?);
    let address = object.elsewhere("Service", namespace, service);
    Some(match port.parse() {
        Ok(number) => (address, PortEnd::Number(number), value),
        Err(_) => (Address::new(format!("{address}:{port}")), PortEnd::Same, value),
    })
}
