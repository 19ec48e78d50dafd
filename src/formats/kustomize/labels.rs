//! `labels`, `commonLabels`, `commonAnnotations`.

use super::build::Build;
use super::edit;
use super::field_specs::{ANNOTATIONS, FieldSpec, METADATA_LABELS, SELECTORS, TEMPLATE_LABELS};
use super::resource::Resource;
use crate::tree::node::Node;

impl Build<'_, '_> {
    pub(super) fn labels(&mut self, root: &Node, all: &mut [Resource]) {
        for label in root.get("labels").map_or(&[][..], Node::items) {
            let Some(pairs) = label.get("pairs") else { continue };
            let flag = |key| label.get(key).and_then(Node::bool).unwrap_or(false);
            let specs: &[&[FieldSpec]] = match (flag("includeSelectors"), flag("includeTemplates"))
            {
                (true, _) => &[METADATA_LABELS, TEMPLATE_LABELS, SELECTORS],
                (false, true) => &[METADATA_LABELS, TEMPLATE_LABELS],
                (false, false) => &[METADATA_LABELS],
            };
            put(pairs, specs, all);
            if flag("includeSelectors") {
                self.configured(pairs, all);
            }
            own_fields(pairs, label.get("fields").or(label.get("fieldSpecs")), all);
        }
        if let Some(pairs) = root.get("commonLabels") {
            put(pairs, &[METADATA_LABELS, TEMPLATE_LABELS, SELECTORS], all);
            self.configured(pairs, all);
        }
        if let Some(pairs) = root.get("commonAnnotations") {
            put(pairs, &[ANNOTATIONS], all);
        }
    }

    /// Fields that `configurations` add.
    fn configured(&self, pairs: &Node, all: &mut [Resource]) {
        for specs in &self.configuration.common_labels {
            own_fields(pairs, Some(specs), all);
        }
    }
}

/// What a plugin's configuration says under a key.
pub(super) fn of_plugin(root: &Node, key: &str, all: &mut [Resource]) {
    if let Some(pairs) = root.get(key) {
        own_fields(pairs, root.get("fieldSpecs"), all);
    }
}

fn put(pairs: &Node, specs: &[&[FieldSpec]], all: &mut [Resource]) {
    if pairs.entries().is_empty() {
        return;
    }
    for resource in all {
        let id = resource.id();
        for spec in specs.iter().flat_map(|specs| specs.iter()).filter(|spec| spec.is_for(&id)) {
            let create = spec.create.then_some(pairs.place);
            edit::each(&mut resource.node, spec.path, create, &mut |map| add(map, pairs));
        }
    }
}

/// Fields that a list of `{path, kind, group, version, create}` names.
fn own_fields(pairs: &Node, specs: Option<&Node>, all: &mut [Resource]) {
    for spec in specs.map_or(&[][..], Node::items) {
        let Some(path) = spec.get("path").and_then(Node::str) else { continue };
        let path: Vec<&str> = path.split('/').collect();
        let create = spec.get("create").and_then(Node::bool).unwrap_or(false);
        let create = create.then_some(pairs.place);
        for resource in all.iter_mut() {
            let id = resource.id();
            let meets = |key, is: &str| {
                spec.get(key).and_then(Node::str).is_none_or(|text| text.is_empty() || text == is)
            };
            if meets("kind", &id.kind) && meets("group", &id.group) && meets("version", &id.version)
            {
                edit::each(&mut resource.node, &path, create, &mut |map| add(map, pairs));
            }
        }
    }
}

fn add(map: &mut Node, pairs: &Node) {
    for pair in pairs.entries() {
        let mut pair = pair.clone();
        // Kustomize writes strings here, whatever they look like.
        if let crate::tree::node::Kind::Scalar(scalar) = &mut pair.value.kind {
            scalar.plain = false;
        }
        edit::set(map, pair);
    }
}
