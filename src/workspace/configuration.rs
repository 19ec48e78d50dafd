//! Where seawall's own configuration lies: upward from each path of the command line.
//!
//! The search ends at the repository's root, and without one at the working directory or at the
//! path itself. What it finds is read only where it is a plain file: a link might lead anywhere.

use std::path::{Path, PathBuf};

use super::{Namer, normal, read_text, slashes};
use crate::source::Source;

/// A longer one is no configuration.
const LARGEST: u64 = 1 << 20;

const NAMES: [&str; 2] = ["seawall.toml", ".seawall.toml"];

/// A configuration, and how files are called that it counts for.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) source: Source,
    /// For each path of the command line: how a report calls its folder, and how the folder is
    /// called from the configuration's.
    pub(crate) folders: Vec<(String, String)>,
    /// Everything below the configuration's folder is read in this run.
    pub(crate) whole: bool,
}

/// The configurations of some paths, each once, in their order.
pub(crate) fn located(paths: &[PathBuf]) -> Result<Vec<Located>, String> {
    let here = std::env::current_dir().unwrap_or_default();
    let mut out: Vec<(PathBuf, Located)> = Vec::new();
    for path in paths {
        let is_dir = path.is_dir();
        // A path that is not there is told of by whoever reads it.
        let Ok(full) = path.canonicalize() else { continue };
        let start = if is_dir { &*full } else { full.parent().unwrap_or(&full) };
        let Some(file) = upward(start, &here)? else { continue };
        let folder = file.parent().unwrap_or(&file);
        let inside = slashes(start.strip_prefix(folder).unwrap_or(start));
        let whole = is_dir && inside.is_empty();
        let names = (Namer::new(path, &here, is_dir).prefix, inside);
        if let Some((_, located)) = out.iter_mut().find(|(known, _)| *known == file) {
            located.whole |= whole;
            located.folders.push(names);
        } else {
            let source = source(&file, &here)?;
            out.push((file, Located { source, folders: vec![names], whole }));
        }
    }
    Ok(out.into_iter().map(|(_, located)| located).collect())
}

/// The configuration that the command line names; it calls files as reports do.
pub(crate) fn named(file: &Path, paths: &[PathBuf]) -> Result<Located, String> {
    let here = std::env::current_dir().unwrap_or_default();
    let source = source(file, &here)?;
    let covers =
        |path: &PathBuf| path.is_dir() && normal(&here).starts_with(normal(&here.join(path)));
    let whole = paths.iter().any(covers);
    Ok(Located { source, folders: vec![(String::new(), String::new())], whole })
}

fn upward(start: &Path, here: &Path) -> Result<Option<PathBuf>, String> {
    let root = start.ancestors().find(|folder| folder.join(".git").exists());
    let here = here.canonicalize().unwrap_or_default();
    let top = root.or_else(|| start.starts_with(&here).then_some(&*here)).unwrap_or(start);
    for folder in start.ancestors().take_while(|folder| folder.starts_with(top)) {
        let there = NAMES.map(|name| folder.join(name));
        let mut files = there.into_iter().filter(|file| file.symlink_metadata().is_ok());
        match (files.next(), files.next()) {
            (Some(one), Some(other)) => {
                let (one, other) = (one.display(), other.display());
                return Err(format!("{one} and {other}: only one of them can be meant"));
            }
            (Some(file), None) if file.symlink_metadata().is_ok_and(|m| m.is_file()) => {
                return Ok(Some(file));
            }
            (Some(file), None) => {
                let file = file.display();
                return Err(format!("{file} is no plain file; --config names one elsewhere"));
            }
            _ => {}
        }
    }
    Ok(None)
}

fn source(file: &Path, here: &Path) -> Result<Source, String> {
    let told = |cause: &dyn std::fmt::Display| format!("cannot read {}: {cause}", file.display());
    let meta = std::fs::metadata(file).map_err(|error| told(&error))?;
    if meta.len() > LARGEST {
        return Err(told(&format!("larger than {} MiB", LARGEST >> 20)));
    }
    let text = read_text(file).map_err(|error| told(&error))?;
    Ok(Source { path: shown(file, here).into(), text: text.into() })
}

/// How a report calls a file wherever it lies: from the working directory.
fn shown(file: &Path, here: &Path) -> String {
    let here = here.canonicalize().unwrap_or_else(|_| here.to_path_buf());
    let full = normal(&here.join(file));
    for (up, folder) in here.ancestors().enumerate() {
        if let Ok(inside) = full.strip_prefix(folder) {
            return "../".repeat(up) + &slashes(inside);
        }
    }
    slashes(file)
}
