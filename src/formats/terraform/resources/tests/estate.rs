//! HCL to an estate without variables or functions: literals, lists, objects, references.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::formats::terraform::value::{Estate, Reference, Resource, Val, ValKind};
use crate::model::fact::{Fact, Why};
use crate::model::fragment::Address;
use crate::source::{FileId, Text};
use crate::tree::hcl::{self, Body, Expr, ExprKind, ObjectKey, Part};

pub(super) fn read(source: &str, provider_major: Option<u32>) -> Estate {
    let text = Text::of_file(FileId(0), source.into());
    let (body, problems) = hcl::parse(&text);
    assert!(problems.is_empty(), "{problems:?}");
    let resources = body.blocks.iter().map(|block| {
        let (kind, name) = (&block.labels[0].text, &block.labels[1].text);
        let is_data = &*block.kind == "data";
        let spelled =
            if is_data { format!("data.{kind}.{name}") } else { format!("{kind}.{name}") };
        let mut body = object(&block.body);
        body.at = block.head;
        Resource {
            address: Address::new(format!("tf:/{spelled}")),
            spelled: spelled.into(),
            kind: kind.clone(),
            name: name.clone(),
            is_data,
            head: block.head,
            whole: block.place,
            exists: Fact::written(true, block.head),
            body,
            provider_major,
            provider: None,
        }
    });
    Estate {
        folder: "".into(),
        resources: resources.collect(),
        providers: BTreeMap::new(),
        not_read: Vec::new(),
    }
}

fn object(body: &Body) -> Val {
    let mut entries: Vec<(Arc<str>, Val)> =
        body.attributes.iter().map(|a| (a.name.clone(), value(&a.expr))).collect();
    for block in &body.blocks {
        if entries.iter().any(|(key, _)| *key == block.kind) {
            continue;
        }
        let items = body.blocks(&block.kind).map(|b| {
            let mut inner = object(&b.body);
            inner.at = b.head;
            inner
        });
        let list = ValKind::List { items: items.collect(), more: None };
        entries.push((block.kind.clone(), Val::new(list, block.head)));
    }
    let at = body.attributes.first().map(|a| a.place);
    let at = at.or(body.blocks.first().map(|b| b.place));
    let at = at.unwrap_or(crate::source::Place::new(FileId(0), 0..0));
    Val::new(ValKind::Map { entries: entries.into(), more: None }, at)
}

fn value(expr: &Expr) -> Val {
    let kind = match &expr.kind {
        ExprKind::Null => ValKind::Null,
        ExprKind::Bool(b) => ValKind::Bool(*b),
        ExprKind::Number(n) => ValKind::Number(*n),
        ExprKind::String(text, pieces) => ValKind::String(text.clone(), pieces.clone()),
        ExprKind::Template(parts) => {
            ValKind::Partial(parts.iter().map(|p| part(p, expr)).collect())
        }
        ExprKind::List(items) => {
            ValKind::List { items: items.iter().map(value).collect(), more: None }
        }
        ExprKind::Object(items) => ValKind::Map {
            entries: items
                .iter()
                .map(|(key, item)| match key {
                    ObjectKey::Name(name, _) => (name.clone(), value(item)),
                    ObjectKey::Expr(key) => {
                        (value(key).as_text().known().unwrap().clone(), value(item))
                    }
                })
                .collect(),
            more: None,
        },
        ExprKind::Call { args, .. } => return value(&args[0]),
        _ => reference(expr),
    };
    Val::new(kind, expr.place)
}

fn part(part: &Part, whole: &Expr) -> Val {
    match part {
        Part::Literal(text, at, pieces) => {
            Val::new(ValKind::String(text.clone(), pieces.clone()), *at)
        }
        Part::Interpolation(expr) => value(expr),
        _ => Val::unknown(Why::Template, whole.place),
    }
}

fn reference(expr: &Expr) -> ValKind {
    let mut words = Vec::new();
    let mut at = expr;
    while let ExprKind::Attr(base, name) = &at.kind {
        words.push(name.to_string());
        at = base;
    }
    let ExprKind::Variable(first) = &at.kind else { return ValKind::Unknown(Why::Broken) };
    words.push(first.to_string());
    words.reverse();
    let length = if words[0] == "data" { 3 } else { 2 };
    if words[0] == "var" {
        return ValKind::Unknown(Why::Variable(words[1].as_str().into()));
    }
    ValKind::Ref(Reference {
        resource: Address::new(format!("tf:/{}", words[..length].join("."))),
        attribute: words.get(length).cloned().unwrap_or_default().into(),
        spelled: words.join(".").into(),
    })
}
