//! Defaults of cards that hold for some resources of a type only.

use super::fragment;

/// Compares what is told of encryption and backups: `-` is nothing.
fn check(source: &str, expected: &[&str]) {
    let out = fragment(source, None);
    let told = out.stores.iter().map(|store| {
        let encrypted = store.encrypted_at_rest.known().map_or("-".to_owned(), bool::to_string);
        let backups = store.backup_days.known().map_or("-".to_owned(), i64::to_string);
        format!("{}: {encrypted} {backups}", store.name)
    });
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn a_copy_is_encrypted_as_what_it_is_copied_from() {
    check(
        r#"
        resource "aws_db_instance" "fresh" { engine = "postgres" }
        resource "aws_db_instance" "replica" {
          replicate_source_db = aws_db_instance.fresh.identifier
        }
        resource "aws_db_instance" "restored" {
          engine              = "postgres"
          snapshot_identifier = "before-the-move"
        }
        resource "aws_db_instance" "told" {
          engine              = "postgres"
          snapshot_identifier = "before-the-move"
          storage_encrypted   = false
        }
        resource "aws_rds_cluster" "restored" {
          engine              = "aurora-postgresql"
          snapshot_identifier = "before-the-move"
        }
        "#,
        &["fresh: false 0", "replica: - -", "restored: - 0", "told: false 0", "restored: - 1"],
    );
}

#[test]
fn memcached_has_no_backups_to_keep() {
    check(
        r#"
        resource "aws_elasticache_cluster" "pages" { engine = "memcached" }
        resource "aws_elasticache_cluster" "jobs" { engine = "redis" }
        resource "aws_elasticache_cluster" "kept" {
          engine                   = "valkey"
          snapshot_retention_limit = 7
        }
        resource "aws_elasticache_cluster" "replica" { replication_group_id = "jobs" }
        "#,
        &["pages: - -", "jobs: - 0", "kept: - 7", "replica: - -"],
    );
}
