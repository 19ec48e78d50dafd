//! Functions of sets, and the products of lists.

use super::{Call, Function, MAX_ELEMENTS};
use crate::formats::terraform::lang::ops;
use crate::formats::terraform::lang::stop::{Outcome, Stop, fails};
use crate::formats::terraform::lang::unify::unified;
use crate::formats::terraform::value::Val;
use crate::model::fact::Why;

pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "toset" => toset,
        "setunion" => setunion,
        "setintersection" => setintersection,
        "setsubtract" => setsubtract,
        "setproduct" => setproduct,
        _ => return None,
    })
}

fn toset(call: &Call) -> Outcome {
    let arg = call.arg(0)?;
    if arg.is_null() {
        return Ok(arg.clone());
    }
    let (items, more) = call.elements(0)?;
    let set = call.set(unified(items), more)?;
    Ok(Val { via: arg.via.clone(), at: arg.at, ..set })
}

fn setunion(call: &Call) -> Outcome {
    let (mut out, mut more) = (Vec::new(), None);
    for index in 0..call.args.len() {
        let (items, open) = call.elements(index)?;
        out.extend(items);
        more = more.or(open);
    }
    call.set(unified(out), more)
}

/// Whether a list surely holds an element.
fn holds(list: &[Val], wanted: &Val) -> Result<bool, Stop> {
    let mut open = None;
    for item in list.iter().take(2_000) {
        match ops::equal(item, wanted) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(stop) => open = Some(stop),
        }
    }
    open.map_or(Ok(false), Err)
}

fn setintersection(call: &Call) -> Outcome {
    let mut lists = Vec::with_capacity(call.args.len());
    for index in 0..call.args.len() {
        lists.push(call.all(index)?);
    }
    let mut lists = one_type(lists).into_iter();
    let mut out = lists.next().unwrap_or_default();
    for other in lists {
        let mut kept = Vec::new();
        for item in out {
            if holds(&other, &item)? {
                kept.push(item);
            }
        }
        out = kept;
    }
    call.set(out, None)
}

/// Several lists with elements of one type.
fn one_type(lists: Vec<Vec<Val>>) -> Vec<Vec<Val>> {
    let lengths: Vec<usize> = lists.iter().map(Vec::len).collect();
    let mut all = unified(lists.into_iter().flatten().collect()).into_iter();
    lengths.into_iter().map(|len| all.by_ref().take(len).collect()).collect()
}

fn setsubtract(call: &Call) -> Outcome {
    let (items, more) = call.elements(0)?;
    let without = call.all(1)?;
    let mut out = Vec::new();
    for item in items {
        if !holds(&without, &item)? {
            out.push(item);
        }
    }
    call.set(out, more)
}

fn setproduct(call: &Call) -> Outcome {
    if call.args.len() < 2 {
        return fails("a product of fewer than two sets");
    }
    let mut rows: Vec<Vec<Val>> = vec![Vec::new()];
    for index in 0..call.args.len() {
        let items = call.all(index)?;
        if rows.len().saturating_mul(items.len()) > MAX_ELEMENTS {
            return Err(Stop::Unknown(Why::NotUnderstood("a very large collection".into())));
        }
        rows = rows
            .iter()
            .flat_map(|row| {
                items.iter().map(move |item| {
                    let mut longer = row.clone();
                    longer.push(item.clone());
                    longer
                })
            })
            .collect();
    }
    let rows: Result<Vec<Val>, Stop> = rows.into_iter().map(|row| call.list(row, None)).collect();
    call.list(rows?, None)
}
