//! AWS subnets and routes: whether a public address in a subnet can be reached from the internet.

use super::facts::{and, any, or};
use super::world::{Join, World};
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Why};

const SUBNETS: [&str; 2] = ["aws_subnet", "aws_default_subnet"];
const TABLES: [&str; 2] = ["aws_route_table", "aws_default_route_table"];
const GATEWAYS: [&str; 1] = ["aws_internet_gateway"];

/// The subnet that an attribute names, if it is in these files.
pub(super) fn subnet<'a>(world: &World<'a>, body: &Val, key: &str) -> Option<&'a Resource> {
    world.named(body, key, &SUBNETS)
}

/// Whether what starts in a subnet gets a public address by itself.
pub(super) fn maps_public_addresses(subnet: &Resource) -> Fact<bool> {
    let by_default = &*subnet.kind == "aws_default_subnet";
    let see = format!("provider docs, {}", &subnet.kind[4..]);
    subnet.body.bool("map_public_ip_on_launch").or_default(by_default, &see)
}

/// A public address counts only where a route leads in from an internet gateway. `None` where the
/// files say nothing about routes: whoever gives out public addresses means them to work.
pub(super) fn internet_route(world: &World, subnet: &Resource) -> Option<Fact<bool>> {
    let tables = world.each(&TABLES);
    if tables.is_empty() && world.of("aws_route").is_empty() {
        return None;
    }
    for link in world.of("aws_route_table_association") {
        match world.join(&link.body, "subnet_id", subnet, &[]) {
            Join::Yes => {
                let table = world.named(&link.body, "route_table_id", &TABLES);
                return Some(match table {
                    Some(table) => leads_to_gateway(world, table),
                    None => unknown_table(link),
                });
            }
            Join::Maybe(why, at) => return Some(Fact::Unknown(why, at)),
            Join::No => {}
        }
    }
    Some(main_table(world, subnet))
}

/// The route table of subnets without an association.
fn main_table(world: &World, subnet: &Resource) -> Fact<bool> {
    let vpc = subnet.body.target("vpc_id");
    let same = |body: &Val| vpc.known().is_some() && body.target("vpc_id").known() == vpc.known();
    for link in world.of("aws_main_route_table_association") {
        if same(&link.body) {
            let table = world.named(&link.body, "route_table_id", &TABLES);
            return table.map_or_else(|| unknown_table(link), |t| leads_to_gateway(world, t));
        }
    }
    let defaults = world.of("aws_default_route_table").iter();
    let own = defaults.filter(|t| t.body.target("default_route_table_id").known() == vpc.known());
    let leads: Vec<_> = own.map(|t| leads_to_gateway(world, t)).collect();
    let here = vpc.known().and_then(|v| world.find(v)).is_some_and(|v| &*v.kind == "aws_vpc");
    if here {
        // A new VPC's main table has only the local route (AWS docs, "Route tables").
        any(leads, Fact::default(false, "AWS: main route tables", subnet.head))
    } else {
        let why = Why::NotHere("the VPC's main route table".into());
        any(leads, Fact::Unknown(why, subnet.head))
    }
}

fn unknown_table(link: &Resource) -> Fact<bool> {
    let why = Why::NotHere("the route table of the subnet".into());
    Fact::Unknown(why, link.body.get("route_table_id").map_or(link.head, |v| v.at))
}

fn leads_to_gateway(world: &World, table: &Resource) -> Fact<bool> {
    let inside = table.body.list("route");
    let mut open = Fact::written(false, table.head);
    for route in &inside.items {
        open = or(open, to_gateway(world, route, ["cidr_block", "ipv6_cidr_block"]));
    }
    if let Some((why, at)) = inside.more {
        open = or(open, Fact::Unknown(why, at));
    }
    let keys = ["destination_cidr_block", "destination_ipv6_cidr_block"];
    for route in world.of("aws_route") {
        open = match world.join(&route.body, "route_table_id", table, &[]) {
            Join::Yes => or(open, and(to_gateway(world, &route.body, keys), route.exists.clone())),
            Join::Maybe(why, at) => or(open, Fact::Unknown(why, at)),
            Join::No => open,
        };
    }
    open
}

/// Whether a route leads everywhere, through an internet gateway.
fn to_gateway(world: &World, route: &Val, keys: [&str; 2]) -> Fact<bool> {
    let Some(gateway) = route.get("gateway_id") else {
        return Fact::written(false, route.at);
    };
    let everywhere = any(
        keys.iter().filter_map(|k| route.get(k)).map(|v| {
            v.as_text().map(|t| matches!(&*t, "0.0.0.0/0" | "::/0" | "0.0.0.0/1" | "128.0.0.0/1"))
        }),
        Fact::written(false, route.at),
    );
    let through = match gateway.as_target() {
        Fact::Known(address, origin) => {
            let kind = world.find(&address).map(|r| &*r.kind);
            Fact::Known(kind.is_none_or(|k| GATEWAYS.contains(&k)), origin)
        }
        Fact::Unknown(Why::NotHere(id), at) => Fact::written(id.starts_with("igw-"), at),
        Fact::Unknown(why, at) => Fact::Unknown(why, at),
        Fact::Unset(at) => Fact::written(false, at),
    };
    and(everywhere, through)
}

/// Whether a public address works in any of some subnets.
pub(super) fn any_internet_route(world: &World, subnets: &[&Resource]) -> Option<Fact<bool>> {
    let told: Vec<_> = subnets.iter().map(|s| internet_route(world, s)).collect();
    if told.is_empty() || told.iter().any(Option::is_none) {
        return None;
    }
    told.into_iter().flatten().reduce(or)
}

/// The subnets that a list attribute names and that are in these files; `None` if others are too.
pub(super) fn subnets<'a>(world: &World<'a>, body: &Val, key: &str) -> Option<Vec<&'a Resource>> {
    let named = body.targets(key);
    let found = named.iter().map(|t| t.known().and_then(|a| world.find(a)));
    found
        .collect::<Option<Vec<_>>>()
        .filter(|all| !all.is_empty() && all.iter().all(|s| SUBNETS.contains(&&*s.kind)))
}
