//! Where kustomize writes labels and annotations (api/internal/konfig/builtinpluginconsts).

use super::resource::Id;

/// A path in objects of a kind.
pub(super) struct FieldSpec {
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) kind: &'static str,
    pub(super) path: &'static [&'static str],
    pub(super) create: bool,
}

impl FieldSpec {
    pub(super) fn is_for(&self, id: &Id) -> bool {
        (self.group.is_empty() || *self.group == *id.group)
            && (self.version.is_empty() || *self.version == *id.version)
            && (self.kind.is_empty() || *self.kind == *id.kind)
    }
}

const fn made(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    path: &'static [&'static str],
) -> FieldSpec {
    FieldSpec { group, version, kind, path, create: true }
}

const fn there(
    group: &'static str,
    kind: &'static str,
    path: &'static [&'static str],
) -> FieldSpec {
    FieldSpec { group, version: "", kind, path, create: false }
}

const TEMPLATE: &[&str] = &["spec", "template", "metadata", "labels"];
const JOB: &[&str] = &["spec", "jobTemplate", "metadata", "labels"];
const JOB_TEMPLATE: &[&str] = &["spec", "jobTemplate", "spec", "template", "metadata", "labels"];

/// The object's own labels.
pub(super) const METADATA_LABELS: &[FieldSpec] = &[made("", "", "", &["metadata", "labels"])];

/// Labels of pod templates.
pub(super) const TEMPLATE_LABELS: &[FieldSpec] = &[
    made("", "v1", "ReplicationController", TEMPLATE),
    made("", "", "Deployment", TEMPLATE),
    made("", "", "ReplicaSet", TEMPLATE),
    made("", "", "DaemonSet", TEMPLATE),
    made("apps", "", "StatefulSet", TEMPLATE),
    made("batch", "", "Job", TEMPLATE),
    made("batch", "", "CronJob", JOB),
    made("batch", "", "CronJob", JOB_TEMPLATE),
];

/// Selectors, and what else must agree with them.
pub(super) const SELECTORS: &[FieldSpec] = &[
    made("", "v1", "Service", &["spec", "selector"]),
    made("", "v1", "ReplicationController", &["spec", "selector"]),
    made("", "", "Deployment", SELECTOR),
    there("apps", "Deployment", AFFINITY[0]),
    there("apps", "Deployment", AFFINITY[1]),
    there("apps", "Deployment", AFFINITY[2]),
    there("apps", "Deployment", AFFINITY[3]),
    there("apps", "Deployment", SPREAD),
    made("", "", "ReplicaSet", SELECTOR),
    made("", "", "DaemonSet", SELECTOR),
    made("apps", "", "StatefulSet", SELECTOR),
    there("apps", "StatefulSet", AFFINITY[0]),
    there("apps", "StatefulSet", AFFINITY[1]),
    there("apps", "StatefulSet", AFFINITY[2]),
    there("apps", "StatefulSet", AFFINITY[3]),
    there("apps", "StatefulSet", SPREAD),
    there("batch", "Job", SELECTOR),
    there("batch", "CronJob", &["spec", "jobTemplate", "spec", "selector", "matchLabels"]),
    there("policy", "PodDisruptionBudget", SELECTOR),
    there("networking.k8s.io", "NetworkPolicy", &["spec", "podSelector", "matchLabels"]),
    there("networking.k8s.io", "NetworkPolicy", POLICY[0]),
    there("networking.k8s.io", "NetworkPolicy", POLICY[1]),
    made("apps", "", "StatefulSet", &["spec", "volumeClaimTemplates[]", "metadata", "labels"]),
];

const SELECTOR: &[&str] = &["spec", "selector", "matchLabels"];
const SPREAD: &[&str] =
    &["spec", "template", "spec", "topologySpreadConstraints", "labelSelector", "matchLabels"];
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const AFFINITY: [&[&str]; 4] = [
    &affinity("podAffinity"),
    &required("podAffinity"),
    &affinity("podAntiAffinity"),
    &required("podAntiAffinity"),
];
const POLICY: [&[&str]; 2] = [
    &["spec", "ingress", "from", "podSelector", "matchLabels"],
    &["spec", "egress", "to", "podSelector", "matchLabels"],
];

const fn affinity(kind: &'static str) -> [&'static str; 9] {
    [
        "spec",
        "template",
        "spec",
        "affinity",
        kind,
        PREFERRED,
        "podAffinityTerm",
        "labelSelector",
        "matchLabels",
    ]
}

const fn required(kind: &'static str) -> [&'static str; 8] {
    ["spec", "template", "spec", "affinity", kind, REQUIRED, "labelSelector", "matchLabels"]
}

/// Annotations go wherever labels of objects and templates go, and to the `StatefulSet` of every group.
pub(super) const ANNOTATIONS: &[FieldSpec] = &[
    made("", "", "", &["metadata", "annotations"]),
    made("", "v1", "ReplicationController", ANNOTATED),
    made("", "", "Deployment", ANNOTATED),
    made("", "", "ReplicaSet", ANNOTATED),
    made("", "", "DaemonSet", ANNOTATED),
    made("", "", "StatefulSet", ANNOTATED),
    made("batch", "", "Job", ANNOTATED),
    made("batch", "", "CronJob", &["spec", "jobTemplate", "metadata", "annotations"]),
    made(
        "batch",
        "",
        "CronJob",
        &["spec", "jobTemplate", "spec", "template", "metadata", "annotations"],
    ),
];

const ANNOTATED: &[&str] = &["spec", "template", "metadata", "annotations"];
