//! What clients have to show at the middlewares and policies that a step goes through.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::index::{Folders, Index};
use crate::model::fact::{Evidence, Fact, Name, Why};
use crate::model::fragment::{Address, Hop};
use crate::model::net::Addresses;
use crate::model::routing::{Borrowed, Check, Grant, Passing};
use crate::source::Place;

/// A chain of chains longer than this is none that people write.
const MOST: usize = 64;

pub(super) struct Checks<'a> {
    all: &'a [Check],
    index: Index,
    /// Those of other namespaces, and whether somebody there permits them.
    borrowed: FxHashMap<&'a Address, (&'a Address, bool)>,
}

impl<'a> Checks<'a> {
    pub(super) fn new(
        checks: &'a [Check],
        borrowed: &'a [Borrowed],
        grants: &FxHashMap<&Name, Vec<&Grant>>,
        folders: &Arc<Folders>,
    ) -> Checks<'a> {
        let things = checks.iter().enumerate().map(|(i, c)| (&c.address, i, c.place));
        let mut index = Index::new(things, folders);
        for (i, check) in checks.iter().enumerate() {
            for alias in &check.aliases {
                index.add(alias, i, check.place);
            }
        }
        let permitted = |b: &Borrowed| {
            let there = grants.get(&b.namespace).map_or(&[][..], Vec::as_slice);
            there.iter().any(|grant| grant.lets(&b.who, &b.kind, &b.name))
        };
        let borrowed = borrowed.iter().map(|b| (&b.alias, (&b.check, permitted(b)))).collect();
        Checks { all: checks, index, borrowed }
    }

    /// The check of that name, or one of all namespaces.
    fn find(&self, address: &Address, at: Place) -> Option<&Check> {
        let own = self.index.nearest(address, at);
        let found = own.or_else(|| self.index.nearest(&address.in_any_namespace()?, at));
        found.map(|i| &self.all[i])
    }

    /// The step with what its checks ask and whom they let through.
    pub(super) fn pass(&self, passing: &Passing) -> Hop {
        let mut hop = passing.hop.clone();
        let named = |named: bool| move |(a, at): &(Address, Place)| (a.clone(), *at, named);
        let mut left: Vec<(Address, Place, bool)> =
            passing.through.iter().map(named(true)).collect();
        left.extend(passing.beside.iter().map(named(false)));
        let mut seen = 0;
        while let Some((address, at, named)) = left.pop() {
            seen += 1;
            if seen > MOST {
                break;
            }
            let borrowed = self.borrowed.get(&address).copied();
            let (address, permitted) = borrowed.unwrap_or((&address, true));
            let Some(check) = self.find(address, at) else {
                if !named {
                    continue;
                }
                let why = Why::NotHere(shown(address));
                hop.asks = stronger(hop.asks, Some(Fact::Unknown(why.clone(), at)));
                continue;
            };
            if !permitted {
                continue;
            }
            hop.asks = stronger(hop.asks, check.asks.clone());
            hop.only_from =
                narrower(hop.only_from, check.only_from.clone().map(|f| told(f, check)));
            left.extend(check.parts.iter().map(|(a, at)| (a.clone(), *at, true)));
        }
        hop
    }
}

/// `k8s:Middleware/NAMESPACE/NAME` for people.
fn shown(address: &Address) -> Name {
    let short = address.object();
    match short.split_once('/') {
        Some((kind, name)) => format!("the {kind} {name}").into(),
        None => short.into(),
    }
}

/// The check becomes a step of the story.
fn told(fact: Fact<Addresses>, check: &Check) -> Fact<Addresses> {
    match fact {
        Fact::Known(addresses, origin) => {
            let say = format!("{} admits some addresses only", check.title);
            let step = Evidence::new(origin.at, say);
            Fact::Known(addresses, origin.with_via([step]))
        }
        other => other,
    }
}

/// Of two things that are both asked, the one that is surely asked.
pub(super) fn stronger(a: Option<Fact<Name>>, b: Option<Fact<Name>>) -> Option<Fact<Name>> {
    match (&a, &b) {
        (None, _) => b,
        (Some(Fact::Known(..)), _) | (_, None) => a,
        (_, Some(Fact::Known(..))) => b,
        _ => a,
    }
}

/// Addresses that pass both lists.
pub(super) fn narrower(
    a: Option<Fact<Addresses>>,
    b: Option<Fact<Addresses>>,
) -> Option<Fact<Addresses>> {
    match (a, b) {
        (None, other) | (other, None) => other,
        (Some(Fact::Known(a, origin)), Some(Fact::Known(b, _))) => {
            Some(Fact::Known(a.intersection(&b), origin))
        }
        (Some(known @ Fact::Known(..)), _) | (_, Some(known @ Fact::Known(..))) => Some(known),
        (unknown, _) => unknown,
    }
}
