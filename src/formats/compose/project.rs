//! Projects: the Compose files that are read together, and the env files that they name.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};

use super::env_file::Variables;
use super::interpolate::Interpolation;
use super::stock::{MAX_DEPTH, Stock};
use super::{merge, service, traefik};
use crate::catalog::Catalog;
use crate::formats::Unit;
use crate::formats::clear_text::{self, Holder};
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Address, Bundle, BundleEntry, Fragment};
use crate::paths;
use crate::source::{FileId, Place, Sources};
use crate::tree::node::{Entry, Node};

/// What the services of one project share.
pub(super) struct Project<'a> {
    pub(super) sources: &'a Sources,
    pub(super) catalog: &'a Catalog,
    /// The path of the file that names the project.
    pub(super) owner: &'a str,
    /// The documents that make it up, later ones over earlier ones.
    pub(super) roots: Vec<&'a Node>,
    pub(super) fill: Interpolation<'a>,
    /// Where relative paths start, if not at the file that holds them.
    pub(super) directory: Option<Name>,
}

impl<'a> Project<'a> {
    /// `compose:PATH/SERVICE`.
    pub(super) fn address(&self, service: &str) -> Address {
        Address::new(format!("compose:{}/{service}", self.owner))
    }

    /// `compose:PATH@NETWORK/NAME`: a name that others on a network call a service by.
    pub(super) fn on_network(&self, network: &str, name: &str) -> Address {
        let name = name.to_ascii_lowercase();
        Address::new(format!("compose:{}@{network}/{name}", self.owner))
    }

    /// A path as it stands in a file of the project, relative to the root; `None` outside of it.
    pub(super) fn resolve(&self, path: &str, at: Place) -> Option<Name> {
        let own = paths::folder(self.sources.path(at.file));
        resolve(self.directory.as_deref().unwrap_or(own), path)
    }

    /// A definition at the top level: a network, a config, a secret.
    pub(super) fn definition(&self, section: &str, name: &str) -> Option<&'a Entry> {
        self.roots.iter().rev().find_map(|root| root.get(section)?.map()?.entry(name))
    }
}

/// A path that a Compose file names; `None` outside of the project.
pub(super) fn resolve(folder: &str, path: &str) -> Option<Name> {
    if path.starts_with(['/', '~']) {
        return None;
    }
    paths::resolve(folder, path).map(Name::from)
}

/// Files that Compose reads together, the first of which names the project.
struct Stack<'s> {
    files: &'s [FileId],
    /// Only these services are judged: the others are as in the file below.
    only: Option<FxHashSet<Name>>,
}

/// Lowers the projects of a unit one by one.
struct Lowering<'a, 'o> {
    stock: Stock<'a>,
    templates: FxHashSet<(FileId, Name)>,
    done: FxHashSet<FileId>,
    env_files: FxHashSet<Name>,
    out: &'o mut Fragment,
}

pub(super) fn lower(unit: &Unit, out: &mut Fragment) {
    let stock = Stock::new(unit);
    let included: FxHashSet<FileId> = stock
        .files
        .iter()
        .flat_map(|file| stock.included(*file))
        .flat_map(|(files, _)| files.unwrap_or_default())
        .collect();
    let templates = stock.templates();
    let (done, env_files) = (FxHashSet::default(), FxHashSet::default());
    let mut lowering = Lowering { stock, templates, done, env_files, out };
    let files = lowering.stock.files.clone();
    let (inside, outside): (Vec<FileId>, Vec<FileId>) =
        files.into_iter().partition(|f| included.contains(f));
    for file in outside.into_iter().chain(inside) {
        lowering.file(file);
    }
    let mut named: Vec<Name> = lowering.env_files.into_iter().collect();
    named.sort_unstable();
    for path in named {
        bundle(unit.sources, &path, out);
    }
}

impl<'a> Lowering<'a, '_> {
    /// The project that a file begins, if it begins one.
    fn file(&mut self, file: FileId) {
        if self.done.contains(&file) || overridden(&self.stock, file).is_some() {
            return;
        }
        let (files, only) = match overlaid(&self.stock, file) {
            Some(base) => {
                let names = self.stock.services(file).map(|e| e.key.clone()).collect();
                (vec![base, file], Some(names))
            }
            None => (with_override(&self.stock, file), None),
        };
        let environment = environment(self.stock.sources, paths::folder(self.stock.path(file)));
        let owner = self.stock.path(file);
        self.done.insert(file);
        self.stack(&Stack { files: &files, only }, owner, None, &environment, 0);
    }

    fn stack(
        &mut self,
        layers: &Stack,
        owner: &str,
        directory: Option<Name>,
        environment: &Variables,
        depth: usize,
    ) {
        let stock = &self.stock;
        let roots = layers.files.iter().flat_map(|file| stock.roots(*file)).collect();
        let fill = Interpolation::new(environment);
        let (sources, catalog) = (stock.sources, stock.catalog);
        let project = Project { sources, catalog, owner, roots, fill, directory };
        let services = self.services(layers);
        let proxies = traefik::among(services.values());
        for entry in services.values() {
            service::lower(&project, entry, &proxies, self.out);
            let named = env_files(&project, &entry.value).into_iter();
            self.env_files.extend(named.map(|(path, _)| path));
        }
        for file in layers.files {
            for (files, item) in self.stock.included(*file) {
                let followed = files.filter(|f| depth < MAX_DEPTH && !layers.files.contains(&f[0]));
                if let Some(files) = followed {
                    self.include(*file, &files, item, owner, environment, depth);
                } else {
                    let what = "the Compose files that are included here";
                    self.out.not_understood.push((item.place, what.into()));
                }
            }
        }
    }

    /// Included services belong to the project. Variables of their own env file fill in what the
    /// project does not set (Compose specification, "include").
    fn include(
        &mut self,
        from: FileId,
        files: &[FileId],
        item: &Node,
        owner: &str,
        outer: &Variables,
        depth: usize,
    ) {
        if !self.done.insert(files[0]) && depth > 0 {
            return;
        }
        self.done.extend(files);
        let here = paths::folder(self.stock.path(from));
        let named = |key: &str| resolve(here, item.get(key)?.str()?);
        let directory = named("project_directory");
        let home = paths::folder(self.stock.path(files[0]));
        let sources = self.stock.sources;
        let mut variables = match item.get("env_file") {
            None => environment(sources, directory.as_deref().unwrap_or(home)),
            Some(node) => {
                let single = std::slice::from_ref(node);
                let nodes = if node.scalar().is_some() { single } else { node.items() };
                let mut all = Variables::default();
                for path in nodes.iter().filter_map(|n| resolve(here, n.str()?)) {
                    all.add(&read_variables(sources, &path));
                }
                all
            }
        };
        variables.add(outer);
        let layers = Stack { files, only: None };
        self.stack(&layers, owner, directory, &variables, depth + 1);
    }

    /// The services of some files, each merged through all of them, in the order of their names'
    /// first appearance.
    fn services(&self, layers: &Stack) -> Services<'a> {
        let stock = &self.stock;
        let mut services = Services::default();
        for file in layers.files {
            for entry in stock.services(*file) {
                let wanted = layers.only.as_ref().is_none_or(|only| only.contains(&entry.key));
                if !wanted || self.templates.contains(&(*file, entry.key.clone())) {
                    continue;
                }
                let value = stock.resolved(*file, &entry.value, 0);
                services.add(entry, value, stock.sources);
            }
        }
        services
    }
}

/// Services by name.
#[derive(Default)]
struct Services<'a> {
    list: Vec<Cow<'a, Entry>>,
    index: FxHashMap<Name, usize>,
}

impl<'a> Services<'a> {
    fn values(&self) -> impl Iterator<Item = &Entry> {
        self.list.iter().map(AsRef::as_ref)
    }

    fn add(&mut self, entry: &'a Entry, value: Cow<'a, Node>, sources: &Sources) {
        if let Some(at) = self.index.get(&entry.key) {
            let below = &mut self.list[*at];
            let merged = merge::service(&below.value, &value, sources);
            *below = Cow::Owned(Entry { value: merged, ..Entry::clone(below) });
            return;
        }
        self.index.insert(entry.key.clone(), self.list.len());
        self.list.push(match value {
            Cow::Borrowed(_) => Cow::Borrowed(entry),
            Cow::Owned(value) => {
                Cow::Owned(Entry { key: entry.key.clone(), key_place: entry.key_place, value })
            }
        });
    }
}

/// A file and the one that Compose reads on top of it unasked: `compose.override.yaml` over
/// `compose.yaml` (Compose documentation, "Merge Compose files").
fn with_override(stock: &Stock, file: FileId) -> Vec<FileId> {
    let over = stock.files.iter().copied().find(|f| overridden(stock, *f) == Some(file));
    std::iter::once(file).chain(over).collect()
}

/// The file that an override is for.
fn overridden(stock: &Stock, file: FileId) -> Option<FileId> {
    let path = stock.path(file);
    let (stem, extension) = path.rsplit_once(".override.")?;
    let name = stem.rsplit('/').next().unwrap_or(stem);
    let candidates = [extension, "yaml", "yml"];
    candidates.into_iter().find_map(|ending| stock.near(file, &format!("{name}.{ending}")))
}

/// The file below one that is read with `-f` after it: it has services that only say what is
/// other than there.
fn overlaid(stock: &Stock, file: FileId) -> Option<FileId> {
    let base = stock.default_beside(file)?;
    let lacks = |e: &&Entry| {
        e.value.map().is_some()
            && ["image", "build", "extends"].iter().all(|k| e.value.get(k).is_none())
    };
    let mut partial = stock.services(file).filter(lacks).peekable();
    partial.peek()?;
    partial.any(|e| stock.services(base).any(|b| b.key == e.key)).then_some(base)
}

/// The `.env` file of a folder.
fn environment(sources: &Sources, folder: &str) -> Variables {
    let path = if folder.is_empty() { ".env".to_owned() } else { format!("{folder}/.env") };
    read_variables(sources, &path)
}

pub(super) fn read_variables(sources: &Sources, path: &str) -> Variables {
    sources.find(path).map_or_else(Variables::default, |id| Variables::read(&sources.text(id)))
}

/// The env files of a service, later ones winning, with the nodes that name them.
pub(super) fn env_files<'a>(project: &Project, service: &'a Node) -> Vec<(Name, &'a Node)> {
    let Some(node) = service.get("env_file") else { return Vec::new() };
    let nodes = if node.scalar().is_some() { std::slice::from_ref(node) } else { node.items() };
    let named = nodes.iter().filter_map(|node| {
        let path = project.fill.fact(node.get("path").unwrap_or(node));
        Some((project.resolve(path.known()?, node.place)?, node))
    });
    named.collect()
}

fn bundle(sources: &Sources, path: &str, out: &mut Fragment) {
    let Some(id) = sources.find(path) else { return };
    let text = sources.text(id);
    let address = Address::file(path);
    let exists = Fact::written(true, text.whole());
    let holder = Holder {
        address: &address,
        title: &format!("`{path}`"),
        whole: text.whole(),
        exists: &exists,
    };
    let mut entries = Vec::new();
    for (key, variable) in Variables::read(&text).list {
        if let Some(value) = variable.value.known() {
            out.secrets.extend(clear_text::secret(&holder, &key, value, variable.place));
        }
        let (value, place) = (variable.value, variable.place);
        entries.push(BundleEntry { key, value, place, file: None });
    }
    out.bundles.push(Bundle {
        title: format!("`{path}`").into(),
        place: text.place(0..0),
        secret: false,
        entries,
        address,
    });
}
