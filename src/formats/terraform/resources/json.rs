//! Values that are JSON texts: encoded by the language, or written as text.

use std::sync::Arc;

use crate::formats::terraform::lang;
use crate::formats::terraform::value::{Val, ValKind};
use crate::model::fact::Why;

/// The value inside a JSON text; parts that are not known stay so.
pub(super) fn read(value: &Val) -> Result<Val, Why> {
    if let Some(encoded) = &value.source {
        return Ok((**encoded).clone());
    }
    if matches!(value.kind, ValKind::Map { .. } | ValKind::List { .. }) {
        return Ok(value.clone());
    }
    let unreadable = || value.why().unwrap_or(Why::NotUnderstood("a JSON text".into()));
    let text = super::scripts::text(value).ok_or_else(unreadable)?;
    lang::json(&text).map(unknown_inside).ok_or_else(unreadable)
}

/// Texts with a placeholder in them are not known.
fn unknown_inside(value: Val) -> Val {
    let kind = match &value.kind {
        ValKind::String(text, _) if text.contains(super::scripts::UNKNOWN) => {
            ValKind::Unknown(Why::NotUnderstood(format!("`{text}`").into()))
        }
        ValKind::List { items, more } => ValKind::List {
            items: items.iter().cloned().map(unknown_inside).collect::<Arc<[Val]>>(),
            more: more.clone(),
        },
        ValKind::Map { entries, more } => ValKind::Map {
            entries: entries.iter().map(|(k, v)| (k.clone(), unknown_inside(v.clone()))).collect(),
            more: more.clone(),
        },
        _ => return value,
    };
    Val { kind, ..value }
}
