//! Values that are JSON texts: encoded by the language, or written as text.

use crate::formats::terraform::value::{Val, ValKind};
use crate::model::fact::Why;
use crate::source::Place;

/// The value inside a JSON text; parts that are not known stay so.
pub(super) fn read(value: &Val) -> Result<Val, Why> {
    match document(value) {
        Some(inside) => Ok(inside.clone()),
        None => from_text(value),
    }
}

/// The value that was encoded, where the evaluator kept it.
fn document(value: &Val) -> Option<&Val> {
    matches!(value.kind, ValKind::Map { .. } | ValKind::List { .. }).then_some(value)
}

/// A text, with placeholders for what is not known.
fn from_text(value: &Val) -> Result<Val, Why> {
    let unreadable = || value.why().unwrap_or(Why::NotUnderstood("a JSON text".into()));
    let text = super::scripts::text(value).ok_or_else(unreadable)?;
    let json: serde_json::Value = serde_json::from_str(text.as_str()).map_err(|_| unreadable())?;
    Ok(value_of(&json, value.at))
}

fn value_of(json: &serde_json::Value, at: Place) -> Val {
    use serde_json::Value as Json;
    let kind = match json {
        Json::Null => ValKind::Null,
        Json::Bool(b) => ValKind::Bool(*b),
        Json::Number(n) => ValKind::Number(n.as_f64().unwrap_or(0.0)),
        Json::String(s) if s.contains(super::scripts::UNKNOWN) => {
            ValKind::Unknown(Why::NotUnderstood(format!("`{s}`").into()))
        }
        Json::String(s) => return Val::string(s.as_str(), at),
        Json::Array(items) => {
            ValKind::List { items: items.iter().map(|i| value_of(i, at)).collect(), more: None }
        }
        Json::Object(entries) => ValKind::Map {
            entries: entries.iter().map(|(k, v)| (k.as_str().into(), value_of(v, at))).collect(),
            more: None,
        },
    };
    Val::new(kind, at)
}
