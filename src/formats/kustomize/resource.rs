//! An object on its way through the overlays.

use std::sync::Arc;

use super::edit;
use crate::source::Place;
use crate::tree::node::{Kind, Node};

/// What an object is called: kustomize's `ResId`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Id {
    pub(super) group: Arc<str>,
    pub(super) version: Arc<str>,
    pub(super) kind: Arc<str>,
    /// Empty where none is written.
    pub(super) namespace: Arc<str>,
    pub(super) name: Arc<str>,
}

impl Id {
    pub(super) fn of(node: &Node) -> Option<Id> {
        let text = |node: Option<&Node>| node.and_then(Node::text).unwrap_or_default();
        let kind = node.get("kind")?.text()?;
        let version = text(node.get("apiVersion"));
        let (group, version) = version.split_once('/').unwrap_or(("", &version));
        let metadata = node.get("metadata");
        Some(Id {
            group: group.into(),
            version: version.into(),
            kind,
            namespace: text(metadata.and_then(|m| m.get("namespace"))),
            name: text(metadata.and_then(|m| m.get("name"))),
        })
    }

    /// `default` where none is written, as everywhere in kustomize.
    pub(super) fn effective_namespace(&self) -> &str {
        if self.namespace.is_empty() { "default" } else { &self.namespace }
    }

    /// Whether both name the same object.
    pub(super) fn same(&self, other: &Id) -> bool {
        self.group == other.group
            && self.version == other.version
            && self.kind == other.kind
            && self.name == other.name
            && (self.is_cluster_wide() || self.effective_namespace() == other.effective_namespace())
    }

    /// Kinds without a namespace (kyaml/openapi, `precomputedIsNamespaceScoped`). Kinds of
    /// operators count as namespaced there.
    pub(super) fn is_cluster_wide(&self) -> bool {
        match &*self.group {
            "" => matches!(
                &*self.kind,
                "Namespace" | "Node" | "PersistentVolume" | "ComponentStatus" | "NodeProxyOptions"
            ),
            "admissionregistration.k8s.io" => matches!(
                &*self.kind,
                "MutatingWebhookConfiguration"
                    | "ValidatingWebhookConfiguration"
                    | "ValidatingAdmissionPolicy"
                    | "ValidatingAdmissionPolicyBinding"
            ),
            "apiextensions.k8s.io" => &*self.kind == "CustomResourceDefinition",
            "apiregistration.k8s.io" => &*self.kind == "APIService",
            "certificates.k8s.io" => &*self.kind == "CertificateSigningRequest",
            "flowcontrol.apiserver.k8s.io" => {
                matches!(&*self.kind, "FlowSchema" | "PriorityLevelConfiguration")
            }
            "networking.k8s.io" => &*self.kind == "IngressClass",
            "node.k8s.io" => &*self.kind == "RuntimeClass",
            "policy" => &*self.kind == "PodSecurityPolicy",
            "rbac.authorization.k8s.io" => {
                matches!(&*self.kind, "ClusterRole" | "ClusterRoleBinding")
            }
            "scheduling.k8s.io" => &*self.kind == "PriorityClass",
            "storage.k8s.io" => {
                matches!(&*self.kind, "CSIDriver" | "CSINode" | "StorageClass" | "VolumeAttachment")
            }
            _ => false,
        }
    }
}

/// How a generator treats an object of the same name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Behavior {
    Create,
    Replace,
    Merge,
}

/// An object with the names that it had.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) node: Node,
    /// From the first on; the present one is not among them.
    pub(super) previous: Vec<Id>,
    pub(super) prefixes: Vec<Arc<str>>,
    pub(super) suffixes: Vec<Arc<str>>,
}

impl Resource {
    /// `None` for what is no object.
    pub(super) fn new(node: Node) -> Option<Resource> {
        Id::of(&node)?;
        Some(Resource { node, previous: Vec::new(), prefixes: Vec::new(), suffixes: Vec::new() })
    }

    /// The present id.
    pub(super) fn id(&self) -> Id {
        let nameless = || Id {
            group: "".into(),
            version: "".into(),
            kind: "".into(),
            namespace: "".into(),
            name: "".into(),
        };
        Id::of(&self.node).unwrap_or_else(nameless)
    }

    /// The id before any change.
    pub(super) fn first_id(&self) -> Id {
        self.previous.first().cloned().unwrap_or_else(|| self.id())
    }

    /// Whether any name that it has or had is this one.
    pub(super) fn is_called(&self, id: &Id) -> bool {
        self.previous.iter().any(|p| p.same(id)) || self.id().same(id)
    }

    /// Writes the present id down before it changes.
    pub(super) fn remember(&mut self) {
        let id = self.id();
        if self.previous.last() != Some(&id) {
            self.previous.push(id);
        }
    }

    /// Gives it another name; the place stays that of the old one.
    pub(super) fn set_name(&mut self, name: &str) {
        if let Some(node) = edit::at_mut(&mut self.node, &["metadata", "name"]) {
            edit::rewrite(node, name);
        }
    }

    pub(super) fn set_metadata(&mut self, key: &str, value: Node) {
        let place = value.place;
        if let Some(metadata) = edit::child(&mut self.node, "metadata", place) {
            edit::set(metadata, edit::entry(key, value));
        }
    }

    /// The labels or annotations.
    pub(super) fn metadata_value(&self, section: &str, key: &str) -> Option<&str> {
        self.node.at(&["metadata", section, key])?.str()
    }

    /// An object that a patch has deleted.
    pub(super) fn is_empty(&self) -> bool {
        match &self.node.kind {
            Kind::Map(map) => map.entries.is_empty(),
            _ => true,
        }
    }

    pub(super) fn place(&self) -> Place {
        self.node.place
    }
}
