//! Stores that a cloud runs, by their cards.

mod allow_list;
mod read;
mod tenants;

use super::facts::{and, any};
use super::network;
use super::nodes;
use super::security_groups;
use super::world::{Join, World};
use crate::catalog::resource::{EndpointCard, ResourceCard, Satellite, Source, WayCard};
use crate::formats::terraform::value::Resource;
use crate::model::concept::{Identity, Secret};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{EndpointDraft, Fragment, Layer, Login, NodeKind, Store};
use crate::model::net::Addresses;
use read::Reader;

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for resource in world.managed() {
        let card = world.catalog.resource(&resource.kind);
        if let Some(card) = card.filter(|card| !of_another(world, resource, card)) {
            store(world, resource, card, out);
        }
    }
    for card in world.catalog.resources.naming(world.kinds()) {
        allow_list::elsewhere(world, card, out);
    }
}

/// Whether it is a part of something in these files, whose card then speaks for it.
fn of_another(world: &World, resource: &Resource, card: &ResourceCard) -> bool {
    let Some(whole) = &card.part_of else { return false };
    let names: Vec<&str> = whole.names.iter().map(String::as_str).collect();
    let by = whole.by.as_deref().unwrap_or("id");
    let wholes = whole.of.iter().flat_map(|kind| world.of(kind));
    wholes.into_iter().any(|w| world.join(&resource.body, by, w, &names) != Join::No)
}

/// What stands in front of the whole is not here either.
fn unseen_groups(resource: &Resource, whole: &Satellite, out: &mut Fragment) {
    let what = whole.of.as_deref().unwrap_or_default();
    let why = Why::NotHere(format!("the `{what}` that `{}` belongs to", resource.spelled).into());
    let at = resource.head;
    nodes::attach(Fact::Unknown(why, at), Layer::SecurityGroup, &resource.address, at, out);
}

fn store(world: &World, resource: &Resource, card: &ResourceCard, out: &mut Fragment) {
    let reader = Reader { world, resource };
    let names: Vec<&str> = card.name.iter().map(String::as_str).collect();
    let title = nodes::title(&card.title, resource, &names);
    out.nodes.push(nodes::node(resource, NodeKind::Managed));
    ways(&reader, card, &title, out);
    if let Some(keys) = &card.groups {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        security_groups::attach(world, resource, &keys, out);
    }
    if let Some(whole) = &card.part_of {
        unseen_groups(resource, whole, out);
    }
    if let Some(list) = &card.allow_list {
        allow_list::lower(&reader, list, &title, out);
    }
    out.stores.push(described(&reader, card, &names, title));
    secrets(resource, card, out);
}

fn ways(reader: &Reader, card: &ResourceCard, title: &Name, out: &mut Fragment) {
    let resource = reader.resource;
    for way in &card.way {
        let mut open = reader.bool(&way.when);
        if let Some(route) = route(reader.world, resource) {
            open = and(open, route);
        }
        let say = format!("{title} {}", way.say);
        let place = open.place();
        let from = crate::model::fragment::Ref::Internet;
        out.hops.push(nodes::way(from, &resource.address, open, place, &say));
    }
    if card.network {
        out.hops.push(nodes::network_way(&resource.address, title, resource.head));
    }
}

/// Whether a public address works where the store stands, if these files tell.
fn route(world: &World, resource: &Resource) -> Option<Fact<bool>> {
    let groups = [
        ("db_subnet_group_name", "aws_db_subnet_group"),
        ("cluster_subnet_group_name", "aws_redshift_subnet_group"),
        ("neptune_subnet_group_name", "aws_neptune_subnet_group"),
    ];
    let group = groups.iter().find_map(|(key, kind)| world.named(&resource.body, key, &[kind]))?;
    let subnets = network::subnets(world, &group.body, "subnet_ids")?;
    network::any_internet_route(world, &subnets)
}

fn described(reader: &Reader, card: &ResourceCard, names: &[&str], title: Name) -> Store {
    let resource = reader.resource;
    let told = names.iter().find_map(|n| resource.body.text(n).known().cloned());
    let name = told.unwrap_or(resource.name.clone());
    let base = Store::new(resource.address.clone(), name, title, resource.head);
    let facts = &card.facts;
    let flag = |source: &Option<Source>| {
        source.as_ref().map_or(Fact::Unset(resource.head), |s| reader.bool(s))
    };
    let (unset_days, unset_text) = (|| Fact::Unset(resource.head), || Fact::Unset(resource.head));
    Store {
        engine: reader.text(&card.engine),
        kind: card.store.as_str().into(),
        managed: true,
        whole: resource.whole,
        exists: resource.exists.clone(),
        endpoints: card.endpoint.iter().map(|e| endpoint(reader, e)).collect(),
        logins: card.login.iter().map(|l| login(resource, card, reader.text(&l.proof))).collect(),
        encrypted_at_rest: flag(&facts.encrypted_at_rest),
        audit_log: flag(&facts.audit_log),
        product_log: flag(&facts.product_log),
        tls_required: flag(&facts.tls_required),
        node_tls: flag(&facts.node_tls),
        public_switch: public_switch(reader, card),
        tenants_admitted: tenants::admitted(reader, card),
        backup_days: facts.backup_days.as_ref().map_or_else(unset_days, |s| reader.int(s)),
        tls_version: facts.tls_version.as_ref().map_or_else(unset_text, |s| reader.text(s)),
        ..base
    }
}

/// The switch that gives a public address. A service that has one by its nature has no switch.
fn public_switch(reader: &Reader, card: &ResourceCard) -> Fact<bool> {
    let told = |way: &&WayCard| {
        let readings = way.when.readings();
        readings.iter().any(|r| r.attr.is_some()) && readings.iter().all(|r| r.guess.is_none())
    };
    let switches = card.way.iter().filter(told);
    let told = switches.map(|way| reader.bool(&way.when));
    any(told, Fact::Unset(reader.resource.head))
}

fn endpoint(reader: &Reader, card: &EndpointCard) -> EndpointDraft {
    let place = reader.resource.head;
    EndpointDraft {
        port: reader.int(&card.port).try_map(|n| {
            u16::try_from(n).map_err(|_| Why::NotUnderstood(format!("port {n}").into()))
        }),
        udp: false,
        protocol: card.protocol.as_str().into(),
        role: card.role.as_str().into(),
        tls: card.tls.as_ref().map_or(Fact::Unset(place), |s| reader.bool(s)),
        bind: Fact::default(Addresses::all(), "a managed service listens for its network", place),
        asks: Fact::default(true, "logins of a managed service hold on every port", place),
        place,
    }
}

/// The way into a managed store.
pub(super) fn plain_login(resource: &Resource, proof: Fact<Name>) -> Login {
    let place = proof.place();
    Login {
        name: "*".into(),
        proof,
        networks: Fact::default(Addresses::all(), "accounts of a managed service", place),
        password_in_clear: Fact::Unset(place),
        admin: Fact::Unset(place),
        rights: Fact::Unset(place),
        place,
        whole: resource.whole,
    }
}

fn login(resource: &Resource, card: &ResourceCard, proof: Fact<Name>) -> Login {
    let written = card.passwords.iter().map(|key| resource.body.text(key));
    let clear = written.filter(|p| !p.is_unset()).find_map(|p| match p {
        Fact::Known(text, origin) => Some(Fact::Known(!text.is_empty(), origin)),
        _ => None,
    });
    let base = plain_login(resource, proof);
    let password_in_clear =
        clear.unwrap_or_else(|| Fact::written(false, base.password_in_clear.place()));
    Login { password_in_clear, ..base }
}

/// Passwords that can be read in the files.
fn secrets(resource: &Resource, card: &ResourceCard, out: &mut Fragment) {
    for key in &card.passwords {
        let Fact::Known(text, origin) = resource.body.text(key) else { continue };
        if text.is_empty() {
            continue;
        }
        let mut secret = Secret::new(Identity {
            address: format!("{}#{key}", resource.address).into(),
            subject: resource.address.0.clone(),
            title: format!("`{key}` of {}", resource.spelled).into(),
            place: origin.at,
            whole: resource.whole,
            exists: resource.exists.clone(),
        });
        secret.name = Fact::written(key.as_str().into(), origin.at);
        secret.kind = Fact::written("password".into(), origin.at);
        secret.in_clear = Fact::Known(true, origin.clone());
        secret.well_known = Fact::written(false, origin.at);
        out.secrets.push(secret);
    }
}
