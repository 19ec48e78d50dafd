//! One module: the blocks of all files of a folder, overrides merged, sorted by what they declare.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::super::roots;
use super::aliases;
use crate::formats::{Parsed, Unit};
use crate::model::fact::Name;
use crate::paths;
use crate::source::FileId;
use crate::tree::hcl::{Attribute, Block, Body, Expr, ExprKind};

/// The declarations of one folder.
#[derive(Default)]
pub(super) struct Module<'a> {
    pub(super) folder: Name,
    pub(super) variables: FxHashMap<Name, Cow<'a, Block>>,
    pub(super) locals: FxHashMap<Name, Cow<'a, Attribute>>,
    pub(super) outputs: FxHashMap<Name, Cow<'a, Block>>,
    pub(super) calls: BTreeMap<Name, Cow<'a, Block>>,
    /// By `aws_instance.db` or `data.aws_ami.x`.
    pub(super) resources: BTreeMap<Name, Cow<'a, Block>>,
    /// Declarations of one address beyond the first, by that address. Terraform refuses them, but
    /// folders of examples have them, each file meant for itself.
    twins: FxHashMap<Name, Vec<Name>>,
    /// Configurations of providers: by `aws`, or `aws.west` of an alias.
    pub(super) providers: BTreeMap<Name, Cow<'a, Block>>,
    pub(super) settings: Vec<&'a Block>,
    /// Bodies that give variables their values, in the order in which Terraform reads them.
    pub(super) values: Vec<&'a Body>,
    pub(super) has_configuration: bool,
}

/// All modules of a unit, by folder.
pub(super) fn collect<'a>(unit: &Unit<'a>) -> BTreeMap<Name, Module<'a>> {
    let mut folders: BTreeMap<&str, Vec<(&str, &'a Body)>> = BTreeMap::new();
    for (file, parsed) in &unit.files {
        if let Parsed::Hcl(body) = parsed {
            let (folder, name) = paths::split(unit.sources.path(*file));
            folders.entry(folder).or_default().push((name, body));
        }
    }
    let modules = folders.into_iter().map(|(folder, mut files)| {
        files.sort_by_key(|(name, _)| *name);
        (Name::from(folder), Module::new(folder, &files))
    });
    modules.collect()
}

/// The lock file of a module's folder.
pub(super) fn lock_file(unit: &Unit, folder: &str) -> Option<FileId> {
    unit.sources.find(&paths::resolve(folder, ".terraform.lock.hcl")?)
}

/// The address that somebody wrote, of one that tells twins apart.
pub(super) fn declared(name: &str) -> &str {
    name.split_once('~').map_or(name, |(name, _)| name)
}

/// The text that an expression literally is.
pub(super) fn literal(expr: &Expr) -> Option<&Name> {
    match &expr.kind {
        ExprKind::String(text, _) => Some(text),
        _ => None,
    }
}

impl<'a> Module<'a> {
    fn new(folder: &str, files: &[(&str, &'a Body)]) -> Module<'a> {
        let mut module = Module { folder: folder.into(), ..Module::default() };
        let exists = |wanted: &str| files.iter().any(|(name, _)| *name == wanted);
        let read: Vec<_> = files
            .iter()
            .filter(|(name, _)| roots::is_configuration(name) && !roots::is_hidden(name, exists))
            .collect();
        module.has_configuration = !read.is_empty();
        // Overrides are merged last, in the order of their names.
        for (_, body) in read.iter().filter(|(name, _)| !roots::is_override(name)) {
            body.blocks.iter().for_each(|block| module.declare(block, false));
        }
        for (_, body) in read.iter().filter(|(name, _)| roots::is_override(name)) {
            body.blocks.iter().for_each(|block| module.declare(block, true));
        }
        module.values = values(files);
        module
    }

    /// A module as a card has it.
    pub(super) fn of_card(folder: &str, body: &'a Body) -> Module<'a> {
        Module::new(folder, &[("main.tf", body)])
    }

    fn declare(&mut self, block: &'a Block, overrides: bool) {
        let label = |index: usize| block.labels.get(index).map(|l| l.text.clone());
        match (&*block.kind, label(0), label(1)) {
            ("locals", ..) => {
                for attribute in &block.body.attributes {
                    self.locals.insert(attribute.name.clone(), Cow::Borrowed(attribute));
                }
            }
            ("terraform", ..) => self.settings.push(block),
            ("provider", ..) => {
                if let Some(name) = aliases::configured(block) {
                    let old = self.providers.remove(&name);
                    self.providers.insert(name, merged(old, block, overrides));
                }
            }
            ("variable", Some(name), _) => {
                let old = self.variables.remove(&name);
                self.variables.insert(name, merged(old, block, overrides));
            }
            ("output", Some(name), _) => {
                let old = self.outputs.remove(&name);
                self.outputs.insert(name, merged(old, block, overrides));
            }
            ("module", Some(name), _) => {
                let old = self.calls.remove(&name);
                self.calls.insert(name, merged(old, block, overrides));
            }
            ("resource" | "data", Some(kind), Some(name)) => {
                let prefix = if &*block.kind == "data" { "data." } else { "" };
                let address = Name::from(format!("{prefix}{kind}.{name}"));
                if !overrides && self.resources.contains_key(&address) {
                    self.twin(&address, block);
                    return;
                }
                let old = self.resources.remove(&address);
                self.resources.insert(address, merged(old, block, overrides));
            }
            _ => {}
        }
    }
}

impl<'a> Module<'a> {
    fn twin(&mut self, address: &Name, block: &'a Block) {
        let twins = self.twins.entry(address.clone()).or_default();
        let name = Name::from(format!("{address}~{}", twins.len() + 2));
        twins.push(name.clone());
        self.resources.insert(name, Cow::Borrowed(block));
    }

    /// The declaration that an expression in a file means: the file's own, if there are several.
    pub(super) fn nearest<'n>(&'n self, name: &'n Name, file: FileId) -> &'n Name {
        let Some(twins) = self.twins.get(name) else { return name };
        let here = |name: &Name| self.resources.get(name).is_some_and(|b| b.head.file == file);
        if here(name) {
            return name;
        }
        twins.iter().find(|twin| here(twin)).unwrap_or(name)
    }
}

/// An override's attributes replace attributes, its blocks replace all blocks of their kind
/// (Terraform, language/files/override).
fn merged<'a>(old: Option<Cow<'a, Block>>, new: &'a Block, overrides: bool) -> Cow<'a, Block> {
    let Some(old) = old.filter(|_| overrides) else { return Cow::Borrowed(new) };
    let mut block = old.into_owned();
    for attribute in &new.body.attributes {
        block.body.attributes.retain(|a| a.name != attribute.name);
        block.body.attributes.push(attribute.clone());
    }
    let replaced = |b: &Block| new.body.blocks.iter().any(|n| generates(n) == generates(b));
    block.body.blocks.retain(|b| !replaced(b));
    block.body.blocks.extend(new.body.blocks.iter().cloned());
    Cow::Owned(block)
}

/// The kind of block that a block stands for: a `dynamic` generates another kind.
fn generates(block: &Block) -> &Name {
    match block.labels.first() {
        Some(label) if &*block.kind == "dynamic" => &label.text,
        _ => &block.kind,
    }
}

/// `terraform.tfvars`, then its JSON form, then `*.auto.tfvars` and `*.auto.tfvars.json` by name
/// (Terraform, language/values/variables). Other files of values are read on request only.
fn values<'a>(files: &[(&str, &'a Body)]) -> Vec<&'a Body> {
    let rank = |name: &str| match name {
        "terraform.tfvars" => Some(0),
        "terraform.tfvars.json" => Some(1),
        _ if name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json") => Some(2),
        _ => None,
    };
    let mut ranked: Vec<_> =
        files.iter().filter_map(|(name, body)| Some((rank(name)?, *name, *body))).collect();
    ranked.sort_by_key(|(rank, name, _)| (*rank, *name));
    ranked.into_iter().map(|(_, _, body)| body).collect()
}
