//! Comparisons of known values.

use super::{Method, Op};
use crate::model::fact::{Name, Why};
use crate::model::value::Value;

pub(super) fn size(value: &Value, field: &Name) -> Result<Value, Why> {
    match value {
        Value::Text(text) => Ok(count(text.chars().count())),
        Value::List(items) => Ok(count(items.len())),
        Value::Secret => Err(Why::NotHere(field.clone())),
        _ => Err(Why::NotUnderstood(format!("the size of {field}").into())),
    }
}

pub(super) fn count(n: usize) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

pub(super) fn compare(op: Op, a: &Value, b: &Value) -> Result<bool, Why> {
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
pub(super) fn secret(op: Op, other: &Value) -> Result<bool, Why> {
    match (op, other) {
        (Op::Equal, Value::Text(text)) if text.is_empty() => Ok(false),
        (Op::Unequal, Value::Text(text)) if text.is_empty() => Ok(true),
        _ => Err(Why::NotHere("a secret".into())),
    }
}

pub(super) fn as_int(value: &Value) -> Option<i64> {
    match value {
        Value::Int(int) => Some(*int),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

pub(super) fn as_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(bool) => Some(*bool),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

impl Op {
    pub(super) fn holds(self, order: std::cmp::Ordering) -> bool {
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
    pub(super) fn holds(self, text: &Value, part: &Value) -> Result<bool, Why> {
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
