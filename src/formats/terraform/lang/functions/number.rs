//! Functions of numbers.

use super::{Call, Function};
use crate::formats::terraform::lang::ops;
use crate::formats::terraform::lang::stop::{Outcome, Stop, fails};
use crate::formats::terraform::value::ValKind;

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
    if n.fract() != 0.0 {
        return fails("the sign of a fraction");
    }
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
    if matches!(call.arg(0)?.kind, ValKind::Map { .. }) {
        return fails("the sum of a map");
    }
    let numbers: Result<Vec<f64>, Stop> = call.all(0)?.iter().map(ops::number).collect();
    match numbers? {
        numbers if numbers.is_empty() => fails("the sum of no numbers"),
        numbers => Ok(call.num(numbers.iter().sum())),
    }
}

fn parseint(call: &Call) -> Outcome {
    let (text, base) = (call.text(0)?, call.number(1)?);
    if !(2.0..=62.0).contains(&base) || matches!(call.arg(0)?.kind, ValKind::Number(_)) {
        return fails("a base or a value that parseint does not read");
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(&text)),
    };
    match digits.chars().try_fold(0.0, |n, c| Some(n * base + digit(c, base)?)) {
        Some(n) if !digits.is_empty() => Ok(call.num(sign * n)),
        _ => fails("a text that is no number"),
    }
}

/// Small letters before capitals; up to 36 they are the same (Go, `big.Int.SetString`).
fn digit(c: char, base: f64) -> Option<f64> {
    let value = match c {
        '0'..='9' => u32::from(c) - u32::from('0'),
        'a'..='z' => u32::from(c) - u32::from('a') + 10,
        'A'..='Z' if base <= 36.0 => u32::from(c) - u32::from('A') + 10,
        'A'..='Z' => u32::from(c) - u32::from('A') + 36,
        _ => return None,
    };
    Some(f64::from(value)).filter(|value| *value < base)
}
