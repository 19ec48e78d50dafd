//! The Compose files of a unit, and how services of one take over those of another.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};

use super::merge;
use super::project::resolve;
use crate::catalog::Catalog;
use crate::formats::{Parsed, Unit};
use crate::model::fact::Name;
use crate::paths;
use crate::source::{FileId, Sources};
use crate::tree::node::{Entry, Kind, Map, Node};

/// The names that Compose looks for unasked, the first that is there
/// (compose-spec/compose-go, `cli/options.go`).
const DEFAULT_NAMES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// Services that take over one another, and files that include one another.
pub(super) const MAX_DEPTH: usize = 16;

/// Parsed files by name.
pub(super) struct Stock<'a> {
    pub(super) sources: &'a Sources,
    pub(super) catalog: &'a Catalog,
    pub(super) files: Vec<FileId>,
    roots: FxHashMap<FileId, &'a [Node]>,
}

/// What a service takes over: from which file, and the name there.
struct Base<'a> {
    file: Option<&'a str>,
    service: &'a str,
}

impl<'a> Stock<'a> {
    pub(super) fn new(unit: &Unit<'a>) -> Stock<'a> {
        let trees = unit.files.iter().filter_map(|(file, parsed)| match parsed {
            Parsed::Nodes(nodes) => Some((*file, nodes.as_slice())),
            _ => None,
        });
        let roots: FxHashMap<_, _> = trees.clone().collect();
        let files = trees.map(|(file, _)| file).collect();
        Stock { sources: unit.sources, catalog: unit.catalog, files, roots }
    }

    pub(super) fn path(&self, file: FileId) -> &'a str {
        self.sources.path(file)
    }

    pub(super) fn roots(&self, file: FileId) -> &'a [Node] {
        self.roots.get(&file).copied().unwrap_or_default()
    }

    /// A Compose file of the unit, by its path relative to another.
    pub(super) fn near(&self, file: FileId, path: &str) -> Option<FileId> {
        let path = resolve(paths::folder(self.path(file)), path)?;
        self.sources.find(&path).filter(|id| self.roots.contains_key(id))
    }

    /// The services of a file.
    pub(super) fn services(&self, file: FileId) -> impl Iterator<Item = &'a Entry> {
        let maps = self.roots(file).iter().filter_map(|root| root.get("services"));
        maps.flat_map(Node::entries)
    }

    fn service(&self, file: FileId, name: &str) -> Option<&'a Entry> {
        self.services(file).filter(|e| &*e.key == name).last()
    }

    /// Whether Compose finds a file of that name unasked.
    pub(super) fn is_default(&self, file: FileId) -> bool {
        let path = self.path(file);
        DEFAULT_NAMES.contains(&path.rsplit('/').next().unwrap_or(path))
    }

    /// The file that Compose reads unasked in the folder of another.
    pub(super) fn default_beside(&self, file: FileId) -> Option<FileId> {
        let found = DEFAULT_NAMES.iter().find_map(|name| self.near(file, name));
        found.filter(|default| *default != file)
    }

    /// The files that another includes, those of one project together. What cannot be followed
    /// is told as `None`.
    pub(super) fn included(&self, file: FileId) -> Vec<(Option<Vec<FileId>>, &'a Node)> {
        let lists = self.roots(file).iter().filter_map(|root| root.get("include"));
        let items = lists.flat_map(Node::items).map(|item| {
            let paths = item.get("path").unwrap_or(item);
            let single = std::slice::from_ref(paths);
            let paths = if paths.scalar().is_some() { single } else { paths.items() };
            let files: Option<Vec<_>> =
                paths.iter().map(|path| self.near(file, path.str()?)).collect();
            (files.filter(|f| !f.is_empty()), item)
        });
        items.collect()
    }

    /// Services that other files take over, and that are therefore judged there.
    pub(super) fn templates(&self) -> FxHashSet<(FileId, Name)> {
        let mut out = FxHashSet::default();
        for file in &self.files {
            for entry in self.services(*file) {
                let Some(base) = extends(&entry.value) else { continue };
                let from = base.file.and_then(|path| self.near(*file, path));
                if let Some(from) = from.filter(|f| f != file && !self.is_default(*f)) {
                    out.insert((from, base.service.into()));
                }
            }
        }
        out
    }

    /// A service with what it takes over. `extends` stays where it leads nowhere.
    pub(super) fn resolved(&self, file: FileId, service: &'a Node, depth: usize) -> Cow<'a, Node> {
        let Some(base) = extends(service).filter(|_| depth < MAX_DEPTH) else {
            return Cow::Borrowed(service);
        };
        let from = match base.file {
            Some(path) => self.near(file, path),
            None => Some(file),
        };
        let below = from.and_then(|from| Some((from, self.service(from, base.service)?)));
        let Some((from, below)) = below else { return Cow::Borrowed(service) };
        let below = self.resolved(from, &below.value, depth + 1);
        let own = without_extends(service);
        Cow::Owned(merge::service(&below, &own, self.sources).placed(service))
    }
}

impl Node {
    /// The same value, standing where another does.
    fn placed(self, other: &Node) -> Node {
        Node { place: other.place, ..self }
    }
}

fn extends(service: &Node) -> Option<Base<'_>> {
    let node = service.get("extends")?;
    match node.str() {
        Some(service) => Some(Base { file: None, service }),
        None => Some(Base {
            file: node.get("file").and_then(Node::str),
            service: node.get("service")?.str()?,
        }),
    }
}

fn without_extends(service: &Node) -> Node {
    let entries = service.entries().iter().filter(|e| &*e.key != "extends").cloned();
    Node { place: service.place, kind: Kind::Map(Map { entries: entries.collect() }) }
}
