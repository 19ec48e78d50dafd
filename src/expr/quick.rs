//! A look before the evaluation: most rules do not apply to most entities, and for these the
//! facts that decided need not be gathered.
//!
//! Sound and incomplete: what is refuted here is No in the full evaluation, too; everything that
//! is not plain is left to it.

use super::{Expr, Kind, Op, Scope};
use crate::model::fact::{Fact, Name};
use crate::model::reach::{Circle, Reach};
use crate::model::value::Value;

impl Expr {
    /// Whether it surely does not hold, as far as that can be seen at a glance.
    pub(crate) fn refuted(&self, scope: &dyn Scope) -> bool {
        match &self.kind {
            Kind::And(parts) => parts.iter().any(|part| part.refuted(scope)),
            Kind::Or(parts) => parts.iter().all(|part| part.refuted(scope)),
            Kind::Path(path) => matches!(value(path, scope), Some(Value::Bool(false))),
            Kind::Not(inner) => match &inner.kind {
                Kind::Path(path) => matches!(value(path, scope), Some(Value::Bool(true))),
                _ => false,
            },
            Kind::Compare(op, a, b) => match (&a.kind, &b.kind) {
                (Kind::Path(path), Kind::Text(text)) => differs(*op, path, text, scope),
                _ => false,
            },
            Kind::In(item, list) => match (&item.kind, &list.kind) {
                (Kind::Path(path), Kind::List(choices)) => outside(path, choices, scope),
                _ => false,
            },
            _ => false,
        }
    }
}

/// The value of a fact that is known.
fn value(path: &[Name], scope: &dyn Scope) -> Option<Value> {
    let fact = match path {
        [a, b] => scope.get(&[a, b]),
        _ => return None,
    };
    match fact {
        Fact::Known(value, _) => Some(value),
        _ => None,
    }
}

fn differs(op: Op, path: &[Name], text: &Name, scope: &dyn Scope) -> bool {
    match value(path, scope) {
        Some(Value::Text(is)) => match op {
            Op::Equal => is != *text,
            Op::Unequal => is == *text,
            _ => false,
        },
        Some(Value::Reach(reach)) => Circle::named(text)
            .is_some_and(|other| !span(&reach).any(|circle| op.holds(circle.cmp(&other)))),
        _ => false,
    }
}

fn outside(path: &[Name], choices: &[Expr], scope: &dyn Scope) -> bool {
    let Some(Value::Text(is)) = value(path, scope) else { return false };
    choices.iter().all(|choice| matches!(&choice.kind, Kind::Text(text) if *text != is))
}

/// Every circle that the reach may turn out to be.
fn span(reach: &Reach) -> impl Iterator<Item = Circle> {
    let (sure, may) = (reach.sure, reach.may);
    Circle::ALL.into_iter().filter(move |circle| sure <= *circle && *circle <= may)
}
