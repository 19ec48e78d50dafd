//! What a front end says about its files, before anybody has joined it with the rest.
//!
//! Names ([`Address`]) and wants ([`Ref`]) are all that front ends share. `link` looks each want
//! up once; one that finds nothing is unknown with [`Why::NotHere`](super::fact::Why), never "no".

mod charts;
mod network;
mod stores;
mod workload;

use std::fmt;

use super::fact::Name;
use super::routing::Routing;
use crate::source::{FileId, Place, Problem};

pub(crate) use charts::*;
pub(crate) use network::*;
pub(crate) use stores::*;
pub(crate) use workload::*;

/// What others may call a thing. One string, so that formats can name one another's things:
/// `tf:ROOT/aws_security_group.db`, `k8s:ConfigMap/NAMESPACE/NAME`, `file:PATH`,
/// `aws:target-group-name/NAME`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Address(pub(crate) Name);

impl Address {
    pub(crate) fn new(text: impl Into<Name>) -> Address {
        Address(text.into())
    }

    /// A file of the project, by its path relative to the root.
    pub(crate) fn file(path: &str) -> Address {
        Address(format!("file:{path}").into())
    }

    /// An object of Kubernetes, `KIND/NAMESPACE/NAME`: as it stands in a file, or (with the name of
    /// an environment) as an overlay renders it.
    pub(crate) fn of_object(environment: &str, object: &str) -> Address {
        match environment {
            "" => Address(format!("k8s:{object}").into()),
            name => Address(format!("k8s@{}:{object}", name.replace(':', "_")).into()),
        }
    }

    /// What stands behind the kind of address: `KIND/NAMESPACE/NAME` of an object.
    pub(crate) fn object(&self) -> &str {
        self.0.split_once(':').map_or(&self.0, |(_, object)| object)
    }

    /// The name that something of all namespaces is found by, too: `KIND/*/NAME`.
    pub(crate) fn in_any_namespace(&self) -> Option<Address> {
        let (kind, rest) = self.object().split_once('/')?;
        let (_, name) = rest.split_once('/')?;
        let before = &self.0[..self.0.len() - self.object().len()];
        Some(Address(format!("{before}{kind}/*/{name}").into()))
    }

    /// The environment that the thing belongs to, if it is part of one.
    pub(crate) fn environment(&self) -> Option<&str> {
        environment(&self.0)
    }

    /// The same name without the environment.
    pub(crate) fn bare(&self) -> Address {
        match self.environment() {
            None => self.clone(),
            Some(name) => Address(self.0.replacen(&format!("k8s@{name}:"), "k8s:", 1).into()),
        }
    }
}

/// The environment in an address or in a name made of one: `ch:k8s@overlays/prod:ConfigMap/…`.
pub(crate) fn environment(address: &str) -> Option<&str> {
    // Most addresses are of objects outside of any environment, or have no `@` at all.
    let plain = address.starts_with("k8s:") || !address.as_bytes().contains(&b'@');
    let at = (!plain).then(|| address.find("k8s@"))??;
    let inside = &address[at + 4..];
    let begins = at == 0 || address[..at].ends_with([':', '/']);
    inside.split_once(':').map(|(name, _)| name).filter(|_| begins)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One rendering of shared files: an overlay of kustomize. Renderings that share a file are
/// alternatives (staging and production); others may stand in one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// As in the addresses of what it holds.
    pub(crate) name: Name,
    /// The files that it is made of.
    pub(crate) files: Vec<FileId>,
}

/// Everything a front end found in its files.
#[derive(Default, Debug)]
pub(crate) struct Fragment {
    pub(crate) nodes: Vec<Node>,
    pub(crate) hops: Vec<Hop>,
    /// Steps that only a look at other objects decides.
    pub(crate) routing: Routing,
    pub(crate) filters: Vec<Filter>,
    pub(crate) rules: Vec<RuleFor>,
    pub(crate) attaches: Vec<Attach>,
    pub(crate) containers: Vec<Container>,
    pub(crate) bundles: Vec<Bundle>,
    pub(crate) namespaces: Vec<NamespaceDraft>,
    pub(crate) releases: Vec<Release>,
    /// Objects that tell where charts come from: their addresses and URLs.
    pub(crate) chart_sources: Vec<(Address, Name, Place)>,
    /// Installations of an operator that wait for their templates, which may stand in other files.
    pub(crate) installations: Vec<Installation>,
    pub(crate) local_charts: Vec<LocalChart>,
    /// Heads of files that are templates, which somebody has to render first.
    pub(crate) templates: Vec<Place>,
    /// Configuration files on disk.
    pub(crate) files: Vec<ConfigFile>,
    /// Files that became entries of bundles, and are judged there.
    pub(crate) contents: Vec<Address>,
    pub(crate) environments: Vec<Environment>,
    pub(crate) stores: Vec<Store>,
    pub(crate) settled: Vec<Settled>,
    pub(crate) keeps: Vec<Keep>,
    pub(crate) logs: Vec<LogDraft>,
    pub(crate) secrets: Vec<super::concept::Secret>,
    pub(crate) defects: Vec<super::concept::Defect>,
    pub(crate) problems: Vec<Problem>,
    /// What was seen and not understood: a resource without a card, a chart without a renderer.
    pub(crate) not_understood: Vec<(Place, Name)>,
    /// Suppressions that a format has words of its own for (annotations): rules, whole block.
    pub(crate) ignores: Vec<(Place, Place, Vec<Name>)>,
    /// What seawall's configuration says of tables, once for the whole run.
    pub(crate) declared: Vec<super::class::Declared>,
}

impl Fragment {
    /// One of many, in their order.
    pub(crate) fn of(parts: Vec<Fragment>) -> Fragment {
        let mut all = Fragment::default();
        all.reserve(&parts);
        for part in parts {
            all.absorb(part);
        }
        all
    }

    /// Makes room in the lists that grow with every project: to copy them again and again as they
    /// grow cost more than all of linking.
    fn reserve(&mut self, parts: &[Fragment]) {
        fn room<T>(list: &mut Vec<T>, parts: &[Fragment], same: fn(&Fragment) -> &Vec<T>) {
            list.reserve_exact(parts.iter().map(|part| same(part).len()).sum());
        }
        room(&mut self.nodes, parts, |part| &part.nodes);
        room(&mut self.hops, parts, |part| &part.hops);
        room(&mut self.filters, parts, |part| &part.filters);
        room(&mut self.attaches, parts, |part| &part.attaches);
        room(&mut self.containers, parts, |part| &part.containers);
        room(&mut self.bundles, parts, |part| &part.bundles);
        room(&mut self.files, parts, |part| &part.files);
        room(&mut self.stores, parts, |part| &part.stores);
        room(&mut self.keeps, parts, |part| &part.keeps);
        room(&mut self.logs, parts, |part| &part.logs);
    }

    /// Takes over everything of another fragment.
    pub(crate) fn absorb(&mut self, other: Fragment) {
        self.nodes.extend(other.nodes);
        self.hops.extend(other.hops);
        self.routing.absorb(other.routing);
        self.filters.extend(other.filters);
        self.rules.extend(other.rules);
        self.attaches.extend(other.attaches);
        self.containers.extend(other.containers);
        self.bundles.extend(other.bundles);
        self.namespaces.extend(other.namespaces);
        self.releases.extend(other.releases);
        self.chart_sources.extend(other.chart_sources);
        self.local_charts.extend(other.local_charts);
        self.templates.extend(other.templates);
        self.files.extend(other.files);
        self.contents.extend(other.contents);
        self.environments.extend(other.environments);
        self.stores.extend(other.stores);
        self.settled.extend(other.settled);
        self.keeps.extend(other.keeps);
        self.logs.extend(other.logs);
        self.secrets.extend(other.secrets);
        self.defects.extend(other.defects);
        self.problems.extend(other.problems);
        self.not_understood.extend(other.not_understood);
        self.ignores.extend(other.ignores);
        self.installations.extend(other.installations);
    }
}
