//! Google Cloud Storage: buckets, who gets in unasked, and how long they keep.

use super::facts::{and, any, mentions, not, or, word};
use super::logs::identity;
use super::nodes;
use super::organization;
use super::stores::plain_login;
use super::world::{Join, World};
use crate::formats::content::says_logs;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::concept::Retention;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Fragment, Keep, Login, NodeKind, Ref, Store};

const SEE: &str = "provider docs, storage_bucket";
const GRANTS: [&str; 9] = [
    "google_storage_bucket_iam_member",
    "google_storage_bucket_iam_binding",
    "google_storage_bucket_iam_policy",
    "google_storage_default_object_access_control",
    "google_storage_default_object_acl",
    "google_storage_object_access_control",
    "google_storage_object_acl",
    "google_storage_bucket_access_control",
    "google_storage_bucket_acl",
];

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for bucket in world.of("google_storage_bucket") {
        let title = nodes::title("Cloud Storage bucket", bucket, &["name"]);
        out.nodes.push(nodes::node(bucket, NodeKind::Managed));
        let public = public(world, bucket);
        let say = format!("{title} answers requests without an account");
        let place = public.place();
        out.hops.push(nodes::way(Ref::Internet, &bucket.address, public.clone(), place, &say));
        let mut store = store(world, bucket, title.clone(), public);
        let keep = keep(world, bucket, title);
        if sinks(&keep.retention) && store.product_log.known() != Some(&true) {
            store.product_log = Fact::Unset(bucket.head);
        }
        out.stores.push(store);
        out.keeps.push(keep);
    }
    elsewhere(world, out);
}

/// Whether it is where logs go: one that logged its own access would never come to rest.
pub(super) fn sinks(retention: &Retention) -> bool {
    retention.holds.known().is_some_and(|holds| {
        holds.iter().any(|kind| kind.known().is_some_and(|kind| &**kind == "logs"))
    })
}

/// Grants to everybody on buckets that stand in other files.
fn elsewhere(world: &World, out: &mut Fragment) {
    for grant in world.each(&GRANTS) {
        let joins = |b: &&Resource| world.join(&grant.body, "bucket", b, &["name"]) != Join::No;
        let open = everybody(world, &grant.body);
        if open.known() != Some(&true) || world.of("google_storage_bucket").iter().any(joins) {
            continue;
        }
        let title = nodes::title("the bucket of", grant, &["bucket"]);
        out.nodes.push(nodes::node(grant, NodeKind::Managed));
        let say = format!("{title} answers requests without an account");
        let place = open.place();
        out.hops.push(nodes::way(Ref::Internet, &grant.address, open.clone(), place, &say));
        let base = store(world, grant, title, open);
        out.stores.push(Store {
            encrypted_at_rest: Fact::Unset(grant.head),
            product_log: Fact::Unset(grant.head),
            guard_off: Fact::Unset(grant.head),
            ..base
        });
    }
}

fn public(world: &World, bucket: &Resource) -> Fact<bool> {
    let (grants, _) = world.satellites(&GRANTS, "bucket", bucket, &["name"]);
    let granted = grants.iter().map(|g| and(g.exists.clone(), everybody(world, &g.body)));
    let granted = any(granted, Fact::written(false, bucket.head));
    and(granted, not(prevented(world, bucket)))
}

/// What strangers may do with what is declared a website, as long as that is reading only.
fn rights(world: &World, bucket: &Resource) -> Fact<Name> {
    let (Some(site), false) = (bucket.body.block("website"), GRANTS.contains(&&*bucket.kind))
    else {
        return Fact::Unset(bucket.head);
    };
    let (grants, _) = world.satellites(&GRANTS, "bucket", bucket, &["name"]);
    let all = grants.iter().map(|grant| match grant.body.get("policy_data") {
        Some(policy) => of_policy(world, policy, writes),
        None => writes(&grant.body),
    });
    match any(all, Fact::written(false, site.at)) {
        Fact::Known(false, _) => Fact::written("website".into(), site.at),
        _ => Fact::Unset(bucket.head),
    }
}

/// Roles and words of access lists by which objects are read and listed (Google Cloud docs, "IAM
/// roles for Cloud Storage", "Access control lists").
const READING: [&str; 5] = [
    "roles/storage.objectViewer",
    "roles/storage.legacyObjectReader",
    "roles/storage.legacyBucketReader",
    "READER",
    "publicRead",
];

/// Whether a grant to everybody gives more than reading.
fn writes(grant: &Val) -> Fact<bool> {
    let read = |word: &str| READING.contains(&word);
    let role = grant.text("role").map(|role| !read(&role));
    let word = grant.text("predefined_acl").map(|word| !read(&word));
    // `READER:allUsers`
    let pairs = grant.list("role_entity").items;
    let pairs = pairs.iter().map(|pair| pair.as_text()).filter(|t| t.known().is_some());
    let pairs = pairs.map(|pair| {
        pair.map(|t| t.split_once(':').is_some_and(|(role, who)| is_everybody(who) && !read(role)))
    });
    let told: Vec<_> = pairs.chain([role, word].into_iter().filter(|f| !f.is_unset())).collect();
    and(named(grant), any(told, Fact::written(true, grant.at)))
}

/// Whether no grant to everybody can take effect: by the bucket's own word, or by a policy above it.
fn prevented(world: &World, bucket: &Resource) -> Fact<bool> {
    let told = bucket.body.text("public_access_prevention");
    let own = told.map(|p| &*p == "enforced").or_default(false, SEE);
    organization::prevents_public_buckets(world, bucket).into_iter().fold(own, or)
}

/// Whether a grant names everybody.
pub(super) fn everybody(world: &World, grant: &Val) -> Fact<bool> {
    let policy = grant.get("policy_data").map(|policy| of_policy(world, policy, named));
    match policy {
        Some(told) => told,
        None => named(grant),
    }
}

/// The bindings of a whole policy: a document's blocks, or JSON.
fn of_policy(world: &World, policy: &Val, judge: fn(&Val) -> Fact<bool>) -> Fact<bool> {
    let document = policy.as_target().known().and_then(|address| world.find(address));
    let closed = Fact::written(false, policy.at);
    if let Some(document) = document.filter(|d| &*d.kind == "google_iam_policy") {
        return any(document.body.list("binding").items.into_iter().map(judge), closed);
    }
    match super::json::read(policy) {
        Ok(body) => any(body.list("bindings").items.into_iter().map(judge), closed),
        Err(why) => Fact::Unknown(why, policy.at),
    }
}

fn named(grant: &Val) -> Fact<bool> {
    let keys = [
        "member",
        "members",
        "entity",
        "role_entity",
        "predefined_acl",
        "special_group",
        "iam_member",
    ];
    let words = keys.iter().flat_map(|key| grant.list(key).items);
    let said = words.map(|value| {
        value.as_text().map(|t| {
            let who = t.rsplit(':').next().unwrap_or(&t);
            is_everybody(who) || matches!(who, "publicRead" | "publicReadWrite")
        })
    });
    // A member that is known only after apply is a service account, not everybody.
    let said = said.filter(|f| f.known().is_some());
    any(said, Fact::written(false, grant.at))
}

fn is_everybody(who: &str) -> bool {
    matches!(who, "allUsers" | "allAuthenticatedUsers")
}

fn store(world: &World, bucket: &Resource, title: Name, public: Fact<bool>) -> Store {
    let at = bucket.head;
    let name = word(&bucket.body.text("name"), &bucket.name);
    let see = "Google Cloud: Storage endpoints";
    Store {
        engine: Fact::default("gcs".into(), "the kind of the resource", at),
        kind: "object-store".into(),
        managed: true,
        whole: bucket.whole,
        exists: bucket.exists.clone(),
        endpoints: vec![nodes::https(see, at)],
        logins: vec![Login {
            rights: rights(world, bucket),
            ..plain_login(bucket, public.map(|p| if p { "none" } else { "iam" }.into()))
        }],
        encrypted_at_rest: Fact::default(true, "Google Cloud encrypts all data at rest", at),
        product_log: bucket.body.has("logging"),
        guard_off: not(prevented(world, bucket)),
        ..Store::new(bucket.address.clone(), name, title, at)
    }
}

fn keep(world: &World, bucket: &Resource, title: Name) -> Keep {
    let mut retention = Retention::new(identity(bucket, title));
    let name = word(&bucket.body.text("name"), &bucket.name);
    retention.what = Fact::written("bucket".into(), bucket.head);
    retention.engine = Fact::written("gcs".into(), bucket.head);
    retention.holds = Fact::written(holds(world, bucket, &name), bucket.head);
    retention.name = Fact::written(name, bucket.head);
    retention.days = days(&bucket.body);
    retention.forever = match &retention.days {
        Fact::Known(_, origin) => Fact::Known(false, origin.clone()),
        Fact::Unset(at) => Fact::default(true, SEE, *at),
        Fact::Unknown(why, at) => Fact::Unknown(why.clone(), *at),
    };
    Keep { store: Some(bucket.address.clone()), retention }
}

/// Log sinks write to `storage.googleapis.com/BUCKET`.
fn holds(world: &World, bucket: &Resource, name: &Name) -> Vec<Fact<Name>> {
    let sinks = [
        "google_logging_project_sink",
        "google_logging_folder_sink",
        "google_logging_organization_sink",
        "google_logging_billing_account_sink",
    ];
    for sink in world.each(&sinks) {
        let Some(value) = sink.body.get("destination") else { continue };
        let mut met = Vec::new();
        mentions(value, &mut met);
        let literal = value.as_text().known().is_some_and(|t| {
            t.strip_prefix("storage.googleapis.com/").is_some_and(|b| b == &**name)
        });
        if literal || met.contains(&bucket.address) {
            return vec![Fact::written("logs".into(), value.at)];
        }
    }
    for other in world.of("google_storage_bucket") {
        let logging = other.body.block("logging");
        if logging.is_some_and(|l| world.join(l, "log_bucket", bucket, &["name"]) == Join::Yes) {
            return vec![Fact::written("logs".into(), other.head)];
        }
    }
    if says_logs(name) {
        return vec![Fact::guessed("logs".into(), "its name says so", bucket.head)];
    }
    Vec::new()
}

/// Only a `Delete` action with an age ends anything; changing the class keeps the object.
fn days(body: &Val) -> Fact<i64> {
    let rules = body.list("lifecycle_rule");
    let mut best = Fact::Unset(body.at);
    for rule in &rules.items {
        let action = rule.block("action").map_or(Fact::Unset(rule.at), |a| a.text("type"));
        if action.known().is_none_or(|a| &**a != "Delete") {
            continue;
        }
        let Some(condition) = rule.block("condition") else { continue };
        let age = condition.int("age");
        let narrow = ["matches_prefix", "matches_suffix", "matches_storage_class"];
        let part = narrow.iter().any(|k| !condition.list(k).items.is_empty());
        // Rules for versions that were replaced leave the live ones alone.
        let archived = condition.text("with_state").known().is_some_and(|s| &**s == "ARCHIVED");
        if archived || age.is_unset() {
            continue;
        }
        if part {
            let why = Why::NotUnderstood("a lifecycle rule for a part of the bucket".into());
            best = earlier(best, Fact::Unknown(why, rule.at));
        } else {
            best = earlier(best, age);
        }
    }
    match (best, rules.more) {
        (Fact::Known(days, origin), _) => Fact::Known(days, origin),
        (_, Some((why, at))) => Fact::Unknown(why, at),
        (other, None) => other,
    }
}

/// The shorter of two spans; a known one wins.
pub(super) fn earlier(a: Fact<i64>, b: Fact<i64>) -> Fact<i64> {
    match (a.known(), b.known()) {
        (Some(x), Some(y)) => {
            if y < x {
                b
            } else {
                a
            }
        }
        (Some(_), None) => a,
        (None, Some(_)) => b,
        (None, None) => {
            if a.is_unset() {
                b
            } else {
                a
            }
        }
    }
}
