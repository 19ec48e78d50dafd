//! Filters that open a datastore's well-known port, judged alone.
//!
//! Modules are often reviewed without what stands behind their filters, so a group that admits
//! everybody to PostgreSQL's port is worth a word of its own; how likely is for the rule to say.

use rustc_hash::FxHashSet;

use super::filters;
use crate::catalog::Catalog;
use crate::link::Estate;
use crate::model::concept::{Identity, Model, Opening};
use crate::model::fact::{Basis, Evidence, Fact, Name};
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
        let judged =
            |node: &usize| stores.contains(node) || estate.nodes[*node].kind != NodeKind::Machine;
        if !behind.is_empty() && behind.iter().all(judged) {
            continue;
        }
        model.openings.extend(opening(filter, &known, !behind.is_empty()));
    }
}

fn opening(filter: &Filter, known: &[(u16, &str)], attached: bool) -> Option<Opening> {
    let mut open = known.iter().filter_map(|(port, engine)| {
        let admission = filters::admits(filter, Some(*port), false);
        let circle = admission.sure.addresses.circle();
        (circle == Circle::Internet).then_some((*port, *engine, admission))
    });
    let (port, engine, admission) = open.next()?;
    let every_port = open.count() + 1 == known.len();
    let way: std::sync::Arc<[Evidence]> = admission.story(&super::crowd::Crowd::internet()).into();
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
    out.port = Fact::written(i64::from(port), place);
    out.engine = Fact::guessed(engine.into(), how, place);
    let reach = Reach::surely(Circle::Internet, way);
    let basis = admission.guess.map_or(Basis::Written, Basis::Guessed);
    out.reach = Fact::Known(
        reach,
        crate::model::fact::Origin { basis, at: place, via: std::sync::Arc::new([]), edit: None },
    );
    out.attached = Fact::written(attached, filter.place);
    out.every_port = Fact::written(every_port, place);
    Some(out)
}
