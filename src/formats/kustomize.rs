//! Kustomize: what `kubectl kustomize` would print, with the place of every part in the sources.
//!
//! A kustomization that nobody in the files refers to is a root, and every root is rendered as an
//! environment of its own: a transformation of placed trees, so that a value from a base, a patch
//! or a generator still stands where it was written. What cannot be had here (a remote base, a
//! chart) is noticed, and the rest is rendered without it. The order of the steps is that of
//! kustomize's `KustTarget` (api/internal/target/kusttarget.go).

mod build;
mod configuration;
mod edit;
mod field_specs;
mod files;
mod generate;
mod images;
mod json_patch;
mod labels;
mod merge;
mod merge_keys;
mod names;
mod patches;
mod paths;
mod references;
mod rename;
mod replacements;
mod resource;
mod roots;
mod select;
mod variables;

#[cfg(test)]
mod tests;

use crate::model::fact::Name;
use crate::source::{FileId, Place};
use crate::tree::node::Node;

pub(super) use files::{Files, is_kustomization};
pub(super) use roots::units;

/// One rendered root.
pub(super) struct Rendered {
    pub(super) objects: Vec<Node>,
    /// The folder of the root.
    pub(super) name: Name,
    /// Every file that something was taken from.
    pub(super) used: Vec<FileId>,
    /// Files whose text became an entry of a ConfigMap or a Secret.
    pub(super) contents: Vec<FileId>,
    /// What was left out, and why.
    pub(super) not_understood: Vec<(Place, Name)>,
}

/// Renders the kustomization in this file.
pub(super) fn render(root: FileId, files: &Files) -> Rendered {
    let mut build = build::Build::new(files);
    let objects = build.root(root);
    let folder = crate::paths::folder(files.path(root));
    let name = if folder.is_empty() { "." } else { folder };
    build.used.sort_unstable();
    build.used.dedup();
    build.contents.sort_unstable();
    build.contents.dedup();
    Rendered {
        objects,
        name: name.into(),
        used: build.used,
        contents: build.contents,
        not_understood: build.not_understood,
    }
}
