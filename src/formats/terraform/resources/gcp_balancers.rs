//! Google's balancers that pass packets through: what arrives at their address comes to the machines
//! behind them with its sender's address, and the network's firewall decides (Google Cloud docs,
//! "External passthrough Network Load Balancer overview"). Balancers that answer themselves are not
//! read.

use super::facts::and;
use super::gcp_network::range;
use super::nodes;
use super::world::{Join, World};
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::Fact;
use crate::model::fragment::{Fragment, Hop, PortEnd, PortMap, PortPair, Ref};

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for rule in world.of("google_compute_forwarding_rule") {
        let scheme = rule.body.text("load_balancing_scheme");
        let open = scheme.map(|scheme| &*scheme == "EXTERNAL");
        let open = open.or_default(true, "provider docs, compute_forwarding_rule");
        let title = nodes::title("forwarding rule", rule, &["name"]);
        for machine in behind(world, rule) {
            let place = open.place();
            let say = format!("{title} passes on to {}", machine.spelled);
            let open = and(open.clone(), rule.exists.clone());
            let way = nodes::way(Ref::Internet, &machine.address, open, place, &say);
            out.hops.push(Hop { ports: ports(rule), ..way });
        }
    }
}

/// The machines that a rule leads to, by its target or by its backend service.
fn behind<'a>(world: &World<'a>, rule: &Resource) -> Vec<&'a Resource> {
    let kinds = ["google_compute_target_instance", "google_compute_target_pool"];
    let mut named: Vec<&Val> = Vec::new();
    if let Some(target) = world.named(&rule.body, "target", &kinds) {
        named.extend(target.body.list("instances").items);
        named.extend(target.body.get("instance"));
    }
    let kinds = ["google_compute_region_backend_service"];
    if let Some(service) = world.named(&rule.body, "backend_service", &kinds) {
        for backend in service.body.list("backend").items {
            let group = world.named(backend, "group", &["google_compute_instance_group"]);
            named.extend(group.iter().flat_map(|group| group.body.list("instances").items));
        }
    }
    let machines = world.of("google_compute_instance").iter().copied();
    let is_named = |machine: &&Resource| {
        named.iter().any(|value| world.value_join(value, machine, &["name"], 2) == Join::Yes)
    };
    machines.filter(is_named).collect()
}

/// The ports of a rule; one without any passes all of them on.
fn ports(rule: &Resource) -> PortMap {
    let udp = rule.body.text("ip_protocol").known().is_some_and(|p| &**p == "UDP");
    let list = rule.body.list("ports").items;
    let told = list.into_iter().chain(rule.body.get("port_range"));
    let pairs = told.filter_map(|value| {
        let from = range(value.as_text().known()?)?;
        Some(PortPair { from: Some(from), to: PortEnd::Same, udp, place: value.at })
    });
    let pairs: Vec<_> = pairs.collect();
    match (pairs.is_empty(), rule.body.has("port_range"), rule.body.has("ports")) {
        (true, Fact::Unset(_) | Fact::Known(false, _), Fact::Unset(_) | Fact::Known(false, _)) => {
            PortMap::Same
        }
        (true, Fact::Unknown(why, at), _) | (true, _, Fact::Unknown(why, at)) => {
            PortMap::Unknown(why, at)
        }
        _ => PortMap::Pairs(pairs),
    }
}
