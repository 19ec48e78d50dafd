//! Servers of Hetzner Cloud and droplets of `DigitalOcean`, with the firewalls in front of them.

use super::facts::{any, nets, shown};
use super::gcp_network::range;
use super::nodes::{self, listed};
use super::security_groups::show_ports;
use super::virtual_servers::{stand, stands};
use super::world::{Join, World};
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Fragment, Layer, Rule, SourceSet};
use crate::model::net::{Intervals, Ports};

/// What the two clouds call the same things.
struct Cloud {
    server: &'static str,
    title: &'static str,
    firewall: &'static str,
    /// Blocks of a firewall's rules.
    rules: &'static str,
    port: &'static str,
    sources: &'static str,
    /// Other sources, which have no addresses in files.
    groups: &'static [&'static str],
    /// Whether a server has a public address.
    public: fn(&Val) -> Fact<bool>,
    /// Whether a firewall stands before a server.
    before: fn(&World, &Resource, &Resource) -> Join,
}

const CLOUDS: [Cloud; 2] = [
    Cloud {
        server: "hcloud_server",
        title: "server",
        firewall: "hcloud_firewall",
        rules: "rule",
        port: "port",
        sources: "source_ips",
        groups: &[],
        public: hetzner_address,
        before: hetzner_firewall,
    },
    Cloud {
        server: "digitalocean_droplet",
        title: "droplet",
        firewall: "digitalocean_firewall",
        rules: "inbound_rule",
        port: "port_range",
        sources: "source_addresses",
        groups: &["source_tags", "source_droplet_ids", "source_load_balancer_uids"],
        public: |body| {
            let told = body.bool("public_networking");
            told.or_default(true, "provider docs, droplet: a public address unless told otherwise")
        },
        before: droplet_firewall,
    },
];

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for cloud in &CLOUDS {
        let walls = world.of(cloud.firewall);
        for wall in walls {
            cloud.filter(wall, out);
        }
        for server in world.of(cloud.server) {
            cloud.server(world, server, walls, out);
        }
    }
}

impl Cloud {
    fn server(&self, world: &World, server: &Resource, walls: &[&Resource], out: &mut Fragment) {
        // Walls that a server names by itself, also those of other files.
        let mut before = server.body.targets("firewall_ids");
        before.extend(
            walls.iter().filter_map(|wall| stands(wall, (self.before)(world, wall, server))),
        );
        let script = server.body.get("user_data");
        stand(server, self.title, &["name"], (self.public)(&server.body), before, script, out);
    }

    fn filter(&self, wall: &Resource, out: &mut Fragment) {
        let mut filter =
            nodes::filter(wall, Layer::Firewall, nodes::title("firewall", wall, &["name"]));
        filter.stands_alone = true;
        let rules = wall.body.list(self.rules);
        filter.rules = rules.items.iter().filter_map(|rule| self.rule(wall, rule)).collect();
        filter.more = rules.more;
        out.filters.push(filter);
    }

    fn rule(&self, wall: &Resource, block: &Val) -> Option<Rule> {
        if block.text("direction").known().is_some_and(|direction| &**direction != "in") {
            return None;
        }
        let ports = self.ports(block);
        let told = nets(block, self.sources);
        let at = told.known.first().map_or(block.at, Fact::place);
        let mut sources: Vec<_> = told.known.into_iter().map(SourceSet::Addresses).collect();
        let mut words = told.shown;
        for item in self.groups.iter().flat_map(|key| block.list(key).items) {
            let name = shown(item);
            sources.push(SourceSet::MembersOf(Address::new(format!("server:{name}")), item.at));
            words.push(format!("machines of {name}"));
        }
        let say = format!("admits {} on {}", listed(&words), show_ports(&ports));
        (!sources.is_empty()).then(|| nodes::allow(sources, ports, wall, at, say))
    }

    /// `80`, `8000-9000`; `any`, `all` and 0 are every port (provider docs, firewall).
    fn ports(&self, block: &Val) -> Fact<Ports> {
        let protocol = block.text("protocol");
        let port = block.text(self.port);
        let of = |tcp: bool, set: Intervals<u16>| {
            let none = Intervals::default();
            if tcp { Ports { tcp: set, udp: none } } else { Ports { tcp: none, udp: set } }
        };
        match (protocol, port) {
            (Fact::Unknown(why, at), _) | (_, Fact::Unknown(why, at)) => Fact::Unknown(why, at),
            (Fact::Known(name, _), port) if matches!(&*name, "tcp" | "udp") => {
                let tcp = &*name == "tcp";
                let everything = || of(tcp, Intervals::of(vec![(0, u16::MAX)]));
                match port {
                    Fact::Known(text, origin) => match (&*text, range(&text)) {
                        ("any" | "all" | "0", _) => Fact::Known(everything(), origin),
                        (_, Some(range)) => {
                            Fact::Known(of(tcp, Intervals::of(vec![range])), origin)
                        }
                        _ => Fact::Unknown(Why::NotUnderstood(text), origin.at),
                    },
                    _ => Fact::Unknown(Why::NoDefault("the port".into()), block.at),
                }
            }
            (other, _) => other.map(|_| Ports::default()),
        }
    }
}

/// Without the block a server gets both public addresses (provider docs, server).
fn hetzner_address(body: &Val) -> Fact<bool> {
    const SEE: &str = "provider docs, server: public addresses unless told otherwise";
    let blocks = body.list("public_net");
    let told = blocks.items.iter().flat_map(|block| {
        ["ipv4_enabled", "ipv6_enabled"].map(|key| block.bool(key).or_default(true, SEE))
    });
    let told = told.chain(blocks.more.map(|(why, at)| Fact::Unknown(why, at)));
    any(told, Fact::default(true, SEE, body.at))
}

fn hetzner_firewall(world: &World, wall: &Resource, server: &Resource) -> Join {
    let applied = wall.body.list("apply_to").items;
    let inside = applied.into_iter().flat_map(|block| {
        [world.join(block, "server", server, &[]), by_label(block, "label_selector")]
    });
    let apart = world
        .of("hcloud_firewall_attachment")
        .iter()
        .filter(|attachment| world.join(&attachment.body, "firewall_id", wall, &[]) == Join::Yes);
    let apart = apart.flat_map(|attachment| {
        [
            within(world, &attachment.body, "server_ids", server),
            by_label(&attachment.body, "label_selectors"),
        ]
    });
    strongest(inside.chain(apart))
}

/// Nobody here reads selectors.
fn by_label(body: &Val, key: &str) -> Join {
    match body.get(key) {
        Some(value) => Join::Maybe(Why::NotUnderstood("a selector of labels".into()), value.at),
        None => Join::No,
    }
}

fn droplet_firewall(world: &World, wall: &Resource, droplet: &Resource) -> Join {
    let named = within(world, &wall.body, "droplet_ids", droplet);
    let tags = droplet.body.list("tags").items;
    let tagged = wall.body.list("tags").items.into_iter().flat_map(|tag| {
        tags.iter().map(move |own| match (tag_name(world, tag), tag_name(world, own)) {
            (Fact::Known(a, _), Fact::Known(b, _)) if a == b => Join::Yes,
            (Fact::Known(..), Fact::Known(..)) => Join::No,
            _ => World::same(tag, own),
        })
    });
    strongest(std::iter::once(named).chain(tagged))
}

/// A tag's identity is its name (provider docs, tag).
fn tag_name(world: &World, value: &Val) -> Fact<Name> {
    let tag = value.as_target().known().and_then(|address| world.find(address));
    match tag.filter(|tag| &*tag.kind == "digitalocean_tag") {
        Some(tag) => tag.body.text("name"),
        None => value.as_text(),
    }
}

/// Whether a list names a resource.
fn within(world: &World, body: &Val, key: &str, owner: &Resource) -> Join {
    let list = body.list(key);
    let known = list.items.iter().map(|item| world.value_join(item, owner, &[], 2));
    strongest(known.chain(list.more.map(|(why, at)| Join::Maybe(why, at))))
}

fn strongest(joins: impl Iterator<Item = Join>) -> Join {
    joins.fold(Join::No, |best, join| match (&best, &join) {
        (Join::Yes, _) | (Join::Maybe(..), Join::No | Join::Maybe(..)) => best,
        _ => join,
    })
}
