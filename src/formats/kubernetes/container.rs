//! Containers of a pod template.

use super::object::{Object, port, text};
use super::{environment, ingress_class, tcp_services, traefik, volumes};
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Address, Container, Fragment};
use crate::source::Place;
use crate::tree::node::Node;

/// The workload that a container belongs to.
pub(super) struct Owner<'a> {
    pub(super) object: &'a Object<'a>,
    /// The pod's `spec`.
    pub(super) spec: &'a Node,
    pub(super) exists: Fact<bool>,
}

/// The containers that keep running: all but the init containers, except sidecars, which are init
/// containers that restart always (Kubernetes API reference, `Container.restartPolicy`).
pub(super) fn all(spec: &Node) -> Vec<&Node> {
    let list = |key| spec.get(key).map_or(&[][..], Node::items).iter();
    let sidecar = |c: &&Node| c.get("restartPolicy").and_then(Node::str) == Some("Always");
    list("containers").chain(list("initContainers").filter(sidecar)).collect()
}

/// The ports of a container that have names.
pub(super) fn named_ports(container: &Node) -> Vec<(Name, u16)> {
    let ports = ports(container).into_iter();
    ports.filter_map(|(number, name, _)| name.map(|n| (n, number))).collect()
}

fn ports(container: &Node) -> Vec<(u16, Option<Name>, Place)> {
    let entries = container.get("ports").map_or(&[][..], Node::items).iter();
    entries
        .filter_map(|entry| {
            let number = entry.get("containerPort").and_then(port)?;
            Some((number, entry.get("name").and_then(Node::text), entry.place))
        })
        .collect()
}

pub(super) fn lower(owner: &Owner, node: &Node, out: &mut Fragment) {
    let named = node.map().and_then(|m| m.entry("name"));
    // Only Knative lets a container go without a name.
    let name = named.and_then(|e| e.value.text()).unwrap_or_else(|| owner.object.name.clone());
    let address = Address::new(format!("{}/{name}", owner.object.address()));
    let env = environment::variables(owner.object, node);
    let mut container = Container {
        title: format!("container `{name}` of {}", owner.object.title()).into(),
        name,
        node: owner.object.address(),
        place: named.map_or(node.place, |e| e.value.place),
        whole: node.place,
        exists: owner.exists.clone(),
        image: node.get("image").map_or(Fact::Unset(node.place), text),
        command: words(node, "command"),
        args: words(node, "args"),
        env_from: environment::bundles(owner.object, node),
        ports: ports(node),
        mounts: volumes::mounts(owner, node),
        env,
        address,
    };
    environment::expand(&mut container);
    environment::secrets(&container, out);
    tcp_services::of_controller(owner.object, &container, out);
    ingress_class::of_controller(owner.object, &container, out);
    traefik::of_controller(owner.object, &container, out);
    out.containers.push(container);
}

fn words(container: &Node, key: &str) -> Fact<Vec<Fact<Name>>> {
    match container.get(key) {
        None => Fact::Unset(container.place),
        Some(node) if node.is_null() => Fact::Unset(node.place),
        Some(node) if node.scalar().is_some() => {
            text(node).map(|t| vec![Fact::written(t, node.place)])
        }
        Some(node) => Fact::written(node.items().iter().map(word).collect(), node.place),
    }
}

/// Long arguments are scripts: what looks like a placeholder there is for the shell.
fn word(node: &Node) -> Fact<Name> {
    match node.text() {
        Some(text) if text.starts_with("${") => Fact::written(text, node.place),
        _ => text(node),
    }
}
