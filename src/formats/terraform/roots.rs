//! Which folders are modules, which of them are roots, and which files belong to each root.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{FileId, Sources};

/// Folder and file name of a path.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// A name that Terraform or `OpenTofu` reads as configuration.
pub(super) fn is_configuration(name: &str) -> bool {
    stem(name).is_some()
}

/// A name that holds values of variables.
pub(super) fn is_values(name: &str) -> bool {
    name.ends_with(".tfvars") || name.ends_with(".tfvars.json")
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

/// `folder` joined with a relative path; `None` where that leaves the project.
pub(super) fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a module's source is a folder of the same project.
pub(super) fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../") || source == "." || source == ".."
}

/// One unit for each root module: its files, and those of all modules that it calls.
pub(super) fn group(files: &[FileId], sources: &Sources) -> Vec<Vec<FileId>> {
    let mut folders: BTreeMap<&str, Vec<FileId>> = BTreeMap::new();
    for file in files {
        let (folder, _) = split(sources.path(*file));
        folders.entry(folder).or_default().push(*file);
    }
    let mut calls: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (folder, files) in &folders {
        let called = calls.entry(folder).or_default();
        for file in files {
            for source in local_sources(sources.str(*file)) {
                let target = join(folder, source);
                let known = target.and_then(|t| folders.get_key_value(&*t)).map(|(name, _)| *name);
                called.extend(known.filter(|name| name != folder));
            }
        }
    }
    let units = units(&calls);
    units.into_iter().map(|unit| unit.iter().flat_map(|f| folders[f].clone()).collect()).collect()
}

/// The folders of each root. A folder that somebody calls is no root of its own, unless all that
/// call it call each other in a circle.
fn units<'a>(calls: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<BTreeSet<&'a str>> {
    let called: BTreeSet<&str> = calls.values().flatten().copied().collect();
    let mut met: BTreeSet<&str> = BTreeSet::new();
    let mut units = Vec::new();
    let roots = calls.keys().filter(|f| !called.contains(*f));
    for root in roots.chain(calls.keys().filter(|f| called.contains(*f))) {
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
