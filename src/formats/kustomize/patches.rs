//! `patches`, `patchesStrategicMerge` and `patchesJson6902`.

use super::build::{Build, Layer};
use super::resource::{Id, Resource};
use super::select::Selector;
use super::{files, json_patch, merge};
use crate::source::Place;
use crate::tree::node::Node;

/// What may change besides the fields.
#[derive(Clone, Copy, Default)]
struct Allowed {
    name: bool,
    kind: bool,
}

impl Build<'_, '_> {
    pub(super) fn strategic_merges(&mut self, layer: &Layer, all: &mut Vec<Resource>) {
        for item in layer.root.get("patchesStrategicMerge").map_or(&[][..], Node::items) {
            // An item is a path or the patch itself.
            let inline = item.str().is_some_and(|text| text.contains('\n') || text.contains(": "));
            let documents = if inline { inside(item) } else { self.patch_file(layer, item) };
            for document in documents {
                self.merge_by_name(&document, Allowed::default(), all);
            }
        }
    }

    pub(super) fn patches(&mut self, layer: &Layer, all: &mut Vec<Resource>) {
        for patch in layer.root.get("patches").map_or(&[][..], Node::items) {
            self.patch(layer, patch, all);
        }
    }

    /// One entry of `patches`, or a `PatchTransformer`.
    pub(super) fn patch(&mut self, layer: &Layer, patch: &Node, all: &mut Vec<Resource>) {
        let documents = self.documents_of(layer, patch);
        let option = |key| patch.at(&["options", key]).and_then(Node::bool).unwrap_or(false);
        let allowed = Allowed { name: option("allowNameChange"), kind: option("allowKindChange") };
        let target = patch.get("target").filter(|t| !t.is_null());
        let Some(target) = target else {
            for document in documents.iter().filter(|d| d.map().is_some()) {
                self.merge_by_name(document, allowed, all);
            }
            return;
        };
        let selector = Selector::new(target);
        for document in &documents {
            let mut found = false;
            for resource in all.iter_mut().filter(|r| selector.selects(r)) {
                found = true;
                if json_patch::is_patch(document) {
                    self.operations(resource, document);
                } else if document.map().is_some() {
                    lay(resource, document, allowed);
                }
            }
            if !found {
                self.without_target(patch.place, "a patch whose target is not here".into());
            }
        }
        all.retain(|r| !r.is_empty());
    }

    pub(super) fn json_patches(&mut self, layer: &Layer, all: &mut [Resource]) {
        for patch in layer.root.get("patchesJson6902").map_or(&[][..], Node::items) {
            self.json_patch(layer, patch, all);
        }
    }

    /// One entry of `patchesJson6902`, or a `PatchJson6902Transformer`.
    pub(super) fn json_patch(&mut self, layer: &Layer, patch: &Node, all: &mut [Resource]) {
        let Some(target) = patch.get("target") else { return };
        let selector = Selector::new(target);
        for document in self.documents_of(layer, patch) {
            for resource in all.iter_mut().filter(|r| selector.selects(r)) {
                self.operations(resource, &document);
            }
        }
    }

    fn operations(&mut self, resource: &mut Resource, document: &Node) {
        let mut changed = resource.node.clone();
        match json_patch::apply(&mut changed, document.items()) {
            Ok(()) => {
                resource.remember();
                resource.node = changed;
            }
            Err(what) => {
                let what = format!("a JSON patch that does not apply: {what}");
                self.notice(document.place, what);
            }
        }
    }

    /// A patch that names its object itself.
    fn merge_by_name(&mut self, patch: &Node, allowed: Allowed, all: &mut Vec<Resource>) {
        let Some(id) = Id::of(patch) else { return };
        if let Some(resource) = all.iter_mut().find(|r| r.is_called(&id)) {
            lay(resource, patch, allowed);
        } else {
            let what = format!("a patch of {} `{}`, which is not here", id.kind, id.name);
            self.without_target(patch.place, what);
        }
        all.retain(|r| !r.is_empty());
    }

    /// The documents of `patch` (inline) or `path`.
    fn documents_of(&mut self, layer: &Layer, patch: &Node) -> Vec<Node> {
        let inline = ["patch", "jsonOp"].iter().find_map(|key| patch.get(key));
        match (inline.filter(|p| !p.is_null()), patch.get("path")) {
            (Some(inline), _) => inside(inline),
            (None, Some(named)) => self.patch_file(layer, named),
            (None, None) => Vec::new(),
        }
    }

    fn patch_file(&mut self, layer: &Layer, path: &Node) -> Vec<Node> {
        let Some(file) = self.file(layer, path) else { return Vec::new() };
        let documents = self.files.documents(file).map(std::borrow::Cow::into_owned);
        if documents.is_none() {
            self.notice(path.place, "a patch that is no YAML".into());
        }
        documents.unwrap_or_default()
    }
}

/// The documents of a text that stands in a kustomization; each has places of its own there.
fn inside(node: &Node) -> Vec<Node> {
    let text = node.nested_text();
    text.and_then(|text| files::documents(&text, "")).unwrap_or_default()
}

/// Lays a patch over an object, whose identity stays unless the patch may change it.
fn lay(resource: &mut Resource, patch: &Node, allowed: Allowed) {
    let id = resource.id();
    let place = resource.place();
    let kind = resource.node.get("kind").cloned();
    let version = resource.node.get("apiVersion").cloned();
    let metadata = |key| resource.node.at(&["metadata", key]).cloned();
    let (name, namespace) = (metadata("name"), metadata("namespace"));
    let taken = std::mem::replace(&mut resource.node, super::edit::map(place));
    let Some(merged) = merge::merge(taken, patch) else { return };
    resource.node = merged;
    if allowed.name || allowed.kind {
        resource.previous.push(id);
    }
    let mut keep = |path: &[&str], value: Option<Node>| restore(&mut resource.node, path, value);
    if !allowed.kind {
        keep(&["kind"], kind);
        keep(&["apiVersion"], version);
    }
    if !allowed.name {
        keep(&["metadata", "name"], name);
    }
    keep(&["metadata", "namespace"], namespace);
}

fn restore(node: &mut Node, path: &[&str], value: Option<Node>) {
    let Some((last, above)) = path.split_last() else { return };
    let place: Place = node.place;
    let Some(parent) =
        above.iter().try_fold(node, |node, key| super::edit::child(node, key, place))
    else {
        return;
    };
    match value {
        Some(value) => match super::edit::get_mut(parent, last) {
            Some(old) => *old = value,
            None => super::edit::set(parent, super::edit::entry(last, value)),
        },
        None => {
            super::edit::remove(parent, last);
        }
    }
}
