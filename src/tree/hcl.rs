//! Bodies, blocks and expressions: HCL, in native and in JSON syntax.

mod convert;
mod cut;
mod json;
mod mend;
mod moved;
mod template;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hcl_edit::parser as hcl;

use super::node::Node;
use crate::shared::Shared;
use crate::source::{Piece, Place, Problem, Text};
use convert::Converter;

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
    String(Arc<str>, Shared<Piece>),
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
    Literal(Arc<str>, Place, Shared<Piece>),
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

/// Larger files are data, not code.
const MAX_BYTES: usize = 4 << 20;

/// Reads a file in native syntax. Where the whole does not parse, its top-level blocks are read
/// apart, and only the broken one is lost.
pub(crate) fn parse(text: &Text) -> (Body, Vec<Problem>) {
    let whole = text.as_str();
    let base = if whole.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let source = &whole[base..];
    if let Some(message) = too_large(source) {
        return (Body::default(), vec![Problem { place: text.place(base..base), message }]);
    }
    let mut problems = Vec::new();
    let error = match hcl::parse_body(source) {
        Ok(parsed) => {
            let body = Converter::new(text, base, &mut problems).body(&parsed);
            return (body, problems);
        }
        Err(error) => error,
    };
    let mut body = Body::default();
    let mut mended = false;
    for item in cut::items(source) {
        let start = base + item.start;
        let stretch = &source[item.clone()];
        let parsed = hcl::parse_body(stretch).or_else(|error| {
            let again = mend::parse(stretch);
            mended |= again.is_some();
            again.ok_or(error)
        });
        match parsed {
            Ok(parsed) => {
                let part = Converter::new(text, start, &mut problems).body(&parsed);
                body.attributes.extend(part.attributes);
                body.blocks.extend(part.blocks);
            }
            Err(error) => {
                problems.push(problem(text, start, item.len(), &error));
                let range = start..base + item.end;
                body.blocks.extend(cut::head(text, range));
            }
        }
    }
    if problems.is_empty() && !mended {
        // Each part is right by itself: an attribute is set twice.
        problems.push(problem(text, base, source.len(), &error));
    }
    (body, problems)
}

/// The library compares each key of an object with all before it.
fn too_large(source: &str) -> Option<String> {
    if source.len() > MAX_BYTES {
        return Some(format!("larger than {} MiB", MAX_BYTES >> 20));
    }
    cut::has_huge_object(source).then(|| "an object with too many keys".to_owned())
}

fn problem(text: &Text, base: usize, len: usize, error: &hcl::Error) -> Problem {
    let start = (base + error.location().offset()).min(base + len);
    let next = text.as_str().get(start..).and_then(|s| s.chars().next());
    let width = next.filter(|_| start < base + len).map_or(0, char::len_utf8);
    Problem { place: text.place(start..start + width), message: error.message().to_owned() }
}

/// Reads one template: strings of JSON syntax, files for `templatefile`.
pub(crate) fn parse_template(text: &Text) -> (Vec<Part>, Vec<Problem>) {
    let source = text.as_str();
    let parsed = match too_large(source) {
        Some(message) => Err(Problem { place: text.whole(), message }),
        None => hcl::parse_template(source).map_err(|e| problem(text, 0, source.len(), &e)),
    };
    match parsed {
        Ok(parsed) => {
            let mut problems = Vec::new();
            let parts = Converter::new(text, 0, &mut problems).bare_template(&parsed);
            (parts, problems)
        }
        Err(problem) => {
            let broken = Expr { place: text.whole(), kind: ExprKind::Broken };
            (vec![Part::Interpolation(broken)], vec![problem])
        }
    }
}

/// The body that a JSON document means as Terraform: `resource`, `data`, `variable` and the other
/// known block types become blocks, all else attributes; strings are templates.
pub(crate) fn from_json(root: &Node) -> (Body, Vec<Problem>) {
    json::body(root)
}
