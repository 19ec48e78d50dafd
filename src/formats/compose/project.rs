//! A folder's Compose files and the env files that they name.

use rustc_hash::FxHashSet;

use super::env_file::Variables;
use super::interpolate::Interpolation;
use super::service;
use crate::formats::clear_text::{self, Holder};
use crate::formats::{Parsed, Unit};
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Address, Bundle, BundleEntry, Fragment};
use crate::source::Sources;
use crate::tree::node::{Entry, Node};

/// What the services of one file share.
pub(super) struct Project<'a> {
    /// The Compose file's path.
    pub(super) path: &'a str,
    /// The file whose services these are: itself, or the one that it overrides.
    pub(super) owner: &'a str,
    pub(super) root: &'a Node,
    pub(super) fill: Interpolation<'a>,
}

impl Project<'_> {
    /// `compose:PATH/SERVICE`.
    pub(super) fn address(&self, service: &str) -> Address {
        Address::new(format!("compose:{}/{service}", self.owner))
    }

    /// Whether the services only add to those of another file.
    pub(super) fn overrides(&self) -> bool {
        self.owner != self.path
    }

    /// A path relative to the file, relative to the root; `None` outside of the project.
    pub(super) fn resolve(&self, path: &str) -> Option<Name> {
        resolve(folder(self.path), path)
    }
}

/// The folder of a path; empty at the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn resolve(folder: &str, path: &str) -> Option<Name> {
    if path.starts_with(['/', '~']) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/").into())
}

pub(super) fn lower(unit: &Unit, out: &mut Fragment) {
    let mut named: FxHashSet<Name> = FxHashSet::default();
    for (file, parsed) in &unit.files {
        let Parsed::Nodes(nodes) = parsed else { continue };
        let path = unit.sources.path(*file);
        let environment = environment(unit.sources, folder(path));
        for root in nodes {
            let fill = Interpolation::new(&environment);
            let project = Project { path, owner: overridden(unit, path), root, fill };
            for entry in root.get("services").map_or(&[][..], Node::entries) {
                service::lower(&project, entry, out);
                named.extend(env_files(&project, &entry.value).into_iter().map(|(path, _)| path));
            }
            extras(root, out);
        }
    }
    let mut named: Vec<Name> = named.into_iter().collect();
    named.sort_unstable();
    for path in named {
        bundle(unit.sources, &path, out);
    }
}

/// The file that an override is for: Compose reads `compose.override.yaml` on top of
/// `compose.yaml` unasked (Compose documentation, "Merge Compose files").
fn overridden<'a>(unit: &Unit<'a>, path: &'a str) -> &'a str {
    let Some((stem, extension)) = path.rsplit_once(".override.") else { return path };
    let candidates = [extension, "yaml", "yml"];
    let found = candidates.into_iter().find_map(|extension| {
        let base = unit.sources.find(&format!("{stem}.{extension}"))?;
        unit.files.iter().any(|(file, _)| *file == base).then(|| &**unit.sources.path(base))
    });
    found.unwrap_or(path)
}

/// The `.env` file beside the Compose file.
fn environment(sources: &Sources, folder: &str) -> Variables {
    let path = if folder.is_empty() { ".env".to_owned() } else { format!("{folder}/.env") };
    sources.find(&path).map_or_else(Variables::default, |id| Variables::read(&sources.text(id)))
}

/// The env files of a service, later ones winning, with the nodes that name them.
pub(super) fn env_files<'a>(project: &Project, service: &'a Node) -> Vec<(Name, &'a Node)> {
    let Some(node) = service.get("env_file") else { return Vec::new() };
    let nodes = if node.scalar().is_some() { std::slice::from_ref(node) } else { node.items() };
    let named = nodes.iter().filter_map(|node| {
        let path = project.fill.fact(node.get("path").unwrap_or(node));
        Some((project.resolve(path.known()?)?, node))
    });
    named.collect()
}

fn bundle(sources: &Sources, path: &str, out: &mut Fragment) {
    let Some(id) = sources.find(path) else { return };
    let text = sources.text(id);
    let address = Address::file(path);
    let exists = Fact::written(true, text.whole());
    let holder = Holder {
        address: &address,
        title: &format!("`{path}`"),
        whole: text.whole(),
        exists: &exists,
    };
    let mut entries = Vec::new();
    for (key, variable) in Variables::read(&text).list {
        if let Some(value) = variable.value.known() {
            out.secrets.extend(clear_text::secret(&holder, &key, value, variable.place));
        }
        let (value, place) = (variable.value, variable.place);
        entries.push(BundleEntry { key, value, place, file: None });
    }
    out.bundles.push(Bundle {
        title: format!("`{path}`").into(),
        place: text.place(0..0),
        secret: false,
        entries,
        address,
    });
}

/// Parts of a file that bring services from elsewhere.
fn extras(root: &Node, out: &mut Fragment) {
    if let Some(entry) = root.map().and_then(|m| m.entry("include")) {
        let what = "the Compose files that are included here";
        out.not_understood.push((Entry::place(entry), what.into()));
    }
}
