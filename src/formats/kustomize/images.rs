//! `images` and `replicas`.

use super::configuration::Configuration;
use super::edit;
use super::resource::Resource;
use crate::tree::node::{Kind, Node};

/// All of `images`.
pub(super) fn retag_all(root: &Node, configuration: &Configuration, all: &mut [Resource]) {
    for key in ["images", "imageTags"] {
        for image in root.get(key).map_or(&[][..], Node::items) {
            retag(image, all);
            retag_further(image, configuration, all);
        }
    }
}

/// The fields that configurations name.
fn retag_further(image: &Node, configuration: &Configuration, all: &mut [Resource]) {
    for resource in all {
        let id = resource.id();
        for field in configuration.images.iter().filter(|field| field.is_from(&id)) {
            let path: Vec<&str> = field.path.iter().map(|part| &**part).collect();
            edit::each(&mut resource.node, &path, None, &mut |text| change(text, image));
        }
    }
}

/// All of `replicas`.
pub(super) fn scale_all(root: &Node, all: &mut [Resource]) {
    for replica in root.get("replicas").map_or(&[][..], Node::items) {
        scale(replica, all);
    }
}

/// One entry of `images`: wherever a list of containers is, as kustomize looks for them.
pub(super) fn retag(image: &Node, all: &mut [Resource]) {
    for resource in all {
        let kind = resource.node.get("kind").and_then(Node::str);
        if kind != Some("CustomResourceDefinition") {
            walk(&mut resource.node, image);
        }
    }
}

fn walk(node: &mut Node, image: &Node) {
    match &mut node.kind {
        Kind::Map(map) => {
            for entry in &mut map.entries {
                walk(&mut entry.value, image);
                if matches!(&*entry.key, "containers" | "initContainers") {
                    edit::each(&mut entry.value, &["image"], None, &mut |text| change(text, image));
                }
            }
        }
        Kind::List(items) => items.iter_mut().for_each(|item| walk(item, image)),
        _ => {}
    }
}

fn change(node: &mut Node, image: &Node) {
    let field = |key| image.get(key).filter(|n| n.str().is_some_and(|text| !text.is_empty()));
    let Some(old) = node.text() else { return };
    let (name, tag, digest) = split(&old);
    if field("name").and_then(Node::str) != Some(name) {
        return;
    }
    let text = |key| field(key).and_then(Node::str);
    let (tag, digest) = match (text("newTag"), text("digest"), text("tagSuffix")) {
        (None, None, None) => (tag.map(str::to_owned), digest),
        (None, None, Some(more)) => (tag.map(|tag| format!("{tag}{more}")), None),
        (tag, digest, _) => (tag.map(str::to_owned), digest),
    };
    let mut whole = text("newName").unwrap_or(name).to_owned();
    if let Some(tag) = tag {
        whole = format!("{whole}:{tag}");
    }
    if let Some(digest) = digest {
        whole = format!("{whole}@{digest}");
    }
    // The name decides what it is; the tag alone leaves the image where it was written.
    let place = field("newName").map_or(node.place, |name| name.place);
    *node = edit::string(whole, place);
}

/// Name, tag and digest.
fn split(image: &str) -> (&str, Option<&str>, Option<&str>) {
    let (rest, digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (image, None),
    };
    match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag), digest),
        _ => (rest, None, digest),
    }
}

/// One entry of `replicas`.
pub(super) fn scale(replica: &Node, all: &mut [Resource]) {
    let (Some(name), Some(count)) = (replica.get("name").and_then(Node::str), replica.get("count"))
    else {
        return;
    };
    for resource in all {
        let id = resource.id();
        let named = *id.name == *name || resource.previous.iter().any(|p| *p.name == *name);
        let scales = matches!(
            &*id.kind,
            "Deployment" | "ReplicationController" | "ReplicaSet" | "StatefulSet"
        );
        if named && scales {
            edit::each(&mut resource.node, &["spec", "replicas"], Some(count.place), &mut |node| {
                *node = count.clone();
            });
        }
    }
}
