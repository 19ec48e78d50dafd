//! AWS security groups: rules inside them, rules apart from them, and what they stand in front of.

use super::facts::{nets, shown};
use super::nodes::{self, listed};
use super::world::World;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Fragment, Layer, Rule, RuleFor, SourceSet};
use crate::model::net::{Intervals, Ports};
use crate::source::Place;

const GROUPS: [&str; 2] = ["aws_security_group", "aws_default_security_group"];

/// Groups of the time before VPCs, each for one service and with no ports of its own.
/// NIFCLOUD has them still.
const CLASSIC: [&str; 4] = [
    "aws_db_security_group",
    "aws_redshift_security_group",
    "nifcloud_db_security_group",
    "nifcloud_nas_security_group",
];

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for group in world.each(&GROUPS) {
        out.filters.push(group_filter(group));
    }
    for group in world.each(&CLASSIC) {
        out.filters.push(classic_filter(group));
    }
    for rule in world.of("aws_security_group_rule") {
        if rule.body.text("type").known().is_none_or(|t| &**t == "ingress") {
            let said = Said::of_rule(&rule.body);
            push_apart(rule, said, out);
        }
    }
    for rule in world.of("aws_vpc_security_group_ingress_rule") {
        push_apart(rule, Said::of_single(world, &rule.body), out);
    }
}

fn group_filter(group: &Resource) -> crate::model::fragment::Filter {
    let title = nodes::title("security group", group, &["name"]);
    let mut filter = nodes::filter(group, Layer::SecurityGroup, title);
    // A VPC's default group is in front of everything that names none; it is never alone.
    filter.stands_alone = &*group.kind == "aws_security_group";
    let ingress = group.body.list("ingress");
    for block in &ingress.items {
        filter.rules.push(Said::of_block(block).rule(
            group,
            block.at,
            Fact::written(true, block.at),
        ));
    }
    filter.more = ingress.more;
    filter
}

/// Amazon Redshift answers on 5439 unless told otherwise (provider docs, `redshift_cluster`); the
/// port of an RDS database depends on its engine.
fn classic_filter(group: &Resource) -> crate::model::fragment::Filter {
    let title = nodes::title("security group", group, &["name", "group_name"]);
    let mut filter = nodes::filter(group, Layer::SecurityGroup, title);
    filter.stands_alone = true;
    let ports = match &*group.kind {
        "aws_redshift_security_group" => Ports::tcp(5439, 5439),
        // NFS and SMB, as the volume's protocol has it.
        "nifcloud_nas_security_group" => {
            Ports { tcp: Intervals::of(vec![(445, 445), (2049, 2049)]), udp: Intervals::default() }
        }
        _ => Ports::all(),
    };
    let ingress = group.body.list(if group.kind.starts_with("aws_") { "ingress" } else { "rule" });
    for block in &ingress.items {
        let see = "AWS: a group of this kind is for the service's own port";
        let ports = Fact::default(ports.clone(), see, block.at);
        let mut said = Said { sources: Vec::new(), shown: Vec::new(), ports, at: None };
        said.nets(block, &["cidr", "cidr_ip"]);
        if !said.sources.is_empty() {
            let exists = Fact::written(true, block.at);
            filter.rules.push(said.rule(group, block.at, exists));
        }
    }
    filter.more = ingress.more;
    filter
}

fn push_apart(resource: &Resource, said: Said, out: &mut Fragment) {
    let filter = resource.body.target("security_group_id");
    let rule = said.rule(resource, resource.head, resource.exists.clone());
    out.rules.push(RuleFor { filter, rule });
}

/// A rule as it is written.
struct Said {
    sources: Vec<SourceSet>,
    shown: Vec<String>,
    ports: Fact<Ports>,
    /// Where the sources, or failing that the rule, are written.
    at: Option<Place>,
}

impl Said {
    /// An `ingress` block.
    fn of_block(block: &Val) -> Said {
        let mut said = Said::new(block, "protocol");
        said.nets(block, &["cidr_blocks", "ipv6_cidr_blocks"]);
        said.prefix_lists(block);
        said.groups(block, "security_groups");
        said.itself(block);
        said
    }

    /// An `aws_security_group_rule`.
    fn of_rule(body: &Val) -> Said {
        let mut said = Said::new(body, "protocol");
        said.nets(body, &["cidr_blocks", "ipv6_cidr_blocks"]);
        said.prefix_lists(body);
        said.groups(body, "source_security_group_id");
        said.itself(body);
        if let Fact::Unknown(why, at) = body.text("type") {
            said.ports = Fact::Unknown(why, at);
        }
        said
    }

    /// An `aws_vpc_security_group_ingress_rule`, which has one source.
    fn of_single(world: &World, body: &Val) -> Said {
        let mut said = Said::new(body, "ip_protocol");
        said.nets(body, &["cidr_ipv4", "cidr_ipv6"]);
        said.groups(body, "referenced_security_group_id");
        if let Some(list) = body.get("prefix_list_id") {
            said.prefix_list(list, world);
        }
        said
    }

    fn new(body: &Val, protocol: &str) -> Said {
        Said { sources: Vec::new(), shown: Vec::new(), ports: ports(body, protocol), at: None }
    }

    fn nets(&mut self, body: &Val, keys: &[&str]) {
        for key in keys {
            let nets = nets(body, key);
            if let Some(first) = nets.known.first() {
                self.at.get_or_insert(first.place());
            }
            self.sources.extend(nets.known.into_iter().map(SourceSet::Addresses));
            self.shown.extend(nets.shown);
        }
    }

    fn groups(&mut self, body: &Val, key: &str) {
        let list = body.list(key);
        for item in &list.items {
            self.shown.push(shown(item));
            self.sources.push(match item.as_target() {
                Fact::Known(group, _) => SourceSet::MembersOf(group, item.at),
                // A group of another state: its members are nobody's public addresses.
                _ => SourceSet::MembersOf(outside(item), item.at),
            });
        }
        if let Some((_, at)) = list.more {
            self.shown.push("members of other groups".to_owned());
            self.sources.push(SourceSet::MembersOf(Address::new("aws:security-group/?"), at));
        }
    }

    fn prefix_lists(&mut self, body: &Val) {
        for item in body.list("prefix_list_ids").items {
            self.shown.push(format!("prefix list {}", shown(item)));
            self.sources.push(SourceSet::Addresses(Fact::Unknown(why(item), item.at)));
        }
    }

    fn prefix_list(&mut self, item: &Val, world: &World) {
        self.shown.push(format!("prefix list {}", shown(item)));
        let list = item.as_target().known().and_then(|a| world.find(a));
        let entries = list.filter(|l| &*l.kind == "aws_ec2_managed_prefix_list");
        let Some(list) = entries else {
            self.sources.push(SourceSet::Addresses(Fact::Unknown(why(item), item.at)));
            return;
        };
        for entry in list.body.list("entry").items {
            self.sources.extend(nets(entry, "cidr").known.into_iter().map(SourceSet::Addresses));
        }
    }

    fn itself(&mut self, body: &Val) {
        if body.bool("self").known() == Some(&true) {
            self.shown.push("its own members".to_owned());
            self.sources.push(SourceSet::Itself(body.at));
        }
    }

    fn rule(self, resource: &Resource, place: Place, exists: Fact<bool>) -> Rule {
        let who = listed(&self.shown);
        let say = format!("admits {who} on {}", show_ports(&self.ports));
        let at = self.at.unwrap_or(place);
        Rule { exists, ..nodes::allow(self.sources, self.ports, resource, at, say) }
    }
}

fn why(value: &Val) -> Why {
    value.why().unwrap_or_else(|| Why::NotHere(shown(value).into()))
}

/// A group by its id, in another state.
fn outside(value: &Val) -> Address {
    Address::new(format!("aws:security-group/{}", shown(value)))
}

/// The ports that a rule opens. `-1` and `all` open everything and ignore the numbers; protocol
/// numbers are IANA's; `icmp` counts types, not ports (provider docs, `security_group`).
pub(super) fn ports(body: &Val, protocol: &str) -> Fact<Ports> {
    let told = body.text(protocol);
    let name = match &told {
        Fact::Known(name, _) => name.to_ascii_lowercase(),
        Fact::Unset(at) => return Fact::Unknown(Why::NoDefault("the protocol".into()), *at),
        Fact::Unknown(why, at) => return Fact::Unknown(why.clone(), *at),
    };
    let (tcp, udp) = match name.as_str() {
        "-1" | "all" => return told.map(|_| Ports::all()),
        "tcp" | "6" => (true, false),
        "udp" | "17" => (false, true),
        _ => return told.map(|_| Ports::default()),
    };
    let (from, to) = (body.int("from_port"), body.int("to_port"));
    let (low, high) = match (&from, &to) {
        (Fact::Known(a, _), Fact::Known(b, _)) => (*a, *b),
        (Fact::Unknown(why, at), _) | (_, Fact::Unknown(why, at)) => {
            return Fact::Unknown(why.clone(), *at);
        }
        (Fact::Unset(at), _) | (_, Fact::Unset(at)) => {
            return Fact::Unknown(Why::NoDefault("the port".into()), *at);
        }
    };
    let clamp = |n: i64| u16::try_from(n.clamp(0, 65535)).unwrap_or(u16::MAX);
    // Terraform's -1 in both means all ports of the protocol.
    let range = if low < 0 { (0, u16::MAX) } else { (clamp(low), clamp(high)) };
    let set = Intervals::of(vec![range]);
    from.map(|_| Ports {
        tcp: if tcp { set.clone() } else { Intervals::default() },
        udp: if udp { set.clone() } else { Intervals::default() },
    })
}

/// "port 8123", "ports 8000-8999", "all ports".
pub(super) fn show_ports(ports: &Fact<Ports>) -> String {
    let Some(ports) = ports.known() else { return "ports that are not known".to_owned() };
    if *ports == Ports::all() {
        return "all ports".to_owned();
    }
    let mut out = Vec::new();
    for (set, end) in [(&ports.tcp, ""), (&ports.udp, "/udp")] {
        if ports.tcp == ports.udp && end == "/udp" {
            break;
        }
        for (a, b) in set.ranges().iter().take(4) {
            out.push(if a == b { format!("{a}{end}") } else { format!("{a}-{b}{end}") });
        }
    }
    match out.as_slice() {
        [] => "no port".to_owned(),
        [one] if !one.contains('-') => format!("port {one}"),
        _ => format!("ports {}", out.join(", ")),
    }
}

/// Puts the groups that an attribute names in front of a node; none named means the VPC's default
/// group, which admits only its own members (AWS docs, "Default security groups").
pub(super) fn attach(world: &World, resource: &Resource, keys: &[&str], out: &mut Fragment) {
    let node = &resource.address;
    let mut named = false;
    for (key, body) in keys.iter().map(|key| within(&resource.body, key)) {
        let Some(body) = body else { continue };
        for group in body.targets(key) {
            named = true;
            let place = group.place();
            nodes::attach(group, Layer::SecurityGroup, node, place, out);
        }
    }
    if named {
        return;
    }
    // What groups other clouds give those that name none, these files do not tell.
    if !resource.kind.starts_with("aws_") {
        let why = Why::NotHere("the service's default security group".into());
        let (at, to) = (resource.head, &resource.address);
        nodes::attach(Fact::Unknown(why, at), Layer::SecurityGroup, to, at, out);
        return;
    }
    attach_default(world, resource, out);
}

/// The block that holds the last part of a dotted key.
fn within<'k, 'v>(body: &'v Val, key: &'k str) -> (&'k str, Option<&'v Val>) {
    match key.rsplit_once('.') {
        Some((path, last)) => (last, path.split('.').try_fold(body, |b, part| b.block(part))),
        None => (key, Some(body)),
    }
}

fn attach_default(world: &World, resource: &Resource, out: &mut Fragment) {
    let place = resource.head;
    if let [group] = world.of("aws_default_security_group") {
        let filter =
            Fact::Known(group.address.clone(), crate::model::fact::Origin::written(group.head));
        nodes::attach(filter, Layer::SecurityGroup, &resource.address, place, out);
        return;
    }
    let title: Name = "the VPC's default security group".into();
    let mut filter = nodes::filter(resource, Layer::SecurityGroup, title);
    filter.address = Address::new(format!("{}/default-security-group", resource.address));
    filter.rules.push(nodes::allow(
        vec![SourceSet::Itself(place)],
        Fact::default(Ports::all(), "AWS: default security groups", place),
        resource,
        place,
        "admits its own members".to_owned(),
    ));
    let address = Fact::default(filter.address.clone(), "AWS: default security groups", place);
    out.filters.push(filter);
    nodes::attach(address, Layer::SecurityGroup, &resource.address, place, out);
}
