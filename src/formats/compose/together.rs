//! Which folders' Compose files mean something only together.

use rustc_hash::FxHashMap;

use super::project::resolve;
use crate::model::fact::Name;
use crate::paths;

/// Folders, those that belong together in one set.
#[derive(Default)]
pub(super) struct Folders {
    index: FxHashMap<Name, usize>,
    /// The set's parent; a root is its own.
    parents: Vec<usize>,
}

impl Folders {
    /// Adds a file's folder, and joins it with those of the files that it names.
    pub(super) fn add(&mut self, path: &str, text: &str) {
        let here = paths::folder(path);
        let own = self.id(here);
        if !text.contains("extends:") && !text.contains("include:") {
            return;
        }
        for line in text.lines() {
            for word in line.split([' ', '\t', '"', '\'', ',', '[', ']', '{', '}']) {
                let ending = word.rsplit_once('.').map(|(_, ending)| ending);
                if !matches!(ending, Some("yml" | "yaml")) || !word.contains('/') {
                    continue;
                }
                if let Some(other) = resolve(here, word) {
                    let other = self.id(paths::folder(&other));
                    self.join(own, other);
                }
            }
        }
    }

    /// The set of a folder.
    pub(super) fn set(&mut self, folder: &str) -> Option<usize> {
        let id = *self.index.get(folder)?;
        Some(self.root(id))
    }

    fn id(&mut self, folder: &str) -> usize {
        if let Some(id) = self.index.get(folder) {
            return *id;
        }
        let id = self.parents.len();
        self.parents.push(id);
        self.index.insert(folder.into(), id);
        id
    }

    /// Ways to the root are halved as they are walked.
    fn root(&mut self, mut id: usize) -> usize {
        while self.parents[id] != id {
            self.parents[id] = self.parents[self.parents[id]];
            id = self.parents[id];
        }
        id
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b)] = a.min(b);
    }
}
