//! VRL in tokens, and the questions about their neighbourhood.

use std::ops::Range;

use super::Goal;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token<'a> {
    /// `.message`, `.a.b`, `.`, `%meta`.
    Path(&'a str),
    /// A name, with the `!` of a call that may fail left off.
    Word(&'a str),
    /// A string, a regular expression, a date.
    Text(&'a str),
    Open(&'a str),
    Close,
    Operator(&'a str),
    /// A line's end or a `;` where a statement may end.
    End,
}

/// A program in tokens.
pub(super) struct Tokens<'a> {
    source: &'a str,
    all: Vec<(Token<'a>, Range<usize>)>,
    /// For each bracket, the other one of its pair.
    pairs: Vec<usize>,
    /// Brackets that are open while reading; statements end in those that are true.
    open: Vec<bool>,
}

impl<'a> Tokens<'a> {
    pub(super) fn read(source: &'a str) -> Tokens<'a> {
        let mut out = Tokens { source, all: Vec::new(), pairs: Vec::new(), open: Vec::new() };
        let mut at = 0;
        while at < source.len() {
            at = out.one(at);
        }
        out.pair();
        out
    }

    /// Reads one token or one gap and tells where it ends.
    fn one(&mut self, at: usize) -> usize {
        let rest = &self.source[at..];
        let Some(first) = rest.chars().next() else { return self.source.len() };
        let until = |more: fn(char) -> bool| rest.find(|c| !more(c)).unwrap_or(rest.len());
        let next = rest.as_bytes().get(1).copied();
        match first {
            '#' => at + rest.find('\n').unwrap_or(rest.len()),
            '\n' | ';' if self.may_end() => self.push(Token::End, at, 1),
            '"' => self.quoted(at, 1, '"'),
            'r' | 's' | 't' if next == Some(b'\'') => self.quoted(at, 2, '\''),
            '.' | '%' => {
                let len = 1 + path_length(&rest[1..]);
                self.push(Token::Path(&rest[..len]), at, len)
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let len = until(|c| c.is_ascii_alphanumeric() || c == '_');
                let end = self.push(Token::Word(&rest[..len]), at, len);
                // `redact!(`, but not `a != b`.
                end + usize::from(rest[len..].starts_with("!("))
            }
            '(' | '[' | '{' => {
                self.open.push(first == '{' && !self.begins_literal());
                self.push(Token::Open(&rest[..1]), at, 1)
            }
            ')' | ']' | '}' => {
                self.open.pop();
                self.push(Token::Close, at, 1)
            }
            c if c.is_ascii_digit() => {
                at + until(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))
            }
            c if c.is_whitespace() => at + c.len_utf8(),
            c => {
                let known = ["??=", "==", "!=", ">=", "<=", "|=", "&&", "||", "??", "->"];
                let len =
                    known.iter().find(|o| rest.starts_with(**o)).map_or(c.len_utf8(), |o| o.len());
                self.push(Token::Operator(&rest[..len]), at, len)
            }
        }
    }

    /// Whether a statement may end here: not within parentheses, not behind an operator
    /// or at the head of a block.
    fn may_end(&self) -> bool {
        self.open.last() != Some(&false)
            && !matches!(self.all.last(), Some((Token::Operator(_) | Token::Open(_), _)))
    }

    /// Whether a brace behind the last token begins an object.
    fn begins_literal(&self) -> bool {
        let last = self.all.last().map(|t| &t.0);
        matches!(last, Some(Token::Operator("=" | ":" | "," | "??") | Token::Open("(" | "[")))
    }

    fn push(&mut self, token: Token<'a>, at: usize, len: usize) -> usize {
        self.all.push((token, at..at + len));
        at + len
    }

    fn quoted(&mut self, at: usize, skip: usize, quote: char) -> usize {
        let inside = &self.source[at + skip..];
        let mut escaped = false;
        let end = inside.find(|c| {
            let ends = c == quote && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let end = end.unwrap_or(inside.len());
        let len = (skip + end + 1).min(self.source.len() - at);
        self.push(Token::Text(&inside[..end]), at, len)
    }

    fn pair(&mut self) {
        self.pairs = (0..self.all.len()).collect();
        let mut open = Vec::new();
        for at in 0..self.all.len() {
            match self.all[at].0 {
                Token::Open(_) => open.push(at),
                Token::Close => {
                    if let Some(start) = open.pop() {
                        self.pairs[at] = start;
                        self.pairs[start] = at;
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn token(&self, at: usize) -> &Token<'a> {
        &self.all[at].0
    }

    pub(super) fn get(&self, at: usize) -> Option<&Token<'a>> {
        self.all.get(at).map(|t| &t.0)
    }

    pub(super) fn span(&self, at: usize) -> Range<usize> {
        self.all[at].1.clone()
    }

    pub(super) fn word(&self, at: usize) -> &'a str {
        match self.all[at].0 {
            Token::Word(word) => word,
            _ => "",
        }
    }

    pub(super) fn is_operator(&self, at: usize, operator: &str) -> bool {
        matches!(self.get(at), Some(Token::Operator(o)) if *o == operator)
    }

    /// The tokens between the parentheses of a call at a word.
    pub(super) fn call(&self, at: usize) -> Option<Range<usize>> {
        let open = at + 1;
        let called = matches!(self.token(at), Token::Word(_))
            && matches!(self.get(open), Some(Token::Open("(")));
        let close = if called { self.pairs[open] } else { return None };
        Some(open + 1..if close > open { close } else { self.len() })
    }

    pub(super) fn slice(&self, tokens: &Range<usize>) -> &'a str {
        match (self.all.get(tokens.start), tokens.end.checked_sub(1).and_then(|e| self.all.get(e)))
        {
            (Some(first), Some(last)) if first.1.start <= last.1.end => {
                &self.source[first.1.start..last.1.end]
            }
            _ => "",
        }
    }

    /// The first field of the event that is named between two tokens.
    pub(super) fn first_path(&self, tokens: &Range<usize>) -> Option<String> {
        let mut all = self.all.get(tokens.clone())?.iter();
        all.find_map(|(token, _)| match token {
            Token::Path(path) => Some((*path).to_owned()),
            _ => None,
        })
    }

    /// The opening bracket of a closing one; itself where it has none.
    pub(super) fn opening(&self, at: usize) -> usize {
        self.pairs[at].min(at)
    }

    /// Places where a variable stands.
    pub(super) fn uses(&self, variable: &str) -> Vec<usize> {
        const MOST: usize = 64;
        let found = (0..self.len()).filter(|i| self.word(*i) == variable);
        found.take(MOST).collect()
    }

    /// Whether a parenthesis belongs to a function that only tests or tells.
    pub(super) fn is_test(&self, open: usize) -> bool {
        const TESTS: [&str; 8] =
            ["log", "assert", "assert_eq", "exists", "is_null", "length", "match", "contains"];
        open.checked_sub(1).is_some_and(|i| TESTS.contains(&self.word(i)))
    }

    /// Whether the statement of a token is the last of the block that a brace opens, so that it is
    /// the block's value. Object literals hand on everything.
    pub(super) fn is_value_of_block(&self, at: usize, open: usize) -> bool {
        let before = open.checked_sub(1).map(|i| self.token(i));
        if matches!(before, Some(Token::Operator("=" | ":" | "," | "??") | Token::Open(_))) {
            return true;
        }
        let close = self.pairs[open];
        let mut here = at;
        while here < close {
            match self.token(here) {
                Token::Open(_) => here = self.pairs[here].max(here),
                Token::End => {
                    return self.all[here..close].iter().all(|(t, _)| *t == Token::End);
                }
                _ => {}
            }
            here += 1;
        }
        true
    }

    /// Whether a token stands in the condition of an `if`, not in its block.
    pub(super) fn is_condition(&self, word: usize, at: usize) -> bool {
        let mut here = word + 1;
        while here < self.len() && here <= at {
            match self.token(here) {
                Token::Open("{") => return false,
                Token::Open(_) => here = self.pairs[here].max(here),
                _ => {}
            }
            here += 1;
        }
        true
    }

    /// What stands left of an assignment.
    pub(super) fn target(&self, assignment: usize) -> Goal {
        let mut goal = Goal::Elsewhere;
        // `.message, err = …` gives the value to the first.
        for at in (0..assignment).rev() {
            match self.token(at) {
                Token::Path(path) if path.starts_with('.') => {
                    goal = Goal::Field((*path).to_owned());
                }
                Token::Word(word) => goal = Goal::Variable((*word).to_owned()),
                Token::Operator(",") => {}
                _ => break,
            }
        }
        goal
    }

    /// Whether a field is deleted, or written anew behind a byte of the source.
    pub(super) fn replaces(&self, field: &str, behind: usize) -> bool {
        (0..self.len()).any(|at| {
            let deleted = self.word(at) == "del"
                && self.call(at).and_then(|a| self.first_path(&a)).is_some_and(|p| p == field);
            let written = matches!(self.token(at), Token::Path(path) if *path == field)
                && self.is_operator(at + 1, "=")
                && self.all[at].1.start > behind;
            deleted || written
        })
    }
}

/// `a.b[0]."c d"` behind the first dot.
fn path_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'@') => at += 1,
            b'"' => match text[at + 1..].find('"') {
                Some(end) => at += end + 2,
                None => break,
            },
            _ => break,
        }
    }
    at
}
