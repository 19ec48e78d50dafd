//! Which files make a server's two documents, and in which order.
//!
//! `/p/NAME.ext` is merged with what lies in `/p/NAME.d` and `/p/conf.d`, in the order of the full
//! paths; the users file is found and merged in the same way, so `conf.d` counts for both.

use std::borrow::Cow;

use super::merge::merge;
use super::read::{all, at};
use crate::model::fact::Name;
use crate::source::Place;
use crate::tree::xml::Element;

/// Configuration files by their paths, in byte order.
pub(super) struct Layers<'a> {
    /// Path of the main file, there or not.
    pub(super) main: String,
    pub(super) files: Vec<(Name, Cow<'a, Element>)>,
    pub(super) shipped: Place,
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
    ) -> Layers<'a> {
        files.sort_by(|a, b| a.0.cmp(&b.0));
        Layers { main, files, shipped }
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
        out
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
                let path = element.text();
                let path = path.trim();
                let folder = self.main.rsplit_once('/').map_or("", |(f, _)| f);
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
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(f, n)| (f, n));
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
