//! What Terraform accepts and the parser refuses, rewritten byte for byte, so that places stay.
//!
//! In an object a key may stand twice, and the last one counts; in `{for …}` line breaks mean
//! nothing (both tried with `terraform console` 1.17). A heredoc ends with its word alone on a line,
//! not with a line that only begins with it (HCL specification, "Heredoc Templates").

use std::ops::Range;

use hcl_edit::parser as hcl;
use hcl_edit::structure::Body;

use super::cut::{Lexer, Token};

/// Keys renamed in one stretch; each costs a parse.
const MAX_RENAMED: usize = 64;

/// Longer stretches are not parsed again and again.
const MAX_BYTES: usize = 256 << 10;

/// Parses a stretch that was refused as it is.
pub(super) fn parse(source: &str) -> Option<Body> {
    if source.len() > MAX_BYTES {
        return None;
    }
    let mut source = join_lines(&end_late(source));
    for round in 0..MAX_RENAMED {
        match hcl::parse_body(&source) {
            Ok(body) => return Some(body),
            Err(error) if error.message().contains("redefined object key") => {
                let key = key_at(&source, error.location().offset())?;
                let name = spare_name(round, key.len())?;
                source.replace_range(key, &name);
            }
            Err(_) => return None,
        }
    }
    None
}

/// The word or the inner of the plain quoted key that begins here.
fn key_at(source: &str, start: usize) -> Option<Range<usize>> {
    let rest = source.get(start..)?;
    if let Some(inner) = rest.strip_prefix('"') {
        let len = inner.find('"')?;
        return is_plain(&inner[..len]).then_some(start + 1..start + 1 + len);
    }
    let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))?;
    (len > 0).then_some(start..start + len)
}

/// Whether a quoted text means what it is.
pub(super) fn is_plain(quoted: &str) -> bool {
    !quoted.contains(['\\', '$', '%', '\n'])
}

/// A name of a given length that nobody has, or hardly: else the next round tries another.
fn spare_name(round: usize, len: usize) -> Option<String> {
    const LETTERS: &[u8; 26] = b"qzxjkvwybpgfmuldhrcsniotae";
    let mut name = vec![b'q'; len];
    let mut rest = round;
    for letter in name.iter_mut().rev() {
        *letter = LETTERS[rest % LETTERS.len()];
        rest /= LETTERS.len();
    }
    (len > 0).then(|| String::from_utf8(name).ok()).flatten()
}

/// Another closing word for each heredoc in which a line only begins with its own.
fn end_late(source: &str) -> String {
    let mut out = source.to_owned();
    let mut lexer = Lexer::new(source);
    loop {
        let start = lexer.at;
        if lexer.next().is_none() {
            return out;
        }
        let text = &source[start..lexer.at];
        let Some(word) = too_early(text) else { continue };
        let spare = (0..MAX_RENAMED).filter_map(|round| spare_name(round, word.len()));
        let Some(spare) = spare.into_iter().find(|spare| !text.contains(spare)) else { continue };
        let first = start + text.find(word).unwrap_or_default();
        out.replace_range(first..first + word.len(), &spare);
        out.replace_range(lexer.at - word.len()..lexer.at, &spare);
    }
}

/// The closing word of a heredoc with a line that goes on behind it.
fn too_early(heredoc: &str) -> Option<&str> {
    let head = heredoc.strip_prefix("<<")?.lines().next()?;
    let word = head.strip_prefix('-').unwrap_or(head).trim_end();
    let goes_on = |line: &str| {
        line.trim_start().strip_prefix(word).is_some_and(|rest| !rest.trim_end().is_empty())
    };
    let ends = !word.is_empty() && heredoc.ends_with(word);
    (ends && heredoc.lines().skip(1).any(goes_on)).then_some(word)
}

/// Blanks for the comments and line breaks that stand directly in `{for …}`.
fn join_lines(source: &str) -> String {
    let mut bytes = source.as_bytes().to_vec();
    let mut lexer = Lexer::new(source);
    let mut open: Vec<bool> = Vec::new();
    let mut after_heredoc = false;
    loop {
        let start = lexer.at;
        let Some(token) = lexer.next() else { break };
        let text = &source[start..lexer.at];
        match token {
            Token::Open(close) => {
                open.push(close == b'}' && begins_for(lexer.rest()));
            }
            Token::Close(_) => drop(open.pop()),
            Token::Newline | Token::Other if open.last() == Some(&true) => {
                let is_comment = text.starts_with(['#', '/']) && text.len() > 1;
                let is_break = matches!(token, Token::Newline) && !after_heredoc;
                if is_comment || is_break || text == "\r" {
                    bytes[start..lexer.at].fill(b' ');
                }
            }
            _ => {}
        }
        after_heredoc = text.starts_with("<<") && text.len() > 2;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| source.to_owned())
}

fn begins_for(rest: &str) -> bool {
    let word = rest.trim_start().strip_prefix("for");
    word.is_some_and(|after| after.starts_with(char::is_whitespace))
}
