//! Functions: a table of names. What is not in it, and what depends on something unknown, is
//! unknown.

mod charset;
mod cidr;
mod collection;
mod computed;
pub(in crate::formats::terraform) mod encoding;
mod file;
mod format;
mod hash;
mod number;
mod regexp;
mod sets;
mod string;
mod yaml;

use super::super::value::{Val, ValKind};
use super::scope::Scope;
use super::stop::{Outcome, Stop, fails};
use super::world::World;
use super::{ops, trail};
use crate::model::fact::{Name, Why};
use crate::shared::Shared;
use crate::source::Place;
use crate::tree::hcl::Expr;

/// Larger results are not built.
const MAX_ELEMENTS: usize = 50_000;

/// One call of a function.
pub(super) struct Call<'c> {
    name: &'c str,
    args: Vec<Val>,
    at: Place,
}

type Function = fn(&Call) -> Outcome;

/// Entries of a map, and why there may be more.
type Entries = (Vec<(Name, Val)>, Option<Why>);

/// Elements, and why there may be more.
type Elements = (Vec<Val>, Option<Why>);

fn find(name: &str) -> Option<Function> {
    collection::find(name)
        .or_else(|| sets::find(name))
        .or_else(|| string::find(name))
        .or_else(|| format::find(name))
        .or_else(|| number::find(name))
        .or_else(|| cidr::find(name))
        .or_else(|| encoding::find(name))
        .or_else(|| regexp::find(name))
        .or_else(|| hash::find(name))
        .or_else(|| charset::find(name))
        .or_else(|| yaml::find(name))
}

/// Calls a function.
pub(super) fn call(
    world: &mut World,
    name: &Name,
    args: &[Expr],
    expand: bool,
    scope: &mut Scope,
    at: Place,
) -> Outcome {
    let name = name.strip_prefix("core::").unwrap_or(name);
    match name {
        "try" => return tries(world, args, scope),
        "can" => {
            let result = args.first().map(|arg| world.eval(arg, scope));
            return match result {
                Some(Ok(val)) if val.why().is_none() => Ok(Val::new(ValKind::Bool(true), at)),
                Some(Ok(val)) if matches!(val.kind, ValKind::Ref(_)) => {
                    Ok(Val::new(ValKind::Bool(true), at))
                }
                Some(Ok(val)) => Err(ops::unknown(&val)),
                Some(Err(Stop::Unknown(why))) => Err(Stop::Unknown(why)),
                _ => Ok(Val::new(ValKind::Bool(false), at)),
            };
        }
        _ => {}
    }
    let mut values = Vec::with_capacity(args.len());
    for (index, arg) in args.iter().enumerate() {
        let val = world.soft(arg, scope)?;
        if expand && index + 1 == args.len() {
            let (items, more) = elements(&val)?;
            values.extend(items);
            if let Some(why) = more {
                values.push(Val::unknown(why, val.at));
            }
        } else {
            values.push(val);
        }
    }
    let call = Call { name, args: values, at };
    let result = if let Some(result) = world.file_function(&call, scope) {
        result?
    } else if let Some(function) = find(name) {
        function(&call)?
    } else {
        return Err(Stop::Unknown(Why::Function(name.into())));
    };
    // What was computed came the way of all that it was computed from.
    if result.via.is_empty() {
        let via = call.args.iter().fold(result.via.clone(), |via, arg| trail::join(&via, &arg.via));
        return Ok(Val { via, ..result });
    }
    Ok(result)
}

/// The first argument that does not fail; one that is not known is not known to fail.
fn tries(world: &mut World, args: &[Expr], scope: &mut Scope) -> Outcome {
    let mut last = fails("no argument of try succeeds");
    for arg in args {
        last = world.eval(arg, scope);
        if !matches!(last, Err(Stop::Fails(_))) {
            break;
        }
    }
    last
}

/// The elements of a list, or the values of a map; what is not known are further elements.
fn elements(val: &Val) -> Result<Elements, Stop> {
    match &val.kind {
        ValKind::List { items, more } => {
            Ok((items.iter().map(|i| trail::child(val, i)).collect(), more.clone()))
        }
        ValKind::Map { entries, more } => {
            Ok((entries.iter().map(|(_, v)| trail::child(val, v)).collect(), more.clone()))
        }
        // A computed list: its elements are the resource's, however many.
        ValKind::Ref(_) => Ok((vec![val.clone()], val.why())),
        ValKind::Unknown(why) => Ok((Vec::new(), Some(why.clone()))),
        _ => fails("a value that is no list"),
    }
}

impl Call<'_> {
    fn arg(&self, index: usize) -> Result<&Val, Stop> {
        match self.args.get(index) {
            Some(val) => Ok(val),
            None => fails(format!("{} without an argument", self.name)),
        }
    }

    fn text(&self, index: usize) -> Result<Name, Stop> {
        ops::text(self.arg(index)?)
    }

    fn number(&self, index: usize) -> Result<f64, Stop> {
        ops::number(self.arg(index)?)
    }

    fn elements(&self, index: usize) -> Result<Elements, Stop> {
        elements(self.arg(index)?)
    }

    /// All elements; an error where more may follow.
    fn all(&self, index: usize) -> Result<Vec<Val>, Stop> {
        match self.elements(index)? {
            (items, None) => Ok(items),
            (_, Some(why)) => Err(Stop::Unknown(why)),
        }
    }

    fn entries(&self, index: usize) -> Result<Entries, Stop> {
        let val = self.arg(index)?;
        match &val.kind {
            ValKind::Map { entries, more } => {
                let pairs = entries.iter().map(|(k, v)| (k.clone(), trail::child(val, v)));
                Ok((pairs.collect(), more.clone()))
            }
            ValKind::Unknown(why) => Ok((Vec::new(), Some(why.clone()))),
            ValKind::Ref(_) => Ok((Vec::new(), val.why())),
            ValKind::Null => Ok((Vec::new(), None)),
            _ => fails("a value that is no map"),
        }
    }

    /// The entries of a map that must not be null.
    fn filled(&self, index: usize) -> Result<Entries, Stop> {
        if self.arg(index)?.is_null() {
            return fails("a null in the place of a map");
        }
        self.entries(index)
    }

    fn val(&self, kind: ValKind) -> Val {
        Val::new(kind, self.at)
    }

    fn bool(&self, b: bool) -> Val {
        self.val(ValKind::Bool(b))
    }

    fn num(&self, n: f64) -> Val {
        self.val(ValKind::Number(n))
    }

    fn string(&self, text: impl Into<Name>) -> Val {
        self.val(ValKind::String(text.into(), Shared::empty()))
    }

    fn list(&self, items: Vec<Val>, more: Option<Why>) -> Outcome {
        if items.len() > MAX_ELEMENTS {
            return Err(Stop::Unknown(Why::NotUnderstood("a very large collection".into())));
        }
        Ok(self.val(ValKind::List { items: items.into(), more }))
    }

    fn set(&self, items: Vec<Val>, more: Option<Why>) -> Outcome {
        let val = self.list(items, more)?;
        let ValKind::List { items, more } = val.kind else { return fails("no list") };
        let kind = ValKind::List { items: ops::set(items.to_vec()), more };
        Ok(Val { is_set: true, ..self.val(kind) })
    }

    fn map(&self, entries: Vec<(Name, Val)>, more: Option<Why>) -> Outcome {
        if entries.len() > MAX_ELEMENTS {
            return Err(Stop::Unknown(Why::NotUnderstood("a very large collection".into())));
        }
        Ok(self.val(ValKind::Map { entries: ops::sorted(entries), more }))
    }
}
