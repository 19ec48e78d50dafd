//! Which folders are modules, which of them are roots, and which files belong to each root.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest;
use crate::paths;
use crate::source::{FileId, Sources};

/// A name that Terraform or `OpenTofu` reads as configuration.
pub(super) fn is_configuration(name: &str) -> bool {
    stem(name).is_some()
}

/// A name that holds values of variables.
pub(super) fn is_values(name: &str) -> bool {
    name.ends_with(".tfvars") || name.ends_with(".tfvars.json")
}

/// A name of a file of values that Terraform reads by itself.
fn is_read_always(name: &str) -> bool {
    matches!(name, "terraform.tfvars" | "terraform.tfvars.json")
        || name.ends_with(".auto.tfvars")
        || name.ends_with(".auto.tfvars.json")
}

/// What a file of values beside a root, or in a folder of it, is called as an environment: `prod`,
/// `env/prod`. `None`: it is none, or Terraform reads it anyway.
pub(super) fn environment<'p>(path: &'p str, root: &str) -> Option<&'p str> {
    let inside = if root.is_empty() { path } else { path.strip_prefix(root)?.strip_prefix('/')? };
    let (folder, name) = paths::split(inside);
    let is_own = !(folder.is_empty() && is_read_always(name));
    let plain = inside.strip_suffix(".json").unwrap_or(inside);
    plain.strip_suffix(".tfvars").filter(|_| is_own)
}

/// A folder that `terraform init` fills.
pub(super) fn is_downloaded(folder: &str) -> bool {
    folder.split('/').any(|part| part == ".terraform")
}

/// What is before the extension, whether it is `OpenTofu`'s own, and whether it is JSON.
fn stem(name: &str) -> Option<(&str, bool, bool)> {
    let (plain, json) = name.strip_suffix(".json").map_or((name, false), |plain| (plain, true));
    let tofu = plain.strip_suffix(".tofu").map(|stem| (stem, true, json));
    tofu.or_else(|| plain.strip_suffix(".tf").map(|stem| (stem, false, json)))
}

/// Whether a file of the same base name hides this one: `x.tofu` beside `x.tf`
/// (`OpenTofu`, language/files).
pub(super) fn is_hidden(name: &str, exists: impl Fn(&str) -> bool) -> bool {
    match stem(name) {
        Some((stem, false, false)) => exists(&format!("{stem}.tofu")),
        Some((stem, false, true)) => exists(&format!("{stem}.tofu.json")),
        _ => false,
    }
}

/// Whether a file's blocks change those of other files instead of adding to them.
pub(super) fn is_override(name: &str) -> bool {
    stem(name).is_some_and(|(stem, ..)| stem == "override" || stem.ends_with("_override"))
}

/// Whether a file is in JSON syntax.
pub(super) fn is_json(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| extension == "json")
}

/// Whether a module's source is a folder of the same project.
pub(super) fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../") || source == "." || source == ".."
}

/// One unit for each root module: its files, those of all modules that it calls, files of values in
/// its folders, and its plans.
pub(super) fn group(files: &[FileId], sources: &Sources) -> Vec<Vec<FileId>> {
    let mut folders: BTreeMap<&str, Vec<FileId>> = BTreeMap::new();
    let (mut values, mut plans) = (Vec::new(), Vec::new());
    for file in files {
        let (folder, name) = paths::split(sources.path(*file));
        if is_configuration(name) {
            folders.entry(folder).or_default().push(*file);
        } else if is_values(name) {
            values.push(*file);
        } else {
            plans.push(*file);
        }
    }
    let mut calls: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (folder, files) in &folders {
        let called = calls.entry(folder).or_default();
        let mut call = |target: Option<String>| {
            let known = target.and_then(|t| folders.get_key_value(&*t)).map(|(name, _)| *name);
            called.extend(known.filter(|name| name != folder));
        };
        for file in files {
            local_sources(sources.str(*file))
                .for_each(|source| call(paths::resolve(folder, source)));
        }
        if !is_downloaded(folder) {
            for dir in manifest::read(sources, folder).into_values() {
                call(Some(dir));
            }
        }
    }
    let units = units(&calls);
    let mut grouped: Vec<Vec<FileId>> =
        units.iter().map(|unit| unit.iter().flat_map(|f| folders[f].clone()).collect()).collect();
    let around = |file: &FileId| {
        let (folder, _) = paths::split(sources.path(*file));
        ancestors(folder).find(|folder| folders.contains_key(folder))
    };
    for file in values {
        let Some(around) = around(&file) else { continue };
        let units = units.iter().zip(&mut grouped).filter(|(unit, _)| unit.contains(around));
        units.for_each(|(_, files)| files.push(file));
    }
    for file in plans {
        let unit = around(&file).and_then(|around| units.iter().position(|u| u.contains(around)));
        match unit.or((units.len() == 1).then_some(0)) {
            Some(unit) => grouped[unit].push(file),
            None => grouped.push(vec![file]),
        }
    }
    grouped
}

/// A folder and all around it, the nearest first.
fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| {
        (!folder.is_empty()).then(|| paths::split(folder).0)
    })
}

/// The folders of each root. A folder that somebody calls is no root of its own, unless all that
/// call it call each other in a circle; nor is one that was downloaded.
fn units<'a>(calls: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<BTreeSet<&'a str>> {
    let called: BTreeSet<&str> = calls.values().flatten().copied().collect();
    let mut met: BTreeSet<&str> = BTreeSet::new();
    let mut units = Vec::new();
    let own = || calls.keys().filter(|f| !is_downloaded(f));
    let roots = own().filter(|f| !called.contains(*f));
    for root in roots.chain(own().filter(|f| called.contains(*f))) {
        if met.contains(root) {
            continue;
        }
        let mut unit = BTreeSet::new();
        let mut open = vec![*root];
        while let Some(folder) = open.pop() {
            if unit.insert(folder) {
                open.extend(calls[folder].iter().copied());
            }
        }
        met.extend(unit.iter().copied());
        units.push(unit);
    }
    units
}

/// The values of `source = "./…"` in a text, in either syntax. What is no module's source names
/// no folder of modules.
fn local_sources(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("source").filter_map(|(at, word)| {
        let rest = text[at + word.len()..].trim_start_matches('"').trim_start();
        let rest = rest.strip_prefix(['=', ':'])?.trim_start().strip_prefix('"')?;
        let value = &rest[..rest.find(['"', '\n'])?];
        is_local(value).then_some(value)
    })
}
