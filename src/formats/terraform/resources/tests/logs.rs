use super::fragment;

/// Compares what is kept: title, days, whether for ever.
#[track_caller]
fn check(source: &str, expected: &[&str]) {
    let made = fragment(source, None);
    let told = made.keeps.iter().map(|keep| {
        let kept = &keep.retention;
        let days = kept.days.known().map_or("?".to_owned(), ToString::to_string);
        let forever = if kept.forever.known() == Some(&true) { ", for ever" } else { "" };
        format!("{}: {days}{forever}", kept.identity.title)
    });
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn logs_of_azure_and_google_always_have_an_end() {
    check(
        r#"
        resource "azurerm_log_analytics_workspace" "a" {
          name              = "audit"
          retention_in_days = 90
        }
        resource "azurerm_log_analytics_workspace" "b" {}
        resource "google_logging_project_bucket_config" "c" { bucket_id = "_Default" }
        resource "google_logging_folder_bucket_config" "d" { retention_days = 3650 }
        resource "aws_cloudwatch_log_group" "e" {}
        "#,
        &[
            "log group `e`: ?, for ever",
            "Log Analytics workspace `audit`: 90",
            "Log Analytics workspace `b`: ?",
            "log bucket `d`: 3650",
            "log bucket `_Default`: 30",
        ],
    );
}

#[test]
fn other_places_for_logs_and_rows_of_timestream_say_their_days() {
    check(
        r#"
        resource "alicloud_log_store" "a" { logstore_name = "a" }
        resource "alicloud_log_store" "b" {
          logstore_name    = "b"
          retention_period = 3650
        }
        resource "tencentcloud_cls_topic" "c" {
          topic_name = "c"
          period     = 3640
        }
        resource "oci_logging_log" "d" { retention_duration = 90 }
        resource "aws_timestreamwrite_table" "e" { table_name = "e" }
        resource "aws_timestreamwrite_table" "f" {
          table_name = "f"
          retention_properties {
            magnetic_store_retention_period_in_days = 30
            memory_store_retention_period_in_hours  = 8
          }
        }
        "#,
        &[
            "log store `a`: 30",
            "log store `b`: ?, for ever",
            "log `d`: 90",
            "log topic `c`: ?, for ever",
            "Timestream table `e`: 73000",
            "Timestream table `f`: 30",
        ],
    );
}
