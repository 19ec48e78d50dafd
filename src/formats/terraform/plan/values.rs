//! Values of a document, with what is known only after apply and what is secret.

use std::sync::Arc;

use super::super::lang;
use super::super::value::{Val, ValKind};
use crate::model::fact::{Name, Why};
use crate::source::Place;
use crate::tree::node::{Kind, Node};

/// Values within values.
const MAX_DEPTH: usize = 64;

/// A value with its shadows: the same shape, `true` where it is unknown or sensitive.
#[derive(Clone, Copy, Default)]
pub(super) struct Written<'n> {
    pub(super) value: Option<&'n Node>,
    pub(super) unknown: Option<&'n Node>,
    pub(super) sensitive: Option<&'n Node>,
}

/// What an unknown stretch is: told by whoever knows the configuration. Gets the expression that
/// the configuration has for it, if any, and the place.
pub(super) type Unknown<'u> = dyn Fn(Option<&Node>, Place) -> Val + 'u;

/// A text that is there and that nobody shall read.
pub(super) fn secret(at: Place) -> Val {
    let part = Val::unknown(Why::DataSource("a sensitive value".into()), at);
    Val::new(ValKind::Partial(Arc::new([part])), at)
}

impl<'n> Written<'n> {
    /// One step further in. Shadows may stop early: `true` holds for all below.
    fn field(&self, key: &str) -> Written<'n> {
        let inside = |node: Option<&'n Node>| match node {
            Some(all) if all.scalar().is_some() => Some(all),
            other => other.and_then(|n| n.get(key)),
        };
        Written {
            value: self.value.and_then(|n| n.get(key)),
            unknown: inside(self.unknown),
            sensitive: inside(self.sensitive),
        }
    }

    fn item(&self, index: usize) -> Written<'n> {
        let inside = |node: Option<&'n Node>| match node {
            Some(all) if all.scalar().is_some() => Some(all),
            other => other.and_then(|n| n.items().get(index)),
        };
        Written {
            value: self.value.and_then(|n| n.items().get(index)),
            unknown: inside(self.unknown),
            sensitive: inside(self.sensitive),
        }
    }

    /// The value; `None` where it says nothing. Providers write what nobody set as null, as an
    /// empty text and as an empty list of blocks.
    pub(super) fn val(
        &self,
        expression: Option<&Node>,
        unknown: &Unknown,
        depth: usize,
    ) -> Option<Val> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let Some(place) = self.unknown.filter(|n| is_true(n)).map(|n| n.place) {
            return Some(unknown(expression, place));
        }
        let keys = self.unknown.map_or(&[][..], Node::entries);
        let node = match self.value {
            Some(node) if !node.is_null() => node,
            // All that is known of it is which parts are not.
            _ => self.unknown.filter(|n| holds_true(n, 0))?,
        };
        let kind = match &node.kind {
            Kind::Null => return None,
            Kind::Scalar(scalar) if scalar.text.is_empty() => return None,
            Kind::Scalar(scalar) => {
                let is_secret = self.sensitive.is_some_and(is_true);
                if is_secret && !scalar.plain {
                    return Some(secret(node.place));
                }
                lang::of_node(node).kind
            }
            Kind::List(items) => {
                return self.list(items, expression, unknown, depth);
            }
            Kind::Map(map) => {
                let own = map.entries.iter().map(|e| &e.key);
                let further = keys.iter().map(|e| &e.key).filter(|k| map.get(k).is_none());
                let mut entries: Vec<(Name, Val)> = own
                    .chain(further)
                    .filter_map(|key| {
                        let inner = expression.and_then(|e| inside(e, key));
                        let val = self.field(key).val(inner, unknown, depth + 1)?;
                        Some((key.clone(), val))
                    })
                    .collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                entries.dedup_by(|a, b| a.0 == b.0);
                // An attribute; an empty block is one element of a list, and is there.
                if entries.is_empty() && depth == 1 {
                    return None;
                }
                ValKind::Map { entries: entries.into(), more: None }
            }
        };
        Some(Val::new(kind, node.place))
    }
}

impl Written<'_> {
    /// A list; all of its elements that are not known come from one expression, and nobody tells
    /// which is which.
    fn list(
        &self,
        items: &[Node],
        expression: Option<&Node>,
        unknown: &Unknown,
        depth: usize,
    ) -> Option<Val> {
        let shadows = self.unknown.map_or(&[][..], Node::items);
        let place = self.value.or(self.unknown)?.place;
        let (mut out, mut more) = (Vec::with_capacity(items.len()), None);
        for index in 0..items.len().max(shadows.len()) {
            let inner = expression.map(|e| match e.items() {
                [] => e,
                all => all.get(index).unwrap_or(&all[0]),
            });
            if shadows.get(index).is_none_or(|n| !is_true(n)) {
                out.extend(self.item(index).val(inner, unknown, depth + 1));
            }
        }
        if let Some(shadow) = shadows.iter().find(|n| is_true(n)) {
            let val = unknown(expression, shadow.place);
            match val.kind {
                ValKind::List { items, more: open } => {
                    out.extend(items.iter().cloned());
                    more = open;
                }
                ValKind::Unknown(why) => more = Some(why),
                _ => out.push(val),
            }
        }
        let is_empty = out.is_empty() && more.is_none();
        (!is_empty).then(|| Val::new(ValKind::List { items: out.into(), more }, place))
    }
}

/// The expression of a nested attribute. An attribute's expression holds for all inside it; blocks
/// are objects or lists of them.
fn inside<'e>(expression: &'e Node, key: &str) -> Option<&'e Node> {
    let is_leaf = ["references", "constant_value"].iter().any(|k| expression.get(k).is_some());
    if is_leaf { Some(expression) } else { expression.get(key) }
}

fn is_true(node: &Node) -> bool {
    node.bool() == Some(true)
}

fn holds_true(node: &Node, depth: usize) -> bool {
    depth < MAX_DEPTH
        && (is_true(node)
            || node.items().iter().any(|n| holds_true(n, depth + 1))
            || node.entries().iter().any(|e| holds_true(&e.value, depth + 1)))
}
