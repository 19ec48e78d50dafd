//! Policies that Google's projects, folders and organizations set for what is in them.

use super::facts::{and, any, mentions, or};
use super::world::{Join, World};
use crate::formats::terraform::value::{Resource, Val, ValKind};
use crate::model::fact::{Fact, Name, Why};

/// Policies in their older and their newer form.
const POLICIES: [&str; 4] = [
    "google_folder_organization_policy",
    "google_org_policy_policy",
    "google_organization_policy",
    "google_project_organization_policy",
];

/// Whether a policy of these files keeps the public out of a bucket: `storage.publicAccessPrevention`
/// holds for all buckets under it, new and existing (Google Cloud docs, "Organization policy
/// constraints for Cloud Storage"). Of a folder's policy nobody knows whether the bucket is under it.
pub(super) fn prevents_public_buckets(world: &World, bucket: &Resource) -> Option<Fact<bool>> {
    let told = world.each(&POLICIES).into_iter().filter_map(|policy| {
        let enforced = and(about(policy, "storage.publicAccessPrevention"), enforced(policy));
        match (enforced.known(), above(policy, bucket)) {
            (Some(false), _) | (_, Join::No) => None,
            (_, Join::Yes) => Some(enforced),
            (_, Join::Maybe(why, at)) => Some(Fact::Unknown(why, at)),
        }
    });
    told.reduce(or)
}

/// `constraint = "constraints/…"`, or `name = "projects/…/policies/…"`.
fn about(policy: &Resource, constraint: &str) -> Fact<bool> {
    let keys = ["constraint", "name"];
    let told = keys.iter().find_map(|key| policy.body.get(key));
    let name = match told.map(|value| (&value.kind, value)) {
        // Of a text in parts the last one decides.
        Some((ValKind::Partial(parts), _)) => parts.last().map(Val::as_text),
        Some((_, value)) => Some(value.as_text()),
        None => None,
    };
    let meant = name.map(|name: Fact<Name>| name.map(|text| text.ends_with(constraint)));
    meant.unwrap_or(Fact::written(false, policy.head))
}

fn enforced(policy: &Resource) -> Fact<bool> {
    let off = Fact::default(false, "provider docs, org_policy_policy", policy.head);
    if let Some(own) = policy.body.block("boolean_policy") {
        return own.bool("enforced");
    }
    let Some(spec) = policy.body.block("spec") else { return off };
    let rules = spec.list("rules");
    // A rule with a condition holds for some resources only.
    let told = rules.items.iter().map(|rule| match rule.has("condition") {
        Fact::Known(true, origin) => {
            Fact::Unknown(Why::NotUnderstood("a condition".into()), origin.at)
        }
        _ => rule.text("enforce").map(|word| word.eq_ignore_ascii_case("true")),
    });
    let told = told.filter(|fact| !fact.is_unset());
    any(told.chain(rules.more.map(|(why, at)| Fact::Unknown(why, at))), off)
}

/// Whether the bucket's project is the policy's.
fn above(policy: &Resource, bucket: &Resource) -> Join {
    let unknown = Join::Maybe(Why::NotHere("what stands above the project".into()), policy.head);
    let Some(own) = bucket.body.get("project") else { return unknown };
    if let Some(project) = policy.body.get("project") {
        return World::same(project, own);
    }
    let Some(parent) = policy.body.get("parent") else { return unknown };
    let (mut theirs, mut mine) = (Vec::new(), Vec::new());
    mentions(parent, &mut theirs);
    mentions(own, &mut mine);
    if let (Fact::Known(parent, _), Fact::Known(own, _)) = (parent.as_text(), own.as_text()) {
        return match parent.strip_prefix("projects/") {
            Some(project) if *project == *own => Join::Yes,
            Some(_) => Join::No,
            None => unknown,
        };
    }
    if !mine.is_empty() && theirs == mine { Join::Yes } else { unknown }
}
