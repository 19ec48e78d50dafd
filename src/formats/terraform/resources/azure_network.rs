//! Azure machines, their interfaces, and the network security groups of interface and subnet.

use super::facts::{and, any, net, or, shown};
use super::gcp_network::range;
use super::nodes::{self, listed};
use super::world::{Join, World};
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Why};
use crate::model::fragment::{Filter, Fragment, Layer, NodeKind, Rule, RuleFor, SourceSet};
use crate::model::net::{Addresses, Intervals, Ports};

const MACHINES: [&str; 3] =
    ["azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine", "azurerm_virtual_machine"];
const SUBNET_LINK: &str = "azurerm_subnet_network_security_group_association";
const CARD_LINK: &str = "azurerm_network_interface_security_group_association";
const GROUP: &str = "azurerm_network_security_group";
const SEE: &str = "Azure: default rules of network security groups";

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for group in world.of(GROUP) {
        out.filters.push(group_filter(group));
    }
    for resource in world.of("azurerm_network_security_rule") {
        let owner = world.of(GROUP).iter().find(|g| {
            world.join(&resource.body, "network_security_group_name", g, &["name"]) == Join::Yes
        });
        let at = resource.head;
        let filter = match owner {
            Some(group) => Fact::written(group.address.clone(), at),
            None => Fact::Unknown(Why::NotHere("the security group".into()), at),
        };
        if let Some(rule) = rule(&resource.body, resource) {
            out.rules.push(RuleFor { filter, rule });
        }
    }
    for machine in world.each(&MACHINES) {
        lower_machine(world, machine, out);
    }
}

fn group_filter(group: &Resource) -> Filter {
    let title = nodes::title("network security group", group, &["name"]);
    let mut filter = nodes::filter(group, Layer::Interface, title);
    filter.stands_alone = true;
    let inside = group.body.list("security_rule");
    filter.rules.extend(inside.items.iter().filter_map(|block| rule(block, group)));
    filter.more = inside.more;
    // Rule 65000 lets the virtual network in, 65500 nobody else.
    let at = group.head;
    let sources = vec![SourceSet::Addresses(Fact::default(Addresses::private().clone(), SEE, at))];
    let ports = Fact::default(Ports::all(), SEE, at);
    let say = "admits the virtual network".to_owned();
    filter.rules.push(Rule { priority: 65000, ..nodes::allow(sources, ports, group, at, say) });
    filter
}

fn rule(body: &Val, resource: &Resource) -> Option<Rule> {
    if body.text("direction").known().is_some_and(|d| !d.eq_ignore_ascii_case("inbound")) {
        return None;
    }
    let allow = body.text("access").known().is_none_or(|a| a.eq_ignore_ascii_case("allow"));
    let (sources, words) = sources(body);
    let ports = ports(body);
    let verb = if allow { "admits" } else { "refuses" };
    let on = super::security_groups::show_ports(&ports);
    let say = format!("{verb} {} on {on}", listed(&words));
    let keys = ["source_address_prefix", "source_address_prefixes"];
    let at = keys.iter().find_map(|k| body.get(k)).map_or(body.at, |v| v.at);
    let priority = body.int("priority").known().copied().unwrap_or(4096);
    Some(Rule { allow, priority, ..nodes::allow(sources, ports, resource, at, say) })
}

fn sources(body: &Val) -> (Vec<SourceSet>, Vec<String>) {
    let (mut out, mut words) = (Vec::new(), Vec::new());
    for key in ["source_address_prefix", "source_address_prefixes"] {
        let list = body.list(key);
        for item in &list.items {
            words.push(shown(item));
            out.push(SourceSet::Addresses(prefix(item)));
        }
        if let Some((why, at)) = list.more {
            words.push(format!("what `{key}` holds"));
            out.push(SourceSet::Addresses(Fact::Unknown(why, at)));
        }
    }
    for item in body.list("source_application_security_group_ids").items {
        words.push(shown(item));
        let group = item.as_target();
        if let Fact::Known(group, _) = group {
            out.push(SourceSet::MembersOf(group, item.at));
        }
    }
    (out, words)
}

/// A network, or one of the words that Azure knows for networks.
fn prefix(value: &Val) -> Fact<Addresses> {
    match value.as_text() {
        Fact::Known(text, origin) => match text.to_ascii_lowercase().as_str() {
            "*" | "any" | "internet" | "0.0.0.0" => Fact::Known(Addresses::all(), origin),
            "virtualnetwork" => Fact::Known(Addresses::private().clone(), origin),
            "azureloadbalancer" => {
                let probe = Addresses::parse("168.63.129.16").unwrap_or_default();
                Fact::Known(probe, origin)
            }
            _ => net(value),
        },
        other => other.map(|_| Addresses::default()),
    }
}

fn ports(body: &Val) -> Fact<Ports> {
    let protocol = body.text("protocol");
    let name = match &protocol {
        Fact::Known(name, _) => name.to_ascii_lowercase(),
        Fact::Unset(at) => return Fact::Unknown(Why::NoDefault("the protocol".into()), *at),
        Fact::Unknown(why, at) => return Fact::Unknown(why.clone(), *at),
    };
    let mut ranges = Vec::new();
    for key in ["destination_port_range", "destination_port_ranges"] {
        let list = body.list(key);
        if let Some((why, at)) = list.more {
            return Fact::Unknown(why, at);
        }
        for item in &list.items {
            let text = match item.as_text() {
                Fact::Known(text, _) => text,
                Fact::Unknown(why, at) => return Fact::Unknown(why, at),
                Fact::Unset(_) => continue,
            };
            match (&*text, range(&text)) {
                ("*", _) => ranges.push((0, u16::MAX)),
                (_, Some(range)) => ranges.push(range),
                (_, None) => return Fact::Unknown(Why::NotUnderstood(text), item.at),
            }
        }
    }
    let set = Intervals::of(ranges);
    let pick = |on: bool| if on { set.clone() } else { Intervals::default() };
    let (tcp, udp) = (pick(matches!(&*name, "tcp" | "*")), pick(matches!(&*name, "udp" | "*")));
    protocol.map(|_| Ports { tcp, udp })
}

fn lower_machine(world: &World, machine: &Resource, out: &mut Fragment) {
    let title = nodes::title("virtual machine", machine, &["name"]);
    out.nodes.push(nodes::node(machine, NodeKind::Machine));
    let named = machine.body.targets("network_interface_ids");
    let cards: Vec<&Resource> =
        named.iter().filter_map(|t| t.known().and_then(|a| world.find(a))).collect();
    let mut guarded = false;
    for card in &cards {
        guarded |= attach(world, machine, card, out);
    }
    let open = named.iter().find_map(|t| match t {
        Fact::Unknown(why, at) => Some(Fact::Unknown(why.clone(), *at)),
        _ => None,
    });
    let public = cards.iter().map(|card| public(world, card, guarded)).chain(open);
    let public = any(public, Fact::written(false, machine.head));
    nodes::ways(machine, &title, public, "has a public address", out);
    let inner = machine.body.block("os_profile").and_then(|p| p.get("custom_data"));
    let scripts = ["custom_data", "user_data"].into_iter().filter_map(|k| machine.body.get(k));
    for script in scripts.chain(inner) {
        super::instances::run(machine, script, &title, out);
    }
}

/// Puts the groups of an interface and of its subnets in front of a machine.
fn attach(world: &World, machine: &Resource, card: &Resource, out: &mut Fragment) -> bool {
    let mut guarded = false;
    let mut put = |link: &Resource, layer: Layer| {
        let group = link.body.target("network_security_group_id");
        nodes::attach(group, layer, &machine.address, link.head, out);
        guarded = true;
    };
    for link in world.of(CARD_LINK) {
        if world.join(&link.body, "network_interface_id", card, &[]) == Join::Yes {
            put(link, Layer::Interface);
        }
    }
    for ip in card.body.list("ip_configuration").items {
        let subnet = ip.target("subnet_id");
        let links = world.of(SUBNET_LINK).iter().filter(|link| {
            subnet.known().is_some() && link.body.target("subnet_id").known() == subnet.known()
        });
        links.for_each(|link| put(link, Layer::Subnet));
    }
    guarded
}

/// A public address counts; one of the SKU `Standard` is closed until a group lets people in.
fn public(world: &World, card: &Resource, guarded: bool) -> Fact<bool> {
    let configurations = card.body.list("ip_configuration");
    let given = configurations.items.iter().map(|ip| {
        let Some(address) = ip.get("public_ip_address_id") else {
            return Fact::written(false, ip.at);
        };
        let has = ip.has("public_ip_address_id");
        if guarded {
            return has;
        }
        let found = address.as_target().known().and_then(|a| world.find(a));
        let sku = found.map_or(Fact::Unset(address.at), |p| p.body.text("sku"));
        let basic = sku.map(|s| s.eq_ignore_ascii_case("basic"));
        and(has, basic.or_default(false, "provider docs, public_ip"))
    });
    let given = given.chain(configurations.more.map(|(why, at)| Fact::Unknown(why, at)));
    given.reduce(or).unwrap_or(Fact::written(false, card.head))
}
