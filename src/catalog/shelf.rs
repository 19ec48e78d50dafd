//! Cards of one kind, read when one of them is first asked for: few projects have Terraform,
//! charts, operators and published modules all at once.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

/// Pages as path and text.
pub(crate) type Pages = &'static [(&'static str, &'static str)];

/// A row of cards that reads as a slice; its first reader pays for all of them.
pub(crate) struct Shelf<T> {
    pages: Pages,
    read: fn(&str, &str) -> Option<T>,
    cards: OnceLock<Vec<T>>,
}

impl<T> Shelf<T> {
    /// Reads the pages later. Those that are no such cards are passed over.
    pub(super) fn of_pages(pages: Pages, read: fn(&str, &str) -> Option<T>) -> Shelf<T> {
        Shelf { pages, read, cards: OnceLock::new() }
    }
}

impl<T> From<Vec<T>> for Shelf<T> {
    fn from(cards: Vec<T>) -> Shelf<T> {
        Shelf { pages: &[], read: |_, _| None, cards: OnceLock::from(cards) }
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf::from(Vec::new())
    }
}

impl<T> Deref for Shelf<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // One after the other: a thread of a pool that waits here for another one must not be given
        // work that waits here itself.
        let read = || self.pages.iter().filter_map(|(path, text)| (self.read)(path, text));
        self.cards.get_or_init(|| read().collect())
    }
}

impl<'a, T> IntoIterator for &'a Shelf<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> fmt::Debug for Shelf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf").finish_non_exhaustive()
    }
}
