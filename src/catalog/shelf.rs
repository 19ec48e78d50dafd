//! Cards of one kind, each read when a project first asks for it: a project meets few of them.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::toml_block;

/// Pages as path and text.
pub(crate) type Pages = &'static [(&'static str, &'static str)];

/// What a page gives: a card, or what is wrong at which bytes; `None`: it is of another kind.
pub(super) type Read<T> = Option<Result<T, (Range<usize>, String)>>;

/// Cards in the order of their pages. A page with a problem costs itself only.
pub(crate) struct Shelf<T> {
    slots: Vec<Slot<T>>,
    read: fn(&str, &str) -> Read<T>,
    /// The slots in whose cards a word stands in quotes.
    words: OnceLock<FxHashMap<&'static str, Vec<usize>>>,
}

struct Slot<T> {
    path: &'static str,
    page: &'static str,
    card: OnceLock<Option<T>>,
}

impl<T> Shelf<T> {
    /// The pages of a folder.
    pub(super) fn of(pages: Pages, folder: &str, read: fn(&str, &str) -> Read<T>) -> Shelf<T> {
        let slot = |(path, page): &(&'static str, &'static str)| {
            path.starts_with(folder).then_some(Slot { path, page, card: OnceLock::new() })
        };
        Shelf { slots: pages.iter().filter_map(slot).collect(), read, words: OnceLock::new() }
    }

    /// All cards, read now if they were not before.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.slots.len()).filter_map(|at| self.get(at))
    }

    /// Whether there is no page.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// A card by the number of its page.
    pub(super) fn get(&self, at: usize) -> Option<&T> {
        let slot = self.slots.get(at)?;
        slot.card.get_or_init(|| (self.read)(slot.path, slot.page)?.ok()).as_ref()
    }

    /// What the cards are written in, by page.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'static str> {
        self.slots.iter().map(|slot| card_text(slot.page))
    }

    /// The cards that have one of the words in quotes, in order: those that speak of it, and some
    /// that do not.
    pub(crate) fn naming<'w>(
        &self,
        words: impl IntoIterator<Item = &'w str>,
    ) -> impl Iterator<Item = &T> {
        let known = self.words.get_or_init(|| self.index());
        let mut at: Vec<usize> =
            words.into_iter().filter_map(|word| known.get(word)).flatten().copied().collect();
        at.sort_unstable();
        at.dedup();
        at.into_iter().filter_map(|at| self.get(at))
    }

    fn index(&self) -> FxHashMap<&'static str, Vec<usize>> {
        let mut out: FxHashMap<&'static str, Vec<usize>> = FxHashMap::default();
        for (at, text) in self.texts().enumerate() {
            for word in quoted(text) {
                let known = out.entry(word).or_default();
                if known.last() != Some(&at) {
                    known.push(at);
                }
            }
        }
        out
    }

    /// What is wrong with which pages.
    #[cfg(test)]
    pub(super) fn problems(&self) -> impl Iterator<Item = super::CardProblem> {
        self.slots.iter().filter_map(|slot| {
            let (at, message) = (self.read)(slot.path, slot.page)?.err()?;
            Some(super::CardProblem { page: slot.path.to_owned(), at, message })
        })
    }
}

fn card_text(page: &str) -> &str {
    toml_block(page).map_or("", |range| &page[range])
}

/// What stands between double quotes, of strings on one line.
pub(super) fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('"').skip(1).step_by(2))
}

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf { slots: Vec::new(), read: |_, _| None, words: OnceLock::new() }
    }
}

impl<T> fmt::Debug for Shelf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf").finish_non_exhaustive()
    }
}
