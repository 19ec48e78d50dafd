//! Azure storage accounts: what lies in them in public, and how long it stays.

use super::facts::{and, any, mentions, not, word};
use super::gcs::{earlier, sinks};
use super::logs::identity;
use super::nodes;
use super::stores::plain_login;
use super::world::{Join, World};
use crate::formats::content::says_logs;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::concept::Retention;
use crate::model::fact::{Fact, Name, Origin};
use crate::model::fragment::{Fragment, Keep, Login, NodeKind, Ref, Store};

const LIFTED: &str = "a public container is written, so that the account is taken to allow it";
const SEE: &str = "provider docs, storage_account";

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for account in world.of("azurerm_storage_account") {
        let title = nodes::title("storage account", account, &["name"]);
        out.nodes.push(nodes::node(account, NodeKind::Managed));
        let public = public(world, account);
        let say = format!("{title} holds a public container");
        let place = public.place();
        out.hops.push(nodes::way(Ref::Internet, &account.address, public.clone(), place, &say));
        let keep = keep(world, account, title.clone());
        // Where logs go: one that logged its own access would never come to rest.
        let sinks = sinks(&keep.retention);
        let log = if sinks { Fact::Unset(account.head) } else { access_log(world, account) };
        let base = store(world, account, title, public);
        out.stores.push(Store { product_log: log, ..base });
        out.keeps.push(keep);
    }
    elsewhere(world, out);
    rules_elsewhere(world, out);
}

/// What takes up who asked for what: diagnostics of the account or of one of its services, or
/// Storage Analytics, which the container's insights read.
fn access_log(world: &World, account: &Resource) -> Fact<bool> {
    let takers = [
        ("azurerm_monitor_diagnostic_setting", "target_resource_id"),
        ("azurerm_log_analytics_storage_insights", "storage_account_id"),
    ];
    for (kind, key) in takers {
        for taker in world.of(kind) {
            let Some(value) = taker.body.get(key) else { continue };
            let mut met = Vec::new();
            mentions(value, &mut met);
            if met.contains(&account.address) {
                return Fact::written(true, value.at);
            }
            if let (true, Some(why)) = (met.is_empty(), value.why()) {
                return Fact::Unknown(why, value.at);
            }
        }
    }
    let see = "Azure docs, Monitor Azure Blob Storage: resource logs are off until they are routed";
    Fact::default(false, see, account.head)
}

/// Public containers of accounts that stand in other files.
fn elsewhere(world: &World, out: &mut Fragment) {
    for container in world.of("azurerm_storage_container") {
        let joins = |account: &&Resource| {
            let keys = ["storage_account_id", "storage_account_name"];
            keys.iter().any(|k| world.join(&container.body, k, account, &["name"]) != Join::No)
        };
        if world.of("azurerm_storage_account").iter().any(joins) {
            continue;
        }
        let access = container.body.text("container_access_type");
        let Fact::Known(access, origin) = access else { continue };
        if &*access == "private" {
            continue;
        }
        let title = nodes::title("the storage account of container", container, &["name"]);
        out.nodes.push(nodes::node(container, NodeKind::Managed));
        let say = format!("{title} holds a public container");
        let open = Fact::guessed(true, LIFTED, origin.at);
        out.hops.push(nodes::way(Ref::Internet, &container.address, open.clone(), origin.at, &say));
        let base = store(world, container, title, open);
        let at = container.head;
        out.stores.push(Store {
            encrypted_at_rest: Fact::Unset(at),
            tls_required: Fact::Unset(at),
            guard_off: Fact::Unset(at),
            set_apart: Fact::Unset(at),
            ..base
        });
    }
}

/// Rules that let every network in, of accounts that stand in other files.
fn rules_elsewhere(world: &World, out: &mut Fragment) {
    for rules in world.of("azurerm_storage_account_network_rules") {
        let key = "storage_account_id";
        let joins = |a: &&Resource| world.join(&rules.body, key, a, &["name"]) != Join::No;
        let Fact::Known(action, origin) = rules.body.text("default_action") else { continue };
        if &*action != "Allow" || world.of("azurerm_storage_account").iter().any(joins) {
            continue;
        }
        let title = nodes::title("the storage account of", rules, &[]);
        out.nodes.push(nodes::node(rules, NodeKind::Managed));
        let at = rules.head;
        out.stores.push(Store {
            engine: Fact::default("azure-storage".into(), "the kind of the resource", at),
            kind: "object-store".into(),
            managed: true,
            whole: rules.whole,
            exists: rules.exists.clone(),
            set_apart: Fact::Known(false, origin),
            ..Store::new(rules.address.clone(), title.clone(), title, at)
        });
    }
}

fn containers<'a>(world: &World<'a>, account: &Resource) -> Vec<&'a Resource> {
    let kinds = ["azurerm_storage_container"];
    let (mut containers, _) = world.satellites(&kinds, "storage_account_id", account, &["name"]);
    containers.extend(world.satellites(&kinds, "storage_account_name", account, &["name"]).0);
    containers
}

/// Whether anybody may read what is in a container. Nobody writes without a key (Azure docs,
/// "Configure anonymous read access for containers and blobs").
fn is_public(container: &Resource) -> Fact<bool> {
    let access = container.body.text("container_access_type");
    let access = access.or_default("private".into(), "provider docs, storage_container");
    access.map(|a| &*a != "private")
}

/// Pages of a static website lie in the container `$web` (Azure docs, "Static website hosting in
/// Azure Storage").
fn rights(world: &World, account: &Resource) -> Fact<Name> {
    let mut site = Fact::Unset(account.head);
    for container in containers(world, account) {
        if is_public(container).known() == Some(&false) {
            continue;
        }
        let name = container.body.text("name");
        match name {
            Fact::Known(name, origin) if &*name == "$web" => {
                site = Fact::Known("website".into(), origin);
            }
            _ => return Fact::Unset(account.head),
        }
    }
    site
}

/// A container that anybody may read, in an account that allows it and can be reached.
fn public(world: &World, account: &Resource) -> Fact<bool> {
    let containers = containers(world, account);
    let open = containers.iter().map(|c| is_public(c));
    let open = any(open, Fact::written(false, account.head));
    let place = open.place();
    match and(open.clone(), and(allows_public(account), public_switch(world, account))) {
        Fact::Known(true, origin) => Fact::Known(true, Origin { at: place, ..origin }),
        other => other,
    }
}

fn default_action(world: &World, account: &Resource) -> Fact<bool> {
    let (apart, _) = world.satellites(
        &["azurerm_storage_account_network_rules"],
        "storage_account_id",
        account,
        &[],
    );
    let inside = account.body.block("network_rules");
    let rules = apart.first().map(|r| &r.body).or(inside);
    let action = rules.map_or(Fact::Unset(account.head), |r| r.text("default_action"));
    action.map(|a| a.eq_ignore_ascii_case("allow")).or_default(true, SEE)
}

/// Whether the account lets its containers be public.
fn allows_public(account: &Resource) -> Fact<bool> {
    let allowed = account.body.bool("allow_nested_items_to_be_public");
    let allowed =
        if allowed.is_unset() { account.body.bool("allow_blob_public_access") } else { allowed };
    // Off in azurerm 2 (CHANGELOG-v2, 2.20), on in 3 and 4, off again in 5 (5.0 upgrade guide).
    match (allowed, account.provider_major) {
        (Fact::Unset(at), Some(major)) => Fact::default(matches!(major, 3 | 4), SEE, at),
        (Fact::Unset(at), None) => {
            Fact::guessed(true, "it is the default of versions 3 and 4 of the provider", at)
        }
        (told, _) => told,
    }
}

/// Whether the account answers the whole internet, keys asked for or not.
fn public_switch(world: &World, account: &Resource) -> Fact<bool> {
    let network = account.body.bool("public_network_access_enabled").or_default(true, SEE);
    and(network, default_action(world, account))
}

fn store(world: &World, account: &Resource, title: Name, public: Fact<bool>) -> Store {
    let at = account.head;
    let body = &account.body;
    let name = word(&body.text("name"), &account.name);
    let see = "Azure: Storage endpoints";
    let https = or_unset(body, "https_traffic_only_enabled", "enable_https_traffic_only");
    Store {
        engine: Fact::default("azure-storage".into(), "the kind of the resource", at),
        kind: "object-store".into(),
        managed: true,
        whole: account.whole,
        exists: account.exists.clone(),
        endpoints: vec![nodes::https(see, at)],
        logins: vec![Login {
            rights: rights(world, account),
            ..plain_login(account, public.map(|p| if p { "none" } else { "password" }.into()))
        }],
        encrypted_at_rest: Fact::default(true, "Azure Storage encrypts all data at rest", at),
        tls_required: https.or_default(true, SEE),
        guard_off: and(allows_public(account), public_switch(world, account)),
        set_apart: not(public_switch(world, account)),
        tls_version: body
            .text("min_tls_version")
            .map(|v| v.strip_prefix("TLS").map_or(v.clone(), |v| v.replace('_', ".").into())),
        ..Store::new(account.address.clone(), name, title, at)
    }
}

fn or_unset(body: &Val, key: &str, old: &str) -> Fact<bool> {
    let told = body.bool(key);
    if told.is_unset() { body.bool(old) } else { told }
}

fn keep(world: &World, account: &Resource, title: Name) -> Keep {
    let mut retention = Retention::new(identity(account, title));
    let name = word(&account.body.text("name"), &account.name);
    retention.what = Fact::written("bucket".into(), account.head);
    retention.engine = Fact::written("azure-storage".into(), account.head);
    retention.holds = Fact::written(holds(world, account, &name), account.head);
    retention.name = Fact::written(name, account.head);
    retention.days = days(world, account);
    retention.forever = match &retention.days {
        Fact::Known(_, origin) => Fact::Known(false, origin.clone()),
        Fact::Unset(at) => {
            let see = "provider docs, storage_management_policy: nothing is deleted by default";
            Fact::default(true, see, *at)
        }
        Fact::Unknown(why, at) => Fact::Unknown(why.clone(), *at),
    };
    Keep { store: Some(account.address.clone()), retention }
}

fn holds(world: &World, account: &Resource, name: &Name) -> Vec<Fact<Name>> {
    let writers = ["azurerm_monitor_diagnostic_setting", "azurerm_network_watcher_flow_log"];
    for writer in world.each(&writers) {
        let Some(value) = writer.body.get("storage_account_id") else { continue };
        let mut met = Vec::new();
        mentions(value, &mut met);
        if met.contains(&account.address) {
            return vec![Fact::written("logs".into(), value.at)];
        }
    }
    if says_logs(name) {
        return vec![Fact::guessed("logs".into(), "its name says so", account.head)];
    }
    Vec::new()
}

/// What a management policy deletes; moving blobs to another tier deletes nothing.
fn days(world: &World, account: &Resource) -> Fact<i64> {
    let kinds = ["azurerm_storage_management_policy"];
    let (policies, open) = world.satellites(&kinds, "storage_account_id", account, &[]);
    let mut best = Fact::Unset(policies.first().map_or(account.head, |p| p.head));
    let mut more = open;
    for policy in policies {
        let rules = policy.body.list("rule");
        for rule in &rules.items {
            best = earlier(best, expiry(rule));
        }
        more = more.or(rules.more);
    }
    match (best, more) {
        (Fact::Known(days, origin), _) => Fact::Known(days, origin),
        (_, Some((why, at))) => Fact::Unknown(why, at),
        (other, None) => other,
    }
}

/// A rule for some prefixes speaks for what lies there, which is what logs are written to.
fn expiry(rule: &Val) -> Fact<i64> {
    if rule.bool("enabled").known() == Some(&false) {
        return Fact::Unset(rule.at);
    }
    let Some(blob) = rule.block("actions").and_then(|a| a.block("base_blob")) else {
        return Fact::Unset(rule.at);
    };
    let keys = [
        "delete_after_days_since_modification_greater_than",
        "delete_after_days_since_creation_greater_than",
        "delete_after_days_since_last_access_time_greater_than",
    ];
    let told = keys.iter().map(|k| blob.int(k)).find(|f| !f.is_unset());
    match told {
        // -1 is the provider's word for never.
        Some(Fact::Known(days, origin)) if days < 0 => Fact::Unset(origin.at),
        Some(told) => told,
        None => Fact::Unset(rule.at),
    }
}
