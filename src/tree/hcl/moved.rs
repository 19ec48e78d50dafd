//! A tree that stands somewhere else: what a card writes is parsed once, and said at every call.

use super::{Body, Expr, ExprKind, ObjectKey, Part};
use crate::source::Place;

impl Body {
    /// The same, with everything at one place.
    pub(crate) fn moved(&self, at: Place) -> Body {
        let mut body = self.clone();
        in_body(&mut body, at);
        body
    }
}

fn in_body(body: &mut Body, at: Place) {
    for attribute in &mut body.attributes {
        attribute.place = at;
        in_expr(&mut attribute.expr, at);
    }
    for block in &mut body.blocks {
        block.place = at;
        block.head = at;
        for label in &mut block.labels {
            label.place = at;
        }
        in_body(&mut block.body, at);
    }
}

fn in_expr(expr: &mut Expr, at: Place) {
    expr.place = at;
    match &mut expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Number(_)
        | ExprKind::String(..)
        | ExprKind::Variable(_)
        | ExprKind::SplatItem
        | ExprKind::Broken => {}
        ExprKind::Template(parts) => in_parts(parts, at),
        ExprKind::List(items) | ExprKind::Call { args: items, .. } => {
            for item in items {
                in_expr(item, at);
            }
        }
        ExprKind::Object(entries) => {
            for (key, value) in entries {
                match key {
                    ObjectKey::Name(_, place) => *place = at,
                    ObjectKey::Expr(key) => in_expr(key, at),
                }
                in_expr(value, at);
            }
        }
        ExprKind::Attr(inner, _) | ExprKind::Not(inner) | ExprKind::Negate(inner) => {
            in_expr(inner, at);
        }
        ExprKind::Index(a, b)
        | ExprKind::Splat { base: a, each: b, .. }
        | ExprKind::Binary(_, a, b) => {
            in_expr(a, at);
            in_expr(b, at);
        }
        ExprKind::Conditional(a, b, c) => [a, b, c].into_iter().for_each(|e| in_expr(e, at)),
        ExprKind::For(each) => {
            in_expr(&mut each.over, at);
            in_expr(&mut each.value_expr, at);
            let more = each.key_expr.iter_mut().chain(&mut each.cond);
            more.for_each(|expr| in_expr(expr, at));
        }
    }
}

fn in_parts(parts: &mut [Part], at: Place) {
    for part in parts {
        match part {
            Part::Literal(_, place, _) => *place = at,
            Part::Interpolation(expr) => in_expr(expr, at),
            Part::If { cond, then, otherwise } => {
                in_expr(cond, at);
                in_parts(then, at);
                in_parts(otherwise, at);
            }
            Part::For { over, body, .. } => {
                in_expr(over, at);
                in_parts(body, at);
            }
        }
    }
}
