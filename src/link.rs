//! Joins what the front ends said into one estate.
//!
//! Every name is indexed once and every want is one lookup. A want that finds nothing becomes
//! unknown, never "no": what it names may exist outside the project. Pure: the same fragments and
//! catalog give the same estate, in whatever order the files were found.

mod graph;
mod index;
mod mounted;
mod programs;
mod proxies;
mod routing;
mod selectors;
#[cfg(test)]
mod tests;

use std::mem::take;

use rustc_hash::FxHashSet;

use crate::catalog::Catalog;
use crate::model::concept::{Defect, Secret};
use crate::model::fact::{Fact, Why};
use crate::model::fragment::{
    Address, Environment, Filter, Fragment, Hop, Keep, Layer, LogDraft, Node, Store,
};
use crate::source::{Place, Sources};

pub(crate) use index::Index;

/// The joined estate; immutable from here on.
pub(crate) struct Estate {
    pub(crate) nodes: Vec<Node>,
    /// Steps by the node that they arrive at.
    pub(crate) arrivals: Vec<Vec<Step>>,
    pub(crate) filters: Vec<Filter>,
    /// Filters in front of each node.
    pub(crate) guards: Vec<Vec<Guard>>,
    /// Nodes behind each filter.
    pub(crate) behind: Vec<Vec<usize>>,
    pub(crate) filter_index: Index,
    pub(crate) stores: Vec<Store>,
    /// The node of each store, where it is here.
    pub(crate) store_nodes: Vec<Option<usize>>,
    pub(crate) keeps: Vec<Keep>,
    pub(crate) logs: Vec<LogDraft>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) defects: Vec<Defect>,
    pub(crate) environments: Vec<Environment>,
}

/// A hop whose ends are found.
pub(crate) struct Step {
    pub(crate) from: From,
    pub(crate) hop: Hop,
}

/// Where a step begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum From {
    Internet,
    Network,
    AnyNetwork,
    Cluster,
    Neighbours,
    Overlay,
    Local,
    Node(usize),
}

/// A filter in front of a node, or the knowledge that an unseen one is there.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub(crate) layer: Layer,
    pub(crate) filter: Result<usize, (Why, Place)>,
    pub(crate) attached: Fact<bool>,
}

/// Joins all fragments.
pub(crate) fn link(mut all: Fragment, catalog: &Catalog, sources: &Sources) -> Estate {
    let contents: FxHashSet<Address> = all.contents.drain(..).collect();
    all.files.retain(|file| !contents.contains(&file.address));
    mounted::add(&mut all, sources);
    let folders = index::folders(sources, &all.environments, &all.nodes);
    let (built, filter_index) = rayon::join(
        || programs::build(&all, catalog, sources, &folders),
        || {
            let filters = all.filters.iter().enumerate();
            Index::new(filters.map(|(i, f)| (&f.address, i, f.place)), &folders)
        },
    );
    all.stores.extend(built.stores);
    all.keeps.extend(built.keeps);
    all.logs.extend(built.logs);
    all.secrets.extend(built.secrets);
    all.defects.extend(built.defects);
    all.nodes.extend(built.nodes);
    all.hops.extend(built.hops);
    graph::place_rules(&mut all, &filter_index);
    let named_ports = routing::join(&mut all, &folders);
    let graph = graph::build(&mut all, &filter_index, &folders);
    routing::resolve_named_ports(
        &named_ports,
        &mut all.filters,
        &filter_index,
        &graph.nodes,
        &graph.behind,
    );
    let store_nodes = all.stores.iter().map(|s| graph.index.nearest(&s.node, s.place)).collect();
    let estate = Estate {
        nodes: graph.nodes,
        arrivals: graph.arrivals,
        guards: graph.guards,
        behind: graph.behind,
        filters: take(&mut all.filters),
        filter_index,
        stores: take(&mut all.stores),
        store_nodes,
        keeps: take(&mut all.keeps),
        logs: take(&mut all.logs),
        secrets: take(&mut all.secrets),
        defects: take(&mut all.defects),
        environments: take(&mut all.environments),
    };
    // As with what the cards say (`session::run_timed`): the process ends soon.
    std::mem::forget(all);
    estate
}
