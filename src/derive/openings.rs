//! Filters that open a datastore's well-known port, judged alone.
//!
//! Modules are often reviewed without what stands behind their filters, so a group that admits
//! everybody to PostgreSQL's port is worth a word of its own; how likely is for the rule to say.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::crowd::Crowd;
use super::filters::{self, Admission};
use crate::catalog::Catalog;
use crate::link::Estate;
use crate::model::concept::{Identity, Model, Opening};
use crate::model::fact::{Basis, Evidence, Fact, Name, Origin};
use crate::model::fragment::{Filter, NodeKind};
use crate::model::reach::{Circle, Reach};

pub(crate) fn derive(estate: &Estate, catalog: &Catalog, model: &mut Model) {
    let known = catalog.known_ports();
    let stores: FxHashSet<usize> = estate.store_nodes.iter().copied().flatten().collect();
    for (i, filter) in estate.filters.iter().enumerate() {
        if !filter.stands_alone || filter.exists.known() == Some(&false) {
            continue;
        }
        let behind = &estate.behind[i];
        // Stores behind the filter are judged themselves, balancers by what they lead to.
        let is_store = |node: &usize| stores.contains(node);
        let leads_on = |node: &usize| estate.nodes[*node].kind != NodeKind::Machine;
        if behind.iter().any(is_store) || (!behind.is_empty() && behind.iter().all(leads_on)) {
            continue;
        }
        model.openings.extend(opening(filter, &known, !behind.is_empty()));
    }
}

/// The ports that a filter opens to the internet, surely or perhaps.
fn opening(filter: &Filter, known: &[(u16, &str)], attached: bool) -> Option<Opening> {
    let asked = known.iter().map(|(p, e)| (*p, *e, filters::admits(filter, Some(*p), false)));
    let all: Vec<(u16, &str, Admission)> = asked.collect();
    let open = |of: fn(&Admission) -> &Crowd| {
        let internet =
            |(_, _, a): &&(u16, &str, Admission)| of(a).addresses.circle() == Circle::Internet;
        (all.iter().find(internet), all.iter().filter(internet).count() == known.len())
    };
    let (first, every_port) = match open(|a| &a.sure) {
        (None, _) => open(|a| &a.may),
        sure => sure,
    };
    let (port, engine, admission) = first?;
    let surely = admission.sure.addresses.circle() == Circle::Internet;
    // A filter that only may open everything is one of which nothing is known.
    if every_port && !surely {
        return None;
    }
    let way: Arc<[Evidence]> = admission.story(&Crowd::internet()).into();
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
    out.engine = Fact::guessed((*engine).into(), how, place);
    let basis = admission.guess.clone().map_or(Basis::Written, Basis::Guessed);
    let origin = Origin { basis, at: place, via: Arc::new([]) };
    out.reach = Fact::Known(reach(admission, way), origin);
    out.attached = Fact::written(attached, filter.place);
    out.every_port = Fact::written(every_port, place);
    Some(out)
}

/// Everybody, or perhaps everybody.
fn reach(admission: &Admission, way: Arc<[Evidence]>) -> Reach {
    let sure = admission.sure.addresses.circle();
    if sure == Circle::Internet {
        return Reach::surely(sure, way);
    }
    let mut reach = Reach::surely(sure, Arc::new([]));
    reach.may = Circle::Internet;
    reach.may_way = way;
    reach.whys = admission.whys.clone();
    reach
}
