//! Names to things, with the nearest one first where several have the same name.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::fragment::Address;
use crate::source::{FileId, Place, Sources};

/// Things by address. One project often holds the manifests of several environments, so a name
/// may be taken more than once; whoever asks gets the one whose file lies nearest to his.
#[derive(Default)]
pub(crate) struct Index {
    things: FxHashMap<Address, Vec<(usize, FileId)>>,
    folders: Folders,
}

/// The folders of every file, outermost first; worked out once for all indexes.
pub(crate) type Folders = Arc<[Vec<Box<str>>]>;

pub(crate) fn folders(sources: &Sources) -> Folders {
    sources.ids().map(|file| folder(sources.path(file))).collect()
}

impl Index {
    pub(crate) fn new<'a>(
        things: impl Iterator<Item = (&'a Address, usize, Place)>,
        folders: &Folders,
    ) -> Index {
        let mut index = Index { things: FxHashMap::default(), folders: folders.clone() };
        for (address, thing, place) in things {
            index.add(address.clone(), thing, place);
        }
        index
    }

    pub(crate) fn add(&mut self, address: Address, thing: usize, place: Place) {
        self.things.entry(address).or_default().push((thing, place.file));
    }

    /// The thing of that name that lies nearest to the asker.
    pub(crate) fn nearest(&self, address: &Address, asker: Place) -> Option<usize> {
        let found = self.things.get(address)?;
        if let [(only, _)] = found[..] {
            return Some(only);
        }
        let best = found.iter().map(|(_, file)| self.closeness(*file, asker.file)).max()?;
        found.iter().find(|(_, f)| self.closeness(*f, asker.file) == best).map(|(thing, _)| *thing)
    }

    /// How near two files lie: the same file, then shared folders.
    pub(crate) fn closeness(&self, a: FileId, b: FileId) -> usize {
        if a == b {
            return usize::MAX;
        }
        let (a, b) = (&self.folders[a.0 as usize], &self.folders[b.0 as usize]);
        a.iter().zip(b).take_while(|(x, y)| x == y).count()
    }

    /// How many folders lead to a file: the closeness of its neighbours.
    pub(crate) fn depth(&self, file: FileId) -> usize {
        self.folders[file.0 as usize].len()
    }
}

fn folder(path: &str) -> Vec<Box<str>> {
    let mut parts: Vec<Box<str>> = path.split('/').map(Into::into).collect();
    parts.pop();
    parts
}
