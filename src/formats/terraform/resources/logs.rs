//! Where the clouds' own logs lie and how long they are kept: log groups of AWS, workspaces of
//! Azure, log buckets of Google and their like; and rows of Timestream.

use super::facts::word;
use super::nodes;
use super::prompts;
use super::world::{Join, World};
use crate::formats::terraform::value::Resource;
use crate::model::concept::{Identity, Retention};
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Fragment, Keep};

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for group in world.of("aws_cloudwatch_log_group") {
        out.keeps.push(log_group(world, group));
    }
    for workspace in world.of("azurerm_log_analytics_workspace") {
        // What nobody wrote the platform decides.
        let days = workspace.body.int("retention_in_days");
        let title = nodes::title("Log Analytics workspace", workspace, &["name"]);
        out.keeps.push(limited(workspace, title, "log-analytics", "name", days));
    }
    for bucket in world.each(&GOOGLE) {
        let days = bucket.body.int("retention_days");
        let days = days.or_default(30, "provider docs, logging_project_bucket_config");
        let title = nodes::title("log bucket", bucket, &["bucket_id"]);
        out.keeps.push(limited(bucket, title, "cloud-logging", "bucket_id", days));
    }
    for place in &PLACES {
        for own in world.of(place.kind) {
            out.keeps.push(place.keep(own));
        }
    }
    for table in world.of("aws_timestreamwrite_table") {
        out.keeps.push(timestream(table));
    }
}

/// A kind of place for logs, or of rows, that says for how many days it keeps them.
struct Place {
    kind: &'static str,
    title: &'static str,
    engine: &'static str,
    names: [&'static str; 2],
    days: &'static str,
    /// What holds where nobody wrote it, with its source.
    default: Option<(i64, &'static str)>,
    /// The number that means "for ever".
    forever: i64,
}

#[rustfmt::skip]
const PLACES: [Place; 4] = [
    Place { kind: "alicloud_log_store", title: "log store", engine: "sls", names: ["logstore_name", "name"], days: "retention_period", default: Some((30, "provider docs, log_store")), forever: 3650 },
    Place { kind: "huaweicloud_lts_group", title: "log group", engine: "lts", names: ["group_name", "name"], days: "ttl_in_days", default: None, forever: -1 },
    Place { kind: "oci_logging_log", title: "log", engine: "oci-logging", names: ["display_name", "name"], days: "retention_duration", default: None, forever: -1 },
    Place { kind: "tencentcloud_cls_topic", title: "log topic", engine: "cls", names: ["topic_name", "name"], days: "period", default: None, forever: 3640 },
];

const GOOGLE: [&str; 4] = [
    "google_logging_billing_account_bucket_config",
    "google_logging_folder_bucket_config",
    "google_logging_organization_bucket_config",
    "google_logging_project_bucket_config",
];

/// A place for logs that always has an end.
fn limited(resource: &Resource, title: Name, engine: &str, name: &str, days: Fact<i64>) -> Keep {
    let mut retention = Retention::new(identity(resource, title));
    let at = resource.head;
    retention.name = Fact::written(word(&resource.body.text(name), &resource.name), at);
    retention.what = Fact::written("log-group".into(), at);
    retention.engine = Fact::written(engine.into(), at);
    retention.holds = Fact::written(vec![Fact::written("logs".into(), at)], at);
    retention.forever = match &days {
        Fact::Known(_, origin) => Fact::Known(false, origin.clone()),
        _ => Fact::default(false, "it keeps logs for some days only", at),
    };
    retention.days = days;
    Keep { store: None, retention }
}

impl Place {
    fn keep(&self, own: &Resource) -> Keep {
        let told = own.body.int(self.days);
        let days = match self.default {
            Some((days, see)) => told.or_default(days, see),
            None => told,
        };
        let title = nodes::title(self.title, own, &self.names);
        let forever = days.clone().map(|days| days == self.forever);
        let name = self.names.into_iter().find(|name| own.body.get(name).is_some());
        let mut keep = limited(own, title, self.engine, name.unwrap_or(self.names[0]), days);
        if forever.known() == Some(&true) {
            keep.retention.days = Fact::Unset(own.head);
            keep.retention.forever = forever;
        }
        keep
    }
}

/// Rows go from memory to disk, and from there after the days of the magnetic store: 73000 of them,
/// some 200 years, where nobody wrote less (provider source, `timestreamwrite_table`).
fn timestream(table: &Resource) -> Keep {
    let own = table.body.block("retention_properties");
    let days = own
        .map_or(Fact::Unset(table.head), |own| own.int("magnetic_store_retention_period_in_days"));
    let days = days.or_default(73_000, "provider source, timestreamwrite_table");
    let title = nodes::title("Timestream table", table, &["table_name"]);
    let mut keep = limited(table, title, "timestream", "table_name", days);
    keep.retention.what = Fact::written("table".into(), table.head);
    keep.retention.holds = Fact::written(Vec::new(), table.head);
    keep
}

fn log_group(world: &World, group: &Resource) -> Keep {
    let title = nodes::title("log group", group, &["name"]);
    let mut retention = Retention::new(identity(group, title));
    retention.name = Fact::written(word(&group.body.text("name"), &group.name), group.head);
    retention.what = Fact::written("log-group".into(), group.head);
    retention.engine = Fact::written("cloudwatch".into(), group.head);
    let mut holds = vec![Fact::written("logs".into(), group.head)];
    let prompts = prompts::sinks(world).into_iter();
    let here = |value| world.value_join(value, group, &["name"], 2) == Join::Yes;
    holds.extend(prompts.filter(|(value, _)| here(value)).map(|(_, content)| content));
    retention.holds = Fact::written(holds, group.head);
    // 0 and nothing both mean "never expire"; the class DELIVERY keeps two days, whatever is set.
    let told =
        group.body.int("retention_in_days").or_default(0, "provider docs, cloudwatch_log_group");
    let class = group.body.text("log_group_class");
    let delivery = class.known().is_some_and(|c| &**c == "DELIVERY");
    let days = if delivery { class.map(|_| 2) } else { told };
    retention.forever = days.clone().map(|d| d == 0);
    retention.days = match days {
        Fact::Known(0, origin) => Fact::Unset(origin.at),
        other => other,
    };
    Keep { store: None, retention }
}

/// What a thing kept is called, apart from its facts.
pub(super) fn identity(resource: &Resource, title: Name) -> Identity {
    Identity {
        address: resource.address.0.clone(),
        subject: resource.address.0.clone(),
        title,
        place: resource.head,
        whole: resource.whole,
        exists: resource.exists.clone(),
    }
}
