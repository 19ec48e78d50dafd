//! `configurations`: further fields that name objects, hold variables or images, or take labels.

use super::build::{Build, Layer};
use super::resource::Id;
use crate::tree::node::Node;

/// What the configurations of all layers add to kustomize's own tables.
#[derive(Default)]
pub(super) struct Configuration {
    pub(super) references: Vec<Reference>,
    pub(super) variables: Vec<Reference>,
    /// Fields that hold a namespace.
    pub(super) namespaces: Vec<Reference>,
    /// Fields that hold an image, besides those of containers.
    pub(super) images: Vec<Reference>,
    /// Lists of field specs.
    pub(super) common_labels: Vec<Node>,
}

/// A field of some kind of objects.
pub(super) struct Reference {
    /// The kind and group that it names; empty for variables.
    pub(super) kind: Box<str>,
    pub(super) group: Box<str>,
    from: Box<str>,
    from_group: Box<str>,
    pub(super) path: Vec<Box<str>>,
    pub(super) create: bool,
}

impl Reference {
    pub(super) fn is_from(&self, id: &Id) -> bool {
        (self.from.is_empty() || *self.from == *id.kind)
            && (self.from_group.is_empty() || *self.from_group == *id.group)
    }
}

impl Build<'_, '_> {
    pub(super) fn configurations(&mut self, layer: &Layer) {
        for item in layer.root.get("configurations").map_or(&[][..], Node::items) {
            let Some(file) = self.file(layer, item) else { continue };
            let documents = self.files.documents(file);
            for document in documents.iter().flat_map(|documents| documents.iter()) {
                self.configuration.add(document);
            }
        }
    }
}

impl Configuration {
    fn add(&mut self, document: &Node) {
        for target in document.get("nameReference").map_or(&[][..], Node::items) {
            let text = |key| target.get(key).and_then(Node::str).unwrap_or_default();
            for spec in target.get("fieldSpecs").map_or(&[][..], Node::items) {
                self.references.extend(reference(text("kind"), text("group"), spec));
            }
        }
        for spec in document.get("varReference").map_or(&[][..], Node::items) {
            self.variables.extend(reference("", "", spec));
        }
        for spec in document.get("namespace").map_or(&[][..], Node::items) {
            self.namespaces.extend(reference("", "", spec));
        }
        for spec in document.get("images").map_or(&[][..], Node::items) {
            self.images.extend(reference("", "", spec));
        }
        self.common_labels.extend(document.get("commonLabels").cloned());
    }
}

fn reference(kind: &str, group: &str, spec: &Node) -> Option<Reference> {
    let text = |key| spec.get(key).and_then(Node::str).unwrap_or_default();
    let path = text("path");
    (!path.is_empty()).then(|| Reference {
        kind: kind.into(),
        group: group.into(),
        from: text("kind").into(),
        from_group: text("group").into(),
        path: split(path),
        create: spec.get("create").and_then(Node::bool).unwrap_or(false),
    })
}

/// Parts between slashes; `\/` is a slash of a key.
fn split(path: &str) -> Vec<Box<str>> {
    let mut parts: Vec<String> = vec![String::new()];
    let mut letters = path.chars().peekable();
    while let Some(letter) = letters.next() {
        let last = parts.len() - 1;
        match letter {
            '\\' if letters.peek() == Some(&'/') => {
                letters.next();
                parts[last].push('/');
            }
            '/' => parts.push(String::new()),
            letter => parts[last].push(letter),
        }
    }
    parts.iter().map(|part| part.as_str().into()).collect()
}
