//! Comparisons of a reach, which is a span of circles rather than one.

use super::ground::{Judged, Operand};
use crate::model::fact::Why;
use crate::model::reach::{Circle, Reach};
use crate::model::truth::Answer;
use crate::model::value::Value;

pub(super) fn reach_of(operand: &Operand) -> Option<Reach> {
    match operand.fact.known() {
        Some(Value::Reach(reach)) => Some((**reach).clone()),
        _ => None,
    }
}

/// A comparison of a reach with a circle's name.
pub(super) fn spanned(
    operand: Operand,
    reach: &Reach,
    other: &Operand,
    holds: impl Fn(Circle, Circle) -> bool,
) -> Judged {
    let circle = match other.fact.known() {
        Some(Value::Text(name)) => Circle::named(name),
        _ => None,
    };
    match circle {
        Some(other) => reached(operand, reach, |circle| holds(circle, other)),
        None => operand.judged(Err(Why::NotUnderstood("a circle without a name".into()))),
    }
}

/// A test of a reach: what holds for every circle from the sure to the widest possible one.
pub(super) fn reached(operand: Operand, reach: &Reach, holds: impl Fn(Circle) -> bool) -> Judged {
    let all = |from: Circle, value: bool| {
        let mut span = Circle::ALL.into_iter().filter(|c| (from..=reach.may).contains(c));
        span.all(|c| holds(c) == value)
    };
    let surely = [true, false].into_iter().find(|value| all(reach.sure, *value));
    let likely = [true, false].into_iter().find(|value| all(reach.likely, *value));
    let way = match (surely, likely) {
        (Some(_), _) => &reach.sure_way,
        (None, Some(_)) => &reach.likely_way,
        (None, None) => &reach.may_way,
    };
    let deaf = || Why::NotUnderstood("part of the way there".into());
    let mut judged = operand.judged(surely.or(likely).ok_or_else(deaf));
    judged.truth.written |= !way.is_empty();
    if surely.is_none() && likely.is_some() {
        let guess = reach.guess.clone().unwrap_or_else(|| "a guess on the way".into());
        if !judged.truth.guesses.contains(&guess) {
            judged.truth.guesses.push(guess);
        }
    }
    if judged.truth.answer == Answer::Unknown && !reach.whys.is_empty() {
        judged.truth.whys.clone_from(&reach.whys);
    }
    judged
}
