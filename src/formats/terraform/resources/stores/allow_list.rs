//! A service's own list of client addresses, by its card.

use super::read::Reader;
use super::tenants;
use crate::catalog::resource::{AllowCard, AllowRule, Empty, ResourceCard};
use crate::formats::terraform::resources::facts::{net, shown};
use crate::formats::terraform::resources::nodes;
use crate::formats::terraform::resources::world::{Join, World};
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Filter, Fragment, Layer, Rule, SourceSet};
use crate::model::net::{Addresses, Ports};
use crate::source::Place;

pub(super) fn lower(reader: &Reader, card: &AllowCard, title: &Name, out: &mut Fragment) {
    let resource = reader.resource;
    let name: Name = format!("{} of {title}", card.title).into();
    let mut filter = nodes::filter(resource, Layer::AllowList, name);
    filter.address = Address::new(format!("{}/allow-list", resource.address));
    let mut told = false;
    for rule in &card.rule {
        told |= collect(reader, rule, &mut filter);
    }
    if !told && filter.more.is_none() && card.empty == Empty::Everybody {
        return;
    }
    let at = resource.head;
    let address = Fact::default(filter.address.clone(), card.see.as_str(), at);
    out.filters.push(filter);
    nodes::attach(address, Layer::AllowList, &resource.address, at, out);
}

/// Entries for stores that stand in other files: each is a filter with nothing behind it.
pub(super) fn elsewhere(world: &World, card: &ResourceCard, out: &mut Fragment) {
    let rules = card.allow_list.iter().flat_map(|list| &list.rule);
    for rule in rules {
        let (Some(kind), Some(by)) = (&rule.satellite.of, &rule.satellite.by) else { continue };
        let names: Vec<&str> = rule.satellite.names.iter().map(String::as_str).collect();
        for entry in world.of(kind) {
            let joins = |store: &&Resource| world.join(&entry.body, by, store, &names) != Join::No;
            if world.managed().filter(|r| card.is_for(&r.kind)).any(|r| joins(&r)) {
                continue;
            }
            let title = nodes::title("allow-list entry", entry, &["name"]);
            let mut filter = nodes::filter(entry, Layer::AllowList, title);
            entries(rule, entry, &mut filter);
            filter.stands_alone = true;
            let reader = Reader { world, resource: entry };
            tenants::elsewhere(rule, &reader.text(&card.engine), entry, out);
            let port = card.endpoint.first().map(|endpoint| reader.int(&endpoint.port));
            if let Some(Ok(port)) = port.and_then(|p| p.known().map(|n| u16::try_from(*n))) {
                for rule in &mut filter.rules {
                    rule.ports = rule.ports.clone().map(|_| Ports::tcp(port, port));
                }
            }
            out.filters.push(filter);
        }
    }
}

/// Whether anything is listed at all.
fn collect(reader: &Reader, card: &AllowRule, filter: &mut Filter) -> bool {
    if card.satellite.of.is_none() {
        return entries(card, reader.resource, filter);
    }
    let (sure, open) = reader.satellites(&card.satellite);
    let mut told = false;
    for satellite in sure {
        told |= entries(card, satellite, filter);
    }
    if filter.more.is_none() {
        filter.more = open;
    }
    told
}

/// The entries that stand in one resource.
fn entries(card: &AllowRule, resource: &Resource, filter: &mut Filter) -> bool {
    let Some(attr) = &card.attr else {
        entry(card, &resource.body, resource, resource.head, filter);
        return true;
    };
    let (holder, key) = match attr.rsplit_once('.') {
        Some((path, key)) => {
            (path.split('.').try_fold(&resource.body, |body, part| body.block(part)), key)
        }
        None => (Some(&resource.body), attr.as_str()),
    };
    let Some(holder) = holder else { return false };
    let list = holder.list(key);
    for item in &list.items {
        entry(card, item, resource, item.at, filter);
    }
    filter.more = filter.more.take().or(list.more);
    // The old form of a list is one text, which may be empty.
    list.items.iter().any(|item| item.as_text().known().is_none_or(|text| !text.is_empty()))
}

fn entry(card: &AllowRule, value: &Val, resource: &Resource, at: Place, filter: &mut Filter) {
    let counts = card
        .only
        .iter()
        .all(|(key, wanted)| value.text(key).known().is_none_or(|told| **told == **wanted));
    if !counts {
        return;
    }
    let (sources, shown) = if let (Some(from), Some(to)) = (&card.from, &card.to) {
        range(value, from, to)
    } else {
        let (sources, shown) = networks(card, value);
        // In Azure's lists it means Azure (`tenants`).
        let meant = |fact| if tenants::in_azure(resource) { fact } else { everybody(fact) };
        (sources.into_iter().map(meant).collect(), shown)
    };
    if sources.is_empty() {
        return;
    }
    let at = sources.first().map_or(at, Fact::place);
    let sources = sources.into_iter().map(SourceSet::Addresses).collect();
    let ports = Fact::default(Ports::all(), "allow-lists know no ports", at);
    let say = format!("admits {}", nodes::listed(&shown));
    filter.rules.push(Rule {
        exists: resource.exists.clone(),
        ..nodes::allow(sources, ports, resource, at, say)
    });
}

/// `0.0.0.0` is no host's address: who lists it alone means everybody. ClickHouse's own examples
/// call it "Anywhere".
fn everybody(fact: Fact<Addresses>) -> Fact<Addresses> {
    match fact {
        Fact::Known(set, origin) if Some(&set) == Addresses::parse("0.0.0.0").as_ref() => {
            Fact::guessed(
                Addresses::all(),
                "`0.0.0.0` is written where everybody is meant",
                origin.at,
            )
        }
        told => told,
    }
}

fn networks(card: &AllowRule, value: &Val) -> (Vec<Fact<Addresses>>, Vec<String>) {
    let keys = match &card.net {
        None => return one(value),
        Some(names) => names.all(),
    };
    let told = keys.iter().flat_map(|key| value.list(key).items).map(one);
    let (facts, shown): (Vec<_>, Vec<_>) = told.unzip();
    (facts.concat(), shown.concat())
}

/// A network, or several in one text with commas.
fn one(value: &Val) -> (Vec<Fact<Addresses>>, Vec<String>) {
    match value.as_text() {
        Fact::Known(text, origin) if text.contains(',') => {
            let parts: Vec<&str> =
                text.split(',').map(str::trim).filter(|p| !p.is_empty()).collect();
            let facts = parts.iter().map(|part| match Addresses::parse(part) {
                Some(set) => Fact::Known(set, origin.clone()),
                None => Fact::Unknown(strange(part), origin.at),
            });
            (facts.collect(), parts.iter().map(|&p| p.to_owned()).collect())
        }
        Fact::Known(text, _) if text.is_empty() => (Vec::new(), Vec::new()),
        _ => (vec![net(value)], vec![shown(value)]),
    }
}

fn strange(text: &str) -> Why {
    Why::NotUnderstood(format!("the network `{text}`").into())
}

fn range(value: &Val, from: &str, to: &str) -> (Vec<Fact<Addresses>>, Vec<String>) {
    let (first, last) = (value.text(from), value.text(to));
    let say =
        |f: &Fact<Name>| f.known().map_or("an unknown address".to_owned(), ToString::to_string);
    let shown = format!("{} to {}", say(&first), say(&last));
    let set = match (&first, &last) {
        (Fact::Known(a, _), Fact::Known(b, _)) => match (a.trim().parse(), b.trim().parse()) {
            (Ok(a), Ok(b)) => first.map(|_| Addresses::range(a, b)),
            _ => Fact::Unknown(strange(&shown), first.place()),
        },
        (Fact::Unknown(why, at), _) | (_, Fact::Unknown(why, at)) => {
            Fact::Unknown(why.clone(), *at)
        }
        (Fact::Unset(at), _) | (_, Fact::Unset(at)) => {
            Fact::Unknown(Why::NoDefault("the address".into()), *at)
        }
    };
    (vec![set], vec![shown])
}
