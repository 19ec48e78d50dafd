//! Collections whose elements have one type: what `tolist([1, "a"])` makes of its elements.

use super::super::value::{Val, ValKind};
use super::types::Type;

/// The elements in the type that all of them convert to: numbers and booleans beside texts, or
/// beside one another, become texts.
pub(super) fn unified(items: Vec<Val>) -> Vec<Val> {
    let mut kinds = [false; 3];
    for item in &items {
        match &item.kind {
            ValKind::String(..) | ValKind::Partial(_) => kinds[0] = true,
            ValKind::Number(_) => kinds[1] = true,
            ValKind::Bool(_) => kinds[2] = true,
            ValKind::List { .. } | ValKind::Map { .. } => return items,
            ValKind::Null | ValKind::Unknown(_) | ValKind::Ref(_) => {}
        }
    }
    if kinds.iter().filter(|kind| **kind).count() < 2 {
        return items;
    }
    items.into_iter().map(|item| Type::String.convert(item)).collect()
}
