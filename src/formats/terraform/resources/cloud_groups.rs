//! Security groups of Alibaba Cloud, Huawei Cloud, Naver, NIFCLOUD, `OpenStack`, Oracle, Tencent Cloud
//! and Yandex: whom their rules admit. The machines behind them are in `cloud_machines.rs`.

use super::facts::{nets, shown};
use super::gcp_network::range;
use super::nodes::{self, listed};
use super::security_groups::show_ports;
use super::world::World;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Filter, Fragment, Layer, Rule, RuleFor, SourceSet};
use crate::model::net::{Intervals, Ports};
use crate::source::Place;

/// Groups, with the blocks of rules that stand in them.
const GROUPS: [(&str, &str); 11] = [
    ("alicloud_security_group", ""),
    ("huaweicloud_networking_secgroup", ""),
    ("ncloud_access_control_group", ""),
    ("nifcloud_security_group", ""),
    ("oci_core_default_security_list", "ingress_security_rules"),
    ("oci_core_network_security_group", ""),
    ("oci_core_security_list", "ingress_security_rules"),
    ("openstack_networking_secgroup_v2", ""),
    ("tencentcloud_security_group", ""),
    ("yandex_vpc_default_security_group", "ingress"),
    ("yandex_vpc_security_group", "ingress"),
];

/// Rules that stand apart: each its own type, the attribute of its group, its direction.
const RULES: [(&str, &str, &str); 7] = [
    ("alicloud_security_group_rule", "security_group_id", "type"),
    ("huaweicloud_networking_secgroup_rule", "security_group_id", "direction"),
    ("nifcloud_security_group_rule", "security_group_names", "type"),
    ("oci_core_network_security_group_security_rule", "network_security_group_id", "direction"),
    ("openstack_networking_secgroup_rule_v2", "security_group_id", "direction"),
    ("tencentcloud_security_group_rule", "security_group_id", "type"),
    ("yandex_vpc_security_group_rule", "security_group_binding", "direction"),
];

/// All rules of a group in one resource, in the order in which they count.
const SETS: [(&str, &str, &str); 2] = [
    ("ncloud_access_control_group_rule", "access_control_group_no", "inbound"),
    ("tencentcloud_security_group_rule_set", "security_group_id", "ingress"),
];

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for (kind, blocks) in GROUPS {
        for group in world.of(kind) {
            out.filters.push(filter(group, blocks));
        }
    }
    for (kind, group, direction) in RULES {
        for own in world.of(kind) {
            let inward = own.body.text(direction);
            let inward = inward.known();
            if inward
                .is_none_or(|way| ["ingress", "in"].iter().any(|w| way.eq_ignore_ascii_case(w)))
            {
                let filter = own.body.targets(group).into_iter().next();
                let rule = rule(own, &own.body, own.exists.clone(), 0);
                apart(own, filter, rule, out);
            }
        }
    }
    for (kind, group, blocks) in SETS {
        for own in world.of(kind) {
            for (order, block) in own.body.list(blocks).items.into_iter().enumerate() {
                let rule = rule(own, block, own.exists.clone(), order);
                apart(own, Some(own.body.target(group)), rule, out);
            }
        }
    }
}

fn apart(own: &Resource, filter: Option<Fact<Address>>, rule: Option<Rule>, out: &mut Fragment) {
    let filter = filter.unwrap_or(Fact::Unset(own.head));
    out.rules.extend(rule.map(|rule| RuleFor { filter, rule }));
}

fn filter(group: &Resource, blocks: &str) -> Filter {
    let names = ["security_group_name", "display_name", "group_name", "name"];
    let title = nodes::title("security group", group, &names);
    let mut filter = nodes::filter(group, Layer::SecurityGroup, title);
    filter.stands_alone = true;
    if blocks.is_empty() {
        return filter;
    }
    let rules = group.body.list(blocks);
    let made = rules.items.iter();
    let exists = |block: &Val| Fact::written(true, block.at);
    filter.rules = made.filter_map(|b| rule(group, b, exists(b), 0)).collect();
    filter.more = rules.more;
    filter
}

/// Attributes that hold networks, and those that name other groups.
const NETS: [&str; 10] = [
    "cidr_ip",
    "ipv6_cidr_ip",
    "cidr_block",
    "ipv6_cidr_block",
    "ip_block",
    "remote_ip_prefix",
    "source",
    "v4_cidr_blocks",
    "v6_cidr_blocks",
    "cidr_ipv6",
];
const OTHERS: [&str; 8] = [
    "predefined_target",
    "remote_group_id",
    "security_group_id",
    "source_access_control_group_no",
    "source_security_group_id",
    "source_security_group_name",
    "source_security_id",
    "source_sgid",
];

fn rule(own: &Resource, block: &Val, exists: Fact<bool>, order: usize) -> Option<Rule> {
    let (mut sources, mut names, mut at) = (Vec::new(), Vec::new(), None);
    for key in NETS {
        // Oracle's other sources are services and groups.
        let kind = block.text("source_type");
        if key == "source" && kind.known().is_some_and(|kind| &**kind != "CIDR_BLOCK") {
            continue;
        }
        let nets = nets(block, key);
        at = at.or(nets.known.first().map(Fact::place));
        sources.extend(nets.known.into_iter().map(SourceSet::Addresses));
        names.extend(nets.shown);
    }
    // A rule that stands apart names its own group by the same word as another one.
    let own_group = RULES.iter().find(|(kind, ..)| *kind == &*own.kind).map(|(_, group, _)| *group);
    for key in OTHERS.iter().filter(|key| Some(**key) != own_group) {
        if let Some(value) = block.get(key) {
            names.push(format!("members of {}", shown(value)));
            let group = value.as_target().known().cloned();
            let group = group.unwrap_or_else(|| Address::new(format!("group/{}", shown(value))));
            sources.push(SourceSet::MembersOf(group, value.at));
        }
    }
    // `OpenStack`: neither a network nor a group means everybody (Neutron API, security group rules).
    if sources.is_empty() && (own.kind.starts_with("openstack") || own.kind.starts_with("huawei")) {
        let all = crate::model::net::Addresses::all();
        sources.push(SourceSet::Addresses(Fact::guessed(all, "no source is named", block.at)));
        names.push("everybody".to_owned());
    }
    if sources.is_empty() {
        return None;
    }
    let ports = ports(own, block);
    let words = ["policy", "action"].map(|key| block.text(key));
    let denies = |f: &Fact<Name>| {
        f.known().is_some_and(|w| ["drop", "deny"].iter().any(|no| w.eq_ignore_ascii_case(no)))
    };
    let allow = !words.iter().any(denies);
    let rank = block.int("priority").known().copied();
    let priority = rank.or(i64::try_from(order).ok()).unwrap_or_default();
    let verb = if allow { "admits" } else { "turns away" };
    let say = format!("{verb} {} on {}", listed(&names), show_ports(&ports));
    let made = nodes::allow(sources, ports, own, at.unwrap_or(block.at), say);
    Some(Rule { allow, priority, exists, ..made })
}

/// The ports of a rule: names of protocols and their numbers, ranges in one word or in two numbers.
fn ports(own: &Resource, block: &Val) -> Fact<Ports> {
    let told = ["ip_protocol", "protocol"].map(|key| block.text(key));
    let told = told.into_iter().find(|f| !f.is_unset());
    let all: Name = "all".into();
    let protocol = told.unwrap_or(Fact::default(all, "no protocol is named", block.at));
    let name = match &protocol {
        Fact::Known(name, _) => name.to_ascii_lowercase(),
        Fact::Unknown(why, at) => return Fact::Unknown(why.clone(), *at),
        Fact::Unset(at) => return Fact::Unknown(Why::NoDefault("the protocol".into()), *at),
    };
    let (tcp, udp) = match name.as_str() {
        // There the numbers say nothing (Alibaba Cloud docs, Security group rules).
        "all" if own.kind.starts_with("alicloud") => return protocol.map(|_| Ports::all()),
        "" | "all" | "any" | "-1" => (true, true),
        "tcp" | "6" => (true, false),
        "udp" | "17" => (false, true),
        _ => return protocol.map(|_| Ports::default()),
    };
    numbers(block).map(|set| Ports {
        tcp: if tcp { set.clone() } else { Intervals::default() },
        udp: if udp { set } else { Intervals::default() },
    })
}

fn numbers(block: &Val) -> Fact<Intervals<u16>> {
    let every = || Intervals::of(vec![(0, u16::MAX)]);
    let words = ["port_range", "ports", "port"].map(|key| block.text(key));
    if let Some(told) = words.into_iter().find(|f| !f.is_unset()) {
        return told.try_map(|text| {
            let text = text.trim();
            if text.is_empty() || text.starts_with("-1") || text.eq_ignore_ascii_case("all") {
                return Ok(every());
            }
            let parts = text.split(',').map(|part| range(&part.replace('/', "-")));
            let parts = parts.collect::<Option<Vec<_>>>().map(Intervals::of);
            parts.ok_or_else(|| Why::NotUnderstood(text.into()))
        });
    }
    let options = block.block("tcp_options").or_else(|| block.block("udp_options"));
    let options = options.map(|o| o.block("destination_port_range").unwrap_or(o));
    let pairs = [
        (block, "from_port", "to_port"),
        (block, "port_range_min", "port_range_max"),
        (options.unwrap_or(block), "min", "max"),
    ];
    let told = pairs.into_iter().find(|(body, from, _)| body.get(from).is_some());
    let Some((body, from, to)) = told else {
        return Fact::default(every(), "no ports are named", block.at);
    };
    let last = body.int(to).known().copied();
    body.int(from).map(|first| {
        let clamp = |n: i64| u16::try_from(n.clamp(0, 65535)).unwrap_or(u16::MAX);
        let last = last.unwrap_or(first);
        if first <= 0 && last <= 0 {
            every()
        } else {
            Intervals::of(vec![(clamp(first), clamp(last))])
        }
    })
}

/// Puts the groups that a machine names in front of it; where it names none, nobody knows which.
pub(super) fn attach(
    machine: &Resource,
    groups: Vec<Fact<Address>>,
    at: Place,
    out: &mut Fragment,
) {
    let named = !groups.is_empty();
    for group in groups {
        let place = group.place();
        nodes::attach(group, Layer::SecurityGroup, &machine.address, place, out);
    }
    if !named {
        let why = Why::NotHere("the network's default security group".into());
        nodes::attach(Fact::Unknown(why, at), Layer::SecurityGroup, &machine.address, at, out);
    }
}
