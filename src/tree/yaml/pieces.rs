//! Which bytes of a YAML scalar's value stand unchanged in its source.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::ScalarStyle;

use crate::source::{Piece, Text};

/// The pieces of a scalar with this value whose source stands at `range`; none where escapes
/// changed it.
pub(super) fn of_scalar(
    text: &Text,
    value: &str,
    style: ScalarStyle,
    range: Range<usize>,
) -> Option<Arc<[Piece]>> {
    let source = text.as_str();
    let body = match style {
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if range.len() >= 2 => {
            range.start + 1..range.end - 1
        }
        _ => range,
    };
    let Some(spelled) = source.get(body.clone()) else { return Some(Arc::new([])) };
    let mut pieces = Vec::new();
    // On one line it is one stretch of the file, whatever the text is nested in.
    if spelled == value && !value.contains('\n') {
        return None;
    }
    if spelled == value {
        text.pieces(body, 0, &mut pieces);
        return Some(pieces.into());
    }
    let whole = match style {
        ScalarStyle::Literal => literal(text, value, body, &mut pieces),
        _ => folded(text, value, body, &mut pieces),
    };
    Some(if whole { pieces.into() } else { Arc::new([]) })
}

/// Lines with the offset of each, line ends included.
fn lines(source: &str, range: Range<usize>) -> impl Iterator<Item = (usize, &str)> {
    let mut at = range.start;
    source[range].split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    })
}

/// A literal block's lines are the source's without their indentation.
fn literal(text: &Text, value: &str, range: Range<usize>, out: &mut Vec<Piece>) -> bool {
    let blank = |line: &str| line.trim().is_empty();
    let mut sources = lines(text.as_str(), range).skip_while(|(_, line)| blank(line));
    let mut here = value.len() - value.trim_start_matches('\n').len();
    while here < value.len() {
        let line = value[here..].split_inclusive('\n').next().unwrap_or("");
        let Some((start, source)) = sources.next() else {
            return blank(line);
        };
        let (unbroken, bare) = (line.trim_end_matches('\n'), source.trim_end_matches(['\n', '\r']));
        if !bare.ends_with(unbroken) {
            return false;
        }
        let from = start + bare.len() - unbroken.len();
        // `\r\n` became `\n`: only what stands before it is unchanged.
        let same = if source[bare.len()..].starts_with('\n') { line } else { unbroken };
        text.pieces(from..from + same.len(), here, out);
        here += line.len();
    }
    true
}

/// Folding turns line ends into blanks; the words of each line stay.
fn folded(text: &Text, value: &str, range: Range<usize>, out: &mut Vec<Piece>) -> bool {
    let mut here = 0;
    for (start, line) in lines(text.as_str(), range) {
        let words = line.trim();
        if words.is_empty() {
            continue;
        }
        here += value[here..].len() - value[here..].trim_start().len();
        if !value[here..].starts_with(words) {
            return false;
        }
        let from = start + line.len() - line.trim_start().len();
        text.pieces(from..from + words.len(), here, out);
        here += words.len();
    }
    value[here..].trim().is_empty()
}
