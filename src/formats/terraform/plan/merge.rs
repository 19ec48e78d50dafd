//! A plan or a state together with the source that it comes from: the source says where, the
//! document says what.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::value::{Estate, Reference, Resource, Val, ValKind};
use super::{Document, without_keys};
use crate::model::fact::{Evidence, Fact, Name, Origin};
use crate::model::fragment::Address;

/// Values within values.
const MAX_DEPTH: usize = 32;

/// Elements that are looked for in one another; longer lists are compared in their order.
const MAX_PAIRED: usize = 200;

/// Puts the document's estate over the source's. `None`: the document is of another root.
pub(in crate::formats::terraform) fn merge(
    source: &Estate,
    document: &Document,
    planned: &Estate,
) -> Option<Estate> {
    let mut by_block: HashMap<String, Vec<usize>> = HashMap::new();
    let mut by_address: HashMap<&str, usize> = HashMap::new();
    for (index, resource) in source.resources.iter().enumerate() {
        by_address.insert(&resource.spelled, index);
        by_block.entry(without_keys(&resource.spelled)).or_default().push(index);
    }
    let known = |spelled: &str| by_block.contains_key(&without_keys(spelled));
    let knows_any = planned.resources.iter().any(|r| known(&r.spelled))
        || document.gone.iter().any(|spelled| known(spelled));
    if !knows_any {
        return None;
    }
    let mut taken = vec![false; source.resources.len()];
    let mut renamed: HashMap<Address, Address> = HashMap::new();
    let mut out = Vec::with_capacity(planned.resources.len());
    for resource in &planned.resources {
        let exact = by_address.get(&*resource.spelled).copied();
        let block = by_block.get(&without_keys(&resource.spelled));
        match (exact, block.and_then(|all| all.first())) {
            (Some(index), _) => {
                taken[index] = true;
                out.push(over(&source.resources[index], resource));
            }
            // An instance that the source alone cannot tell. The first of them is
            // the one that the source's references lead to.
            (None, Some(&index)) => {
                let template = &source.resources[index];
                let mut merged = over(template, resource);
                if !taken[index] && template.exists.known().is_none() {
                    taken[index] = true;
                    renamed.insert(template.address.clone(), resource.address.clone());
                }
                merged.address = resource.address.clone();
                merged.spelled = resource.spelled.clone();
                out.push(merged);
            }
            (None, None) => out.push(resource.clone()),
        }
    }
    for (index, resource) in source.resources.iter().enumerate() {
        // What the source declares and an older document does not know still stands.
        let stands = resource.is_data || resource.exists.known() == Some(&true);
        if !taken[index] && stands && !document.gone.contains(&resource.spelled) {
            out.push(resource.clone());
        }
    }
    if !renamed.is_empty() {
        for resource in &mut out {
            resource.body = led(&resource.body, &renamed, 0);
        }
    }
    let missing = source.not_read.iter().filter(|_| planned_none_in_modules(planned));
    let folder = source.folder.clone();
    Some(Estate {
        folder,
        resources: out,
        providers: source.providers.clone(),
        not_read: missing.cloned().collect(),
    })
}

/// References that lead to the instances that the document tells apart.
fn led(val: &Val, renamed: &HashMap<Address, Address>, depth: usize) -> Val {
    let lead = |reference: &Reference| {
        let resource = renamed.get(&reference.resource)?.clone();
        Some(Reference { resource, ..reference.clone() })
    };
    let each = |vals: &[Val]| vals.iter().map(|v| led(v, renamed, depth + 1)).collect();
    let kind = match &val.kind {
        _ if depth > MAX_DEPTH => return val.clone(),
        ValKind::Ref(reference) => ValKind::Ref(lead(reference).unwrap_or(reference.clone())),
        ValKind::Partial(parts) => ValKind::Partial(each(parts)),
        ValKind::List { items, more } => ValKind::List { items: each(items), more: more.clone() },
        ValKind::Map { entries, more } => ValKind::Map {
            entries: entries.iter().map(|(k, v)| (k.clone(), led(v, renamed, depth + 1))).collect(),
            more: more.clone(),
        },
        other => other.clone(),
    };
    let whose = val.whose.as_ref().map(|whose| lead(whose).map_or(whose.clone(), Arc::new));
    let source = val.source.as_ref().map(|inner| Arc::new(led(inner, renamed, depth + 1)));
    Val { kind, whose, source, ..val.clone() }
}

/// Where the document has the resources of modules, no module is missing.
fn planned_none_in_modules(planned: &Estate) -> bool {
    !planned.resources.iter().any(|r| r.spelled.starts_with("module."))
}

fn over(source: &Resource, planned: &Resource) -> Resource {
    let origin = Origin::written(source.head)
        .with_via(Arc::from([Evidence::new(planned.head, "it stands in this plan or state")]));
    let exists = match source.exists.known() {
        Some(true) => source.exists.clone(),
        _ => Fact::Known(true, origin),
    };
    Resource {
        exists,
        body: joined(&source.body, &planned.body, 0),
        provider_major: source.provider_major.or(planned.provider_major),
        ..source.clone()
    }
}

/// The planned value at the place of the written one; the written one where they agree or where
/// nobody knows more.
fn joined(written: &Val, planned: &Val, depth: usize) -> Val {
    if depth > MAX_DEPTH || agree(written, planned, depth) {
        return written.clone();
    }
    match (&written.kind, &planned.kind) {
        // The source knows whose a value is; a document has an unknown there at most.
        (_, ValKind::Unknown(_) | ValKind::Ref(_) | ValKind::Null) => written.clone(),
        (_, ValKind::Partial(_)) if !matches!(written.kind, ValKind::Unknown(_)) => written.clone(),
        (ValKind::Map { entries, more }, ValKind::Map { entries: others, .. }) => {
            let mut out: Vec<(Name, Val)> = Vec::with_capacity(entries.len());
            for (key, value) in entries.iter() {
                match find(others, key) {
                    Some(other) => out.push((key.clone(), joined(value, other, depth + 1))),
                    // What a variable or a condition gave and the document does not have is null
                    // there. Write-only arguments never stand in a document.
                    None if !value.via.is_empty() && !key.ends_with("_wo") => {}
                    None => out.push((key.clone(), value.clone())),
                }
            }
            // What nobody wrote is a default, which the document only repeats.
            if more.is_some() {
                let further = others.iter().filter(|(key, _)| find(entries, key).is_none());
                out.extend(further.map(|(k, v)| (k.clone(), told(written, v))));
                out.sort_by(|a, b| a.0.cmp(&b.0));
            }
            Val { kind: ValKind::Map { entries: out.into(), more: None }, ..written.clone() }
        }
        (ValKind::List { items, more }, ValKind::List { items: others, more: open }) => {
            list(written, (items, more.is_some()), others, open.is_some(), depth)
        }
        // A reference keeps whose it is.
        (ValKind::Ref(reference), _) => {
            Val { whose: Some(Arc::new(reference.clone())), ..told(written, planned) }
        }
        _ => Val { whose: written.whose.clone(), ..told(written, planned) },
    }
}

fn list(
    written: &Val,
    (items, more): (&Arc<[Val]>, bool),
    others: &Arc<[Val]>,
    open: bool,
    depth: usize,
) -> Val {
    if open || more && others.len() < items.len() {
        return written.clone();
    }
    if items.len() > MAX_PAIRED || others.len() > MAX_PAIRED {
        return told(written, &Val::new(list_of(others.to_vec()), written.at));
    }
    let mut left: Vec<&Val> = others.iter().collect();
    let mut out: Vec<Option<Val>> = Vec::with_capacity(others.len());
    for item in items.iter() {
        let same = left.iter().position(|other| agree(item, other, depth + 1));
        out.push(same.map(|at| {
            left.remove(at);
            item.clone()
        }));
    }
    let mut left = left.into_iter();
    let mut merged: Vec<Val> = Vec::with_capacity(others.len());
    for (item, found) in items.iter().zip(out) {
        match found {
            Some(found) => merged.push(found),
            None => merged.extend(left.next().map(|other| joined(item, other, depth + 1))),
        }
    }
    merged.extend(left.map(|other| told(written, other)));
    Val { kind: list_of(merged), ..written.clone() }
}

fn list_of(items: Vec<Val>) -> ValKind {
    ValKind::List { items: items.into(), more: None }
}

/// A planned value at the place in the source that leads to it.
fn told(written: &Val, planned: &Val) -> Val {
    let station = Evidence::new(planned.at, "the plan or state has this value");
    let kind = match &planned.kind {
        ValKind::List { items, more } => ValKind::List {
            items: items.iter().map(|item| told(written, item)).collect(),
            more: more.clone(),
        },
        ValKind::Map { entries, more } => ValKind::Map {
            entries: entries.iter().map(|(k, v)| (k.clone(), told(written, v))).collect(),
            more: more.clone(),
        },
        other => other.clone(),
    };
    let via = written.via.iter().cloned().chain([station]).collect();
    let text_at = matches!(kind, ValKind::String(..)).then_some(planned.at);
    Val { kind, via, text_at, whose: planned.whose.clone(), ..Val::new(ValKind::Null, written.at) }
}

fn find<'v>(entries: &'v [(Name, Val)], key: &str) -> Option<&'v Val> {
    entries.binary_search_by(|(k, _)| (**k).cmp(key)).ok().map(|index| &entries[index].1)
}

/// Whether a document says what is written: texts of numbers count as numbers, lists may be in
/// another order, and defaults may be added.
fn agree(written: &Val, planned: &Val, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    match (&written.kind, &planned.kind) {
        (ValKind::Map { entries, more: None }, ValKind::Map { entries: others, .. }) => {
            entries.iter().all(|(key, value)| match find(others, key) {
                Some(other) => agree(value, other, depth + 1),
                None => is_nothing(value),
            })
        }
        (ValKind::List { items, more: None }, ValKind::List { items: others, more: None }) => {
            items.len() == others.len()
                && items.len() <= MAX_PAIRED
                && items.iter().all(|item| others.iter().any(|o| agree(item, o, depth + 1)))
        }
        (ValKind::List { .. } | ValKind::Map { .. }, _)
        | (_, ValKind::List { .. } | ValKind::Map { .. }) => false,
        _ => match (written.as_text().known(), planned.as_text().known()) {
            (Some(a), Some(b)) => a == b || same_document(a, b),
            _ => false,
        },
    }
}

/// Texts that are one JSON document, which providers write in their own order and spacing.
fn same_document(a: &str, b: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    a.starts_with(['{', '[']) && read(a).is_some_and(|a| Some(a) == read(b))
}

fn is_nothing(val: &Val) -> bool {
    match &val.kind {
        ValKind::Null => true,
        ValKind::String(text, _) => text.is_empty(),
        ValKind::List { items, more: None } => items.is_empty(),
        ValKind::Map { entries, more: None } => entries.is_empty(),
        _ => false,
    }
}
