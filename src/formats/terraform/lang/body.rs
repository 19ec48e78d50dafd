//! The body of one resource instance: attributes, blocks, and what `dynamic` makes of them.

use std::sync::Arc;

use super::super::value::{Val, ValKind};
use super::scope::Scope;
use super::stop::{Stop, settle};
use super::world::World;
use super::{eval, ops, trail};
use crate::model::fact::{Name, Why};
use crate::source::Place;
use crate::tree::hcl::{Block, Body, Expr, ExprKind, ObjectKey};

/// Elements of one resource that are told their way.
const MAX_SETTLED: usize = 50_000;

/// Arguments and blocks that speak to Terraform, not to the provider.
fn is_meta(name: &str) -> bool {
    matches!(
        name,
        "count"
            | "for_each"
            | "provider"
            | "depends_on"
            | "lifecycle"
            | "provisioner"
            | "connection"
    )
}

/// Blocks of one name, as they are found.
#[derive(Default)]
struct Blocks {
    items: Vec<Val>,
    more: Option<Why>,
}

/// `dynamic "ingress" { … }`, in either syntax.
struct Dynamic<'b> {
    name: &'b Name,
    for_each: Option<&'b Expr>,
    iterator: Name,
    content: Content<'b>,
    place: Place,
}

enum Content<'b> {
    Body(&'b Block),
    Expr(&'b Expr),
}

impl World<'_> {
    /// Everything that a resource instance says, its meta-arguments left out.
    pub(super) fn resource_body(&mut self, block: &Block, scope: &mut Scope) -> Val {
        let val = self.body(&block.body, block.place, scope, true);
        trail::settled(val, 0, &mut MAX_SETTLED.clone())
    }

    /// Attributes and blocks as one map.
    fn body(&mut self, body: &Body, at: Place, scope: &mut Scope, top: bool) -> Val {
        let mut entries: Vec<(Name, Val)> = Vec::new();
        let mut blocks: Vec<(Name, Blocks)> = Vec::new();
        for attribute in &body.attributes {
            if top && is_meta(&attribute.name) {
                continue;
            }
            if &*attribute.name == "dynamic"
                && let ExprKind::Object(generated) = &attribute.expr.kind
            {
                for (key, value) in generated {
                    if let ObjectKey::Name(name, _) = key {
                        self.dynamic_of_json(name, value, scope, &mut blocks);
                    }
                }
                continue;
            }
            let val = self.known(&attribute.expr, scope);
            if !val.is_null() {
                entries.push((attribute.name.clone(), val));
            }
        }
        for block in &body.blocks {
            if !(top && is_meta(&block.kind)) {
                self.nested(block, scope, &mut blocks);
            }
        }
        for (name, found) in blocks {
            // A `dynamic` block over nothing is as good as none.
            if found.items.is_empty() && found.more.is_none() {
                continue;
            }
            let val = found.list(at);
            match entries.iter_mut().find(|(n, _)| *n == name) {
                Some((_, attribute)) => *attribute = appended(attribute, val),
                None => entries.push((name, val)),
            }
        }
        Val::new(ValKind::Map { entries: ops::sorted(entries), more: None }, at)
    }

    /// The blocks of one name within a resource, for references to them.
    pub(super) fn blocks_named(
        &mut self,
        body: &Body,
        name: &str,
        scope: &mut Scope,
    ) -> Option<Val> {
        let mut blocks = Vec::new();
        for block in &body.blocks {
            let label = block.labels.first().map(|l| &*l.text);
            let generates = if &*block.kind == "dynamic" { label } else { Some(&*block.kind) };
            if generates == Some(name) && !is_meta(name) {
                self.nested(block, scope, &mut blocks);
            }
        }
        let (_, found) = blocks.pop()?;
        Some(found.list(body.blocks.first()?.place))
    }

    fn nested(&mut self, block: &Block, scope: &mut Scope, out: &mut Vec<(Name, Blocks)>) {
        if &*block.kind != "dynamic" {
            let val = match self.enter() {
                Ok(()) => {
                    let val = self.body(&block.body, block.place, scope, false);
                    self.leave();
                    val
                }
                Err(stop) => Val::unknown(stop.why(), block.place),
            };
            slot(out, &block.kind).items.push(val);
            return;
        }
        let Some(label) = block.labels.first() else { return };
        let Some(content) = block.body.blocks("content").next() else { return };
        let iterator = block.body.attribute("iterator").map(|a| &a.expr.kind);
        let dynamic = Dynamic {
            name: &label.text,
            for_each: block.body.attribute("for_each").map(|a| &a.expr),
            iterator: match iterator {
                Some(ExprKind::Variable(name) | ExprKind::String(name, _)) => name.clone(),
                _ => label.text.clone(),
            },
            content: Content::Body(content),
            place: block.place,
        };
        self.dynamic(&dynamic, scope, out);
    }

    fn dynamic_of_json(
        &mut self,
        name: &Name,
        value: &Expr,
        scope: &mut Scope,
        out: &mut Vec<(Name, Blocks)>,
    ) {
        let objects = match &value.kind {
            ExprKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(value),
        };
        for object in objects {
            let field = |wanted: &str| match &object.kind {
                ExprKind::Object(items) => items.iter().find_map(|(key, value)| match key {
                    ObjectKey::Name(name, _) if &**name == wanted => Some(value),
                    _ => None,
                }),
                _ => None,
            };
            let Some(content) = field("content") else { continue };
            let iterator = field("iterator").and_then(super::module::literal);
            let dynamic = Dynamic {
                name,
                for_each: field("for_each"),
                iterator: iterator.unwrap_or(name).clone(),
                content: Content::Expr(content),
                place: object.place,
            };
            self.dynamic(&dynamic, scope, out);
        }
    }

    fn dynamic(&mut self, dynamic: &Dynamic, scope: &mut Scope, out: &mut Vec<(Name, Blocks)>) {
        let Some(for_each) = dynamic.for_each else { return };
        let over = self.known(for_each, scope);
        let pairs = eval::pairs(&over);
        let blocks = slot(out, dynamic.name);
        let (pairs, more) = match pairs {
            Ok(pairs) => pairs,
            Err(Stop::Fails(_)) if over.is_null() => return,
            Err(stop) => {
                blocks.more = Some(stop.why());
                return;
            }
        };
        if more.is_some() {
            blocks.more = more;
        }
        for (key, value) in pairs {
            let via = value.via.clone();
            let entries = [("key".into(), key), ("value".into(), value)];
            let kind = ValKind::Map { entries: Arc::new(entries), more: None };
            let at = match dynamic.content {
                Content::Body(block) => block.place,
                Content::Expr(expr) => expr.place,
            };
            scope.set(dynamic.iterator.clone(), Val::new(kind, for_each.place));
            let val = match (self.enter(), &dynamic.content) {
                (Ok(()), Content::Body(content)) => {
                    let val = self.body(&content.body, dynamic.place, scope, false);
                    self.leave();
                    val
                }
                (Ok(()), Content::Expr(expr)) => {
                    let val = self.eval(expr, scope);
                    self.leave();
                    settle(val, expr.place)
                }
                (Err(stop), _) => Val::unknown(stop.why(), at),
            };
            scope.unset();
            slot(out, dynamic.name).items.push(Val { via: trail::join(&via, &val.via), ..val });
        }
    }
}

impl Blocks {
    fn list(self, parent: Place) -> Val {
        let places = self.items.iter().map(|v| v.at);
        let at = places.reduce(Place::to).unwrap_or(parent);
        Val::new(ValKind::List { items: self.items.into(), more: self.more }, at)
    }
}

fn slot<'s>(out: &'s mut Vec<(Name, Blocks)>, name: &Name) -> &'s mut Blocks {
    let index = out.iter().position(|(n, _)| n == name).unwrap_or_else(|| {
        out.push((name.clone(), Blocks::default()));
        out.len() - 1
    });
    &mut out[index].1
}

/// An attribute's elements and blocks of the same name, which JSON syntax and `dynamic` can mix.
fn appended(attribute: &Val, blocks: Val) -> Val {
    let ValKind::List { items: more_items, more } = &blocks.kind else { return blocks };
    let given = attribute.items();
    let items = given.items.into_iter().chain(more_items.iter()).cloned().collect();
    let more = more.clone().or(given.more.map(|(why, _)| why));
    Val::new(ValKind::List { items, more }, attribute.at)
}
