//! Log groups of AWS and how long they keep.

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
