//! What stands apart from the stores that it is about, in files that show only this part.

use super::fragment;
use crate::model::fact::Fact;

/// Compares the facts that a fragment has of its stores and logs: name, fact, value.
fn check(source: &str, expected: &[&str]) {
    let out = fragment(source, None);
    let word = |fact: &Fact<bool>| fact.known().map_or("?".to_owned(), ToString::to_string);
    let mut got = Vec::new();
    for store in &out.stores {
        let facts = [
            ("tenants", &store.tenants_admitted),
            ("guard_off", &store.guard_off),
            ("public", &store.public_switch),
        ];
        let told = facts.iter().filter(|(_, fact)| !fact.is_unset());
        got.extend(told.map(|(name, fact)| format!("{}: {name} {}", store.title, word(fact))));
    }
    got.extend(
        out.logs.iter().map(|l| format!("{}: {}", l.log.identity.title, word(&l.log.enabled))),
    );
    let filters = out.filters.iter().filter(|filter| filter.stands_alone);
    got.extend(filters.flat_map(|f| &f.rules).map(|rule| rule.say.to_string()));
    assert_eq!(got, expected);
}

#[test]
fn an_entry_for_all_of_azure_is_told_from_one_address() {
    check(
        r#"
        resource "azurerm_mssql_firewall_rule" "azure" {
          server_id        = "elsewhere"
          start_ip_address = "0.0.0.0"
          end_ip_address   = "0.0.0.0"
        }
        resource "azurerm_mssql_firewall_rule" "office" {
          server_id        = "elsewhere"
          start_ip_address = "203.0.113.7"
          end_ip_address   = "203.0.113.7"
        }
        resource "azurerm_cosmosdb_account" "items" {
          ip_range_filter = ["0.0.0.0"]
        }
        "#,
        &[
            "Cosmos DB account `items`: tenants true",
            "Cosmos DB account `items`: public true",
            "the server behind `azure`: tenants true",
            "admits 0.0.0.0 to 0.0.0.0",
            "admits 203.0.113.7 to 203.0.113.7",
        ],
    );
}

#[test]
fn an_access_point_is_guarded_where_nobody_wrote_otherwise() {
    check(
        r#"
        resource "aws_s3_access_point" "open" {
          public_access_block_configuration {
            restrict_public_buckets = false
          }
        }
        resource "aws_s3_access_point" "shut" {
          public_access_block_configuration {
            block_public_acls = true
          }
        }
        resource "aws_s3_access_point" "silent" {
          name = "silent"
        }
        "#,
        &["S3 access point `open`: guard_off true", "S3 access point `shut`: guard_off false"],
    );
}

#[test]
fn a_clusters_instance_speaks_alone_only_without_its_cluster() {
    check(
        r#"
        resource "aws_rds_cluster" "here" {
          cluster_identifier = "here"
        }
        resource "aws_rds_cluster_instance" "part" {
          cluster_identifier  = aws_rds_cluster.here.id
          publicly_accessible = true
        }
        resource "aws_rds_cluster_instance" "alone" {
          cluster_identifier  = "elsewhere"
          publicly_accessible = true
        }
        "#,
        &["RDS cluster `here`: public true", "RDS cluster instance `alone`: public true"],
    );
}

#[test]
fn a_trail_records_reads_only_where_it_says_so() {
    check(
        r#"
        resource "alicloud_actiontrail_trail" "all" {
          event_rw = "All"
        }
        resource "alicloud_actiontrail_trail" "silent" {}
        resource "alicloud_actiontrail_trail" "reads" {
          event_rw = "Read"
        }
        "#,
        &[
            "the recording of reads `all`: true",
            "the recording of reads `silent`: false",
            "the recording of writes `reads`: false",
        ],
    );
}

#[test]
fn documentdb_needs_a_setting_beside_the_export() {
    check(
        r#"
        resource "aws_docdb_cluster" "orders" {
          enabled_cloudwatch_logs_exports = ["audit"]
        }
        resource "aws_docdb_cluster_parameter_group" "silent" {
          family = "docdb5.0"
        }
        resource "aws_docdb_cluster_parameter_group" "told" {
          parameter {
            name  = "audit_logs"
            value = "enabled"
          }
        }
        "#,
        &["audit_logs `told`: true", "audit_logs `silent`: false"],
    );
}

#[test]
fn groups_of_the_time_before_vpcs_have_their_services_ports() {
    check(
        r#"
        resource "aws_db_security_group" "db" {
          ingress {
            cidr = "0.0.0.0/0"
          }
        }
        resource "aws_redshift_security_group" "warehouse" {
          ingress {
            cidr = "0.0.0.0/0"
          }
          ingress {
            security_group_name = "apps"
          }
        }
        "#,
        &["admits 0.0.0.0/0 on all ports", "admits 0.0.0.0/0 on port 5439"],
    );
}
