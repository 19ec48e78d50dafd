//! Filters that open a datastore's well-known port, judged alone.
//!
//! Modules are often reviewed without what stands behind their filters, so a group that admits
//! everybody to PostgreSQL's port is worth a word of its own; how likely is for the rule to say.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::crowd::Crowd;
use super::filters::{self, Admission};
use crate::catalog::Catalog;
use crate::link::Estate;
use crate::model::concept::{Identity, Model, Opening};
use crate::model::fact::{Basis, Fact, Name, Origin};
use crate::model::fragment::{Filter, NodeKind};
use crate::model::reach::{Circle, Reach};
use crate::shared::Shared;

pub(crate) fn derive(estate: &Estate, catalog: &Catalog, model: &mut Model) {
    let known = catalog.known_ports();
    let stores = Stores::of(estate, model);
    let openings = estate.filters.par_iter().zip(&estate.behind).filter_map(|(filter, behind)| {
        if !filter.stands_alone || filter.exists.known() == Some(&false) {
            return None;
        }
        // Stores behind the filter are judged themselves, balancers by what they lead to.
        match stores.behind(behind) {
            Behind::NoStore => {}
            Behind::Exposed => return None,
            Behind::Shielded(ports) => {
                let open = opening(filter, &ports, true)?;
                return Some(Opening { shielded: Fact::written(true, filter.place), ..open });
            }
        }
        let leads_on = |node: &usize| estate.nodes[*node].kind != NodeKind::Machine;
        if !behind.is_empty() && behind.iter().all(leads_on) {
            return None;
        }
        opening(filter, &known, !behind.is_empty())
    });
    model.openings = openings.collect();
}

/// The stores of each node.
struct Stores<'a> {
    estate: &'a Estate,
    at: FxHashMap<usize, Vec<usize>>,
    exposed: FxHashSet<&'a str>,
}

impl<'a> Stores<'a> {
    fn of(estate: &'a Estate, model: &'a Model) -> Stores<'a> {
        let mut at: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        for (store, node) in estate.store_nodes.iter().enumerate() {
            if let Some(node) = node {
                at.entry(*node).or_default().push(store);
            }
        }
        let exposed = model.datastores.iter().filter(|store| {
            store.reach.known().is_none_or(|reach| reach.likely == Circle::Internet)
        });
        let exposed = exposed.map(|store| &*store.identity.address).collect();
        Stores { estate, at, exposed }
    }

    /// What stands behind a filter.
    fn behind(&self, behind: &[usize]) -> Behind<'a> {
        let mut ports = Vec::new();
        let mut any = false;
        for index in behind.iter().filter_map(|node| self.at.get(node)).flatten() {
            any = true;
            let store = &self.estate.stores[*index];
            if self.exposed.contains(&*store.address.0) {
                return Behind::Exposed;
            }
            let engine = store.engine.known().map_or("the store behind it", |engine| engine);
            let known = store.endpoints.iter().filter_map(|e| e.port.known());
            ports.extend(known.map(|port| (*port, engine)));
        }
        if any { Behind::Shielded(ports) } else { Behind::NoStore }
    }
}

/// The stores behind a filter.
enum Behind<'a> {
    NoStore,
    /// One is reached from the internet: then that is the news.
    Exposed,
    /// None is: their ports, with their engines.
    Shielded(Vec<(u16, &'a str)>),
}

/// The first port that a filter opens to the internet, surely or perhaps; else to anybody.
fn opening(filter: &Filter, known: &[(u16, &str)], attached: bool) -> Option<Opening> {
    let asked = known.iter().map(|(p, e)| (*p, *e, filters::admits(filter, Some(*p), false)));
    let all: Vec<(u16, &str, Admission)> = asked.collect();
    let open = |least: Circle, of: fn(&Admission) -> &Crowd| {
        let mut open = all.iter().filter(move |(_, _, a)| of(a).addresses.circle() >= least);
        let first = open.next()?;
        // The one port of a store says nothing of the others.
        Some((first, known.len() > 1 && open.count() + 1 == known.len()))
    };
    // A filter that only may open every port is one of which nothing is known.
    let (found, every_port) = open(Circle::Internet, |a| &a.sure)
        .or_else(|| open(Circle::Internet, |a| &a.may).filter(|(_, every)| !every))
        .or_else(|| open(Circle::Members, |a| &a.sure))?;
    let (port, engine, admission) = found;
    let reach = reach(admission);
    let way = if reach.sure_way.is_empty() { &reach.may_way } else { &reach.sure_way };
    let place = way.last().map_or(filter.place, |step| step.place);
    let mut out = Opening::new(Identity {
        address: format!("{}/opening/{port}", filter.address).into(),
        subject: filter.address.0.clone(),
        title: filter.title.clone(),
        place,
        whole: filter.whole,
        exists: filter.exists.clone(),
    });
    let how: Name = if every_port {
        "every port is open, those of datastores among them".into()
    } else {
        format!("port {port} is the well-known port of {engine}").into()
    };
    out.name = Fact::written(filter.title.clone(), filter.place);
    out.port = Fact::written(i64::from(*port), place);
    out.engine = Fact::guessed((*engine).into(), how.clone(), place);
    // What stands behind the port is told by its number alone.
    let basis = Basis::Guessed(admission.guess.clone().unwrap_or(how));
    let origin = Origin { basis, at: place, via: Shared::empty(), edit: None };
    out.reach = Fact::Known(Arc::new(reach), origin);
    out.attached = Fact::written(attached, filter.place);
    out.shielded = Fact::written(false, filter.place);
    out.every_port = Fact::written(every_port, place);
    Some(out)
}

/// Who is admitted to a port, and who perhaps.
fn reach(admission: &Admission) -> Reach {
    let (sure, may) = (admission.sure.addresses.circle(), admission.may.addresses.circle());
    let mut reach = Reach::surely(sure, admission.story(&admission.sure).into());
    if may == Circle::Internet && sure < may {
        reach.may = may;
        reach.may_way = admission.story(&Crowd::internet()).into();
        reach.whys.clone_from(&admission.whys);
    }
    reach
}
