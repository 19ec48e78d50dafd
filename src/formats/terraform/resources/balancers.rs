//! AWS balancers: what they listen on and where they pass it on.

use super::facts::not;
use super::network;
use super::nodes;
use super::security_groups;
use super::world::{Join, World};
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Address, Fragment, Hop, Layer, NodeKind, PortEnd, PortMap, PortPair, Ref,
};
use crate::source::Place;

const BALANCERS: [&str; 2] = ["aws_lb", "aws_alb"];
const LISTENERS: [&str; 2] = ["aws_lb_listener", "aws_alb_listener"];
const TARGET_GROUPS: [&str; 2] = ["aws_lb_target_group", "aws_alb_target_group"];
const ATTACHMENTS: [&str; 2] =
    ["aws_lb_target_group_attachment", "aws_alb_target_group_attachment"];
/// What can stand behind a target group or a classic balancer.
const MACHINES: [&str; 2] = ["aws_instance", "aws_autoscaling_group"];

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for balancer in world.each(&BALANCERS) {
        front_door(world, balancer, out);
    }
    for group in world.each(&TARGET_GROUPS) {
        target_group(world, group, out);
    }
    for listener in world.each(&LISTENERS) {
        listen(world, listener, out);
    }
    for balancer in world.of("aws_elb") {
        classic(world, balancer, out);
    }
}

fn front_door(world: &World, balancer: &Resource, out: &mut Fragment) {
    let kind = balancer
        .body
        .text("load_balancer_type")
        .or_default("application".into(), "provider docs, lb");
    let what = match kind.known().map(|k| &**k) {
        Some("application") => "application load balancer",
        Some("network") => "network load balancer",
        _ => "load balancer",
    };
    let title = nodes::title(what, balancer, &["name"]);
    out.nodes.push(nodes::node(balancer, NodeKind::Balancer));
    let public = not(balancer.body.bool("internal").or_default(false, "provider docs, lb"));
    open(world, balancer, &title, public, out);
    if balancer.body.get("security_groups").is_some() || is(&kind, "application") {
        security_groups::attach(world, balancer, &["security_groups"], out);
    } else if !is(&kind, "network") {
        let at = kind.place();
        let why = Why::NotUnderstood("the kind of the balancer".into());
        nodes::attach(Fact::Unknown(why, at), Layer::SecurityGroup, &balancer.address, at, out);
    }
}

fn is(fact: &Fact<Name>, word: &str) -> bool {
    fact.known().is_some_and(|k| &**k == word)
}

fn open(world: &World, balancer: &Resource, title: &Name, public: Fact<bool>, out: &mut Fragment) {
    let subnets = network::subnets(world, &balancer.body, "subnets");
    let route = subnets.and_then(|s| network::any_internet_route(world, &s));
    let public = route.map_or(public.clone(), |route| super::facts::and(public, route));
    nodes::ways(balancer, title, public, "is internet-facing", out);
}

fn target_group(world: &World, group: &Resource, out: &mut Fragment) {
    let title = nodes::title("target group", group, &["name"]);
    let mut node = nodes::node(group, NodeKind::Relay);
    if let Some(name) = group.body.text("name").known() {
        node.aliases.push(Address::new(format!("aws:target-group-name/{name}")));
    }
    out.nodes.push(node);
    for link in world.each(&ATTACHMENTS) {
        if world.join(&link.body, "target_group_arn", group, &[]) != Join::Yes {
            continue;
        }
        let told = link.body.get("port").is_some();
        let port = if told { port_end(&link.body, "port") } else { PortEnd::Same };
        let Fact::Known(target, _) = link.body.target("target_id") else { continue };
        out.hops.push(pass_on(&group.address, &target, None, port, link.head, &title));
    }
    for link in world.of("aws_autoscaling_group") {
        let named = link.body.targets("target_group_arns");
        if named.iter().any(|t| t.known() == Some(&group.address)) {
            let (to, at) = (&link.address, link.head);
            out.hops.push(pass_on(&group.address, to, None, PortEnd::Same, at, &title));
        }
    }
    for link in world.of("aws_autoscaling_attachment") {
        if world.join(&link.body, "lb_target_group_arn", group, &[]) != Join::Yes {
            continue;
        }
        let behind = world.named(&link.body, "autoscaling_group_name", &MACHINES);
        if let Some(to) = behind {
            let (to, at) = (&to.address, link.head);
            out.hops.push(pass_on(&group.address, to, None, PortEnd::Same, at, &title));
        }
    }
}

fn pass_on(
    from: &Address,
    to: &Address,
    port: Option<(u16, u16)>,
    end: PortEnd,
    place: Place,
    title: &Name,
) -> Hop {
    let say = format!("{title} passes traffic on");
    let ports = PortMap::Pairs(vec![PortPair { from: port, to: end, udp: false, place }]);
    Hop { ports, ..Hop::new(Ref::To(from.clone()), Ref::To(to.clone()), place, say) }
}

fn listen(world: &World, listener: &Resource, out: &mut Fragment) {
    let Some(balancer) = world.named(&listener.body, "load_balancer_arn", &BALANCERS) else {
        return;
    };
    let mut actions: Vec<(&Val, Place)> = listener
        .body
        .list("default_action")
        .items
        .into_iter()
        .map(|a| (a, listener.head))
        .collect();
    for rule in world.each(&["aws_lb_listener_rule", "aws_alb_listener_rule"]) {
        if world.join(&rule.body, "listener_arn", listener, &[]) == Join::Yes {
            actions.extend(rule.body.list("action").items.into_iter().map(|a| (a, rule.head)));
        }
    }
    // An action of a listener that comes before the forwarding one asks who somebody is.
    let asks = actions.iter().find_map(|(action, _)| authenticates(action));
    for (action, place) in actions {
        for group in target_groups(world, action) {
            let mut hop = step(balancer, listener, group, place);
            hop.asks.clone_from(&asks);
            out.hops.push(hop);
        }
    }
}

fn authenticates(action: &Val) -> Option<Fact<Name>> {
    let kind = action.text("type");
    let name = kind.known()?.clone();
    let asks = name.starts_with("authenticate-") || &*name == "jwt-validation";
    asks.then(|| kind.map(|_| "external".into()))
}

fn target_groups<'a>(world: &World<'a>, action: &Val) -> Vec<&'a Resource> {
    let mut out: Vec<_> =
        world.named(action, "target_group_arn", &TARGET_GROUPS).into_iter().collect();
    for block in action.list("forward").items {
        let groups = block.list("target_group").items;
        out.extend(groups.iter().filter_map(|g| world.named(g, "arn", &TARGET_GROUPS)));
    }
    out
}

/// From a balancer's port to a target group.
fn step(balancer: &Resource, listener: &Resource, group: &Resource, place: Place) -> Hop {
    let protocol =
        listener.body.text("protocol").or_default("HTTP".into(), "provider docs, lb_listener");
    let udp = is(&protocol, "UDP");
    let at = listener.body.get("port").map_or(listener.head, |v| v.at);
    let ports = match port_number(&listener.body, "port") {
        Ok(from) => PortMap::Pairs(vec![PortPair {
            from: Some((from, from)),
            to: port_end(&group.body, "port"),
            udp,
            place: at,
        }]),
        Err(why) => PortMap::Unknown(why, at),
    };
    let shown =
        listener.body.text("port").known().map_or("a port".to_owned(), |p| format!("port {p}"));
    let say = format!("{} listens on {shown}", nodes::title("load balancer", balancer, &["name"]));
    Hop {
        from: Ref::To(balancer.address.clone()),
        to: Ref::To(group.address.clone()),
        ports,
        open: listener.exists.clone(),
        proxy: hides_client(&protocol, &group.body),
        ends_tls: is(&protocol, "HTTPS") || is(&protocol, "TLS"),
        only_from: None,
        asks: None,
        place,
        say: say.into(),
    }
}

/// Application balancers are proxies. Network balancers keep the client's address, except for
/// `ip` targets behind TCP or TLS, unless `preserve_client_ip` says otherwise (AWS docs, "Target
/// group attributes").
fn hides_client(protocol: &Fact<Name>, group: &Val) -> bool {
    if protocol.known().is_some_and(|p| matches!(&**p, "HTTP" | "HTTPS")) {
        return true;
    }
    if let Some(preserved) = group.bool("preserve_client_ip").known() {
        return !preserved;
    }
    is(&group.text("target_type"), "ip") && !protocol.known().is_some_and(|p| p.contains("UDP"))
}

fn port_number(body: &Val, key: &str) -> Result<u16, Why> {
    match body.int(key) {
        Fact::Known(n, _) => {
            u16::try_from(n).map_err(|_| Why::NotUnderstood(format!("port {n}").into()))
        }
        Fact::Unset(_) => Err(Why::NoDefault("the port".into())),
        Fact::Unknown(why, _) => Err(why),
    }
}

fn port_end(body: &Val, key: &str) -> PortEnd {
    port_number(body, key).map_or_else(PortEnd::Unknown, PortEnd::Number)
}

/// A classic balancer: listeners inside it, instances behind it.
fn classic(world: &World, balancer: &Resource, out: &mut Fragment) {
    let title = nodes::title("classic load balancer", balancer, &["name"]);
    out.nodes.push(nodes::node(balancer, NodeKind::Balancer));
    let public = not(balancer.body.bool("internal").or_default(false, "provider docs, elb"));
    open(world, balancer, &title, public, out);
    security_groups::attach(world, balancer, &["security_groups"], out);
    let mut behind: Vec<Address> = Vec::new();
    behind.extend(balancer.body.targets("instances").iter().filter_map(|t| t.known().cloned()));
    for link in world.of("aws_elb_attachment") {
        if world.join(&link.body, "elb", balancer, &["name"]) == Join::Yes {
            behind.extend(link.body.target("instance").known().cloned());
        }
    }
    for group in world.of("aws_autoscaling_group") {
        let named = group.body.targets("load_balancers");
        if named.iter().any(|t| t.known() == Some(&balancer.address)) {
            behind.push(group.address.clone());
        }
    }
    for listener in balancer.body.list("listener").items {
        let Ok(port) = port_number(listener, "lb_port") else { continue };
        for to in &behind {
            let end = port_end(listener, "instance_port");
            let say: Name = format!("{title} listens on port {port}").into();
            let range = Some((port, port));
            let hop = pass_on(&balancer.address, to, range, end, listener.at, &title);
            out.hops.push(Hop { proxy: true, say, ..hop });
        }
    }
}
