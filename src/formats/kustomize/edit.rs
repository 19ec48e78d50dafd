//! Changing trees.

use std::sync::Arc;

use crate::source::Place;
use crate::tree::node::{Entry, Kind, Map, Node, Scalar};

/// A string that was put together here; its bytes stand nowhere.
pub(super) fn string(text: impl Into<Arc<str>>, place: Place) -> Node {
    let scalar = Scalar { text: text.into(), plain: false, pieces: Some(Arc::new([])) };
    Node { place, kind: Kind::Scalar(scalar) }
}

/// A map without entries.
pub(super) fn map(place: Place) -> Node {
    Node { place, kind: Kind::Map(Map::default()) }
}

pub(super) fn get_mut<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    let Kind::Map(map) = &mut node.kind else { return None };
    map.entries.iter_mut().rev().find(|e| &*e.key == key).map(|e| &mut e.value)
}

pub(super) fn at_mut<'n>(node: &'n mut Node, path: &[&str]) -> Option<&'n mut Node> {
    path.iter().try_fold(node, |node, key| get_mut(node, key))
}

/// Puts a value under a key, at the key's own place if it is new there.
pub(super) fn set(node: &mut Node, entry: Entry) {
    if node.is_null() {
        node.kind = Kind::Map(Map::default());
    }
    let Kind::Map(map) = &mut node.kind else { return };
    match map.entries.iter_mut().rev().find(|e| e.key == entry.key) {
        Some(old) => *old = entry,
        None => map.entries.push(entry),
    }
}

/// An entry whose key stands where its value does.
pub(super) fn entry(key: &str, value: Node) -> Entry {
    Entry { key: key.into(), key_place: value.place, value }
}

pub(super) fn remove(node: &mut Node, key: &str) -> bool {
    let Kind::Map(map) = &mut node.kind else { return false };
    let before = map.entries.len();
    map.entries.retain(|e| &*e.key != key);
    map.entries.len() < before
}

/// The map under a key, made there if there is none.
pub(super) fn child<'n>(node: &'n mut Node, key: &str, place: Place) -> Option<&'n mut Node> {
    if node.get(key).is_none_or(Node::is_null) {
        set(node, entry(key, map(place)));
    }
    get_mut(node, key)
}

/// Calls `change` with every value under a path; lists on the way are walked through. With
/// `create`, missing maps are made there.
pub(super) fn each(
    node: &mut Node,
    path: &[&str],
    create: Option<Place>,
    change: &mut dyn FnMut(&mut Node),
) {
    if let Kind::List(items) = &mut node.kind
        && !path.is_empty()
    {
        for item in items {
            each(item, path, create, change);
        }
        return;
    }
    let Some((key, rest)) = path.split_first() else { return change(node) };
    if node.map().is_none() {
        return;
    }
    // Elements of a list are never made: `volumeClaimTemplates[]`.
    let (key, made) = match key.strip_suffix("[]") {
        Some(key) => (key, None),
        None => (*key, create),
    };
    let below = match made {
        Some(place) => child(node, key, place),
        None => get_mut(node, key),
    };
    if let Some(below) = below {
        each(below, rest, create, change);
    }
}

/// Replaces a scalar's text and keeps its place.
pub(super) fn rewrite(node: &mut Node, text: &str) {
    if let Kind::Scalar(scalar) = &mut node.kind
        && &*scalar.text != text
    {
        scalar.text = text.into();
        scalar.plain = false;
        scalar.pieces = Some(Arc::new([]));
    }
}
