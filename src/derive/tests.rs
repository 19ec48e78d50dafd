//! Reach over small graphs, told as words: nodes, hops, filters in front of nodes.

use super::ways::{self, Ways};
use crate::catalog::Catalog;
use crate::link;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Address, Attach, Filter, Fragment, Hop, Layer, Node, NodeKind, PortEnd, PortMap, PortPair, Ref,
    Rule, SourceSet,
};
use crate::model::net::{Addresses, Ports};
use crate::source::{FileId, Place, Source, Sources};

fn at(line: u32) -> Place {
    Place { file: FileId(0), start: line, end: line + 1 }
}

fn node(name: &str) -> Node {
    Node {
        address: Address::new(name),
        aliases: Vec::new(),
        kind: NodeKind::Machine,
        place: at(0),
        exists: Fact::written(true, at(0)),
        pod: None,
    }
}

fn hop(from: Ref, to: &str) -> Hop {
    Hop {
        from,
        to: Ref::To(Address::new(to)),
        ports: PortMap::Same,
        open: Fact::written(true, at(1)),
        proxy: false,
        ends_tls: false,
        only_from: None,
        asks: None,
        place: at(1),
        say: format!("to {to}").into(),
    }
}

fn to(name: &str) -> Ref {
    Ref::To(Address::new(name))
}

fn pairs(from: u16, end: u16) -> PortMap {
    PortMap::Pairs(vec![PortPair {
        from: Some((from, from)),
        to: PortEnd::Number(end),
        udp: false,
        place: at(1),
    }])
}

/// `allow 10.0.0.0/8 80-90`, `deny 0.0.0.0/0 1-65535`, `allow @group 80-80`, `allow ? 80-80`;
/// earlier rules have the lower priority number.
fn filter(name: &str, layer: Layer, rules: &[&str]) -> Filter {
    let parse = |(i, text): (usize, &&str)| {
        let words: Vec<&str> = text.split(' ').collect();
        let (from, until) = words[2].split_once('-').unwrap();
        let source = match words[1] {
            "?" => SourceSet::Addresses(Fact::Unknown(Why::Variable("cidr".into()), at(2))),
            "itself" => SourceSet::Itself(at(2)),
            group if group.starts_with('@') => {
                SourceSet::MembersOf(Address::new(&group[1..]), at(2))
            }
            net => SourceSet::Addresses(Fact::written(Addresses::parse(net).unwrap(), at(2))),
        };
        Rule {
            allow: words[0] == "allow",
            priority: i64::try_from(i).unwrap(),
            sources: vec![source],
            ports: Fact::written(Ports::tcp(from.parse().unwrap(), until.parse().unwrap()), at(2)),
            place: at(2),
            whole: at(2),
            exists: Fact::written(true, at(2)),
            say: Name::from(*text),
        }
    };
    Filter {
        address: Address::new(name),
        layer,
        title: name.into(),
        place: at(2),
        whole: at(2),
        exists: Fact::written(true, at(2)),
        rules: rules.iter().enumerate().map(parse).collect(),
        more: None,
        stands_alone: false,
    }
}

fn attach(name: &str, layer: Layer, node: &str) -> Attach {
    Attach { filter: Fact::written(Address::new(name), at(3)), layer, to: to(node), place: at(3) }
}

/// Sure and possible circle of a port of node `db`.
fn check(fragment: Fragment, port: u16, expected: &str) {
    let sources = Sources::new(vec![Source { path: "a".into(), text: "".into() }]);
    let estate = link::link(fragment, &Catalog::default(), &sources);
    let db = estate.nodes.iter().position(|n| &*n.address.0 == "db").unwrap();
    let reach = ways::reach(&Ways::new(&estate).to_port(db, Some(port), false));
    assert_eq!(format!("{} {}", reach.sure, reach.may), expected);
}

fn machine(rules: &[&str]) -> Fragment {
    Fragment {
        nodes: vec![node("db")],
        hops: vec![hop(Ref::Internet, "db"), hop(Ref::Network, "db")],
        filters: vec![filter("sg", Layer::SecurityGroup, rules)],
        attaches: vec![attach("sg", Layer::SecurityGroup, "db")],
        ..Fragment::default()
    }
}

#[test]
fn a_filter_admits_what_its_rules_admit() {
    check(machine(&["allow 0.0.0.0/0 80-90"]), 85, "internet internet");
    check(machine(&["allow 0.0.0.0/0 80-90"]), 91, "none none");
    check(machine(&[]), 80, "none none");
    check(machine(&["allow 10.0.0.0/8 80-80"]), 80, "private-network private-network");
    check(machine(&["allow 198.41.128.0/17 80-80"]), 80, "internet-restricted internet-restricted");
    check(machine(&["allow itself 80-80"]), 80, "members members");
}

#[test]
fn halves_of_the_internet_make_the_whole() {
    let rules = ["allow 0.0.0.0/1 80-80", "allow 128.0.0.0/1 80-80"];
    check(machine(&rules), 80, "internet internet");
}

#[test]
fn an_earlier_denial_wins_over_a_later_permission() {
    check(machine(&["deny 0.0.0.0/0 1-65535", "allow 0.0.0.0/0 80-80"]), 80, "none none");
    check(machine(&["allow 0.0.0.0/0 80-80", "deny 0.0.0.0/0 1-65535"]), 80, "internet internet");
}

#[test]
fn what_is_unknown_widens_only_what_may_be() {
    check(machine(&["allow ? 80-80"]), 80, "none internet");
    check(machine(&["allow 10.0.0.0/8 80-80", "allow ? 80-80"]), 80, "private-network internet");
    // An unknown denial takes the certainty and nothing else.
    check(machine(&["deny ? 80-80", "allow 0.0.0.0/0 80-80"]), 80, "none internet");
}

#[test]
fn filters_of_one_layer_are_united_and_layers_are_intersected() {
    let mut two = machine(&["allow 10.0.0.0/8 80-80"]);
    two.filters.push(filter("second", Layer::SecurityGroup, &["allow 0.0.0.0/0 80-80"]));
    two.attaches.push(attach("second", Layer::SecurityGroup, "db"));
    check(two, 80, "internet internet");

    let mut layers = machine(&["allow 0.0.0.0/0 80-80"]);
    layers.filters.push(filter("acl", Layer::Subnet, &["allow 10.0.0.0/8 1-65535"]));
    layers.attaches.push(attach("acl", Layer::Subnet, "db"));
    check(layers, 80, "private-network private-network");
}

#[test]
fn a_filter_that_is_not_here_may_admit_anybody() {
    let mut fragment = machine(&[]);
    fragment.filters.clear();
    check(fragment, 80, "none internet");
}

fn behind_balancer(proxy: bool, rules: &[&str]) -> Fragment {
    Fragment {
        nodes: vec![node("lb"), node("db")],
        hops: vec![
            hop(Ref::Internet, "lb"),
            Hop { proxy, ports: pairs(443, 80), ..hop(to("lb"), "db") },
        ],
        filters: vec![
            filter("front", Layer::SecurityGroup, &["allow 0.0.0.0/0 443-443"]),
            filter("back", Layer::SecurityGroup, rules),
        ],
        attaches: vec![
            attach("front", Layer::SecurityGroup, "lb"),
            attach("back", Layer::SecurityGroup, "db"),
        ],
        ..Fragment::default()
    }
}

#[test]
fn ports_are_mapped_along_the_way() {
    check(behind_balancer(false, &["allow 0.0.0.0/0 80-80"]), 80, "internet internet");
    check(behind_balancer(false, &["allow 0.0.0.0/0 80-80"]), 443, "none none");
}

#[test]
fn a_group_that_names_the_balancers_group_admits_whom_the_balancer_admits() {
    check(behind_balancer(true, &["allow @front 80-80"]), 80, "internet internet");
    check(behind_balancer(true, &["allow @other 80-80"]), 80, "none none");
    check(behind_balancer(true, &["allow 10.0.0.0/8 80-80"]), 80, "internet internet");
    // Without a proxy the filter sees the client's own address.
    check(behind_balancer(false, &["allow 10.0.0.0/8 80-80"]), 80, "none none");
}

#[test]
fn a_loop_of_hops_ends() {
    let mut fragment = machine(&["allow 0.0.0.0/0 80-80"]);
    fragment.nodes.push(node("b"));
    fragment.hops.push(hop(to("db"), "b"));
    fragment.hops.push(hop(to("b"), "db"));
    check(fragment, 80, "internet internet");
}
