//! Texts that machines run, as values give them: literal, with unknown parts, in base64.

use crate::formats::base64;
use crate::formats::terraform::value::{Val, ValKind};
use crate::shared::Shared;
use crate::source::{Piece, Text};

/// Scripts longer than the clouds take (AWS: 16 KiB, Google: 256 KiB) are not read.
const MAX_LENGTH: usize = 256 * 1024;

/// The text of a script. Parts that are not known become `${unknown}`, which a shell, too, would
/// have to look up; base64 is decoded, as the clouds do.
pub(super) fn text(value: &Val) -> Option<Text> {
    // What was encoded stands where it was written, better than what can be decoded.
    if let Some(source) = value.source.as_deref().filter(|s| !matches!(s.kind, ValKind::Map { .. }))
    {
        return text(source);
    }
    let text = match &value.kind {
        ValKind::String(..) => value.nested_text()?,
        ValKind::Partial(parts) => partial(value, parts),
        _ => return None,
    };
    if text.as_str().len() > MAX_LENGTH {
        return None;
    }
    match decoded(text.as_str()) {
        Some(plain) => Some(Text::nested(plain.into(), text.whole(), Shared::empty())),
        None => Some(text),
    }
}

/// What stands for a part that is not known.
pub(super) const UNKNOWN: &str = "${unknown}";

fn partial(value: &Val, parts: &[Val]) -> Text {
    let (mut out, mut pieces) = (String::new(), Vec::new());
    // A text stands where its first literal part does, which may be another file's local.
    let literal = parts.iter().find(|p| matches!(p.kind, ValKind::String(..)));
    let whole = literal.map(|p| p.at).filter(|at| at.file != value.at.file).unwrap_or(value.at);
    for part in parts {
        match &part.kind {
            ValKind::String(text, own) => {
                // Places are those of one file; a part from elsewhere stands at the whole.
                if part.at.file == whole.file {
                    let shift = out.len() as u32;
                    pieces.extend(own.iter().map(|p| Piece { here: p.here + shift, ..*p }));
                }
                out.push_str(text);
            }
            _ => match part.as_text().known() {
                Some(text) => out.push_str(text),
                None => out.push_str(UNKNOWN),
            },
        }
    }
    Text::nested(out.into(), whole, pieces.into())
}

/// The plain text of a base64 one; `None` for anything that is none.
fn decoded(text: &str) -> Option<String> {
    let text = text.trim();
    let plain = text.bytes().any(|b| !(b.is_ascii_alphanumeric() || b"+/=\r\n".contains(&b)));
    if plain || text.len() < 16 {
        return None;
    }
    let text = String::from_utf8(base64::decode(text)?).ok()?;
    text.starts_with(['#', '\n', '{', 'M', 'C']).then_some(text)
}
