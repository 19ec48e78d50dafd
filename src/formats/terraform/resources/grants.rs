//! Policies and bindings that let everybody in, of stores that stand in other files.

use super::gcs;
use super::nodes;
use super::policy::lets_anybody_in;
use super::stores::plain_login;
use super::world::{Join, World};
use crate::formats::terraform::value::Resource;
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Fragment, NodeKind, Ref, Store};

/// A kind of grant, and whose it is.
struct Grant {
    /// Types, without the endings of `ENDINGS` where they are Google's.
    kind: &'static str,
    what: &'static str,
    engine: &'static str,
    store: &'static str,
    /// The attribute that names the store.
    by: &'static str,
    /// The type of the store, whose card reads the grants that join with it.
    of: Option<&'static str>,
}

/// Policies of IAM's shape, each in the attribute `policy` or `access_policies`.
#[rustfmt::skip]
const POLICIES: [Grant; 11] = [
    Grant { kind: "alicloud_oss_bucket_policy", what: "bucket", engine: "oss", store: "object-store", by: "bucket", of: Some("alicloud_oss_bucket") },
    Grant { kind: "aws_elasticsearch_domain_policy", what: "domain", engine: "elasticsearch", store: "search", by: "domain_name", of: Some("aws_elasticsearch_domain") },
    Grant { kind: "aws_opensearch_domain_policy", what: "domain", engine: "opensearch", store: "search", by: "domain_name", of: Some("aws_opensearch_domain") },
    Grant { kind: "scaleway_object_bucket_policy", what: "bucket", engine: "s3-compatible", store: "object-store", by: "bucket", of: Some("scaleway_object_bucket") },
    Grant { kind: "yandex_storage_bucket_policy", what: "bucket", engine: "object-storage", store: "object-store", by: "bucket", of: Some("yandex_storage_bucket") },
    Grant { kind: "aws_sqs_queue_policy", what: "queue", engine: "sqs", store: "queue", by: "queue_url", of: Some("aws_sqs_queue") },
    Grant { kind: "aws_sns_topic_policy", what: "topic", engine: "sns", store: "queue", by: "arn", of: Some("aws_sns_topic") },
    Grant { kind: "aws_kinesis_resource_policy", what: "stream", engine: "kinesis", store: "queue", by: "resource_arn", of: Some("aws_kinesis_stream") },
    Grant { kind: "aws_dynamodb_resource_policy", what: "table", engine: "dynamodb", store: "database", by: "resource_arn", of: Some("aws_dynamodb_table") },
    Grant { kind: "aws_backup_vault_policy", what: "vault", engine: "aws-backup", store: "backup", by: "backup_vault_name", of: Some("aws_backup_vault") },
    Grant { kind: "aws_secretsmanager_secret_policy", what: "secret", engine: "secrets-manager", store: "secrets", by: "secret_arn", of: Some("aws_secretsmanager_secret") },
];

/// Access lists of buckets, in the attribute `acl` or `rule`.
#[rustfmt::skip]
const LISTS: [Grant; 4] = [
    Grant { kind: "alicloud_oss_bucket_acl", what: "bucket", engine: "oss", store: "object-store", by: "bucket", of: Some("alicloud_oss_bucket") },
    Grant { kind: "ncloud_objectstorage_bucket_acl", what: "bucket", engine: "object-storage", store: "object-store", by: "bucket_name", of: Some("ncloud_objectstorage_bucket") },
    Grant { kind: "scaleway_object_bucket_acl", what: "bucket", engine: "s3-compatible", store: "object-store", by: "bucket", of: Some("scaleway_object_bucket") },
    Grant { kind: "yandex_storage_bucket_grant", what: "bucket", engine: "object-storage", store: "object-store", by: "bucket", of: Some("yandex_storage_bucket") },
];

/// Google's bindings; each comes in three types.
#[rustfmt::skip]
const BINDINGS: [Grant; 14] = [
    Grant { kind: "google_bigquery_dataset", what: "dataset", engine: "bigquery", store: "warehouse", by: "dataset_id", of: None },
    Grant { kind: "google_bigquery_table", what: "table", engine: "bigquery", store: "warehouse", by: "table_id", of: None },
    Grant { kind: "google_pubsub_topic", what: "topic", engine: "pubsub", store: "queue", by: "topic", of: Some("google_pubsub_topic") },
    Grant { kind: "google_pubsub_subscription", what: "subscription", engine: "pubsub", store: "queue", by: "subscription", of: None },
    Grant { kind: "google_spanner_instance", what: "instance", engine: "spanner", store: "database", by: "instance", of: None },
    Grant { kind: "google_spanner_database", what: "database", engine: "spanner", store: "database", by: "database", of: None },
    Grant { kind: "google_bigtable_instance", what: "instance", engine: "bigtable", store: "database", by: "instance", of: None },
    Grant { kind: "google_bigtable_table", what: "table", engine: "bigtable", store: "database", by: "table", of: None },
    Grant { kind: "google_storage_managed_folder", what: "folder", engine: "gcs", store: "object-store", by: "managed_folder", of: None },
    Grant { kind: "google_secret_manager_secret", what: "secret", engine: "secret-manager", store: "secrets", by: "secret_id", of: None },
    Grant { kind: "google_healthcare_dataset", what: "dataset", engine: "healthcare", store: "database", by: "dataset_id", of: None },
    Grant { kind: "google_healthcare_fhir_store", what: "store", engine: "healthcare", store: "database", by: "fhir_store_id", of: None },
    Grant { kind: "google_healthcare_dicom_store", what: "store", engine: "healthcare", store: "database", by: "dicom_store_id", of: None },
    Grant { kind: "google_healthcare_hl7_v2_store", what: "store", engine: "healthcare", store: "database", by: "hl7_v2_store_id", of: None },
];

const ENDINGS: [&str; 3] = ["_iam_member", "_iam_binding", "_iam_policy"];

/// One entry of a dataset's access list, as a resource of its own.
const ENTRY: Grant = Grant {
    kind: "google_bigquery_dataset_access",
    what: "dataset",
    engine: "bigquery",
    store: "warehouse",
    by: "dataset_id",
    of: Some("google_bigquery_dataset"),
};

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for grant in &POLICIES {
        for own in world.of(grant.kind) {
            let policy = own.body.get("policy").or(own.body.get("access_policies"));
            grant.give(world, own, policy.map(|policy| lets_anybody_in(world, policy)), out);
        }
    }
    for grant in &LISTS {
        for own in world.of(grant.kind) {
            let told = [own.body.text("acl"), own.body.text("rule")];
            let told = told.into_iter().find(|fact| !fact.is_unset());
            let open = told.map(|w| w.map(|w| matches!(&*w, "public-read" | "public-read-write")));
            grant.give(world, own, open, out);
        }
    }
    for grant in &BINDINGS {
        for own in ENDINGS.iter().flat_map(|end| world.of(&format!("{}{end}", grant.kind))) {
            grant.give(world, own, Some(gcs::everybody(world, &own.body)), out);
        }
    }
    for own in world.of(ENTRY.kind) {
        ENTRY.give(world, own, Some(gcs::everybody(world, &own.body)), out);
    }
}

impl Grant {
    /// The store behind a grant that certainly lets everybody in.
    fn give(&self, world: &World, own: &Resource, open: Option<Fact<bool>>, out: &mut Fragment) {
        let Some(open) = open.filter(|open| open.known() == Some(&true)) else { return };
        if self.of.is_some_and(|kind| joined(world, own, self.by, kind)) {
            return;
        }
        let open = match doubt(&own.kind) {
            Some(how) => Fact::guessed(true, how, open.place()),
            None => open,
        };
        let title = nodes::title(&format!("the {} of", self.what), own, &[self.by]);
        out.nodes.push(nodes::node(own, NodeKind::Managed));
        let (place, at) = (open.place(), own.head);
        let say = format!("{title} answers everybody by its policy");
        out.hops.push(nodes::way(Ref::Internet, &own.address, open.clone(), place, &say));
        let see = "the services of AWS and Google answer over HTTPS";
        let proof: Fact<Name> = open.map(|_| "none".into());
        out.stores.push(Store {
            engine: Fact::default(self.engine.into(), "the kind of the resource", at),
            kind: self.store.into(),
            managed: true,
            whole: own.whole,
            exists: own.exists.clone(),
            endpoints: vec![nodes::https(see, at)],
            logins: vec![plain_login(own, proof)],
            ..Store::new(own.address.clone(), title.clone(), title, at)
        });
    }
}

/// What may keep other accounts out although a policy lets them in.
fn doubt(kind: &str) -> Option<&'static str> {
    match kind {
        "aws_backup_vault_policy" => {
            Some("other accounts may at most copy into it (AWS docs, Vault access policies)")
        }
        "aws_secretsmanager_secret_policy" => Some(
            "the key of the secret may keep other accounts out (AWS docs, Access secrets from a \
             different account)",
        ),
        _ => None,
    }
}

/// Whether the store stands in these files, so that its card reads the grant.
fn joined(world: &World, own: &Resource, by: &str, kind: &str) -> bool {
    let stores = world.of(kind).iter();
    let names = ["name", "bucket", "bucket_name", "dataset_id", "domain_name"];
    stores.map(|store| world.join(&own.body, by, store, &names)).any(|join| join != Join::No)
}
