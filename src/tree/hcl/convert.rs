//! The parser's tree into ours: spans become places, parentheses go, splats are spelled out.

use std::cell::Cell;
use std::ops::Range;

use hcl_edit::expr::{
    BinaryOperator, Expression, ForExpr, Object, Traversal, TraversalOperator, UnaryOperator,
};
use hcl_edit::structure::{self, BlockLabel, Structure};
use hcl_edit::{Decorated, Span, expr};

use super::{Attribute, Block, Body, Expr, ExprKind, For, Label, ObjectKey, Op, mend};
use crate::shared::{Shared, word};
use crate::source::{Piece, Place, Problem, Text};

/// Expressions within expressions. The parser bounds nesting and operators, but not how long a
/// chain of `.name` is, and chains multiply with nesting.
const MAX_DEPTH: usize = 256;

pub(super) struct Converter<'a> {
    pub(super) text: &'a Text,
    /// Where the parsed stretch begins in `text`.
    base: usize,
    problems: &'a mut Vec<Problem>,
    depth: Cell<usize>,
}

impl<'a> Converter<'a> {
    pub(super) fn new(
        text: &'a Text,
        base: usize,
        problems: &'a mut Vec<Problem>,
    ) -> Converter<'a> {
        Converter { text, base, problems, depth: Cell::new(0) }
    }

    /// The range in `text` of what the parser has read.
    pub(super) fn range(&self, node: &impl Span) -> Range<usize> {
        let span = node.span().unwrap_or(0..0);
        self.base + span.start..self.base + span.end
    }

    pub(super) fn place(&self, node: &impl Span) -> Place {
        self.text.place(self.range(node))
    }

    pub(super) fn source(&self, range: Range<usize>) -> &'a str {
        self.text.as_str().get(range).unwrap_or("")
    }

    pub(super) fn body(&mut self, body: &structure::Body) -> Body {
        let mut out = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => out.attributes.push(Attribute {
                    name: word(attribute.key.as_str()),
                    place: self.place(structure),
                    expr: self.expr(&attribute.value),
                }),
                Structure::Block(block) => {
                    let place = self.place(structure);
                    out.blocks.push(self.block(block, place));
                }
            }
        }
        out
    }

    fn block(&mut self, block: &structure::Block, place: Place) -> Block {
        let labels: Vec<Label> = block
            .labels
            .iter()
            .map(|label| Label { text: word(label.as_str()), place: self.label(label) })
            .collect();
        let kind = self.place(&block.ident);
        let head = labels.last().map_or(kind, |last| kind.to(last.place));
        let body = self.body(&block.body);
        Block { kind: word(block.ident.as_str()), labels, body, place, head }
    }

    fn label(&self, label: &BlockLabel) -> Place {
        match label {
            BlockLabel::Ident(ident) => self.place(ident),
            BlockLabel::String(string) => self.place(string),
        }
    }

    pub(super) fn expr(&mut self, expr: &Expression) -> Expr {
        if let Expression::Parenthesis(inner) = expr {
            return self.expr(inner.inner());
        }
        let place = self.place(expr);
        if self.depth.get() >= MAX_DEPTH {
            return self.too_deep(place);
        }
        self.depth.set(self.depth.get() + 1);
        let kind = self.kind(expr);
        self.depth.set(self.depth.get() - 1);
        Expr { place, kind }
    }

    fn too_deep(&mut self, place: Place) -> Expr {
        let message = format!("an expression of more than {MAX_DEPTH} levels");
        self.problems.push(Problem { place, message });
        Expr { place, kind: ExprKind::Broken }
    }

    fn boxed(&mut self, expr: &Expression) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn kind(&mut self, expr: &Expression) -> ExprKind {
        match expr {
            Expression::Null(_) => ExprKind::Null,
            Expression::Bool(value) => ExprKind::Bool(*value.value()),
            Expression::Number(value) => {
                value.value().as_f64().map_or(ExprKind::Broken, ExprKind::Number)
            }
            Expression::String(value) => {
                let range = self.range(expr);
                let inner = range.start + 1..range.end.saturating_sub(1).max(range.start + 1);
                let pieces = self.pieces(value.value(), inner);
                ExprKind::String(value.value().as_str().into(), pieces)
            }
            Expression::Array(items) => {
                ExprKind::List(items.iter().map(|item| self.expr(item)).collect())
            }
            Expression::Object(object) => self.object(object),
            Expression::StringTemplate(template) => self.quoted(template),
            Expression::HeredocTemplate(heredoc) => self.heredoc(heredoc),
            Expression::Parenthesis(inner) => self.expr(inner.inner()).kind,
            Expression::Variable(name) => ExprKind::Variable(word(name.as_str())),
            Expression::Conditional(c) => ExprKind::Conditional(
                self.boxed(&c.cond_expr),
                self.boxed(&c.true_expr),
                self.boxed(&c.false_expr),
            ),
            Expression::FuncCall(call) => self.call(call),
            Expression::UnaryOp(op) => {
                let inner = self.boxed(&op.expr);
                match op.operator.value() {
                    UnaryOperator::Neg => ExprKind::Negate(inner),
                    UnaryOperator::Not => ExprKind::Not(inner),
                }
            }
            Expression::BinaryOp(op) => ExprKind::Binary(
                operator(*op.operator.value()),
                self.boxed(&op.lhs_expr),
                self.boxed(&op.rhs_expr),
            ),
            Expression::ForExpr(expr) => self.for_expr(expr),
            Expression::Traversal(traversal) => self.traversal(traversal),
        }
    }

    /// One stretch where the source holds the value unescaped.
    pub(super) fn pieces(&self, value: &str, range: Range<usize>) -> Shared<Piece> {
        if self.source(range.clone()) == value { self.text.piece(range) } else { Shared::empty() }
    }

    fn object(&mut self, object: &Object) -> ExprKind {
        let mut items = Vec::with_capacity(object.len());
        for (key, value) in object {
            let key = match key {
                expr::ObjectKey::Ident(name) => {
                    let range = self.range(name);
                    ObjectKey::Name(word(self.source(range.clone())), self.text.place(range))
                }
                expr::ObjectKey::Expression(expr) => ObjectKey::Expr(self.key(expr)),
            };
            items.push((key, self.expr(value.expr())));
        }
        ExprKind::Object(items)
    }

    /// The parsed text may hold another key than the source (see [`mend`]).
    fn key(&mut self, expr: &Expression) -> Expr {
        let range = self.range(expr);
        let inner = range.start + 1..range.end.saturating_sub(1).max(range.start + 1);
        let text = self.source(inner.clone());
        if !matches!(expr, Expression::String(_)) || !mend::is_plain(text) {
            return self.expr(expr);
        }
        let kind = ExprKind::String(text.into(), self.pieces(text, inner));
        Expr { place: self.text.place(range), kind }
    }

    fn call(&mut self, call: &expr::FuncCall) -> ExprKind {
        let mut name = String::new();
        for part in &call.name.namespace {
            name.push_str(part.as_str());
            name.push_str("::");
        }
        name.push_str(call.name.name.as_str());
        let args = call.args.iter().map(|arg| self.expr(arg)).collect();
        ExprKind::Call { name: word(&name), args, expand: call.args.expand_final() }
    }

    fn for_expr(&mut self, expr: &ForExpr) -> ExprKind {
        ExprKind::For(Box::new(For {
            key: expr.intro.key_var.as_ref().map(|key| key.as_str().into()),
            value: word(expr.intro.value_var.as_str()),
            over: self.expr(&expr.intro.collection_expr),
            key_expr: expr.key_expr.as_ref().map(|key| self.expr(key)),
            value_expr: self.expr(&expr.value_expr),
            cond: expr.cond.as_ref().map(|cond| self.expr(&cond.expr)),
            group: expr.grouping,
        }))
    }

    fn traversal(&mut self, traversal: &Traversal) -> ExprKind {
        let operators = &traversal.operators;
        let before = self.depth.get();
        if before + operators.len() > MAX_DEPTH {
            return self.too_deep(self.place(traversal)).kind;
        }
        // The base lies below all that is applied to it.
        self.depth.set(before + operators.len());
        let base = self.expr(&traversal.expr);
        let kind = self.apply(base, operators).kind;
        self.depth.set(before);
        kind
    }

    fn apply(&mut self, base: Expr, operators: &[Decorated<TraversalOperator>]) -> Expr {
        let mut expr = base;
        let mut rest = operators;
        while let Some((operator, after)) = rest.split_first() {
            rest = after;
            let here = self.place(operator);
            let mut place = expr.place.to(here);
            let base = Box::new(expr);
            let item = Expr { place: here, kind: ExprKind::SplatItem };
            let kind = match operator.value() {
                TraversalOperator::GetAttr(name) => ExprKind::Attr(base, word(name.as_str())),
                TraversalOperator::Index(index) => ExprKind::Index(base, self.boxed(index)),
                TraversalOperator::LegacyIndex(index) => {
                    let kind = ExprKind::Number(*index.value() as f64);
                    ExprKind::Index(base, Box::new(Expr { place: here, kind }))
                }
                // All that follows `[*]` is applied to each element, further splats included.
                TraversalOperator::FullSplat(_) => {
                    let each = Box::new(self.apply(item, rest));
                    rest = &[];
                    place = place.to(each.place);
                    ExprKind::Splat { base, each, full: true }
                }
                // Only names that follow `.*` are.
                TraversalOperator::AttrSplat(_) => {
                    let name = |o: &Decorated<_>| matches!(**o, TraversalOperator::GetAttr(_));
                    let names = rest.iter().take_while(|o| name(o)).count();
                    let each = Box::new(self.apply(item, &rest[..names]));
                    rest = &rest[names..];
                    place = place.to(each.place);
                    ExprKind::Splat { base, each, full: false }
                }
            };
            expr = Expr { place, kind };
        }
        expr
    }
}

fn operator(operator: BinaryOperator) -> Op {
    match operator {
        BinaryOperator::Eq => Op::Eq,
        BinaryOperator::NotEq => Op::NotEq,
        BinaryOperator::LessEq => Op::LessEq,
        BinaryOperator::GreaterEq => Op::GreaterEq,
        BinaryOperator::Less => Op::Less,
        BinaryOperator::Greater => Op::Greater,
        BinaryOperator::Plus => Op::Add,
        BinaryOperator::Minus => Op::Sub,
        BinaryOperator::Mul => Op::Mul,
        BinaryOperator::Div => Op::Div,
        BinaryOperator::Mod => Op::Mod,
        BinaryOperator::And => Op::And,
        BinaryOperator::Or => Op::Or,
    }
}
