//! `format` and `formatlist`.

use super::{Call, Function};
use crate::formats::terraform::lang::ops;
use crate::formats::terraform::lang::stop::{Outcome, Stop, fails};
use crate::formats::terraform::lang::template::Builder;
use crate::formats::terraform::value::{Val, ValKind, number_text};
use crate::model::fact::Why;
use crate::source::Place;

pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "format" => format,
        "formatlist" => formatlist,
        _ => return None,
    })
}

/// One `%…` verb.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of a verb")]
struct Verb {
    zero: bool,
    left: bool,
    plus: bool,
    space: bool,
    sharp: bool,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

fn format(call: &Call) -> Outcome {
    let text = call.text(0)?;
    put(&text, &call.args[1..], call.at)
}

fn formatlist(call: &Call) -> Outcome {
    let text = call.text(0)?;
    let mut length = None;
    let mut columns = Vec::new();
    for index in 1..call.args.len() {
        if let ValKind::List { .. } = &call.args[index].kind {
            let items = call.all(index)?;
            if length.is_some_and(|l| l != items.len()) {
                return fails("lists of different lengths");
            }
            length = Some(items.len());
            columns.push(items);
        } else if let ValKind::Unknown(why) = &call.args[index].kind {
            return Err(Stop::Unknown(why.clone()));
        } else {
            columns.push(vec![call.args[index].clone()]);
        }
    }
    let length = length.unwrap_or(1);
    let mut out = Vec::with_capacity(length);
    for row in 0..length {
        let args: Vec<Val> = columns
            .iter()
            .zip(&call.args[1..])
            .map(|(column, arg)| match arg.kind {
                ValKind::List { .. } => column[row].clone(),
                _ => column[0].clone(),
            })
            .collect();
        out.push(put(&text, &args, call.at)?);
    }
    call.list(out, None)
}

fn put(text: &str, args: &[Val], at: Place) -> Outcome {
    let mut out = Builder::new(at);
    let (mut next, mut used) = (0, 0);
    let mut rest = text;
    while let Some(percent) = rest.find('%') {
        out.push_str(&rest[..percent])?;
        rest = &rest[percent + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push_str("%")?;
            rest = after;
            continue;
        }
        let index = explicit_index(&mut rest)?;
        let verb = Verb::read(&mut rest)?;
        let position = index.unwrap_or(next);
        let Some(arg) = args.get(position) else { return fails("too few arguments") };
        next = position + 1;
        used = used.max(next);
        verb.put(arg, &mut out)?;
    }
    out.push_str(rest)?;
    if used < args.len() {
        return fails("too many arguments");
    }
    Ok(out.finish())
}

/// `%[2]s`
fn explicit_index(rest: &mut &str) -> Result<Option<usize>, Stop> {
    let Some(inner) = rest.strip_prefix('[') else { return Ok(None) };
    let Some((number, after)) = inner.split_once(']') else { return fails("an open bracket") };
    *rest = after;
    match number.parse::<usize>() {
        Ok(n) if n > 0 => Ok(Some(n - 1)),
        _ => fails("no argument's number"),
    }
}

impl Verb {
    fn read(rest: &mut &str) -> Result<Verb, Stop> {
        let mut verb = Verb::default();
        let mut chars = rest.char_indices().peekable();
        while let Some((_, flag)) = chars.next_if(|(_, c)| matches!(c, '0' | '-' | '+' | ' ' | '#'))
        {
            match flag {
                '0' => verb.zero = true,
                '-' => verb.left = true,
                '+' => verb.plus = true,
                ' ' => verb.space = true,
                '#' => verb.sharp = true,
                _ => {}
            }
        }
        let digits = |chars: &mut std::iter::Peekable<std::str::CharIndices>| {
            let mut n: usize = 0;
            while let Some((_, d)) = chars.next_if(|(_, c)| c.is_ascii_digit()) {
                n = (n * 10 + d.to_digit(10).unwrap_or(0) as usize).min(1_000);
            }
            n
        };
        verb.width = digits(&mut chars);
        if chars.next_if(|(_, c)| *c == '.').is_some() {
            verb.precision = Some(digits(&mut chars));
        }
        let Some((at, letter)) = chars.next() else { return fails("a `%` at the end") };
        verb.letter = letter;
        *rest = &rest[at + letter.len_utf8()..];
        Ok(verb)
    }

    fn put(&self, arg: &Val, out: &mut Builder) -> Result<(), Stop> {
        let unknown =
            matches!(arg.kind, ValKind::Unknown(_) | ValKind::Ref(_) | ValKind::Partial(_));
        if unknown {
            return match self.letter {
                's' | 'v' if self.width == 0 => out.push(arg),
                _ => out.push(&Val::unknown(
                    arg.why().unwrap_or_else(|| Why::Function("format".into())),
                    arg.at,
                )),
            };
        }
        let text = self.text(arg)?;
        // Booleans are not padded (go-cty, function/stdlib/format.go).
        let width = if self.letter == 't' { 0 } else { self.width };
        let missing = width.saturating_sub(text.chars().count());
        let padded = match (self.left, self.zero) {
            (true, _) => text + &" ".repeat(missing),
            (false, true) => match text.strip_prefix('-') {
                Some(digits) => std::format!("-{}{digits}", "0".repeat(missing)),
                None => "0".repeat(missing) + &text,
            },
            (false, false) => " ".repeat(missing) + &text,
        };
        // Only the way of the argument is taken over; its text is padded.
        out.push(&Val { via: arg.via.clone(), ..Val::string(padded, arg.at) })
    }

    fn text(&self, arg: &Val) -> Result<String, Stop> {
        let signed = |n: f64, text: String| match (self.plus, self.space) {
            (true, _) if n >= 0.0 => std::format!("+{text}"),
            (false, true) if n >= 0.0 => std::format!(" {text}"),
            _ => text,
        };
        Ok(match self.letter {
            's' => {
                let text = ops::text(arg)?;
                match self.precision {
                    Some(most) => text.chars().take(most).collect(),
                    None => text.to_string(),
                }
            }
            'v' if self.sharp => super::encoding::json_text(arg)?,
            'v' => match &arg.kind {
                ValKind::Null => "null".into(),
                ValKind::List { .. } | ValKind::Map { .. } => super::encoding::json_text(arg)?,
                _ => ops::text(arg)?.to_string(),
            },
            'q' => super::encoding::quoted(&ops::text(arg)?),
            'd' => {
                let n = ops::number(arg)?;
                if n.fract() != 0.0 {
                    return fails("a fraction for %d");
                }
                signed(n, number_text(n))
            }
            'x' if self.sharp => std::format!("{:#x}", ops::number(arg)? as i64),
            'x' => std::format!("{:x}", ops::number(arg)? as i64),
            'X' => std::format!("{:X}", ops::number(arg)? as i64),
            'o' => std::format!("{:o}", ops::number(arg)? as i64),
            'b' => std::format!("{:b}", ops::number(arg)? as i64),
            'f' => {
                let n = ops::number(arg)?;
                signed(n, std::format!("{n:.*}", self.precision.unwrap_or(6)))
            }
            'e' | 'E' => {
                let n = ops::number(arg)?;
                signed(
                    n,
                    self.cased(exponent(std::format!("{n:.*e}", self.precision.unwrap_or(6)))),
                )
            }
            'g' | 'G' => {
                let n = ops::number(arg)?;
                signed(n, self.cased(shortest(n)))
            }
            't' => ops::boolean(arg)?.to_string(),
            _ => return fails("a verb that format does not have"),
        })
    }

    fn cased(&self, text: String) -> String {
        if self.letter.is_ascii_uppercase() { text.to_uppercase() } else { text }
    }
}

/// An exponent has a sign and two digits at least (Go, `strconv.FormatFloat`).
fn exponent(text: String) -> String {
    let Some((mantissa, power)) = text.split_once('e') else { return text };
    let (sign, digits) = match power.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', power),
    };
    std::format!("{mantissa}e{sign}{digits:0>2}")
}

/// Without an exponent from 0.0001 up to a million (Go, `%g`).
fn shortest(n: f64) -> String {
    let size = n.abs();
    if size == 0.0 || (1e-4..1e6).contains(&size) {
        return number_text(n);
    }
    exponent(std::format!("{n:e}"))
}
