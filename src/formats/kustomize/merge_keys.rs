//! Lists that a strategic merge joins by a key instead of replacing them.
//!
//! From the `patchMergeKey` and `listMapKey` marks of the API types (k8s.io/api) as published in
//! the `OpenAPI` document that kustomize carries (1.21). Lists of operators' kinds have none there
//! and are replaced.

/// How a list is merged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ListMerge {
    /// The patch's list takes the place of the other.
    Replace,
    /// Elements with the same values under these keys are one.
    Keys(&'static [&'static str]),
    /// Values of both, each once.
    Union,
}

/// Groups whose types are in kustomize's `OpenAPI` document.
pub(super) fn has_schema(group: &str, kind: &str) -> bool {
    match group {
        "" | "apps" | "batch" | "autoscaling" | "policy" => true,
        "extensions" => kind == "Ingress",
        group => {
            matches!(
                group,
                "admissionregistration.k8s.io"
                    | "apiextensions.k8s.io"
                    | "apiregistration.k8s.io"
                    | "certificates.k8s.io"
                    | "coordination.k8s.io"
                    | "discovery.k8s.io"
                    | "events.k8s.io"
                    | "flowcontrol.apiserver.k8s.io"
                    | "networking.k8s.io"
                    | "node.k8s.io"
                    | "rbac.authorization.k8s.io"
                    | "scheduling.k8s.io"
                    | "storage.k8s.io"
            )
        }
    }
}

/// How the list under a key is merged; `parent` is the key of the map or list around it.
pub(super) fn of(kind: &str, parent: &str, key: &str) -> ListMerge {
    const NAME: ListMerge = ListMerge::Keys(&["name"]);
    match (parent, key) {
        ("metadata", "finalizers") => ListMerge::Union,
        ("metadata", "ownerReferences") => ListMerge::Keys(&["uid"]),
        ("status", "conditions") => ListMerge::Keys(&["type"]),
        ("spec", "ports") if kind == "Service" => ListMerge::Keys(&["port", "protocol"]),
        (
            "spec",
            "containers"
            | "initContainers"
            | "ephemeralContainers"
            | "volumes"
            | "imagePullSecrets",
        )
        | ("", "webhooks") => NAME,
        ("spec", "hostAliases") => ListMerge::Keys(&["ip"]),
        ("spec", "topologySpreadConstraints") => {
            ListMerge::Keys(&["topologyKey", "whenUnsatisfiable"])
        }
        ("spec", "taints") if kind == "Node" => ListMerge::Keys(&["key"]),
        ("containers" | "initContainers" | "ephemeralContainers", key) => match key {
            "env" => NAME,
            "ports" => ListMerge::Keys(&["containerPort", "protocol"]),
            "volumeMounts" => ListMerge::Keys(&["mountPath"]),
            "volumeDevices" => ListMerge::Keys(&["devicePath"]),
            _ => ListMerge::Replace,
        },
        ("", "secrets" | "imagePullSecrets") if kind == "ServiceAccount" => NAME,
        _ => ListMerge::Replace,
    }
}
