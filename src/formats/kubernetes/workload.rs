//! Whatever makes pods: one node per pod template, and the ways into it that no Service is
//! needed for.

use super::container;
use super::object::{Object, flag, port, text};
use super::{selector, status};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Fragment, Hop, Node as Stop, NodeKind, Pod, PortEnd, PortMap, PortPair, Ref,
};
use crate::model::net::Addresses;
use crate::tree::node::Node;

/// Replicas that are told apart by name; more match as one unknown name.
const MAX_NAMED_REPLICAS: i64 = 64;

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    let Some((template, builtin)) = template(object) else { return };
    let exists = if builtin {
        Fact::written(true, object.place)
    } else {
        Fact::guessed(true, "a custom resource that looks like a workload", object.place)
    };
    // Whoever runs a custom resource adds labels of its own.
    pods(object, template, exists, !builtin, out);
}

/// Pods that an operator makes.
pub(super) fn made(object: &Object, template: &Node, out: &mut Fragment) {
    pods(object, template, Fact::written(true, object.place), false, out);
}

fn pods(
    object: &Object,
    template: &Node,
    exists: Fact<bool>,
    open_labels: bool,
    out: &mut Fragment,
) {
    let Some(spec) = template.get("spec") else { return };
    let address = object.address();
    let containers = container::all(spec);
    let host_network = flag(spec, "hostNetwork").or_default(
        false,
        "Kubernetes: a pod has a network of its own unless `hostNetwork` is set",
    );
    let labels = template.at(&["metadata", "labels"]);
    let mut pod = Pod {
        namespace: object.namespace.clone(),
        labels: labels.map(selector::labels).unwrap_or_default(),
        open_labels: open_labels || labels.is_some_and(|l| l.map().is_none() && !l.is_null()),
        ports: containers.iter().flat_map(|c| container::named_ports(c)).collect(),
        on_host: host_network.known() == Some(&true),
    };
    add_labels(object, &mut pod);
    out.nodes.push(Stop {
        address: address.clone(),
        aliases: status::pod_addresses(object),
        kind: NodeKind::Pod,
        place: object.place,
        exists: exists.clone(),
        pod: Some(pod),
    });
    let owner = container::Owner { object, spec, exists };
    for node in &containers {
        container::lower(&owner, node, out);
        host_ports(object, node, out);
    }
    inside(object, out);
    if host_network.known() != Some(&false) {
        let say = format!("{} uses the network of its machine", object.title());
        from_machine(object, &PortMap::Same, &host_network, &say, out);
    }
}

/// Where the pod template is, and whether Kubernetes itself knows the kind.
fn template<'a>(object: &Object<'a>) -> Option<(&'a Node, bool)> {
    let path: &[&str] = match (object.group, object.kind) {
        ("", "Pod") | ("serving.knative.dev", "Revision") => &[],
        ("apps" | "extensions", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("", "ReplicationController")
        | ("batch", "Job")
        | ("argoproj.io", "Rollout")
        | ("serving.knative.dev", _) => &["spec", "template"],
        ("batch", "CronJob") => &["spec", "jobTemplate", "spec", "template"],
        ("", "PodTemplate") => return None,
        _ => {
            let template = object.spec(&["template"])?;
            let containers = template.at(&["spec", "containers"])?;
            return (!containers.items().is_empty()).then_some((template, false));
        }
    };
    Some((object.node.at(path)?, true))
}

/// Labels that controllers add to their pods. One key may occur once per replica.
fn add_labels(object: &Object, pod: &mut Pod) {
    let mut add = |key: &str, value: Fact<Name>| pod.labels.push((key.into(), value));
    let by_controller = |value: String| {
        let see = format!("Kubernetes: the {} controller labels its pods", object.kind);
        Fact::default(Name::from(value), see, object.place)
    };
    match (object.group, object.kind) {
        ("apps", "StatefulSet") => {
            let replicas = object.spec(&["replicas"]);
            let count = replicas.map_or(Some(1), Node::int);
            let start = object.spec(&["ordinals", "start"]).and_then(Node::int).unwrap_or(0);
            if let Some(count @ 0..=MAX_NAMED_REPLICAS) = count {
                for index in start..start.saturating_add(count) {
                    let name = format!("{}-{index}", object.name);
                    add("statefulset.kubernetes.io/pod-name", by_controller(name));
                    add("apps.kubernetes.io/pod-index", by_controller(index.to_string()));
                }
            } else {
                let at = replicas.map_or(object.place, |r| r.place);
                let why = Why::NoDefault("the number of replicas".into());
                add("statefulset.kubernetes.io/pod-name", Fact::Unknown(why.clone(), at));
                add("apps.kubernetes.io/pod-index", Fact::Unknown(why, at));
            }
        }
        ("batch", "Job") => {
            add("batch.kubernetes.io/job-name", by_controller(object.name.to_string()));
            add("job-name", by_controller(object.name.to_string()));
        }
        _ => {}
    }
}

/// Pods reach one another without any Service (the Kubernetes network model).
fn inside(object: &Object, out: &mut Fragment) {
    let title = object.title();
    let to = || Ref::To(object.address());
    let say = format!("any pod of the cluster can reach {title}");
    out.hops.push(Hop::new(Ref::Cluster, to(), object.place, say));
    let say = format!("containers of {title} share one network");
    out.hops.push(Hop::new(Ref::Local, to(), object.place, say));
}

fn host_ports(object: &Object, container: &Node, out: &mut Fragment) {
    for entry in container.get("ports").map_or(&[][..], Node::items) {
        let Some(host) = entry.get("hostPort").filter(|n| !n.is_null() && n.str() != Some("0"))
        else {
            continue;
        };
        let to = entry.get("containerPort").and_then(port);
        let pair = PortPair {
            from: port(host).map(|p| (p, p)),
            to: to.map_or(PortEnd::Unknown(Why::Template), PortEnd::Number),
            udp: entry.get("protocol").and_then(Node::str) == Some("UDP"),
            place: host.place,
        };
        let say = format!(
            "{} is published on port {} of its machine",
            object.title(),
            host.str().unwrap_or("?")
        );
        let ports = PortMap::Pairs(vec![pair]);
        let open = Fact::written(true, host.place);
        match entry.get("hostIP").filter(|ip| !ip.is_null()) {
            None => from_machine(object, &ports, &open, &say, out),
            Some(ip) => from_address(object, ports, &text(ip), &say, out),
        }
    }
}

/// What listens on every address of the machine.
fn from_machine(
    object: &Object,
    ports: &PortMap,
    open: &Fact<bool>,
    say: &str,
    out: &mut Fragment,
) {
    let at = open.place();
    let to = || Ref::To(object.address());
    let network = Hop::new(Ref::AnyNetwork, to(), at, say);
    out.hops.push(Hop { ports: ports.clone(), open: open.clone(), ..network });
    let internet = Hop::new(Ref::Internet, to(), at, say);
    let open = Fact::Unknown(nodes_addresses(), at);
    out.hops.push(Hop { ports: ports.clone(), open, ..internet });
}

/// What listens on one address of the machine.
fn from_address(
    object: &Object,
    ports: PortMap,
    address: &Fact<Name>,
    say: &str,
    out: &mut Fragment,
) {
    let at = address.place();
    let parsed = address.known().map(|text| Addresses::parse(text));
    let (from, open) = match parsed {
        Some(Some(ip)) if ip.without(&Addresses::loopback()).is_empty() => return,
        Some(Some(ip)) if is_unspecified(&ip) => {
            from_machine(object, &ports, &Fact::written(true, at), say, out);
            return;
        }
        Some(Some(ip)) if ip.without(Addresses::private()).is_empty() => {
            (Ref::Network, Fact::written(true, at))
        }
        Some(Some(_)) => (Ref::Internet, Fact::written(true, at)),
        _ => (Ref::Internet, Fact::Unknown(nodes_addresses(), at)),
    };
    let hop = Hop::new(from, Ref::To(object.address()), at, say);
    out.hops.push(Hop { ports, open, ..hop });
}

fn is_unspecified(ip: &Addresses) -> bool {
    ["0.0.0.0", "::"].iter().any(|any| Addresses::parse(any).as_ref() == Some(ip))
}

/// Why nobody can tell whether a machine's port is open to the internet.
pub(super) fn nodes_addresses() -> Why {
    Why::NotHere("whether the nodes have public addresses".into())
}
