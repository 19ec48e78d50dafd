//! Who gets into a bucket without a signature.

use super::Bucket;
use crate::formats::terraform::resources::accounts;
use crate::formats::terraform::resources::facts::{and, any, not, or};
use crate::formats::terraform::resources::policy;
use crate::formats::terraform::value::Val;
use crate::model::fact::{Fact, Name, Origin};

const BLOCK: &str = "aws_s3_bucket_public_access_block";
const ACCOUNT: &str = "aws_s3_account_public_access_block";
const FLAGS: [&str; 4] =
    ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];
/// Satellites that can make a bucket public, or let it become so.
pub(super) const SPEAKERS: [&str; 3] = ["aws_s3_bucket_policy", "aws_s3_bucket_acl", BLOCK];
const SEE: &str = "provider docs, s3_bucket_public_access_block";

/// Whether a public policy or a public ACL takes effect.
pub(super) fn lets_anybody_in(bucket: &Bucket) -> Fact<bool> {
    let guarded = |flag: &str| not(guarded(bucket, flag));
    let by_policy =
        cause(public_policy(bucket), |policy| and(policy, guarded("restrict_public_buckets")));
    let by_acl = cause(public_acl(bucket), |acl| {
        and(and(acl, acls_count(bucket)), guarded("ignore_public_acls"))
    });
    or(by_policy, by_acl)
}

/// What lets people in is the line that names them, whatever else had to agree.
fn cause(named: Fact<bool>, judge: impl FnOnce(Fact<bool>) -> Fact<bool>) -> Fact<bool> {
    let (at, written) = (named.place(), named.known() == Some(&true));
    match judge(named) {
        Fact::Known(true, origin) if written => Fact::Known(true, Origin { at, ..origin }),
        other => other,
    }
}

/// Whether a flag of the public access block is on, for the bucket or the whole account.
fn guarded(bucket: &Bucket, flag: &str) -> Fact<bool> {
    let around = bucket.around(BLOCK);
    let own = around.sure.iter().map(|r| r.body.bool(flag).or_default(false, SEE));
    let told: Vec<_> =
        own.chain(for_the_account(bucket, |body| body.bool(flag).or_default(false, SEE))).collect();
    if let (Some((why, at)), true) = (around.open, told.is_empty()) {
        return Fact::Unknown(why, at);
    }
    // New buckets are guarded, but then nobody could have put a public policy or ACL on them:
    // whoever writes one without a block in these files has lifted the guard elsewhere.
    let how =
        "a public policy or ACL is written, so that the guard of new buckets is taken for lifted";
    any(told, Fact::guessed(false, how, bucket.own.head))
}

/// What the account's own block says, where it is the bucket's account.
fn for_the_account(
    bucket: &Bucket,
    read: impl Fn(&Val) -> Fact<bool>,
) -> impl Iterator<Item = Fact<bool>> {
    let blocks = bucket.world.of(ACCOUNT).iter().filter_map(move |block| {
        let same = accounts::one_account(bucket.world, block, bucket.own);
        (same.known() != Some(&false)).then(|| and(read(&block.body), same))
    });
    blocks.collect::<Vec<_>>().into_iter()
}

/// Whether all four flags of a public access block are on.
pub(super) fn all_on(body: &Val, default: bool, see: &str) -> Fact<bool> {
    let flags = FLAGS.iter().map(|flag| body.bool(flag).or_default(default, see));
    flags.reduce(and).unwrap_or(Fact::Unset(body.at))
}

/// Whether the switch that keeps the public out is missing or not fully on.
pub(super) fn guard_off(bucket: &Bucket) -> Fact<bool> {
    let around = bucket.around(BLOCK);
    let block = (&*bucket.own.kind == BLOCK).then_some(bucket.own);
    let own = around.sure.iter().chain(&block).map(|r| all_on(&r.body, false, SEE));
    let on: Vec<_> = own.chain(for_the_account(bucket, |body| all_on(body, false, SEE))).collect();
    match (on.is_empty(), around.open) {
        (true, Some((why, at))) => Fact::Unknown(why, at),
        (true, None) if bucket.elsewhere => Fact::Unset(bucket.own.head),
        (true, None) => {
            Fact::default(true, "no public access block stands in these files", bucket.own.head)
        }
        (false, _) => not(any(on, Fact::Unset(bucket.own.head))),
    }
}

/// What strangers may do, where that is what the bucket is for: whoever declares a website wants
/// everybody to read it, and nobody else to write it.
pub(super) fn rights(bucket: &Bucket) -> Fact<Name> {
    let (sites, _) = bucket.bodies("aws_s3_bucket_website_configuration", "website");
    let Some(site) = sites.first() else { return Fact::Unset(bucket.own.head) };
    let changed = policies(bucket).into_iter();
    let changed = changed.map(|p| policy::lets_anybody_change(bucket.world, p));
    let changed = changed.chain(by_acl(bucket, WRITABLE, writes));
    match any(changed, Fact::written(false, site.at)) {
        Fact::Known(false, _) => Fact::written("website".into(), site.at),
        _ => Fact::Unset(bucket.own.head),
    }
}

/// Whether a grant gives more than reading. The bucket's own blocks list what they give.
fn writes(grant: &Val) -> Fact<bool> {
    let told = ["permission", "permissions"].iter().flat_map(|key| grant.list(key).items);
    let told = told.map(|value| value.as_text().map(|p| !p.starts_with("READ")));
    any(told, Fact::written(true, grant.at))
}

fn policies<'a>(bucket: &Bucket<'a>) -> Vec<&'a Val> {
    let around = bucket.around("aws_s3_bucket_policy");
    let mut policies: Vec<&Val> = around.sure.iter().filter_map(|r| r.body.get("policy")).collect();
    policies.extend(bucket.own.body.get("policy"));
    policies
}

fn public_policy(bucket: &Bucket) -> Fact<bool> {
    let around = bucket.around("aws_s3_bucket_policy");
    let policies = policies(bucket);
    let open = policies.iter().map(|p| policy::lets_anybody_in(bucket.world, p));
    let open = any(open, Fact::written(false, bucket.own.head));
    match around.open {
        Some((why, at)) if open.known() != Some(&true) => Fact::Unknown(why, at),
        _ => open,
    }
}

/// `authenticated-read` admits anybody who has any AWS account, which is anybody.
const PUBLIC: &[&str] = &["public-read", "public-read-write", "authenticated-read"];
/// Those by which anybody may write.
const WRITABLE: &[&str] = &["public-read-write"];

fn public_acl(bucket: &Bucket) -> Fact<bool> {
    let all = by_acl(bucket, PUBLIC, |grant| Fact::written(true, grant.at));
    any(all, Fact::written(false, bucket.own.head))
}

/// For every ACL and grant to everybody whether it counts.
fn by_acl(
    bucket: &Bucket,
    canned: &[&str],
    counts: impl Fn(&Val) -> Fact<bool>,
) -> Vec<Fact<bool>> {
    let around = bucket.around("aws_s3_bucket_acl");
    let bodies = around.sure.iter().map(|r| &r.body).chain([&bucket.own.body]);
    let open = bodies.flat_map(|body| {
        let named = body.text("acl");
        let named = (!named.is_unset()).then(|| named.map(|a| canned.contains(&&*a)));
        let policy = body.block("access_control_policy").unwrap_or(body);
        let grants = policy.list("grant").items;
        let granted = grants.iter().filter_map(|grant| {
            let uri = grant.block("grantee").unwrap_or(grant).text("uri");
            let everybody =
                uri.map(|u| u.ends_with("/AllUsers") || u.ends_with("/AuthenticatedUsers"));
            (!everybody.is_unset()).then(|| and(everybody, counts(grant)))
        });
        let granted: Vec<_> = granted.collect();
        named.into_iter().chain(granted).collect::<Vec<_>>()
    });
    open.collect()
}

/// ACLs have no effect where the bucket's owner owns everything.
fn acls_count(bucket: &Bucket) -> Fact<bool> {
    let around = bucket.around("aws_s3_bucket_ownership_controls");
    let rules = around.sure.iter().filter_map(|r| r.body.block("rule"));
    let told = rules.map(|r| r.text("object_ownership").map(|o| &*o != "BucketOwnerEnforced"));
    let how = "a public ACL is written, so that ACLs are taken for enabled";
    any(told, Fact::guessed(true, how, bucket.own.head))
}
