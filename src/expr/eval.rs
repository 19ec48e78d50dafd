//! Evaluation in three values. Every answer keeps the facts that decided it.

use super::compare::{as_bool, compare, size};
use super::ground::{Ground, Judged, Operand, origin, quoted};
use super::span::{reach_of, reached, spanned};
use super::{Expr, Kind, Op, Scope};
use crate::model::fact::{Fact, Name, Origin, Why};
use crate::model::reach::Circle;
use crate::model::truth::{Answer, Truth};
use crate::model::value::Value;
use crate::source::Place;

impl Expr {
    /// The value. What a condition chose (`c ? 'a' : 'b'`) stands where the facts stand that
    /// decided the condition.
    pub(crate) fn eval(&self, scope: &dyn Scope) -> Fact<Value> {
        self.operand(scope).fact
    }

    /// Whether it holds.
    pub(crate) fn truth(&self, scope: &dyn Scope) -> Truth {
        self.judge(scope).truth
    }

    fn operand(&self, scope: &dyn Scope) -> Operand {
        match &self.kind {
            Kind::Path(path) => Operand::of_path(path, scope),
            Kind::Text(text) => Operand::literal(Value::Text(text.clone()), scope),
            Kind::Int(int) => Operand::literal(Value::Int(*int), scope),
            Kind::Bool(bool) => Operand::literal(Value::Bool(*bool), scope),
            Kind::List(items) => {
                let items = items.iter().map(|item| item.eval(scope)).collect();
                Operand::literal(Value::List(items), scope)
            }
            Kind::Size(inner) => inner.operand(scope).try_map(size),
            Kind::If(parts) => choose(parts, scope),
            _ => Operand::of_truth(self.judge(scope), scope),
        }
    }

    fn judge(&self, scope: &dyn Scope) -> Judged {
        match &self.kind {
            Kind::Not(inner) => {
                let judged = inner.judge(scope);
                Judged { truth: !judged.truth, grounds: judged.grounds }
            }
            Kind::And(parts) => {
                until(parts, Answer::No, Judged::and, scope).unwrap_or_else(|| Judged::plain(true))
            }
            Kind::Or(parts) => {
                until(parts, Answer::Yes, Judged::or, scope).unwrap_or_else(|| Judged::plain(false))
            }
            Kind::Has(path) => has(path, scope),
            Kind::Compare(op, a, b) => {
                let (a, b) = (a.operand(scope), b.operand(scope));
                match (reach_of(&a), reach_of(&b)) {
                    (Some(reach), _) => spanned(a, &reach, &b, |c, other| op.holds(c.cmp(&other))),
                    (_, Some(reach)) => spanned(b, &reach, &a, |c, other| op.holds(other.cmp(&c))),
                    _ => pair(a, b, |a, b| compare(*op, a, b)),
                }
            }
            Kind::In(item, list) => within(item, list, scope),
            Kind::Match(method, text, part) => {
                let (text, part) = (text.operand(scope), part.operand(scope));
                pair(text, part, |text, part| method.holds(text, part))
            }
            _ => truth_of(self.operand(scope)),
        }
    }
}

/// The parts joined, up to the first that decides alone and rests on no guess: none of those
/// behind it could be firmer.
fn until(
    parts: &[Expr],
    decides: Answer,
    join: fn(Judged, Judged) -> Judged,
    scope: &dyn Scope,
) -> Option<Judged> {
    let mut all: Option<Judged> = None;
    for part in parts {
        let judged = part.judge(scope);
        let enough = judged.truth.answer == decides && judged.truth.guesses.is_empty();
        all = Some(match all {
            Some(before) => join(before, judged),
            None => judged,
        });
        if enough {
            break;
        }
    }
    all
}

fn choose(parts: &[Expr; 3], scope: &dyn Scope) -> Operand {
    let [condition, yes, no] = parts;
    let judged = condition.judge(scope);
    match judged.truth.answer {
        Answer::Yes => chosen(yes.operand(scope), judged, scope),
        Answer::No => chosen(no.operand(scope), judged, scope),
        Answer::Unknown => {
            let (a, b) = (yes.operand(scope), no.operand(scope));
            let mut fields = judged.truth.fields.clone();
            fields.extend(a.fields.iter().chain(&b.fields).cloned());
            // Either way the same: what decides the condition does not matter.
            if let (Some(x), Some(y)) = (a.fact.known(), b.fact.known())
                && x == y
            {
                return a;
            }
            let unknown = Operand::of_truth(judged, scope);
            Operand { fact: unknown.fact, grounds: Vec::new(), fields }
        }
    }
}

/// A branch that was taken: it rests on the condition as well.
fn chosen(branch: Operand, judged: Judged, scope: &dyn Scope) -> Operand {
    let mut grounds = branch.grounds;
    grounds.extend(judged.grounds);
    let mut fields = branch.fields;
    fields.extend(judged.truth.fields);
    let fact = match branch.fact {
        Fact::Known(value, _) => Fact::Known(value, origin(&grounds, scope)),
        other => other,
    };
    Operand { fact, grounds, fields }
}

fn has(path: &[Name], scope: &dyn Scope) -> Judged {
    let operand = Operand::of_path(path, scope);
    match &operand.fact {
        Fact::Known(..) => operand.judged(Ok(true)),
        Fact::Unknown(why, _) => {
            let why = why.clone();
            operand.judged(Err(why))
        }
        Fact::Unset(place) => {
            let see = format!("{} is not set", quoted(&operand.field()));
            let ground = Ground { origin: Origin::default(see, *place), said: None };
            Operand { grounds: vec![ground], ..operand }.judged(Ok(false))
        }
    }
}

/// A value that is a condition by itself.
fn truth_of(operand: Operand) -> Judged {
    let answer = match &operand.fact {
        Fact::Known(value, _) => as_bool(value).ok_or_else(|| {
            Why::NotUnderstood(format!("{} as a condition", operand.field()).into())
        }),
        _ => Err(why_of(&operand)),
    };
    operand.judged(answer)
}

fn why_of(operand: &Operand) -> Why {
    operand.why().map_or(Why::Broken, |(why, _)| why)
}

/// A test of two values that must both be known.
fn pair(a: Operand, b: Operand, test: impl FnOnce(&Value, &Value) -> Result<bool, Why>) -> Judged {
    let whys: Vec<(Why, Place)> = a.why().into_iter().chain(b.why()).collect();
    let answer = match (a.fact.known(), b.fact.known()) {
        (Some(x), Some(y)) => test(x, y),
        _ => Err(why_of(if a.fact.known().is_none() { &a } else { &b })),
    };
    let (mut fields, mut grounds) = (a.fields, a.grounds);
    fields.extend(b.fields.into_iter().filter(|f| !fields.contains(f)).collect::<Vec<_>>());
    grounds.extend(b.grounds);
    let mut judged = Operand { fact: a.fact, grounds, fields }.judged(answer);
    if !whys.is_empty() {
        judged.truth.whys = whys;
    }
    judged
}

fn within(item: &Expr, list: &Expr, scope: &dyn Scope) -> Judged {
    let left = item.operand(scope);
    let Kind::List(choices) = &list.kind else {
        return among(left, list.operand(scope));
    };
    let choices: Vec<Operand> = choices.iter().map(|c| c.operand(scope)).collect();
    if let Some(reach) = reach_of(&left) {
        let circles: Vec<Circle> = choices
            .iter()
            .filter_map(|c| match c.fact.known() {
                Some(Value::Text(name)) => Circle::named(name),
                _ => None,
            })
            .collect();
        return reached(left, &reach, |circle| circles.contains(&circle));
    }
    let copy = |o: &Operand| Operand {
        fact: o.fact.clone(),
        grounds: o.grounds.clone(),
        fields: o.fields.clone(),
    };
    let tests = choices.into_iter().map(|c| pair(copy(&left), c, |a, b| compare(Op::Equal, a, b)));
    tests.reduce(Judged::or).unwrap_or_else(|| Judged::plain(false))
}

/// Whether a list that the files give holds a value.
fn among(item: Operand, list: Operand) -> Judged {
    let (Some(wanted), Some(Value::List(items))) = (item.fact.known(), list.fact.known()) else {
        let known = item.fact.known().is_some() && list.fact.known().is_some();
        let why = Why::NotUnderstood(format!("{} as a list", list.field()).into());
        return pair(item, list, |_, _| if known { Err(why) } else { Ok(false) });
    };
    let each = items.iter().map(|value| {
        let grounds = match value {
            Fact::Known(v, origin) => vec![Ground::of(&list.fields, v, origin)],
            _ => Vec::new(),
        };
        let value = Operand { fact: value.clone(), grounds, fields: list.fields.clone() };
        let literal = Operand {
            fact: Fact::default(wanted.clone(), "", item.fact.place()),
            grounds: item.grounds.clone(),
            fields: item.fields.clone(),
        };
        pair(value, literal, |a, b| compare(Op::Equal, a, b))
    });
    match each.reduce(Judged::or) {
        Some(judged) => judged,
        None => list.judged(Ok(false)),
    }
}
