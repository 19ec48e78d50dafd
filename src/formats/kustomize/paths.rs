//! Field paths of replacements: `spec.template.spec.containers.[name=app].image`
//! (kyaml/utils/pathsplitter.go, kyaml/yaml/match.go).

use super::edit;
use crate::source::Place;
use crate::tree::node::{Kind, Node};

/// One step of a path.
#[derive(Debug)]
pub(super) enum Step {
    Key(String),
    /// Elements whose field has this value; an empty field compares the element itself.
    Matching(String, String),
    /// Every element or value.
    Each,
}

/// Splits at dots; brackets and `\.` hold them.
pub(super) fn steps(path: &str) -> Vec<Step> {
    let mut parts = Vec::new();
    let (mut part, mut bracket) = (String::new(), false);
    let mut letters = path.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&'.') => {
                letters.next();
                part.push('.');
            }
            '.' if !bracket => parts.push(std::mem::take(&mut part)),
            '[' if part.is_empty() => {
                bracket = true;
                part.push('[');
            }
            ']' => {
                bracket = false;
                part.push(']');
            }
            letter => part.push(letter),
        }
    }
    parts.push(part);
    // A path may begin with a dot.
    parts.into_iter().filter(|part| !part.is_empty()).map(step).collect()
}

fn step(part: String) -> Step {
    if part == "*" {
        return Step::Each;
    }
    let Some(inside) = part.strip_prefix('[').and_then(|p| p.strip_suffix(']')) else {
        return Step::Key(part);
    };
    match inside.split_once('=') {
        Some((key, value)) => Step::Matching(key.to_owned(), value.to_owned()),
        None => Step::Key(inside.to_owned()),
    }
}

/// The value at a path.
pub(super) fn find<'n>(node: &'n Node, path: &[Step]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, step| match (step, &node.kind) {
        (Step::Key(key), Kind::Map(map)) => map.get(key),
        (Step::Key(key), Kind::List(items)) => items.get(key.parse::<usize>().ok()?),
        (Step::Matching(key, value), Kind::List(items)) => {
            items.iter().find(|item| has(item, key, value))
        }
        (Step::Each, Kind::List(items)) => items.first(),
        _ => None,
    })
}

fn has(item: &Node, key: &str, value: &str) -> bool {
    let field = if key.is_empty() { Some(item) } else { item.get(key) };
    field.and_then(Node::str) == Some(value)
}

/// Calls `change` with every value at a path, made there if `create` says so. Tells whether there
/// was any.
pub(super) fn each(
    node: &mut Node,
    path: &[Step],
    create: Option<Place>,
    change: &mut dyn FnMut(&mut Node),
) -> bool {
    let Some((step, rest)) = path.split_first() else {
        change(node);
        return true;
    };
    if let (Some(place), true) = (create, node.is_null()) {
        *node = match step {
            Step::Matching(..) => Node { place, kind: Kind::List(Vec::new()) },
            _ => edit::map(place),
        };
    }
    match (step, &mut node.kind) {
        (Step::Key(key), Kind::Map(_)) => {
            if node.get(key).is_none()
                && let Some(place) = create
            {
                edit::set(node, edit::entry(key, Node { place, kind: Kind::Null }));
            }
            edit::get_mut(node, key).is_some_and(|below| each(below, rest, create, change))
        }
        (Step::Key(key), Kind::List(items)) => {
            let Some(at) = key.parse::<usize>().ok() else { return false };
            items.get_mut(at).is_some_and(|below| each(below, rest, create, change))
        }
        (Step::Matching(key, value), Kind::List(items)) => {
            let mut found = false;
            for item in items.iter_mut().filter(|item| has(item, key, value)) {
                found |= each(item, rest, create, change);
            }
            if let (false, Some(place), false) = (found, create, key.is_empty()) {
                let mut item = edit::map(place);
                edit::set(&mut item, edit::entry(key, edit::string(value.as_str(), place)));
                found = each(&mut item, rest, create, change);
                items.push(item);
            }
            found
        }
        (Step::Each, Kind::List(items)) => {
            let mut found = false;
            for item in items {
                found |= each(item, rest, create, change);
            }
            found
        }
        (Step::Each, Kind::Map(map)) => {
            let mut found = false;
            for entry in &mut map.entries {
                found |= each(&mut entry.value, rest, create, change);
            }
            found
        }
        _ => false,
    }
}
