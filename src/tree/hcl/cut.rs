//! A broken file into top-level attributes and blocks, each to be read alone.

use std::ops::Range;

use super::{Block, Body, Label};
use crate::source::Text;

/// Lines and commas within one pair of braces. The parser compares each key of an object with all
/// keys before it, so that a hundred thousand of them take minutes.
const MAX_SEPARATORS: usize = 20_000;

/// Steps over a source token by token, only far enough to know what is nested in what.
pub(super) struct Lexer<'a> {
    source: &'a str,
    pub(super) at: usize,
    /// Heredocs that never ended; each search for an end reads all that follows.
    unclosed: usize,
}

/// After so many of them `<<` is taken for a mistake.
const MAX_UNCLOSED: usize = 16;

pub(super) enum Token {
    /// What will close it.
    Open(u8),
    Close(u8),
    Newline,
    Other,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a str) -> Lexer<'a> {
        Lexer { source, at: 0, unclosed: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let (token, len) = match *bytes.first()? {
            b'{' => (Token::Open(b'}'), 1),
            b'(' => (Token::Open(b')'), 1),
            b'[' => (Token::Open(b']'), 1),
            close @ (b'}' | b')' | b']') => (Token::Close(close), 1),
            b'\n' => (Token::Newline, 1),
            b'"' => {
                self.at += 1;
                self.string();
                return Some(Token::Other);
            }
            b'#' => (Token::Other, line_length(rest)),
            b'/' if rest.starts_with("//") => (Token::Other, line_length(rest)),
            b'/' if rest.starts_with("/*") => {
                (Token::Other, rest.find("*/").map_or(rest.len(), |end| end + 2))
            }
            b'<' if rest.starts_with("<<") && self.unclosed < MAX_UNCLOSED => {
                let length = heredoc_length(rest);
                self.unclosed += usize::from(length.is_none());
                (Token::Other, length.unwrap_or(2))
            }
            _ => (Token::Other, rest.chars().next().map_or(1, char::len_utf8)),
        };
        self.at += len;
        Some(token)
    }

    /// Behind the end of a string whose quote is passed. Strings end with their line, unless an
    /// interpolation goes on; those may hold strings in turn.
    fn string(&mut self) {
        let mut interpolations: Vec<usize> = Vec::new();
        let bytes = self.source.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            let next = bytes.get(self.at + 1).copied();
            self.at += 1;
            // In a string (of any depth) braces are text, in an interpolation quotes open one.
            match (interpolations.last_mut(), byte) {
                (None | Some(0), b'\\') => self.at += usize::from(next.is_some_and(|b| b != b'\n')),
                (None, b'"') => return,
                (None | Some(0), b'\n') => {
                    self.at -= 1;
                    return;
                }
                (None | Some(0), b'$' | b'%') if next == Some(byte) => self.at += 1,
                (None | Some(0), b'$' | b'%') if next == Some(b'{') => {
                    self.at += 1;
                    interpolations.push(1);
                }
                (Some(0), b'"') => drop(interpolations.pop()),
                (Some(depth), b'{') if *depth > 0 => *depth += 1,
                (Some(depth), b'}') if *depth > 0 => {
                    *depth -= 1;
                    if *depth == 0 {
                        interpolations.pop();
                    }
                }
                // A string within an interpolation is a level of depth 0.
                (Some(depth), b'"') if *depth > 0 => interpolations.push(0),
                _ => {}
            }
        }
    }
}

fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// The length of a heredoc with its closing word, where one begins here and ends at all.
fn heredoc_length(rest: &str) -> Option<usize> {
    let word = rest.trim_start_matches('<').trim_start_matches('-');
    let head = line_length(rest);
    let word = word[..line_length(word)].trim_end();
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
    let mut at = head + 1;
    while is_word && at < rest.len() {
        let line = &rest[at..];
        let line = &line[..line_length(line)];
        if line.trim_start().trim_end_matches('\r') == word {
            return Some(at + line.trim_end_matches('\r').len());
        }
        at += line.len() + 1;
    }
    None
}

/// The stretches of a source's top-level attributes and blocks.
pub(super) fn items(source: &str) -> Vec<Range<usize>> {
    let mut items = Vec::new();
    let mut lexer = Lexer::new(source);
    let mut start = 0;
    let mut open: Vec<u8> = Vec::new();
    while let Some(token) = lexer.next() {
        match token {
            Token::Open(close) => open.push(close),
            // A brace closes the brackets that were forgotten in it; a bracket closes no brace.
            Token::Close(b'}') => while open.pop().is_some_and(|close| close != b'}') {},
            Token::Close(close) if open.last() == Some(&close) => drop(open.pop()),
            Token::Newline if open.is_empty() || begins_block(lexer.rest()) => {
                items.push(start..lexer.at);
                start = lexer.at;
                open.clear();
            }
            _ => {}
        }
    }
    items.push(start..source.len());
    items.retain(|item| !source[item.clone()].trim().is_empty());
    items
}

/// Whether the head of a labelled block stands at the very start of a line: there the text begins
/// anew, however many braces are open before it.
fn begins_block(rest: &str) -> bool {
    let line = &rest[..line_length(rest)];
    let word =
        line.len() - line.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').len();
    let labels = line[word..].trim();
    word > 0 && labels.starts_with('"') && labels.contains('{')
}

/// The block that a broken stretch was to be: its kind and labels without its body.
pub(super) fn head(text: &Text, range: Range<usize>) -> Option<Block> {
    let source = &text.as_str()[range.clone()];
    let word = |s: &str| {
        s.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(s.len())
    };
    let blank = |s: &str| s.len() - s.trim_start_matches([' ', '\t']).len();
    let mut at = source.len() - source.trim_start().len();
    let start = at;
    let len = word(&source[at..]);
    if len == 0 {
        return None;
    }
    let kind = &source[at..at + len];
    at += len;
    let mut end = at;
    let mut labels = Vec::new();
    loop {
        at += blank(&source[at..]);
        let rest = &source[at..];
        let (skip, len) = match rest.chars().next()? {
            '{' => break,
            '"' => (1, rest[1..].find(['"', '\n'])?),
            _ => (0, Some(word(rest)).filter(|len| *len > 0)?),
        };
        let whole = range.start + at..range.start + at + len + 2 * skip;
        let label = &rest[skip..skip + len];
        labels.push(Label { text: label.into(), place: text.place(whole) });
        at += len + 2 * skip;
        end = at;
    }
    let head = text.place(range.start + start..range.start + end);
    let place = text.place(range.start + start..range.start + source.trim_end().len());
    Some(Block { kind: kind.into(), labels, body: Body::default(), place, head })
}

/// Whether one pair of braces holds so much that the parser would take minutes.
pub(super) fn has_huge_object(source: &str) -> bool {
    let separators = |source: &str| source.bytes().filter(|b| matches!(b, b'\n' | b',')).count();
    if separators(source) < MAX_SEPARATORS {
        return false;
    }
    // How much each pair of braces holds; `None` for brackets and blocks, which cost nothing.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut lexer = Lexer::new(source);
    loop {
        let at = lexer.at;
        let comma = source[at..].starts_with(',');
        match lexer.next() {
            None => return false,
            Some(Token::Open(close)) => {
                open.push((close == b'}' && !is_block_brace(source, at)).then_some(0));
            }
            Some(Token::Close(_)) => drop(open.pop()),
            Some(token) if comma || matches!(token, Token::Newline) => {
                if let Some(Some(count)) = open.last_mut() {
                    *count += 1;
                    if *count > MAX_SEPARATORS {
                        return true;
                    }
                }
            }
            Some(_) => {}
        }
    }
}

/// A block's brace follows a word or a label, an object's an operator or another bracket.
fn is_block_brace(source: &str, at: usize) -> bool {
    let before = source[..at].trim_end_matches([' ', '\t']);
    before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '"'))
}
