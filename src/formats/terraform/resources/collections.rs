//! Collections of OpenSearch Serverless. Policies find them by patterns of their names.

use super::facts::any;
use super::json;
use super::nodes;
use super::stores::plain_login;
use super::world::World;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Fragment, NodeKind, Ref, Store};

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for collection in world.of("aws_opensearchserverless_collection") {
        let title = nodes::title("OpenSearch collection", collection, &["name"]);
        out.nodes.push(nodes::node(collection, NodeKind::Managed));
        let open = public(world, collection);
        let say = format!("{title} is open to public networks by its network policy");
        let place = open.place();
        out.hops.push(nodes::way(Ref::Internet, &collection.address, open.clone(), place, &say));
        out.stores.push(store(collection, title, open));
    }
}

fn store(collection: &Resource, title: Name, open: Fact<bool>) -> Store {
    let at = collection.head;
    let name = super::facts::word(&collection.body.text("name"), &collection.name);
    let see = "AWS docs, Amazon OpenSearch Serverless: requests are signed and go over HTTPS";
    Store {
        engine: Fact::default("opensearch".into(), "the kind of the resource", at),
        kind: "search".into(),
        managed: true,
        whole: collection.whole,
        exists: collection.exists.clone(),
        endpoints: vec![nodes::https(see, at)],
        logins: vec![plain_login(collection, Fact::default("iam".into(), see, at))],
        encrypted_at_rest: Fact::default(
            true,
            "AWS docs, Encryption at rest for Amazon OpenSearch Serverless",
            at,
        ),
        public_switch: open,
        ..Store::new(collection.address.clone(), name, title, at)
    }
}

/// Whether a network policy that speaks of the collection lets public networks in (provider docs,
/// `opensearchserverless_security_policy`).
fn public(world: &World, collection: &Resource) -> Fact<bool> {
    let policies = world.of("aws_opensearchserverless_security_policy").iter();
    let network = |p: &&&Resource| p.body.text("type").known().is_none_or(|t| &**t == "network");
    let told = policies.filter(network).filter_map(|policy| {
        let value = policy.body.get("policy")?;
        Some(match json::read(value) {
            Ok(body) => {
                let rules = body.items().items.into_iter().map(|rule| admits(rule, collection));
                any(rules, Fact::written(false, value.at))
            }
            Err(why) => Fact::Unknown(why, value.at),
        })
    });
    let why = Why::NotHere("the collection's network policy".into());
    any(told, Fact::Unknown(why, collection.head))
}

fn admits(rule: &Val, collection: &Resource) -> Fact<bool> {
    let name = collection.body.text("name");
    let resources = rule.list("Rules").items.into_iter().flat_map(|r| r.list("Resource").items);
    let speaks = resources.map(|pattern| match (pattern.as_text(), &name) {
        (Fact::Known(pattern, origin), Fact::Known(name, _)) => {
            let pattern = pattern.strip_prefix("collection/");
            let meets = pattern.is_some_and(|pattern| match pattern.strip_suffix('*') {
                Some(front) => name.starts_with(front),
                None => *pattern == **name,
            });
            Fact::Known(meets, origin)
        }
        (Fact::Unknown(why, at), _) => Fact::Unknown(why, at),
        _ => Fact::Unknown(Why::NoDefault("the collection's name".into()), collection.head),
    });
    let speaks = any(speaks, Fact::written(false, rule.at));
    let public = rule.bool("AllowFromPublic").or_default(false, "provider docs");
    match (speaks.known(), public.known()) {
        // The place to change is where the policy opens.
        (Some(true), Some(true)) => public,
        _ => super::facts::and(speaks, public),
    }
}
