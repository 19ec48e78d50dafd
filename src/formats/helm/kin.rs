//! Whether a chart that only bears a known name can be the known one: its values tell.

use rustc_hash::FxHashSet;

use super::values::Merged;
use crate::catalog::Catalog;
use crate::catalog::chart::{ChartCard, ServiceCard};

/// Keys that charts of every publisher have, and that cards mostly make nothing of: those of
/// `helm create`, and those that Bitnami's charts share (`bitnami/common`).
const EVERYWHERE: [&str; 34] = [
    "affinity",
    "architecture",
    "autoscaling",
    "clusterDomain",
    "diagnosticMode",
    "enabled",
    "env",
    "envFrom",
    "fullnameOverride",
    "global",
    "hostAliases",
    "image",
    "imagePullSecrets",
    "initContainers",
    "kubeVersion",
    "labels",
    "annotations",
    "livenessProbe",
    "metrics",
    "nameOverride",
    "namespaceOverride",
    "nodeSelector",
    "persistence",
    "rbac",
    "readinessProbe",
    "replicaCount",
    "replicas",
    "resources",
    "securityContext",
    "serviceAccount",
    "serviceMonitor",
    "startupProbe",
    "tolerations",
    "updateStrategy",
];

/// Beginnings of such keys: `podAnnotations`, `extraEnv`, `commonLabels`.
const BEGINNINGS: [&str; 6] = ["common", "container", "deployment", "extra", "pod", "volume"];

/// Whether somebody who wrote these values had another chart in mind than the card's: he says what
/// a card always describes in a place where it has nothing, or speaks of nothing that it knows.
pub(super) fn is_another(card: &ChartCard, written: &Merged, catalog: &Catalog) -> bool {
    let Some(map) = written.node.map() else { return false };
    let keys = || map.entries.iter().filter(|e| !e.value.is_null()).map(|e| &*e.key);
    let known = known(card);
    let elsewhere = |key: &str| !known.contains(key) && described(card, key);
    if keys().any(elsewhere) {
        return true;
    }
    let telling = || keys().filter(|key| !is_everywhere(key));
    if telling().any(|key| known.contains(key)) {
        return false;
    }
    // A chart that comes along has its values below its name.
    let is_chart =
        |key: &str| catalog.charts.naming([key]).any(|c| c.charts.iter().any(|n| n == key));
    telling().any(|key| !is_chart(key))
}

fn is_everywhere(key: &str) -> bool {
    EVERYWHERE.contains(&key) || BEGINNINGS.iter().any(|begin| key.starts_with(begin))
}

/// Whether the card describes what a key stands for by its usual name.
fn described(card: &ChartCard, key: &str) -> bool {
    match key {
        "service" => !card.services.is_empty(),
        "ingress" => !card.ingresses.is_empty(),
        "networkPolicy" => !card.policies.is_empty(),
        _ => false,
    }
}

/// The first keys of all that the card asks for.
fn known(card: &ChartCard) -> FxHashSet<&str> {
    let mut paths: Vec<&[String]> = card.defaults.iter().map(|(path, _)| &path[..]).collect();
    let mut conditions = Vec::new();
    for workload in &card.workloads {
        paths.extend([&workload.image_at, &workload.tag_at, &workload.command_at].map(|p| &p[..]));
        let lists = [&workload.env_at, &workload.env_from_secret, &workload.env_from_config];
        let lists = lists.into_iter().chain([&workload.args_at]).flatten();
        let env = workload.env.iter().flat_map(|e| &e.at);
        paths.extend(lists.chain(env).map(|path| &path[..]));
        paths.extend(workload.files.iter().map(|f| &f.at[..]));
        conditions.extend(&workload.on);
        conditions.extend(workload.env.iter().filter_map(|e| e.when.as_ref()));
        conditions.extend(workload.args.iter().filter_map(|a| a.when.as_ref()));
        conditions.extend(workload.files.iter().filter_map(|f| f.when.as_ref()));
    }
    for service in &card.services {
        paths.extend(of_service(service));
        conditions.extend(&service.on);
        conditions.extend(service.ports.iter().filter_map(|p| p.on.as_ref()));
    }
    for ingress in &card.ingresses {
        paths.push(&ingress.at);
        conditions.extend(&ingress.on);
    }
    for policy in &card.policies {
        paths.push(&policy.at);
        conditions.push(&policy.on);
        conditions.extend(&policy.external);
    }
    for resource in &card.resources {
        paths.extend(resource.fields.iter().map(|(_, at)| &at[..]));
        conditions.extend(&resource.on);
    }
    let parts = card.parts.iter().filter_map(|part| part.at.split('.').next());
    conditions.extend(card.parts.iter().filter_map(|part| part.on.as_ref()));
    // `on.auth.enabled`, `value.auth.password`
    let asked = conditions.into_iter().flat_map(|c| c.paths()).filter_map(|path| path.get(1));
    let firsts = paths.into_iter().filter_map(|path| path.first());
    firsts.map(String::as_str).chain(asked.map(|key| &**key)).chain(parts).collect()
}

fn of_service(card: &ServiceCard) -> impl Iterator<Item = &[String]> {
    let other = [&card.type_at, &card.annotations_at].into_iter().flatten();
    let ports = card.ports.iter().filter_map(|p| p.at.as_ref());
    other.chain(ports).chain([&card.at]).map(|path| &path[..])
}
