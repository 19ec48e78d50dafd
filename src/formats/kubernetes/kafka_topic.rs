//! Topics of Kafka as objects: how long what is written to one stays.
//!
//! kafka.apache.org, "Topic Configs": `retention.ms` and `retention.bytes`, -1 for no limit, count
//! where `cleanup.policy` deletes. A topic that says nothing keeps to its cluster's
//! `log.retention.…`, which is told of the cluster.

use super::object::{Object, text};
use crate::formats::content;
use crate::model::concept::Retention;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Fragment, Keep};
use crate::tree::node::{Entry, Node};

const DAY: i64 = 86_400_000;

/// Strimzi's operator, Confluent's and Redpanda's.
pub(super) fn is_group(group: &str) -> bool {
    matches!(group, "kafka.strimzi.io" | "platform.confluent.io" | "cluster.redpanda.com")
}

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    let (engine, configs) = match object.group {
        "cluster.redpanda.com" => ("redpanda", "additionalConfig"),
        "platform.confluent.io" => ("kafka", "configs"),
        _ => ("kafka", "config"),
    };
    let Some(configs) = object.spec(&[configs]).map(Node::entries) else { return };
    let config = |name: &str| configs.iter().find(|e| &*e.key == name);
    let Some(time) = config("retention.ms") else { return };
    // Of every key the latest stays, however old it is; `retention.…` says nothing of that.
    let policy = config("cleanup.policy").and_then(|e| e.value.str()).unwrap_or("delete");
    if !policy.contains("delete") {
        return;
    }
    let name = ["topicName", "name"].iter().find_map(|key| object.spec(&[key])?.text());
    let name = name.unwrap_or_else(|| object.name.clone());
    let mut retention = Retention::new(object.as_subject());
    retention.name = Fact::written(name.clone(), object.place);
    retention.what = Fact::written("stream".into(), object.place);
    retention.engine = Fact::written(engine.into(), object.place);
    let logs = content::says_logs(&name)
        .then(|| Fact::guessed("logs".into(), "its name says so", object.place));
    let holds = content::of_name(&name, object.place).into_iter().chain(logs).collect();
    retention.holds = Fact::written(holds, object.place);
    let number = number(time);
    retention.forever = match &number {
        Fact::Known(-1, _) => without_size(config("retention.bytes"), time),
        told => told.clone().map(|_| false),
    };
    retention.days = match number {
        Fact::Known(-1, origin) => Fact::Unset(origin.at),
        // A span of less than a day is not none.
        told => told.map(|ms| if ms > 0 { (ms / DAY).max(1) } else { 0 }),
    };
    out.keeps.push(Keep { store: cluster(object), retention });
}

/// Whether a topic without a limit of time has none of size either.
fn without_size(size: Option<&Entry>, time: &Entry) -> Fact<bool> {
    match size {
        Some(size) => number(size).map(|bytes| bytes == -1),
        None => Fact::guessed(true, "its cluster sets no `log.retention.bytes`", time.place()),
    }
}

fn number(entry: &Entry) -> Fact<i64> {
    let odd = |text: &Name| Why::NotUnderstood(format!("the number `{text}`").into());
    text(&entry.value).try_map(|text| text.trim().parse().map_err(|_| odd(&text)))
}

/// Strimzi's label names the cluster; its pods are known by the resource (`operators.rs`).
fn cluster(object: &Object) -> Option<Address> {
    let labels = object.node.at(&["metadata", "labels"])?;
    let cluster = labels.get("strimzi.io/cluster")?.str()?;
    Some(Address::new(format!("{}/kafka", object.neighbour("Kafka", cluster))))
}

#[cfg(test)]
mod tests {
    use crate::formats::dump::{fact, lowered};
    use crate::formats::kubernetes::Kubernetes;

    /// What is kept: for ever or not, days, what it holds.
    #[track_caller]
    fn check(name: &str, config: &str, expected: &[&str]) {
        let yaml = format!(
            "apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: {{name: {name}}}\n\
             spec: {{config: {{{config}}}}}"
        );
        let (out, _) = lowered(&Kubernetes, &[("topic.yaml", &yaml)]);
        let kept = out.keeps.iter().map(|k| {
            let holds = k.retention.holds.known().into_iter().flatten().map(fact);
            let holds = holds.collect::<Vec<_>>().join(" ");
            format!("{} {} {holds}", fact(&k.retention.forever), fact(&k.retention.days))
        });
        let kept: Vec<String> = kept.map(|line| line.trim_end().to_owned()).collect();
        assert_eq!(kept, expected, "{config}");
    }

    #[test]
    fn a_topic_keeps_as_long_as_it_says() {
        check("orders", "retention.ms: 604800000", &["false 7"]);
        check("orders", "retention.ms: '3600000'", &["false 1"]);
        check("access-logs", "retention.ms: '-1', retention.bytes: -1", &["true - logs(guess)"]);
        check("llm.prompts", "retention.ms: -1", &["true(guess) - prompts(guess)"]);
        check("orders", "retention.ms: -1, retention.bytes: 1073741824", &["false -"]);
        check("orders", "retention.ms: '{{ .Values.retention }}'", &["? ?"]);
    }

    #[test]
    fn what_the_cluster_decides_is_not_told_of_the_topic() {
        check("orders", "segment.bytes: 1048576", &[]);
        check("orders", "cleanup.policy: compact, retention.ms: -1", &[]);
        check("orders", "cleanup.policy: 'compact,delete', retention.ms: 86400000", &["false 1"]);
    }
}
