//! Functions that read files of the project.

use std::sync::Arc;

use super::{Call, encoding, hash};
use crate::formats::terraform::lang::ops;
use crate::formats::terraform::lang::scope::Scope;
use crate::formats::terraform::lang::stop::{Outcome, Stop, fails};
use crate::formats::terraform::lang::template::Builder;
use crate::formats::terraform::lang::world::World;
use crate::formats::terraform::value::{Val, ValKind};
use crate::model::fact::Why;
use crate::paths;
use crate::source::{FileId, Text};
use crate::tree::hcl::{self, Part};

/// Templates within templates.
const MAX_NAMES: usize = 10_000;

impl World<'_> {
    /// The result, if the function is one of files.
    pub(super) fn file_function(&mut self, call: &Call, scope: &mut Scope) -> Option<Outcome> {
        Some(match call.name {
            "file" => self.file(call, scope).map(|file| self.content(call, file)),
            "filebase64" => self.file(call, scope).map(|file| {
                let content = self.content(call, file);
                let text = encoding::encode(self.sources.str(file).as_bytes());
                Val { source: Some(Arc::new(content)), ..call.string(text) }
            }),
            name if hash::of_file(name).is_some() => self.file(call, scope).map(|file| {
                let digest = hash::of_file(name).unwrap_or_default();
                call.string(hash::of(digest, self.sources.str(file).as_bytes()))
            }),
            "fileexists" => match self.file(call, scope) {
                Ok(_) => Ok(call.bool(true)),
                Err(stop) => Err(stop),
            },
            "fileset" => self.fileset(call),
            // `~` alone means another folder (Terraform, functions/pathexpand).
            "pathexpand" => call.text(0).and_then(|path| {
                let home = || Stop::Unknown(Why::Environment("HOME".into()));
                if path.starts_with('~') { Err(home()) } else { Ok(call.string(path)) }
            }),
            "templatefile" => self.templatefile(call, scope),
            "templatestring" => self.templatestring(call),
            _ => return None,
        })
    }

    /// The path of a module's folder as `path.module` has it: relative to the root.
    pub(in crate::formats::terraform::lang) fn module_path(&self, instance: usize) -> String {
        let folder = &self.instances[instance].module.folder;
        let parts = |path: &str| -> Vec<String> {
            path.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect()
        };
        let (root, folder) = (parts(self.root), parts(folder));
        let common = root.iter().zip(&folder).take_while(|(a, b)| a == b).count();
        let up = root.iter().skip(common).map(|_| "..".to_owned());
        let path: Vec<String> = up.chain(folder[common..].iter().cloned()).collect();
        if path.is_empty() { ".".into() } else { path.join("/") }
    }

    /// The file that the first argument names. Paths are relative to the root, where Terraform
    /// runs.
    fn file(&self, call: &Call, _scope: &Scope) -> Result<FileId, Stop> {
        let path = call.text(0)?;
        let outside = || Stop::Unknown(Why::NotHere(path.clone()));
        if path.starts_with(['/', '~']) {
            return Err(outside());
        }
        let inside = paths::resolve(self.root, &path).ok_or_else(outside)?;
        self.sources.find(&inside).ok_or_else(outside)
    }

    fn content(&self, call: &Call, file: FileId) -> Val {
        let text = self.sources.text(file);
        let mut pieces = Vec::new();
        text.pieces(0..text.as_str().len(), 0, &mut pieces);
        let kind = ValKind::String(text.content().clone(), pieces.into());
        let text_at = Some(text.whole());
        Val { text_at, ..call.val(kind) }
    }

    /// Names of files under a folder that match a simple pattern: `*.json`, `**/*.yaml`, `name`.
    fn fileset(&self, call: &Call) -> Outcome {
        let (folder, pattern) = (call.text(0)?, call.text(1)?);
        if pattern.contains(['[', '{', '?']) || folder.starts_with(['/', '~']) {
            return Err(Stop::Unknown(Why::Function("fileset".into())));
        }
        let Some(folder) = paths::resolve(self.root, &folder) else {
            return Err(Stop::Unknown(Why::NotHere(folder)));
        };
        let prefix = if folder.is_empty() { folder } else { folder + "/" };
        let paths = self.sources.ids().map(|file| self.sources.path(file));
        let names = paths.filter_map(|path| path.strip_prefix(&*prefix));
        let found = names.filter(|name| matches(&pattern, name)).map(|name| call.string(name));
        let found: Vec<Val> = found.collect();
        if found.is_empty() {
            // Files that are no texts of the project are not seen.
            return Err(Stop::Unknown(Why::NotHere(pattern)));
        }
        call.set(found, None)
    }

    fn templatefile(&mut self, call: &Call, scope: &Scope) -> Outcome {
        let file = self.file(call, scope)?;
        let text = self.sources.text(file);
        let read = || Arc::new(hcl::parse_template(&text).0);
        let parts = self.templates.entry(file).or_insert_with(read).clone();
        self.filled(call, &parts, &text)
    }

    fn templatestring(&mut self, call: &Call) -> Outcome {
        let Some(text) = call.arg(0)?.nested_text() else { return Err(ops::unknown(call.arg(0)?)) };
        let parts = hcl::parse_template(&text).0;
        self.filled(call, &parts, &text)
    }

    fn filled(&mut self, call: &Call, parts: &[Part], text: &Text) -> Outcome {
        let mut scope = Scope::default();
        let (entries, _) = match call.args.get(1) {
            Some(_) => call.entries(1)?,
            None => (Vec::new(), None),
        };
        if entries.len() > MAX_NAMES {
            return fails("a template of very many names");
        }
        for (name, val) in entries {
            scope.set(name, val);
        }
        let mut builder = Builder::new(call.at);
        self.parts(parts, &mut scope, &mut builder)?;
        let val = builder.finish();
        Ok(Val { text_at: Some(text.whole()), ..val })
    }
}

/// `*` is part of a name, `**/` any folders.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('/') {
        Some(("**", rest)) => {
            let folders = name.match_indices('/').map(|(at, _)| at + 1);
            std::iter::once(0).chain(folders).any(|at| matches_flat(rest, &name[at..]))
        }
        _ => matches_flat(pattern, name),
    }
}

/// Component by component.
fn matches_flat(pattern: &str, name: &str) -> bool {
    let (patterns, names) = (pattern.split('/'), name.split('/'));
    patterns.clone().count() == names.clone().count()
        && patterns.zip(names).all(|(pattern, name)| matches_name(pattern, name))
}

fn matches_name(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(head) else { return false };
    let parts: Vec<&str> = rest.split('*').collect();
    let (last, middle) = parts.split_last().unwrap_or((&"", &[]));
    for part in middle {
        match name.find(part) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(last)
}
