//! Volumes of the general charts that `common` reads: `persistence.NAME`, mounted everywhere by
//! `globalMounts` or here and there by `advancedMounts`, and ConfigMaps of the values' own (charts of
//! bjw-s, "common library": values).

use super::build::Maker;
use super::common::enabled;
use crate::model::fact::Name;
use crate::tree::node::{Entry, Node};

/// Everything that is stored or mounted.
pub(super) struct Storage<'a> {
    entries: Vec<&'a Entry>,
    /// Names of ConfigMaps and Secrets of the values, with those that they get.
    named: Vec<(&'static str, Name, Name)>,
}

impl<'a> Storage<'a> {
    /// `named` tells the objects that an `identifier` may mean: kind, key, full name.
    pub(super) fn new(values: &'a Node, named: Vec<(&'static str, Name, Name)>) -> Storage<'a> {
        let entries = values.get("persistence").map_or(&[][..], Node::entries).iter();
        Storage { entries: entries.filter(|e| enabled(&e.value)).collect(), named }
    }

    /// The volumes of a pod.
    pub(super) fn volumes(&self) -> Vec<Node> {
        self.entries.iter().filter_map(|entry| self.volume(entry)).collect()
    }

    fn volume(&self, entry: &Entry) -> Option<Node> {
        let make = Maker(entry.value.place);
        let (field, key) = match entry.value.get("type").and_then(Node::str)? {
            "configMap" => ("configMap", "name"),
            "secret" => ("secret", "secretName"),
            _ => return None,
        };
        let by_identifier = || {
            let told = entry.value.get("identifier").and_then(Node::str)?;
            let object = self.named.iter().find(|(f, name, _)| *f == field && **name == *told)?;
            Some(object.2.clone())
        };
        let written = entry.value.get("name").and_then(Node::text);
        let name = written.filter(|name| !name.contains("{{")).or_else(by_identifier)?;
        let mut reference = vec![(key, make.text(name))];
        reference.extend(entry.value.get("items").map(|items| ("items", items.clone())));
        Some(make.map([("name", make.text(entry.key.clone())), (field, make.map(reference))]))
    }

    /// The mounts of one container. What has no volume of its own above is opaque there.
    pub(super) fn mounts(&self, controller: &str, container: &str) -> Vec<Node> {
        let mut out = Vec::new();
        for entry in &self.entries {
            let everywhere = entry.value.get("globalMounts");
            let here = entry.value.at(&["advancedMounts", controller, container]);
            let told = everywhere.is_some() || entry.value.get("advancedMounts").is_some();
            let listed = [everywhere, here].into_iter().flatten().flat_map(Node::items);
            out.extend(listed.filter_map(|mount| one(&entry.key, mount)));
            if !told {
                let make = Maker(entry.value.place);
                let path = make.text(format!("/{}", entry.key));
                let name = make.text(entry.key.clone());
                out.push(make.map([("name", name), ("mountPath", path)]));
            }
        }
        out
    }
}

fn one(name: &Name, mount: &Node) -> Option<Node> {
    let make = Maker(mount.place);
    let path = mount.get("path")?.clone();
    let mut fields = vec![("name", make.text(name.clone())), ("mountPath", path)];
    fields.extend(mount.get("subPath").map(|node| ("subPath", node.clone())));
    Some(make.map(fields))
}
