//! S3 buckets with the resources around them: who gets in unasked, what they keep and how long.

mod access;
mod keep;

use super::facts::not;
use super::gcs::sinks;
use super::nodes;
use super::stores::plain_login;
use super::world::{Join, World};
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{EndpointDraft, Fragment, Login, NodeKind, Ref, Store};
use crate::model::net::Addresses;
use crate::source::Place;

/// A bucket with its satellites. Attributes of the bucket itself are the provider's old form.
pub(super) struct Bucket<'a> {
    pub(super) world: &'a World<'a>,
    /// The bucket, or a satellite that speaks for it.
    pub(super) own: &'a Resource,
    /// The bucket itself stands in other files.
    pub(super) elsewhere: bool,
}

/// Satellites of one type, and whether there may be more that nobody can tell.
pub(super) struct Around<'a> {
    pub(super) sure: Vec<&'a Resource>,
    pub(super) open: Option<(Why, Place)>,
}

impl<'a> Bucket<'a> {
    pub(super) fn around(&self, kind: &str) -> Around<'a> {
        if self.elsewhere {
            let own = self.own.body.get("bucket");
            let same = |other: &Val| own.is_some_and(|own| World::same(own, other) == Join::Yes);
            let others = self.world.of(kind).iter().copied();
            let others = others.filter(|r| r.address != self.own.address);
            let sure = others.filter(|r| r.body.get("bucket").is_some_and(same)).collect();
            return Around { sure, open: None };
        }
        let (sure, open) = self.world.satellites(&[kind], "bucket", self.own, &["bucket"]);
        Around { sure, open }
    }

    /// A satellite's body, or the bucket's own block of the old form.
    pub(super) fn bodies(&self, kind: &str, block: &str) -> (Vec<&'a Val>, Option<(Why, Place)>) {
        let around = self.around(kind);
        let mut out: Vec<&Val> = around.sure.iter().map(|r| &r.body).collect();
        out.extend(self.own.body.list(block).items);
        (out, around.open)
    }
}

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for own in world.of("aws_s3_bucket") {
        let bucket = Bucket { world, own, elsewhere: false };
        let title = nodes::title("S3 bucket", own, &["bucket"]);
        out.nodes.push(nodes::node(own, NodeKind::Managed));
        let public = access::lets_anybody_in(&bucket);
        // Signed requests are IAM's affair; only unsigned ones make a bucket open to the internet.
        let say = format!("{title} answers unsigned requests");
        let place = public.place();
        out.hops.push(nodes::way(Ref::Internet, &own.address, public.clone(), place, &say));
        let mut store = store(&bucket, title.clone(), public);
        let keep = keep::keep(&bucket, title);
        if sinks(&keep.retention) && store.product_log.known() == Some(&false) {
            store.product_log = Fact::Unset(own.head);
        }
        out.stores.push(store);
        out.keeps.push(keep);
    }
    elsewhere(world, out);
    for point in world.of("aws_s3_access_point") {
        out.stores.extend(access_point(point));
    }
}

/// An access point with a guard of its own, which is on where nobody wrote otherwise.
fn access_point(point: &Resource) -> Option<Store> {
    let guard = point.body.block("public_access_block_configuration")?;
    let title = nodes::title("S3 access point", point, &["name"]);
    let name = super::facts::word(&point.body.text("name"), &point.name);
    Some(Store {
        engine: Fact::default("s3".into(), "the kind of the resource", point.head),
        kind: "object-store".into(),
        managed: true,
        whole: point.whole,
        exists: point.exists.clone(),
        guard_off: not(access::all_on(guard, true, "provider docs, s3_access_point")),
        ..Store::new(point.address.clone(), name, title, point.head)
    })
}

/// What makes a bucket public, where the bucket itself stands in other files: the satellite speaks
/// for it.
fn elsewhere(world: &World, out: &mut Fragment) {
    let names = ["bucket"];
    for own in world.each(&access::SPEAKERS) {
        let joins = |b: &&Resource| world.join(&own.body, "bucket", b, &names) != Join::No;
        if world.of("aws_s3_bucket").iter().any(joins) {
            continue;
        }
        let bucket = Bucket { world, own, elsewhere: true };
        let public = access::lets_anybody_in(&bucket);
        let guard_off = access::guard_off(&bucket);
        if public.known() != Some(&true) && guard_off.known() != Some(&true) {
            continue;
        }
        let title = nodes::title("the S3 bucket of", own, &names);
        out.nodes.push(nodes::node(own, NodeKind::Managed));
        let say = format!("{title} answers unsigned requests");
        let place = public.place();
        out.hops.push(nodes::way(Ref::Internet, &own.address, public.clone(), place, &say));
        let (at, base) = (own.head, store(&bucket, title, public));
        out.stores.push(Store {
            encrypted_at_rest: Fact::Unset(at),
            product_log: Fact::Unset(at),
            ..base
        });
    }
}

fn store(bucket: &Bucket, title: Name, public: Fact<bool>) -> Store {
    let own = bucket.own;
    let at = own.head;
    let name = super::facts::word(&own.body.text("bucket"), &own.name);
    let proof = public.map(|p| if p { "none".into() } else { "iam".into() });
    Store {
        engine: Fact::default("s3".into(), "the kind of the resource", at),
        kind: "object-store".into(),
        managed: true,
        whole: own.whole,
        exists: own.exists.clone(),
        endpoints: vec![EndpointDraft {
            port: Fact::default(443, "AWS: S3 endpoints", at),
            udp: false,
            protocol: "http".into(),
            role: "data".into(),
            tls: Fact::default(true, "AWS: S3 endpoints", at),
            bind: Fact::default(Addresses::all(), "AWS: S3 endpoints", at),
            asks: Fact::default(true, "logins of a managed service hold on every port", at),
            place: at,
        }],
        logins: vec![Login { rights: access::rights(bucket), ..plain_login(own, proof) }],
        encrypted_at_rest: Fact::default(
            true,
            "AWS: S3 encrypts every new object since January 2023",
            at,
        ),
        product_log: access_log(bucket),
        guard_off: access::guard_off(bucket),
        ..Store::new(own.address.clone(), name, title, at)
    }
}

fn access_log(bucket: &Bucket) -> Fact<bool> {
    let (bodies, open) = bucket.bodies("aws_s3_bucket_logging", "logging");
    match (bodies.first(), open) {
        (Some(body), _) => Fact::written(true, body.at),
        (None, Some((why, at))) => Fact::Unknown(why, at),
        (None, None) => {
            Fact::default(false, "AWS: server access logging is off by default", bucket.own.head)
        }
    }
}
