//! What somebody declares of a table and its columns: in a comment beside them, or in seawall's
//! configuration. The comment counts before the configuration, and that before any guess by names.

use super::holds::words;
use crate::model::class::{Declared, by_word};
use crate::model::fact::{Fact, Name};
use crate::source::Place;
use crate::tree::sql::{Column, TableName};

/// What a comment declares, as `class: pii` or in a sentence; `no personal data` declares nothing,
/// and `class: none` that there is nothing.
fn said(comment: &str) -> Option<Vec<&'static str>> {
    let words = words(comment);
    if words.windows(2).any(|pair| pair[0] == "class" && pair[1] == "none") {
        return Some(Vec::new());
    }
    let denies = |w: &String| matches!(w.as_str(), "no" | "not" | "non" | "without" | "never");
    let free = |at: usize| {
        let before = &words[at.saturating_sub(2)..at];
        let behind = words.get(at + 1).map(String::as_str);
        !before.iter().any(denies)
            && !matches!(
                behind,
                Some(
                    "hash"
                        | "hashed"
                        | "redacted"
                        | "removed"
                        | "masked"
                        | "id"
                        | "count"
                        | "tokens"
                        | "length"
                )
            )
    };
    let mut out = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let key = word == "key" && at > 0 && words[at - 1] == "api";
        out.extend(by_word(word).or(key.then_some("secrets")).filter(|_| free(at)));
    }
    (!out.is_empty()).then_some(out)
}

/// What is declared of one thing.
#[derive(Default)]
pub(super) struct Sayings {
    /// What names tell does not count.
    pub(super) settled: bool,
    pub(super) facts: Vec<Fact<Name>>,
}

fn by_comment(comment: Option<&str>, what: &str, at: Place) -> Option<Sayings> {
    let classes = said(comment?)?;
    let by = || format!("what {what} holds, by its comment");
    let facts = classes.iter().map(|class| Fact::guessed((*class).into(), by(), at));
    Some(Sayings { settled: classes.is_empty(), facts: facts.collect() })
}

/// What is declared of a table itself.
pub(super) fn of_table(name: &TableName, comment: Option<&str>, declared: &[&Declared]) -> Sayings {
    if let Some(sayings) = by_comment(comment, &format!("`{}`", name.table), name.place) {
        return sayings;
    }
    let (facts, none) = configured(declared.iter().filter(|d| d.column.is_none()));
    Sayings { settled: none, facts }
}

/// What is declared of a column. Its class in the configuration takes the place of what its name
/// tells.
pub(super) fn of_column(column: &Column, comment: Option<&str>, declared: &[&Declared]) -> Sayings {
    if let Some(sayings) = by_comment(comment, &format!("column `{}`", column.name), column.place) {
        return sayings;
    }
    let meant = |d: &&&Declared| {
        d.column.as_ref().is_some_and(|glob| crate::glob::matches(glob, &column.name))
    };
    let (facts, none) = configured(declared.iter().filter(meant));
    Sayings { settled: none || !facts.is_empty(), facts }
}

/// Each entry adds its class; `none` takes back those before it, and what names tell.
fn configured<'a>(entries: impl Iterator<Item = &'a &'a Declared>) -> (Vec<Fact<Name>>, bool) {
    let (mut facts, mut none) = (Vec::new(), false);
    for entry in entries {
        if let Some(class) = entry.class {
            facts.push(Fact::written(class.into(), entry.place));
        } else {
            facts.clear();
            none = true;
        }
    }
    (facts, none)
}
