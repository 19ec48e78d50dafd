//! Quoted text that goes on in the next line without being indented.
//!
//! YAML 1.2 wants its further lines deeper than the block around (`s-flow-line-prefix`), and our
//! parser insists. Others do not: `libyaml`, `PyYAML` and Go's `yaml.v3` read on to the closing quote,
//! and `yq` and controller-gen write such texts. Their further lines are indented here; folding
//! drops the blanks, so no value changes, and every byte keeps its place.

use std::ops::Range;

use crate::source::Text;

/// Lines between the quotes of one text. Long conditions of schemas have a dozen.
const MAX_LINES: usize = 60;

/// The text with the quoted texts indented in whose lines the parser stumbled; `None` if there are
/// none at these offsets.
pub(super) fn mended(text: &Text, stumbled: &[usize]) -> Option<Text> {
    let source = text.as_str();
    let mut pads: Vec<(usize, usize)> = Vec::new();
    for at in stumbled {
        let Some((quoted, column)) = quoted_around(source, *at) else { continue };
        pads.extend(pads_of(source, &quoted, column));
        // Who writes one such text writes more: they are mended in the same go.
        for (quoted, column) in further(source, quoted.end) {
            pads.extend(pads_of(source, &quoted, column));
        }
    }
    pads.sort_unstable();
    pads.dedup();
    if pads.is_empty() {
        return None;
    }
    let mut content = String::with_capacity(source.len() + pads.iter().map(|p| p.1).sum::<usize>());
    let mut pieces = Vec::new();
    let mut from = 0;
    for (at, blanks) in pads.into_iter().chain([(source.len(), 0)]) {
        text.pieces(from..at, content.len(), &mut pieces);
        content.push_str(source.get(from..at)?);
        content.extend(std::iter::repeat_n(' ', blanks));
        from = at;
    }
    Some(Text::nested(content.into(), text.whole(), pieces.into()))
}

/// The quoted text that holds an offset, and the column of the block that it stands in.
fn quoted_around(source: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let mut end = source.get(..at)?.rfind('\n')?;
    for _ in 0..MAX_LINES {
        let start = source[..end].rfind('\n').map_or(0, |newline| newline + 1);
        let line = &source[start..end];
        if let Some((open, column)) = opening(line)
            && let Some(close) = closing(source, start + open)
            && close >= at
        {
            return Some((start + open..close, column));
        }
        end = start.checked_sub(1)?;
    }
    None
}

/// The quoted texts of several lines in the rest of a document. Lines of block scalars are passed
/// over.
fn further(source: &str, from: usize) -> Vec<(Range<usize>, usize)> {
    let mut out: Vec<(Range<usize>, usize)> = Vec::new();
    let mut at = from;
    let mut block: Option<usize> = None;
    while let Some(newline) = source.get(at..).and_then(|rest| rest.find('\n')) {
        let start = at + newline + 1;
        let line = source[start..].lines().next().unwrap_or("");
        at = start;
        if line.starts_with("---") {
            break;
        }
        let indent = line.len() - line.trim_start_matches(' ').len();
        if block.is_some_and(|column| indent > column || line.trim().is_empty()) {
            continue;
        }
        block = opens_block(line).then_some(indent);
        let Some((open, column)) = opening(line) else { continue };
        match closing(source, start + open) {
            Some(close) if close > start + line.len() => {
                out.push((start + open..close, column));
                at = close;
            }
            _ => {}
        }
    }
    out
}

/// Whether a line ends in the sign of a block scalar: `key: |-`.
fn opens_block(line: &str) -> bool {
    let sign = line.rsplit(' ').next().unwrap_or("");
    sign.starts_with(['|', '>'])
        && sign[1..].chars().all(|c| c.is_ascii_digit() || "+-".contains(c))
}

/// Where a quoted value begins in a line, and the column of its key or of itself.
fn opening(line: &str) -> Option<(usize, usize)> {
    let mut column = line.len() - line.trim_start_matches(' ').len();
    while let Some(rest) = line[column..].strip_prefix("- ") {
        column = line.len() - rest.trim_start_matches(' ').len();
    }
    if line[column..].starts_with(['\'', '"']) {
        return Some((column, column));
    }
    let colon = line[column..].match_indices(": ").map(|(at, _)| column + at + 2);
    let mut values = colon.map(|at| line.len() - line[at..].trim_start_matches(' ').len());
    let open = values.find(|at| line[*at..].starts_with(['\'', '"']))?;
    Some((open, column))
}

/// The offset of the quote that ends what begins at `open`.
fn closing(source: &str, open: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    let quote = *bytes.get(open)?;
    let mut at = open + 1;
    let mut lines = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 1,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 1,
            byte if *byte == quote => return Some(at),
            b'\n' => lines += 1,
            _ => {}
        }
        if lines > MAX_LINES {
            return None;
        }
        at += 1;
    }
    None
}

/// Where blanks go, and how many: every further line gets deeper than the block.
fn pads_of(source: &str, quoted: &Range<usize>, column: usize) -> Vec<(usize, usize)> {
    let Some(inside) = source.get(quoted.clone()) else { return Vec::new() };
    let starts = inside.match_indices('\n').map(|(at, _)| quoted.start + at + 1);
    starts
        .filter_map(|start| {
            let rest = &source[start..];
            let indent = rest.len() - rest.trim_start_matches(' ').len();
            let blank = rest[indent..].starts_with(['\n', '\r', '\t']);
            (indent <= column && !blank).then(|| (start, column + 1 - indent))
        })
        .collect()
}
