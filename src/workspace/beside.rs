//! What the walk passes over and the project still has: modules that `terraform init` fetched, and
//! files that git tracks although an ignore file names them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use rayon::prelude::*;
use serde::Deserialize;

use super::{Found, Namer, SKIPPED, read, wanted};

/// Files of fetched modules in one run.
const MAX_FETCHED: usize = 5_000;

/// Folders within a module that its callers read.
const MAX_DEPTH: usize = 4;

/// A larger index is of a repository that nobody checks as one.
const LARGEST_INDEX: u64 = 256 << 20;

#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "Modules", default)]
    modules: Vec<Module>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(rename = "Dir", default)]
    dir: String,
}

/// Reads the modules that the manifests beside these folders' configurations name
/// (internal/modsdir of Terraform). They lie in a folder that is hardly ever tracked.
pub(super) fn fetched(folders: &BTreeSet<PathBuf>, namer: &Namer, found: &Found) {
    let mut left = MAX_FETCHED;
    // Of many folders few have one, so they are asked in parallel.
    let asked = folders.par_iter().filter_map(|folder| {
        let path = folder.join(".terraform/modules/modules.json");
        Some((folder, super::read_text(&path).ok()?, path))
    });
    for (folder, text, path) in asked.collect::<Vec<_>>() {
        let Ok(manifest) = serde_json::from_str::<Manifest>(&text) else { continue };
        read(&path, namer, found);
        let dirs: BTreeSet<&str> = manifest.modules.iter().map(|m| &*m.dir).collect();
        for dir in dirs.into_iter().filter(|dir| is_inside(dir)) {
            module(&folder.join(dir), namer, found, &mut left);
        }
    }
}

/// A folder of `.terraform/modules`, without steps out of it.
fn is_inside(dir: &str) -> bool {
    dir.starts_with(".terraform/modules/") && !dir.split('/').any(|part| part == "..")
}

fn module(folder: &Path, namer: &Namer, found: &Found, left: &mut usize) {
    let others = ["examples", "example", "test", "tests", "modules", "wrappers"];
    let walker = WalkBuilder::new(folder)
        .standard_filters(false)
        .max_depth(Some(MAX_DEPTH))
        .filter_entry(move |e| {
            let name = e.file_name().to_str().unwrap_or("");
            let skipped =
                SKIPPED.contains(&name) || others.contains(&name) || name.starts_with('.');
            e.depth() == 0 || !(skipped && e.file_type().is_some_and(|t| t.is_dir()))
        })
        .build();
    for entry in walker.flatten() {
        if *left > 0 && entry.file_type().is_some_and(|t| t.is_file()) && wanted(entry.path()) {
            *left -= 1;
            read(entry.path(), namer, found);
        }
    }
}

/// Reads the files below a folder that git tracks and the walk did not meet: an ignore file does
/// not untrack what is tracked.
pub(super) fn tracked(folder: &Path, namer: &Namer, found: &Found) {
    let Ok(full) = folder.canonicalize() else { return };
    let Some(top) = full.ancestors().find(|at| at.join(".git").exists()) else {
        return exported(folder, namer, found);
    };
    let Some(index) = index(&top.join(".git/index")) else { return };
    let Some(paths) = paths(&index) else { return };
    let known = known(found);
    for path in paths {
        let is_skipped = path.split('/').any(|part| SKIPPED.contains(&part));
        let Ok(inside) = top.join(path).strip_prefix(&full).map(Path::to_path_buf) else {
            continue;
        };
        let file = folder.join(&inside);
        if is_skipped || !wanted(&file) || known.contains(&namer.name(&file)) {
            continue;
        }
        // A folder on the way may have become a link out of the project.
        let is_plain = file.canonicalize().is_ok_and(|real| real == full.join(&inside));
        if is_plain && file.is_file() {
            read(&file, namer, found);
        }
    }
}

/// Reads the Terraform files of a tree without a repository that its ignore file names: an exported
/// tree holds what was tracked.
fn exported(folder: &Path, namer: &Namer, found: &Found) {
    if !folder.join(".gitignore").is_file() {
        return;
    }
    let known = known(found);
    let walker = WalkBuilder::new(folder)
        .standard_filters(false)
        .filter_entry(|e| {
            let name = e.file_name().to_str().unwrap_or("");
            e.depth() == 0
                || !e.file_type().is_some_and(|t| t.is_dir())
                || !(SKIPPED.contains(&name) || name.starts_with('.'))
        })
        .build();
    for entry in walker.flatten() {
        let path = entry.path();
        let is_configuration = path.extension().is_some_and(|e| e == "tf" || e == "tofu");
        let is_file = entry.file_type().is_some_and(|t| t.is_file());
        if is_configuration && is_file && !known.contains(&namer.name(path)) {
            read(path, namer, found);
        }
    }
}

fn known(found: &Found) -> BTreeSet<String> {
    let found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    found.files.iter().map(|source| source.path.to_string()).collect()
}

#[expect(clippy::disallowed_methods, reason = "a part of the module that reads files")]
fn index(path: &Path) -> Option<Vec<u8>> {
    let len = std::fs::metadata(path).ok()?.len();
    if len > LARGEST_INDEX {
        return None;
    }
    std::fs::read(path).ok()
}

/// The paths of plain files in a git index, versions 2 to 4 (gitformat-index).
fn paths(index: &[u8]) -> Option<Vec<String>> {
    let number = |at: usize| -> Option<u32> {
        Some(u32::from_be_bytes(index.get(at..at + 4)?.try_into().ok()?))
    };
    if index.get(..4)? != b"DIRC" {
        return None;
    }
    let (version, count) = (number(4)?, number(8)?);
    if !(2..=4).contains(&version) {
        return None;
    }
    let (mut at, mut out, mut last) = (12_usize, Vec::new(), Vec::new());
    for _ in 0..count {
        let mode = number(at + 24)?;
        let flags = u16::from_be_bytes(index.get(at + 60..at + 62)?.try_into().ok()?);
        // The object's name is of 20 bytes; repositories of 32 are rare and read as no paths.
        let mut name_at = at + 62 + if flags & 0x4000 != 0 { 2 } else { 0 };
        if version == 4 {
            let strip = variable_width(index, &mut name_at)?;
            last.truncate(last.len().checked_sub(strip)?);
        } else {
            last.clear();
        }
        let rest = index.get(name_at..)?;
        let len = rest.iter().position(|byte| *byte == 0)?;
        last.extend_from_slice(&rest[..len]);
        at = if version == 4 { name_at + len + 1 } else { at + (name_at + len - at + 8) / 8 * 8 };
        if mode >> 12 == 0o10 {
            out.extend(std::str::from_utf8(&last).ok().map(str::to_owned));
        }
    }
    Some(out)
}

/// The number of bytes that a name of version 4 drops from the one before it.
fn variable_width(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut byte = *bytes.get(*at)?;
    let mut value = usize::from(byte & 0x7f);
    *at += 1;
    while byte & 0x80 != 0 {
        byte = *bytes.get(*at)?;
        *at += 1;
        value = (value.checked_add(1)?.checked_mul(128)?).checked_add(usize::from(byte & 0x7f))?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index of version 2 as git writes it.
    fn index_of(names: &[(&str, u32)]) -> Vec<u8> {
        let mut out = b"DIRC\0\0\0\x02".to_vec();
        out.extend((names.len() as u32).to_be_bytes());
        for (name, mode) in names {
            let begin = out.len();
            out.extend([0; 24]);
            out.extend(mode.to_be_bytes());
            out.extend([0; 32]);
            out.extend((name.len() as u16).to_be_bytes());
            out.extend(name.as_bytes());
            let padding = 8 - (out.len() - begin) % 8;
            out.extend(vec![0; padding]);
        }
        out
    }

    #[test]
    fn an_index_tells_its_plain_files() {
        let index = index_of(&[("a.tf", 0o100_644), ("link.tf", 0o120_000), ("d/b.tf", 0o100_755)]);
        assert_eq!(paths(&index), Some(vec!["a.tf".to_owned(), "d/b.tf".to_owned()]));
        assert_eq!(paths(&index[..index.len() - 9]), None);
        assert_eq!(paths(b"no index"), None);
    }
}
