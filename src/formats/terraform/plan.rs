//! What `terraform show -json` tells of a plan or a state, and the state file itself: evaluated
//! resources, each at its place in the document.
//!
//! The shapes are those of internal/command/jsonplan, jsonstate and states/statefile/version4.go of
//! Terraform.

mod merge;
mod references;
#[cfg(test)]
mod tests;
mod values;

use std::collections::{BTreeMap, HashSet};

use rustc_hash::FxHashMap;

use super::lang;
use super::value::{Estate, Resource, Val};
use crate::model::fact::{Fact, Name};
use crate::model::fragment::Address;
use crate::source::Place;
use crate::tree::node::Node;
use references::Configuration;
use values::Written;

pub(super) use merge::merge;

/// Modules within modules.
const MAX_DEPTH: usize = 32;

/// More resources than anybody plans at once.
const MAX_RESOURCES: usize = 50_000;

/// A plan or a state, by what its first keys and a few others are called.
pub(super) fn is_one(path: &str, text: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    if !matches!(ending, "json" | "tfstate") || !text.trim_start().starts_with('{') {
        return false;
    }
    let has = |key: &str| text.contains(key);
    if has("\"format_version\"") {
        has("\"planned_values\"") || has("\"root_module\"") && has("\"terraform_version\"")
    } else {
        has("\"lineage\"") && has("\"terraform_version\"") && has("\"resources\"")
    }
}

/// One resource instance as a document has it, before it has an address in an estate.
struct Planned<'n> {
    /// `module.a.aws_instance.db["x"]`
    spelled: Name,
    /// `module.a.`, empty for the root.
    prefix: Name,
    kind: Name,
    name: Name,
    is_data: bool,
    head: Place,
    whole: Place,
    written: Written<'n>,
    /// Attributes that a state file says are secret.
    secrets: Vec<&'n str>,
}

/// What a document says.
pub(super) struct Document<'n> {
    resources: Vec<Planned<'n>>,
    /// Addresses of what will be gone.
    gone: HashSet<Name>,
    configuration: Option<Configuration<'n>>,
}

impl<'n> Document<'n> {
    /// Reads a document; what is no plan and no state has no resources.
    pub(super) fn read(root: &'n Node) -> Document<'n> {
        let mut document = Document {
            resources: Vec::new(),
            gone: HashSet::new(),
            configuration: root.at(&["configuration", "root_module"]).map(Configuration::new),
        };
        if root.get("lineage").is_some() {
            document.state_file(root);
            return document;
        }
        let mut met = HashSet::new();
        for change in root.get("resource_changes").map_or(&[][..], Node::items) {
            document.change(change, &mut met);
        }
        let trees = [&["planned_values", "root_module"][..], &["values", "root_module"]];
        for module in trees.iter().filter_map(|path| root.at(path)) {
            document.module(module, "", false, &met, 0);
        }
        // What the plan read of data sources stands in the state before it.
        if let Some(module) = root.at(&["prior_state", "values", "root_module"]) {
            document.module(module, "", true, &met, 0);
        }
        document
    }

    /// One of `resource_changes`: what will be, or that it will be gone.
    fn change(&mut self, node: &'n Node, met: &mut HashSet<Name>) {
        let Some(spelled) = node.get("address").and_then(Node::text) else { return };
        let Some(change) = node.get("change") else { return };
        // The object that another one replaces is no longer anybody's.
        if node.get("deposed").is_some() {
            return;
        }
        let actions: Vec<&str> = change
            .get("actions")
            .map_or(&[][..], Node::items)
            .iter()
            .filter_map(Node::str)
            .collect();
        met.insert(spelled.clone());
        if matches!(actions.as_slice(), ["delete" | "forget"]) {
            self.gone.insert(spelled);
            return;
        }
        let written = Written {
            value: change.get("after").filter(|after| !after.is_null()),
            unknown: change.get("after_unknown"),
            sensitive: change.get("after_sensitive"),
        };
        let prefix = node.get("module_address").and_then(Node::str).unwrap_or("");
        self.push(node, prefix, written);
    }

    /// A module of `planned_values` or `values`.
    fn module(
        &mut self,
        node: &'n Node,
        address: &str,
        only_data: bool,
        met: &HashSet<Name>,
        depth: usize,
    ) {
        if depth > MAX_DEPTH {
            return;
        }
        for resource in node.get("resources").map_or(&[][..], Node::items) {
            let is_data = resource.get("mode").and_then(Node::str) == Some("data");
            let known = resource.get("address").and_then(Node::str).is_none_or(|a| met.contains(a));
            if known || only_data && !is_data || resource.get("deposed_key").is_some() {
                continue;
            }
            let written = Written {
                value: resource.get("values"),
                unknown: None,
                sensitive: resource.get("sensitive_values"),
            };
            self.push(resource, address, written);
        }
        for child in node.get("child_modules").map_or(&[][..], Node::items) {
            let address = child.get("address").and_then(Node::str).unwrap_or("");
            self.module(child, address, only_data, met, depth + 1);
        }
    }

    /// A state file of version 4.
    fn state_file(&mut self, root: &'n Node) {
        for resource in root.get("resources").map_or(&[][..], Node::items) {
            let text = |key: &str| resource.get(key).and_then(Node::str);
            let (Some(kind), Some(name)) = (text("type"), text("name")) else { continue };
            let module = text("module").unwrap_or("");
            let mode = if text("mode") == Some("data") { "data." } else { "" };
            let dot = if module.is_empty() { "" } else { "." };
            for instance in resource.get("instances").map_or(&[][..], Node::items) {
                if instance.get("deposed").is_some() || self.resources.len() >= MAX_RESOURCES {
                    continue;
                }
                let key = instance.get("index_key").and_then(Node::scalar);
                let suffix = match key {
                    Some(key) if key.plain => format!("[{}]", key.text),
                    Some(key) => format!("[\"{}\"]", key.text),
                    None => String::new(),
                };
                let spelled = format!("{module}{dot}{mode}{kind}.{name}{suffix}");
                let written = Written { value: instance.get("attributes"), ..Written::default() };
                let paths = instance.get("sensitive_attributes").map_or(&[][..], Node::items);
                let first = |path: &'n Node| path.items().first()?.get("value")?.str();
                self.resources.push(Planned {
                    spelled: spelled.into(),
                    prefix: format!("{module}{dot}").into(),
                    kind: kind.into(),
                    name: name.into(),
                    is_data: !mode.is_empty(),
                    head: resource.get("name").map_or(resource.place, |n| n.place),
                    whole: instance.place,
                    written,
                    secrets: paths.iter().filter_map(first).collect(),
                });
            }
        }
    }

    fn push(&mut self, node: &'n Node, module: &str, written: Written<'n>) {
        let text = |key: &str| node.get(key).and_then(Node::text);
        let (Some(address), Some(kind), Some(name)) =
            (node.get("address"), text("type"), text("name"))
        else {
            return;
        };
        if self.resources.len() >= MAX_RESOURCES {
            return;
        }
        let dot = if module.is_empty() { "" } else { "." };
        self.resources.push(Planned {
            spelled: address.text().unwrap_or_else(|| "".into()),
            prefix: format!("{module}{dot}").into(),
            kind,
            name,
            is_data: text("mode").as_deref() == Some("data"),
            head: address.place,
            whole: node.place,
            written,
            secrets: Vec::new(),
        });
    }

    /// The estate that the document describes by itself. `label` stands in front of addresses.
    pub(super) fn estate(&self, root: &Node, label: &str) -> Estate {
        let links = references::Links::new(&self.resources, self.configuration.as_ref(), label);
        let majors = majors(root);
        let resources = self.resources.iter().map(|planned| Resource {
            address: Address::new(format!("tf:{label}/{}", planned.spelled)),
            spelled: planned.spelled.clone(),
            kind: planned.kind.clone(),
            name: planned.name.clone(),
            is_data: planned.is_data,
            head: planned.head,
            whole: planned.whole,
            exists: Fact::written(true, planned.head),
            body: links.body(planned),
            provider_major: planned.kind.split('_').next().and_then(|n| majors.get(n).copied()),
            provider: None,
        });
        Estate {
            folder: label.into(),
            resources: resources.collect(),
            providers: BTreeMap::new(),
            not_read: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.gone.is_empty()
    }
}

/// The one major version of each provider that the configuration admits.
fn majors(root: &Node) -> FxHashMap<Name, u32> {
    let providers = root.at(&["configuration", "provider_config"]).map_or(&[][..], Node::entries);
    let majors = providers.iter().filter_map(|entry| {
        let constraint = entry.value.get("version_constraint")?.str()?;
        let name = entry.value.get("name").and_then(Node::text).unwrap_or(entry.key.clone());
        Some((name, lang::only_major(constraint)?))
    });
    majors.collect()
}

/// An address without the keys of instances: `module.a[0].r.x["k"]` is `module.a.r.x`.
fn without_keys(spelled: &str) -> String {
    let mut out = String::with_capacity(spelled.len());
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for c in spelled.chars() {
        match c {
            _ if quoted => {
                quoted = c != '"' || escaped;
                escaped = c == '\\' && !escaped;
            }
            '"' if depth > 0 => quoted = true,
            '[' => depth += 1,
            ']' if depth > 0 => depth -= 1,
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// A whole map without entries, for what nobody describes.
fn nothing(at: Place) -> Val {
    let entries = Vec::new().into();
    Val::new(super::value::ValKind::Map { entries, more: None }, at)
}
