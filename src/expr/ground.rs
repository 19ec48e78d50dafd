//! Values and answers on the way through an expression, with the facts they rest on.

use super::Scope;
use crate::model::fact::{Basis, Evidence, Fact, Name, Origin, Why};
use crate::model::truth::{Answer, Truth};
use crate::model::value::Value;
use crate::source::Place;

/// One fact that decided.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) origin: Origin,
    /// What it says, for evidence; nothing where nobody wrote anything. Few are ever told, so
    /// the words are made when they are.
    pub(super) said: Option<(Name, Value)>,
}

/// An answer with the facts it rests on.
#[derive(Clone)]
pub(super) struct Judged {
    pub(super) truth: Truth,
    pub(super) grounds: Vec<Ground>,
}

impl Judged {
    pub(super) fn plain(answer: bool) -> Judged {
        Judged { truth: Truth::plain(answer), grounds: Vec::new() }
    }

    pub(super) fn and(self, other: Judged) -> Judged {
        match (self.truth.answer, other.truth.answer) {
            (Answer::No, Answer::No) => self.firmer(other),
            (Answer::No, _) => self,
            (_, Answer::No) => other,
            _ => self.joined(other, Truth::and),
        }
    }

    pub(super) fn or(self, other: Judged) -> Judged {
        match (self.truth.answer, other.truth.answer) {
            (Answer::Yes, Answer::Yes) => self.firmer(other),
            (Answer::Yes, _) => self,
            (_, Answer::Yes) => other,
            _ => self.joined(other, Truth::or),
        }
    }

    pub(super) fn firmer(self, other: Judged) -> Judged {
        if other.truth.guesses.len() < self.truth.guesses.len() { other } else { self }
    }

    pub(super) fn joined(self, other: Judged, join: fn(Truth, Truth) -> Truth) -> Judged {
        let mut grounds = self.grounds;
        grounds.extend(other.grounds);
        Judged { truth: join(self.truth, other.truth), grounds }
    }
}

/// A value on the way through an expression.
pub(super) struct Operand {
    pub(super) fact: Fact<Value>,
    pub(super) grounds: Vec<Ground>,
    pub(super) fields: Vec<Name>,
}

impl Operand {
    pub(super) fn literal(value: Value, scope: &dyn Scope) -> Operand {
        let fact = Fact::default(value, "", scope.place());
        Operand { fact, grounds: Vec::new(), fields: Vec::new() }
    }

    pub(super) fn of_path(path: &[Name], scope: &dyn Scope) -> Operand {
        let parts: Vec<&str> = path.iter().map(|p| &**p).collect();
        let fact = scope.get(&parts);
        let grounds = match &fact {
            Fact::Known(value, origin) => vec![Ground::of(path, value, origin)],
            _ => Vec::new(),
        };
        Operand { fact, grounds, fields: path.last().cloned().into_iter().collect() }
    }

    pub(super) fn of_truth(judged: Judged, scope: &dyn Scope) -> Operand {
        let fact = match (judged.truth.answer, judged.truth.whys.first()) {
            (Answer::Unknown, Some((why, place))) => Fact::Unknown(why.clone(), *place),
            (answer, _) => {
                let origin = origin(&judged.grounds, scope);
                Fact::Known(Value::Bool(answer == Answer::Yes), origin)
            }
        };
        Operand { fact, grounds: judged.grounds, fields: judged.truth.fields }
    }

    pub(super) fn try_map(self, f: impl FnOnce(&Value, &Name) -> Result<Value, Why>) -> Operand {
        let field = self.field();
        Operand { fact: self.fact.try_map(|value| f(&value, &field)), ..self }
    }

    /// The name to call it by where it decides.
    pub(super) fn field(&self) -> Name {
        self.fields.last().cloned().unwrap_or_else(|| "a value".into())
    }

    /// Why it cannot be told; `None` where it can.
    pub(super) fn why(&self) -> Option<(Why, Place)> {
        match &self.fact {
            Fact::Known(..) => None,
            Fact::Unset(place) => Some((Why::NoDefault(quoted(&self.field())), *place)),
            Fact::Unknown(why, place) => Some((why.clone(), *place)),
        }
    }

    /// An answer about it, with its grounds.
    pub(super) fn judged(self, answer: Result<bool, Why>) -> Judged {
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
    pub(super) fn of(path: &[Name], value: &Value, origin: &Origin) -> Ground {
        let said = path.last().map(|name| (name.clone(), value.clone()));
        Ground { origin: origin.clone(), said }
    }

    fn say(&self) -> Option<Name> {
        let (name, value) = self.said.as_ref()?;
        let say = match value {
            Value::Secret => format!("`{name}` comes from a secret"),
            Value::Text(text) if text.is_empty() => format!("`{name}` is empty"),
            value => format!("`{name}` is {value}"),
        };
        Some(say.into())
    }

    pub(super) fn weigh(&self, truth: &mut Truth) {
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
pub(super) fn origin(grounds: &[Ground], scope: &dyn Scope) -> Origin {
    let written = |g: &&Ground| g.origin.basis == Basis::Written;
    let guessed = |g: &&Ground| matches!(g.origin.basis, Basis::Guessed(_));
    // A default that names its source tells more than that something is filled in at all.
    let sourced = |g: &&Ground| !matches!(&g.origin.basis, Basis::Default(see) if see.is_empty());
    let first = || grounds.iter().find(sourced).or(grounds.first());
    let Some(main) = grounds.iter().find(written).or_else(first) else {
        return Origin::default("", scope.place());
    };
    let basis = grounds.iter().find(guessed).unwrap_or(main).origin.basis.clone();
    let mut via = Vec::new();
    for other in grounds {
        if other.origin.at == main.origin.at || !written(&other) {
            continue;
        }
        via.extend(other.origin.via.iter().cloned());
        via.extend(other.say().map(|say| Evidence::new(other.origin.at, say)));
    }
    via.extend(main.origin.via.iter().cloned());
    Origin { basis, at: main.origin.at, via: via.into(), edit: main.origin.edit }
}

pub(super) fn quoted(field: &str) -> Name {
    format!("`{field}`").into()
}
