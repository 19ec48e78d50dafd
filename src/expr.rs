//! Conditions on cards: a small subset of CEL, evaluated in three values over facts with places.
//!
//! CEL's own engines know no unknowns and give no places, and unknowns with places are what this
//! tool is about. The language stays small on purpose: when a condition gets long, the model lacks
//! a derived fact.

mod check;
mod compare;
mod eval;
mod ground;
mod lexer;
mod parser;
mod quick;
mod span;

use std::ops::Range;

pub(crate) use check::nearest;

use crate::model::fact::{Fact, Name};
use crate::model::value::{Type, Value};
use crate::source::Place;

/// A compiled expression.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Expr {
    kind: Kind,
    /// Where it stands in the text that was compiled.
    pub(crate) range: Range<usize>,
}

#[derive(Clone, PartialEq, Debug)]
enum Kind {
    /// `it.reach`
    Path(Vec<Name>),
    Text(Name),
    Int(i64),
    Bool(bool),
    List(Vec<Expr>),
    /// `has(it.days)`
    Has(Vec<Name>),
    /// `size(it.name)`
    Size(Box<Expr>),
    Not(Box<Expr>),
    /// Two or more, flat.
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare(Op, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Box<Expr>),
    /// `it.name.contains('x')`
    Match(Method, Box<Expr>, Box<Expr>),
    If(Box<[Expr; 3]>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Op {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Method {
    Contains,
    StartsWith,
    EndsWith,
}

/// Why a text is no expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ExprError {
    /// Bytes of the text.
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
}

/// What an expression may name.
pub(crate) trait Names {
    /// The type of a path, and whether it may be unset when it is asked; `None` if there is none.
    fn kind(&self, path: &[&str]) -> Option<(Type, bool)>;

    /// Whole paths that exist, for the hint on a misspelt one.
    fn all(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What the names of an expression stand for.
pub(crate) trait Scope {
    fn get(&self, path: &[&str]) -> Fact<Value>;

    /// Where a value is placed that comes from the expression alone (`'iam'`).
    fn place(&self) -> Place;
}

/// Parses and checks an expression of any type.
pub(crate) fn compile(text: &str, names: &dyn Names) -> Result<Expr, ExprError> {
    let expr = parser::parse(text)?;
    check::check(&expr, names, None)?;
    Ok(expr)
}

/// Parses and checks a condition. What `given` says of optional names holds already.
pub(crate) fn condition(
    text: &str,
    names: &dyn Names,
    given: Option<&Expr>,
) -> Result<Expr, ExprError> {
    let expr = parser::parse(text)?;
    check::check_condition(&expr, names, given)?;
    Ok(expr)
}

impl Expr {
    /// Every path that it asks for.
    pub(crate) fn paths(&self) -> Vec<&[Name]> {
        match &self.kind {
            Kind::Path(path) | Kind::Has(path) => vec![path],
            Kind::Text(_) | Kind::Int(_) | Kind::Bool(_) => Vec::new(),
            Kind::Size(inner) | Kind::Not(inner) => inner.paths(),
            Kind::List(parts) | Kind::And(parts) | Kind::Or(parts) => {
                parts.iter().flat_map(Expr::paths).collect()
            }
            Kind::Compare(_, a, b) | Kind::In(a, b) | Kind::Match(_, a, b) => {
                a.paths().into_iter().chain(b.paths()).collect()
            }
            Kind::If(parts) => parts.iter().flat_map(Expr::paths).collect(),
        }
    }

    #[cfg(test)]
    /// The parts of a conjunction; the expression itself if it is none.
    pub(crate) fn clauses(&self) -> Vec<&Expr> {
        match &self.kind {
            Kind::And(parts) => parts.iter().flat_map(Expr::clauses).collect(),
            _ => vec![self],
        }
    }
}

impl ExprError {
    fn new(range: Range<usize>, message: impl Into<String>) -> ExprError {
        ExprError { range, message: message.into() }
    }
}

#[cfg(test)]
mod tests;
