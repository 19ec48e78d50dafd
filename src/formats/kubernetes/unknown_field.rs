//! Fields that the API does not have, where somebody meant a guard or the way to a secret.
//!
//! Only what decides who comes in, or what a container is given, is worth a word: the API drops or
//! refuses every unknown field, and other tools tell of all of them.

use super::fields::{self, Type};
use super::object::Object;
use crate::model::concept::{Defect, Identity};
use crate::model::fact::{Fact, Name};
use crate::model::fragment::Fragment;
use crate::spelling::distance;
use crate::tree::node::{Entry, Kind, Node};

/// A field that matters, and what is missing without it.
struct Setting {
    /// The type that has it.
    of: &'static str,
    field: &'static str,
    lost: &'static str,
    /// Where it belongs, if it is known by its name wherever else it stands.
    home: Option<&'static str>,
}

const fn setting(of: &'static str, field: &'static str, lost: &'static str) -> Setting {
    Setting { of, field, lost, home: None }
}

/// A setting that nothing else in the API is called like.
const fn at_home(
    home: &'static str,
    of: &'static str,
    field: &'static str,
    lost: &'static str,
) -> Setting {
    Setting { of, field, lost, home: Some(home) }
}

const RANGES: &str = "no list of addresses keeps anybody out";
const ANNOTATIONS: &str = "none of these annotations is in effect";
const RULES: &str = "the policy does not hold as it was meant";
const VALUE: &str = "the variable does not get this value";
const VARIABLES: &str = "the container does not get these variables";
const MOUNTS: &str = "the container does not get these files";
const ENTRIES: &str = "none of these entries is there";
const LIMITS: &str = "the restriction is not in effect";

const SETTINGS: [Setting; 31] = [
    at_home("`spec`", "core.v1.ServiceSpec", "loadBalancerSourceRanges", RANGES),
    setting("core.v1.ServiceSpec", "type", "the Service is of type ClusterIP"),
    setting("core.v1.ServiceSpec", "externalIPs", "it answers on none of these addresses"),
    setting("core.v1.ServiceSpec", "loadBalancerClass", "another controller makes the balancer"),
    setting("meta.v1.ObjectMeta", "annotations", ANNOTATIONS),
    setting("meta.v1.ObjectMeta", "namespace", "it goes into another namespace"),
    at_home("`spec`", "networking.v1.NetworkPolicySpec", "policyTypes", RULES),
    at_home("a `from` or `to`", "networking.v1.NetworkPolicyPeer", "ipBlock", RULES),
    at_home("`spec`", "networking.v1.IngressSpec", "tls", "nothing is encrypted"),
    setting("networking.v1.IngressSpec", "ingressClassName", "another controller may take it"),
    at_home("the pod's `spec`", "core.v1.PodSpec", "hostNetwork", "the pod has its own network"),
    at_home(
        "the pod's `spec`",
        "core.v1.PodSpec",
        "automountServiceAccountToken",
        "the token is mounted by default",
    ),
    setting("core.v1.ServiceAccount", "automountServiceAccountToken", "the token is mounted"),
    setting("core.v1.PodSpec", "securityContext", LIMITS),
    setting("core.v1.PodSpec", "volumes", MOUNTS),
    at_home("a container", "core.v1.Container", "volumeMounts", MOUNTS),
    at_home("a container", "core.v1.Container", "envFrom", VARIABLES),
    setting("core.v1.Container", "env", VARIABLES),
    setting("core.v1.Container", "args", "the program does not get these arguments"),
    setting("core.v1.Container", "command", "the image's own program runs"),
    setting("core.v1.Container", "securityContext", LIMITS),
    at_home("`ports` of a container", "core.v1.ContainerPort", "hostPort", "the port is not open"),
    setting("core.v1.ContainerPort", "hostIP", "the port is open on every address of the host"),
    at_home("`valueFrom`", "core.v1.EnvVarSource", "secretKeyRef", VALUE),
    at_home("`valueFrom`", "core.v1.EnvVarSource", "configMapKeyRef", VALUE),
    setting("core.v1.Secret", "stringData", ENTRIES),
    setting("core.v1.Secret", "data", ENTRIES),
    setting("core.v1.ConfigMap", "data", ENTRIES),
    setting("core.v1.SecurityContext", "readOnlyRootFilesystem", LIMITS),
    setting("core.v1.SecurityContext", "allowPrivilegeEscalation", LIMITS),
    setting("core.v1.SecurityContext", "runAsNonRoot", LIMITS),
];

/// Types that are guards: whatever is not there holds nobody off.
const GUARDS: [(&str, &str); 7] = [
    ("networking.v1.NetworkPolicySpec", RULES),
    ("networking.v1.NetworkPolicyIngressRule", RULES),
    ("networking.v1.NetworkPolicyEgressRule", RULES),
    ("networking.v1.NetworkPolicyPeer", RULES),
    ("networking.v1.NetworkPolicyPort", RULES),
    ("networking.v1.IPBlock", RULES),
    ("networking.v1.IngressTLS", "nothing is encrypted by it"),
];

/// Types whose fields all matter, as far as one of them is meant.
const WAYS: [(&str, &str); 7] = [
    ("core.v1.EnvVar", VALUE),
    ("core.v1.EnvVarSource", VALUE),
    ("core.v1.SecretKeySelector", VALUE),
    ("core.v1.ConfigMapKeySelector", VALUE),
    ("core.v1.EnvFromSource", VARIABLES),
    ("core.v1.SecretEnvSource", VARIABLES),
    ("core.v1.ConfigMapEnvSource", VARIABLES),
];

/// A selector that says nothing selects everything.
const SELECTOR: &str = "meta.v1.LabelSelector";

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    let version = object.node.get("apiVersion").and_then(Node::str).unwrap_or_default();
    if let Some(root) = fields::of_kind(version, object.kind) {
        let mut search = Search { object, path: Vec::new(), out };
        search.walk(object.node, root);
    }
}

struct Search<'a, 'o> {
    object: &'a Object<'a>,
    /// Keys from the root.
    path: Vec<&'a str>,
    out: &'o mut Fragment,
}

impl<'a> Search<'a, '_> {
    fn walk(&mut self, node: &'a Node, told: &'static Type) {
        for entry in node.entries() {
            match told.field(&entry.key) {
                Some(field) => {
                    if let Some(holds) = field.holds {
                        self.path.push(&entry.key);
                        self.below(&entry.value, holds);
                        self.path.pop();
                    }
                }
                None if is_written_by_hand(entry) => self.unknown(node, entry, told),
                None => {}
            }
        }
    }

    /// A value, or each of a list's. Maps of objects do not occur where anything matters.
    fn below(&mut self, node: &'a Node, told: &'static Type) {
        match &node.kind {
            Kind::List(items) => items.iter().for_each(|item| self.walk(item, told)),
            _ => self.walk(node, told),
        }
    }

    fn unknown(&mut self, parent: &Node, entry: &Entry, told: &'static Type) {
        let key = &*entry.key;
        let near = |field: &str| is_near(key, field);
        let here = SETTINGS.iter().find(|s| s.of == told.name && near(s.field));
        if let Some(setting) = here {
            if parent.get(setting.field).is_none() {
                let meant = format!("`{}` is meant", setting.field);
                self.defect(entry, Some(meant), setting.lost);
            }
            return;
        }
        let elsewhere = SETTINGS.iter().find_map(|setting| {
            let home = setting.home.filter(|_| setting.field.eq_ignore_ascii_case(key))?;
            leads_to(self.object, setting.of).then_some((setting, home))
        });
        if let Some((setting, home)) = elsewhere {
            let belongs = format!("`{}` belongs in {home}", setting.field);
            return self.defect(entry, Some(belongs), setting.lost);
        }
        let lost_of = |list: &[(&str, &'static str)]| {
            list.iter().find(|(name, _)| *name == told.name).map(|(_, lost)| *lost)
        };
        let selects = told.name == SELECTOR && self.object.kind == "NetworkPolicy";
        let guard =
            lost_of(&GUARDS).or(selects.then_some("the selector matches more than was meant"));
        let meant = told.names().find(|name| near(name)).map(|name| format!("`{name}` is meant"));
        match (guard, meant) {
            (Some(lost), None) if selects => {
                self.defect(entry, Some("labels stand in `matchLabels`".to_owned()), lost);
            }
            (Some(lost), meant) => self.defect(entry, meant, lost),
            (None, Some(meant)) => {
                if let Some(lost) = lost_of(&WAYS) {
                    self.defect(entry, Some(meant), lost);
                }
            }
            (None, None) => {}
        }
    }

    fn defect(&mut self, entry: &Entry, meant: Option<String>, lost: &str) {
        let title = self.object.title();
        let within = if self.path.is_empty() {
            title.to_string()
        } else {
            format!("`{}` of {title}", self.path.join("."))
        };
        let meant = meant.map(|meant| format!(" ({meant})")).unwrap_or_default();
        let message = format!("{within} has no field `{}`{meant}: {lost}", entry.key);
        let address = self.object.address();
        let place = entry.key_place;
        let mut defect = Defect::new(Identity {
            address: format!("{address}#{}.{}", self.path.join("."), entry.key).into(),
            subject: address.0,
            title,
            place,
            whole: self.object.whole(),
            exists: Fact::written(true, place),
        });
        defect.kind = Fact::written("unknown-field".into(), place);
        defect.message = Fact::written(Name::from(message), place);
        self.out.defects.push(defect);
    }
}

/// Whether an object of this kind holds a type somewhere: pods hold no source ranges.
fn leads_to(object: &Object, wanted: &str) -> bool {
    match object.kind {
        "Service" => wanted == "core.v1.ServiceSpec",
        "Ingress" => wanted == "networking.v1.IngressSpec",
        "NetworkPolicy" => wanted.starts_with("networking.v1.NetworkPolicy"),
        "Pod"
        | "Deployment"
        | "StatefulSet"
        | "DaemonSet"
        | "ReplicaSet"
        | "Job"
        | "CronJob"
        | "ReplicationController" => wanted.starts_with("core.v1.") && !wanted.contains("Service"),
        _ => false,
    }
}

/// No directive of kustomize, no key of a template or of somebody's own, and not empty.
fn is_written_by_hand(entry: &Entry) -> bool {
    let own = entry.key.starts_with(['$', '{', '<', '(', '.']) || entry.key.starts_with("x-");
    !own && !entry.value.is_null()
}

/// Whether a name is another one misspelled: in letter case, in number, or by a letter or two.
fn is_near(key: &str, field: &str) -> bool {
    if key.len() > 64 {
        return false;
    }
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        let mut letters: String = letters.map(|c| c.to_ascii_lowercase()).collect();
        if letters.ends_with('s') {
            letters.pop();
        }
        letters
    };
    let (key, field) = (plain(key), plain(field));
    let allowed = match field.len() {
        0..=4 => 0,
        5..=9 => 1,
        _ => 2,
    };
    key.len().abs_diff(field.len()) <= allowed && distance(&key, &field) <= allowed
}

#[cfg(test)]
mod tests {
    use crate::formats::dump::lowered;
    use crate::formats::kubernetes::Kubernetes;

    /// What is told of an object, one after the other.
    #[track_caller]
    fn check(version: &str, kind: &str, rest: &str, expected: &[&str]) {
        let text = format!("apiVersion: {version}\nkind: {kind}\n{rest}");
        let (out, _) = lowered(&Kubernetes, &[("a.yaml", &text)]);
        let told: Vec<&str> =
            out.defects.iter().filter_map(|d| d.message.known()).map(|m| &**m).collect();
        assert!(told.len() == expected.len(), "{told:#?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.contains(expected), "{told}\n{expected}");
        }
    }

    fn service(rest: &str, expected: &[&str]) {
        check("v1", "Service", rest, expected);
    }

    fn pod(rest: &str, expected: &[&str]) {
        check("v1", "Pod", &format!("spec: {{{rest}}}"), expected);
    }

    fn container(rest: &str, expected: &[&str]) {
        pod(&format!("containers: [{{name: c, image: x, {rest}}}]"), expected);
    }

    fn policy(rest: &str, expected: &[&str]) {
        check("networking.k8s.io/v1", "NetworkPolicy", &format!("spec: {{{rest}}}"), expected);
    }

    #[test]
    fn a_misspelled_guard_is_told_with_its_right_name() {
        let meant =
            &["has no field `loadBalancerSourceRange` (`loadBalancerSourceRanges` is meant)"];
        service("spec: {loadBalancerSourceRange: [10.0.0.0/8]}", meant);
        let meant = &["(`loadBalancerSourceRanges` is meant)"];
        service("spec: {loadbalancerSourceRanges: [10.0.0.0/8]}", meant);
        service("spec: {loadBalancerSoureRanges: [10.0.0.0/8]}", meant);
        service("metadata: {annotation: {a: b}}", &["(`annotations` is meant)"]);
        container("ports: [{hostport: 1}]", &["(`hostPort` is meant)"]);
        container("volumeMount: [{name: a}]", &["(`volumeMounts` is meant)"]);
        policy("podSelector: {}, ingres: []", &["(`ingress` is meant)"]);
        policy("podSelector: {matchlabels: {a: b}}", &["(`matchLabels` is meant)"]);
    }

    #[test]
    fn a_guard_in_the_wrong_place_is_told_with_the_right_one() {
        service("loadBalancerSourceRanges: [10.0.0.0/8]", &["belongs in `spec`"]);
        container("hostPort: 80", &["belongs in `ports` of a container"]);
        container("env: [{name: A, valuefrom: {}}]", &["(`valueFrom` is meant)"]);
        container("env: [{name: A, securityContext: {}}]", &[]);
        container("hostNetwork: true", &["belongs in the pod's `spec`"]);
        container("env: [{name: A, secretKeyRef: {name: a, key: b}}]", &["belongs in `valueFrom`"]);
        policy("podSelector: {}, ingress: [{ipBlock: {cidr: 10.0.0.0/8}}]", &["a `from` or `to`"]);
        policy("podSelector: {app: db}", &["labels stand in `matchLabels`"]);
        policy(
            "podSelector: {}, ingress: [{sources: []}]",
            &["of NetworkPolicy `?` has no field `sources`"],
        );
    }

    #[test]
    fn what_matters_to_nobody_is_left_alone() {
        service(
            "spec: {loadBalancerSourceRanges: [], colour: blue, x-a: b, ports: [{prot: TCP}]}",
            &[],
        );
        service("status: {loadBalancerSourceRange: []}\nspec: {$patch: delete}", &[]);
        service("spec: {loadBalancerSourceRange: null, selector: {anything: goes}}", &[]);
        service("metadata: {annotations: {tls: a}, labels: {hostPort: b}}", &[]);
        pod("fsGroup: 1, volumes: [{name: a, emptyDir: {}}]", &[]);
        check("serving.knative.dev/v1", "Service", "loadBalancerSourceRange: [a]", &[]);
        check("extensions/v1beta1", "NetworkPolicy", "spec: {ingres: []}", &[]);
    }
}
