//! The layers hold: who may know whom is written here and read from the `use` lines.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests read files and may panic"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A module and the modules of this crate that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("glob", &[]),
    ("paths", &[]),
    ("shared", &[]),
    ("spelling", &[]),
    ("source", &["shared"]),
    ("tree", &["shared", "source"]),
    ("workspace", &["source"]),
    ("model", &["glob", "shared", "source", "tree"]),
    ("expr", &["model", "source", "spelling"]),
    ("cards", &["finding", "model", "source"]),
    ("embedded", &[]),
    ("catalog", &["cards", "embedded", "expr", "model", "shared", "source", "tree"]),
    ("stores", &["catalog", "expr", "glob", "model", "paths", "shared", "source", "tree"]),
    ("formats", &["catalog", "expr", "model", "paths", "shared", "source", "spelling", "tree"]),
    ("link", &["catalog", "model", "paths", "source", "stores"]),
    ("derive", &["catalog", "link", "model", "shared", "source"]),
    ("finding", &["model", "source"]),
    ("engine", &["cards", "expr", "finding", "model", "source"]),
    ("config", &["finding", "model", "paths", "source", "spelling", "tree"]),
    ("suppress", &["config", "engine", "finding", "glob", "model", "source"]),
    ("report", &["finding", "model", "source"]),
    (
        "session",
        &[
            "catalog",
            "config",
            "derive",
            "embedded",
            "engine",
            "finding",
            "formats",
            "link",
            "model",
            "source",
            "suppress",
            "workspace",
        ],
    ),
    (
        "cli",
        &[
            "config",
            "finding",
            "glob",
            "model",
            "report",
            "session",
            "source",
            "spelling",
            "workspace",
        ],
    ),
    ("rendered", &["formats", "source", "tree", "workspace"]),
    ("timing", &["session"]),
    ("clickhouse_verdict", &["formats", "model", "source", "stores", "tree"]),
    ("main", &["cli"]),
    ("lib", &[]),
];

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// Modules named behind `crate::` in a file, its unit tests left out: they may drive the pipeline.
fn used(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines = code.lines().filter(|l| !l.trim_start().starts_with("//"));
    let mut out = Vec::new();
    for line in lines {
        for part in line.split("crate::").skip(1) {
            let name: String =
                part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !name.is_empty() {
                out.push(name);
            }
        }
    }
    out
}

/// Files that are only compiled for tests.
fn is_test(file: &Path) -> bool {
    let stem = file.file_stem().and_then(|s| s.to_str());
    let folder = file.parent().and_then(|f| f.file_name()).and_then(|f| f.to_str());
    folder == Some("tests")
        || stem.is_some_and(|s| ["tests", "examples", "conventions"].contains(&s))
}

#[test]
fn every_module_uses_only_what_lies_before_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let first = relative.iter().next().unwrap().to_str().unwrap();
        let module = first.trim_end_matches(".rs");
        if is_test(&file) {
            continue;
        }
        let Some(may) = allowed.get(module) else {
            wrong.push(format!("{module} is not in the list of layers"));
            continue;
        };
        for name in used(&fs::read_to_string(&file).unwrap()) {
            let known = allowed.contains_key(name.as_str());
            if known && name != module && !may.contains(&name.as_str()) {
                wrong.push(format!("{} uses {name}", relative.display()));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "layers broken:\n{}", wrong.join("\n"));
}

/// Files in `src/formats` that are no formats, for all of them to use.
const SHARED_BY_FORMATS: &[&str] = &["base64", "clear_text", "content", "dump"];

#[test]
fn formats_do_not_see_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/formats");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    for file in &files {
        let own = file.strip_prefix(&root).unwrap().iter().next().unwrap().to_str().unwrap();
        let own = own.trim_end_matches(".rs");
        for part in fs::read_to_string(file).unwrap().split("formats::").skip(1) {
            let name: String =
                part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let format = root.join(format!("{name}.rs")).exists()
                && !SHARED_BY_FORMATS.contains(&name.as_str());
            assert!(!format || name == own, "{} sees {name}", file.display());
        }
    }
}

#[test]
fn only_the_workspace_touches_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    for file in files {
        if is_test(&file) {
            continue;
        }
        let relative = file.strip_prefix(&root).unwrap().to_str().unwrap().to_string();
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        if !relative.starts_with("workspace") && !relative.starts_with("cli") {
            assert!(!code.contains("std::fs"), "{relative} touches std::fs");
        }
    }
}
