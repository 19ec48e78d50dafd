//! Terraform's JSON syntax (<https://developer.hashicorp.com/terraform/language/syntax/json>).

use std::sync::Arc;

use super::{Attribute, Block, Body, Expr, ExprKind, Label, ObjectKey, Part, parse_template};
use crate::source::{Place, Problem};
use crate::tree::node::{Entry, Kind, Node, Scalar};

/// How many labels a top-level block of this kind has; `None` for what is no block.
fn labels_of(kind: &str) -> Option<usize> {
    match kind {
        "resource" | "data" | "ephemeral" => Some(2),
        "variable" | "output" | "module" | "provider" | "check" => Some(1),
        "locals" | "terraform" | "moved" | "import" | "removed" => Some(0),
        _ => None,
    }
}

pub(super) fn body(root: &Node) -> (Body, Vec<Problem>) {
    let mut reader = Reader { problems: Vec::new() };
    let mut body = Body::default();
    for entry in properties(root) {
        match labels_of(&entry.key) {
            Some(count) => reader.blocks(entry, &entry.value, count, &[], &mut body.blocks),
            None => body.attributes.push(reader.attribute(entry)),
        }
    }
    (body, reader.problems)
}

/// The entries of an object, or of all objects of an array. `//` is a comment.
fn properties(node: &Node) -> impl Iterator<Item = &Entry> {
    let parts = match &node.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    parts.iter().flat_map(Node::entries).filter(|entry| &*entry.key != "//")
}

struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn blocks(
        &mut self,
        kind: &Entry,
        node: &Node,
        missing: usize,
        labels: &[Label],
        out: &mut Vec<Block>,
    ) {
        if missing > 0 {
            for entry in properties(node) {
                let label = Label { text: entry.key.clone(), place: entry.key_place };
                let labels = [labels, &[label]].concat();
                self.blocks(kind, &entry.value, missing - 1, &labels, out);
            }
            return;
        }
        let bodies = match &node.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for body in bodies {
            let head = labels.last().map_or(kind.key_place, |label| label.place);
            let attributes = properties(body).map(|entry| self.attribute(entry)).collect();
            out.push(Block {
                kind: kind.key.clone(),
                labels: labels.to_vec(),
                body: Body { attributes, blocks: Vec::new() },
                place: head.to(body.place),
                head,
            });
        }
    }

    fn attribute(&mut self, entry: &Entry) -> Attribute {
        let expr = self.expr(&entry.value);
        Attribute { name: entry.key.clone(), place: entry.place(), expr }
    }

    fn expr(&mut self, node: &Node) -> Expr {
        let place = node.place;
        let kind = match &node.kind {
            Kind::Null => ExprKind::Null,
            Kind::List(items) => ExprKind::List(items.iter().map(|i| self.expr(i)).collect()),
            Kind::Map(_) => {
                let pairs = properties(node);
                ExprKind::Object(pairs.map(|e| (self.key(e), self.expr(&e.value))).collect())
            }
            Kind::Scalar(scalar) => return self.scalar(node, scalar),
        };
        Expr { place, kind }
    }

    fn scalar(&mut self, node: &Node, scalar: &Scalar) -> Expr {
        let place = node.place;
        let kind = match &*scalar.text {
            "true" if scalar.plain => ExprKind::Bool(true),
            "false" if scalar.plain => ExprKind::Bool(false),
            number if scalar.plain => number.parse().map_or(ExprKind::Broken, ExprKind::Number),
            text if !is_template(text) => {
                ExprKind::String(scalar.text.clone(), scalar.pieces(node.place))
            }
            _ => return self.template(node),
        };
        Expr { place, kind }
    }

    fn template(&mut self, node: &Node) -> Expr {
        let place = node.place;
        let Some(text) = node.nested_text() else { return Expr { place, kind: ExprKind::Broken } };
        let (mut parts, problems) = parse_template(&text);
        self.problems.extend(problems);
        let kind = match parts.as_mut_slice() {
            [Part::Literal(text, _, pieces)] => ExprKind::String(text.clone(), pieces.clone()),
            // `"${x}"` is `x` itself, of whatever type.
            [Part::Interpolation(_)] => match parts.pop() {
                Some(Part::Interpolation(inner)) => return inner,
                _ => ExprKind::Broken,
            },
            _ => ExprKind::Template(parts),
        };
        Expr { place, kind }
    }

    fn key(&mut self, entry: &Entry) -> ObjectKey {
        if !is_template(&entry.key) {
            return ObjectKey::Name(entry.key.clone(), entry.key_place);
        }
        let key = key_node(entry.key.clone(), entry.key_place);
        ObjectKey::Expr(self.template(&key))
    }
}

fn key_node(text: Arc<str>, place: Place) -> Node {
    Node { place, kind: Kind::Scalar(Scalar { text, plain: false, pieces: Some(Arc::new([])) }) }
}

fn is_template(text: &str) -> bool {
    text.contains("${") || text.contains("%{")
}
