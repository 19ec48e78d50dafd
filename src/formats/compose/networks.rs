//! The networks that a service is attached to.

use super::project::Project;
use crate::tree::node::Node;

/// Names of a service's networks: a list, or a map with options. None: the project's default one.
pub(super) fn names(service: &Node) -> Vec<&str> {
    let Some(node) = service.get("networks") else { return Vec::new() };
    let of_list = node.items().iter().filter_map(Node::str);
    node.entries().iter().map(|entry| &*entry.key).chain(of_list).collect()
}

/// Whether nothing outside of the host's networks of containers reaches a service: Docker publishes
/// no port of a container whose networks are all internal bridges (moby/moby issue 36174). Swarm
/// publishes through a network of its own.
pub(super) fn isolated(project: &Project, service: &Node) -> bool {
    let names = names(service);
    let swarm = service.get("deploy").is_some();
    let internal = |name: &&str| {
        project.definition("networks", name).is_some_and(|entry| {
            let driver = entry.value.get("driver").and_then(Node::str);
            let bridge = driver.is_none_or(|driver| driver == "bridge");
            bridge && entry.value.get("internal").and_then(Node::bool) == Some(true)
        })
    };
    !swarm && !names.is_empty() && names.iter().all(internal)
}

/// Who the neighbours are, for messages.
pub(super) fn neighbours(service: &Node) -> String {
    let names: Vec<String> = names(service).iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "any container of the same Compose project".to_owned(),
        [one] => format!("any container on network {one}"),
        many => format!("any container on one of the networks {}", many.join(", ")),
    }
}
