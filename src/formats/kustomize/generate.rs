//! `configMapGenerator` and `secretGenerator`.
//!
//! Names get no hash here: kustomize writes the same hash into every reference, so leaving it out
//! of all of them says the same, and the names in reports are those that people wrote. A Secret's
//! values stand in `stringData`, where they keep their places.

use std::sync::Arc;

use super::build::{Build, Layer};
use super::edit;
use super::resource::{Behavior, Id, Resource};
use crate::source::{Place, Text};
use crate::tree::node::{Entry, Kind, Map, Node, Scalar};

impl Build<'_, '_> {
    /// All generators of a kustomization, in kustomize's order.
    pub(super) fn generators(&mut self, layer: &Layer, all: &mut Vec<Resource>) {
        for (key, secret) in [("configMapGenerator", false), ("secretGenerator", true)] {
            for arguments in layer.root.get(key).map_or(&[][..], Node::items) {
                self.generate(layer, arguments, secret, all);
            }
        }
        self.plugins(layer, "generators", all);
    }

    /// One generator: an entry of the list, or a plugin's configuration.
    pub(super) fn generate(
        &mut self,
        layer: &Layer,
        arguments: &Node,
        secret: bool,
        all: &mut Vec<Resource>,
    ) {
        let place = arguments.place;
        let metadata = arguments.get("metadata");
        let named = |key| arguments.get(key).or(metadata.and_then(|m| m.get(key)));
        let Some(name) = named("name") else { return };
        let mut node = edit::map(place);
        let kind = if secret { "Secret" } else { "ConfigMap" };
        edit::set(&mut node, edit::entry("apiVersion", edit::string("v1", place)));
        edit::set(&mut node, edit::entry("kind", edit::string(kind, place)));
        edit::set(
            &mut node,
            Entry {
                key: "metadata".into(),
                key_place: place,
                value: described(layer.root, arguments, name, named("namespace")),
            },
        );
        if secret {
            let of = arguments.get("type").cloned();
            let of = of.unwrap_or_else(|| edit::string("Opaque", place));
            edit::set(&mut node, edit::entry("type", of));
        }
        let data = self.entries(layer, arguments);
        if secret || !data.is_empty() {
            let key = if secret { "stringData" } else { "data" };
            let data = Node { place, kind: Kind::Map(Map { entries: data }) };
            edit::set(&mut node, edit::entry(key, data));
        }
        let immutable = option(layer.root, arguments, "immutable");
        if let Some(immutable) = immutable.filter(|node| node.bool() == Some(true)) {
            edit::set(&mut node, edit::entry("immutable", immutable.clone()));
        }
        if let Some(resource) = Resource::new(node) {
            self.absorb(resource, behavior(arguments), all);
        }
    }

    /// Creates, replaces or merges, as `behavior` says.
    fn absorb(&mut self, mut new: Resource, behavior: Behavior, all: &mut Vec<Resource>) {
        let id: Id = new.id();
        let old = all.iter_mut().find(|old| old.is_called(&id));
        let (Some(old), true) = (old, behavior != Behavior::Create) else {
            if behavior != Behavior::Create {
                let what = format!(
                    "a generator that changes {} `{}`, which is not here",
                    id.kind, id.name
                );
                self.without_target(new.place(), what);
            }
            all.push(new);
            return;
        };
        // It keeps the names that the old one has by now.
        for key in ["name", "namespace"] {
            match old.node.at(&["metadata", key]).cloned() {
                Some(value) => new.set_metadata(key, value),
                None => {
                    if let Some(metadata) = edit::get_mut(&mut new.node, "metadata") {
                        edit::remove(metadata, key);
                    }
                }
            }
        }
        for section in ["labels", "annotations"] {
            below(&mut new.node, &["metadata", section], &old.node);
        }
        if behavior == Behavior::Merge {
            for section in ["data", "stringData", "binaryData"] {
                below(&mut new.node, &[section], &old.node);
            }
        }
        old.node = new.node;
    }

    /// Files, literals and env files; a later one wins.
    fn entries(&mut self, layer: &Layer, arguments: &Node) -> Vec<Entry> {
        let mut out = Vec::new();
        let list = |key| arguments.get(key).map_or(&[][..], Node::items).iter();
        for item in list("envs").chain(arguments.get("env")) {
            if let Some(file) = self.file(layer, item) {
                lines(&self.files.text(file), &mut out);
            }
        }
        out.extend(list("literals").filter_map(literal));
        for item in list("files") {
            out.extend(self.content(layer, item));
        }
        out
    }

    /// `path` or `key=path`: the file's text, placed in the file.
    fn content(&mut self, layer: &Layer, item: &Node) -> Option<Entry> {
        let written = item.str()?;
        let (key, path) = match written.split_once('=') {
            Some((key, path)) => (key, path),
            None => (written.rsplit('/').next().unwrap_or(written), written),
        };
        let found = super::files::resolve(layer.folder, path).and_then(|p| self.files.find(&p));
        let value = if let Some(file) = found {
            self.used.push(file);
            self.contents.push(file);
            whole(&self.files.text(file))
        } else {
            self.notice(item.place, format!("`{path}`, which is not among the files"));
            // A value that nobody can tell.
            edit::map(item.place)
        };
        Some(Entry { key: key.into(), key_place: item.place, value })
    }
}

/// A file's text as a value that stands there.
fn whole(text: &Text) -> Node {
    let mut node = part(text, 0, text.content().clone());
    node.place = text.whole();
    node
}

fn behavior(arguments: &Node) -> Behavior {
    match arguments.get("behavior").and_then(Node::str) {
        Some("merge") => Behavior::Merge,
        Some("replace") => Behavior::Replace,
        _ => Behavior::Create,
    }
}

/// An option of the generator, or of all generators.
fn option<'n>(root: &'n Node, arguments: &'n Node, key: &str) -> Option<&'n Node> {
    let own = arguments.at(&["options", key]);
    own.or_else(|| root.at(&["generatorOptions", key]))
}

fn described(root: &Node, arguments: &Node, name: &Node, namespace: Option<&Node>) -> Node {
    let mut metadata = edit::map(arguments.place);
    edit::set(&mut metadata, edit::entry("name", name.clone()));
    if let Some(namespace) = namespace {
        edit::set(&mut metadata, edit::entry("namespace", namespace.clone()));
    }
    for key in ["labels", "annotations"] {
        let of =
            |node: &Node, path: &[&str]| node.at(path).map_or(Vec::new(), |n| n.entries().to_vec());
        let all = of(root, &["generatorOptions", key]);
        let own = of(arguments, &["options", key]);
        for entry in all.into_iter().chain(own) {
            if let Some(section) = edit::child(&mut metadata, key, arguments.place) {
                edit::set(section, entry);
            }
        }
    }
    metadata
}

/// Adds to a map what another has and it has not.
fn below(node: &mut Node, path: &[&str], other: &Node) {
    let Some(other) = other.at(path) else { return };
    let place = node.place;
    let mut there = node;
    for key in path {
        let Some(next) = edit::child(there, key, place) else { return };
        there = next;
    }
    for entry in other.entries() {
        if there.get(&entry.key).is_none() {
            edit::set(there, entry.clone());
        }
    }
}

/// `key=value`, with quotes around the value or without.
fn literal(item: &Node) -> Option<Entry> {
    let written = item.text()?;
    let (key, value) = written.split_once('=')?;
    let start = written.len() - value.len();
    let bare = unquoted(value);
    let start = if bare.len() < value.len() { start + 1 } else { start };
    let text = item.nested_text()?;
    Some(Entry { key: key.into(), key_place: item.place, value: part(&text, start, bare.into()) })
}

fn unquoted(value: &str) -> &str {
    let bytes = value.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(first @ (b'"' | b'\'')), Some(last)) if first == last && bytes.len() >= 2 => {
            &value[1..value.len() - 1]
        }
        _ => value,
    }
}

/// A part of a text as a value of its own.
fn part(text: &Text, start: usize, value: Arc<str>) -> Node {
    let range = start..start + value.len();
    let place: Place = text.place(range.clone());
    let mut pieces = Vec::new();
    text.pieces(range, 0, &mut pieces);
    Node {
        place,
        kind: Kind::Scalar(Scalar { text: value, plain: false, pieces: Some(pieces.into()) }),
    }
}

/// `KEY=value` lines (api/kv).
fn lines(text: &Text, out: &mut Vec<Entry>) {
    let mut at = 0;
    for line in text.as_str().split_inclusive('\n') {
        let start = at;
        at += line.len();
        let bare = line.trim_end_matches(['\n', '\r']);
        let trimmed = bare.trim_start().trim_start_matches('\u{feff}');
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let (key, value) = trimmed.split_once('=').unwrap_or((trimmed, ""));
        let value_at = start + bare.len() - value.len();
        out.push(Entry {
            key: key.into(),
            key_place: text.place(start..start + bare.len()),
            value: part(text, value_at, value.into()),
        });
    }
}
