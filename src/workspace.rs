//! Where text comes from. The only module that touches files.
//!
//! Walks the given paths in parallel, honours ignore files, never follows a link, and reads what a
//! front end could claim or a configuration could name.

mod beside;
pub(crate) mod configuration;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{WalkBuilder, WalkState};

use crate::source::{Source, Sources};

/// Larger files are data, not configuration; reading one would only cost memory.
const LARGEST: u64 = 16 << 20;

/// A file without an ending is read up to this size.
const LONGEST_SCRIPT: u64 = 256 << 10;

/// Folders that hold other people's code or a tool's cache.
const SKIPPED: [&str; 4] = [".git", ".terraform", "node_modules", ".terragrunt-cache"];

/// Endings of files that a front end may claim or that a configuration may name.
const ENDINGS: [&str; 36] = [
    "tf",
    "tofu",
    "tfvars",
    "hcl",
    "json",
    "yaml",
    "yml",
    "xml",
    "sql",
    "env",
    "conf",
    "cfg",
    "cnf",
    "ini",
    "sh",
    "bash",
    "tpl",
    "tftpl",
    "tmpl",
    "gotmpl",
    "template",
    "toml",
    "properties",
    "txt",
    "ps1",
    "cloudinit",
    "service",
    "acl",
    "list",
    "policy",
    "pem",
    "j2",
    "jsonc",
    "config",
    "rules",
    "tfstate",
];

/// What was read, and what could not be.
#[derive(Default)]
pub(crate) struct Loaded {
    pub(crate) sources: Sources,
    /// Path and reason.
    pub(crate) unreadable: Vec<(String, String)>,
}

/// A path of the command line that cannot be read: nothing is judged.
#[derive(Debug)]
pub(crate) struct PathError {
    pub(crate) path: PathBuf,
    pub(crate) cause: std::io::Error,
}

/// Reads everything below the paths.
pub(crate) fn load(paths: &[PathBuf], threads: usize) -> Result<Loaded, PathError> {
    let here = std::env::current_dir().unwrap_or_default();
    let found = Mutex::new(Met::default());
    for path in paths {
        let meta =
            std::fs::metadata(path).map_err(|cause| PathError { path: path.clone(), cause })?;
        let namer = Namer::new(path, &here, meta.is_dir());
        if meta.is_file() {
            read(path, &namer, &found);
        } else {
            walk(path, &namer, threads, &found);
            beside::tracked(path, &namer, &found);
            let modules = lock(&found, |met| std::mem::take(&mut met.modules));
            beside::fetched(&modules, &namer, &found);
        }
    }
    let Met { mut files, mut unreadable, .. } =
        found.into_inner().unwrap_or_else(PoisonError::into_inner);
    files.sort_by(|a: &Source, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    unreadable.sort();
    Ok(Loaded { sources: Sources::new(files), unreadable })
}

/// One file that the command line names for its values.
pub(crate) fn values(path: &Path) -> Result<Source, PathError> {
    let here = std::env::current_dir().unwrap_or_default();
    let text = read_text(path).map_err(|cause| PathError { path: path.to_path_buf(), cause })?;
    let name = Namer::new(path, &here, false).name(path);
    Ok(Source { path: name.into(), text: text.into() })
}

/// Texts that are in memory already: standard input, tests, the examples of a card.
pub(crate) fn in_memory(files: &[(String, String)]) -> Sources {
    let sources = files
        .iter()
        .map(|(path, text)| Source { path: path.as_str().into(), text: text.as_str().into() });
    Sources::new(sources.collect())
}

/// Reads the pages below a folder of cards.
pub(crate) fn pages(folder: &Path) -> Result<Vec<(String, String)>, PathError> {
    std::fs::metadata(folder).map_err(|cause| PathError { path: folder.to_path_buf(), cause })?;
    let mut out = Vec::new();
    for entry in WalkBuilder::new(folder).sort_by_file_name(Ord::cmp).build().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|e| e != "md") {
            continue;
        }
        let text =
            read_text(path).map_err(|cause| PathError { path: path.to_path_buf(), cause })?;
        let name = path.strip_prefix(folder).unwrap_or(path);
        out.push((slashes(name), text));
    }
    Ok(out)
}

#[expect(clippy::disallowed_methods, reason = "this is the module that reads files")]
fn read_text(path: &Path) -> std::io::Result<String> {
    std::fs::read_to_string(path)
}

/// What a walk meets.
#[derive(Default)]
struct Met {
    files: Vec<Source>,
    unreadable: Vec<(String, String)>,
    /// Folders with a Terraform configuration.
    modules: BTreeSet<PathBuf>,
}

type Found = Mutex<Met>;

fn lock<T>(found: &Found, f: impl FnOnce(&mut Met) -> T) -> T {
    f(&mut found.lock().unwrap_or_else(PoisonError::into_inner))
}

fn walk(root: &Path, namer: &Namer, threads: usize, found: &Found) {
    let walker = WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .threads(threads)
        .filter_entry(|e| {
            let name = e.file_name().to_str().unwrap_or("");
            !(SKIPPED.contains(&name) && e.file_type().is_some_and(|t| t.is_dir()))
        })
        .build_parallel();
    walker.run(|| {
        Box::new(|entry| {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|t| t.is_file()) => {
                    if wanted(entry.path()) {
                        read(entry.path(), namer, found);
                    }
                }
                Ok(_) => {}
                Err(error) => note(found, None, error.to_string()),
            }
            WalkState::Continue
        })
    });
}

fn wanted(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|n| n.to_str()) else {
        return false;
    };
    match name.rsplit_once('.') {
        Some((_, ending)) => ENDINGS.iter().any(|e| e.eq_ignore_ascii_case(ending)),
        // Scripts and configuration often have no ending.
        None => true,
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the module that reads files")]
fn read(path: &Path, namer: &Namer, found: &Found) {
    let name = namer.name(path);
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (len, mut file) = match opened {
        Ok(opened) => opened,
        Err(error) => return note(found, Some(name), error.to_string()),
    };
    // A script is short; a large file without an ending is a program or data.
    if path.extension().is_none() && len > LONGEST_SCRIPT {
        return;
    }
    if len > LARGEST {
        return note(found, Some(name), format!("larger than {} MiB", LARGEST >> 20));
    }
    let mut bytes = vec![0; len as usize];
    match fill(&mut file, &mut bytes) {
        Ok(read) => bytes.truncate(read),
        Err(error) => return note(found, Some(name), error.to_string()),
    }
    match String::from_utf8(bytes) {
        Ok(text) => {
            let source = Source { path: name.into(), text: Arc::from(text) };
            let is_configuration = path.extension().is_some_and(|e| e == "tf" || e == "tofu");
            let module = path.parent().filter(|_| is_configuration).map(Path::to_path_buf);
            lock(found, |met| {
                met.files.push(source);
                met.modules.extend(module);
            });
        }
        // A binary without a telling name is nobody's configuration.
        Err(error) if error.as_bytes().iter().take(1024).any(|b| *b == 0) => {}
        Err(_) => note(found, Some(name), "not UTF-8".into()),
    }
}

/// Reads as much as there is room for. Mostly one call to the system: `read_to_end` would ask it
/// four more questions about each file.
fn fill(file: &mut File, bytes: &mut [u8]) -> std::io::Result<usize> {
    let mut at = 0;
    while at < bytes.len() {
        match file.read(&mut bytes[at..]) {
            Ok(0) => break,
            Ok(read) => at += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(at)
}

fn note(found: &Found, path: Option<String>, reason: String) {
    let entry = (path.unwrap_or_default(), reason);
    lock(found, |met| met.unreadable.push(entry));
}

/// How files below one path of the command line are called in reports: relative to the working
/// directory where they lie in it, else relative to the path itself.
struct Namer {
    root: PathBuf,
    prefix: String,
}

impl Namer {
    fn new(path: &Path, here: &Path, is_dir: bool) -> Namer {
        let root = if is_dir { path } else { path.parent().unwrap_or(path) };
        let full = normal(&here.join(root));
        let prefix = match full.strip_prefix(normal(here)) {
            Ok(inside) => slashes(inside),
            Err(_) => String::new(),
        };
        Namer { root: root.to_path_buf(), prefix }
    }

    fn name(&self, path: &Path) -> String {
        let inside = slashes(path.strip_prefix(&self.root).unwrap_or(path));
        if self.prefix.is_empty() { inside } else { format!("{}/{inside}", self.prefix) }
    }
}

/// Without `.` and `..`, by words alone.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// With `/`, and without `.` and `..`.
fn slashes(path: &Path) -> String {
    let mut out = String::with_capacity(path.as_os_str().len());
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => out.truncate(out.rfind('/').unwrap_or(0)),
            other => {
                if !out.is_empty() {
                    out.push('/');
                }
                out.push_str(&other.as_os_str().to_string_lossy());
            }
        }
    }
    out
}
