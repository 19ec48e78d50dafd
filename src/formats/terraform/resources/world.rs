//! All resources of a root module, by kind and by address, and how satellites find their owners.

use std::collections::HashMap;

use crate::catalog::Catalog;
use crate::formats::terraform::value::{Estate, Resource, Val, ValKind};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::Address;
use crate::source::Place;

pub(super) struct World<'a> {
    pub(super) estate: &'a Estate,
    pub(super) catalog: &'a Catalog,
    by_address: HashMap<&'a Address, &'a Resource>,
    by_kind: HashMap<&'a str, Vec<&'a Resource>>,
}

/// Whether a satellite speaks of an owner.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Join {
    Yes,
    No,
    Maybe(Why, Place),
}

/// How far a chain of satellites that name one another's attribute is followed.
const MAX_STEPS: usize = 4;

impl<'a> World<'a> {
    pub(super) fn new(estate: &'a Estate, catalog: &'a Catalog) -> World<'a> {
        let mut by_kind: HashMap<&str, Vec<&Resource>> = HashMap::new();
        for resource in estate.resources.iter().filter(|r| !r.is_data) {
            by_kind.entry(&resource.kind).or_default().push(resource);
        }
        let by_address = estate.resources.iter().map(|r| (&r.address, r)).collect();
        World { estate, catalog, by_address, by_kind }
    }

    /// Everything that is not a data source, in the estate's order.
    pub(super) fn managed(&self) -> impl Iterator<Item = &'a Resource> + use<'a> {
        self.estate.resources.iter().filter(|r| !r.is_data)
    }

    /// The resources of a type, in the estate's order.
    pub(super) fn of(&self, kind: &str) -> &[&'a Resource] {
        self.by_kind.get(kind).map_or(&[], Vec::as_slice)
    }

    /// The types of the resources that there are.
    pub(super) fn kinds(&self) -> impl Iterator<Item = &str> {
        self.by_kind.keys().copied()
    }

    /// The resources of several types.
    pub(super) fn each(&self, kinds: &[&str]) -> Vec<&'a Resource> {
        kinds.iter().flat_map(|kind| self.of(kind)).copied().collect()
    }

    pub(super) fn find(&self, address: &Address) -> Option<&'a Resource> {
        self.by_address.get(address).copied()
    }

    /// The resource that an attribute names, if it is one of these types.
    pub(super) fn named(&self, body: &Val, key: &str, kinds: &[&str]) -> Option<&'a Resource> {
        let found = self.find(body.target(key).known()?)?;
        kinds.contains(&&*found.kind).then_some(found)
    }

    /// Whether `satellite.key` names `owner`: by reference, or by a literal that equals one of the
    /// owner's `names`.
    pub(super) fn join(
        &self,
        satellite: &Val,
        key: &str,
        owner: &Resource,
        names: &[&str],
    ) -> Join {
        match satellite.get(key) {
            Some(value) => self.value_join(value, owner, names, MAX_STEPS),
            None => match satellite.has(key) {
                Fact::Unknown(why, at) => Join::Maybe(why, at),
                _ => Join::No,
            },
        }
    }

    pub(super) fn value_join(
        &self,
        value: &Val,
        owner: &Resource,
        names: &[&str],
        steps: usize,
    ) -> Join {
        match value.as_target() {
            Fact::Known(address, _) if address == owner.address => Join::Yes,
            Fact::Known(address, _) => self.relayed(&address, value, owner, names, steps),
            Fact::Unknown(Why::NotHere(text), _) => named_so(&text, owner, names),
            Fact::Unknown(why, at) => {
                let mut met = Vec::new();
                super::facts::mentions(value, &mut met);
                match met.as_slice() {
                    [] => Join::Maybe(why, at),
                    met if met.contains(&owner.address) => Join::Yes,
                    _ => Join::No,
                }
            }
            Fact::Unset(_) => Join::No,
        }
    }

    /// `bucket = aws_s3_bucket_versioning.a.bucket`: another satellite's own attribute.
    fn relayed(
        &self,
        address: &Address,
        value: &Val,
        owner: &Resource,
        names: &[&str],
        steps: usize,
    ) -> Join {
        let attribute = match &value.kind {
            ValKind::Ref(reference) => &*reference.attribute,
            _ => "id",
        };
        let Some(other) = self.find(address).filter(|_| steps > 0) else { return Join::No };
        // The identity of a satellite is its owner's: `id` of an S3 satellite is the bucket.
        let key = if attribute == "id" { "bucket" } else { attribute };
        match other.body.get(key) {
            Some(next) if other.kind != owner.kind => {
                self.value_join(next, owner, names, steps - 1)
            }
            _ => Join::No,
        }
    }

    /// Whether two attributes name the same thing.
    pub(super) fn same(a: &Val, b: &Val) -> Join {
        match (a.as_target(), b.as_target()) {
            (Fact::Known(x, _), Fact::Known(y, _)) => {
                if x == y {
                    Join::Yes
                } else {
                    Join::No
                }
            }
            (Fact::Unknown(x, _), Fact::Unknown(y, at)) => match (x, y) {
                // Both hang on the same thing that these files do not tell.
                (x, y) if x == y => Join::Yes,
                (Why::NotHere(_), Why::NotHere(_)) => Join::No,
                (_, y) => Join::Maybe(y, at),
            },
            (Fact::Unknown(why, at), _) | (_, Fact::Unknown(why, at)) => Join::Maybe(why, at),
            _ => Join::No,
        }
    }

    /// The satellites of an owner; those of which nobody can tell come second.
    pub(super) fn satellites(
        &self,
        kinds: &[&str],
        key: &str,
        owner: &Resource,
        names: &[&str],
    ) -> (Vec<&'a Resource>, Option<(Why, Place)>) {
        let (mut sure, mut open) = (Vec::new(), None);
        for resource in self.each(kinds) {
            match self.join(&resource.body, key, owner, names) {
                Join::Yes => sure.push(resource),
                Join::Maybe(why, at) => open = open.or(Some((why, at))),
                Join::No => {}
            }
        }
        (sure, open)
    }
}

fn named_so(text: &Name, owner: &Resource, names: &[&str]) -> Join {
    let mut open = None;
    for name in names {
        match owner.body.text(name) {
            Fact::Known(own, _) if own == *text => return Join::Yes,
            Fact::Unknown(why, at) => open = Some((why, at)),
            _ => {}
        }
    }
    open.map_or(Join::No, |(why, at)| Join::Maybe(why, at))
}
