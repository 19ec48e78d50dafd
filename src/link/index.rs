//! Names to things, with the nearest one first where several have the same name.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::fact::Name;
use crate::model::fragment::{Address, Environment};
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
}

pub(crate) fn folders(sources: &Sources, environments: &[Environment]) -> Arc<Folders> {
    let of_file = sources.ids().map(|file| sources.path(file).clone()).collect();
    Arc::new(Folders { of_file, families: families(environments) })
}

/// Overlays that share files, directly or through others, are one family.
fn families(environments: &[Environment]) -> FxHashMap<Name, usize> {
    let mut parent: Vec<usize> = (0..environments.len()).collect();
    let mut first: FxHashMap<FileId, usize> = FxHashMap::default();
    for (index, environment) in environments.iter().enumerate() {
        for file in &environment.files {
            let other = *first.entry(*file).or_insert(index);
            let (a, b) = (find(&mut parent, index), find(&mut parent, other));
            parent[a] = b;
        }
    }
    let names = environments.iter().enumerate();
    names.map(|(index, e)| (e.name.replace(':', "_").into(), find(&mut parent, index))).collect()
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
        let environment = address.environment().map(Name::from);
        let thing = Thing { index, file: place.file, environment };
        self.things.entry(address.bare()).or_default().push(thing);
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
        let near = |t: &&Thing| self.folders.are_neighbours(environment, t.environment.as_deref());
        self.closest(found.iter().filter(near), asker)
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
    let folder = path.rsplit_once('/').map(|(folder, _)| folder);
    folder.into_iter().flat_map(|folder| folder.split('/'))
}
