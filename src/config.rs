//! Seawall's own configuration, `seawall.toml`: what data lies where, what is known and borne with,
//! and what a check shows and fails on.
//!
//! Pure data, each value with its place. Nothing in it makes seawall read another file.

mod read;
#[cfg(test)]
mod tests;

use std::ops::Range;

use ignore::Match;
use ignore::gitignore::Gitignore;

use crate::model::class::Declared;
use crate::model::fact::Name;
use crate::source::{FileId, Place, Source, Sources};

pub(crate) use read::read;

/// Whether a name is that of a configuration, which is nobody's input.
pub(crate) fn is_name(path: &str) -> bool {
    matches!(crate::paths::split(path).1, "seawall.toml" | ".seawall.toml")
}

/// A configuration as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    pub(crate) file: Source,
    /// The files that it counts for.
    pub(crate) scopes: Vec<Scope>,
    /// Everything below its folder is read in this run, so that what hides nothing here hides
    /// nothing at all.
    pub(crate) whole: bool,
    pub(crate) settings: Settings,
    pub(crate) classes: Vec<Class>,
    pub(crate) ignores: Vec<Ignore>,
}

/// How files of one path of the command line are called, as folders without a last `/`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Scope {
    /// In reports.
    pub(crate) reported: String,
    /// From the configuration's own folder.
    pub(crate) inside: String,
}

/// A value and where it stands, in bytes of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Said<T> {
    pub(crate) value: T,
    pub(crate) at: Range<usize>,
}

/// What the command line may say as well, and then says better.
#[derive(Clone, Default, Debug)]
pub(crate) struct Settings {
    pub(crate) fail_on: Option<Said<String>>,
    pub(crate) min_severity: Option<Said<String>>,
    pub(crate) min_confidence: Option<Said<String>>,
    pub(crate) rule: Option<Said<Vec<Said<String>>>>,
    pub(crate) skip: Option<Said<Vec<Said<String>>>>,
}

/// `[[class]]`: what a table or a column holds.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    pub(crate) table: Option<String>,
    pub(crate) column: Option<String>,
    /// The class, as it is written.
    pub(crate) word: Said<String>,
    pub(crate) at: Range<usize>,
}

/// `[[ignore]]`: findings that somebody bears with.
#[derive(Clone, Debug)]
pub(crate) struct Ignore {
    pub(crate) rule: Said<String>,
    pub(crate) path: String,
    paths: Gitignore,
    pub(crate) resource: Option<String>,
    pub(crate) reason: Option<String>,
    /// `YYYY-MM-DD`
    pub(crate) until: Option<String>,
    pub(crate) at: Range<usize>,
}

/// What is wrong with a configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    pub(crate) at: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Configuration {
    /// What a file of a report is called from the configuration's folder; `None` if it is not one
    /// of those that the configuration counts for.
    fn inside<'a>(&'a self, path: &'a str) -> impl Iterator<Item = String> + 'a {
        self.scopes.iter().filter_map(move |scope| {
            let below = match path.strip_prefix(&*scope.reported)? {
                rest if scope.reported.is_empty() => rest,
                rest => rest.strip_prefix('/')?,
            };
            Some(crate::paths::join(&scope.inside, below))
        })
    }

    /// Whether an entry means a file of a report.
    pub(crate) fn means(&self, ignore: &Ignore, path: &str) -> bool {
        let ignored = |path: &str| ignore.paths.matched_path_or_any_parents(path, false);
        // A path from the root of the file system is none of a project.
        self.inside(path)
            .any(|path| matches!(ignored(path.trim_start_matches('/')), Match::Ignore(_)))
    }

    /// What is declared of tables. `file` is the configuration's own.
    pub(crate) fn declared<'a>(
        &'a self,
        file: FileId,
        sources: &'a Sources,
    ) -> impl Iterator<Item = Declared> + 'a {
        let ids: Vec<FileId> = sources
            .ids()
            .filter(|id| {
                !self.classes.is_empty() && self.inside(sources.path(*id)).next().is_some()
            })
            .collect();
        let files = ranges(&ids);
        self.classes.iter().map(move |class| Declared {
            table: class.table.as_deref().map(Name::from),
            column: class.column.as_deref().map(Name::from),
            class: crate::model::class::named(&class.word.value),
            place: Place::new(file, class.at.clone()),
            files: files.clone(),
        })
    }
}

/// Neighbours together.
fn ranges(ids: &[FileId]) -> Vec<Range<FileId>> {
    let mut out: Vec<Range<FileId>> = Vec::new();
    for id in ids {
        match out.last_mut() {
            Some(last) if last.end == *id => last.end = FileId(id.0 + 1),
            _ => out.push(*id..FileId(id.0 + 1)),
        }
    }
    out
}

/// `YYYY-MM-DD`, so that the order of texts is the order of days.
pub(crate) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let number = |part: &str, len: usize| {
        let digits = part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
        if digits { part.parse::<u32>().ok() } else { None }
    };
    number(year, 4).is_some()
        && number(month, 2).is_some_and(|m| (1..=12).contains(&m))
        && number(day, 2).is_some_and(|d| (1..=31).contains(&d))
}
