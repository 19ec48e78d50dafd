//! Operators, equality, and the keys and texts of values. What is unknown stays unknown, unless
//! the other side decides.

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::value::{Val, ValKind, number_text};
use super::stop::{Outcome, Stop, fails};
use super::trail;
use crate::model::fact::{Name, Why};
use crate::source::Place;
use crate::tree::hcl::Op;

/// How deep two values are compared.
const MAX_COMPARED: usize = 12;

/// Why a value cannot be used as a value.
pub(super) fn unknown(val: &Val) -> Stop {
    let why = val.why().unwrap_or_else(|| Why::NotUnderstood("this value".into()));
    Stop::Unknown(why)
}

pub(super) fn number(val: &Val) -> Result<f64, Stop> {
    match &val.kind {
        ValKind::Number(n) => Ok(*n),
        ValKind::String(text, _) => {
            // Rust also reads `inf` and `nan`.
            let parsed = text.parse().ok().filter(|n: &f64| n.is_finite());
            parsed.ok_or_else(|| Stop::Fails("a text that is no number".into()))
        }
        ValKind::Unknown(_) | ValKind::Ref(_) | ValKind::Partial(_) => Err(unknown(val)),
        _ => fails("a value that is no number"),
    }
}

pub(super) fn boolean(val: &Val) -> Result<bool, Stop> {
    match &val.kind {
        ValKind::Bool(b) => Ok(*b),
        ValKind::String(text, _) if matches!(&**text, "true" | "1") => Ok(true),
        ValKind::String(text, _) if matches!(&**text, "false" | "0") => Ok(false),
        ValKind::Unknown(_) | ValKind::Ref(_) | ValKind::Partial(_) => Err(unknown(val)),
        _ => fails("a value that is no boolean"),
    }
}

/// Terraform's conversion to a string.
pub(super) fn text(val: &Val) -> Result<Name, Stop> {
    match &val.kind {
        ValKind::String(text, _) => Ok(text.clone()),
        ValKind::Number(n) => Ok(number_text(*n).into()),
        ValKind::Bool(b) => Ok(if *b { "true" } else { "false" }.into()),
        ValKind::Unknown(_) | ValKind::Ref(_) | ValKind::Partial(_) => Err(unknown(val)),
        _ => fails("a value that is no text"),
    }
}

/// Whether two values are equal; an error where that cannot be told.
pub(super) fn equal(a: &Val, b: &Val) -> Result<bool, Stop> {
    compare(a, b, 0, &mut 100_000)
}

fn compare(a: &Val, b: &Val, depth: usize, budget: &mut usize) -> Result<bool, Stop> {
    *budget = budget.saturating_sub(1);
    if depth > MAX_COMPARED || *budget == 0 {
        return Err(Stop::Unknown(Why::NotUnderstood("values too large to compare".into())));
    }
    match (&a.kind, &b.kind) {
        (ValKind::Ref(a), ValKind::Ref(b)) if a == b => Ok(true),
        // Whatever it turns out to be, an identity is neither null nor empty.
        (ValKind::Ref(r), ValKind::Null) | (ValKind::Null, ValKind::Ref(r))
            if is_identity(&r.attribute) =>
        {
            Ok(false)
        }
        (ValKind::Ref(r), ValKind::String(s, _)) | (ValKind::String(s, _), ValKind::Ref(r))
            if s.is_empty() && is_identity(&r.attribute) =>
        {
            Ok(false)
        }
        (ValKind::Partial(_), ValKind::Null) | (ValKind::Null, ValKind::Partial(_)) => Ok(false),
        (ValKind::Unknown(_) | ValKind::Ref(_) | ValKind::Partial(_), _) => Err(unknown(a)),
        (_, ValKind::Unknown(_) | ValKind::Ref(_) | ValKind::Partial(_)) => Err(unknown(b)),
        (ValKind::Null, ValKind::Null) => Ok(true),
        (ValKind::Bool(a), ValKind::Bool(b)) => Ok(a == b),
        (ValKind::Number(a), ValKind::Number(b)) => Ok(a.partial_cmp(b) == Some(Ordering::Equal)),
        (ValKind::String(a, _), ValKind::String(b, _)) => Ok(a == b),
        (ValKind::List { items: x, more: None }, ValKind::List { items: y, more: None }) => {
            if x.len() != y.len() {
                return Ok(false);
            }
            all(x.iter().zip(y.iter()).map(|(a, b)| compare(a, b, depth + 1, budget)))
        }
        (ValKind::Map { entries: x, more: None }, ValKind::Map { entries: y, more: None }) => {
            if x.len() != y.len() || x.iter().zip(y.iter()).any(|(a, b)| a.0 != b.0) {
                return Ok(false);
            }
            all(x.iter().zip(y.iter()).map(|(a, b)| compare(&a.1, &b.1, depth + 1, budget)))
        }
        (ValKind::List { more: Some(why), .. }, ValKind::List { .. })
        | (ValKind::List { .. }, ValKind::List { more: Some(why), .. })
        | (ValKind::Map { more: Some(why), .. }, ValKind::Map { .. })
        | (ValKind::Map { .. }, ValKind::Map { more: Some(why), .. }) => {
            Err(Stop::Unknown(why.clone()))
        }
        // Different types are never equal, even where one could be converted.
        _ => Ok(false),
    }
}

fn is_identity(attribute: &str) -> bool {
    matches!(attribute, "" | "id" | "arn" | "self_link")
}

/// One difference decides; only without one does an unknown count.
fn all(results: impl Iterator<Item = Result<bool, Stop>>) -> Result<bool, Stop> {
    let mut open = None;
    for result in results {
        match result {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(stop) => open = Some(stop),
        }
    }
    open.map_or(Ok(true), Err)
}

pub(super) fn not(val: &Val, at: Place) -> Outcome {
    let negated = Val::new(ValKind::Bool(!boolean(val)?), at);
    Ok(trail::decided(negated, val))
}

pub(super) fn negate(val: &Val, at: Place) -> Outcome {
    let negated = Val::new(ValKind::Number(-number(val)?), at);
    Ok(trail::decided(negated, val))
}

/// `a && b`, `a || b`: one side may decide alone.
pub(super) fn logic(op: Op, a: Outcome, b: Outcome, at: Place) -> Outcome {
    let decides = op == Op::Or;
    let read = |side: Outcome| side.and_then(|val| Ok((boolean(&val)?, val)));
    let result = |value: bool, by: &Val| trail::decided(Val::new(ValKind::Bool(value), at), by);
    match (read(a), read(b)) {
        (Ok((value, by)), _) | (_, Ok((value, by))) if value == decides => Ok(result(value, &by)),
        (Ok((value, a)), Ok((_, b))) => Ok(trail::decided(result(value, &b), &a)),
        (Err(stop), _) | (_, Err(stop)) => Err(stop),
    }
}

pub(super) fn binary(op: Op, a: &Val, b: &Val, at: Place) -> Outcome {
    let kind = match op {
        Op::Eq => ValKind::Bool(equal(a, b)?),
        Op::NotEq => ValKind::Bool(!equal(a, b)?),
        Op::Less => ValKind::Bool(number(a)? < number(b)?),
        Op::LessEq => ValKind::Bool(number(a)? <= number(b)?),
        Op::Greater => ValKind::Bool(number(a)? > number(b)?),
        Op::GreaterEq => ValKind::Bool(number(a)? >= number(b)?),
        Op::Add => ValKind::Number(number(a)? + number(b)?),
        Op::Sub => ValKind::Number(number(a)? - number(b)?),
        Op::Mul => ValKind::Number(number(a)? * number(b)?),
        Op::Div | Op::Mod => {
            let divisor = number(b)?;
            if divisor == 0.0 {
                return fails("a division by zero");
            }
            let dividend = number(a)?;
            ValKind::Number(if op == Op::Div { dividend / divisor } else { dividend % divisor })
        }
        Op::And | Op::Or => return fails("an operator that is no comparison"),
    };
    Ok(trail::decided(trail::decided(Val::new(kind, at), b), a))
}

/// What both arms of an undecided condition have in common.
pub(super) fn either(a: &Val, b: &Val, why: Why, at: Place) -> Val {
    if matches!(equal(a, b), Ok(true)) {
        return a.clone();
    }
    let kind = match (&a.kind, &b.kind) {
        (ValKind::List { items: x, .. }, ValKind::List { items: y, .. }) => {
            let in_both = |v: &&Val| y.iter().any(|w| matches!(equal(v, w), Ok(true)));
            // Equality of every pair would be quadratic.
            let items = if x.len().saturating_mul(y.len()) > 10_000 {
                Vec::new()
            } else {
                x.iter().filter(in_both).cloned().collect()
            };
            ValKind::List { items: items.into(), more: Some(why) }
        }
        (ValKind::Map { entries: x, .. }, ValKind::Map { entries: y, .. }) => {
            let common = x.iter().map(|(key, value)| {
                let other = find(y, key);
                let same = other.is_some_and(|o| matches!(equal(value, o), Ok(true)));
                let joined = if same { value.clone() } else { Val::unknown(why.clone(), value.at) };
                (key.clone(), joined, other.is_some())
            });
            let entries = common.filter(|(.., both)| *both).map(|(k, v, _)| (k, v)).collect();
            ValKind::Map { entries, more: Some(why) }
        }
        _ => ValKind::Unknown(why),
    };
    Val::new(kind, at)
}

/// An entry of a map whose entries are sorted by key.
pub(super) fn find<'v>(entries: &'v [(Name, Val)], key: &str) -> Option<&'v Val> {
    entries.binary_search_by(|(k, _)| (**k).cmp(key)).ok().map(|index| &entries[index].1)
}

/// The entries sorted by key; of equal keys the last wins.
pub(super) fn sorted(mut entries: Vec<(Name, Val)>) -> Arc<[(Name, Val)]> {
    entries.reverse();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    entries.dedup_by(|later, first| later.0 == first.0);
    entries.into()
}

/// The elements of a set: each once; numbers and texts in their order.
pub(super) fn set(items: Vec<Val>) -> Arc<[Val]> {
    let mut items = distinct(items);
    items.sort_by(|a, b| match (&a.kind, &b.kind) {
        (ValKind::Number(a), ValKind::Number(b)) => a.total_cmp(b),
        (ValKind::String(a, _), ValKind::String(b, _)) => a.cmp(b),
        (ValKind::Bool(a), ValKind::Bool(b)) => a.cmp(b),
        _ => Ordering::Equal,
    });
    items.into()
}

/// Each element once, the first of equal ones.
pub(super) fn distinct(items: Vec<Val>) -> Vec<Val> {
    let mut texts = rustc_hash::FxHashSet::default();
    let mut out: Vec<Val> = Vec::with_capacity(items.len());
    let mut compared = 0_usize;
    for item in items {
        let known = if let ValKind::String(text, _) = &item.kind {
            !texts.insert(text.clone())
        } else {
            compared += out.len();
            compared < 1_000_000 && out.iter().any(|o| matches!(equal(o, &item), Ok(true)))
        };
        if !known {
            out.push(item);
        }
    }
    out
}
