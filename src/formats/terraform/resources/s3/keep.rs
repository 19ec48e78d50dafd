//! How long a bucket keeps what is put into it.

use super::Bucket;
use crate::formats::content::says_logs;
use crate::formats::terraform::resources::facts::{at_path, mentions, or, word};
use crate::formats::terraform::resources::gcs::earlier;
use crate::formats::terraform::resources::logs::identity;
use crate::formats::terraform::resources::prompts;
use crate::formats::terraform::resources::world::Join;
use crate::formats::terraform::value::Val;
use crate::model::concept::Retention;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::Keep;
use crate::source::Place;

pub(super) fn keep(bucket: &Bucket, title: Name) -> Keep {
    let own = bucket.own;
    let mut retention = Retention::new(identity(own, title));
    let name = word(&own.body.text("bucket"), &own.name);
    retention.name = Fact::written(name, own.head);
    retention.what = Fact::written("bucket".into(), own.head);
    retention.engine = Fact::written("s3".into(), own.head);
    retention.holds = Fact::written(holds(bucket), own.head);
    let days = days(bucket);
    retention.forever = match (&days, versions_stay(bucket)) {
        (Fact::Known(..), Some(versions)) => Fact::default(true, STAYS, versions),
        (Fact::Known(_, origin), None) => Fact::Known(false, origin.clone()),
        (Fact::Unset(at), _) => {
            Fact::default(true, "S3 keeps objects until a rule expires them", *at)
        }
        (Fact::Unknown(why, at), _) => Fact::Unknown(why.clone(), *at),
    };
    retention.days = match &retention.forever {
        Fact::Known(true, origin) => Fact::Unset(origin.at),
        _ => days,
    };
    Keep { store: Some(own.address.clone()), retention }
}

/// What somebody delivers here: type, attribute with the bucket, kind of content.
const DELIVERIES: [(&str, &str, &str); 11] = [
    ("aws_lb", "access_logs.bucket", "logs"),
    ("aws_alb", "access_logs.bucket", "logs"),
    ("aws_elb", "access_logs.bucket", "logs"),
    ("aws_s3_bucket_logging", "target_bucket", "logs"),
    ("aws_cloudtrail", "s3_bucket_name", "logs"),
    ("aws_flow_log", "log_destination", "logs"),
    ("aws_redshift_logging", "bucket_name", "logs"),
    ("aws_cloudfront_distribution", "logging_config.bucket", "logs"),
    ("aws_config_delivery_channel", "s3_bucket_name", "logs"),
    ("aws_kinesis_firehose_delivery_stream", "extended_s3_configuration.bucket_arn", "logs"),
    ("aws_wafv2_web_acl_logging_configuration", "log_destination_configs", "logs"),
];

fn holds(bucket: &Bucket) -> Vec<Fact<Name>> {
    let mut out: Vec<Fact<Name>> = Vec::new();
    for (kind, path, content) in DELIVERIES {
        for from in bucket.world.of(kind) {
            let value = at_path(&from.body, path);
            let Some(value) = value.filter(|v| delivers(bucket, v)) else { continue };
            if !out.iter().any(|f| f.known().is_some_and(|k| &**k == content)) {
                out.push(Fact::written(content.into(), value.at));
            }
        }
    }
    for (value, content) in prompts::sinks(bucket.world) {
        if delivers(bucket, value) || by_uri(bucket, value) {
            out.push(content);
        }
    }
    if out.is_empty() && says_logs(&word(&bucket.own.body.text("bucket"), &bucket.own.name)) {
        out.push(Fact::guessed("logs".into(), "its name says so", bucket.own.head));
    }
    out
}

fn delivers(bucket: &Bucket, value: &Val) -> bool {
    let mut met = Vec::new();
    mentions(value, &mut met);
    met.contains(&bucket.own.address)
        || bucket.world.value_join(value, bucket.own, &["bucket"], 2) == Join::Yes
}

/// `s3://bucket/prefix` names it.
fn by_uri(bucket: &Bucket, value: &Val) -> bool {
    let (uri, own) = (value.as_text(), bucket.own.body.text("bucket"));
    let name = uri.known().and_then(|uri| uri.strip_prefix("s3://"));
    name.and_then(|rest| rest.split('/').next())
        .is_some_and(|name| own.known().is_some_and(|own| **own == *name))
}

/// Days until everything in the bucket is deleted; unset where nothing ever is.
fn days(bucket: &Bucket) -> Fact<i64> {
    let (bodies, open) = bucket.bodies("aws_s3_bucket_lifecycle_configuration", "lifecycle_rule");
    let mut rules: Vec<&Val> = Vec::new();
    let mut more = open;
    for body in bodies {
        let inner = body.list("rule");
        more = more.or(inner.more);
        // The old form's blocks are the rules themselves.
        if body.get("rule").is_some() { rules.extend(inner.items) } else { rules.push(body) }
    }
    let mut best: Fact<i64> = Fact::Unset(bucket.own.head);
    for rule in rules {
        best = earlier(best, expiry(rule));
    }
    match (&best, more) {
        (Fact::Known(..), _) | (_, None) => best,
        (_, Some((why, at))) => Fact::Unknown(why, at),
    }
}

/// When a rule deletes what it covers; unset where it deletes nothing.
fn expiry(rule: &Val) -> Fact<i64> {
    let status = rule.text("status").map(|s| &*s == "Enabled");
    let enabled = if status.is_unset() { rule.bool("enabled") } else { status };
    if enabled.known() == Some(&false) {
        return Fact::Unset(rule.at);
    }
    let days = rule.block("expiration").map_or(Fact::Unset(rule.at), |e| e.int("days"));
    let days = match days {
        Fact::Known(0, origin) => Fact::Unset(origin.at),
        other => other,
    };
    if let (Fact::Known(..), Fact::Unknown(why, at)) = (&days, &enabled) {
        return Fact::Unknown(why.clone(), *at);
    }
    match part(rule) {
        Some(part) if !days.is_unset() => Fact::Unknown(
            Why::NotUnderstood(format!("a lifecycle rule for {part} only").into()),
            rule.at,
        ),
        _ => days,
    }
}

/// The part of the bucket that a rule is for, if it is not for all of it.
fn part(rule: &Val) -> Option<String> {
    let filter = rule.block("filter");
    let and = filter.and_then(|f| f.block("and"));
    let bodies = [Some(rule), filter, and];
    for body in bodies.into_iter().flatten() {
        match body.text("prefix") {
            Fact::Known(prefix, _) if !prefix.is_empty() => return Some(format!("`{prefix}`")),
            Fact::Unknown(..) => return Some("a part".to_owned()),
            _ => {}
        }
        let keys = ["tag", "tags", "object_size_greater_than", "object_size_less_than"];
        if keys.iter().any(|k| body.get(k).is_some()) {
            return Some("some objects".to_owned());
        }
    }
    None
}

/// In a versioned bucket an expired object only gets a marker; its versions stay until a rule of
/// their own ends them (AWS docs, "Expiring objects").
const STAYS: &str = "AWS docs, Expiring objects: of an object that expires in a versioned bucket the \
    old version stays until a rule for noncurrent versions ends it";

/// Where a bucket is told to keep versions that no rule ends.
fn versions_stay(bucket: &Bucket) -> Option<Place> {
    let (bodies, _) = bucket.bodies("aws_s3_bucket_versioning", "versioning");
    let on = bodies.iter().map(|body| {
        let status = body.block("versioning_configuration").map(|b| b.text("status"));
        status.map_or_else(|| body.bool("enabled"), |s| s.map(|s| &*s == "Enabled"))
    });
    let on = on.reduce(or).unwrap_or(Fact::Unset(bucket.own.head));
    let (bodies, _) = bucket.bodies("aws_s3_bucket_lifecycle_configuration", "lifecycle_rule");
    let ends = bodies.iter().any(|body| {
        let rules = body.list("rule").items;
        let mut rules = rules.into_iter().chain([*body]);
        rules.any(|r| r.get("noncurrent_version_expiration").is_some())
    });
    (on.known() == Some(&true) && !ends).then(|| on.place())
}
