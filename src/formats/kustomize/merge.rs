//! Strategic merge: a patch laid over an object (kyaml/yaml/merge2).

use super::merge_keys::{self, ListMerge};
use crate::tree::node::{Entry, Kind, Map, Node};

/// Lays a patch over an object; `None` where the patch deletes it.
pub(super) fn merge(target: Node, patch: &Node) -> Option<Node> {
    let text = |key| target.get(key).and_then(Node::str).unwrap_or_default();
    let group = text("apiVersion").split_once('/').map_or("", |(group, _)| group);
    let kind: Box<str> = text("kind").into();
    let known = merge_keys::has_schema(group, &kind);
    let schema = Schema { kind: &kind, known };
    schema.values(Some(target), patch, "", "")
}

/// Comparisons of elements that one list may cost; no written list comes near.
const MAX_COMPARED: usize = 1 << 20;

struct Schema<'a> {
    kind: &'a str,
    known: bool,
}

impl Schema<'_> {
    /// `parent` and `key` tell which list it would be.
    fn values(&self, old: Option<Node>, patch: &Node, parent: &str, key: &str) -> Option<Node> {
        match &patch.kind {
            Kind::Null => None,
            Kind::Scalar(_) => Some(patch.clone()),
            Kind::Map(map) => self.maps(old, patch, map, key),
            Kind::List(items) => match self.list(parent, key) {
                ListMerge::Replace => Some(patch.clone()),
                ListMerge::Union => Some(union(old, patch, items)),
                ListMerge::Keys(keys) => self.lists(old, patch, items, key, keys),
            },
        }
    }

    fn list(&self, parent: &str, key: &str) -> ListMerge {
        if !self.known {
            return ListMerge::Replace;
        }
        merge_keys::of(self.kind, parent, key)
    }

    fn maps(&self, old: Option<Node>, patch: &Node, map: &Map, key: &str) -> Option<Node> {
        let directive = map.get("$patch").and_then(Node::str);
        if directive == Some("delete") {
            return None;
        }
        let old = old.filter(|_| directive != Some("replace"));
        let (place, mut entries) = match old {
            Some(Node { place, kind: Kind::Map(map) }) => (place, map.entries),
            _ => (patch.place, Vec::new()),
        };
        for change in map.entries.iter().filter(|e| &*e.key != "$patch") {
            let at = entries.iter().rposition(|e| e.key == change.key);
            let before = at.map(|i| std::mem::replace(&mut entries[i].value, absent(patch)));
            let merged = self.values(before, &change.value, key, &change.key);
            match (at, merged) {
                (Some(i), Some(value)) => {
                    // A value of the patch brings the place of its key along.
                    if value.place == change.value.place {
                        entries[i].key_place = change.key_place;
                    }
                    entries[i].value = value;
                }
                (Some(i), None) => {
                    entries.remove(i);
                }
                (None, Some(value)) => entries.push(Entry { value, ..change.clone() }),
                (None, None) => {}
            }
        }
        Some(Node { place, kind: Kind::Map(Map { entries }) })
    }

    /// Elements of the patch come first, as kustomize puts them.
    fn lists(
        &self,
        old: Option<Node>,
        patch: &Node,
        items: &[Node],
        key: &str,
        keys: &[&str],
    ) -> Option<Node> {
        // An element that holds nothing but a directive speaks for the list.
        let directive =
            items.iter().filter(|i| i.entries().len() == 1).find_map(|i| i.get("$patch"));
        let (place, mut rest) = match (directive.and_then(Node::str), old) {
            (Some("delete"), _) => return None,
            (Some("replace"), _) => (patch.place, Vec::new()),
            (_, Some(Node { place, kind: Kind::List(items) })) => (place, items),
            _ => (patch.place, Vec::new()),
        };
        if items.len().saturating_mul(rest.len() + items.len()) > MAX_COMPARED {
            return Some(patch.clone());
        }
        let keys = present(keys, items, &rest);
        let mut merged: Vec<Node> = Vec::with_capacity(items.len() + rest.len());
        for item in items {
            if item.get("$patch").is_some() && item.entries().len() == 1 {
                continue;
            }
            let same = |other: &Node| is_same(other, item, &keys);
            let before = rest.iter().position(same).map(|i| rest.remove(i));
            // The same element twice in a patch: the later adds to the earlier.
            let before = before.or_else(|| merged.iter().position(same).map(|i| merged.remove(i)));
            if let Some(node) = self.values(before, item, "", key) {
                merged.push(node);
            }
        }
        merged.append(&mut rest);
        Some(Node { place, kind: Kind::List(merged) })
    }
}

/// Keys that some element has: two ports without a protocol are compared by number alone.
fn present<'k>(keys: &[&'k str], items: &[Node], rest: &[Node]) -> Vec<&'k str> {
    let used = |key: &str| items.iter().chain(rest).any(|item| item.get(key).is_some());
    keys.iter().copied().filter(|key| used(key)).collect()
}

/// A key that one of two elements lacks does not tell them apart, as long as another is equal.
fn is_same(a: &Node, b: &Node, keys: &[&str]) -> bool {
    let mut equal = false;
    for key in keys {
        match (a.get(key).and_then(Node::str), b.get(key).and_then(Node::str)) {
            (Some(a), Some(b)) if a == b => equal = true,
            (Some(_), Some(_)) => return false,
            _ => {}
        }
    }
    equal
}

fn union(old: Option<Node>, patch: &Node, items: &[Node]) -> Node {
    let mut all = items.to_vec();
    if items.len().saturating_mul(items.len()) > MAX_COMPARED {
        return patch.clone();
    }
    let (place, rest) = match old {
        Some(Node { place, kind: Kind::List(items) }) => (place, items),
        _ => (patch.place, Vec::new()),
    };
    for item in rest {
        if !all.iter().any(|other| other.str() == item.str()) {
            all.push(item);
        }
    }
    Node { place, kind: Kind::List(all) }
}

fn absent(patch: &Node) -> Node {
    Node { place: patch.place, kind: Kind::Null }
}
