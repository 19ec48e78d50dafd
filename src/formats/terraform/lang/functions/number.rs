//! Functions of numbers.

use super::{Call, Function};
use crate::formats::terraform::lang::ops;
use crate::formats::terraform::lang::stop::{Outcome, Stop, fails};

pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "abs" => |call| Ok(call.num(call.number(0)?.abs())),
        "ceil" => |call| Ok(call.num(call.number(0)?.ceil())),
        "floor" => |call| Ok(call.num(call.number(0)?.floor())),
        "pow" => |call| Ok(call.num(call.number(0)?.powf(call.number(1)?))),
        "log" => |call| Ok(call.num(call.number(0)?.ln() / call.number(1)?.ln())),
        "signum" => signum,
        "min" => |call| extreme(call, f64::min),
        "max" => |call| extreme(call, f64::max),
        "sum" => sum,
        "parseint" => parseint,
        _ => return None,
    })
}

fn signum(call: &Call) -> Outcome {
    let n = call.number(0)?;
    Ok(call.num(if n == 0.0 { 0.0 } else { n.signum() }))
}

fn extreme(call: &Call, choose: fn(f64, f64) -> f64) -> Outcome {
    let numbers: Result<Vec<f64>, Stop> = call.args.iter().map(ops::number).collect();
    match numbers?.into_iter().reduce(choose) {
        Some(n) => Ok(call.num(n)),
        None => fails("the extreme of no numbers"),
    }
}

fn sum(call: &Call) -> Outcome {
    let numbers: Result<Vec<f64>, Stop> = call.all(0)?.iter().map(ops::number).collect();
    Ok(call.num(numbers?.iter().sum()))
}

fn parseint(call: &Call) -> Outcome {
    let (text, base) = (call.text(0)?, call.number(1)?);
    if !(2.0..=36.0).contains(&base) {
        return fails("a base that parseint does not read");
    }
    match i64::from_str_radix(&text, base as u32) {
        Ok(n) => Ok(call.num(n as f64)),
        Err(_) => fails("a text that is no number"),
    }
}
