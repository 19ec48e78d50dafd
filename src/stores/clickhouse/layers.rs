//! Which files make a server's two documents, and in which order.
//!
//! `/p/NAME.ext` is merged with what lies in `/p/NAME.d` and `/p/conf.d`, in the order of the full
//! paths; the users file is found and merged in the same way, so `conf.d` counts for both.

use std::borrow::Cow;

use super::merge::merge;
use super::read::{Environment, all, at};
use super::substitute::{Include, substitute};
use crate::model::fact::{Fact, Name};
use crate::paths;
use crate::source::Place;
use crate::tree::xml::Element;

/// Configuration files by their paths, in byte order.
pub(super) struct Layers<'a> {
    /// Path of the main file, there or not.
    pub(super) main: String,
    pub(super) files: Vec<(Name, Cow<'a, Element>)>,
    pub(super) shipped: Place,
    /// Whether paths are those of the server's disk; in a project's folder only names count.
    pub(super) exact: bool,
    /// What is included where nobody says from where.
    pub(super) implicit: Option<&'static str>,
    pub(super) env: &'a Environment<'a>,
}

/// Where users come from.
pub(super) enum UsersFile {
    /// The main file itself.
    Main,
    Path(String),
    /// Only storages that are no files.
    Elsewhere,
}

impl<'a> Layers<'a> {
    pub(super) fn new(
        main: String,
        mut files: Vec<(Name, Cow<'a, Element>)>,
        shipped: Place,
        env: &'a Environment<'a>,
    ) -> Layers<'a> {
        files.sort_by(|a, b| a.0.cmp(&b.0));
        Layers { main, files, shipped, exact: true, implicit: None, env }
    }

    /// Adds a file, or puts it in the place of another.
    pub(super) fn add(&mut self, path: String, root: Element) {
        let path: Name = path.into();
        self.files.retain(|(p, _)| *p != path);
        self.files.push((path, Cow::Owned(root)));
        self.files.sort_by(|a, b| a.0.cmp(&b.0));
    }

    pub(super) fn file(&self, path: &str) -> Option<&Element> {
        self.files.iter().find(|(p, _)| &**p == path).map(|(_, e)| &**e)
    }

    /// A main file's document: the file, or `base` where there is none, and what is merged in.
    pub(super) fn document(&self, path: &str, base: &Element) -> Element {
        let mut out = self.file(path).unwrap_or(base).clone();
        for (_, over) in self.merged_into(path) {
            merge(&mut out, over, self.shipped);
        }
        self.complete(&mut out);
        out
    }

    /// Puts in what a merged document takes from elsewhere.
    pub(super) fn complete(&self, document: &mut Element) {
        let include = self.include(document);
        substitute(document, include, self.env, self.shipped);
    }

    /// The document to include from; each document names its own.
    fn include(&self, document: &Element) -> Include<'_> {
        let Some(named) = document.child("include_from") else {
            let found = self.implicit.and_then(|path| self.file(path));
            return found.map_or(Include::None, Include::Document);
        };
        let path = match named.attribute("from_env").map(|a| (self.env)(&a.value)) {
            None => named.text(),
            Some(Fact::Known(value, _)) => value.to_string(),
            Some(_) => return Include::NotHere,
        };
        let found = if self.exact { self.file(&path) } else { self.beside(&path) };
        found.map_or(Include::NotHere, Include::Document)
    }

    /// The file of that name beside the main file.
    pub(super) fn beside(&self, path: &str) -> Option<&Element> {
        let (_, name) = paths::split(path);
        let folder = paths::folder(&self.main);
        self.file(&paths::join(folder, name))
    }

    /// Files of the merge directories of a main file.
    pub(super) fn merged_into(&self, path: &str) -> impl Iterator<Item = (&Name, &Element)> {
        let folders = merge_folders(path);
        self.files
            .iter()
            .filter(move |(p, _)| folders.iter().any(|f| is_member(p, f)))
            .map(|(p, e)| (p, &**e))
    }

    pub(super) fn users_file(&self, server: &Element) -> UsersFile {
        let named = at(server, &["users_config"])
            .or_else(|| at(server, &["user_directories", "users_xml", "path"]))
            .or_else(|| at(server, &["user_directories", "users_config", "path"]));
        match named {
            Some(element) => {
                let told = element.attribute("from_env").map(|a| (self.env)(&a.value));
                let path = match told {
                    Some(Fact::Known(path, _)) => path.to_string(),
                    _ => element.text(),
                };
                let path = path.trim();
                let folder = paths::folder(&self.main);
                let absolute = path.starts_with('/') || folder.is_empty();
                UsersFile::Path(if absolute { path.into() } else { format!("{folder}/{path}") })
            }
            None if all(server, "user_directories").next().is_some() => UsersFile::Elsewhere,
            None => UsersFile::Main,
        }
    }
}

/// `/p/config.xml` → `/p/config.d/`, `/p/conf.d/`
pub(super) fn merge_folders(path: &str) -> [String; 2] {
    let (folder, name) = paths::split(path);
    let folder = if path.contains('/') { format!("{folder}/") } else { String::new() };
    let stem = name.rsplit_once('.').map_or(name, |(s, _)| s);
    [format!("{folder}{stem}.d/"), format!("{folder}conf.d/")]
}

/// Whether the server reads a file of a merge directory.
fn is_member(path: &str, folder: &str) -> bool {
    let Some(name) = path.strip_prefix(folder) else { return false };
    let extension = name.rsplit_once('.').map_or(String::new(), |(_, e)| e.to_ascii_lowercase());
    !name.contains('/')
        && !name.starts_with('.')
        && matches!(extension.as_str(), "xml" | "conf" | "yaml" | "yml")
}
