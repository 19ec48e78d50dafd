//! Texts that an operator writes from parts of a custom resource: names, configuration files.
//! What stands in the resource keeps its place there.

use std::sync::Arc;

use super::template::{Scope, alternatives};
use crate::source::{Piece, Place};
use crate::tree::node::{Entry, Kind, Node, Scalar};

/// Nesting that is written out; the reader of the file knows no deeper settings.
const MAX_DEPTH: usize = 32;

/// A text with the way from its bytes to the file.
#[derive(Default)]
pub(super) struct Writer {
    text: String,
    pieces: Vec<Piece>,
    /// The first part that comes from the resource.
    place: Option<Place>,
}

impl Writer {
    /// A template's text filled in; nothing where a part is missing.
    pub(super) fn fill(template: &str, scope: Scope) -> Option<Writer> {
        let mut out = Writer::default();
        let mut rest = template;
        while let Some(at) = rest.find('$') {
            out.text.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(escaped) = rest.strip_prefix("$$") {
                out.text.push('$');
                rest = escaped;
                continue;
            }
            let Some((name, path, behind)) = call(rest) else {
                out.text.push('$');
                rest = &rest[1..];
                continue;
            };
            out.call(name, path, scope)?;
            rest = behind;
        }
        out.text.push_str(rest);
        Some(out)
    }

    pub(super) fn text(self) -> Arc<str> {
        self.text.into()
    }

    pub(super) fn node(self, at: Place) -> Node {
        let place = self.place.unwrap_or(at);
        let scalar =
            Scalar { text: self.text.into(), plain: true, pieces: Some(self.pieces.into()) };
        Node { place, kind: Kind::Scalar(scalar) }
    }

    fn call(&mut self, name: &str, path: &str, scope: Scope) -> Option<()> {
        if name.is_empty() {
            match alternatives(path, scope) {
                Ok(node) => self.scalar(node.scalar()?, node.place),
                Err(word) => self.text.push_str(word?),
            }
            return Some(());
        }
        // A file without these settings is a file all the same.
        let Ok(node) = alternatives(path, scope) else { return Some(()) };
        match name {
            "yaml" => self.yaml(node),
            "conf" => self.properties(node, "", " ", 0),
            "ini" => self.ini(node),
            "xml" => self.elements(node, 0),
            _ => self.properties(node, "", " = ", 0),
        }
        Some(())
    }

    fn scalar(&mut self, scalar: &Scalar, place: Place) {
        self.place.get_or_insert(place);
        let start = self.text.len() as u32;
        let pieces = scalar.pieces(place);
        self.pieces.extend(pieces.iter().map(|p| Piece { here: p.here + start, ..*p }));
        self.text.push_str(&scalar.text);
    }

    fn key(&mut self, entry: &Entry) {
        let place = entry.key_place;
        let len = entry.key.len() as u32;
        let quotes = (place.end - place.start).saturating_sub(len) / 2;
        let here = self.text.len() as u32;
        self.place.get_or_insert(place);
        self.pieces.push(Piece { here, there: place.start + quotes, len });
        self.text.push_str(&entry.key);
    }

    /// An element for each entry, or one for each item of a list.
    fn elements(&mut self, node: &Node, depth: usize) {
        for entry in node.entries().iter().filter(|e| depth < MAX_DEPTH && is_simple(&e.key)) {
            let one = std::slice::from_ref(&entry.value);
            let items = entry.value.items();
            for value in if items.is_empty() { one } else { items } {
                self.text.push('<');
                self.key(entry);
                self.text.push('>');
                match &value.kind {
                    Kind::Scalar(scalar) if !scalar.text.contains(['<', '&']) => {
                        self.scalar(scalar, value.place);
                    }
                    Kind::Scalar(scalar) => {
                        let escaped = scalar.text.replace('&', "&amp;").replace('<', "&lt;");
                        self.text.push_str(&escaped);
                    }
                    _ => self.elements(value, depth + 1),
                }
                self.text.push_str("</");
                self.text.push_str(&entry.key);
                self.text.push('>');
            }
        }
    }

    /// A section for each entry.
    fn ini(&mut self, node: &Node) {
        for section in node.entries() {
            self.text.push('[');
            self.text.push_str(&section.key);
            self.text.push_str("]\n");
            self.properties(&section.value, "", " = ", 0);
        }
    }

    /// `a.b = value`, a line for each; or another sign between them. Texts of a list are lines.
    fn properties(&mut self, node: &Node, above: &str, sign: &str, depth: usize) {
        // A text that is written as a whole.
        if let Some(scalar) = node.scalar() {
            self.scalar(scalar, node.place);
            self.text.push('\n');
        }
        for line in node.items() {
            self.properties(line, above, sign, depth + 1);
        }
        for entry in node.entries().iter().filter(|_| depth < MAX_DEPTH) {
            if entry.value.map().is_some() {
                let above = format!("{above}{}.", entry.key);
                self.properties(&entry.value, &above, sign, depth + 1);
                continue;
            }
            self.text.push_str(above);
            self.key(entry);
            self.text.push_str(sign);
            match &entry.value.kind {
                Kind::Scalar(scalar) => self.scalar(scalar, entry.value.place),
                Kind::List(items) => {
                    for (index, item) in items.iter().filter_map(Node::scalar).enumerate() {
                        self.text.push_str(if index == 0 { "" } else { "," });
                        self.text.push_str(&item.text);
                    }
                }
                _ => {}
            }
            self.text.push('\n');
        }
    }

    /// A line for each entry, whose value is in one line.
    fn yaml(&mut self, node: &Node) {
        if let Some(scalar) = node.scalar() {
            self.scalar(scalar, node.place);
            self.text.push('\n');
        }
        for entry in node.entries() {
            self.quoted_key(entry);
            self.flow(&entry.value, 0);
            self.text.push('\n');
        }
    }

    fn quoted_key(&mut self, entry: &Entry) {
        if is_simple(&entry.key) {
            self.key(entry);
        } else {
            self.quote(&entry.key);
        }
        self.text.push_str(": ");
    }

    fn flow(&mut self, node: &Node, depth: usize) {
        match &node.kind {
            _ if depth > MAX_DEPTH => self.text.push_str("null"),
            Kind::Null => self.text.push_str("null"),
            Kind::Scalar(scalar) if is_simple(&scalar.text) => self.scalar(scalar, node.place),
            Kind::Scalar(scalar) => self.quote(&scalar.text),
            Kind::List(items) => {
                self.text.push('[');
                for item in items {
                    self.flow(item, depth + 1);
                    self.text.push_str(", ");
                }
                self.text.push(']');
            }
            Kind::Map(map) => {
                self.text.push('{');
                for entry in &map.entries {
                    self.quoted_key(entry);
                    self.flow(&entry.value, depth + 1);
                    self.text.push_str(", ");
                }
                self.text.push('}');
            }
        }
    }

    fn quote(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            match c {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\t' => self.text.push_str("\\t"),
                c if c.is_control() => self.text.push(' '),
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }
}

/// Needs no quotes wherever it stands in YAML.
fn is_simple(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && text.chars().all(plain)
}

/// `$name(path)` at the start: name, path, and what is behind it.
fn call(text: &str) -> Option<(&str, &str, &str)> {
    let inside = text.strip_prefix('$')?;
    let open = inside.find('(')?;
    let (name, rest) = (&inside[..open], &inside[open + 1..]);
    if !matches!(name, "" | "yaml" | "properties" | "conf" | "ini" | "xml") {
        return None;
    }
    let close = rest.find(')')?;
    Some((name, &rest[..close], &rest[close + 1..]))
}
