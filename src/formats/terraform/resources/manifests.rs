//! Objects of Kubernetes that Terraform makes: manifests as objects or texts, and typed resources,
//! which say the same in snake case and blocks. All go to the reader of manifests.

use super::helm::{MAX_DEPTH, node};
use super::scripts;
use super::world::World;
use crate::formats::Unit;
use crate::formats::terraform::value::{Resource, Val, ValKind};
use crate::model::fragment::Fragment;
use crate::source::Place;
use crate::tree::node::{Entry, Kind, Map, Node, Scalar};
use crate::tree::yaml;

/// Types that take a manifest: the attribute, which is an object or a text.
const MANIFESTS: [(&str, &str); 4] = [
    ("kubernetes_manifest", "manifest"),
    ("kubectl_manifest", "yaml_body"),
    ("kubectl_server_version_manifest", "yaml_body"),
    ("k8s_manifest", "content"),
];

/// Typed resources of hashicorp/kubernetes, without `_v1`: API version and kind.
const TYPED: [(&str, &str, &str); 16] = [
    ("kubernetes_config_map", "v1", "ConfigMap"),
    ("kubernetes_cron_job", "batch/v1", "CronJob"),
    ("kubernetes_daemon_set", "apps/v1", "DaemonSet"),
    ("kubernetes_daemonset", "apps/v1", "DaemonSet"),
    ("kubernetes_deployment", "apps/v1", "Deployment"),
    ("kubernetes_ingress", "networking.k8s.io/v1", "Ingress"),
    ("kubernetes_ingress_class", "networking.k8s.io/v1", "IngressClass"),
    ("kubernetes_job", "batch/v1", "Job"),
    ("kubernetes_namespace", "v1", "Namespace"),
    ("kubernetes_network_policy", "networking.k8s.io/v1", "NetworkPolicy"),
    ("kubernetes_persistent_volume_claim", "v1", "PersistentVolumeClaim"),
    ("kubernetes_pod", "v1", "Pod"),
    ("kubernetes_replication_controller", "v1", "ReplicationController"),
    ("kubernetes_secret", "v1", "Secret"),
    ("kubernetes_service", "v1", "Service"),
    ("kubernetes_stateful_set", "apps/v1", "StatefulSet"),
];

/// Blocks that may stand several times, and the name of the list that they are.
const LISTS: [(&str, &str); 27] = [
    ("add", "add"),
    ("aliases", "hostAliases"),
    ("container", "containers"),
    ("egress", "egress"),
    ("env", "env"),
    ("env_from", "envFrom"),
    ("from", "from"),
    ("host_aliases", "hostAliases"),
    ("http_header", "httpHeaders"),
    ("image_pull_secrets", "imagePullSecrets"),
    ("ingress", "ingress"),
    ("init_container", "initContainers"),
    ("items", "items"),
    ("match_expressions", "matchExpressions"),
    ("path", "paths"),
    ("port", "ports"),
    ("ports", "ports"),
    ("rule", "rules"),
    ("sources", "sources"),
    ("sysctl", "sysctls"),
    ("tls", "tls"),
    ("to", "to"),
    ("toleration", "tolerations"),
    ("volume", "volumes"),
    ("volume_claim_template", "volumeClaimTemplates"),
    ("volume_mount", "volumeMounts"),
    ("volume_device", "volumeDevices"),
];

/// Maps whose keys are the user's own.
const OWN_KEYS: [&str; 12] = [
    "annotations",
    "binary_data",
    "data",
    "labels",
    "limits",
    "match_labels",
    "node_selector",
    "parameters",
    "requests",
    "selector",
    "string_data",
    "volume_attributes",
];

/// Names that camel case does not give.
const SPECIAL: [(&str, &str); 5] = [
    ("cluster_ip", "clusterIP"),
    ("external_ips", "externalIPs"),
    ("host_ip", "hostIP"),
    ("host_pid", "hostPID"),
    ("host_ipc", "hostIPC"),
];

pub(super) fn lower(world: &World, unit: &Unit, out: &mut Fragment) {
    for (kind, key) in MANIFESTS {
        for resource in world.of(kind) {
            let given = resource.body.get(key).map(written).unwrap_or_default();
            hand_on(&given, resource, unit, out);
        }
    }
    for (kind, version, object) in TYPED {
        for suffix in ["", "_v1"] {
            for resource in world.of(&format!("{kind}{suffix}")) {
                let given = typed(resource, version, object);
                hand_on(&[given], resource, unit, out);
            }
        }
    }
}

fn hand_on(objects: &[Node], resource: &Resource, unit: &Unit, out: &mut Fragment) {
    if resource.exists.known() == Some(&false) {
        return;
    }
    let environment = environment(resource);
    let path = unit.sources.path(resource.head.file);
    crate::formats::manifests(objects, environment, unit.catalog, path, out);
}

/// The values' environment that it is evaluated with: `prod` of `tf:infra#prod/…`.
fn environment(resource: &Resource) -> &str {
    let label = resource.address.0.strip_prefix("tf:").unwrap_or("");
    let label = label.strip_suffix(&*resource.spelled).unwrap_or("").trim_end_matches('/');
    if label.contains('#') { label } else { "" }
}

/// A manifest as an object of Terraform's, or as a text of one or several documents.
fn written(value: &Val) -> Vec<Node> {
    let source = value.source.as_deref().unwrap_or(value);
    if matches!(source.kind, ValKind::Map { .. }) {
        return vec![node(source, MAX_DEPTH)];
    }
    scripts::text(value).map(|text| yaml::parse(&text).0).unwrap_or_default()
}

fn typed(resource: &Resource, version: &str, kind: &str) -> Node {
    let at = resource.head;
    let Kind::Map(mut map) = camel(&resource.body, MAX_DEPTH).kind else {
        return Node { place: at, kind: Kind::Null };
    };
    if kind == "Secret" {
        // Terraform encodes what stands in `data` (provider docs, secret).
        for entry in map.entries.iter_mut().filter(|e| &*e.key == "data") {
            entry.key = "stringData".into();
        }
    }
    map.entries.insert(0, entry("kind", word(kind, at)));
    map.entries.insert(0, entry("apiVersion", word(version, at)));
    Node { place: at, kind: Kind::Map(map) }
}

fn word(text: &str, place: Place) -> Node {
    let scalar = Scalar { text: text.into(), plain: true, pieces: Some([].into()) };
    Node { place, kind: Kind::Scalar(scalar) }
}

fn entry(key: &str, value: Node) -> Entry {
    Entry { key: key.into(), key_place: value.place, value }
}

/// Attributes and blocks as the API names and nests them.
fn camel(value: &Val, depth: usize) -> Node {
    let ValKind::Map { entries, .. } = &value.kind else { return node(value, depth) };
    if depth == 0 {
        return Node { place: value.at, kind: Kind::Null };
    }
    let entries = entries.iter().filter(|(_, value)| !value.is_null());
    let entries = entries.map(|(key, value)| field(key, value, depth - 1)).collect();
    Node { place: value.at, kind: Kind::Map(Map { entries }) }
}

fn field(key: &str, value: &Val, depth: usize) -> Entry {
    let blocks = match &value.kind {
        ValKind::List { items, .. }
            if items.iter().any(|i| matches!(i.kind, ValKind::Map { .. })) =>
        {
            &items[..]
        }
        _ if OWN_KEYS.contains(&key) => return entry(&name(key), node(value, depth)),
        _ => return entry(&name(key), camel(value, depth)),
    };
    match LISTS.iter().find(|(block, _)| *block == key) {
        Some((_, list)) if !is_single(key, blocks) => {
            let items = blocks.iter().map(|block| camel(block, depth)).collect();
            entry(list, Node { place: value.at, kind: Kind::List(items) })
        }
        _ => match blocks.first() {
            Some(block) => entry(&name(key), camel(block, depth)),
            None => entry(&name(key), node(value, depth)),
        },
    }
}

/// `port` in the backend of an Ingress is one port, not a list of them.
fn is_single(key: &str, blocks: &[Val]) -> bool {
    let port = |block: &Val| block.get("number").is_some() || block.get("name").is_some();
    let told = |block: &Val| {
        ["container_port", "port", "target_port", "protocol", "end_port"]
            .iter()
            .any(|k| block.get(k).is_some())
    };
    key == "port" && blocks.len() == 1 && blocks.iter().all(|b| port(b) && !told(b))
}

/// `container_port` as `containerPort`.
fn name(key: &str) -> String {
    if let Some((_, special)) = SPECIAL.iter().find(|(snake, _)| *snake == key) {
        return (*special).to_owned();
    }
    let mut out = String::with_capacity(key.len());
    for (index, part) in key.split('_').enumerate() {
        let mut letters = part.chars();
        match letters.next() {
            Some(first) if index > 0 => {
                out.extend(first.to_uppercase());
                out.push_str(letters.as_str());
            }
            _ => out.push_str(part),
        }
    }
    out
}
