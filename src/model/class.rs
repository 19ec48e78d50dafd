//! Classes of data: the words by which somebody declares what lies in a place.

use std::ops::Range;

use super::fact::Name;
use crate::source::{FileId, Place};

/// Words of a comment by which somebody declares what lies there, and the class that each means.
const WORDS: [(&str, &str); 20] = [
    ("pii", "personal"),
    ("personal", "personal"),
    ("personally", "personal"),
    ("gdpr", "personal"),
    ("hipaa", "personal"),
    ("phi", "personal"),
    ("email", "personal"),
    ("mail", "personal"),
    ("secret", "secrets"),
    ("secrets", "secrets"),
    ("credential", "secrets"),
    ("credentials", "secrets"),
    ("password", "secrets"),
    ("passwords", "secrets"),
    ("prompt", "prompts"),
    ("prompts", "prompts"),
    ("chat", "prompts"),
    ("chats", "prompts"),
    ("conversation", "prompts"),
    ("conversations", "prompts"),
];

/// Words that would mean too much in a sentence, and are clear where nothing but a class can stand.
const ALONE: [(&str, &str); 3] = [("messages", "prompts"), ("logs", "logs"), ("keys", "secrets")];

/// The words to be offered to somebody who has written none of them.
pub(crate) const OFFERED: [&str; 7] =
    ["prompts", "messages", "personal", "credentials", "secrets", "logs", "none"];

/// The class that a word of a sentence declares.
pub(crate) fn by_word(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(w, _)| *w == word).map(|(_, class)| *class)
}

/// The class that a word means which stands alone.
pub(crate) fn named(word: &str) -> Option<&'static str> {
    let alone = ALONE.iter().find(|(w, _)| *w == word).map(|(_, class)| *class);
    alone.or_else(|| by_word(word))
}

/// What seawall's configuration says of some tables or columns.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    /// A glob of names, with or without their database; every table.
    pub(crate) table: Option<Name>,
    /// A glob of names; the table itself.
    pub(crate) column: Option<Name>,
    /// `None`: nothing that needs care, whatever names may tell.
    pub(crate) class: Option<&'static str>,
    pub(crate) place: Place,
    /// The files whose tables are meant.
    pub(crate) files: Vec<Range<FileId>>,
}

impl Declared {
    /// Whether a table is meant, or one of its columns.
    pub(crate) fn means(&self, database: Option<&str>, table: &str, at: Place) -> bool {
        let named = |glob: &Name| {
            let full = format!("{}.{table}", database.unwrap_or("default"));
            crate::glob::matches(glob, table) || crate::glob::matches(glob, &full)
        };
        self.files.iter().any(|files| files.contains(&at.file))
            && self.table.as_ref().is_none_or(named)
    }
}
