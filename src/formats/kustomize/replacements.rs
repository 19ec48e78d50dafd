//! `replacements`: a value of one object copied into others (api/filters/replacement).

use super::build::{Build, Layer};
use super::edit;
use super::paths;
use super::resource::Resource;
use super::select::Selector;
use crate::source::Place;
use crate::tree::node::{Kind, Node};

impl Build<'_, '_> {
    pub(super) fn replacements(&mut self, layer: &Layer, all: &mut [Resource]) {
        for item in layer.root.get("replacements").map_or(&[][..], Node::items) {
            let Some(path) = item.get("path") else {
                self.replacement(item, all);
                continue;
            };
            let Some(file) = self.file(layer, path) else { continue };
            let documents = self.files.documents(file);
            for document in documents.iter().flat_map(|documents| documents.iter()) {
                // A file holds one replacement or a list of them.
                let list = document.items();
                let list = if list.is_empty() { std::slice::from_ref(document) } else { list };
                for item in list {
                    self.replacement(item, all);
                }
            }
        }
    }

    fn replacement(&mut self, item: &Node, all: &mut [Resource]) {
        let Some(value) = value(item, all) else {
            let what = "a replacement whose source is not here";
            return self.without_target(item.place, what.into());
        };
        for target in item.get("targets").map_or(&[][..], Node::items) {
            self.target(target, &value, all);
        }
    }

    fn target(&mut self, target: &Node, value: &Node, all: &mut [Resource]) {
        let Some(select) = target.get("select") else { return };
        let select = Selector::new(select);
        let rejects = target.get("reject").map_or(&[][..], Node::items);
        let rejects: Vec<Selector> = rejects.iter().map(Selector::new).collect();
        let written = target.get("fieldPaths").map_or(&[][..], Node::items);
        let mut fields: Vec<&str> = written.iter().filter_map(Node::str).collect();
        if fields.is_empty() {
            fields.push("metadata.name");
        }
        let options = Options::of(target.get("options"));
        for resource in all {
            if !select.selects_any(resource) || rejects.iter().any(|r| r.selects_any(resource)) {
                continue;
            }
            for field in &fields {
                let steps = paths::steps(field);
                let create = options.create.then_some(value.place);
                let found = paths::each(&mut resource.node, &steps, create, &mut |node| {
                    options.put(node, value);
                });
                if !found {
                    self.notice(
                        target.place,
                        format!("a replacement of `{field}`, which is not here"),
                    );
                }
            }
        }
    }
}

/// The value that a replacement copies.
fn value(item: &Node, all: &[Resource]) -> Option<Node> {
    if let Some(value) = item.get("sourceValue") {
        return Some(value.clone());
    }
    let source = item.get("source")?;
    let selector = Selector::new(source);
    let resource = all.iter().find(|r| selector.selects_any(r))?;
    let path = source.get("fieldPath").and_then(Node::str).unwrap_or("metadata.name");
    let found = paths::find(&resource.node, &paths::steps(path))?;
    let options = Options::of(source.get("options"));
    match (&options.delimiter, found.str()) {
        (Some(delimiter), Some(text)) => {
            let index = usize::try_from(options.index).ok()?;
            Some(edit::string(text.split(&**delimiter).nth(index)?, found.place))
        }
        _ => Some(found.clone()),
    }
}

/// How a value is put into a part of a text.
struct Options {
    delimiter: Option<Box<str>>,
    index: i64,
    create: bool,
}

impl Options {
    fn of(node: Option<&Node>) -> Options {
        let field = |key| node.and_then(|n| n.get(key));
        let delimiter = field("delimiter").and_then(Node::str).filter(|d| !d.is_empty());
        Options {
            delimiter: delimiter.map(Into::into),
            index: field("index").and_then(Node::int).unwrap_or(0),
            create: field("create").and_then(Node::bool).unwrap_or(false),
        }
    }

    fn put(&self, field: &mut Node, value: &Node) {
        let place: Place = value.place;
        let (Kind::Scalar(old), Some(new)) = (&field.kind, value.str()) else {
            *field = value.clone();
            return;
        };
        let text = match &self.delimiter {
            None => new.to_owned(),
            Some(delimiter) => self.joined(&old.text, new, delimiter),
        };
        // The type of the field stays, as kustomize leaves it.
        let mut changed = edit::string(text, place);
        if let Kind::Scalar(scalar) = &mut changed.kind {
            scalar.plain = old.plain && is_typed(&old.text);
        }
        *field = changed;
    }

    fn joined(&self, old: &str, new: &str, delimiter: &str) -> String {
        let mut parts: Vec<&str> = old.split(delimiter).collect();
        match usize::try_from(self.index) {
            Err(_) => parts.insert(0, new),
            Ok(index) if index >= parts.len() => parts.push(new),
            Ok(index) => parts[index] = new,
        }
        parts.join(delimiter)
    }
}

/// Whether a plain scalar is something else than a string.
fn is_typed(text: &str) -> bool {
    matches!(text, "true" | "false") || text.parse::<f64>().is_ok()
}
