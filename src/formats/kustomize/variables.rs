//! `vars`: `$(NAME)` in certain fields (builtinpluginconsts/varreference.go).

use rustc_hash::FxHashMap;

use super::build::Build;
use super::edit;
use super::paths;
use super::references::pod_spec;
use super::resource::{Id, Resource};
use crate::tree::node::{Kind, Node};

/// Bytes that variables may add to one text.
const MAX_ADDED: usize = 1 << 12;

const IN_PODS: &[&[&str]] = &[
    &["containers", "args"],
    &["containers", "command"],
    &["containers", "env", "value"],
    &["containers", "volumeMounts", "mountPath"],
    &["initContainers", "args"],
    &["initContainers", "command"],
    &["initContainers", "env", "value"],
    &["initContainers", "volumeMounts", "mountPath"],
    &["volumes", "nfs", "server"],
];

const ELSEWHERE: &[(&str, &[&str])] = &[
    ("Deployment", &["spec", "template", "metadata", "annotations"]),
    ("Ingress", &["spec", "rules", "host"]),
    ("Ingress", &["spec", "tls", "hosts"]),
    ("Ingress", &["spec", "tls", "secretName"]),
    ("Service", &["spec", "ports", "port"]),
    ("Service", &["spec", "ports", "targetPort"]),
    ("PersistentVolume", &["spec", "nfs", "server"]),
    ("", &["metadata", "labels"]),
    ("", &["metadata", "annotations"]),
];

/// Puts the values of `vars` in place.
pub(super) fn resolve(build: &mut Build, all: &mut [Resource]) {
    let known = values(build, all);
    if known.is_empty() {
        return;
    }
    let fill = &mut |node: &mut Node| fill(node, &known);
    for resource in all {
        let id = resource.first_id();
        let node = &mut resource.node;
        if let Some(spec) = pod_spec(&id.kind)
            && let Some(spec) = edit::at_mut(node, spec)
        {
            for path in IN_PODS {
                edit::each(spec, path, None, fill);
            }
        }
        for (kind, path) in ELSEWHERE {
            if kind.is_empty() || **kind == *id.kind {
                edit::each(node, path, None, fill);
            }
        }
        for reference in build.configuration.variables.iter().filter(|r| r.is_from(&id)) {
            let path: Vec<&str> = reference.path.iter().map(|part| &**part).collect();
            edit::each(node, &path, None, fill);
        }
    }
}

type Known = FxHashMap<Box<str>, Node>;

fn values(build: &mut Build, all: &[Resource]) -> Known {
    let mut known = Known::default();
    for variable in std::mem::take(&mut build.variables) {
        let Some(name) = variable.get("name").and_then(Node::str) else { continue };
        match value(&variable, all) {
            Some(value) => {
                known.insert(name.into(), value);
            }
            None => build.notice(variable.place, format!("the variable `{name}`")),
        }
    }
    known
}

fn value(variable: &Node, all: &[Resource]) -> Option<Node> {
    let of = variable.get("objref")?;
    let text = |key| of.get(key).and_then(Node::str).unwrap_or_default();
    let version = text("apiVersion");
    let meets = |id: &Id| {
        let full = if id.group.is_empty() {
            id.version.to_string()
        } else {
            format!("{}/{}", id.group, id.version)
        };
        *id.kind == *text("kind")
            && *id.name == *text("name")
            && (version.is_empty() || version == full)
            && (text("namespace").is_empty() || *id.namespace == *text("namespace"))
    };
    let called = |r: &&Resource| meets(&r.id()) || r.previous.iter().any(meets);
    let resource = all.iter().find(called)?;
    let path = variable.at(&["fieldref", "fieldPath"]).or(variable.at(&["fieldref", "fieldpath"]));
    let path = path.and_then(Node::str).unwrap_or("metadata.name");
    // `spec.ports[0].port` and `spec.ports.0.port` are the same.
    let path = path.replace('[', ".").replace(']', "");
    let found = paths::find(&resource.node, &paths::steps(&path))?;
    found.str().is_some().then(|| found.clone())
}

fn fill(node: &mut Node, known: &Known) {
    match &mut node.kind {
        Kind::Scalar(scalar) => {
            // A variable alone keeps the type of its value.
            let name = scalar.text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
            if let Some(value) = name.and_then(|name| known.get(name)) {
                node.kind = value.kind.clone();
            } else if let Some(text) = filled(&scalar.text, known) {
                edit::rewrite(node, &text);
            }
        }
        Kind::List(items) => items.iter_mut().for_each(|item| fill(item, known)),
        Kind::Map(map) => map.entries.iter_mut().for_each(|entry| fill(&mut entry.value, known)),
        Kind::Null => {}
    }
}

fn filled(text: &str, known: &Known) -> Option<String> {
    if !text.contains("$(") {
        return None;
    }
    let (mut out, mut rest, mut added) = (String::new(), text, 0);
    while let Some(at) = rest.find("$(") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(')');
        let found = end.and_then(|end| Some((known.get(&rest[2..end])?.str()?, end)));
        match found {
            Some((value, end)) if added + value.len() <= MAX_ADDED => {
                added += value.len() + 1;
                out.push_str(value);
                rest = &rest[end + 1..];
            }
            _ => {
                out.push_str("$(");
                rest = &rest[2..];
            }
        }
    }
    out.push_str(rest);
    Some(out)
}
