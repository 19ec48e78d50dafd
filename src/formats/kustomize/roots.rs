//! Which kustomizations are roots, and which files belong to each.

use rustc_hash::{FxHashMap, FxHashSet};

use super::build;
use super::files::{self, Files};
use crate::formats::Parsed;
use crate::paths;
use crate::source::{FileId, Sources};
use crate::tree::node::Node;

/// Bytes that all roots together may take in. A base costs once for each overlay; a repository
/// with more is rendered as far as that goes, and the rest is judged as it is written.
const MAX_RENDERED: usize = 256 << 20;

/// Sorts files into units: one for each root, headed by the root's kustomization, and one for each
/// file that no root takes in.
pub(in crate::formats) fn units(files: &[(FileId, Parsed)], sources: &Sources) -> Vec<Vec<FileId>> {
    let tree = Files::new(sources, files.iter().map(|(file, parsed)| (*file, parsed)));
    let links = links(files, &tree, sources);
    let mut units = Vec::new();
    let mut taken: FxHashSet<FileId> = FxHashSet::default();
    let mut rendered = 0_usize;
    for root in roots(&links) {
        let mut unit = reach(root, &links);
        rendered += unit.iter().map(|file| sources.str(*file).len()).sum::<usize>();
        if rendered > MAX_RENDERED {
            break;
        }
        taken.extend(&unit);
        unit.retain(|file| *file != root);
        unit.insert(0, root);
        units.push(unit);
    }
    let alone = files.iter().filter(|(file, _)| !taken.contains(file)).map(|(file, _)| vec![*file]);
    units.extend(alone);
    units
}

/// The files that each kustomization names, others of its kind among them.
type Links = FxHashMap<FileId, Vec<FileId>>;

fn links(files: &[(FileId, Parsed)], tree: &Files, sources: &Sources) -> Links {
    let mut links = Links::default();
    for (file, _) in files.iter().filter(|(file, _)| files::is_kustomization(sources.path(*file))) {
        let Some(root) = tree.kustomization(*file) else { continue };
        let folder = paths::folder(sources.path(*file));
        let mut named = Vec::new();
        let mut add = |item: &Node| {
            let path = item.str().filter(|path| !path.contains('\n'));
            named.extend(path.and_then(|path| build::find(tree, folder, path)));
        };
        let lists = [
            "resources",
            "bases",
            "components",
            "patchesStrategicMerge",
            "configurations",
            "generators",
            "transformers",
            "crds",
        ];
        for list in lists {
            root.get(list).map_or(&[][..], Node::items).iter().for_each(&mut add);
        }
        for list in ["patches", "patchesJson6902", "replacements"] {
            let items = root.get(list).map_or(&[][..], Node::items);
            items.iter().filter_map(|item| item.get("path")).for_each(&mut add);
        }
        links.insert(*file, named);
    }
    links
}

/// Kustomizations that no other names; where all of a circle are named, its first.
fn roots(links: &Links) -> Vec<FileId> {
    let mut all: Vec<FileId> = links.keys().copied().collect();
    all.sort_unstable();
    let named: FxHashSet<FileId> = links
        .iter()
        .flat_map(|(by, named)| named.iter().filter(move |n| *n != by))
        .copied()
        .collect();
    let mut roots: Vec<FileId> = all.iter().copied().filter(|f| !named.contains(f)).collect();
    let mut seen: FxHashSet<FileId> = FxHashSet::default();
    for root in &roots {
        visit(*root, links, &mut seen);
    }
    for file in all {
        if !seen.contains(&file) {
            visit(file, links, &mut seen);
            roots.push(file);
        }
    }
    roots.sort_unstable();
    roots
}

fn reach(root: FileId, links: &Links) -> Vec<FileId> {
    let mut seen = FxHashSet::default();
    visit(root, links, &mut seen);
    let mut seen: Vec<FileId> = seen.into_iter().collect();
    seen.sort_unstable();
    seen
}

fn visit(from: FileId, links: &Links, seen: &mut FxHashSet<FileId>) {
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        if seen.insert(file) {
            open.extend(links.get(&file).into_iter().flatten());
        }
    }
}
