//! Names to things, with the nearest one first where several have the same name.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::fact::Name;
use crate::model::fragment::{Address, Environment, Node};
use crate::paths;
use crate::source::{FileId, Place, Sources};

/// Things by address. One project often holds the manifests of several environments, so a name
/// may be taken more than once; whoever asks gets the one of his own overlay, else the one whose
/// file lies nearest to his.
#[derive(Default)]
pub(crate) struct Index {
    /// By the address without its environment.
    things: FxHashMap<Address, Vec<Thing>>,
    folders: Arc<Folders>,
}

struct Thing {
    index: usize,
    file: FileId,
    environment: Option<Name>,
}

/// The path of every file, and which overlays are alternatives; worked out
/// once for all indexes.
#[derive(Default)]
pub(crate) struct Folders {
    of_file: Vec<Arc<str>>,
    /// Overlays that share a file have the same number here.
    families: FxHashMap<Name, usize>,
    /// Overlays with folders outside of them that hold versions of what they render.
    versions: FxHashSet<(Name, Name)>,
}

pub(crate) fn folders(
    sources: &Sources,
    environments: &[Environment],
    nodes: &[Node],
) -> Arc<Folders> {
    let of_file: Vec<Arc<str>> = sources.ids().map(|file| sources.path(file).clone()).collect();
    let versions =
        if environments.is_empty() { FxHashSet::default() } else { versions(nodes, &of_file) };
    Arc::new(Folders { of_file, families: families(environments, nodes), versions })
}

/// Workloads that an overlay renders and a folder holds plain are versions of one another: who
/// applies the one does not apply the other.
fn versions(nodes: &[Node], of_file: &[Arc<str>]) -> FxHashSet<(Name, Name)> {
    let mut plain: FxHashMap<&Address, FxHashSet<&str>> = FxHashMap::default();
    for node in nodes.iter().filter(|n| n.pod.is_some() && n.address.environment().is_none()) {
        let folder = paths::folder(&of_file[node.place.file.0 as usize]);
        plain.entry(&node.address).or_default().insert(folder);
    }
    let mut out = FxHashSet::default();
    for node in nodes.iter().filter(|n| n.pod.is_some()) {
        let Some(environment) = node.address.environment() else { continue };
        for folder in plain.get(&node.address.bare()).into_iter().flatten() {
            out.insert((environment.into(), (*folder).into()));
        }
    }
    out
}

/// Overlays that share files, directly or through others, are one family, and so are those that
/// render one workload: a cluster has it once.
fn families(environments: &[Environment], nodes: &[Node]) -> FxHashMap<Name, usize> {
    let mut parent: Vec<usize> = (0..environments.len()).collect();
    let mut first: FxHashMap<FileId, usize> = FxHashMap::default();
    for (index, environment) in environments.iter().enumerate() {
        for file in &environment.files {
            let other = *first.entry(*file).or_insert(index);
            let (a, b) = (find(&mut parent, index), find(&mut parent, other));
            parent[a] = b;
        }
    }
    let name = |e: &Environment| Name::from(e.name.replace(':', "_"));
    let numbers: FxHashMap<Name, usize> =
        environments.iter().enumerate().map(|(index, e)| (name(e), index)).collect();
    let mut first: FxHashMap<Address, usize> = FxHashMap::default();
    for node in nodes.iter().filter(|n| n.pod.is_some()) {
        let number = node.address.environment().and_then(|name| numbers.get(name));
        let Some(index) = number.copied() else { continue };
        let other = *first.entry(node.address.bare()).or_insert(index);
        let (a, b) = (find(&mut parent, index), find(&mut parent, other));
        parent[a] = b;
    }
    numbers.into_iter().map(|(name, index)| (name, find(&mut parent, index))).collect()
}

fn find(parent: &mut [usize], mut of: usize) -> usize {
    while parent[of] != of {
        parent[of] = parent[parent[of]];
        of = parent[of];
    }
    of
}

impl Folders {
    /// Whether two environments may stand side by side in one cluster.
    pub(crate) fn are_neighbours(&self, a: Option<&str>, b: Option<&str>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) if a != b => self.families.get(a) != self.families.get(b),
            _ => true,
        }
    }

    /// Whether two things, each with its environment and its file, may stand side by side.
    pub(crate) fn may_meet(&self, a: (Option<&str>, FileId), b: (Option<&str>, FileId)) -> bool {
        let outside = match (a, b) {
            ((Some(overlay), _), (None, file)) | ((None, file), (Some(overlay), _)) => {
                Some((overlay, file))
            }
            _ => None,
        };
        let Some((overlay, file)) = outside.filter(|_| !self.versions.is_empty()) else {
            return self.are_neighbours(a.0, b.0);
        };
        let folder = paths::folder(&self.of_file[file.0 as usize]);
        !self.versions.contains(&(overlay.into(), folder.into()))
    }
}

impl Index {
    pub(crate) fn new<'a>(
        things: impl Iterator<Item = (&'a Address, usize, Place)>,
        folders: &Arc<Folders>,
    ) -> Index {
        let mut index = Index { things: FxHashMap::default(), folders: folders.clone() };
        for (address, thing, place) in things {
            index.add(address, thing, place);
        }
        index
    }

    pub(crate) fn add(&mut self, address: &Address, index: usize, place: Place) {
        let environment = address.environment();
        let bare = environment.map_or_else(|| address.clone(), |_| address.bare());
        let thing = Thing { index, file: place.file, environment: environment.map(Name::from) };
        self.things.entry(bare).or_default().push(thing);
    }

    /// The thing of that name that is in the asker's environment, or lies nearest to the asker.
    pub(crate) fn nearest(&self, address: &Address, asker: Place) -> Option<usize> {
        let environment = address.environment();
        let found = match environment {
            None => self.things.get(address)?,
            Some(_) => self.things.get(&address.bare())?,
        };
        if let ([only], None) = (&found[..], environment) {
            return Some(only.index);
        }
        let own = |t: &&Thing| environment.is_some() && t.environment.as_deref() == environment;
        if found.iter().any(|t| own(&t)) {
            return self.closest(found.iter().filter(own), asker);
        }
        let near = |t: &&Thing| {
            self.folders.may_meet((environment, asker.file), (t.environment.as_deref(), t.file))
        };
        self.closest(found.iter().filter(near), asker)
    }

    /// Whether none of the same name belongs to what stands at a place rather than the given one.
    pub(crate) fn is_nearest(
        &self,
        address: &Address,
        index: usize,
        environment: Option<&str>,
        to: Place,
    ) -> bool {
        // One rendering holds a name once.
        if environment.is_some() && address.environment() == environment {
            return true;
        }
        let bare = address.environment().map(|_| address.bare());
        let Some(found) = self.things.get(bare.as_ref().unwrap_or(address)) else { return true };
        if let [_] = &found[..] {
            return true;
        }
        let close = |t: &Thing| {
            let own = environment.is_some() && t.environment.as_deref() == environment;
            (own, self.closeness(t.file, to.file))
        };
        let given = found.iter().find(|t| t.index == index).map(close);
        given >= found.iter().map(close).max()
    }

    fn closest<'t>(
        &self,
        mut found: impl Iterator<Item = &'t Thing> + Clone,
        asker: Place,
    ) -> Option<usize> {
        let best = found.clone().map(|t| self.closeness(t.file, asker.file)).max()?;
        found.find(|t| self.closeness(t.file, asker.file) == best).map(|t| t.index)
    }

    pub(crate) fn folders(&self) -> &Folders {
        &self.folders
    }

    /// How near two files lie: the same file, then shared folders.
    pub(crate) fn closeness(&self, a: FileId, b: FileId) -> usize {
        if a == b {
            return usize::MAX;
        }
        let of = &self.folders.of_file;
        let (a, b) = (parts(&of[a.0 as usize]), parts(&of[b.0 as usize]));
        a.zip(b).take_while(|(x, y)| x == y).count()
    }

    /// How many folders lead to a file: the closeness of its neighbours.
    pub(crate) fn depth(&self, file: FileId) -> usize {
        parts(&self.folders.of_file[file.0 as usize]).count()
    }
}

/// The folders that lead to a file, outermost first.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    paths::folder(path).split('/').filter(|part| !part.is_empty())
}
