//! Installations with the templates that the operator lays under them: those that they name, and
//! those of the policy `auto` (Altinity/clickhouse-operator, `pkg/model/chi/normalizer` and
//! `pkg/apis/clickhouse.altinity.com/v1`, `MergeFrom`, as of December 2025).
//!
//! A setting, a user or a file that a template writes stays as it is; the installation adds what is
//! not there. Its own clusters and defaults win.

use super::{entry, map};
use crate::catalog::Catalog;
use crate::formats::kubernetes::object::{self, Object};
use crate::formats::kubernetes::operators;
use crate::model::fragment::{Fragment, Installation};
use crate::source::{Place, Sources};
use crate::tree::node::{Entry, Kind, Map, Node};

/// Templates that one installation takes; the operator's own list is short.
const MAX_TEMPLATES: usize = 16;
const MAX_DEPTH: usize = 32;

/// Keeps an object until all files are read.
pub(in crate::formats::kubernetes) fn keep(object: &Object, out: &mut Fragment) -> bool {
    let known = matches!(object.kind, "ClickHouseInstallation" | "ClickHouseInstallationTemplate");
    if !known || object.group != "clickhouse.altinity.com" {
        return false;
    }
    let (node, environment) = (object.node.clone(), object.environment.into());
    out.installations.push(Installation { node, environment });
    true
}

/// Puts what the operator makes of each installation into the fragment.
pub(in crate::formats::kubernetes) fn unfold(
    fragment: &mut Fragment,
    catalog: &Catalog,
    sources: &Sources,
) {
    let mut all = std::mem::take(&mut fragment.installations);
    all.sort_by(|a, b| (a.node.place, &a.environment).cmp(&(b.node.place, &b.environment)));
    let read: Vec<Object> = all
        .iter()
        .flat_map(|i| object::all(std::slice::from_ref(&i.node), &i.environment))
        .collect();
    let (templates, installations): (Vec<&Object>, Vec<&Object>) =
        read.iter().partition(|object| object.kind == "ClickHouseInstallationTemplate");
    for installation in installations {
        let spec = spec(installation, &templates, sources, fragment);
        let merged = spec.map(|spec| replaced(installation.node, spec));
        let node = merged.as_ref().unwrap_or(installation.node);
        let object = Object { node, ..installation.clone() };
        let path = sources.path(object.place.file);
        operators::lower(&object, catalog, path, fragment);
    }
}

/// The merged specification; `None` where no template takes part.
fn spec(
    object: &Object,
    templates: &[&Object],
    sources: &Sources,
    out: &mut Fragment,
) -> Option<Node> {
    let near = |t: &&&Object| t.environment == object.environment || t.environment.is_empty();
    let mut used: Vec<&Object> = Vec::new();
    for template in templates.iter().filter(near) {
        let policy = template.spec(&["templating", "policy"]).and_then(Node::str);
        if policy.is_none_or(|p| !p.eq_ignore_ascii_case("auto")) {
            continue;
        }
        if shares_an_operator(template, object, sources) {
            used.push(template);
        } else if selects(template, object) {
            let what = format!(
                "template `{}`, if one operator watches both it and {}",
                template.name,
                object.title()
            );
            out.not_understood.push((template.place, what.into()));
        }
    }
    for named in object.spec(&["useTemplates"]).map_or(&[][..], Node::items) {
        let name = named.get("name").and_then(Node::str).unwrap_or("?");
        let namespace = named.get("namespace").and_then(Node::str);
        let namespace = namespace.unwrap_or_else(|| object.namespace_name());
        let is = |t: &&&Object| &*t.name == name && t.namespace_name() == namespace;
        let mut found = templates.iter().filter(near).filter(is);
        match (found.next(), found.next()) {
            (Some(template), None) if used.iter().any(|u| std::ptr::eq(*u, *template)) => {}
            (Some(template), None) => used.push(template),
            // Of several versions nobody knows which is in the cluster.
            (_, _) => {
                let what =
                    format!("installation template `{name}`, which may add users and Services");
                out.not_understood.push((named.place, what.into()));
            }
        }
    }
    used.retain(|template| selects(template, object));
    if used.is_empty() {
        return None;
    }
    let own = object.node.get("spec").cloned();
    let mut merged = map(Vec::new(), own.as_ref().map_or(object.place, |own| own.place));
    let specs = used.into_iter().take(MAX_TEMPLATES).filter_map(|t| t.node.get("spec").cloned());
    for spec in specs.chain(own.clone()) {
        below(&mut merged, spec);
    }
    // The last of these win.
    for path in [&["configuration", "clusters"][..], &["defaults"]] {
        if let Some(value) = own.as_ref().and_then(|own| own.at(path)) {
            put(&mut merged, path, value.clone());
        }
    }
    Some(merged)
}

/// Whether the same operator surely knows both: they stand in one overlay, in one folder, or both
/// say that they belong to one namespace. Which namespaces an operator watches stands elsewhere.
fn shares_an_operator(template: &Object, object: &Object, sources: &Sources) -> bool {
    let folder = |o: &Object| {
        let path = sources.path(o.place.file);
        path.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned())
    };
    let says = |o: &Object| o.node.at(&["metadata", "namespace"]).is_some();
    template.namespace_name() == object.namespace_name()
        && (!object.environment.is_empty() && template.environment == object.environment
            || says(template) && says(object)
            || folder(template) == folder(object))
}

/// Whether a template wants to be used here; without a selector every template does.
fn selects(template: &Object, object: &Object) -> bool {
    let wanted = template.spec(&["templating", "chiSelector"]).map_or(&[][..], Node::entries);
    let labels = object.node.at(&["metadata", "labels"]);
    wanted.iter().all(|wanted| {
        let found = labels.and_then(|l| l.get(&wanted.key)).and_then(Node::str);
        found.is_some() && found == wanted.value.str()
    })
}

/// Adds what is not there yet. Templates of a list are told apart by their names.
fn below(target: &mut Node, more: Node) {
    let Kind::Map(more) = more.kind else { return };
    for add in more.entries {
        let is_list = &*add.key == "templates";
        match get_mut(target, &add.key) {
            Some(found) if is_list => lists(found, add.value),
            Some(found) if &*add.key == "configuration" => below(found, add.value),
            Some(found) => missing(found, add.value, MAX_DEPTH),
            None => push(target, add),
        }
    }
}

/// Settings are one level: a key that is there stays as a whole.
fn missing(target: &mut Node, more: Node, depth: usize) {
    let Kind::Map(more) = more.kind else { return };
    for add in more.entries.into_iter().filter(|_| depth > 0) {
        match get_mut(target, &add.key) {
            Some(found) => missing(found, add.value, depth - 1),
            None => push(target, add),
        }
    }
}

fn lists(target: &mut Node, more: Node) {
    let Kind::Map(more) = more.kind else { return };
    for add in more.entries {
        let Some(found) = get_mut(target, &add.key) else {
            push(target, add);
            continue;
        };
        let (Kind::List(have), Kind::List(items)) = (&mut found.kind, add.value.kind) else {
            continue;
        };
        for item in items {
            let name = item.get("name").and_then(Node::text);
            let same = have.iter_mut().find(|h| h.get("name").and_then(Node::text) == name);
            match same {
                Some(same) => missing(same, item, MAX_DEPTH),
                None => have.push(item),
            }
        }
    }
}

fn get_mut<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    let Kind::Map(map) = &mut node.kind else { return None };
    map.entries.iter_mut().find(|e| &*e.key == key).map(|e| &mut e.value)
}

fn push(node: &mut Node, more: Entry) {
    if let Kind::Map(Map { entries }) = &mut node.kind {
        entries.push(more);
    }
}

/// Sets a value at a path whose head is there.
fn put(node: &mut Node, path: &[&str], value: Node) {
    match path {
        [] => *node = value,
        [first, rest @ ..] => {
            if let Some(inner) = get_mut(node, first) {
                put(inner, rest, value);
            }
        }
    }
}

/// The object with another specification.
fn replaced(node: &Node, spec: Node) -> Node {
    let mut out = node.clone();
    let place: Place = spec.place;
    match get_mut(&mut out, "spec") {
        Some(old) => *old = spec,
        None => push(&mut out, Entry { key_place: place, ..entry("spec", spec) }),
    }
    out
}
