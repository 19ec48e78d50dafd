//! References follow the names that they mean (api/filters/nameref).

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::configuration::Configuration;
use super::edit;
use super::references::{ELSEWHERE, IN_PODS, pod_spec};
use super::resource::{Id, Resource};
use crate::tree::node::{Kind, Node};

/// Brings every reference up to date.
pub(super) fn mend(all: &mut [Resource], configuration: &Configuration) {
    let targets = Targets::new(all);
    for resource in all.iter_mut() {
        let asker = Asker::new(resource);
        let first = resource.first_id();
        let node = &mut resource.node;
        if let Some(spec) = pod_spec(&first.kind)
            && let Some(spec) = edit::at_mut(node, spec)
        {
            for (kind, path) in IN_PODS {
                edit::each(spec, path, None, &mut |field| targets.update(field, kind, "", &asker));
            }
        }
        for (kind, _, path) in ELSEWHERE.iter().filter(|(_, by, _)| **by == *first.kind) {
            if *path == ["roleRef", "name"] && role(node).as_deref() != Some(*kind) {
                continue;
            }
            edit::each(node, path, None, &mut |field| targets.update(field, kind, "", &asker));
        }
        for reference in &configuration.references {
            if reference.is_from(&first) {
                let path: Vec<&str> = reference.path.iter().map(|part| &**part).collect();
                edit::each(node, &path, None, &mut |field| {
                    targets.update(field, &reference.kind, &reference.group, &asker);
                });
            }
        }
    }
}

fn role(node: &Node) -> Option<Arc<str>> {
    node.at(&["roleRef", "kind"])?.text()
}

/// What a reference is judged by.
struct Asker {
    id: Id,
    prefixes: Vec<Arc<str>>,
    suffixes: Vec<Arc<str>>,
    /// Namespaces of a binding's subjects.
    subjects: Vec<Arc<str>>,
}

impl Asker {
    fn new(resource: &Resource) -> Asker {
        let id = resource.id();
        let subjects = match &*id.kind {
            "RoleBinding" => resource.node.get("subjects").map_or(&[][..], Node::items),
            _ => &[],
        };
        Asker {
            subjects: subjects
                .iter()
                .filter_map(|subject| subject.get("namespace")?.text())
                .collect(),
            id,
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
        }
    }
}

/// An object that others may name.
struct Target {
    now: Id,
    known: Vec<Id>,
    prefixes: Vec<Arc<str>>,
    suffixes: Vec<Arc<str>>,
    namespace: Option<Node>,
}

/// Objects by every name that they had.
struct Targets {
    all: Vec<Target>,
    by_name: FxHashMap<Arc<str>, Vec<usize>>,
}

impl Targets {
    fn new(all: &[Resource]) -> Targets {
        let mut targets = Targets { all: Vec::new(), by_name: FxHashMap::default() };
        for (index, resource) in all.iter().enumerate() {
            let now = resource.id();
            // As in kustomize, what nothing has touched is meant by nobody: its name is right as
            // it is written.
            let known = resource.previous.clone();
            for id in &known {
                let named = targets.by_name.entry(id.name.clone()).or_default();
                if named.last() != Some(&index) {
                    named.push(index);
                }
            }
            targets.all.push(Target {
                now,
                known,
                prefixes: resource.prefixes.clone(),
                suffixes: resource.suffixes.clone(),
                namespace: resource.node.at(&["metadata", "namespace"]).cloned(),
            });
        }
        targets
    }

    fn update(&self, field: &mut Node, kind: &str, group: &str, asker: &Asker) {
        match &mut field.kind {
            Kind::Scalar(scalar) => {
                if let Some(target) = self.find(&scalar.text, kind, group, None, asker) {
                    edit::rewrite(field, &target.now.name);
                }
            }
            Kind::List(items) => {
                for item in items {
                    self.update(item, kind, group, asker);
                }
            }
            Kind::Map(_) => self.update_map(field, kind, group, asker),
            Kind::Null => {}
        }
    }

    /// A reference with a namespace of its own, as the subjects of a binding are.
    fn update_map(&self, field: &mut Node, kind: &str, group: &str, asker: &Asker) {
        let Some(name) = field.get("name").and_then(Node::text) else { return };
        let namespace = field.get("namespace").and_then(Node::text);
        let target = self.find(&name, kind, group, namespace.as_deref(), asker);
        let Some(target) = target else { return };
        if let Some(name) = edit::get_mut(field, "name") {
            edit::rewrite(name, &target.now.name);
        }
        if let Some(namespace) = &target.namespace {
            edit::set(field, edit::entry("namespace", namespace.clone()));
        }
    }

    fn find(
        &self,
        name: &str,
        kind: &str,
        group: &str,
        namespace: Option<&str>,
        asker: &Asker,
    ) -> Option<&Target> {
        let named = self.by_name.get(name)?.iter().map(|i| &self.all[*i]);
        let is_kind = |id: &Id| *id.kind == *kind && (group.is_empty() || *id.group == *group);
        let of_kind: Vec<&Target> = named
            .filter(|t| t.known.iter().any(|id| *id.name == *name))
            .filter(|t| t.known.iter().any(is_kind))
            .filter(|t| reachable(t, asker))
            .collect();
        let mut found = within(of_kind, namespace);
        if found.len() > 1 {
            found.retain(|t| same_affixes(t, asker, true));
        }
        if found.len() > 1 {
            found.retain(|t| same_affixes(t, asker, false));
        }
        let first = *found.first()?;
        let same =
            |t: &&Target| t.now.name == first.now.name && t.now.namespace == first.now.namespace;
        found.iter().all(same).then_some(first)
    }
}

/// By the namespace that the reference names: as it was at first, else as it is now.
fn within<'t>(found: Vec<&'t Target>, namespace: Option<&str>) -> Vec<&'t Target> {
    let Some(namespace) = namespace else { return found };
    let effective = if namespace.is_empty() { "default" } else { namespace };
    let first =
        |t: &&Target| t.known.first().is_some_and(|id| id.effective_namespace() == effective);
    let by_first: Vec<&Target> = found.iter().copied().filter(first).collect();
    if !by_first.is_empty() {
        return by_first;
    }
    found.into_iter().filter(|t| t.now.effective_namespace() == effective).collect()
}

fn reachable(target: &Target, asker: &Asker) -> bool {
    let namespace = target.now.effective_namespace();
    asker.id.is_cluster_wide()
        || target.now.is_cluster_wide()
        || asker.id.effective_namespace() == namespace
        || &*target.now.kind == "ServiceAccount" && asker.subjects.iter().any(|s| **s == *namespace)
}

/// Objects of one base got the same prefixes on their way.
fn same_affixes(target: &Target, asker: &Asker, allow_empty: bool) -> bool {
    let same = |a: &[Arc<str>], b: &[Arc<str>]| {
        let short = a.len().min(b.len());
        if allow_empty && short == 0 {
            return true;
        }
        a[..short] == b[..short] && (allow_empty || a.len() == b.len())
    };
    same(&target.prefixes, &asker.prefixes) && same(&target.suffixes, &asker.suffixes)
}
