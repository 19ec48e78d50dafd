//! What many hold and nobody changes: lists that are mostly empty, words that are mostly the same.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;

use rustc_hash::FxHashSet;

/// Like `Arc<[T]>`, but an empty one allocates nothing: of the ways and pieces that every value
/// carries, most are empty.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Shared<T>(Option<Arc<[T]>>);

impl<T> Shared<T> {
    pub(crate) const fn empty() -> Shared<T> {
        Shared(None)
    }

    /// The list for whoever tells an empty one from none.
    pub(crate) fn to_arc(&self) -> Arc<[T]> {
        self.0.clone().unwrap_or_default()
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Shared<T> {
        Shared::empty()
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Shared<T> {
        Shared(self.0.clone())
    }
}

impl<T> Deref for Shared<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().unwrap_or(&[])
    }
}

impl<T> From<Vec<T>> for Shared<T> {
    fn from(items: Vec<T>) -> Shared<T> {
        Shared((!items.is_empty()).then(|| items.into()))
    }
}

impl<T, const N: usize> From<[T; N]> for Shared<T> {
    fn from(items: [T; N]) -> Shared<T> {
        Shared((N > 0).then(|| Arc::from(items)))
    }
}

impl<T> From<Arc<[T]>> for Shared<T> {
    fn from(items: Arc<[T]>) -> Shared<T> {
        Shared((!items.is_empty()).then_some(items))
    }
}

impl<T: Clone> From<&[T]> for Shared<T> {
    fn from(items: &[T]) -> Shared<T> {
        Shared((!items.is_empty()).then(|| items.into()))
    }
}

impl<T> FromIterator<T> for Shared<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Shared<T> {
        Shared::from(items.into_iter().collect::<Vec<T>>())
    }
}

impl<'a, T> IntoIterator for &'a Shared<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Longer words are not common ones.
const MAX_WORD: usize = 32;

/// Words that a thread remembers; the vocabulary of all front ends together is smaller.
const MAX_WORDS: usize = 4096;

thread_local! {
    static WORDS: RefCell<FxHashSet<Arc<str>>> = RefCell::default();
}

/// A key or an identifier: `name`, `metadata`, `aws_instance`. Files say the same few hundred again
/// and again, so each thread keeps one copy of a word.
pub(crate) fn word(text: &str) -> Arc<str> {
    if text.len() > MAX_WORD {
        return text.into();
    }
    WORDS.with_borrow_mut(|words| {
        if let Some(word) = words.get(text) {
            return word.clone();
        }
        let word: Arc<str> = text.into();
        if words.len() < MAX_WORDS {
            words.insert(word.clone());
        }
        word
    })
}
