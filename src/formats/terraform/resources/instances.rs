//! AWS machines: instances, launch templates and the groups that start them.

use super::facts::{and, any};
use super::network;
use super::network_acls;
use super::nodes;
use super::security_groups;
use super::world::{Join, World};
use crate::formats::terraform::value::{Resource, Val};
use crate::formats::{Host, user_data};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Fragment, Layer, NodeKind};

const TEMPLATES: [&str; 2] = ["aws_launch_template", "aws_launch_configuration"];

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for machine in world.each(&["aws_instance", "aws_spot_instance_request"]) {
        instance(world, machine, out);
    }
    for group in world.of("aws_autoscaling_group") {
        scaling_group(world, group, out);
    }
}

fn instance(world: &World, machine: &Resource, out: &mut Fragment) {
    let title = nodes::title("EC2 instance", machine, &[]);
    out.nodes.push(nodes::node(machine, NodeKind::Machine));
    let template = template(world, &machine.body);
    let cards = interfaces(world, machine);
    let subnet = network::subnet(world, &machine.body, "subnet_id")
        .or_else(|| cards.iter().find_map(|i| network::subnet(world, &i.body, "subnet_id")));
    let own = own_address(machine, template, subnet);
    let lent: Vec<_> = lent_addresses(world, machine, &cards).collect();
    let mut public = any(lent.into_iter().chain([own]), Fact::written(false, machine.head));
    if let Some(route) = subnet.and_then(|s| network::internet_route(world, s)) {
        public = and(public, route);
    }
    nodes::ways(machine, &title, public, "has a public address", out);
    groups(world, machine, template, &cards, out);
    if let Some(subnet) = subnet {
        network_acls::attach(world, subnet, machine, out);
    }
    scripts(machine, &machine.body, &title, out);
    if let Some(template) = template.filter(|_| machine.body.get("user_data").is_none()) {
        scripts(machine, &template.body, &title, out);
    }
}

fn template<'a>(world: &World<'a>, body: &Val) -> Option<&'a Resource> {
    let block = body.block("launch_template");
    let named = block.and_then(|b| {
        world.named(b, "id", &TEMPLATES).or_else(|| world.named(b, "name", &TEMPLATES))
    });
    named.or_else(|| world.named(body, "launch_configuration", &TEMPLATES))
}

/// Network interfaces that are described apart.
fn interfaces<'a>(world: &World<'a>, machine: &Resource) -> Vec<&'a Resource> {
    let kinds = ["aws_network_interface"];
    let blocks = ["network_interface", "primary_network_interface"];
    let blocks = blocks.iter().flat_map(|key| machine.body.list(key).items);
    let mut out: Vec<_> =
        blocks.filter_map(|b| world.named(b, "network_interface_id", &kinds)).collect();
    for link in world.of("aws_network_interface_attachment") {
        if world.join(&link.body, "instance_id", machine, &[]) == Join::Yes {
            out.extend(world.named(&link.body, "network_interface_id", &kinds));
        }
    }
    out
}

/// The address that an instance gets when it starts.
fn own_address(
    machine: &Resource,
    template: Option<&Resource>,
    subnet: Option<&Resource>,
) -> Fact<bool> {
    let told = machine.body.bool("associate_public_ip_address");
    let told = match template.filter(|_| told.is_unset()) {
        Some(template) => template_address(template),
        None => told,
    };
    let at = match told {
        Fact::Unset(at) => at,
        told => return told,
    };
    if let Some(subnet) = subnet {
        return network::maps_public_addresses(subnet);
    }
    let outside = ["subnet_id", "network_interface", "primary_network_interface"];
    let placed = outside.iter().find_map(|key| machine.body.get(key));
    if let Some(value) = placed {
        let why = value.why().unwrap_or(Why::NotHere("the subnet".into()));
        return Fact::Unknown(why, value.at);
    }
    if template.is_some() || machine.body.get("launch_template").is_some() {
        return Fact::Unknown(Why::NotHere("the subnet".into()), at);
    }
    // Without a subnet an instance starts in a default subnet, and those map public addresses
    // unless somebody changed them, which these files cannot tell.
    let how = "default subnets give out public addresses (AWS docs, default VPCs)";
    Fact::guessed(true, how, at)
}

fn template_address(template: &Resource) -> Fact<bool> {
    let inner = template.body.block("network_interfaces");
    let block = inner.map(|b| b.bool("associate_public_ip_address"));
    let apart = template.body.bool("associate_public_ip_address");
    block.filter(|f| !f.is_unset()).unwrap_or(apart)
}

/// Elastic addresses put on the instance or on its interfaces.
fn lent_addresses<'w>(
    world: &'w World<'_>,
    machine: &'w Resource,
    cards: &'w [&Resource],
) -> impl Iterator<Item = Fact<bool>> + 'w {
    let links = world.each(&["aws_eip", "aws_eip_association"]);
    links.into_iter().filter_map(move |link| {
        let on = |key: &str, to: &Resource| world.join(&link.body, key, to, &[]) == Join::Yes;
        let machine_keys = ["instance", "instance_id"];
        let card_keys = ["network_interface", "network_interface_id"];
        let met = machine_keys.iter().any(|k| on(k, machine))
            || cards.iter().any(|c| card_keys.iter().any(|k| on(k, c)));
        met.then(|| match &link.exists {
            Fact::Known(exists, _) => Fact::written(*exists, link.head),
            other => other.clone(),
        })
    })
}

fn groups(
    world: &World,
    machine: &Resource,
    template: Option<&Resource>,
    cards: &[&Resource],
    out: &mut Fragment,
) {
    for link in world.of("aws_network_interface_sg_attachment") {
        let card = cards
            .iter()
            .any(|c| world.join(&link.body, "network_interface_id", c, &[]) == Join::Yes);
        // `aws_instance.x.primary_network_interface_id` refers to the instance itself.
        if card || world.join(&link.body, "network_interface_id", machine, &[]) == Join::Yes {
            let group = link.body.target("security_group_id");
            nodes::attach(group, Layer::SecurityGroup, &machine.address, link.head, out);
        }
    }
    for card in cards {
        for group in card.body.targets("security_groups") {
            let place = group.place();
            nodes::attach(group, Layer::SecurityGroup, &machine.address, place, out);
        }
    }
    let keys = ["vpc_security_group_ids", "security_groups"];
    let named = keys.iter().any(|k| machine.body.get(k).is_some());
    match template.filter(|_| !named) {
        Some(template) => template_groups(world, machine, template, out),
        None if named || cards.is_empty() => {
            security_groups::attach(world, machine, &keys, out);
        }
        None => {}
    }
}

fn template_groups(world: &World, machine: &Resource, template: &Resource, out: &mut Fragment) {
    let mut groups = template.body.targets("vpc_security_group_ids");
    groups.extend(template.body.targets("security_groups"));
    for block in template.body.list("network_interfaces").items {
        groups.extend(block.targets("security_groups"));
    }
    if groups.is_empty() {
        security_groups::attach(world, machine, &[], out);
    }
    for group in groups {
        let place = group.place();
        nodes::attach(group, Layer::SecurityGroup, &machine.address, place, out);
    }
}

fn scaling_group(world: &World, group: &Resource, out: &mut Fragment) {
    let nested =
        group.body.block("mixed_instances_policy").and_then(|b| b.block("launch_template"));
    let nested = nested.and_then(|b| b.block("launch_template_specification"));
    let nested = nested.and_then(|b| world.named(b, "launch_template_id", &TEMPLATES));
    let Some(template) = template(world, &group.body).or(nested) else { return };
    let title = nodes::title("Auto Scaling group", group, &["name"]);
    out.nodes.push(nodes::node(group, NodeKind::Machine));
    let subnets = network::subnets(world, &group.body, "vpc_zone_identifier");
    let public = match (template_address(template), &subnets) {
        (Fact::Unset(at), Some(subnets)) => any(
            subnets.iter().map(|s| network::maps_public_addresses(s)),
            Fact::Unknown(Why::NotHere("the subnets".into()), at),
        ),
        (Fact::Unset(at), None) => Fact::Unknown(Why::NotHere("the subnets".into()), at),
        (told, _) => told,
    };
    let route = subnets.and_then(|s| network::any_internet_route(world, &s));
    let public = route.map_or(public.clone(), |route| and(public, route));
    nodes::ways(group, &title, public, "gives its machines public addresses", out);
    template_groups(world, group, template, out);
    scripts(group, &template.body, &title, out);
}

/// What a machine runs at its first start.
fn scripts(machine: &Resource, body: &Val, title: &Name, out: &mut Fragment) {
    for value in ["user_data", "user_data_base64"].iter().filter_map(|k| body.get(k)) {
        run(machine, value, title, out);
    }
}

/// Hands a script over to whoever reads scripts; what is not plain text is decoded first.
pub(super) fn run(machine: &Resource, value: &Val, title: &Name, out: &mut Fragment) {
    let host = Host { node: &machine.address, title, exists: &machine.exists, place: machine.head };
    if let Some(text) = super::scripts::text(value) {
        user_data(&host, &text, out);
    } else if value.why().is_some() {
        out.not_understood.push((value.at, "a script that is not known".into()));
    }
}
