//! One service over another: what an override or `extends` makes of what stands below.
//!
//! The rules are those of the Compose specification ("Merge"); what it does not name is merged as
//! maps, appended as lists, replaced as scalars.

use std::sync::Arc;

use crate::source::Sources;
use crate::tree::node::{Entry, Kind, Map, Node, Scalar};

/// Maps within maps of one service.
const MAX_DEPTH: usize = 16;

/// What a tag in front of a value says to do with the value below it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    None,
    /// `!reset`: it is gone.
    Reset,
    /// `!override`: it is replaced as a whole.
    Override,
}

/// The base with what stands over it.
pub(super) fn service(base: &Node, over: &Node, sources: &Sources) -> Node {
    let (Some(below), Some(above)) = (base.map(), over.map()) else {
        return if over.is_null() { base.clone() } else { over.clone() };
    };
    let map = maps(below, above, sources, 0, &|key, base, over| match key {
        "command" | "entrypoint" => Some(over.clone()),
        "environment" | "labels" | "networks" => {
            Some(generic(&as_map(base), &as_map(over), sources, 1))
        }
        "env_file" | "tmpfs" => Some(appended(&as_list(base), &as_list(over), &|_| None)),
        "volumes" | "configs" | "secrets" => Some(appended(base, over, &target)),
        "ports" => Some(appended(base, over, &|node| node.text())),
        _ => None,
    });
    Node { place: base.place, kind: Kind::Map(map) }
}

/// A rule for some keys; `None` leaves a key to the general ones.
type Special<'a> = dyn Fn(&str, &Node, &Node) -> Option<Node> + 'a;

fn maps(base: &Map, over: &Map, sources: &Sources, depth: usize, special: &Special) -> Map {
    let mut entries = base.entries.clone();
    for entry in &over.entries {
        let tag = tag(entry, sources);
        let Some(at) = entries.iter().rposition(|e| e.key == entry.key) else {
            if tag != Tag::Reset {
                entries.push(entry.clone());
            }
            continue;
        };
        match tag {
            Tag::Reset => {
                entries.remove(at);
            }
            Tag::Override => entries[at] = entry.clone(),
            Tag::None if entry.value.is_null() => {}
            Tag::None => {
                let below = &entries[at].value;
                let value = special(&entry.key, below, &entry.value)
                    .unwrap_or_else(|| generic(below, &entry.value, sources, depth + 1));
                // What replaces a value is edited where it stands.
                let replaced = value.place == entry.value.place;
                let key_place = if replaced { entry.key_place } else { entries[at].key_place };
                entries[at] = Entry { key: entry.key.clone(), key_place, value };
            }
        }
    }
    Map { entries }
}

fn generic(base: &Node, over: &Node, sources: &Sources, depth: usize) -> Node {
    match (&base.kind, &over.kind) {
        (_, Kind::Null) => base.clone(),
        (Kind::Map(below), Kind::Map(above)) if depth < MAX_DEPTH => {
            let map = maps(below, above, sources, depth, &|_, _, _| None);
            Node { place: base.place, kind: Kind::Map(map) }
        }
        (Kind::List(_), Kind::List(_)) => appended(base, over, &|_| None),
        _ => over.clone(),
    }
}

/// Both lists; an item of the second replaces the one of the first that has the same key.
fn appended(base: &Node, over: &Node, key: &dyn Fn(&Node) -> Option<Arc<str>>) -> Node {
    let (Kind::List(below), Kind::List(above)) = (&base.kind, &over.kind) else {
        return over.clone();
    };
    let mut items = below.clone();
    let mut keys: Vec<Option<Arc<str>>> = below.iter().map(key).collect();
    for item in above {
        let own = key(item);
        if let Some(at) = keys.iter().position(|k| own.is_some() && *k == own) {
            items[at] = item.clone();
        } else {
            items.push(item.clone());
            keys.push(own);
        }
    }
    Node { place: base.place, kind: Kind::List(items) }
}

/// Where in the container a volume, config or secret is.
fn target(node: &Node) -> Option<Arc<str>> {
    match node.str() {
        Some(text) => Some(text.split(':').nth(1).unwrap_or(text).into()),
        None => node.get("target").or_else(|| node.get("source"))?.text(),
    }
}

/// `NAME=value` items and names alone as the map that they stand for.
fn as_map(node: &Node) -> Node {
    let Kind::List(items) = &node.kind else { return node.clone() };
    let entries = items.iter().filter_map(|item| {
        let text = item.str()?;
        let (key, kind) = match text.split_once('=') {
            Some((key, value)) => {
                let scalar = Scalar { text: value.into(), plain: false, pieces: Some([].into()) };
                (key, Kind::Scalar(scalar))
            }
            None => (text, Kind::Null),
        };
        let value = Node { place: item.place, kind };
        Some(Entry { key: key.into(), key_place: item.place, value })
    });
    Node { place: node.place, kind: Kind::Map(Map { entries: entries.collect() }) }
}

fn as_list(node: &Node) -> Node {
    match &node.kind {
        Kind::List(_) | Kind::Null => node.clone(),
        _ => Node { place: node.place, kind: Kind::List(vec![node.clone()]) },
    }
}

/// The tag between a key and its value.
fn tag(entry: &Entry, sources: &Sources) -> Tag {
    let text = sources.str(entry.key_place.file);
    let rest = text.get(entry.key_place.end as usize..).unwrap_or("");
    let rest = rest.trim_start_matches(['"', '\'', ' ', '\t', ':']);
    if rest.starts_with("!reset") {
        Tag::Reset
    } else if rest.starts_with("!override") {
        Tag::Override
    } else {
        Tag::None
    }
}
