//! JSON, YAML and base64. What is encoded keeps its structure, what is decoded keeps its places.

use std::sync::Arc;

use super::{Call, Function};
use crate::formats::base64;
use crate::formats::terraform::lang::stop::{Outcome, Stop, fails};
use crate::formats::terraform::lang::template::Builder;
use crate::formats::terraform::lang::{ops, trail};
use crate::formats::terraform::value::{Val, ValKind, number_text};
use crate::model::fact::{Evidence, Why};
use crate::shared::Shared;
use crate::source::{Place, Text};
use crate::tree::node::{Kind, Node, Scalar};
use crate::tree::yaml;

/// Nesting of encoded and decoded values.
const MAX_DEPTH: usize = 64;

pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        // JSON is YAML; nobody compares the text itself.
        "jsonencode" => jsonencode,
        "jsondecode" => jsondecode,
        "yamldecode" => yamldecode,
        "base64encode" => base64encode,
        "base64decode" => base64decode,
        "base64gzip" => base64gzip,
        _ => return None,
    })
}

fn jsonencode(call: &Call) -> Outcome {
    let arg = call.arg(0)?;
    let mut out = Builder::long(call.at);
    let text = match write(arg, 0, &mut out) {
        Ok(()) => out.finish(),
        Err(Stop::Unknown(why)) => Val::unknown(why, call.at),
        Err(stop) => return Err(stop),
    };
    Ok(Val { source: Some(Arc::new(arg.clone())), ..text })
}

/// A known value as JSON.
pub(super) fn json_text(val: &Val) -> Result<String, Stop> {
    let mut out = Builder::long(val.at);
    write(val, 0, &mut out)?;
    Ok(ops::text(&out.finish())?.to_string())
}

fn write(val: &Val, depth: usize, out: &mut Builder) -> Result<(), Stop> {
    if depth > MAX_DEPTH {
        return Err(Stop::Unknown(Why::NotUnderstood("a very deep value".into())));
    }
    match &val.kind {
        ValKind::Null => out.push_str("null"),
        ValKind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        ValKind::Number(n) => out.push_str(&number_text(*n)),
        ValKind::String(text, _) => write_quoted(text, out),
        ValKind::Partial(parts) => {
            out.push_str("\"")?;
            for part in parts.iter() {
                match &part.kind {
                    ValKind::String(text, _) => {
                        let quoted = escaped(text, true);
                        out.push_str(&quoted[1..quoted.len() - 1])?;
                    }
                    _ => out.push(part)?,
                }
            }
            out.push_str("\"")
        }
        ValKind::Ref(_) => {
            out.push_str("\"")?;
            out.push(val)?;
            out.push_str("\"")
        }
        ValKind::Unknown(_) => out.push(val),
        ValKind::List { more: Some(why), .. } | ValKind::Map { more: Some(why), .. } => {
            Err(Stop::Unknown(why.clone()))
        }
        ValKind::List { items, .. } => {
            out.push_str("[")?;
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" })?;
                write_part(val, item, depth, out)?;
            }
            out.push_str("]")
        }
        ValKind::Map { entries, .. } => {
            out.push_str("{")?;
            for (index, (key, item)) in entries.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" })?;
                write_quoted(key, out)?;
                out.push_str(":")?;
                write_part(val, item, depth, out)?;
            }
            out.push_str("}")
        }
    }
}

fn write_part(whole: &Val, part: &Val, depth: usize, out: &mut Builder) -> Result<(), Stop> {
    if trail::same_way(whole, part) {
        return write(part, depth + 1, out);
    }
    write(&trail::child(whole, part), depth + 1, out)
}

fn write_quoted(text: &str, out: &mut Builder) -> Result<(), Stop> {
    // What most texts are made of stands for itself.
    let plain = |b: u8| b.is_ascii_alphanumeric() || b" -_./:*,;=+$@#%()[]{}'".contains(&b);
    if !text.bytes().all(plain) {
        return out.push_str(&escaped(text, true));
    }
    out.push_str("\"")?;
    out.push_str(text)?;
    out.push_str("\"")
}

/// A text in quotes, for `%q`.
pub(super) fn quoted(text: &str) -> String {
    escaped(text, false)
}

/// Go's encoder escapes `<`, `>` and `&` as well.
fn escaped(text: &str, html: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' if html => {
                out.push_str(&unicode(c));
            }
            c if (c as u32) < 0x20 => out.push_str(&unicode(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn unicode(c: char) -> String {
    format!("\\u{:04x}", c as u32)
}

/// The argument as a text to parse, or what it was encoded from.
fn encoded<'c>(call: &'c Call) -> Result<(&'c Val, Text), Stop> {
    let arg = call.arg(0)?;
    match arg.nested_text() {
        Some(text) => Ok((arg, text)),
        None => Err(ops::text(arg).err().unwrap_or(Stop::Unknown(Why::Broken))),
    }
}

fn jsondecode(call: &Call) -> Outcome {
    if let Some(source) = &call.arg(0)?.source {
        return Ok((**source).clone());
    }
    let (arg, text) = encoded(call)?;
    match yaml::parse_json(&text).0 {
        Some(node) => Ok(decoded(call, arg, &text, value(&node, 0))),
        None => fails("a text that is no JSON"),
    }
}

fn yamldecode(call: &Call) -> Outcome {
    if let Some(source) = &call.arg(0)?.source {
        return Ok((**source).clone());
    }
    let (arg, text) = encoded(call)?;
    let (mut documents, problems) = yaml::parse(&text);
    match (documents.pop(), documents.is_empty() && problems.is_empty()) {
        (Some(node), true) => Ok(decoded(call, arg, &text, value(&node, 0))),
        _ => fails("a text that is no single YAML document"),
    }
}

/// The places within the text are stations on the way to whoever decodes it.
fn decoded(call: &Call, arg: &Val, text: &Text, val: Val) -> Val {
    let station = Evidence::new(text.whole(), format!("`{}` reads this text", call.name));
    let via = trail::join(&Shared::from([station]), &arg.via);
    Val { via, at: call.at, ..val }
}

/// A parsed value, each part at its place.
pub(in crate::formats::terraform) fn value(node: &Node, depth: usize) -> Val {
    let kind = match &node.kind {
        _ if depth > MAX_DEPTH => ValKind::Unknown(Why::NotUnderstood("a very deep value".into())),
        Kind::Null => ValKind::Null,
        Kind::Scalar(scalar) => plain(scalar, node.place),
        Kind::List(items) => {
            let items = items.iter().map(|item| value(item, depth + 1)).collect();
            ValKind::List { items, more: None }
        }
        Kind::Map(map) => {
            let entries = map.entries.iter().map(|e| (e.key.clone(), value(&e.value, depth + 1)));
            ValKind::Map { entries: ops::sorted(entries.collect()), more: None }
        }
    };
    Val::new(kind, node.place)
}

/// What a plain scalar means to Terraform: YAML 1.1 words, decimal and hexadecimal numbers.
fn plain(scalar: &Scalar, at: Place) -> ValKind {
    let string = || ValKind::String(scalar.text.clone(), scalar.pieces(at));
    if !scalar.plain {
        return string();
    }
    let text = &*scalar.text;
    match text {
        "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            return ValKind::Bool(true);
        }
        "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return ValKind::Bool(false);
        }
        _ => {}
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return i64::from_str_radix(digits, 16)
            .map_or_else(|_| string(), |n| ValKind::Number(n as f64));
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return i64::from_str_radix(digits, 8)
            .map_or_else(|_| string(), |n| ValKind::Number(n as f64));
    }
    // Rust also reads `inf` and `nan`.
    let digits = text.trim_start_matches(['-', '+', '.']);
    match text.parse() {
        Ok(n) if digits.starts_with(|c: char| c.is_ascii_digit()) => ValKind::Number(n),
        _ => string(),
    }
}

fn base64encode(call: &Call) -> Outcome {
    let arg = call.arg(0)?;
    let text = match ops::text(arg) {
        Ok(text) => call.string(encode(text.as_bytes())),
        Err(Stop::Unknown(why)) => Val::unknown(why, call.at),
        Err(stop) => return Err(stop),
    };
    // Who decodes it again gets the text with its places.
    Ok(Val { source: Some(Arc::new(arg.clone())), ..text })
}

/// The bytes depend on who packs them; what is in them does not.
fn base64gzip(call: &Call) -> Outcome {
    let arg = call.arg(0)?;
    ops::text(arg).or_else(|stop| if arg.why().is_some() { Ok("".into()) } else { Err(stop) })?;
    let why = arg.why().unwrap_or_else(|| Why::Function("base64gzip".into()));
    Ok(Val { source: Some(Arc::new(arg.clone())), ..Val::unknown(why, call.at) })
}

fn base64decode(call: &Call) -> Outcome {
    if let Some(source) = &call.arg(0)?.source {
        return Ok((**source).clone());
    }
    match decode(&call.text(0)?) {
        Some(text) => Ok(call.string(text)),
        None => fails("a text that is no base64"),
    }
}

/// Base64 with padding (RFC 4648).
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut group = [0_u8; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for index in 0..4 {
            let sextet = (bits >> (18 - 6 * index)) & 63;
            out.push(if index <= chunk.len() {
                base64::ALPHABET[sextet as usize] as char
            } else {
                '='
            });
        }
    }
    out
}

fn decode(text: &str) -> Option<String> {
    String::from_utf8(base64::decode_strictly(text)?).ok()
}
