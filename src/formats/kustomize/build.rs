//! The recursion over kustomizations, in the order of kustomize's `accumulateTarget`.

use super::configuration::Configuration;
use super::files::{self, Files};
use super::resource::Resource;
use super::{edit, images, labels, names, rename, variables};
use crate::model::fact::Name;
use crate::paths;
use crate::source::{FileId, Place};
use crate::tree::node::{Kind, Node};

/// Kustomizations within kustomizations.
const MAX_DEPTH: usize = 32;
/// Kustomizations that one root may take in, each as often as it is named.
const MAX_LOADS: usize = 2_000;
/// Objects of one root.
const MAX_OBJECTS: usize = 20_000;
/// Lists within lists of objects.
const MAX_LISTS: usize = 8;

/// One root that is being rendered.
pub(super) struct Build<'f, 'a> {
    pub(super) files: &'f Files<'a>,
    pub(super) used: Vec<FileId>,
    pub(super) contents: Vec<FileId>,
    pub(super) not_understood: Vec<(Place, Name)>,
    pub(super) configuration: Configuration,
    pub(super) variables: Vec<Node>,
    /// The kustomizations that are open, against cycles.
    open: Vec<FileId>,
    loads: usize,
    /// The root is a component: what it patches is at whoever uses it.
    in_parts: bool,
}

/// A kustomization at work.
pub(super) struct Layer<'r> {
    pub(super) root: &'r Node,
    pub(super) folder: &'r str,
}

/// kustomize reads the annotations of every object as texts, and no value as an empty one.
fn spell_out_annotations(object: &mut Node) {
    let Some(annotations) = edit::at_mut(object, &["metadata", "annotations"]) else { return };
    let Kind::Map(map) = &mut annotations.kind else { return };
    for entry in map.entries.iter_mut().filter(|entry| entry.value.is_null()) {
        entry.value = edit::string("", entry.value.place);
    }
}

impl<'f, 'a> Build<'f, 'a> {
    pub(super) fn new(files: &'f Files<'a>) -> Build<'f, 'a> {
        Build {
            files,
            used: Vec::new(),
            contents: Vec::new(),
            not_understood: Vec::new(),
            configuration: Configuration::default(),
            variables: Vec::new(),
            open: Vec::new(),
            loads: 0,
            in_parts: false,
        }
    }

    pub(super) fn notice(&mut self, place: Place, what: String) {
        self.not_understood.push((place, what.into()));
    }

    /// Notices that something names an object which is not here.
    pub(super) fn without_target(&mut self, place: Place, what: String) {
        if !self.in_parts {
            self.notice(place, what);
        }
    }

    /// Everything that the root renders to.
    pub(super) fn root(&mut self, root: FileId) -> Vec<Node> {
        let mut all = Vec::new();
        self.in_parts = self.files.kustomization(root).is_some_and(|root| is_component(&root));
        self.accumulate(root, &mut all);
        names::mend(&mut all, &self.configuration);
        variables::resolve(self, &mut all);
        all.retain(|resource| !is_local(resource));
        for resource in &mut all {
            spell_out_annotations(&mut resource.node);
        }
        all.into_iter().map(|resource| resource.node).collect()
    }

    fn accumulate(&mut self, file: FileId, all: &mut Vec<Resource>) {
        self.loads += 1;
        let Some(root) = self.files.kustomization(file) else { return };
        if self.open.len() >= MAX_DEPTH || self.loads > MAX_LOADS || self.open.contains(&file) {
            self.notice(root.place, "kustomizations that refer to one another".into());
            return;
        }
        self.open.push(file);
        self.used.push(file);
        let layer = Layer { root: &root, folder: paths::folder(self.files.path(file)) };
        if is_component(&root) {
            // A component changes what its user has gathered so far.
            self.layer(&layer, all);
        } else {
            let mut own = Vec::new();
            self.layer(&layer, &mut own);
            all.append(&mut own);
        }
        self.open.pop();
    }

    fn layer(&mut self, layer: &Layer, all: &mut Vec<Resource>) {
        self.resources(layer, "resources", all);
        self.resources(layer, "bases", all);
        self.configurations(layer);
        self.generators(layer, all);
        self.resources(layer, "components", all);
        self.transform(layer, all);
        self.variables.extend_from_slice(layer.root.get("vars").map_or(&[], Node::items));
        self.left_out(layer);
    }

    fn transform(&mut self, layer: &Layer, all: &mut Vec<Resource>) {
        self.strategic_merges(layer, all);
        self.patches(layer, all);
        self.namespace(layer.root.get("namespace"), all);
        rename::affix(layer.root, ["namePrefix", "nameSuffix"], all);
        self.labels(layer.root, all);
        self.json_patches(layer, all);
        images::scale_all(layer.root, all);
        images::retag_all(layer.root, &self.configuration, all);
        self.replacements(layer, all);
        self.plugins(layer, "transformers", all);
    }

    /// What a list of paths brings: files of objects, other kustomizations.
    pub(super) fn resources(&mut self, layer: &Layer, key: &str, all: &mut Vec<Resource>) {
        for item in layer.root.get(key).map_or(&[][..], Node::items) {
            if let Some(file) = self.file_or_folder(layer, item) {
                if files::is_kustomization(self.files.path(file)) {
                    self.accumulate(file, all);
                } else {
                    self.objects(file, item, all);
                }
            }
        }
    }

    fn objects(&mut self, file: FileId, item: &Node, all: &mut Vec<Resource>) {
        self.used.push(file);
        let Some(documents) = self.files.documents(file) else {
            let what = "a file that another tool has to render first";
            return self.notice(item.place, what.into());
        };
        for document in documents.iter() {
            collect(document, MAX_LISTS, all);
        }
        if all.len() > MAX_OBJECTS {
            all.truncate(MAX_OBJECTS);
            self.notice(item.place, format!("more than {MAX_OBJECTS} objects"));
        }
    }

    /// Objects of a text that stands in the kustomization itself.
    fn plugin_objects(&mut self, layer: &Layer, item: &Node) -> Vec<Resource> {
        let mut all = Vec::new();
        if item.str().is_some_and(|text| text.contains('\n')) {
            let text = item.nested_text();
            let documents = text.and_then(|text| files::documents(&text, "")).unwrap_or_default();
            for document in &documents {
                collect(document, MAX_LISTS, &mut all);
            }
        } else if let Some(file) = self.file_or_folder(layer, item) {
            if files::is_kustomization(self.files.path(file)) {
                self.accumulate(file, &mut all);
            } else {
                self.objects(file, item, &mut all);
            }
        }
        all
    }

    /// `generators` and `transformers`: the built-in ones say what fields of a kustomization say.
    pub(super) fn plugins(&mut self, layer: &Layer, key: &str, all: &mut Vec<Resource>) {
        for item in layer.root.get(key).map_or(&[][..], Node::items) {
            for plugin in self.plugin_objects(layer, item) {
                // Paths in a plugin's configuration are those of the kustomization.
                let own = Layer { root: &plugin.node, folder: layer.folder };
                self.plugin(&own, all);
            }
        }
    }

    fn plugin(&mut self, layer: &Layer, all: &mut Vec<Resource>) {
        let root = layer.root;
        let kind = root.get("kind").and_then(Node::str).unwrap_or_default();
        let built_in = root.get("apiVersion").and_then(Node::str) == Some("builtin");
        match kind {
            _ if !built_in => {
                let what = format!("the kustomize plugin {kind}");
                self.notice(root.place, what);
            }
            "PatchTransformer" => self.patch(layer, root, all),
            "PatchJson6902Transformer" => self.json_patch(layer, root, all),
            "NamespaceTransformer" => self.namespace(root.at(&["metadata", "namespace"]), all),
            "PrefixTransformer" | "SuffixTransformer" | "PrefixSuffixTransformer" => {
                rename::affix(root, ["prefix", "suffix"], all);
            }
            "ConfigMapGenerator" => self.generate(layer, root, false, all),
            "SecretGenerator" => self.generate(layer, root, true, all),
            "ReplacementTransformer" => self.replacements(layer, all),
            "LabelTransformer" => labels::of_plugin(root, "labels", all),
            "AnnotationsTransformer" => labels::of_plugin(root, "annotations", all),
            "ImageTagTransformer" => {
                if let Some(image) = root.get("imageTag") {
                    images::retag(image, all);
                }
            }
            "ReplicaCountTransformer" => {
                if let Some(replica) = root.get("replica") {
                    images::scale(replica, all);
                }
            }
            _ => {
                let what = format!("the kustomize transformer {kind}");
                self.notice(root.place, what);
            }
        }
    }

    /// A file of the project that an item names; anything else is noticed.
    pub(super) fn file(&mut self, layer: &Layer, item: &Node) -> Option<FileId> {
        let path = item.str()?;
        let found = files::resolve(layer.folder, path).and_then(|path| self.files.find(&path));
        match found {
            Some(file) => self.used.push(file),
            None => self.notice(item.place, format!("`{path}`, which is not among the files")),
        }
        found
    }

    fn file_or_folder(&mut self, layer: &Layer, item: &Node) -> Option<FileId> {
        let path = item.str()?;
        let found = find(self.files, layer.folder, path);
        if found.is_none() {
            let what = if files::is_remote(path) {
                format!("`{path}`, which is elsewhere and not fetched")
            } else {
                format!("`{path}`, which is not among the files")
            };
            self.notice(item.place, what);
        }
        found
    }

    fn left_out(&mut self, layer: &Layer) {
        for key in ["helmCharts", "helmChartInflationGenerator"] {
            for chart in layer.root.get(key).map_or(&[][..], Node::items) {
                let name = chart.get("name").or(chart.get("chartName")).and_then(Node::str);
                let what =
                    format!("the Helm chart `{}`, which is not rendered", name.unwrap_or("?"));
                self.notice(chart.place, what);
            }
        }
        for key in ["crds", "openapi"] {
            if let Some(node) =
                layer.root.get(key).filter(|n| !n.is_null() && !n.items().is_empty())
            {
                self.notice(node.place, format!("`{key}`, which may change how lists are merged"));
            }
        }
    }
}

fn is_component(root: &Node) -> bool {
    root.get("kind").and_then(Node::str) == Some("Component")
}

/// The file of an item: of objects, or the kustomization of the folder that it names.
pub(super) fn find(files: &Files, folder: &str, path: &str) -> Option<FileId> {
    let path = files::resolve(folder, path)?;
    files.find(&path).or_else(|| files.kustomization_in(&path))
}

/// The objects of a document, lists of them flattened.
fn collect(document: &Node, lists: usize, all: &mut Vec<Resource>) {
    let is_list = document.get("kind").and_then(Node::str).is_some_and(|k| k.ends_with("List"));
    match document.get("items") {
        Some(items) if is_list && lists > 0 => {
            for item in items.items() {
                collect(item, lists - 1, all);
            }
        }
        _ => all.extend(Resource::new(document.clone())),
    }
}

/// Objects that are never deployed (api/resource, `DropLocalNodes`).
fn is_local(resource: &Resource) -> bool {
    resource
        .metadata_value("annotations", "config.kubernetes.io/local-config")
        .is_some_and(|value| value != "false")
}
