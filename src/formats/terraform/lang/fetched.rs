//! Resources of modules that were fetched: nobody edits those files, so what they say is placed
//! where the project's own files give it, or where they call the module.

use super::super::roots;
use super::super::value::{Val, ValKind};
use super::trail;
use super::world::World;
use crate::model::fact::Evidence;
use crate::source::{Place, Sources};
use crate::tree::hcl::Block;

/// Values within values.
const MAX_DEPTH: usize = 32;

impl<'a> World<'a> {
    /// The call in the project's own files that leads to an instance of a fetched module.
    pub(super) fn fetched_by(&self, instance: usize) -> Option<&'a Block> {
        let (mut at, mut found) = (instance, None);
        while roots::is_downloaded(&self.instances[at].module.folder) {
            let (caller, block) = self.caller(at)?;
            (at, found) = (caller, Some(block));
        }
        found
    }
}

/// A value of a fetched module as the project sees it.
pub(super) fn at_home(val: &Val, sources: &Sources, call: Place, depth: usize) -> Val {
    let each = |vals: &[Val]| vals.iter().map(|v| at_home(v, sources, call, depth + 1)).collect();
    let kind = match &val.kind {
        _ if depth > MAX_DEPTH => return val.clone(),
        ValKind::Partial(parts) => ValKind::Partial(each(parts)),
        ValKind::List { items, more } => ValKind::List { items: each(items), more: more.clone() },
        ValKind::Map { entries, more } => ValKind::Map {
            entries: entries
                .iter()
                .map(|(k, v)| (k.clone(), at_home(v, sources, call, depth + 1)))
                .collect(),
            more: more.clone(),
        },
        other => other.clone(),
    };
    let is_own = |place: Place| !roots::is_downloaded(sources.path(place.file));
    let mut out = Val { kind, ..val.clone() };
    if is_own(val.at) {
        return out;
    }
    let home = val.via.iter().rev().map(|station| station.place).find(|place| is_own(*place));
    let station = Evidence::new(val.at, "the module has it here");
    out.via = trail::join(&val.via, &[station]);
    trail::moved(out, home.unwrap_or(call))
}
