//! `yamlencode`, as go-cty-yaml writes it.

use std::sync::Arc;

use super::{Call, Function};
use crate::formats::terraform::lang::stop::{Outcome, Stop};
use crate::formats::terraform::lang::template::Builder;
use crate::formats::terraform::lang::{ops, trail};
use crate::formats::terraform::value::{Val, ValKind, number_text};
use crate::model::fact::Why;

const MAX_DEPTH: usize = 64;

pub(super) fn find(name: &str) -> Option<Function> {
    (name == "yamlencode").then_some(yamlencode)
}

/// The text, and what it was made of for whoever decodes it again.
fn yamlencode(call: &Call) -> Outcome {
    let arg = call.arg(0)?;
    let mut out = Builder::new(call.at);
    let ended = match &arg.kind {
        ValKind::Null | ValKind::Bool(_) | ValKind::Number(_) => "\n...\n",
        ValKind::String(text, _) if !text.contains('\n') => "\n",
        ValKind::List { items, .. } if items.is_empty() => "\n",
        ValKind::Map { entries, .. } if entries.is_empty() => "\n",
        _ => "",
    };
    let text = match write(arg, 0, Start::Document, &mut out).and_then(|()| out.push_str(ended)) {
        Ok(()) => out.finish(),
        Err(Stop::Unknown(why)) => Val::unknown(why, call.at),
        Err(stop) => return Err(stop),
    };
    Ok(Val { source: Some(Arc::new(arg.clone())), ..text })
}

/// What stands before a value on its line.
#[derive(Clone, Copy, PartialEq)]
enum Start {
    Document,
    /// `key:`
    Key,
    /// `-`
    Item,
}

/// Writes a value whose collections begin at column `indent`. Scalars behind a key or a dash end
/// their line here.
fn write(val: &Val, indent: usize, start: Start, out: &mut Builder) -> Result<(), Stop> {
    if indent > MAX_DEPTH * 2 {
        return Err(Stop::Unknown(Why::NotUnderstood("a very deep value".into())));
    }
    match &val.kind {
        ValKind::List { more: Some(why), .. } | ValKind::Map { more: Some(why), .. } => {
            Err(Stop::Unknown(why.clone()))
        }
        ValKind::List { items, .. } if !items.is_empty() => {
            if start == Start::Key {
                out.push_str("\n")?;
            }
            for (index, item) in items.iter().enumerate() {
                if index > 0 || start == Start::Key {
                    out.push_str(&" ".repeat(indent))?;
                }
                out.push_str("-")?;
                let item = trail::child(val, item);
                let is_collection = is_filled(&item);
                out.push_str(" ")?;
                write(&item, indent + 2, Start::Item, out)?;
                if !is_collection && !ends_line(&item) {
                    out.push_str("\n")?;
                }
            }
            Ok(())
        }
        ValKind::Map { entries, .. } if !entries.is_empty() => {
            if start == Start::Key {
                out.push_str("\n")?;
            }
            for (index, (key, item)) in entries.iter().enumerate() {
                if index > 0 || start == Start::Key {
                    out.push_str(&" ".repeat(indent))?;
                }
                out.push_str(&quoted(key))?;
                out.push_str(":")?;
                let item = trail::child(val, item);
                let is_collection = is_filled(&item);
                if !is_collection {
                    out.push_str(" ")?;
                }
                // Lists stand under their key, maps two columns further in.
                let is_list = matches!(item.kind, ValKind::List { .. });
                let inner = if is_list && is_collection { indent } else { indent + 2 };
                write(&item, inner, Start::Key, out)?;
                if !is_collection && !ends_line(&item) {
                    out.push_str("\n")?;
                }
            }
            Ok(())
        }
        ValKind::List { .. } => out.push_str("[]"),
        ValKind::Map { .. } => out.push_str("{}"),
        ValKind::Null => out.push_str("null"),
        ValKind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        ValKind::Number(n) => out.push_str(&number_text(*n)),
        ValKind::String(text, _) if ends_line(val) => block(text, indent, start, out),
        ValKind::String(text, _) => out.push_str(&quoted(text)),
        ValKind::Partial(_) | ValKind::Ref(_) => {
            out.push_str("\"")?;
            out.push(val)?;
            out.push_str("\"")
        }
        ValKind::Unknown(_) => Err(ops::unknown(val)),
    }
}

fn is_filled(val: &Val) -> bool {
    match &val.kind {
        ValKind::List { items, more } => !items.is_empty() || more.is_some(),
        ValKind::Map { entries, more } => !entries.is_empty() || more.is_some(),
        _ => false,
    }
}

/// Whether a value is a literal block, which ends with its own line.
fn ends_line(val: &Val) -> bool {
    match &val.kind {
        ValKind::String(text, _) => text.contains('\n') && is_plain(text),
        _ => false,
    }
}

/// Whether a text can stand in a literal block.
fn is_plain(text: &str) -> bool {
    let spaced = text.contains(" \n") || text.ends_with(' ');
    !spaced && text.chars().all(|c| c == '\n' || !escaped(c))
}

fn block(text: &str, indent: usize, start: Start, out: &mut Builder) -> Result<(), Stop> {
    let indent = if start == Start::Document { 2 } else { indent };
    let chomping = match text.strip_suffix('\n') {
        None => "-",
        Some("") => "+",
        Some(rest) if rest.ends_with('\n') => "+",
        Some(_) => "",
    };
    let indicator = if text.starts_with([' ', '\n']) { "2" } else { "" };
    out.push_str(&format!("|{indicator}{chomping}\n"))?;
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent))?;
            out.push_str(line)?;
        }
        out.push_str("\n")?;
    }
    Ok(())
}

/// Characters that only an escape can write.
fn escaped(c: char) -> bool {
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A text in double quotes (libyaml, `yaml_emitter_write_double_quoted`).
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            '\u{feff}' => out.push_str("\\uFEFF"),
            c if escaped(c) => {
                let hexadecimal = |nibble: u32| char::from_digit(nibble, 16);
                out.push_str("\\x");
                out.extend(hexadecimal(c as u32 >> 4).map(|c| c.to_ascii_uppercase()));
                out.extend(hexadecimal(c as u32 & 15).map(|c| c.to_ascii_uppercase()));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
