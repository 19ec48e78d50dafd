//! Settings and files that a cluster, a shard or a replica has for itself. The operator writes them
//! into the host's own folder `conf.d`, behind what all hosts have (Altinity/clickhouse-operator,
//! `pkg/model/chi/config/files_generator.go`, `type_cluster.go`).

use super::super::super::object::Object;
use crate::model::fragment::Fragment;
use crate::tree::node::Node;

/// The levels that hold for every host, the outermost first. One that holds for some only is named
/// as not understood: the installation's hosts are taken for alike.
pub(super) fn levels<'a>(object: &Object<'a>, out: &mut Fragment) -> Vec<&'a Node> {
    let clusters = object.spec(&["configuration", "clusters"]).map_or(&[][..], Node::items);
    let mut all = Vec::new();
    for cluster in clusters {
        let mut levels = Vec::new();
        descend(cluster, clusters.len() == 1, &mut levels);
        for (level, of_all) in levels {
            if of_all {
                all.push(level);
            } else {
                let what = format!("settings of some hosts of {}", object.title());
                out.not_understood.push((level.place, what.into()));
            }
        }
    }
    all
}

/// Adds what has settings of its own: the cluster, its shards and replicas, and theirs.
fn descend<'a>(cluster: &'a Node, of_all: bool, out: &mut Vec<(&'a Node, bool)>) {
    let has = |node: &Node| node.get("settings").or(node.get("files")).is_some();
    let mut add = |node: &'a Node, of_all| {
        if has(node) {
            out.push((node, of_all));
        }
    };
    add(cluster, of_all);
    for (outer, inner) in [("shards", "replicas"), ("replicas", "shards")] {
        let groups = cluster.at(&["layout", outer]).map_or(&[][..], Node::items);
        for group in groups {
            let of_group = of_all && groups.len() == 1;
            add(group, of_group);
            let hosts = group.get(inner).map_or(&[][..], Node::items);
            for host in hosts {
                add(host, of_group && hosts.len() == 1);
            }
        }
    }
}
