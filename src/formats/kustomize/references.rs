//! Fields that name other objects (builtinpluginconsts/namereference.go).

/// Where pods are described, by kind of the object.
pub(super) fn pod_spec(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "Pod" => &["spec"],
        "PodTemplate" => &["template", "spec"],
        "Deployment"
        | "ReplicaSet"
        | "DaemonSet"
        | "StatefulSet"
        | "Job"
        | "ReplicationController" => &["spec", "template", "spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => return None,
    })
}

/// Fields below a pod's `spec`, with the kind that they name.
pub(super) const IN_PODS: &[(&str, &[&str])] = &[
    ("ConfigMap", &["volumes", "configMap", "name"]),
    ("ConfigMap", &["containers", "env", "valueFrom", "configMapKeyRef", "name"]),
    ("ConfigMap", &["initContainers", "env", "valueFrom", "configMapKeyRef", "name"]),
    ("ConfigMap", &["containers", "envFrom", "configMapRef", "name"]),
    ("ConfigMap", &["initContainers", "envFrom", "configMapRef", "name"]),
    ("ConfigMap", &["volumes", "projected", "sources", "configMap", "name"]),
    ("Secret", &["volumes", "secret", "secretName"]),
    ("Secret", &["containers", "env", "valueFrom", "secretKeyRef", "name"]),
    ("Secret", &["initContainers", "env", "valueFrom", "secretKeyRef", "name"]),
    ("Secret", &["containers", "envFrom", "secretRef", "name"]),
    ("Secret", &["initContainers", "envFrom", "secretRef", "name"]),
    ("Secret", &["imagePullSecrets", "name"]),
    ("Secret", &["volumes", "projected", "sources", "secret", "name"]),
    ("ServiceAccount", &["serviceAccountName"]),
    ("PersistentVolumeClaim", &["volumes", "persistentVolumeClaim", "claimName"]),
    ("PriorityClass", &["priorityClassName"]),
];

/// Fields of other kinds: the kind that is named, the kind that names, the path.
pub(super) const ELSEWHERE: &[(&str, &str, &[&str])] = &[
    ("Deployment", "HorizontalPodAutoscaler", &["spec", "scaleTargetRef", "name"]),
    ("ReplicationController", "HorizontalPodAutoscaler", &["spec", "scaleTargetRef", "name"]),
    ("ReplicaSet", "HorizontalPodAutoscaler", &["spec", "scaleTargetRef", "name"]),
    ("StatefulSet", "HorizontalPodAutoscaler", &["spec", "scaleTargetRef", "name"]),
    ("ConfigMap", "Node", &["spec", "configSource", "configMap"]),
    ("ConfigMap", "Role", &["rules", "resourceNames"]),
    ("ConfigMap", "ClusterRole", &["rules", "resourceNames"]),
    (
        "ConfigMap",
        "Ingress",
        &["metadata", "annotations", "nginx.ingress.kubernetes.io/fastcgi-params-configmap"],
    ),
    ("Secret", "Ingress", &["spec", "tls", "secretName"]),
    ("Secret", "Ingress", &["metadata", "annotations", "ingress.kubernetes.io/auth-secret"]),
    ("Secret", "Ingress", &["metadata", "annotations", "nginx.ingress.kubernetes.io/auth-secret"]),
    (
        "Secret",
        "Ingress",
        &["metadata", "annotations", "nginx.ingress.kubernetes.io/auth-tls-secret"],
    ),
    ("Secret", "ServiceAccount", &["imagePullSecrets", "name"]),
    ("Secret", "StorageClass", &["parameters", "secretName"]),
    ("Secret", "StorageClass", &["parameters", "adminSecretName"]),
    ("Secret", "StorageClass", &["parameters", "userSecretName"]),
    ("Secret", "StorageClass", &["parameters", "secretRef"]),
    ("Secret", "Role", &["rules", "resourceNames"]),
    ("Secret", "ClusterRole", &["rules", "resourceNames"]),
    ("Secret", "PersistentVolume", &["spec", "azureFile", "secretName"]),
    ("Service", "StatefulSet", &["spec", "serviceName"]),
    ("Service", "Ingress", &["spec", "rules", "http", "paths", "backend", "serviceName"]),
    ("Service", "Ingress", &["spec", "backend", "serviceName"]),
    ("Service", "Ingress", &["spec", "rules", "http", "paths", "backend", "service", "name"]),
    ("Service", "Ingress", &["spec", "defaultBackend", "service", "name"]),
    ("Service", "APIService", &["spec", "service", "name"]),
    ("Service", "ValidatingWebhookConfiguration", &["webhooks", "clientConfig", "service"]),
    ("Service", "MutatingWebhookConfiguration", &["webhooks", "clientConfig", "service"]),
    ("Role", "RoleBinding", &["roleRef", "name"]),
    ("ClusterRole", "RoleBinding", &["roleRef", "name"]),
    ("ClusterRole", "ClusterRoleBinding", &["roleRef", "name"]),
    ("ServiceAccount", "RoleBinding", &["subjects"]),
    ("ServiceAccount", "ClusterRoleBinding", &["subjects"]),
    ("PersistentVolume", "PersistentVolumeClaim", &["spec", "volumeName"]),
    ("PersistentVolume", "ClusterRole", &["rules", "resourceNames"]),
    ("StorageClass", "PersistentVolume", &["spec", "storageClassName"]),
    ("StorageClass", "PersistentVolumeClaim", &["spec", "storageClassName"]),
    ("StorageClass", "StatefulSet", &["spec", "volumeClaimTemplates", "spec", "storageClassName"]),
    ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", &["spec", "policyName"]),
];
