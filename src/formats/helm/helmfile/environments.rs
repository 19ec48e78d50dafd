//! Names of the environments that a helmfile is for.
//!
//! helmfile documentation, "Environments", "Layering State Files" and "Inheriting parent
//! configuration": a file tells of its own and takes over those of its bases. A file that another
//! one names under `helmfiles` is for that one's too where that one hands `values` or its
//! `environments` down; otherwise helmfile passes it over in environments that it does not tell of.

use super::state::{State, resolve};
use super::template::Template;
use crate::paths;
use crate::source::{FileId, Text};
use crate::tree::node::Node;
use crate::tree::yaml;

/// Environments of one helmfile; more are made by a machine.
const MAX_ENVIRONMENTS: usize = 16;

/// Folders above a helmfile in which one may stand that names it.
const MAX_ABOVE: usize = 8;

/// What a helmfile is called that helmfile finds by itself, or in a folder that another names.
const NAMES: [&str; 3] = ["helmfile.yaml", "helmfile.yaml.gotmpl", "helmfile.yml"];

impl State<'_> {
    pub(super) fn environments(&self) -> Vec<String> {
        let mut names = Vec::new();
        let all = |nodes: &[Node], names: &mut Vec<String>| {
            let maps = nodes.iter().filter_map(|node| node.get("environments"));
            for entry in maps.flat_map(Node::entries) {
                if names.len() < MAX_ENVIRONMENTS && !names.iter().any(|n| *n == *entry.key) {
                    names.push(entry.key.to_string());
                }
            }
        };
        all(self.nodes, &mut names);
        for base in self.lists("bases").filter_map(Node::str) {
            let file = resolve(self.folder, base).and_then(|path| self.sources.find(&path));
            if let Some(file) = file {
                all(&self.documents(file), &mut names);
            }
        }
        if let Some(parent) = self.parent() {
            all(&parent, &mut names);
        }
        names
    }

    /// The nearest helmfile above that hands its environments down to this one.
    fn parent(&self) -> Option<Vec<Node>> {
        let mut folder = self.folder;
        for _ in 0..MAX_ABOVE {
            let at = |name: &&str| {
                let path =
                    if folder.is_empty() { (*name).into() } else { format!("{folder}/{name}") };
                self.sources.find(&path)
            };
            let files = NAMES.iter().filter_map(at).filter(|file| *file != self.file);
            for file in files.filter(|file| self.sources.str(*file).contains("helmfiles:")) {
                let nodes = self.documents(file);
                let lists = nodes.iter().filter_map(|node| node.get("helmfiles"));
                let mut entries = lists.flat_map(Node::items);
                if entries.any(|entry| hands_down(entry) && self.is_named(folder, entry)) {
                    return Some(nodes);
                }
            }
            if folder.is_empty() {
                return None;
            }
            folder = paths::folder(folder);
        }
        None
    }

    /// Whether an entry of a helmfile in `folder` is this file, or the folder that it stands in.
    fn is_named(&self, folder: &str, entry: &Node) -> bool {
        let path = entry.get("path").and_then(Node::str).and_then(|path| resolve(folder, path));
        let own = &**self.sources.path(self.file);
        path.is_some_and(|path| path == own || path == self.folder)
    }

    fn documents(&self, file: FileId) -> Vec<Node> {
        let masked = Template::of(self.sources.str(file)).masked;
        yaml::parse(&Text::of_file(file, masked.into())).0
    }
}

fn hands_down(entry: &Node) -> bool {
    let list = |key: &str| entry.get(key).map_or(&[][..], Node::items);
    !list("values").is_empty() || list("inherits").iter().any(|n| n.str() == Some("environments"))
}
