//! Trees that no file holds: each part stands where the value stands that it was made of.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::source::{Piece, Place};
use crate::tree::node::{Entry, Kind, Map, Node, Scalar};

/// Deeper values are no configuration that people write.
const MAX_DEPTH: usize = 64;

/// Makes parts that stand at one place.
#[derive(Clone, Copy)]
pub(super) struct Maker(pub(super) Place);

impl Maker {
    pub(super) fn text(self, text: impl Into<Arc<str>>) -> Node {
        let scalar = Scalar { text: text.into(), plain: false, pieces: Some(Arc::default()) };
        Node { place: self.0, kind: Kind::Scalar(scalar) }
    }

    /// A number or a truth value.
    pub(super) fn plain(self, text: impl Into<Arc<str>>) -> Node {
        let scalar = Scalar { text: text.into(), plain: true, pieces: Some(Arc::default()) };
        Node { place: self.0, kind: Kind::Scalar(scalar) }
    }

    pub(super) fn list(self, items: Vec<Node>) -> Node {
        Node { place: self.0, kind: Kind::List(items) }
    }

    pub(super) fn map<'a>(self, entries: impl IntoIterator<Item = (&'a str, Node)>) -> Node {
        let entries = entries.into_iter().map(|(key, value)| entry(key, value)).collect();
        Node { place: self.0, kind: Kind::Map(Map { entries }) }
    }
}

/// An entry whose key stands with its value.
pub(super) fn entry(key: &str, value: Node) -> Entry {
    Entry { key: key.into(), key_place: value.place, value }
}

/// A value as YAML text in flow style, and the way back to the file for what stands in it.
pub(super) fn yaml(node: &Node) -> Node {
    let mut out = Written { text: String::new(), pieces: Vec::new(), file: node.place };
    out.node(node, MAX_DEPTH);
    let scalar = Scalar { text: out.text.into(), plain: false, pieces: Some(out.pieces.into()) };
    Node { place: node.place, kind: Kind::Scalar(scalar) }
}

/// Sections of `name = value`; values without a section come first.
pub(super) fn ini(node: &Node) -> Node {
    let mut out = Written { text: String::new(), pieces: Vec::new(), file: node.place };
    out.settings(node);
    for section in node.entries().iter().filter(|e| e.value.map().is_some()) {
        out.text.push('[');
        out.text.push_str(&section.key);
        out.text.push_str("]\n");
        out.settings(&section.value);
    }
    let scalar = Scalar { text: out.text.into(), plain: false, pieces: Some(out.pieces.into()) };
    Node { place: node.place, kind: Kind::Scalar(scalar) }
}

struct Written {
    text: String,
    pieces: Vec<Piece>,
    file: Place,
}

impl Written {
    fn settings(&mut self, node: &Node) {
        for entry in node.entries() {
            let Some(scalar) = entry.value.scalar() else { continue };
            self.raw(&entry.key, entry.key_place);
            self.text.push_str(" = ");
            let pieces = scalar.pieces(entry.value.place);
            if let [piece] = &*pieces
                && piece.len as usize == scalar.text.len()
                && entry.value.place.file == self.file.file
            {
                self.piece(piece.there, scalar.text.len());
            }
            self.text.push_str(&scalar.text.replace('\n', " "));
            self.text.push('\n');
        }
    }

    fn node(&mut self, node: &Node, depth: usize) {
        match &node.kind {
            _ if depth == 0 => self.text.push_str("null"),
            Kind::Null => self.text.push_str("null"),
            Kind::Scalar(scalar) => self.scalar(scalar, node.place),
            Kind::List(items) => {
                self.text.push('[');
                for item in items {
                    self.node(item, depth - 1);
                    self.text.push_str(", ");
                }
                self.text.push(']');
            }
            Kind::Map(map) => {
                self.text.push('{');
                for entry in &map.entries {
                    self.quoted(&entry.key, &[], entry.key_place);
                    self.text.push_str(": ");
                    self.node(&entry.value, depth - 1);
                    self.text.push_str(",\n");
                }
                self.text.push('}');
            }
        }
    }

    fn scalar(&mut self, scalar: &Scalar, place: Place) {
        let simple = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
        if scalar.plain && !scalar.text.is_empty() && scalar.text.chars().all(simple) {
            self.raw(&scalar.text, place);
        } else {
            self.quoted(&scalar.text, &scalar.pieces(place), place);
        }
    }

    fn raw(&mut self, text: &str, place: Place) {
        if place.file == self.file.file && place.range().len() == text.len() {
            self.piece(place.start, text.len());
        }
        self.text.push_str(text);
    }

    fn piece(&mut self, there: u32, len: usize) {
        self.pieces.push(Piece { here: self.text.len() as u32, there, len: len as u32 });
    }

    fn quoted(&mut self, text: &str, pieces: &[Piece], place: Place) {
        self.text.push('"');
        let whole = pieces.first().filter(|p| p.here == 0 && p.len as usize == text.len());
        if let Some(piece) = whole.filter(|_| place.file == self.file.file) {
            self.piece(piece.there, text.len());
        }
        for c in text.chars() {
            match c {
                '"' | '\\' => {
                    self.text.push('\\');
                    self.text.push(c);
                }
                '\n' => self.text.push_str("\\n"),
                c if c.is_control() => {
                    let _ = write!(self.text, "\\u{:04x}", c as u32);
                }
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }
}
