//! Azure's word for "whatever runs in Azure" in a list of addresses: the range from 0.0.0.0 to 0.0.0.0
//! (provider docs, `mssql_firewall_rule`), or the one address 0.0.0.0 (Azure docs, Cosmos DB firewall).

use super::read::Reader;
use crate::catalog::resource::{AllowCard, AllowRule, Names, ResourceCard};
use crate::formats::terraform::resources::facts::{and, any};
use crate::formats::terraform::resources::nodes;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Address, Fragment, Store};

/// Whether the store's list admits every customer of its cloud, and the store can be reached so.
pub(super) fn admitted(reader: &Reader, card: &ResourceCard) -> Fact<bool> {
    let unset = Fact::Unset(reader.resource.head);
    let Some(list) = card.allow_list.as_ref().filter(|_| in_azure(reader.resource)) else {
        return unset;
    };
    let told = any(of_list(reader, list), unset.clone());
    let ways = card.way.iter().map(|way| reader.bool(&way.when));
    and(told, any(ways, unset))
}

/// An entry whose store stands in other files.
pub(super) fn elsewhere(
    rule: &AllowRule,
    engine: &Fact<Name>,
    entry: &Resource,
    out: &mut Fragment,
) {
    let told = said(rule, &entry.body);
    if !in_azure(entry) || told.known() != Some(&true) {
        return;
    }
    let title = nodes::title("the server behind", entry, &["name"]);
    out.stores.push(Store {
        engine: engine.clone(),
        managed: true,
        whole: entry.whole,
        exists: entry.exists.clone(),
        tenants_admitted: told,
        ..Store::new(
            Address::new(format!("{}/server", entry.address)),
            title.clone(),
            title,
            entry.head,
        )
    });
}

/// Whether it is one of Azure's types.
pub(super) fn in_azure(resource: &Resource) -> bool {
    resource.kind.starts_with("azurerm_")
}

fn of_list(reader: &Reader, list: &AllowCard) -> Vec<Fact<bool>> {
    let mut out = Vec::new();
    for rule in &list.rule {
        let bodies = match &rule.satellite.of {
            None => vec![&reader.resource.body],
            Some(_) => reader.satellites(&rule.satellite).0.iter().map(|s| &s.body).collect(),
        };
        out.extend(bodies.into_iter().flat_map(|body| entries(rule, body)));
    }
    out.retain(|fact| !fact.is_unset());
    out
}

fn entries(rule: &AllowRule, body: &Val) -> Vec<Fact<bool>> {
    let Some(attr) = &rule.attr else { return vec![said(rule, body)] };
    let (path, key) = attr.rsplit_once('.').unwrap_or(("", attr));
    let mut parts = path.split('.').filter(|part| !part.is_empty());
    let holder = parts.try_fold(body, |holder, part| holder.block(part));
    let items = holder.map(|holder| holder.list(key).items).unwrap_or_default();
    items.into_iter().map(|item| said(rule, item)).collect()
}

fn said(rule: &AllowRule, entry: &Val) -> Fact<bool> {
    let zero = |fact: Fact<Name>| fact.map(|text| text.trim() == "0.0.0.0");
    match (&rule.from, &rule.to, &rule.net) {
        (Some(from), Some(to), _) => and(zero(entry.text(from)), zero(entry.text(to))),
        (.., Some(Names::One(key))) => zero(entry.text(key)),
        (.., None) => zero(entry.as_text()),
        _ => Fact::Unset(entry.at),
    }
}
