//! Functions of lists and maps. References survive them all.

use super::{Call, Function, MAX_ELEMENTS};
use crate::formats::terraform::lang::stop::{Outcome, Stop, fails};
use crate::formats::terraform::lang::types::Type;
use crate::formats::terraform::lang::unify::unified;
use crate::formats::terraform::lang::{ops, trail};
use crate::formats::terraform::value::{Val, ValKind};
use crate::model::fact::Why;

pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "concat" => concat,
        "merge" => merge,
        "lookup" => lookup,
        "element" => element,
        "length" => length,
        "keys" => keys,
        "values" => values,
        "flatten" => flatten,
        "distinct" => distinct,
        "compact" => compact,
        "contains" => contains,
        "coalesce" => coalesce,
        "coalescelist" => coalescelist,
        "tolist" => tolist,
        "tomap" => tomap,
        "sensitive" | "nonsensitive" | "ephemeralasnull" => same,
        "reverse" => reverse,
        "sort" => sort,
        "slice" => slice,
        "chunklist" => chunklist,
        "index" => index,
        "one" => one,
        "alltrue" => alltrue,
        "anytrue" => anytrue,
        "zipmap" => zipmap,
        "transpose" => transpose,
        "matchkeys" => matchkeys,
        "range" => range,
        _ => return None,
    })
}

fn concat(call: &Call) -> Outcome {
    let (mut out, mut more) = (Vec::new(), None);
    for index in 0..call.args.len() {
        let (items, open) = call.elements(index)?;
        out.extend(items);
        more = more.or(open);
        if out.len() > MAX_ELEMENTS {
            break;
        }
    }
    call.list(out, more)
}

fn merge(call: &Call) -> Outcome {
    let (mut out, mut more) = (Vec::new(), None);
    for index in 0..call.args.len() {
        let (entries, open) = call.entries(index)?;
        if let Some(why) = open {
            // What is not known may replace what stood there before.
            for (_, value) in &mut out {
                let value: &mut Val = value;
                *value = Val::unknown(why.clone(), value.at);
            }
            more = Some(why);
        }
        out.extend(entries);
        if out.len() > MAX_ELEMENTS {
            break;
        }
    }
    call.map(out, more)
}

fn lookup(call: &Call) -> Outcome {
    let key = call.text(1)?;
    let (entries, more) = call.filled(0)?;
    if let Some((_, value)) = entries.into_iter().find(|(k, _)| *k == key) {
        return Ok(value);
    }
    match (more, call.args.get(2)) {
        (Some(why), _) => Err(Stop::Unknown(why)),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => fails(format!("no key {key}")),
    }
}

fn element(call: &Call) -> Outcome {
    let (items, more) = call.elements(0)?;
    let index = call.number(1)?;
    match more {
        Some(_) if matches!(call.arg(0)?.kind, ValKind::Ref(_)) => Ok(items[0].clone()),
        Some(why) => Err(Stop::Unknown(why)),
        None if items.is_empty() || index < 0.0 => fails("an element of an empty list"),
        None => Ok(items[index as usize % items.len()].clone()),
    }
}

fn length(call: &Call) -> Outcome {
    let arg = call.arg(0)?;
    let count = match &arg.kind {
        ValKind::String(text, _) => text.chars().count(),
        ValKind::List { items, more: None } => items.len(),
        ValKind::Map { entries, more: None } => entries.len(),
        ValKind::List { more: Some(why), .. } | ValKind::Map { more: Some(why), .. } => {
            return Err(Stop::Unknown(why.clone()));
        }
        ValKind::Unknown(_) | ValKind::Ref(_) | ValKind::Partial(_) => {
            return Err(ops::unknown(arg));
        }
        _ => return fails("the length of what is no collection"),
    };
    Ok(call.num(count as f64))
}

fn keys(call: &Call) -> Outcome {
    let (entries, more) = call.filled(0)?;
    let items = entries
        .into_iter()
        .map(|(key, value)| Val { via: value.via.clone(), ..Val::string(key, value.at) });
    call.list(items.collect(), more)
}

fn values(call: &Call) -> Outcome {
    let (items, more) = call.elements(0)?;
    call.list(items, more)
}

fn flatten(call: &Call) -> Outcome {
    let (mut out, mut more) = (Vec::new(), None);
    let (items, open) = call.elements(0)?;
    more = open.or(more);
    let mut stack: Vec<Val> = items.into_iter().rev().collect();
    while let Some(val) = stack.pop() {
        match &val.kind {
            ValKind::List { items, more: open } => {
                stack.extend(items.iter().rev().map(|i| trail::child(&val, i)));
                more = more.or(open.clone());
            }
            // It may be a list itself.
            ValKind::Unknown(why) => more = more.or(Some(why.clone())),
            _ => out.push(val),
        }
        if out.len() + stack.len() > MAX_ELEMENTS {
            return Err(Stop::Unknown(Why::NotUnderstood("a very large collection".into())));
        }
    }
    call.list(out, more)
}

fn distinct(call: &Call) -> Outcome {
    let (items, more) = call.elements(0)?;
    call.list(ops::distinct(unified(items)), more)
}

fn compact(call: &Call) -> Outcome {
    let (items, mut more) = call.elements(0)?;
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        match &item.kind {
            ValKind::Null => {}
            ValKind::String(text, _) if text.is_empty() => {}
            ValKind::Unknown(why) => more = Some(why.clone()),
            _ => out.push(Type::String.convert(item)),
        }
    }
    call.list(out, more)
}

fn contains(call: &Call) -> Outcome {
    let (items, more) = call.elements(0)?;
    let wanted = call.arg(1)?;
    let mut open = more.map(Stop::Unknown);
    for item in &items {
        match ops::equal(item, wanted) {
            Ok(true) => return Ok(call.bool(true)),
            Ok(false) => {}
            Err(stop) => open = Some(stop),
        }
    }
    open.map_or(Ok(call.bool(false)), Err)
}

fn coalesce(call: &Call) -> Outcome {
    for arg in unified(call.args.clone()) {
        match &arg.kind {
            ValKind::Null => {}
            ValKind::String(text, _) if text.is_empty() => {}
            ValKind::Unknown(why) => return Err(Stop::Unknown(why.clone())),
            _ => return Ok(arg),
        }
    }
    fails("coalesce without a value")
}

fn coalescelist(call: &Call) -> Outcome {
    for arg in &call.args {
        match &arg.kind {
            ValKind::Null => return fails("a null among the lists"),
            ValKind::List { items, more: None } if items.is_empty() => {}
            ValKind::List { items, more: Some(why) } if items.is_empty() => {
                return Err(Stop::Unknown(why.clone()));
            }
            ValKind::Unknown(why) => return Err(Stop::Unknown(why.clone())),
            _ => return Ok(arg.clone()),
        }
    }
    fails("coalescelist without a list")
}

fn tolist(call: &Call) -> Outcome {
    let arg = call.arg(0)?;
    let kind = match &arg.kind {
        ValKind::List { items, more } => {
            ValKind::List { items: unified(items.to_vec()).into(), more: more.clone() }
        }
        ValKind::Null | ValKind::Unknown(_) | ValKind::Ref(_) => arg.kind.clone(),
        _ => return fails("a value that is no list"),
    };
    Ok(Val { kind, is_set: false, ..arg.clone() })
}

fn tomap(call: &Call) -> Outcome {
    let arg = call.arg(0)?;
    let kind = match &arg.kind {
        ValKind::Map { entries, more } => {
            let values = unified(entries.iter().map(|(_, value)| value.clone()).collect());
            let keys = entries.iter().map(|(key, _)| key.clone());
            ValKind::Map { entries: keys.zip(values).collect(), more: more.clone() }
        }
        ValKind::Null | ValKind::Unknown(_) | ValKind::Ref(_) => arg.kind.clone(),
        _ => return fails("a value that is no map"),
    };
    Ok(Val { kind, ..arg.clone() })
}

fn same(call: &Call) -> Outcome {
    call.arg(0).cloned()
}

fn reverse(call: &Call) -> Outcome {
    let mut items = call.all(0)?;
    items.reverse();
    call.list(items, None)
}

fn sort(call: &Call) -> Outcome {
    let (items, more) = call.elements(0)?;
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        keyed.push((ops::text(&item)?, Type::String.convert(item)));
    }
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    call.list(keyed.into_iter().map(|(_, item)| item).collect(), more)
}

fn slice(call: &Call) -> Outcome {
    let (items, (start, end)) = (call.all(0)?, (call.number(1)?, call.number(2)?));
    if start < 0.0 || start > end || end as usize > items.len() {
        return fails("a slice outside the list");
    }
    call.list(items[start as usize..end as usize].to_vec(), None)
}

fn chunklist(call: &Call) -> Outcome {
    let (items, size) = (call.all(0)?, call.number(1)?);
    if size < 0.0 {
        return fails("chunks of a negative size");
    }
    let size = size as usize;
    let size = if size == 0 { items.len().max(1) } else { size };
    let chunks: Result<Vec<Val>, Stop> =
        items.chunks(size).map(|chunk| call.list(chunk.to_vec(), None)).collect();
    call.list(chunks?, None)
}

fn index(call: &Call) -> Outcome {
    let wanted = call.arg(1)?;
    for (position, item) in call.all(0)?.iter().enumerate() {
        if ops::equal(item, wanted)? {
            return Ok(call.num(position as f64));
        }
    }
    fails("an element that is not in the list")
}

fn one(call: &Call) -> Outcome {
    let arg = call.arg(0)?;
    if arg.is_null() {
        return fails("one of a null");
    }
    let (mut items, more) = call.elements(0)?;
    match (items.len(), more) {
        // The one instance whose existence is not known is still that instance.
        (1, Some(_)) if matches!(items[0].kind, ValKind::Ref(_)) => Ok(items.remove(0)),
        (_, Some(why)) => Err(Stop::Unknown(why)),
        (0, None) => Ok(call.val(ValKind::Null)),
        (1, None) => Ok(items.remove(0)),
        _ => fails("one of several"),
    }
}

fn alltrue(call: &Call) -> Outcome {
    decide(call, false)
}

fn anytrue(call: &Call) -> Outcome {
    decide(call, true)
}

/// One element that equals `decisive` decides.
fn decide(call: &Call, decisive: bool) -> Outcome {
    let (items, more) = call.elements(0)?;
    let mut open = more.map(Stop::Unknown);
    for item in &items {
        match ops::boolean(item) {
            Ok(value) if value == decisive => return Ok(call.bool(decisive)),
            Ok(_) => {}
            Err(Stop::Fails(_)) if item.is_null() && decisive => {}
            Err(Stop::Fails(_)) if item.is_null() => return Ok(call.bool(false)),
            Err(stop) => open = Some(stop),
        }
    }
    open.map_or(Ok(call.bool(!decisive)), Err)
}

fn zipmap(call: &Call) -> Outcome {
    let (keys, values) = (call.all(0)?, call.all(1)?);
    if keys.len() != values.len() {
        return fails("zipmap of lists of different lengths");
    }
    let mut entries = Vec::with_capacity(keys.len());
    for (key, value) in keys.iter().zip(values) {
        entries.push((ops::text(key)?, value));
    }
    call.map(entries, None)
}

fn transpose(call: &Call) -> Outcome {
    let (entries, more) = call.entries(0)?;
    let mut out: std::collections::BTreeMap<_, Vec<Val>> = std::collections::BTreeMap::new();
    for (key, list) in entries {
        for item in super::elements(&list)?.0 {
            let name = call.string(key.clone());
            out.entry(ops::text(&item)?).or_default().push(name);
        }
    }
    let mut entries = Vec::with_capacity(out.len());
    for (key, items) in out {
        entries.push((key, call.list(items, None)?));
    }
    call.map(entries, more)
}

fn matchkeys(call: &Call) -> Outcome {
    let (values, keys, wanted) = (call.all(0)?, call.all(1)?, call.all(2)?);
    if values.len() != keys.len() {
        return fails("lists of different lengths");
    }
    let mut out = Vec::new();
    for (value, key) in values.into_iter().zip(&keys) {
        for candidate in wanted.iter().take(1_000) {
            if ops::equal(key, candidate)? {
                out.push(value);
                break;
            }
        }
    }
    call.list(out, None)
}

fn range(call: &Call) -> Outcome {
    let (start, limit) = if call.args.len() > 1 {
        (call.number(0)?, call.number(1)?)
    } else {
        (0.0, call.number(0)?)
    };
    let step = match call.args.get(2) {
        Some(step) => ops::number(step)?,
        None if limit < start => -1.0,
        None => 1.0,
    };
    let count = (limit - start) / step;
    if step == 0.0 || !count.is_finite() || count < 0.0 {
        return fails("a range that never ends");
    }
    if count > 1_024.0 {
        return fails("a range of more than 1024 numbers");
    }
    let count = count.ceil().max(0.0) as usize;
    let items = (0..count).map(|i| call.num(start + step * i as f64)).collect();
    call.list(items, None)
}
