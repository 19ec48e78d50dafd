//! The values of a release: defaults of the card, then layer over layer.

use rustc_hash::FxHashMap;

use super::build::Maker;
use crate::catalog::chart::{ChartCard, Literal, split};
use crate::model::fact::{Name, Why};
use crate::model::fragment::{Address, ConfigBody, Fragment, Release, Values};
use crate::source::{Place, Sources, Text};
use crate::tree::node::{Entry, Kind, Map, Node};
use crate::tree::yaml;

/// Maps within maps that are merged; deeper ones replace one another.
const MAX_DEPTH: usize = 64;

/// All layers in one tree.
#[derive(Clone)]
pub(super) struct Merged {
    pub(super) node: Node,
    /// Why further values may be there that win over defaults.
    pub(super) open: Option<(Why, Place)>,
}

/// Where layers come from, each text parsed once.
pub(super) struct Layers<'a> {
    sources: &'a Sources,
    /// Keys of ConfigMaps and Secrets of the project.
    bundles: FxHashMap<(Address, Name), Vec<Text>>,
    files: FxHashMap<Name, Option<Node>>,
}

impl<'a> Layers<'a> {
    pub(super) fn new(fragment: &Fragment, sources: &'a Sources) -> Layers<'a> {
        let mut wanted: Vec<&Address> = Vec::new();
        for release in &fragment.releases {
            wanted.extend(release.values.iter().filter_map(|v| match v {
                Values::Bundle { address, .. } => Some(address),
                _ => None,
            }));
        }
        let mut bundles = FxHashMap::default();
        for bundle in fragment.bundles.iter().filter(|b| wanted.contains(&&b.address)) {
            for entry in &bundle.entries {
                let body = entry.file.as_ref().map(|f| &f.body);
                let text = match (body, entry.value.known()) {
                    (Some(ConfigBody::Text(text)), _) => text.clone(),
                    (_, Some(value)) => Text::nested(value.clone(), entry.place, [].into()),
                    _ => continue,
                };
                let key = (bundle.address.clone(), entry.key.clone());
                bundles.entry(key).or_insert_with(Vec::new).push(text);
            }
        }
        Layers { sources, bundles, files: FxHashMap::default() }
    }

    /// A YAML file of the project; `None` where it is not there or no map.
    pub(super) fn file(&mut self, path: &str) -> Option<Node> {
        if let Some(known) = self.files.get(path) {
            return known.clone();
        }
        let parsed = self.sources.find(path).and_then(|file| tree(&self.sources.text(file)));
        self.files.insert(path.into(), parsed.clone());
        parsed
    }

    /// A file that a release names by its path in a repository, whose root may be any folder above.
    fn named_file(&mut self, path: &str, from: Place) -> Option<Node> {
        let sources = self.sources;
        let above = ancestors(sources.path(from.file));
        above.into_iter().find_map(|folder| self.file(&format!("{folder}{path}")))
    }

    /// The text under a key of a bundle; of several environments' the nearest.
    fn bundle(&self, address: &Address, key: &Name, from: Place) -> Option<&Text> {
        let path = |place: Place| self.sources.path(place.file);
        let texts = self.bundles.get(&(address.clone(), key.clone()))?.iter();
        texts.max_by_key(|text| shared(path(text.whole()), path(from)))
    }

    /// The values of a release, over the defaults of a card and what its own folder says.
    pub(super) fn merged(
        &mut self,
        release: &Release,
        card: &ChartCard,
        below: Option<Node>,
    ) -> Merged {
        let mut merged = Merged { node: defaults(card, release.place), open: None };
        if let Some(below) = below {
            merge(&mut merged.node, below, MAX_DEPTH);
        }
        self.over(release, &mut merged);
        merged
    }

    /// The layers of a release over what is there.
    pub(super) fn over(&mut self, release: &Release, merged: &mut Merged) {
        for layer in &release.values {
            match layer {
                Values::Tree(node) => merge(&mut merged.node, node.clone(), MAX_DEPTH),
                Values::Set(path, node) => set(&mut merged.node, path, node.clone()),
                Values::File(path, place) => match self.named_file(path, *place) {
                    Some(node) => merge(&mut merged.node, node, MAX_DEPTH),
                    None => merged.open = Some((Why::NotHere(path.clone()), *place)),
                },
                Values::Bundle { address, key, target, place } => {
                    let text = self.bundle(address, key, *place);
                    match (text, target) {
                        (Some(text), Some(path)) => {
                            let value = Maker(text.whole()).text(text.content().clone());
                            set(&mut merged.node, path, value);
                        }
                        (Some(text), None) => {
                            if let Some(node) = tree(text) {
                                merge(&mut merged.node, node, MAX_DEPTH);
                            }
                        }
                        (None, Some(path)) => {
                            set(&mut merged.node, path, Maker(*place).text(UNKNOWN));
                        }
                        (None, None) => {
                            merged.open = Some((Why::NotHere(spelled(address)), *place));
                        }
                    }
                }
                Values::Unknown(why, place) => merged.open = Some((why.clone(), *place)),
            }
        }
    }
}

/// What the readers of manifests take for a text that is still to be filled in.
pub(super) const UNKNOWN: &str = "${value}";

impl Merged {
    /// The values of a chart that comes along, with the defaults of its own card below them.
    /// `global` is seen by all.
    pub(super) fn within(&self, key: &str, card: &ChartCard, place: Place) -> Merged {
        let mut node = defaults(card, place);
        let path: Vec<&str> = key.split('.').collect();
        if let Some(global) = self.node.get("global") {
            let global = Maker(global.place).map([("global", global.clone())]);
            merge(&mut node, global, MAX_DEPTH);
        }
        if let Some(inner) = self.node.at(&path) {
            merge(&mut node, inner.clone(), MAX_DEPTH);
        }
        Merged { node, open: self.open.clone() }
    }

    /// The same where the chart that comes along lies beside, with values of its own.
    pub(super) fn over(&self, own: Node, key: &str, card: &ChartCard, place: Place) -> Merged {
        let mut node = defaults(card, place);
        merge(&mut node, own, MAX_DEPTH);
        let written = self.within(key, &ChartCard::default(), place);
        merge(&mut node, written.node, MAX_DEPTH);
        Merged { node, open: self.open.clone() }
    }
}

/// The folders above a file, the nearest first, each with a slash at its end.
pub(super) fn ancestors(path: &str) -> Vec<&str> {
    let ends = path.match_indices('/').filter_map(|(at, _)| path.get(..=at));
    let mut folders: Vec<&str> = std::iter::once("").chain(ends).collect();
    folders.reverse();
    folders
}

/// How many leading folders two paths share.
pub(super) fn shared(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).count()
}

/// `the values in ConfigMap x`
fn spelled(address: &Address) -> Name {
    let text = address.object();
    let kind = text.split('/').next().unwrap_or("object");
    format!("the values in {kind} {}", text.rsplit('/').next().unwrap_or(text)).into()
}

fn tree(text: &Text) -> Option<Node> {
    if yaml::is_template(text.as_str()) {
        return None;
    }
    let (nodes, _) = yaml::parse(text);
    nodes.into_iter().next().filter(|n| n.map().is_some())
}

fn defaults(card: &ChartCard, place: Place) -> Node {
    let maker = Maker(place);
    let mut root = maker.map([]);
    for (path, value) in &card.defaults {
        let value = match value {
            Literal::Bool(value) => maker.plain(value.to_string()),
            Literal::Int(value) => maker.plain(value.to_string()),
            Literal::Text(value) => maker.text(value.as_str()),
            Literal::Texts(values) => {
                maker.list(values.iter().map(|v| maker.text(v.as_str())).collect())
            }
        };
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        put(&mut root, &path, value);
    }
    root
}

/// `over` wins; maps are merged key by key, and null takes a key away (Helm documentation,
/// "Values Files": deleting a default key).
fn merge(below: &mut Node, over: Node, depth: usize) {
    let Kind::Map(over_map) = over.kind else {
        *below = over;
        return;
    };
    let Kind::Map(map) = &mut below.kind else {
        *below = Node { place: over.place, kind: Kind::Map(over_map) };
        return;
    };
    below.place = over.place;
    for entry in over_map.entries {
        let found = map.entries.iter_mut().rev().find(|e| e.key == entry.key);
        match found {
            Some(found) if depth > 0 => {
                found.key_place = entry.key_place;
                merge(&mut found.value, entry.value, depth - 1);
            }
            Some(found) => *found = entry,
            None => map.entries.push(entry),
        }
    }
}

/// `a.b[0].c=value`. List indices are not followed: what they change becomes unknown.
fn set(root: &mut Node, path: &str, value: Node) {
    let parts = split(path);
    let upto = parts.iter().position(|p| p.contains('[')).unwrap_or(parts.len());
    if upto == parts.len() {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        put(root, &parts, value);
        return;
    }
    let mut known: Vec<&str> = parts[..upto].iter().map(String::as_str).collect();
    let list = parts[upto].split('[').next().unwrap_or("");
    known.push(list);
    // The first and only element of a new list of texts.
    let only = parts.len() == upto + 1 && parts[upto].ends_with("[0]");
    let make = Maker(value.place);
    let value = if only { make.list(vec![value]) } else { make.text(UNKNOWN) };
    put(root, &known, value);
}

fn put(root: &mut Node, path: &[&str], value: Node) {
    let Some((first, rest)) = path.split_first() else {
        *root = value;
        return;
    };
    if root.map().is_none() {
        root.kind = Kind::Map(Map::default());
    }
    let Kind::Map(map) = &mut root.kind else { return };
    let at = map.entries.iter().position(|e| &*e.key == *first);
    let index = at.unwrap_or_else(|| {
        let place = value.place;
        let empty = Node { place, kind: Kind::Map(Map::default()) };
        map.entries.push(Entry { key: (*first).into(), key_place: place, value: empty });
        map.entries.len() - 1
    });
    if let Some(entry) = map.entries.get_mut(index) {
        if rest.is_empty() {
            entry.key_place = value.place;
        }
        put(&mut entry.value, rest, value);
    }
}
