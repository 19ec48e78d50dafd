//! Evaluation in three values. Every answer keeps the facts that decided it.

use super::{Expr, Kind, Method, Op, Scope};
use crate::model::fact::{Basis, Evidence, Fact, Name, Origin, Why};
use crate::model::reach::{Circle, Reach};
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
                let parts = parts.iter().map(|p| p.judge(scope));
                parts.reduce(Judged::and).unwrap_or_else(|| Judged::plain(true))
            }
            Kind::Or(parts) => {
                let parts = parts.iter().map(|p| p.judge(scope));
                parts.reduce(Judged::or).unwrap_or_else(|| Judged::plain(false))
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

/// One fact that decided.
#[derive(Clone)]
struct Ground {
    origin: Origin,
    /// What it says, for evidence; nothing where nobody wrote anything.
    say: Option<Name>,
}

/// An answer with the facts it rests on.
#[derive(Clone)]
struct Judged {
    truth: Truth,
    grounds: Vec<Ground>,
}

impl Judged {
    fn plain(answer: bool) -> Judged {
        Judged { truth: Truth::plain(answer), grounds: Vec::new() }
    }

    fn and(self, other: Judged) -> Judged {
        match (self.truth.answer, other.truth.answer) {
            (Answer::No, Answer::No) => self.firmer(other),
            (Answer::No, _) => self,
            (_, Answer::No) => other,
            _ => self.joined(other, Truth::and),
        }
    }

    fn or(self, other: Judged) -> Judged {
        match (self.truth.answer, other.truth.answer) {
            (Answer::Yes, Answer::Yes) => self.firmer(other),
            (Answer::Yes, _) => self,
            (_, Answer::Yes) => other,
            _ => self.joined(other, Truth::or),
        }
    }

    fn firmer(self, other: Judged) -> Judged {
        if other.truth.guesses.len() < self.truth.guesses.len() { other } else { self }
    }

    fn joined(self, other: Judged, join: fn(Truth, Truth) -> Truth) -> Judged {
        let mut grounds = self.grounds;
        grounds.extend(other.grounds);
        Judged { truth: join(self.truth, other.truth), grounds }
    }
}

/// A value on the way through an expression.
struct Operand {
    fact: Fact<Value>,
    grounds: Vec<Ground>,
    fields: Vec<Name>,
}

impl Operand {
    fn literal(value: Value, scope: &dyn Scope) -> Operand {
        let fact = Fact::default(value, "", scope.place());
        Operand { fact, grounds: Vec::new(), fields: Vec::new() }
    }

    fn of_path(path: &[Name], scope: &dyn Scope) -> Operand {
        let parts: Vec<&str> = path.iter().map(|p| &**p).collect();
        let fact = scope.get(&parts);
        let grounds = match &fact {
            Fact::Known(value, origin) => vec![Ground::of(path, value, origin)],
            _ => Vec::new(),
        };
        Operand { fact, grounds, fields: path.last().cloned().into_iter().collect() }
    }

    fn of_truth(judged: Judged, scope: &dyn Scope) -> Operand {
        let fact = match (judged.truth.answer, judged.truth.whys.first()) {
            (Answer::Unknown, Some((why, place))) => Fact::Unknown(why.clone(), *place),
            (answer, _) => {
                let origin = origin(&judged.grounds, scope);
                Fact::Known(Value::Bool(answer == Answer::Yes), origin)
            }
        };
        Operand { fact, grounds: judged.grounds, fields: judged.truth.fields }
    }

    fn try_map(self, f: impl FnOnce(&Value, &Name) -> Result<Value, Why>) -> Operand {
        let field = self.field();
        Operand { fact: self.fact.try_map(|value| f(&value, &field)), ..self }
    }

    /// The name to call it by where it decides.
    fn field(&self) -> Name {
        self.fields.last().cloned().unwrap_or_else(|| "a value".into())
    }

    /// Why it cannot be told; `None` where it can.
    fn why(&self) -> Option<(Why, Place)> {
        match &self.fact {
            Fact::Known(..) => None,
            Fact::Unset(place) => Some((Why::NoDefault(quoted(&self.field())), *place)),
            Fact::Unknown(why, place) => Some((why.clone(), *place)),
        }
    }

    /// An answer about it, with its grounds.
    fn judged(self, answer: Result<bool, Why>) -> Judged {
        let place = self.fact.place();
        let mut truth = match answer {
            Ok(answer) => Truth::plain(answer),
            Err(why) => Truth::unknown(why, place),
        };
        for ground in &self.grounds {
            ground.weigh(&mut truth);
        }
        truth.fields = self.fields;
        Judged { truth, grounds: self.grounds }
    }
}

impl Ground {
    fn of(path: &[Name], value: &Value, origin: &Origin) -> Ground {
        let name = path.last().map_or("", |name| &**name);
        let say = match value {
            Value::Secret => format!("`{name}` comes from a secret"),
            Value::Text(text) if text.is_empty() => format!("`{name}` is empty"),
            value => format!("`{name}` is {value}"),
        };
        Ground { origin: origin.clone(), say: Some(say.into()) }
    }

    fn weigh(&self, truth: &mut Truth) {
        match &self.origin.basis {
            Basis::Written => truth.written = true,
            Basis::Default(_) => {}
            Basis::Guessed(how) => {
                if !truth.guesses.contains(how) {
                    truth.guesses.push(how.clone());
                }
            }
        }
    }
}

/// The origin of a value that was worked out: as weak as the weakest ground, placed where
/// somebody wrote something, with the other grounds as the way there.
fn origin(grounds: &[Ground], scope: &dyn Scope) -> Origin {
    let written = |g: &&Ground| g.origin.basis == Basis::Written;
    let guessed = |g: &&Ground| matches!(g.origin.basis, Basis::Guessed(_));
    let Some(main) = grounds.iter().find(written).or(grounds.first()) else {
        return Origin::default("", scope.place());
    };
    let basis = grounds.iter().find(guessed).unwrap_or(main).origin.basis.clone();
    let mut via = Vec::new();
    for other in grounds {
        if other.origin.at == main.origin.at || !written(&other) {
            continue;
        }
        via.extend(other.origin.via.iter().cloned());
        let said = other.say.iter().map(|say| Evidence::new(other.origin.at, say.clone()));
        via.extend(said);
    }
    via.extend(main.origin.via.iter().cloned());
    Origin { basis, at: main.origin.at, via: via.into() }
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
            let ground = Ground { origin: Origin::default(see, *place), say: None };
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

fn reach_of(operand: &Operand) -> Option<Reach> {
    match operand.fact.known() {
        Some(Value::Reach(reach)) => Some((**reach).clone()),
        _ => None,
    }
}

/// A comparison of a reach with a circle's name.
fn spanned(
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
fn reached(operand: Operand, reach: &Reach, holds: impl Fn(Circle) -> bool) -> Judged {
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

fn size(value: &Value, field: &Name) -> Result<Value, Why> {
    match value {
        Value::Text(text) => Ok(Value::Int(text.chars().count() as i64)),
        Value::List(items) => Ok(Value::Int(items.len() as i64)),
        Value::Secret => Err(Why::NotHere(field.clone())),
        _ => Err(Why::NotUnderstood(format!("the size of {field}").into())),
    }
}

fn compare(op: Op, a: &Value, b: &Value) -> Result<bool, Why> {
    if matches!((a, b), (Value::Secret, _) | (_, Value::Secret)) {
        return secret(op, if *a == Value::Secret { b } else { a });
    }
    if let (Some(x), Some(y)) = (as_int(a), as_int(b)) {
        return Ok(op.holds(x.cmp(&y)));
    }
    let equal = match (as_bool(a), as_bool(b)) {
        (Some(x), Some(y)) => x == y,
        _ => a == b,
    };
    match op {
        Op::Equal => Ok(equal),
        Op::Unequal => Ok(!equal),
        _ => Err(Why::NotUnderstood(format!("the order of {a} and {b}").into())),
    }
}

/// A secret is known not to be empty, and nothing else of it is.
fn secret(op: Op, other: &Value) -> Result<bool, Why> {
    match (op, other) {
        (Op::Equal, Value::Text(text)) if text.is_empty() => Ok(false),
        (Op::Unequal, Value::Text(text)) if text.is_empty() => Ok(true),
        _ => Err(Why::NotHere("a secret".into())),
    }
}

fn as_int(value: &Value) -> Option<i64> {
    match value {
        Value::Int(int) => Some(*int),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn as_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(bool) => Some(*bool),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn quoted(field: &str) -> Name {
    format!("`{field}`").into()
}

impl Op {
    fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Op::Equal => order.is_eq(),
            Op::Unequal => order.is_ne(),
            Op::Less => order.is_lt(),
            Op::LessOrEqual => order.is_le(),
            Op::Greater => order.is_gt(),
            Op::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Method {
    fn holds(self, text: &Value, part: &Value) -> Result<bool, Why> {
        let (Value::Text(text), Value::Text(part)) = (text, part) else {
            let secret = *text == Value::Secret || *part == Value::Secret;
            return Err(if secret {
                Why::NotHere("a secret".into())
            } else {
                Why::NotUnderstood(format!("{text} as a text").into())
            });
        };
        Ok(match self {
            Method::Contains => text.contains(&**part),
            Method::StartsWith => text.starts_with(&**part),
            Method::EndsWith => text.ends_with(&**part),
        })
    }
}
