//! Templates of manifests, filled in from a custom resource.
//!
//! `$(spec.a|spec.b|word)` is what stands at the first path that is there, or the word; a scalar
//! that is nothing else becomes the whole part with its places. Where nothing is there, the entry
//! is left out. `name` is the resource's name, `unique` one for what nobody else refers to.
//! `$*(spec.list)` puts in the items of a list, `<<: $(spec.map)` the entries of a map; later
//! entries win. `$yaml(…)`, `$properties(…)`, `$conf(…)`, `$ini(…)` and `$xml(…)` write a map as a
//! configuration file; `$$` is a dollar.
//!
//! A map may have `$each` (a list or map: once for each `item`, with its `key`), `$when`
//! (conditions) and `$at` (whose place its parts get); `$text` is then the part itself, if that is
//! no map. `+` before a key sets it beside another of the same name, for labels that differ among
//! the pods.

use super::text::Writer;
use crate::model::fact::Name;
use crate::source::Place;
use crate::tree::node::{Entry, Kind, Map, Node, Scalar};

/// Items that one `$each` goes through; more replicas of the same tell nothing new.
const MAX_ITEMS: usize = 128;

/// What a template is filled in from.
#[derive(Clone, Copy)]
pub(in crate::formats::kubernetes) struct Scope<'a> {
    /// The custom resource.
    pub(super) root: &'a Node,
    pub(super) name: &'a Name,
    /// A name that no other object has, even if it is called the same.
    pub(super) unique: &'a str,
    pub(super) item: Option<(&'a str, &'a Node)>,
    /// Where parts stand that only the template has.
    pub(super) at: Place,
}

impl<'a> Scope<'a> {
    /// What stands at a path, if anything does.
    pub(super) fn find(&self, path: &str) -> Option<&'a Node> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let (start, rest) = match first {
            "item" => (self.item?.1, rest),
            _ => (self.root, path),
        };
        descend(start, rest).filter(|node| !node.is_null())
    }

    pub(super) fn with(self, key: &'a str, item: &'a Node) -> Scope<'a> {
        Scope { item: Some((key, item)), at: item.place, ..self }
    }

    /// The items of a list, or the entries of a map.
    pub(super) fn each(&self, path: &str) -> Vec<Scope<'a>> {
        let Some(node) = self.find(path) else { return Vec::new() };
        let items = node.items().iter().map(|item| ("", item));
        let entries = node.entries().iter().map(|e| (&*e.key, &e.value));
        items.chain(entries).take(MAX_ITEMS).map(|(key, item)| self.with(key, item)).collect()
    }

    /// `path`, `!path`, `path == a|b`, `path != a|b`, joined by `&&`.
    fn holds(&self, condition: &str) -> bool {
        condition.split("&&").map(str::trim).all(|part| {
            if let Some((path, words)) = part.split_once("!=") {
                return !self.is(path, words);
            }
            if let Some((path, words)) = part.split_once("==") {
                return self.is(path, words);
            }
            match part.strip_prefix('!') {
                Some(path) => !self.there(path),
                None => self.there(part),
            }
        })
    }

    fn is(&self, path: &str, words: &str) -> bool {
        let found = self.find(path.trim()).and_then(Node::str);
        found.is_some_and(|text| words.split('|').any(|w| w.trim().eq_ignore_ascii_case(text)))
    }

    fn there(&self, path: &str) -> bool {
        self.find(path.trim()).is_some_and(|node| node.bool() != Some(false))
    }
}

/// The part at the end of a path. A key may have dots of its own.
fn descend<'n>(node: &'n Node, path: &str) -> Option<&'n Node> {
    let (mut node, mut rest) = (node, path);
    while !rest.is_empty() {
        if let Some(found) = node.get(rest) {
            return Some(found);
        }
        let (step, behind) = rest.split_once('.').unwrap_or((rest, ""));
        node = match &node.kind {
            Kind::List(items) => items.get(step.parse::<usize>().ok()?)?,
            _ => node.get(step)?,
        };
        rest = behind;
    }
    Some(node)
}

/// What a template makes: nothing, one part, or one for each item.
pub(super) fn fill<'a>(template: &Node, scope: Scope<'a>, out: &mut Vec<(Node, Scope<'a>)>) {
    let directive = |key| template.get(key).and_then(Node::str);
    let scopes = match directive("$each") {
        Some(path) => scope.each(path),
        None => vec![scope],
    };
    for mut scope in scopes {
        if directive("$when").is_some_and(|condition| !scope.holds(condition)) {
            continue;
        }
        if let Some(at) = directive("$at").and_then(|path| scope.find(path)) {
            scope.at = at.place;
        }
        if let Some(list) = template.str().and_then(|t| call(t, "$*(")) {
            let items = alternatives(list, scope).ok().map_or(&[][..], Node::items);
            out.extend(items.iter().map(|item| (item.clone(), scope)));
        } else if let Some(node) = one(template.get("$text").unwrap_or(template), scope) {
            out.push((node, scope));
        }
    }
}

fn value(template: &Node, scope: Scope) -> Option<Node> {
    let mut out = Vec::new();
    fill(template, scope, &mut out);
    out.into_iter().next().map(|(node, _)| node)
}

fn one(template: &Node, scope: Scope) -> Option<Node> {
    let kind = match &template.kind {
        Kind::Null => Kind::Null,
        Kind::Scalar(text) => return scalar(text, scope),
        Kind::List(items) => {
            let mut out = Vec::new();
            for item in items {
                fill(item, scope, &mut out);
            }
            Kind::List(out.into_iter().map(|(node, _)| node).collect())
        }
        Kind::Map(map) => Kind::Map(Map { entries: entries(map, scope) }),
    };
    Some(Node { place: scope.at, kind })
}

fn entries(map: &Map, scope: Scope) -> Vec<Entry> {
    let mut out = Vec::new();
    for entry in &map.entries {
        match &*entry.key {
            "$each" | "$when" | "$at" => {}
            "<<" | "+<<" => {
                let merged = value(&entry.value, scope);
                out.extend(merged.as_ref().map_or(&[][..], Node::entries).iter().cloned());
            }
            _ => {
                let Some(value) = value(&entry.value, scope) else { continue };
                let name = entry.key.strip_prefix('+').unwrap_or(&entry.key);
                let Some(key) = Writer::fill(name, scope) else { continue };
                let key_place = if value.place == scope.at { scope.at } else { value.place };
                out.push(Entry { key: key.text(), key_place, value });
            }
        }
    }
    out
}

fn scalar(template: &Scalar, scope: Scope) -> Option<Node> {
    if !template.text.contains('$') {
        let pieces = Some(std::sync::Arc::default());
        let kind = Kind::Scalar(Scalar { pieces, ..template.clone() });
        return Some(Node { place: scope.at, kind });
    }
    if let Some(path) = call(&template.text, "$(")
        && let Ok(node) = alternatives(path, scope)
    {
        return Some(node.clone());
    }
    Some(Writer::fill(&template.text, scope)?.node(scope.at))
}

/// The argument of a call that is the whole text.
fn call<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.strip_prefix(name)?.strip_suffix(')').filter(|inside| !inside.contains('('))
}

/// What stands at the first path that is there, or else the word.
pub(super) fn alternatives<'a: 't, 't>(
    paths: &'t str,
    scope: Scope<'a>,
) -> Result<&'a Node, Option<&'t str>> {
    for path in paths.split('|').map(str::trim) {
        match path {
            "name" => return Err(Some(scope.name)),
            "unique" => return Err(Some(scope.unique)),
            "key" => return Err(scope.item.map(|(key, _)| key)),
            _ if !is_path(path) => return Err(Some(path)),
            _ => {}
        }
        if let Some(found) = scope.find(path) {
            return Ok(found);
        }
    }
    Err(None)
}

fn is_path(path: &str) -> bool {
    matches!(path.split('.').next(), Some("spec" | "metadata" | "item"))
}
