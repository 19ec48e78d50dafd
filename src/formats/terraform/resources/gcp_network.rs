//! Google Cloud machines and the firewall rules of their networks.

use super::facts::{any, nets, or, shown};
use super::nodes::{self, listed};
use super::world::World;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Filter, Fragment, Layer, NodeKind, Rule, SourceSet};
use crate::model::net::{Addresses, Intervals, Ports};

/// A network, as far as the files tell which one it is.
#[derive(Clone, PartialEq)]
enum Network {
    Here(Address),
    Named(Name),
    Unknown(Why),
}

/// What a firewall rule that meets a machine depends on.
enum Meets {
    No,
    Yes,
    Maybe(Why),
}

pub(super) fn lower(world: &World, out: &mut Fragment) {
    let walls = world.of("google_compute_firewall");
    let mut used = vec![false; walls.len()];
    for machine in world.of("google_compute_instance") {
        let title = nodes::title("Compute Engine instance", machine, &["name"]);
        out.nodes.push(nodes::node(machine, NodeKind::Machine));
        nodes::ways(machine, &title, public(&machine.body), "has a public address", out);
        let filter = firewall(world, machine, &title, walls, &mut used);
        let address =
            Fact::default(filter.address.clone(), "Google Cloud: VPC firewalls", machine.head);
        out.filters.push(filter);
        nodes::attach(address, Layer::Firewall, &machine.address, machine.head, out);
        scripts(machine, &title, out);
    }
    for (wall, used) in walls.iter().zip(used) {
        if !used && lets_in(wall) {
            out.filters.extend(alone(wall));
        }
    }
}

/// A rule that meets no machine of these files is a filter of its own.
fn alone(wall: &Resource) -> Option<Filter> {
    let title = nodes::title("firewall rule", wall, &["name"]);
    let mut filter = nodes::filter(wall, Layer::Firewall, title);
    filter.stands_alone = true;
    filter.rules = rules(wall);
    (!filter.rules.is_empty()).then_some(filter)
}

/// An `access_config` block, even an empty one, gives a public address.
fn public(body: &Val) -> Fact<bool> {
    let cards = body.list("network_interface");
    let given = cards
        .items
        .iter()
        .map(|card| or(card.has("access_config"), card.has("ipv6_access_config")));
    let given = given.chain(cards.more.map(|(why, at)| Fact::Unknown(why, at)));
    any(given, Fact::written(false, body.at))
}

fn firewall(
    world: &World,
    machine: &Resource,
    title: &Name,
    walls: &[&Resource],
    used: &mut [bool],
) -> Filter {
    let name = format!("firewall rules of {title}");
    let mut filter = nodes::filter(machine, Layer::Firewall, name.into());
    filter.address = Address::new(format!("{}/firewall", machine.address));
    let networks = networks(world, &machine.body);
    for (wall, used) in walls.iter().zip(used) {
        let meets = meets(world, wall, machine, &networks);
        if matches!(meets, Meets::No) {
            continue;
        }
        *used = true;
        filter.rules.extend(rules(wall).into_iter().map(|rule| match &meets {
            Meets::Maybe(why) => Rule { exists: Fact::Unknown(why.clone(), wall.head), ..rule },
            _ => rule,
        }));
    }
    let default = |n: &Network| matches!(n, Network::Named(name) if &**name == "default");
    if networks.iter().any(default) {
        filter.rules.push(internal(machine));
    }
    filter
}

/// The network called `default` comes with a rule for its own addresses, 10.128.0.0/9 (Google
/// docs, "Pre-populated rules in the default network").
fn internal(machine: &Resource) -> Rule {
    let see = "Google Cloud: pre-populated rules of the default network";
    let at = machine.head;
    let set = Addresses::parse("10.128.0.0/9").unwrap_or_default();
    let sources = vec![SourceSet::Addresses(Fact::default(set, see, at))];
    let ports = Fact::default(Ports::all(), see, at);
    let say = "admits 10.128.0.0/9 on all ports".to_owned();
    Rule { priority: 65534, ..nodes::allow(sources, ports, machine, at, say) }
}

fn networks(world: &World, body: &Val) -> Vec<Network> {
    let cards = body.list("network_interface").items;
    cards.into_iter().map(|card| card_network(world, card)).collect()
}

fn card_network(world: &World, card: &Val) -> Network {
    if let Some(network) = card.get("network") {
        return network_of(world, network);
    }
    let Some(subnet) = card.get("subnetwork") else { return Network::Named("default".into()) };
    let found = subnet.as_target().known().and_then(|a| world.find(a));
    match found.and_then(|s| s.body.get("network")) {
        Some(network) => network_of(world, network),
        None => Network::Unknown(subnet.why().unwrap_or(Why::NotHere(shown(subnet).into()))),
    }
}

/// By reference, by name, or by a link whose last part is the name.
fn network_of(world: &World, value: &Val) -> Network {
    match value.as_target() {
        Fact::Known(address, _) => Network::Here(address),
        Fact::Unknown(Why::NotHere(text), _) => {
            let name = text.rsplit('/').next().unwrap_or(&text);
            let here = world
                .of("google_compute_network")
                .iter()
                .find(|n| n.body.text("name").known().is_some_and(|own| &**own == name));
            here.map_or(Network::Named(name.into()), |n| Network::Here(n.address.clone()))
        }
        Fact::Unknown(why, _) => Network::Unknown(why),
        Fact::Unset(_) => Network::Named("default".into()),
    }
}

/// Rules for what goes out, and those switched off, let nobody in.
fn lets_in(wall: &Resource) -> bool {
    let ingress = wall.body.text("direction").known().is_none_or(|d| &**d == "INGRESS");
    ingress && wall.body.bool("disabled").known() != Some(&true)
}

fn meets(world: &World, wall: &Resource, machine: &Resource, networks: &[Network]) -> Meets {
    if !lets_in(wall) {
        return Meets::No;
    }
    let own =
        wall.body.get("network").map_or(Network::Named("default".into()), |n| network_of(world, n));
    let mut out = Meets::No;
    if networks.contains(&own) {
        out = Meets::Yes;
    } else if let Some(why) = networks.iter().chain([&own]).find_map(|n| match n {
        Network::Unknown(why) => Some(why.clone()),
        _ => None,
    }) {
        out = Meets::Maybe(why);
    }
    if matches!(out, Meets::No) {
        return out;
    }
    match (targets(&wall.body, machine), out) {
        (Meets::No, _) => Meets::No,
        (Meets::Yes, out) => out,
        (maybe, _) => maybe,
    }
}

/// Without targets a rule is for every machine of the network.
fn targets(wall: &Val, machine: &Resource) -> Meets {
    let accounts = wall.list("target_service_accounts");
    if let Some(first) = accounts.items.first() {
        return Meets::Maybe(Why::NotUnderstood(
            format!("the target account {}", shown(first)).into(),
        ));
    }
    let wanted = wall.list("target_tags");
    if wanted.items.is_empty() && wanted.more.is_none() {
        return Meets::Yes;
    }
    let tags = machine.body.list("tags");
    let mut open = wanted.more.map(|(why, _)| why);
    for tag in &wanted.items {
        for own in &tags.items {
            match (tag.as_text(), own.as_text()) {
                (Fact::Known(a, _), Fact::Known(b, _)) if a == b => return Meets::Yes,
                (Fact::Unknown(why, _), _) | (_, Fact::Unknown(why, _)) => open = Some(why),
                _ => {}
            }
        }
    }
    open.or(tags.more.map(|(why, _)| why)).map_or(Meets::No, Meets::Maybe)
}

fn rules(wall: &Resource) -> Vec<Rule> {
    let body = &wall.body;
    let priority = body.int("priority").known().copied().unwrap_or(1000);
    let mut out = Vec::new();
    for (key, allow) in [("allow", true), ("deny", false)] {
        for block in body.list(key).items {
            let (sources, shown) = sources(body);
            let ports = ports(block);
            let verb = if allow { "admits" } else { "refuses" };
            let at = sources.first().map_or(wall.head, source_place);
            let on = super::security_groups::show_ports(&ports);
            let say = format!("{verb} {} on {on}", listed(&shown));
            out.push(Rule { allow, priority, ..nodes::allow(sources, ports, wall, at, say) });
        }
    }
    out
}

fn source_place(source: &SourceSet) -> crate::source::Place {
    match source {
        SourceSet::Addresses(fact) | SourceSet::Outside(fact) => fact.place(),
        SourceSet::MembersOf(_, at)
        | SourceSet::Itself(at)
        | SourceSet::Pods(_, at)
        | SourceSet::EveryPod(at)
        | SourceSet::Everybody(at) => *at,
    }
}

/// Ranges and tags are united; tags only ever match machines of the network.
fn sources(body: &Val) -> (Vec<SourceSet>, Vec<String>) {
    let ranges = nets(body, "source_ranges");
    let mut out: Vec<_> = ranges.known.into_iter().map(SourceSet::Addresses).collect();
    let mut words = ranges.shown;
    for key in ["source_tags", "source_service_accounts"] {
        for item in body.list(key).items {
            let name = shown(item);
            out.push(SourceSet::MembersOf(Address::new(format!("gcp:{key}/{name}")), item.at));
            words.push(format!("machines with {name}"));
        }
    }
    if out.is_empty() {
        // The service itself writes 0.0.0.0/0 for a rule without sources.
        let see = "Google Cloud: firewall rules without a source";
        out.push(SourceSet::Addresses(Fact::default(Addresses::all(), see, body.at)));
        words.push("everybody".to_owned());
    }
    (out, words)
}

fn ports(block: &Val) -> Fact<Ports> {
    let protocol = block.text("protocol");
    let name = match &protocol {
        Fact::Known(name, _) => name.to_ascii_lowercase(),
        Fact::Unset(at) => return Fact::Unknown(Why::NoDefault("the protocol".into()), *at),
        Fact::Unknown(why, at) => return Fact::Unknown(why.clone(), *at),
    };
    let (tcp, udp) = match name.as_str() {
        "all" => return protocol.map(|_| Ports::all()),
        "tcp" | "6" => (true, false),
        "udp" | "17" => (false, true),
        _ => return protocol.map(|_| Ports::default()),
    };
    let list = block.list("ports");
    if let Some((why, at)) = list.more {
        return Fact::Unknown(why, at);
    }
    let mut ranges = Vec::new();
    for item in &list.items {
        match item.as_text() {
            Fact::Known(text, _) => match range(&text) {
                Some(range) => ranges.push(range),
                None => return Fact::Unknown(Why::NotUnderstood(text), item.at),
            },
            Fact::Unknown(why, at) => return Fact::Unknown(why, at),
            Fact::Unset(_) => {}
        }
    }
    if list.items.is_empty() {
        ranges.push((0, u16::MAX));
    }
    let set = Intervals::of(ranges);
    protocol.map(|_| Ports {
        tcp: if tcp { set.clone() } else { Intervals::default() },
        udp: if udp { set.clone() } else { Intervals::default() },
    })
}

/// `443` or `8000-9000`.
pub(super) fn range(text: &str) -> Option<(u16, u16)> {
    match text.split_once('-') {
        Some((a, b)) => Some((a.trim().parse().ok()?, b.trim().parse().ok()?)),
        None => text.trim().parse().ok().map(|p| (p, p)),
    }
}

fn scripts(machine: &Resource, title: &Name, out: &mut Fragment) {
    let metadata = machine.body.block("metadata");
    let keys = ["startup-script", "user-data"];
    let inside = keys.iter().filter_map(|key| metadata.and_then(|m| m.get(key)));
    for script in inside.chain(machine.body.get("metadata_startup_script")) {
        super::instances::run(machine, script, title, out);
    }
}
