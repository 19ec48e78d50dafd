//! What is mounted into a container.

use super::container::Owner;
use super::environment::is_optional;
use super::object::Object;
use crate::model::fact::Name;
use crate::model::fragment::{Mount, MountSource};
use crate::tree::node::Node;

pub(super) fn mounts(owner: &Owner, container: &Node) -> Vec<Mount> {
    let entries = container.get("volumeMounts").map_or(&[][..], Node::items).iter();
    entries
        .filter_map(|entry| {
            let sub_path = entry.get("subPath").or(entry.get("subPathExpr")).and_then(Node::text);
            Some(Mount {
                path: entry.get("mountPath")?.text()?,
                source: entry
                    .get("name")
                    .and_then(Node::str)
                    .and_then(|name| volume(owner.spec, name))
                    .map_or(MountSource::Opaque, |v| source(owner.object, v)),
                sub_path: sub_path.filter(|p| !p.is_empty()),
                place: entry.place,
            })
        })
        .collect()
}

fn volume<'a>(spec: &'a Node, name: &str) -> Option<&'a Node> {
    let volumes = spec.get("volumes")?.items();
    volumes.iter().find(|v| v.get("name").and_then(Node::str) == Some(name))
}

fn source(object: &Object, volume: &Node) -> MountSource {
    if let Some(projected) = volume.get("projected") {
        let sources = projected.get("sources").map_or(&[][..], Node::items).iter();
        let sources = sources.filter(|source| !is_about_the_pod(source));
        return MountSource::Several(sources.map(|s| bundle(object, s)).collect());
    }
    bundle(object, volume)
}

/// What tells the pod about itself: labels, its account's token. Nobody's configuration.
fn is_about_the_pod(source: &Node) -> bool {
    ["downwardAPI", "serviceAccountToken"].iter().any(|key| source.get(key).is_some())
}

/// A ConfigMap or Secret, as a volume or as part of a projected one.
fn bundle(object: &Object, node: &Node) -> MountSource {
    let config = node.get("configMap").map(|n| (n, "ConfigMap"));
    let Some((reference, kind)) = config.or_else(|| node.get("secret").map(|n| (n, "Secret")))
    else {
        return MountSource::Opaque;
    };
    // A Secret's volume says `secretName`, its projection `name`.
    let Some(name) = reference.get("name").or(reference.get("secretName")).and_then(Node::str)
    else {
        return MountSource::Opaque;
    };
    MountSource::Bundle {
        address: object.neighbour(kind, name),
        items: reference.get("items").filter(|i| !i.items().is_empty()).map(items),
        secret: kind == "Secret",
        optional: is_optional(reference),
    }
}

fn items(node: &Node) -> Vec<(Name, Name)> {
    let pair = |item: &Node| Some((item.get("key")?.text()?, item.get("path")?.text()?));
    node.items().iter().filter_map(pair).collect()
}
