//! The files of a run as kustomize sees them: by paths relative to a folder.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::formats::Parsed;
use crate::paths;
use crate::source::{FileId, Sources, Text};
use crate::tree::node::Node;
use crate::tree::yaml;

/// The names that a folder's kustomization may have (api/konfig/general.go).
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Whether a path names a kustomization.
pub(in crate::formats) fn is_kustomization(path: &str) -> bool {
    NAMES.contains(&path.rsplit('/').next().unwrap_or(path))
}

/// What was read, with the trees that front ends have made of it already.
pub(in crate::formats) struct Files<'a> {
    sources: &'a Sources,
    parsed: FxHashMap<FileId, &'a Parsed>,
}

impl<'a> Files<'a> {
    pub(in crate::formats) fn new(
        sources: &'a Sources,
        parsed: impl IntoIterator<Item = (FileId, &'a Parsed)>,
    ) -> Files<'a> {
        Files { sources, parsed: parsed.into_iter().collect() }
    }

    /// Whether a unit that begins with this file is to be rendered.
    pub(in crate::formats) fn is_root(&self, file: FileId) -> bool {
        is_kustomization(self.path(file)) && self.kustomization(file).is_some()
    }

    pub(super) fn path(&self, file: FileId) -> &'a str {
        self.sources.path(file)
    }

    pub(super) fn text(&self, file: FileId) -> Text {
        self.sources.text(file)
    }

    pub(super) fn find(&self, path: &str) -> Option<FileId> {
        self.sources.find(path)
    }

    /// The kustomization of a folder.
    pub(super) fn kustomization_in(&self, folder: &str) -> Option<FileId> {
        let path = |name: &str| match folder {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        };
        NAMES.iter().find_map(|name| self.find(&path(name)))
    }

    /// The documents of a file; `None` for what is no YAML.
    pub(super) fn documents(&self, file: FileId) -> Option<Cow<'a, [Node]>> {
        match self.parsed.get(&file) {
            Some(Parsed::Nodes(nodes)) => Some(Cow::Borrowed(nodes)),
            Some(_) => None,
            None => documents(&self.text(file), self.path(file)).map(Cow::Owned),
        }
    }

    /// The kustomization in a file: kustomize reads the first document. Objects of Flux may have
    /// the same name and kind.
    pub(in crate::formats) fn kustomization(&self, file: FileId) -> Option<Cow<'a, Node>> {
        let root = match self.documents(file)? {
            Cow::Borrowed(nodes) => Cow::Borrowed(nodes.first()?),
            Cow::Owned(nodes) => Cow::Owned(nodes.into_iter().next()?),
        };
        let version = root.get("apiVersion").and_then(Node::str).unwrap_or_default();
        let own = version.is_empty() || version.starts_with("kustomize.config.k8s.io/");
        (root.map().is_some() && own).then_some(root)
    }
}

/// Reads a text that no front end has claimed: a list of operations, a transformer.
pub(super) fn documents(text: &Text, path: &str) -> Option<Vec<Node>> {
    let (nodes, problems) = if path.rsplit('.').next() == Some("json") {
        let (node, problems) = yaml::parse_json(text);
        (node.into_iter().collect(), problems)
    } else {
        yaml::parse(text)
    };
    problems.is_empty().then_some(nodes)
}

/// A path relative to a folder, relative to the root of the run; `None` for what lies outside.
pub(super) fn resolve(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    paths::resolve(folder, path)
}

/// Whether a resource is fetched from elsewhere: `https://…`, `git@…`, `github.com/…`, `…?ref=…`
/// (api/internal/git/repospec.go).
pub(super) fn is_remote(path: &str) -> bool {
    path.contains("://")
        || path.contains("?ref=")
        || path.contains("git::")
        || path.contains("git@")
        || path.starts_with("github.com")
}
