//! Maps, lists and scalars: YAML and JSON.

use std::sync::Arc;

use crate::shared::Shared;
use crate::source::{Piece, Place, Text};

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// `null`, `~`, nothing at all.
    Null,
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Map),
}

/// A scalar as it was spelled; what it means depends on who asks.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    /// The value after unquoting, unescaping and unfolding.
    pub(crate) text: Arc<str>,
    /// Plain scalars may be numbers and booleans; quoted and block scalars are strings.
    pub(crate) plain: bool,
    /// Where its bytes stand in the file, for texts nested in it; empty where escapes or folding
    /// changed them.
    /// `None` where they stand there as they are, in one stretch: most scalars, and no allocation.
    pub(crate) pieces: Option<Arc<[Piece]>>,
}

/// A mapping in document order. Duplicate keys stay; `get` answers the last, as YAML readers that
/// admit them do.
#[derive(Clone, Default, Debug)]
pub(crate) struct Map {
    pub(crate) entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Arc<str>,
    pub(crate) key_place: Place,
    pub(crate) value: Node,
}

impl Scalar {
    /// The way from the value's bytes to those of the file, for a scalar that stands at `place`.
    pub(crate) fn pieces(&self, place: Place) -> Shared<Piece> {
        if let Some(pieces) = &self.pieces {
            return pieces.clone().into();
        }
        let (len, there) = (self.text.len() as u32, place.end - place.start);
        // With quotes around it or without.
        match there.checked_sub(len) {
            Some(0) => Shared::from([Piece { here: 0, there: place.start, len }]),
            Some(2) => Shared::from([Piece { here: 0, there: place.start + 1, len }]),
            _ => Shared::empty(),
        }
    }
}

impl Entry {
    /// Key and value together.
    pub(crate) fn place(&self) -> Place {
        self.key_place.to(self.value.place)
    }
}

impl Map {
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.value)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|e| &*e.key == key)
    }
}

impl Node {
    /// The value under a key; `None` where this is no map or has no such key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.map()?.get(key)
    }

    /// The value under a path of keys: `node.at(&["spec", "selector"])`.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    pub(crate) fn map(&self) -> Option<&Map> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The entries of a map; nothing for anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        self.map().map_or(&[], |m| &m.entries)
    }

    /// The items of a list; nothing for anything else.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Any scalar's text, as spelled.
    pub(crate) fn str(&self) -> Option<&str> {
        self.scalar().map(|s| &*s.text)
    }

    pub(crate) fn text(&self) -> Option<Arc<str>> {
        self.scalar().map(|s| s.text.clone())
    }

    /// A boolean of YAML 1.1 and 1.2 as Kubernetes and Compose read it (both use YAML 1.1 words).
    pub(crate) fn bool(&self) -> Option<bool> {
        let scalar = self.scalar().filter(|s| s.plain)?;
        match &*scalar.text {
            "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
            "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
            _ => None,
        }
    }

    /// A whole number, quoted or not.
    pub(crate) fn int(&self) -> Option<i64> {
        self.str()?.trim().parse().ok()
    }

    /// The scalar's value as a text of its own, whose places are those of this file.
    pub(crate) fn nested_text(&self) -> Option<Text> {
        let scalar = self.scalar()?;
        Some(Text::nested(scalar.text.clone(), self.place, scalar.pieces(self.place)))
    }
}
