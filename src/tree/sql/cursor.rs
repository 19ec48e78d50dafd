//! A walk over the tokens of one statement.

use std::sync::Arc;

use super::TableName;
use super::lex::{Kind, Token};
use crate::source::{Place, Text};

pub(super) struct Cursor<'a> {
    pub(super) text: &'a Text,
    tokens: &'a [Token],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a Text, tokens: &'a [Token]) -> Cursor<'a> {
        Cursor { text, tokens, at: 0 }
    }

    /// A cursor over some of the tokens, by their indices.
    pub(super) fn part(&self, from: usize, to: usize) -> Cursor<'a> {
        Cursor::new(self.text, self.tokens.get(from..to).unwrap_or(&[]))
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        self.kind_at(self.at)
    }

    pub(super) fn kind_at(&self, index: usize) -> Option<Kind> {
        self.tokens.get(index).map(|t| t.kind)
    }

    pub(super) fn str_at(&self, index: usize) -> &'a str {
        self.tokens.get(index).map_or("", |t| &self.text.as_str()[t.range()])
    }

    /// The place of all tokens.
    pub(super) fn whole(&self) -> Place {
        self.place(0, self.tokens.len())
    }

    /// The place of the tokens from one index to another, the latter left out.
    pub(super) fn place(&self, from: usize, to: usize) -> Place {
        match (self.tokens.get(from), self.tokens.get(to.wrapping_sub(1))) {
            (Some(first), Some(last)) if from < to => {
                self.text.place(first.start as usize..last.end as usize)
            }
            _ => self.text.whole(),
        }
    }

    /// The text of the tokens from one index to another, with what stands between them.
    pub(super) fn spelled(&self, from: usize, to: usize) -> &'a str {
        match (self.tokens.get(from), self.tokens.get(to.wrapping_sub(1))) {
            (Some(first), Some(last)) if from < to => {
                &self.text.as_str()[first.start as usize..last.end as usize]
            }
            _ => "",
        }
    }

    /// Whether a bare word stands at an index, in any case.
    pub(super) fn is_word_at(&self, index: usize, word: &str) -> bool {
        self.kind_at(index) == Some(Kind::Word { quoted: false })
            && self.str_at(index).eq_ignore_ascii_case(word)
    }

    pub(super) fn sees(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, w)| self.is_word_at(self.at + i, w))
    }

    /// Steps over these bare words if all stand here.
    pub(super) fn eat(&mut self, words: &[&str]) -> bool {
        let found = self.sees(words);
        if found {
            self.at += words.len();
        }
        found
    }

    pub(super) fn sees_punct(&self, punct: u8) -> bool {
        self.kind() == Some(Kind::Punct(punct))
    }

    pub(super) fn eat_punct(&mut self, punct: u8) -> bool {
        let found = self.sees_punct(punct);
        self.at += usize::from(found);
        found
    }

    /// The index behind the bracket that closes the one at `open`; the end if none does.
    pub(super) fn behind_bracket(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for index in open..self.tokens.len() {
            match self.tokens[index].kind {
                Kind::Punct(b'(' | b'[') => depth += 1,
                Kind::Punct(b')' | b']') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return index + 1;
                    }
                }
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// Steps over a token, or over everything in brackets.
    pub(super) fn skip(&mut self) {
        self.at = match self.kind() {
            Some(Kind::Punct(b'(' | b'[')) => self.behind_bracket(self.at),
            _ => self.at + 1,
        };
    }

    /// The ends of the parts between commas outside of brackets, from `from` to `to`.
    pub(super) fn commas(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let (mut parts, mut start, mut depth) = (Vec::new(), from, 0_usize);
        for index in from..to {
            match self.kind_at(index) {
                Some(Kind::Punct(b'(' | b'[')) => depth += 1,
                Some(Kind::Punct(b')' | b']')) => depth = depth.saturating_sub(1),
                Some(Kind::Punct(b',')) if depth == 0 => {
                    parts.push((start, index));
                    start = index + 1;
                }
                _ => {}
            }
        }
        if start < to {
            parts.push((start, to));
        }
        parts
    }

    /// A name: bare, quoted, or with parts that a template fills in.
    pub(super) fn name(&mut self) -> Option<Arc<str>> {
        let first = self.at;
        while let Some(kind) = self.kind() {
            let glued =
                first == self.at || self.tokens[self.at - 1].end == self.tokens[self.at].start;
            let fits = match kind {
                Kind::Word { quoted } => !quoted || first == self.at,
                Kind::Opaque => true,
                Kind::Number => first < self.at,
                _ => false,
            };
            if !glued || !fits {
                break;
            }
            self.at += 1;
        }
        match (self.at - first, self.kind_at(first)?) {
            (0, _) => None,
            (1, Kind::Word { quoted: true }) => Some(unquoted(self.str_at(first))),
            _ => Some(self.spelled(first, self.at).into()),
        }
    }

    /// `table`, `database.table`
    pub(super) fn table_name(&mut self) -> Option<TableName> {
        let start = self.at;
        let first = self.name()?;
        let second = if self.eat_punct(b'.') { Some(self.name()?) } else { None };
        let place = self.place(start, self.at);
        Some(match second {
            Some(table) => TableName { database: Some(first), table, place },
            None => TableName { database: None, table: first, place },
        })
    }

    /// The value of a string that stands here.
    pub(super) fn string(&mut self) -> Option<Arc<str>> {
        (self.kind()? == Kind::String).then(|| {
            self.at += 1;
            unquoted(self.str_at(self.at - 1))
        })
    }

    pub(super) fn eat_cluster(&mut self) -> Option<Arc<str>> {
        if self.eat(&["on", "cluster"]) { self.name().or_else(|| self.string()) } else { None }
    }
}

/// The value of a quoted word or string: escapes and doubled quotes resolved.
fn unquoted(text: &str) -> Arc<str> {
    if let Some(tag) = text.strip_prefix('$').and_then(|t| t.find('$')) {
        // A heredoc: `$tag$ … $tag$`, nothing in it is an escape.
        return text.get(tag + 2..text.len() - tag - 2).unwrap_or("").into();
    }
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
    let quote = text.chars().next();
    let (mut out, mut chars) = (String::with_capacity(inner.len()), inner.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => {}
            },
            c if Some(c) == quote => {
                chars.next();
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.into()
}
