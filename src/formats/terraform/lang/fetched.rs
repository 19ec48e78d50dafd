//! Resources of modules that were fetched, or that a card tells of: nobody edits those, so what they
//! say is placed where the project's own files give it, or where they call the module.

use super::super::roots;
use super::super::value::{Val, ValKind};
use super::world::World;
use super::{registry, trail};
use crate::model::fact::{Evidence, Fact};
use crate::shared::Shared;
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

/// Where the project's own files give a fetched module its values.
pub(super) struct Home<'a> {
    sources: &'a Sources,
    call: &'a Block,
    /// Where all stands that a card says.
    card: Place,
}

impl<'a> Home<'a> {
    pub(super) fn new(sources: &'a Sources, call: &'a Block) -> Home<'a> {
        Home { sources, call, card: registry::source_place(call) }
    }

    /// A value of the module as the project sees it.
    pub(super) fn value(&self, val: &Val, depth: usize) -> Val {
        let each = |vals: &[Val]| vals.iter().map(|v| self.value(v, depth + 1)).collect();
        let kind = match &val.kind {
            _ if depth > MAX_DEPTH => return val.clone(),
            ValKind::Partial(parts) => ValKind::Partial(each(parts)),
            ValKind::List { items, more } => {
                ValKind::List { items: each(items), more: more.clone() }
            }
            ValKind::Map { entries, more } => ValKind::Map {
                entries: entries
                    .iter()
                    .map(|(k, v)| (k.clone(), self.value(v, depth + 1)))
                    .collect(),
                more: more.clone(),
            },
            other => other.clone(),
        };
        let mut out = Val { kind, ..val.clone() };
        if self.is_own(val.at) {
            return out;
        }
        let (home, via) = self.way(val.at, &val.via);
        out.via = via;
        out.born = out.born.filter(|place| *place != self.card);
        trail::moved(out, home)
    }

    /// A fact about the module as the project sees it.
    pub(super) fn fact<T>(&self, fact: Fact<T>) -> Fact<T> {
        match fact {
            Fact::Known(value, mut origin) if !self.is_own(origin.at) => {
                (origin.at, origin.via) = self.way(origin.at, &origin.via);
                origin.edit = origin.edit.filter(|place| *place != self.card);
                Fact::Known(value, origin)
            }
            Fact::Unknown(why, at) if !self.is_own(at) => Fact::Unknown(why, self.call.head),
            other => other,
        }
    }

    /// Where a value stands that is not the project's, and how it came there.
    fn way(&self, at: Place, via: &Shared<Evidence>) -> (Place, Shared<Evidence>) {
        let mut own = via.iter().rev().map(|s| s.place).filter(|place| self.is_own(*place));
        let home = if at == self.card {
            own.clone().find(|place| self.call.place.contains(*place)).or(own.next_back())
        } else {
            own.next()
        };
        let say = if at == self.card { "the module has it so" } else { "the module has it here" };
        let via = match home {
            Some(_) if at == self.card => via.clone(),
            _ => trail::join(via, &[Evidence::new(at, say)]),
        };
        (home.unwrap_or(self.call.head), via)
    }

    fn is_own(&self, place: Place) -> bool {
        place != self.card && !roots::is_downloaded(self.sources.path(place.file))
    }
}
