//! Servers of Linode, Scaleway and Vultr, with the firewalls in front of them. Their rules are read
//! in the order in which they stand, and a policy says what happens to everybody else.

use super::facts::{Nets, any, net, nets, not};
use super::gcp_network::range;
use super::nodes::{self, listed};
use super::security_groups::show_ports;
use super::world::{Join, World};
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Filter, Fragment, Layer, NodeKind, Rule, SourceSet};
use crate::model::net::{Addresses, Intervals, Ports};
use crate::source::Place;

/// Nobody documents what no firewall means, so that a server without one is open by a guess.
const UNGUARDED: &str = "no firewall of these files stands before it";

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for wall in world.of("linode_firewall") {
        out.filters.push(linode_firewall(wall));
    }
    for server in world.of("linode_instance") {
        linode(world, server, out);
    }
    for group in world.of("scaleway_instance_security_group") {
        out.filters.push(scaleway_group(world, group));
    }
    for server in world.of("scaleway_instance_server") {
        scaleway(server, out);
    }
    for group in world.of("vultr_firewall_group") {
        out.filters.push(vultr_group(world, group));
    }
    for server in world.of("vultr_instance") {
        vultr(server, out);
    }
}

/// Without interfaces of its own a Linode has a public one.
fn linode(world: &World, server: &Resource, out: &mut Fragment) {
    const SEE: &str =
        "provider docs, instance: a public address unless its interfaces say otherwise";
    let interfaces = server.body.list("interface");
    let told = interfaces.items.iter().map(|i| i.text("purpose").map(|p| &*p == "public"));
    let told = told.chain(interfaces.more.map(|(why, at)| Fact::Unknown(why, at)));
    let public = any(told, Fact::default(true, SEE, server.head));
    let mut walls = own_wall(server, "firewall_id");
    for wall in world.of("linode_firewall") {
        let named = wall.body.list("linodes").items.into_iter();
        let named = named.map(|item| world.value_join(item, server, &[], 2));
        let devices = world.of("linode_firewall_device").iter();
        let devices = devices
            .filter(|d| world.join(&d.body, "firewall_id", wall, &[]) == Join::Yes)
            .map(|d| world.join(&d.body, "entity_id", server, &[]));
        walls.extend(named.chain(devices).filter_map(|join| stands(wall, join)));
    }
    let script = server.body.block("metadata").and_then(|m| m.get("user_data"));
    stand(server, "Linode", &["label"], public, walls, script, out);
}

fn linode_firewall(wall: &Resource) -> Filter {
    let title = nodes::title("firewall", wall, &["label"]);
    let mut filter = start(wall, title);
    let disabled = wall.body.bool("disabled");
    if disabled.known() == Some(&true) {
        filter.rules.push(rest(wall, disabled.place(), "is switched off and admits everybody", 0));
        return filter;
    }
    let rules = wall.body.list("inbound");
    for (at, block) in rules.items.iter().enumerate() {
        let mut sources = nets(block, "ipv4");
        let more = nets(block, "ipv6");
        sources.known.extend(more.known);
        sources.shown.extend(more.shown);
        let ports = ports(&block.text("protocol"), &block.text("ports"), block.at);
        let allows = block.text("action").map(|a| a.eq_ignore_ascii_case("accept"));
        filter.rules.extend(rule(wall, block.at, &allows, ports, sources, at));
    }
    filter.more = rules.more;
    policy(wall, &wall.body.text("inbound_policy"), rules.items.len(), &mut filter);
    filter
}

/// A server has no public address unless it is given one (provider docs, `instance_server`).
fn scaleway(server: &Resource, out: &mut Fragment) {
    let body = &server.body;
    let dynamic =
        body.bool("enable_dynamic_ip").or_default(false, "provider docs, instance_server");
    let given = body.has("ip_id");
    let list = body.list("ip_ids");
    let several = list.items.iter().map(|item| Fact::written(true, item.at));
    let several = several.chain(list.more.map(|(why, at)| Fact::Unknown(why, at)));
    let public = any(several.chain([given, dynamic]), Fact::Unset(server.head));
    let mut walls = own_wall(server, "security_group_id");
    if walls.is_empty() {
        let why = Why::NotHere("the project's default security group".into());
        walls.push(Fact::Unknown(why, server.head));
    }
    let script = body.get("user_data").and_then(|data| data.get("cloud-init"));
    stand(server, "server", &["name"], public, walls, script.or(body.get("cloud_init")), out);
}

fn scaleway_group(world: &World, group: &Resource) -> Filter {
    let mut filter = start(group, nodes::title("security group", group, &["name"]));
    let rules = group.body.list("inbound_rule");
    let kinds = ["scaleway_instance_security_group_rules"];
    let (apart, open) = world.satellites(&kinds, "security_group_id", group, &[]);
    let apart: Vec<_> = apart.iter().flat_map(|r| r.body.list("inbound_rule").items).collect();
    let all: Vec<&Val> = rules.items.iter().copied().chain(apart).collect();
    for (at, block) in all.iter().enumerate() {
        let port = [block.text("port_range"), block.text("port")];
        let port = port.into_iter().find(|p| !p.is_unset()).unwrap_or(Fact::Unset(block.at));
        let protocol = block.text("protocol").or_default("TCP".into(), SCALEWAY);
        let keys = ["ip_range", "ip"];
        let told = keys.iter().filter_map(|key| block.get(key)).find(|v| !v.as_text().is_unset());
        let sources = match told {
            Some(value) => one(net(value), value),
            None => everybody(block.at, SCALEWAY),
        };
        let allows = block.text("action").map(|a| &*a == "accept");
        filter.rules.extend(rule(
            group,
            block.at,
            &allows,
            ports(&protocol, &port, block.at),
            sources,
            at,
        ));
    }
    filter.more = rules.more.or(open);
    let default = group.body.text("inbound_default_policy").or_default("accept".into(), SCALEWAY);
    policy(group, &default, all.len(), &mut filter);
    filter
}

const SCALEWAY: &str = "provider docs, instance_security_group";

fn vultr(server: &Resource, out: &mut Fragment) {
    let body = &server.body;
    let off = ["vpc_only", "disable_public_ipv4"].map(|key| body.bool(key));
    let off = off.into_iter().filter(|f| !f.is_unset());
    let private = any(off, Fact::default(false, "provider docs, instance", server.head));
    let walls = own_wall(server, "firewall_group_id");
    stand(
        server,
        "server",
        &["label", "hostname"],
        not(private),
        walls,
        body.get("user_data"),
        out,
    );
}

fn vultr_group(world: &World, group: &Resource) -> Filter {
    let mut filter = start(group, nodes::title("firewall group", group, &["description"]));
    let (rules, open) = world.satellites(&["vultr_firewall_rule"], "firewall_group_id", group, &[]);
    for own in rules {
        let body = &own.body;
        let at = body.get("subnet").map_or(own.head, |value| value.at);
        let sources = if body.text("source").known().is_some_and(|s| &**s == "cloudflare") {
            let why = Why::NotHere("Cloudflare's list of addresses".into());
            Nets { known: vec![Fact::Unknown(why, at)], shown: vec!["Cloudflare".to_owned()] }
        } else {
            subnet(body, at)
        };
        let ports = ports(&body.text("protocol"), &body.text("port"), at);
        let made = rule(own, at, &Fact::written(true, at), ports, sources, 0);
        filter.rules.extend(made.map(|rule| Rule { exists: own.exists.clone(), ..rule }));
    }
    filter.more = open;
    filter
}

/// Address and bits stand apart.
fn subnet(body: &Val, at: Place) -> Nets {
    match (body.text("subnet"), body.int("subnet_size")) {
        (Fact::Known(address, origin), Fact::Known(size, _)) => {
            let shown = format!("{address}/{size}");
            let known = match Addresses::parse(&shown) {
                Some(set) => Fact::Known(set, origin),
                None => Fact::Unknown(Why::NotUnderstood(shown.as_str().into()), at),
            };
            Nets { known: vec![known], shown: vec![shown] }
        }
        (Fact::Unknown(why, at), _) | (_, Fact::Unknown(why, at)) => {
            Nets { known: vec![Fact::Unknown(why, at)], shown: vec!["an unknown network".into()] }
        }
        _ => Nets { known: Vec::new(), shown: Vec::new() },
    }
}

/// A wall that stands before a machine, or may.
pub(super) fn stands(wall: &Resource, join: Join) -> Option<Fact<Address>> {
    match join {
        Join::Yes => Some(Fact::written(wall.address.clone(), wall.head)),
        Join::Maybe(why, at) => Some(Fact::Unknown(why, at)),
        Join::No => None,
    }
}

/// A machine with its walls and what its user data installs.
pub(super) fn stand(
    server: &Resource,
    what: &str,
    names: &[&str],
    public: Fact<bool>,
    walls: Vec<Fact<Address>>,
    script: Option<&Val>,
    out: &mut Fragment,
) {
    let title = nodes::title(what, server, names);
    out.nodes.push(nodes::node(server, NodeKind::Machine));
    let public = match public {
        Fact::Known(true, origin) if walls.is_empty() => Fact::guessed(true, UNGUARDED, origin.at),
        told => told,
    };
    for wall in walls {
        let place = wall.place();
        nodes::attach(wall, Layer::Firewall, &server.address, place, out);
    }
    nodes::ways(server, &title, public, "has a public address", out);
    if let Some(script) = script {
        super::instances::run(server, script, &title, out);
    }
}

fn own_wall(server: &Resource, key: &str) -> Vec<Fact<Address>> {
    server.body.get(key).map(Val::as_target).filter(|f| !f.is_unset()).into_iter().collect()
}

fn start(resource: &Resource, title: Name) -> Filter {
    Filter { stands_alone: true, ..nodes::filter(resource, Layer::Firewall, title) }
}

fn rule(
    wall: &Resource,
    at: Place,
    allows: &Fact<bool>,
    ports: Fact<Ports>,
    sources: Nets,
    order: usize,
) -> Option<Rule> {
    let allow = allows.known().copied().unwrap_or(true);
    let place = sources.known.first().map_or(at, Fact::place);
    let verb = if allow { "admits" } else { "turns away" };
    let say = format!("{verb} {} on {}", listed(&sources.shown), show_ports(&ports));
    let mut sources: Vec<_> = sources.known.into_iter().map(SourceSet::Addresses).collect();
    if let Fact::Unknown(why, at) = allows {
        sources = vec![SourceSet::Addresses(Fact::Unknown(why.clone(), *at))];
    }
    let rule = nodes::allow(sources, ports, wall, place, say);
    (!rule.sources.is_empty()).then(|| Rule { allow, priority: priority(order), ..rule })
}

/// What happens to those of whom no rule speaks.
fn policy(wall: &Resource, told: &Fact<Name>, order: usize, filter: &mut Filter) {
    match told {
        Fact::Known(word, origin) if word.eq_ignore_ascii_case("accept") => {
            filter.rules.push(rest(
                wall,
                origin.at,
                "admits everybody whom no rule turns away",
                order,
            ));
        }
        Fact::Unknown(why, at) => filter.more = filter.more.take().or(Some((why.clone(), *at))),
        _ => {}
    }
}

fn rest(wall: &Resource, at: Place, say: &str, order: usize) -> Rule {
    let ports = Fact::written(Ports::all(), at);
    let sources = vec![SourceSet::Addresses(Fact::written(Addresses::all(), at))];
    Rule { priority: priority(order), ..nodes::allow(sources, ports, wall, at, say.to_owned()) }
}

fn priority(order: usize) -> i64 {
    i64::try_from(order).unwrap_or(i64::MAX)
}

fn one(fact: Fact<Addresses>, value: &Val) -> Nets {
    Nets { known: vec![fact], shown: vec![super::facts::shown(value)] }
}

fn everybody(at: Place, see: &str) -> Nets {
    Nets { known: vec![Fact::default(Addresses::all(), see, at)], shown: vec!["everybody".into()] }
}

/// `80`, `8000-9000`, `8000:9000`, several with commas; nothing and 0 are every port.
fn ports(protocol: &Fact<Name>, port: &Fact<Name>, at: Place) -> Fact<Ports> {
    let set = match port {
        Fact::Unknown(why, at) => return Fact::Unknown(why.clone(), *at),
        Fact::Unset(_) => Some(vec![(0, u16::MAX)]),
        Fact::Known(text, _) => match text.trim() {
            "" | "0" | "0-0" => Some(vec![(0, u16::MAX)]),
            text => text.split(',').map(|part| range(&part.replace(':', "-"))).collect(),
        },
    };
    let Some(set) = set.map(Intervals::of) else {
        let text = port.known().cloned().unwrap_or_default();
        return Fact::Unknown(Why::NotUnderstood(text), port.place());
    };
    let none = Intervals::default;
    match protocol {
        Fact::Unknown(why, at) => Fact::Unknown(why.clone(), *at),
        Fact::Unset(_) => Fact::Unknown(Why::NoDefault("the protocol".into()), at),
        Fact::Known(name, origin) => {
            let ports = match name.to_ascii_lowercase().as_str() {
                "tcp" => Ports { tcp: set, udp: none() },
                "udp" => Ports { tcp: none(), udp: set },
                "any" => Ports { tcp: set.clone(), udp: set },
                _ => Ports::default(),
            };
            Fact::Known(ports, origin.clone())
        }
    }
}
