//! `namespace`, `namePrefix`, `nameSuffix`.

use super::build::Build;
use super::edit;
use super::resource::Resource;
use crate::tree::node::Node;

impl Build<'_, '_> {
    /// Puts everything that has a namespace into this one (api/filters/namespace).
    pub(super) fn namespace(&mut self, namespace: Option<&Node>, all: &mut [Resource]) {
        let Some(namespace) = namespace.filter(|n| n.str().is_some_and(|text| !text.is_empty()))
        else {
            return;
        };
        for resource in all {
            resource.remember();
            let id = resource.id();
            if !id.is_cluster_wide() {
                resource.set_metadata("namespace", namespace.clone());
            }
            let set = &mut |node: &mut Node| *node = namespace.clone();
            let node = &mut resource.node;
            match (&*id.group, &*id.kind) {
                ("", "Namespace") => resource.set_metadata("name", namespace.clone()),
                ("apiregistration.k8s.io", "APIService") => {
                    edit::each(node, &["spec", "service", "namespace"], Some(namespace.place), set);
                }
                ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                    let webhook = ["spec", "conversion", "webhook", "clientConfig", "service"];
                    edit::each(node, &[&webhook[..], &["namespace"]].concat(), None, set);
                }
                (_, "RoleBinding" | "ClusterRoleBinding") => {
                    edit::each(node, &["subjects"], None, &mut |subjects| {
                        default_accounts(subjects, namespace);
                    });
                }
                _ => {}
            }
            for field in self.configuration.namespaces.iter().filter(|f| f.is_from(&id)) {
                let path: Vec<&str> = field.path.iter().map(|part| &**part).collect();
                // The namespace of an object itself, and the names of others, are not for these.
                if path != ["metadata", "namespace"] && path != ["metadata", "name"] {
                    edit::each(
                        &mut resource.node,
                        &path,
                        field.create.then_some(namespace.place),
                        set,
                    );
                }
            }
        }
    }
}

/// Only the subject that every namespace has is moved; others by the references to them.
fn default_accounts(subjects: &mut Node, namespace: &Node) {
    let crate::tree::node::Kind::List(items) = &mut subjects.kind else { return };
    for subject in items {
        if subject.get("name").and_then(Node::str) == Some("default") {
            edit::set(subject, edit::entry("namespace", namespace.clone()));
        }
    }
}

/// Puts what stands under these keys around all names.
pub(super) fn affix(root: &Node, keys: [&str; 2], all: &mut [Resource]) {
    let [prefix, suffix] = keys.map(|key| root.get(key).and_then(Node::str).unwrap_or_default());
    if prefix.is_empty() && suffix.is_empty() {
        return;
    }
    for resource in all {
        let first = resource.first_id();
        // The names of these mean something by themselves (PrefixTransformer).
        if matches!(&*first.kind, "CustomResourceDefinition" | "Namespace")
            || (&*first.group, &*first.kind) == ("apiregistration.k8s.io", "APIService")
        {
            continue;
        }
        resource.remember();
        let name = resource.id().name;
        resource.set_name(&format!("{prefix}{name}{suffix}"));
        if !prefix.is_empty() {
            resource.prefixes.push(prefix.into());
        }
        if !suffix.is_empty() {
            resource.suffixes.push(suffix.into());
        }
    }
}
