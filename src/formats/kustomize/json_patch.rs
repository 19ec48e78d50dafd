//! JSON patches (RFC 6902) on placed trees.

use super::edit;
use crate::tree::node::{Entry, Kind, Node};

/// Applies a list of operations; `Err` names the one that cannot be applied. As in RFC 6902 a
/// patch that fails changes nothing, which the caller sees to.
pub(super) fn apply(target: &mut Node, operations: &[Node]) -> Result<(), String> {
    operations.iter().try_for_each(|operation| one(target, operation))
}

/// Whether a document is a list of operations.
pub(super) fn is_patch(document: &Node) -> bool {
    let items = document.items();
    !items.is_empty() && items.iter().all(|i| i.get("op").is_some() && i.get("path").is_some())
}

fn one(target: &mut Node, operation: &Node) -> Result<(), String> {
    let text = |key| operation.get(key).and_then(Node::str).unwrap_or_default();
    let path = pointer(text("path"));
    let from = || pointer(text("from"));
    let value = || {
        let entry = operation.map().and_then(|map| map.entry("value"));
        entry.cloned().unwrap_or_else(|| {
            edit::entry("value", Node { place: operation.place, kind: Kind::Null })
        })
    };
    let done = match text("op") {
        "add" => add(target, &path, value()),
        "replace" => replace(target, &path, value()),
        "remove" => take(target, &path).map(|_| ()),
        "move" => take(target, &from()).and_then(|taken| add(target, &path, taken)),
        "copy" => find(target, &from()).cloned().and_then(|found| {
            let entry = edit::entry("value", found);
            add(target, &path, entry)
        }),
        "test" => find(target, &path).filter(|found| same(found, &value().value)).map(|_| ()),
        _ => None,
    };
    done.ok_or_else(|| format!("`{}` of `{}`", text("op"), text("path")))
}

/// The parts of a JSON pointer (RFC 6901).
fn pointer(path: &str) -> Vec<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() {
        return Vec::new();
    }
    path.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

fn index(part: &str, len: usize) -> Option<usize> {
    match part.strip_prefix('-') {
        // The library that kustomize uses counts negative indexes from the end.
        Some(back) => len.checked_sub(back.parse().ok()?),
        None => part.parse().ok(),
    }
    .filter(|index| *index < len)
}

fn find<'n>(node: &'n Node, path: &[String]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, part| match &node.kind {
        Kind::Map(map) => map.get(part),
        Kind::List(items) => items.get(index(part, items.len())?),
        _ => None,
    })
}

fn find_mut<'n>(node: &'n mut Node, path: &[String]) -> Option<&'n mut Node> {
    path.iter().try_fold(node, |node, part| match &mut node.kind {
        Kind::Map(map) => {
            map.entries.iter_mut().rev().find(|e| *e.key == **part).map(|e| &mut e.value)
        }
        Kind::List(items) => {
            let index = index(part, items.len())?;
            items.get_mut(index)
        }
        _ => None,
    })
}

fn add(target: &mut Node, path: &[String], Entry { key_place, value, .. }: Entry) -> Option<()> {
    let Some((last, above)) = path.split_last() else {
        *target = value;
        return Some(());
    };
    let parent = find_mut(target, above)?;
    match &mut parent.kind {
        Kind::Map(_) | Kind::Null => {
            edit::set(parent, Entry { key: last.as_str().into(), key_place, value });
        }
        Kind::List(items) if last == "-" => items.push(value),
        Kind::List(items) => {
            let at: usize = last.parse().ok().filter(|at| *at <= items.len())?;
            items.insert(at, value);
        }
        Kind::Scalar(_) => return None,
    }
    Some(())
}

fn replace(target: &mut Node, path: &[String], entry: Entry) -> Option<()> {
    let Some((last, above)) = path.split_last() else {
        *target = entry.value;
        return Some(());
    };
    let parent = find_mut(target, above)?;
    match &mut parent.kind {
        // The library that kustomize uses adds what is not there.
        Kind::Map(_) => edit::set(parent, Entry { key: last.as_str().into(), ..entry }),
        Kind::List(items) => {
            let at = index(last, items.len())?;
            items[at] = entry.value;
        }
        _ => return None,
    }
    Some(())
}

fn take(target: &mut Node, path: &[String]) -> Option<Entry> {
    let (last, above) = path.split_last()?;
    let parent = find_mut(target, above)?;
    match &mut parent.kind {
        Kind::Map(map) => {
            let at = map.entries.iter().rposition(|e| *e.key == **last)?;
            Some(map.entries.remove(at))
        }
        Kind::List(items) => {
            let at = index(last, items.len())?;
            Some(edit::entry("value", items.remove(at)))
        }
        _ => None,
    }
}

fn same(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Null, Kind::Null) => true,
        (Kind::Scalar(a), Kind::Scalar(b)) => a.text == b.text,
        (Kind::List(a), Kind::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Kind::Map(a), Kind::Map(b)) => {
            let in_b = |key: &str| b.get(key);
            a.entries.len() == b.entries.len()
                && a.entries.iter().all(|e| in_b(&e.key).is_some_and(|v| same(&e.value, v)))
        }
        _ => false,
    }
}
