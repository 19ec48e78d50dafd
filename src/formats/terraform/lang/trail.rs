//! The way of a value: which stations it passes, and what its elements inherit.

use super::super::value::{Val, ValKind};
use crate::model::fact::Evidence;
use crate::shared::Shared;
use crate::source::Place;

/// A longer way is told by its beginning and its end.
const MAX_VIA: usize = 8;
const KEPT_BEGINNING: usize = 5;

/// One way after the other, each place once. Of two stations that say the same of a whole and of its
/// part, the part stays.
pub(super) fn join(first: &Shared<Evidence>, then: &[Evidence]) -> Shared<Evidence> {
    if then.is_empty() {
        return first.clone();
    }
    let mut out = first.to_vec();
    for station in then {
        let within = |a: &Evidence, b: &Evidence| a.say == b.say && a.place.contains(b.place);
        if out.iter().any(|known| known.place == station.place || within(station, known)) {
            continue;
        }
        match out.iter_mut().find(|known| within(known, station)) {
            Some(whole) => whole.place = station.place,
            None => out.push(station.clone()),
        }
    }
    if out.len() > MAX_VIA {
        out.drain(KEPT_BEGINNING..KEPT_BEGINNING + out.len() - MAX_VIA);
    }
    out.into()
}

/// A value as it arrives at a reference to it; where it was becomes a station.
pub(super) fn arrive(mut val: Val, at: Place, say: impl FnOnce() -> String) -> Val {
    if val.at == at {
        return val;
    }
    keep_text_place(&mut val);
    val.via = join(&val.via, &[Evidence::new(val.at, say())]);
    val.born = val.born.or(Some(val.at));
    val.at = at;
    val
}

/// A value that stands for an expression, whatever came before it.
pub(super) fn moved(mut val: Val, at: Place) -> Val {
    keep_text_place(&mut val);
    val.at = at;
    val
}

/// A value that another one decided about: a condition, a count.
pub(super) fn decided(mut val: Val, by: &Val) -> Val {
    val.via = join(&by.via, &val.via);
    val
}

/// An element as one gets it out of its collection: it came the same way. Of stations that hold
/// the whole collection, only the element is shown.
pub(super) fn child(parent: &Val, child: &Val) -> Val {
    let mut out = child.clone();
    if same_way(parent, child) {
        return out;
    }
    keep_text_place(&mut out);
    let mut holds = child.via.iter().any(|own| parent.via.iter().any(|s| s.place == own.place));
    let mut stations: Vec<Evidence> = Vec::with_capacity(parent.via.len() + 1);
    for station in &parent.via {
        // The element tells the same in more detail.
        if child.via.iter().any(|own| station.place.contains(own.place)) {
            continue;
        }
        let mut station = station.clone();
        if station.place.contains(child.at) {
            station.place = child.at;
            holds = true;
        }
        stations.push(station);
    }
    if !holds {
        stations.insert(0, Evidence::new(child.at, "it is written here"));
    }
    out.via = join(&child.via, &stations);
    out.born = child.born.or(Some(child.at));
    out.at = parent.at;
    out
}

/// Whether an element inherits nothing: the collection is where it was written.
pub(super) fn same_way(parent: &Val, child: &Val) -> bool {
    parent.via.is_empty() || parent.at.contains(child.at)
}

fn keep_text_place(val: &mut Val) {
    if val.text_at.is_none() && matches!(val.kind, ValKind::String(..)) {
        val.text_at = Some(val.at);
    }
}

/// How deep elements of elements are told their way.
const MAX_SETTLED: usize = 6;

/// All elements at the place of the attribute that holds them, for those who only see the
/// attribute. `budget` bounds how many.
pub(super) fn settled(val: Val, depth: usize, budget: &mut usize) -> Val {
    let elements = match &val.kind {
        ValKind::List { items, .. } => items.len(),
        ValKind::Map { entries, .. } => entries.len(),
        _ => 0,
    };
    if elements == 0 || depth >= MAX_SETTLED || elements > *budget {
        return val;
    }
    *budget -= elements;
    let kind = match &val.kind {
        ValKind::List { items, more } => ValKind::List {
            items: items.iter().map(|i| settled(child(&val, i), depth + 1, budget)).collect(),
            more: more.clone(),
        },
        ValKind::Map { entries, more } => ValKind::Map {
            entries: entries
                .iter()
                .map(|(key, v)| (key.clone(), settled(child(&val, v), depth + 1, budget)))
                .collect(),
            more: more.clone(),
        },
        other => other.clone(),
    };
    Val { kind, ..val }
}
