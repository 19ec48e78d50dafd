//! Where the clouds' own logs lie and how long they are kept: log groups of AWS, workspaces of
//! Azure, log buckets of Google.

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
}

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
