//! Containers with everything that is put into them, and the stores they turn out to be.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::index::{Folders, Index};
use super::proxies;
use crate::catalog::Catalog;
use crate::catalog::image::ImageCard;
use crate::catalog::proxy::proxy;
use crate::model::class::Declared;
use crate::model::concept::{Defect, Secret};
use crate::model::fact::{Basis, Evidence, Fact, Name, Why};
use crate::model::fragment::{
    Address, Bundle, BundleEntry, ConfigBody, ConfigFile, Container, EnvValue, Fragment, Hop, Keep,
    LogDraft, Mount, MountSource, Node, NodeKind, Ref, Settled, Store,
};
use crate::source::{Place, Sources};
use crate::stores::{self, Parts, Program};

/// What came out of all containers and configuration files.
#[derive(Default)]
pub(crate) struct Built {
    pub(crate) stores: Vec<Store>,
    pub(crate) keeps: Vec<Keep>,
    pub(crate) logs: Vec<LogDraft>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) defects: Vec<Defect>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) hops: Vec<Hop>,
}

impl Built {
    fn take(&mut self, parts: Parts) {
        self.stores.extend(parts.stores);
        self.keeps.extend(parts.keeps);
        self.logs.extend(parts.logs);
        self.secrets.extend(parts.secrets);
        self.defects.extend(parts.defects);
    }
}

pub(crate) fn build(
    all: &Fragment,
    catalog: &Catalog,
    sources: &Sources,
    folders: &Arc<Folders>,
) -> Built {
    let inputs = Inputs::new(all, sources, folders);
    let cards = cards(&all.containers, catalog);
    let telling: Vec<&ImageCard> = catalog.told_by_command().collect();
    let mut settled: FxHashMap<&Address, Vec<&Settled>> = FxHashMap::default();
    for one in &all.settled {
        settled.entry(&one.container).or_default().push(one);
    }
    let programs: Vec<(Parts, Vec<&Address>)> = all
        .containers
        .par_iter()
        .filter_map(|container| {
            let Fact::Known(image, origin) = &container.image else { return None };
            let card = by_command(container, &telling);
            let card = card.or_else(|| cards.get(image).copied().flatten())?;
            // Its handler reads the whole configuration of the image, of which too little is known.
            if card.handled_by.is_some() && matches!(origin.basis, Basis::Guessed(_)) {
                return None;
            }
            let program = inputs.program(container);
            if stores::settings::client::is_client(&program) {
                return None;
            }
            let mounted = program.files.iter().map(|(_, f)| &f.address).collect();
            let mut parts = if card.handled_by.as_deref() == Some("clickhouse") {
                stores::clickhouse::in_container(&program, catalog)
            } else {
                stores::settings::in_container(&program, card)
            };
            let versions = settled.get(&container.address).map_or(&[][..], Vec::as_slice);
            if let (Some(settled), Some(store)) =
                (version(versions, container), parts.stores.first_mut())
            {
                settle(store, settled);
            }
            Some((parts, mounted))
        })
        .collect();
    let mut built = Built::default();
    let passing: Vec<_> = all
        .containers
        .par_iter()
        .filter_map(|container| {
            let kind = proxy(container.image.known()?)?;
            let exists = container.exists.known() != Some(&false);
            exists.then(|| (container, stores::proxies::read(&inputs.program(container), kind)))
        })
        .collect();
    built.hops = proxies::hops(passing, &all.containers, &all.nodes);
    let mut mounted: FxHashSet<&Address> = FxHashSet::default();
    for (parts, files) in programs {
        built.take(parts);
        mounted.extend(files);
    }
    let rest: Vec<&ConfigFile> =
        inputs.files.iter().copied().filter(|f| !mounted.contains(&f.address)).collect();
    on_disk(&rest, &all.declared, &mut built);
    built
}

/// Of several files that describe one resource, what the container's own says.
fn version<'a>(versions: &[&'a Settled], container: &Container) -> Option<&'a Settled> {
    let in_file = versions.iter().filter(|s| s.whole.file == container.place.file);
    let own = in_file.min_by_key(|s| s.whole.start.abs_diff(container.place.start));
    own.or(versions.last()).copied()
}

/// What the operator of a server decides takes the place of what its image would do.
fn settle(store: &mut Store, settled: &Settled) {
    fn set<T: Clone>(fact: &mut Fact<T>, told: &Fact<T>) {
        if !told.is_unset() {
            fact.clone_from(told);
        }
    }
    if !settled.logins.is_empty() {
        store.logins.clone_from(&settled.logins);
    }
    if !settled.endpoints.is_empty() {
        store.endpoints.clone_from(&settled.endpoints);
    }
    for endpoint in store.endpoints.iter_mut().filter(|e| e.role.contains("data")) {
        set(&mut endpoint.tls, &settled.tls);
    }
    set(&mut store.tls_required, &settled.tls_required);
    set(&mut store.node_tls, &settled.node_tls);
    set(&mut store.audit_log, &settled.audit_log);
    set(&mut store.backup_days, &settled.backup_days);
    set(&mut store.encrypted_at_rest, &settled.encrypted_at_rest);
    set(&mut store.tells_clients_apart, &settled.tells_clients_apart);
}

/// The card of every image that is named, each looked up once.
fn cards<'a>(
    containers: &'a [Container],
    catalog: &'a Catalog,
) -> FxHashMap<&'a Name, Option<&'a ImageCard>> {
    let mut cards = FxHashMap::default();
    for image in containers.iter().filter_map(|c| c.image.known()) {
        cards.entry(image).or_insert_with(|| catalog.image(image));
    }
    cards
}

/// The card of the program that a container names as its command, where that name is the program's
/// alone.
fn by_command<'a>(container: &Container, telling: &[&'a ImageCard]) -> Option<&'a ImageCard> {
    let first = container.command.known()?.first()?.known()?;
    let name = first.rsplit('/').next().unwrap_or(first);
    telling.iter().find(|card| card.command.told_by.iter().any(|told| told == name)).copied()
}

/// Configuration that no container takes in: servers by folder layout, tables by folder.
fn on_disk(rest: &[&ConfigFile], declared: &[Declared], built: &mut Built) {
    let is_config = |file: &&&ConfigFile| {
        matches!(file.body, ConfigBody::ClickHouse(_) | ConfigBody::Variables(_))
    };
    let configs: Vec<&ConfigFile> = rest.iter().filter(is_config).copied().collect();
    let parts = stores::clickhouse::on_disk(&configs);
    for store in &parts.stores {
        host(store, built);
    }
    built.take(parts);

    let schemas: Vec<&ConfigFile> =
        rest.iter().copied().filter(|f| matches!(f.body, ConfigBody::ClickHouseSql(_))).collect();
    built.take(stores::clickhouse::tables(&schemas, None, declared));
}

/// A server known from its configuration alone stands on some machine in some network.
fn host(store: &Store, built: &mut Built) {
    built.nodes.push(Node {
        address: store.node.clone(),
        aliases: Vec::new(),
        kind: NodeKind::Machine,
        place: store.place,
        exists: Fact::written(true, store.place),
        pod: None,
    });
    // Configuration in an object of a cluster is for some pod of it.
    let around = if store.address.0.starts_with("ch:k8s") {
        (Ref::Cluster, "pods of the cluster reach the ports that the server opens")
    } else {
        (Ref::AnyNetwork, "the network of the machine reaches the ports that the server opens")
    };
    for (from, say) in [around, (Ref::Local, "programs on the same machine reach the server")] {
        built.hops.push(Hop::new(from, Ref::To(store.node.clone()), store.place, say));
    }
}

/// Bundles and files by name.
struct Inputs<'a> {
    bundles: &'a [Bundle],
    bundle_index: Index,
    files: Vec<&'a ConfigFile>,
    /// By path, so that those below a folder stand together.
    disk: BTreeMap<&'a str, &'a ConfigFile>,
    sources: &'a Sources,
    declared: &'a [Declared],
}

impl<'a> Inputs<'a> {
    fn new(all: &'a Fragment, sources: &'a Sources, folders: &Arc<Folders>) -> Inputs<'a> {
        let bundle_index = Index::new(
            all.bundles.iter().enumerate().map(|(i, b)| (&b.address, i, b.place)),
            folders,
        );
        let in_bundles =
            all.bundles.iter().flat_map(|b| &b.entries).filter_map(|e| e.file.as_ref());
        let disk = all
            .files
            .iter()
            .filter_map(|f| f.address.0.strip_prefix("file:").map(|path| (path, f)))
            .collect();
        Inputs {
            bundles: &all.bundles,
            bundle_index,
            files: all.files.iter().chain(in_bundles).collect(),
            disk,
            sources,
            declared: &all.declared,
        }
    }

    fn program(&self, container: &'a Container) -> Program<'a> {
        let mut program = Program {
            container,
            env: Vec::new(),
            env_open: None,
            files: Vec::new(),
            files_open: Vec::new(),
            declared: self.declared,
        };
        self.variables(container, &mut program);
        for mount in &container.mounts {
            self.mount(mount, &mount.source, &mut program);
        }
        program.files.sort_by(|a, b| a.0.cmp(&b.0));
        program
    }

    fn variables(&self, container: &'a Container, program: &mut Program<'a>) {
        for from in &container.env_from {
            let Some(bundle) = self.bundle(&from.bundle, from.place) else {
                let name = plain_name(&from.bundle, from.secret);
                program.env_open = Some((Why::NotHere(name), from.place));
                continue;
            };
            for entry in &bundle.entries {
                let name = format!("{}{}", from.prefix, entry.key).into();
                set(&mut program.env, name, through(entry, bundle, from.place));
            }
        }
        for env in &container.env {
            let value = match &env.value {
                EnvValue::Fact(fact) => fact.clone(),
                EnvValue::Key { bundle, key, secret, optional } => {
                    self.key(bundle, key, *secret, *optional, env.place)
                }
            };
            set(&mut program.env, env.name.clone(), value);
        }
    }

    fn key(
        &self,
        address: &Address,
        key: &str,
        secret: bool,
        optional: bool,
        place: Place,
    ) -> Fact<Name> {
        let bundle = self.bundle(address, place);
        if let Some((bundle, entry)) =
            bundle.and_then(|b| b.entries.iter().find(|e| &*e.key == key).map(|e| (b, e)))
        {
            return through(entry, bundle, place);
        }
        let name = plain_name(address, secret);
        if secret && !optional {
            // What a container must take from a secret store is there, or it does not start.
            return Fact::Unknown(Why::Environment(format!("secret {name}/{key}").into()), place);
        }
        Fact::Unknown(Why::NotHere(format!("{name}/{key}").into()), place)
    }

    fn bundle(&self, address: &Address, asker: Place) -> Option<&'a Bundle> {
        self.bundle_index.nearest(address, asker).map(|i| &self.bundles[i])
    }

    fn mount(&self, mount: &'a Mount, source: &'a MountSource, program: &mut Program<'a>) {
        match source {
            MountSource::Several(sources) => {
                for source in sources {
                    self.mount(mount, source, program);
                }
            }
            MountSource::Bundle { address, items, secret, optional } => {
                match self.bundle(address, mount.place) {
                    Some(bundle) => mount_bundle(mount, bundle, items.as_deref(), program),
                    None if *optional => {}
                    None => {
                        let why = Why::NotHere(plain_name(address, *secret));
                        program.files_open.push((mount.path.clone(), why, mount.place));
                    }
                }
            }
            MountSource::Path(path) => self.mount_path(mount, path, program),
            MountSource::Opaque => {
                let why = Why::NotHere(format!("what is mounted at {}", mount.path).into());
                program.files_open.push((mount.path.clone(), why, mount.place));
            }
        }
    }

    /// A file of the project, or every configuration file below a folder of it.
    fn mount_path(&self, mount: &Mount, path: &str, program: &mut Program<'a>) {
        let path = path.trim_end_matches('/');
        if let Some(file) = self.disk.get(path) {
            program.files.push((mount.path.clone(), file));
            return;
        }
        let folder = format!("{path}/");
        let mut any = false;
        for (name, file) in self.disk.range(&*folder..) {
            let Some(inside) = name.strip_prefix(&*folder) else { break };
            any = true;
            let target = format!("{}/{inside}", mount.path.trim_end_matches('/'));
            program.files.push((target.into(), file));
        }
        if !any && self.sources.find(path).is_none() {
            let why = Why::NotHere(path.into());
            program.files_open.push((mount.path.clone(), why, mount.place));
        }
    }
}

fn mount_bundle<'a>(
    mount: &'a Mount,
    bundle: &'a Bundle,
    items: Option<&'a [(Name, Name)]>,
    program: &mut Program<'a>,
) {
    for entry in &bundle.entries {
        let shown: &Name = match items {
            Some(items) => match items.iter().find(|(key, _)| *key == entry.key) {
                Some((_, path)) => path,
                None => continue,
            },
            None => &entry.key,
        };
        let Some(file) = &entry.file else { continue };
        match &mount.sub_path {
            Some(sub) if sub == shown => program.files.push((mount.path.clone(), file)),
            // A folder of the volume.
            Some(sub) => {
                let inside = shown.strip_prefix(sub.trim_end_matches('/'));
                if let Some(inside) = inside.and_then(|rest| rest.strip_prefix('/')) {
                    let path = format!("{}/{inside}", mount.path.trim_end_matches('/'));
                    program.files.push((path.into(), file));
                }
            }
            None => {
                let path = format!("{}/{shown}", mount.path.trim_end_matches('/'));
                program.files.push((path.into(), file));
            }
        }
    }
}

/// The value of a bundle's entry, with the bundle as a station on its way.
fn through(entry: &BundleEntry, bundle: &Bundle, place: Place) -> Fact<Name> {
    match &entry.value {
        Fact::Known(value, origin) => {
            let mut origin = origin.clone();
            let say = format!("{} sets `{}`", bundle.title, entry.key);
            let mut via = origin.via.to_vec();
            via.push(Evidence::new(entry.place, say));
            origin.via = via.into();
            origin.at = place;
            Fact::Known(value.clone(), origin)
        }
        // An entry of a Secret that is here but cannot be read is still set.
        Fact::Unknown(..) if bundle.secret => {
            Fact::Unknown(Why::Environment(format!("secret {}", entry.key).into()), place)
        }
        other => other.clone(),
    }
}

fn plain_name(address: &Address, secret: bool) -> Name {
    if let Some(path) = address.0.strip_prefix("file:") {
        return path.into();
    }
    let kind = if secret { "Secret" } else { "ConfigMap" };
    let name = address.0.rsplit('/').next().unwrap_or(&address.0);
    format!("{kind} {name}").into()
}

/// Later ones win.
fn set(env: &mut Vec<(Name, Fact<Name>)>, name: Name, value: Fact<Name>) {
    match env.iter_mut().find(|(n, _)| *n == name) {
        Some(entry) => entry.1 = value,
        None => env.push((name, value)),
    }
}
