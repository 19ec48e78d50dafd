//! A concept as conditions see it.

use std::sync::Arc;

use crate::expr::{Names, Scope};
use crate::model::concept::{Concept, Schema};
use crate::model::fact::{Evidence, Fact, Why};
use crate::model::reach::{Circle, Reach};
use crate::model::value::{Type, Value};
use crate::source::Place;

/// The names of a concept: `it.auth`.
pub(super) struct SchemaNames(pub(super) &'static Schema);

impl Names for SchemaNames {
    fn kind(&self, path: &[&str]) -> Option<(Type, bool)> {
        match path {
            ["it", name] => self.0.field(name).map(|field| (field.kind, field.optional)),
            _ => None,
        }
    }

    fn all(&self) -> Vec<String> {
        self.0.fields.iter().map(|field| format!("it.{}", field.name)).collect()
    }
}

/// How much of what is known of a reach a finding needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Degree {
    Sure,
    Likely,
    May,
}

impl Degree {
    pub(super) const ALL: [Degree; 3] = [Degree::Sure, Degree::Likely, Degree::May];

    pub(super) fn circle(self, reach: &Reach) -> Circle {
        match self {
            Degree::Sure => reach.sure,
            Degree::Likely => reach.likely,
            Degree::May => reach.may,
        }
    }

    /// The way of that circle, or the nearest one that was written down.
    pub(super) fn way(self, reach: &Reach) -> &[Evidence] {
        let ways = match self {
            Degree::Sure => [&reach.sure_way, &reach.likely_way, &reach.may_way],
            Degree::Likely => [&reach.likely_way, &reach.sure_way, &reach.may_way],
            Degree::May => [&reach.may_way, &reach.likely_way, &reach.sure_way],
        };
        ways.into_iter().find(|way| !way.is_empty()).map_or(&[], |way| way)
    }
}

/// The facts of one entity.
pub(super) struct EntityScope<'a> {
    pub(super) entity: &'a dyn Concept,
    /// Takes every reach for that circle alone.
    pub(super) degree: Option<Degree>,
}

impl Scope for EntityScope<'_> {
    fn get(&self, path: &[&str]) -> Fact<Value> {
        let place = self.place();
        let ["it", name] = path else {
            return Fact::Unset(place);
        };
        let optional = self.entity.schema().field(name).is_some_and(|field| field.optional);
        match (self.entity.fact(name), self.degree) {
            (None, _) => Fact::Unset(place),
            (Some(Fact::Unset(at)), _) if !optional => {
                Fact::Unknown(Why::NoDefault(format!("`{name}`").into()), at)
            }
            (Some(Fact::Known(Value::Reach(reach), origin)), Some(degree)) => {
                let narrowed = Reach::surely(degree.circle(&reach), degree.way(&reach).into());
                Fact::Known(Value::Reach(Arc::new(narrowed)), origin)
            }
            (Some(fact), _) => fact,
        }
    }

    fn place(&self) -> Place {
        self.entity.identity().place
    }
}
