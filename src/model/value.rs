//! The values that conditions compare.

use std::fmt;
use std::sync::Arc;

use super::fact::{Fact, Name};
use super::reach::{Circle, Reach};

/// A value of a fact, as conditions see it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Bool(bool),
    Int(i64),
    Text(Name),
    List(Arc<[Fact<Value>]>),
    /// From a secret store: there and not empty, nothing else is known. Never printed.
    Secret,
    /// The span of circles a client may come from.
    Reach(Arc<Reach>),
}

/// The type of a value, for the check of conditions when a card is loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Type {
    Bool,
    Int,
    Text,
    /// A list of texts.
    Texts,
    /// A circle's name; ordered from `none` to `internet`.
    Reach,
    /// Anything: settings and attributes, whose type the files decide.
    Any,
}

/// A Rust type that can stand in a concept.
pub(crate) trait IntoValue: Clone {
    const TYPE: Type;
    fn value(&self) -> Value;
}

/// Stands in a text for a part that is there, is not empty, and is known to nobody here.
pub(crate) const SECRET: char = '\u{f8fe}';

impl IntoValue for bool {
    const TYPE: Type = Type::Bool;
    fn value(&self) -> Value {
        Value::Bool(*self)
    }
}

impl IntoValue for i64 {
    const TYPE: Type = Type::Int;
    fn value(&self) -> Value {
        Value::Int(*self)
    }
}

impl IntoValue for Name {
    const TYPE: Type = Type::Text;
    fn value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl IntoValue for Arc<Reach> {
    const TYPE: Type = Type::Reach;
    fn value(&self) -> Value {
        Value::Reach(self.clone())
    }
}

impl IntoValue for Vec<Fact<Name>> {
    const TYPE: Type = Type::Texts;
    fn value(&self) -> Value {
        Value::List(self.iter().map(|f| f.as_ref().map(IntoValue::value)).collect())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(b) => write!(f, "{b}"),
            Value::Int(i) => write!(f, "{i}"),
            Value::Text(t) => write!(f, "{t}"),
            Value::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    match item.known() {
                        Some(value) => write!(f, "{comma}{value}")?,
                        None => write!(f, "{comma}?")?,
                    }
                }
                Ok(())
            }
            Value::Secret => write!(f, "•••"),
            Value::Reach(reach) => write!(f, "{}", reach.likely),
        }
    }
}

impl From<Circle> for Value {
    fn from(circle: Circle) -> Value {
        Value::Text(circle.name().into())
    }
}
