//! Types, names and unset values, checked once when a card is loaded.

use super::{Expr, ExprError, Kind, Names, Op};
use crate::model::fact::Name;
use crate::model::reach::Circle;
use crate::model::value::Type;
use crate::spelling::distance;

/// Checks an expression of any type, and gives the type.
pub(super) fn check(
    expr: &Expr,
    names: &dyn Names,
    given: Option<&Expr>,
) -> Result<Type, ExprError> {
    let mut checker = Checker { names, set: Vec::new() };
    if let Some(given) = given {
        checker.set = told(given, true);
    }
    checker.kind(expr)
}

/// Checks that an expression is true or false, and never just unset.
pub(super) fn check_condition(
    expr: &Expr,
    names: &dyn Names,
    given: Option<&Expr>,
) -> Result<(), ExprError> {
    let mut checker = Checker { names, set: Vec::new() };
    if let Some(given) = given {
        checker.set = told(given, true);
    }
    checker.boolean(expr)
}

/// The optional paths that are surely set where `expr` has that value.
fn told(expr: &Expr, value: bool) -> Vec<&[Name]> {
    match (&expr.kind, value) {
        (Kind::Has(path), true) => vec![path],
        (Kind::Not(inner), _) => told(inner, !value),
        (Kind::And(parts), true) | (Kind::Or(parts), false) => {
            parts.iter().flat_map(|p| told(p, value)).collect()
        }
        _ => Vec::new(),
    }
}

struct Checker<'a> {
    names: &'a dyn Names,
    /// Optional paths that are known to be set at this point.
    set: Vec<&'a [Name]>,
}

impl<'a> Checker<'a> {
    fn kind(&mut self, expr: &'a Expr) -> Result<Type, ExprError> {
        match &expr.kind {
            Kind::Path(path) => Ok(self.path(expr, path)?.0),
            Kind::Has(path) => self.path(expr, path).map(|_| Type::Bool),
            Kind::Text(_) => Ok(Type::Text),
            Kind::Int(_) => Ok(Type::Int),
            Kind::Bool(_) => Ok(Type::Bool),
            Kind::List(items) => self.list(items),
            Kind::Size(inner) => self.size(inner),
            Kind::Not(inner) => self.boolean(inner).map(|()| Type::Bool),
            Kind::And(parts) => self.chain(parts, true),
            Kind::Or(parts) => self.chain(parts, false),
            Kind::Compare(op, a, b) => self.compare(expr, *op, a, b),
            Kind::In(item, list) => self.within(expr, item, list),
            Kind::Match(_, text, part) => {
                self.text(text)?;
                self.text(part)?;
                Ok(Type::Bool)
            }
            Kind::If(parts) => self.choice(expr, parts),
        }
    }

    fn path(&self, expr: &Expr, path: &[Name]) -> Result<(Type, bool), ExprError> {
        let parts: Vec<&str> = path.iter().map(|p| &**p).collect();
        self.names.kind(&parts).ok_or_else(|| {
            let name = path.join(".");
            let hint = nearest(&name, self.names.all());
            let hint = hint.map(|h| format!("; did you mean `{h}`?")).unwrap_or_default();
            ExprError::new(expr.range.clone(), format!("there is no `{name}`{hint}"))
        })
    }

    /// A value that something is done with, so it must not be unset.
    fn operand(&mut self, expr: &'a Expr) -> Result<Type, ExprError> {
        if let Kind::Path(path) = &expr.kind {
            let (kind, optional) = self.path(expr, path)?;
            if optional && !self.set.contains(&path.as_slice()) {
                let name = path.join(".");
                let message = format!("`{name}` may be unset; ask `has({name})` first");
                return Err(ExprError::new(expr.range.clone(), message));
            }
            return Ok(kind);
        }
        self.kind(expr)
    }

    fn boolean(&mut self, expr: &'a Expr) -> Result<(), ExprError> {
        match self.operand(expr)? {
            Type::Bool | Type::Any => Ok(()),
            other => Err(wanted(expr, "a condition", other)),
        }
    }

    fn text(&mut self, expr: &'a Expr) -> Result<(), ExprError> {
        match self.operand(expr)? {
            Type::Text | Type::Any => Ok(()),
            Type::Texts => Err(ExprError::new(
                expr.range.clone(),
                "a list; write `'…' in list` to look into it",
            )),
            other => Err(wanted(expr, "a text", other)),
        }
    }

    fn size(&mut self, inner: &'a Expr) -> Result<Type, ExprError> {
        match self.operand(inner)? {
            Type::Text | Type::Texts | Type::Any => Ok(Type::Int),
            other => Err(wanted(inner, "a text or a list", other)),
        }
    }

    fn list(&mut self, items: &'a [Expr]) -> Result<Type, ExprError> {
        let mut kind = Type::Texts;
        for item in items {
            if self.operand(item)? != Type::Text {
                kind = Type::Any;
            }
        }
        Ok(kind)
    }

    /// Each part may rely on what those before it have settled.
    fn chain(&mut self, parts: &'a [Expr], settled: bool) -> Result<Type, ExprError> {
        let before = self.set.len();
        for part in parts {
            self.boolean(part)?;
            self.set.extend(told(part, settled));
        }
        self.set.truncate(before);
        Ok(Type::Bool)
    }

    fn choice(&mut self, expr: &Expr, parts: &'a [Expr; 3]) -> Result<Type, ExprError> {
        let [condition, yes, no] = parts;
        self.boolean(condition)?;
        let before = self.set.len();
        self.set.extend(told(condition, true));
        let a = self.kind(yes)?;
        self.set.truncate(before);
        self.set.extend(told(condition, false));
        let b = self.kind(no)?;
        self.set.truncate(before);
        match (a, b) {
            (a, b) if a == b => Ok(a),
            (Type::Any, _) | (_, Type::Any) => Ok(Type::Any),
            (a, b) => {
                let message = format!("is either {} or {}", word(a), word(b));
                Err(ExprError::new(expr.range.clone(), message))
            }
        }
    }

    fn compare(
        &mut self,
        expr: &Expr,
        op: Op,
        a: &'a Expr,
        b: &'a Expr,
    ) -> Result<Type, ExprError> {
        let ordered = !matches!(op, Op::Equal | Op::Unequal);
        match (self.operand(a)?, self.operand(b)?) {
            (Type::Reach, _) => circle(b)?,
            (_, Type::Reach) => circle(a)?,
            (Type::Texts, _) | (_, Type::Texts) => {
                return Err(ExprError::new(expr.range.clone(), "a list is compared with `in`"));
            }
            (Type::Int | Type::Any, Type::Int | Type::Any) => {}
            (x, y) if ordered => {
                let message = format!("{} and {} have no order", word(x), word(y));
                return Err(ExprError::new(expr.range.clone(), message));
            }
            (x, y) if x == y || x == Type::Any || y == Type::Any => {}
            (x, y) => {
                let message = format!("{} is never equal to {}", word(x), word(y));
                return Err(ExprError::new(expr.range.clone(), message));
            }
        }
        Ok(Type::Bool)
    }

    fn within(&mut self, expr: &Expr, item: &'a Expr, list: &'a Expr) -> Result<Type, ExprError> {
        let kind = self.operand(item)?;
        if let Kind::List(values) = &list.kind {
            for value in values {
                match (kind, self.operand(value)?) {
                    (Type::Reach, _) => circle(value)?,
                    (x, y) if x == y || x == Type::Any || y == Type::Any => {}
                    (x, y) => {
                        let message = format!("{} is never equal to {}", word(x), word(y));
                        return Err(ExprError::new(value.range.clone(), message));
                    }
                }
            }
            return Ok(Type::Bool);
        }
        match (kind, self.operand(list)?) {
            (Type::Text | Type::Any, Type::Texts) | (_, Type::Any) => Ok(Type::Bool),
            (_, Type::Texts) => Err(wanted(item, "a text", kind)),
            (_, other) => Err(wanted(if other == kind { expr } else { list }, "a list", other)),
        }
    }
}

/// A reach is compared with a circle's name, and with nothing else.
fn circle(expr: &Expr) -> Result<(), ExprError> {
    match &expr.kind {
        Kind::Text(name) if Circle::named(name).is_some() => Ok(()),
        Kind::Text(name) => {
            let all: Vec<String> = Circle::ALL.iter().map(|c| c.name().to_owned()).collect();
            let names = all.join("`, `");
            let message = match nearest(name, all) {
                Some(near) => format!("there is no circle '{name}'; did you mean '{near}'?"),
                None => format!("there is no circle '{name}'; there are `{names}`"),
            };
            Err(ExprError::new(expr.range.clone(), message))
        }
        _ => Err(ExprError::new(expr.range.clone(), "a reach is compared with a circle's name")),
    }
}

fn wanted(expr: &Expr, what: &str, found: Type) -> ExprError {
    ExprError::new(expr.range.clone(), format!("expected {what}, found {}", word(found)))
}

fn word(kind: Type) -> &'static str {
    match kind {
        Type::Bool => "a condition",
        Type::Int => "a number",
        Type::Text => "a text",
        Type::Texts => "a list",
        Type::Reach => "a reach",
        Type::Any => "a value",
    }
}

/// The candidate that differs least, if any is close.
pub(crate) fn nearest(name: &str, candidates: Vec<String>) -> Option<String> {
    let limit = (name.len() / 2).clamp(1, 3);
    let close = candidates.into_iter().map(|c| (distance(name, &c), c));
    close.filter(|(d, _)| *d <= limit).min().map(|(_, c)| c)
}
