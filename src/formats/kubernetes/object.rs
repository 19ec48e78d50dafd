//! What every object has: a kind, a name, a namespace, annotations.

use rustc_hash::FxHashMap;

use crate::model::concept::Identity;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::Address;
use crate::source::Place;
use crate::tree::node::{Entry, Node};

/// One object of a stream or a list.
#[derive(Clone)]
pub(super) struct Object<'a> {
    /// The API group; empty for the core.
    pub(super) group: &'a str,
    pub(super) kind: &'a str,
    pub(super) name: Name,
    pub(super) namespace: Fact<Name>,
    pub(super) node: &'a Node,
    pub(super) annotations: &'a [Entry],
    /// Where its name stands.
    pub(super) place: Place,
    /// The overlay that it is rendered by; empty for what stands in its file as it is.
    pub(super) environment: &'a str,
}

/// All objects of a stream, lists flattened. What has no kind is none.
pub(super) fn all<'a>(nodes: &'a [Node], environment: &'a str) -> Vec<Object<'a>> {
    let mut out = Vec::new();
    for node in nodes {
        collect(node, None, &mut out);
    }
    for object in &mut out {
        object.environment = environment;
    }
    out
}

/// Of objects that a stream describes twice the later one, as it is what stays when all are applied
/// one after the other.
pub(super) fn latest(all: Vec<Object<'_>>) -> Vec<Object<'_>> {
    if all.len() < 2 {
        return all;
    }
    let mut last: FxHashMap<(&str, &str, Address), usize> = FxHashMap::default();
    let keys: Vec<_> = all.iter().map(Object::identity).collect();
    for (i, key) in keys.iter().enumerate() {
        last.extend(key.clone().map(|key| (key, i)));
    }
    let stays = |i: usize| keys[i].as_ref().is_none_or(|key| last[key] == i);
    all.into_iter().enumerate().filter(|(i, _)| stays(*i)).map(|(_, object)| object).collect()
}

/// `within` is API version and kind of the items of a typed list, which may leave them out.
fn collect<'a>(node: &'a Node, within: Option<(&'a str, &'a str)>, out: &mut Vec<Object<'a>>) {
    let version = node.get("apiVersion").and_then(Node::str).or(within.map(|w| w.0));
    let kind = node.get("kind").and_then(Node::str).or(within.map(|w| w.1));
    let (Some(version), Some(kind)) = (version, kind) else { return };
    match (kind.strip_suffix("List"), node.get("items")) {
        (Some(element), Some(items)) => {
            let typed = (!element.is_empty()).then_some((version, element));
            for item in items.items() {
                collect(item, typed, out);
            }
        }
        _ => out.push(Object::new(version, kind, node)),
    }
}

impl<'a> Object<'a> {
    fn new(version: &'a str, kind: &'a str, node: &'a Node) -> Object<'a> {
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let metadata = node.get("metadata");
        let named = metadata
            .and_then(Node::map)
            .and_then(|m| m.entry("name").or_else(|| m.entry("generateName")));
        let kind_place = node.map().and_then(|m| m.entry("kind")).map(Entry::place);
        let place = named.map(Entry::place).or(kind_place).unwrap_or(node.place);
        let namespace = metadata
            .and_then(|m| m.get("namespace"))
            .map_or(Fact::Unset(metadata.map_or(node.place, |m| m.place)), text);
        Object {
            group,
            kind,
            name: named.and_then(|e| e.value.text()).unwrap_or_else(|| "?".into()),
            namespace: namespace.or_default("default".into(), CONTEXT),
            node,
            annotations: metadata.and_then(|m| m.get("annotations")).map_or(&[], Node::entries),
            place,
            environment: "",
        }
    }

    /// What the API knows it by; nothing for what gets its name only there.
    fn identity(&self) -> Option<(&'a str, &'a str, Address)> {
        let name = self.node.at(&["metadata", "name"])?;
        name.str()?;
        Some((self.group, self.kind, self.address()))
    }

    pub(super) fn whole(&self) -> Place {
        self.node.place
    }

    pub(super) fn spec(&self, path: &[&str]) -> Option<&'a Node> {
        self.node.get("spec")?.at(path)
    }

    /// An entry of `spec`, for its place.
    pub(super) fn spec_entry(&self, key: &str) -> Option<&'a Entry> {
        self.node.get("spec")?.map()?.entry(key)
    }

    /// `k8s:KIND/NAMESPACE/NAME`, or `k8s@ENVIRONMENT:…` for what an overlay renders.
    pub(super) fn address(&self) -> Address {
        self.neighbour(self.kind, &self.name)
    }

    /// Another object of the same namespace.
    pub(super) fn neighbour(&self, kind: &str, name: &str) -> Address {
        self.elsewhere(kind, self.namespace_name(), name)
    }

    /// Its namespace as a part of addresses.
    pub(super) fn namespace_name(&self) -> &str {
        self.namespace.known().map_or("?", |n| n)
    }

    /// The object that a reference names: `{name, namespace}`, the namespace being the object's own
    /// unless it is written.
    pub(super) fn referred(&self, kind: &str, reference: &Node) -> Option<Address> {
        let name = reference.get("name")?.str()?;
        let namespace = reference.get("namespace").and_then(Node::str);
        let namespace = namespace.unwrap_or_else(|| self.namespace_name());
        Some(self.elsewhere(kind, namespace, name))
    }

    /// An object of another namespace.
    pub(super) fn elsewhere(&self, kind: &str, namespace: &str, name: &str) -> Address {
        Address::of_object(self.environment, &format!("{kind}/{namespace}/{name}"))
    }

    /// An object that belongs to no namespace.
    pub(super) fn of_cluster(&self, kind: &str, name: &str) -> Address {
        Address::of_object(self.environment, &format!("{kind}/{name}"))
    }

    pub(super) fn labels(&self) -> Vec<(Name, Fact<Name>)> {
        self.node.at(&["metadata", "labels"]).map(super::selector::labels).unwrap_or_default()
    }

    /// "Service `cache`".
    pub(super) fn title(&self) -> Name {
        format!("{} `{}`", self.kind, self.name).into()
    }

    /// The object as something that the model knows by itself.
    pub(super) fn as_subject(&self) -> Identity {
        let address = self.address();
        Identity {
            subject: address.0.clone(),
            address: address.0,
            title: self.title(),
            place: self.place,
            whole: self.whole(),
            exists: Fact::written(true, self.place),
        }
    }

    pub(super) fn annotations(&self) -> &'a [Entry] {
        self.annotations
    }

    pub(super) fn annotation(&self, key: &str) -> Option<&'a Entry> {
        self.annotations().iter().rev().find(|e| &*e.key == key)
    }

    /// The text of an annotation; empty ones count as absent.
    pub(super) fn annotation_text(&self, key: &str) -> Option<&'a str> {
        self.annotation(key)?.value.str().filter(|text| !text.is_empty())
    }
}

const CONTEXT: &str =
    "kubectl: an object without a namespace goes into that of the context, `default` unless set";

/// A scalar as the API reads it; unknown where a tool has yet to fill something in.
pub(super) fn text(node: &Node) -> Fact<Name> {
    if node.is_null() {
        return Fact::Unset(node.place);
    }
    match node.text() {
        None => Fact::Unknown(Why::NotUnderstood("a value that is no text".into()), node.place),
        Some(text) if is_placeholder(&text) => Fact::Unknown(Why::Template, node.place),
        Some(text) => Fact::written(text, node.place),
    }
}

/// A boolean, written with or without quotes; unset where it is absent.
pub(super) fn flag(parent: &Node, key: &str) -> Fact<bool> {
    match parent.get(key) {
        None => Fact::Unset(parent.place),
        Some(node) if node.is_null() => Fact::Unset(node.place),
        Some(node) => match node.bool() {
            Some(value) => Fact::written(value, node.place),
            None => Fact::Unknown(Why::Template, node.place),
        },
    }
}

/// Text that Helm, kustomize, Flux or `envsubst` fill in. Longer texts are files, whose braces
/// mean what their reader makes of them.
pub(super) fn is_placeholder(text: &str) -> bool {
    !text.contains('\n') && text.contains("{{") || text.starts_with("${") && text.ends_with('}')
}

/// A port number.
pub(super) fn port(node: &Node) -> Option<u16> {
    node.int().and_then(|n| u16::try_from(n).ok())
}
