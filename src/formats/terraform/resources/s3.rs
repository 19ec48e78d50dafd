//! S3 buckets with the resources around them: who gets in unasked, what they keep and how long.

mod access;
mod keep;

pub(super) use keep::says_logs;

use super::nodes;
use super::stores::plain_login;
use super::world::World;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{EndpointDraft, Fragment, NodeKind, Ref, Store};
use crate::model::net::Addresses;
use crate::source::Place;

/// A bucket with its satellites. Attributes of the bucket itself are the provider's old form.
pub(super) struct Bucket<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) own: &'a Resource,
}

/// Satellites of one type, and whether there may be more that nobody can tell.
pub(super) struct Around<'a> {
    pub(super) sure: Vec<&'a Resource>,
    pub(super) open: Option<(Why, Place)>,
}

impl<'a> Bucket<'a> {
    pub(super) fn around(&self, kind: &str) -> Around<'a> {
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
        let bucket = Bucket { world, own };
        let title = nodes::title("S3 bucket", own, &["bucket"]);
        out.nodes.push(nodes::node(own, NodeKind::Managed, &title));
        let public = access::lets_anybody_in(&bucket);
        // Signed requests are IAM's affair; only unsigned ones make a bucket open to the internet.
        let say = format!("{title} answers unsigned requests");
        let place = public.place();
        out.hops.push(nodes::way(Ref::Internet, &own.address, public.clone(), place, &say));
        out.stores.push(store(&bucket, title.clone(), public));
        out.keeps.push(keep::keep(&bucket, title));
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
        logins: vec![plain_login(own, proof)],
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
