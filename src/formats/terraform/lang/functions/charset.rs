//! Texts in other encodings, in addresses of the web and in tables.

use super::encoding::encode;
use super::{Call, Function};
use crate::formats::base64;
use crate::formats::terraform::lang::stop::{Outcome, Stop, fails};
use crate::formats::terraform::value::Val;
use crate::model::fact::{Name, Why};

pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "urlencode" => urlencode,
        "textencodebase64" => textencodebase64,
        "textdecodebase64" => textdecodebase64,
        "csvdecode" => csvdecode,
        _ => return None,
    })
}

/// As for a form (Go, `url.QueryEscape`).
fn urlencode(call: &Call) -> Outcome {
    let mut out = String::new();
    for byte in call.text(0)?.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte as char);
            }
            b' ' => out.push('+'),
            _ => {
                let hexadecimal = |nibble: u8| char::from_digit(u32::from(nibble), 16);
                out.push('%');
                out.extend(hexadecimal(byte >> 4).map(|c| c.to_ascii_uppercase()));
                out.extend(hexadecimal(byte & 15).map(|c| c.to_ascii_uppercase()));
            }
        }
    }
    Ok(call.string(out))
}

/// An encoding by its name in the registry of IANA.
#[derive(Clone, Copy)]
enum Charset {
    Utf8,
    Utf16 { little: bool },
    Latin1,
    Ascii,
}

fn charset(call: &Call) -> Result<Charset, Stop> {
    let name = call.text(1)?;
    Ok(match &*name.to_ascii_uppercase() {
        "UTF-8" => Charset::Utf8,
        "UTF-16LE" => Charset::Utf16 { little: true },
        "UTF-16BE" => Charset::Utf16 { little: false },
        "ISO-8859-1" | "LATIN1" => Charset::Latin1,
        "US-ASCII" | "ASCII" => Charset::Ascii,
        known if known.starts_with("ISO-") || known.starts_with("WINDOWS-") => {
            return Err(Stop::Unknown(Why::Function(call.name.into())));
        }
        _ => return fails("an encoding that is not known"),
    })
}

fn textencodebase64(call: &Call) -> Outcome {
    let (text, charset) = (call.text(0)?, charset(call)?);
    let bytes: Option<Vec<u8>> = match charset {
        Charset::Utf8 => Some(text.as_bytes().to_vec()),
        Charset::Utf16 { little } => Some(
            text.encode_utf16()
                .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
                .collect(),
        ),
        Charset::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
        Charset::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
    };
    match bytes {
        Some(bytes) => Ok(call.string(encode(&bytes))),
        None => fails("a text that the encoding cannot hold"),
    }
}

fn textdecodebase64(call: &Call) -> Outcome {
    let (text, charset) = (call.text(0)?, charset(call)?);
    let Some(bytes) = base64::decode_strictly(&text) else {
        return fails("a text that is no base64");
    };
    let decoded = match charset {
        Charset::Utf8 => String::from_utf8(bytes).ok(),
        Charset::Utf16 { little } => {
            let units = bytes.chunks_exact(2).map(|pair| {
                let pair = [pair[0], pair[1]];
                if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
            });
            String::from_utf16(&units.collect::<Vec<_>>()).ok()
        }
        Charset::Latin1 => Some(bytes.iter().map(|byte| *byte as char).collect()),
        Charset::Ascii => String::from_utf8(bytes).ok().filter(|text| text.is_ascii()),
    };
    match decoded {
        Some(text) => Ok(call.string(text)),
        None => fails("bytes that the encoding does not have"),
    }
}

/// Rows as objects, by the names in the first row (RFC 4180, as Go's `encoding/csv` reads it).
fn csvdecode(call: &Call) -> Outcome {
    let Some(rows) = rows(&call.text(0)?) else { return fails("a text that is no CSV") };
    let mut rows = rows.into_iter();
    let Some(header) = rows.next() else { return fails("a CSV without a header") };
    let names: Vec<Name> = header.into_iter().map(Name::from).collect();
    let unique: std::collections::BTreeSet<&Name> = names.iter().collect();
    if unique.len() < names.len() {
        return fails("a CSV whose columns share a name");
    }
    let mut out: Vec<Val> = Vec::new();
    for row in rows {
        if row.len() != names.len() {
            return fails("a CSV row of another length");
        }
        let entries = names.iter().cloned().zip(row.into_iter().map(|cell| call.string(cell)));
        out.push(call.map(entries.collect(), None)?);
    }
    call.list(out, None)
}

fn rows(text: &str) -> Option<Vec<Vec<String>>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    while chars.peek().is_some() {
        if cell.is_empty() && chars.next_if_eq(&'"').is_some() {
            loop {
                match chars.next()? {
                    '"' if chars.next_if_eq(&'"').is_some() => cell.push('"'),
                    '"' => break,
                    c => cell.push(c),
                }
            }
            if !matches!(chars.peek(), None | Some(',' | '\n' | '\r')) {
                return None;
            }
        }
        match chars.next() {
            Some(',') => row.push(std::mem::take(&mut cell)),
            Some('\r') if matches!(chars.peek(), Some('\n') | None) => {}
            Some('\n') | None => {
                // Empty lines are no rows.
                if !(row.is_empty() && cell.is_empty()) {
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
            }
            Some('"') => return None,
            Some(c) => cell.push(c),
        }
    }
    if !(row.is_empty() && cell.is_empty()) {
        row.push(cell);
        rows.push(row);
    }
    Some(rows)
}
