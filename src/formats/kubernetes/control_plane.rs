//! Files for the programs that run a cluster: kubeadm's configuration, the kubelet's, and how the API
//! server encrypts what it stores.

use super::object::{Object, text};
use crate::model::concept::{Defect, Identity};
use crate::model::fact::{Fact, Name, Origin};
use crate::model::fragment::{Address, Container, Fragment, Hop, Node as Stop, NodeKind, Ref};
use crate::source::Place;
use crate::tree::node::Node;

/// What kubeadm tells the API server about etcd by itself.
/// kubernetes/kubernetes, cmd/kubeadm/app/phases/controlplane/manifests.go
const OWN_ETCD: [&str; 4] = [
    "--etcd-servers=https://127.0.0.1:2379",
    "--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt",
    "--etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt",
    "--etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key",
];

/// Keys of `etcd.external` and the flags that kubeadm makes of them.
const EXTERNAL_ETCD: [(&str, &str); 3] =
    [("caFile", "etcd-cafile"), ("certFile", "etcd-certfile"), ("keyFile", "etcd-keyfile")];

/// Kinds of objects that hold secrets; `*.` and `*.*` stand for whole groups.
/// kubernetes.io, encrypting confidential data at rest
const SECRETS: [&str; 3] = ["secrets", "*.*", "*."];

/// `EncryptionConfiguration`: the first provider of an entry writes, the others only read.
pub(super) fn encryption(object: &Object, out: &mut Fragment) {
    for entry in object.node.get("resources").map_or(&[][..], Node::items) {
        let kinds = entry.get("resources").map_or(&[][..], Node::items);
        let secret = kinds.iter().filter_map(Node::str).any(|kind| SECRETS.contains(&kind));
        let first = entry.get("providers").and_then(|providers| providers.items().first());
        let identity = first.and_then(Node::map).and_then(|map| map.entry("identity"));
        // An entry that matches decides, whatever comes behind it.
        if let (true, Some(identity)) = (secret, identity) {
            out.defects.push(stored_in_clear(object, identity.place()));
        }
        if secret {
            return;
        }
    }
}

fn stored_in_clear(object: &Object, at: Place) -> Defect {
    let mut defect = Defect::new(Identity {
        address: format!("{}/identity", object.address()).into(),
        subject: object.address().0,
        title: object.title(),
        place: at,
        whole: object.whole(),
        exists: Fact::written(true, object.place),
    });
    let message = "the first provider of Secrets is `identity`, which writes them as they are";
    defect.kind = Fact::Known("stored-in-clear".into(), Origin::written(at));
    defect.message = Fact::Known(message.into(), Origin::written(at));
    defect
}

/// kubeadm's `ClusterConfiguration`: the API server that it starts.
pub(super) fn cluster(object: &Object, out: &mut Fragment) {
    let server = object.node.get("apiServer");
    let version = object.node.get("kubernetesVersion").map(text);
    let image = match version.as_ref().and_then(Fact::known) {
        Some(version) => format!("registry.k8s.io/kube-apiserver:{version}"),
        None => "registry.k8s.io/kube-apiserver".to_owned(),
    };
    let entry = object.node.map().and_then(|map| map.entry("apiServer"));
    let place = entry.map_or(object.place, crate::tree::node::Entry::place);
    let node = Address::new(format!("{}/apiServer", object.address()));
    let mut args = vec![Fact::written(Name::from("kube-apiserver"), place)];
    args.extend(etcd(object, place));
    args.extend(server.and_then(|s| s.get("extraArgs")).map(extra).unwrap_or_default());
    let program = Program {
        name: "kube-apiserver",
        title: "API server",
        image,
        args,
        node,
        place,
        from: Ref::AnyNetwork,
    };
    program.lower(object, out);
}

/// `KubeletConfiguration`: what the agent of every machine asks, and of whom. What the file leaves
/// out has other defaults than what the command line leaves out.
/// kubernetes.io, Kubelet Configuration (v1beta1)
pub(super) fn kubelet(object: &Object, out: &mut Fragment) {
    const FLAGS: [(&[&str], &str, &str); 5] = [
        (&["authentication", "anonymous", "enabled"], "anonymous-auth", "false"),
        (&["authorization", "mode"], "authorization-mode", "Webhook"),
        (&["readOnlyPort"], "read-only-port", "0"),
        (&["address"], "address", "0.0.0.0"),
        (&["port"], "port", "10250"),
    ];
    let place = object.place;
    let mut args = vec![Fact::written(Name::from("kubelet"), place)];
    args.extend(FLAGS.iter().map(|(path, name, default)| match object.node.at(path) {
        Some(node) if !node.is_null() => flag(name, node),
        _ => Fact::written(format!("--{name}={default}").into(), place),
    }));
    let node = Address::new(format!("{}/kubelet", object.address()));
    let image = "registry.k8s.io/kubelet".to_owned();
    // Every machine of a cluster has one, for the API server of its network to call.
    let from = Ref::Network;
    Program { name: "kubelet", title: "kubelet", image, args, node, place, from }
        .lower(object, out);
}

/// A program of a cluster's machines that no manifest describes.
struct Program {
    name: &'static str,
    title: &'static str,
    image: String,
    args: Vec<Fact<Name>>,
    node: Address,
    place: Place,
    from: Ref,
}

impl Program {
    fn lower(self, object: &Object, out: &mut Fragment) {
        let Program { name, title, image, args, node, place, from } = self;
        out.nodes.push(Stop {
            address: node.clone(),
            aliases: Vec::new(),
            kind: NodeKind::Machine,
            place,
            exists: Fact::written(true, place),
            pod: None,
        });
        for (from, who) in [
            (from, "the network of the machine reaches"),
            (Ref::Local, "programs on the same machine reach"),
        ] {
            let say = format!("{who} the {title}");
            out.hops.push(Hop::new(from, Ref::To(node.clone()), place, say));
        }
        out.containers.push(Container {
            address: Address::new(format!("{node}/{name}")),
            name: name.into(),
            title: format!("{title} of {}", object.title()).into(),
            node,
            place,
            whole: object.whole(),
            exists: Fact::written(true, place),
            image: Fact::written(image.into(), place),
            command: Fact::written(args, place),
            args: Fact::Unset(place),
            env: Vec::new(),
            env_from: Vec::new(),
            ports: Vec::new(),
            mounts: Vec::new(),
        });
    }
}

fn etcd(object: &Object, place: Place) -> Vec<Fact<Name>> {
    let Some(external) = object.node.at(&["etcd", "external"]) else {
        return OWN_ETCD.iter().map(|flag| Fact::written((*flag).into(), place)).collect();
    };
    let endpoints = external.get("endpoints").map_or(&[][..], Node::items);
    let servers: Vec<&str> = endpoints.iter().filter_map(Node::str).collect();
    let mut flags =
        vec![Fact::written(format!("--etcd-servers={}", servers.join(",")).into(), external.place)];
    for (key, name) in EXTERNAL_ETCD {
        if let Some(node) = external.get(key) {
            flags.push(flag(name, node));
        }
    }
    flags
}

/// A map of names and values, or since `v1beta4` a list of both.
fn extra(node: &Node) -> Vec<Fact<Name>> {
    let mapped = node.entries().iter().map(|entry| flag(&entry.key, &entry.value));
    let listed = node.items().iter().filter_map(|item| {
        let name = item.get("name").and_then(Node::str)?;
        Some(flag(name, item.get("value")?))
    });
    mapped.chain(listed).collect()
}

fn flag(name: &str, value: &Node) -> Fact<Name> {
    text(value).map(|value| format!("--{name}={value}").into())
}
