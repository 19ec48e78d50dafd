//! Tokens of ClickHouse SQL, and of what templating tools leave in it.

use std::ops::Range;

use crate::source::{Problem, Text};

/// How far a `{…}` may reach; what does not close within this is a lone brace.
const MAX_OPAQUE: usize = 4096;
/// Heredocs that did not close before the lexer stops looking for their ends.
const MAX_UNCLOSED: usize = 16;

/// What closes `{`, `{{`, `{%`, `{#`.
const CLOSINGS: [&str; 4] = ["}", "}}", "%}", "#}"];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A bare word or a word in back quotes or double quotes.
    Word {
        quoted: bool,
    },
    String,
    Number,
    Punct(u8),
    /// `{{ … }}`, `{name:Type}`, `${NAME}`: a value that somebody fills in later.
    Opaque,
    /// `;`
    End,
    /// A migration tool's mark: what follows is applied.
    Up,
    /// A migration tool's mark: what follows takes the migration back.
    Down,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Token {
    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// All tokens but the rows of `INSERT` statements.
pub(super) fn tokens(text: &Text) -> (Vec<Token>, Vec<Problem>) {
    let mut lexer = Lexer {
        text,
        src: text.as_str(),
        at: 0,
        out: Vec::new(),
        problems: Vec::new(),
        unclosed: [false; 3],
        heredocs: 0,
        closings: [None; 4],
        fresh: true,
        insert: false,
        rows: false,
    };
    lexer.run();
    (lexer.out, lexer.problems)
}

struct Lexer<'a> {
    text: &'a Text,
    src: &'a str,
    at: usize,
    out: Vec<Token>,
    problems: Vec<Problem>,
    /// Quotes (`'`, `"`, `` ` ``) of which none closes any more.
    unclosed: [bool; 3],
    heredocs: usize,
    /// Where each of [`CLOSINGS`] stands next, as far as was asked.
    closings: [Option<usize>; 4],
    /// No token of the statement was seen yet.
    fresh: bool,
    /// An `INSERT` is being read.
    insert: bool,
    /// Its rows are being read, or what is no SQL any more.
    rows: bool,
}

impl Lexer<'_> {
    fn run(&mut self) {
        let bytes = self.src.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            let next = bytes.get(self.at + 1).copied();
            let start = self.at;
            match byte {
                b if b.is_ascii_whitespace() => self.at += 1,
                b'-' if next == Some(b'-') => self.line_comment(),
                b'#' if matches!(next, Some(b' ' | b'!')) => self.line_comment(),
                b'/' if next == Some(b'*') => self.block_comment(),
                b'\'' => self.quoted(0, Kind::String),
                b'"' => self.quoted(1, Kind::Word { quoted: true }),
                b'`' => self.quoted(2, Kind::Word { quoted: true }),
                b'$' => self.dollar(),
                b'{' => self.brace(start),
                b'0'..=b'9' => self.number(),
                b';' => {
                    self.at += 1;
                    self.settle();
                    self.push(Kind::End, start);
                    self.fresh = true;
                }
                b if is_word(b) => self.word(),
                // A no-break space or a byte-order mark between tokens means nothing.
                b if b >= 0x80 => self.word(),
                _ => {
                    self.at += 1;
                    self.push(Kind::Punct(byte), start);
                }
            }
        }
    }

    fn push(&mut self, kind: Kind, start: usize) {
        self.fresh = false;
        if !self.rows {
            self.out.push(Token { kind, start: start as u32, end: self.at as u32 });
        }
    }

    /// An `INSERT` is over.
    fn settle(&mut self) {
        self.insert = false;
        self.rows = false;
    }

    fn problem(&mut self, start: usize, message: &str) {
        let place = self.text.place(start..start + 1);
        self.problems.push(Problem { place, message: message.into() });
    }

    fn line_end(&self, from: usize) -> usize {
        self.src[from..].find('\n').map_or(self.src.len(), |n| from + n)
    }

    fn line_comment(&mut self) {
        let start = self.at;
        self.at = self.line_end(start);
        // goose, sql-migrate, dbmate: both directions of a migration stand in one file.
        let words = self.src[start..self.at].trim_start_matches(['-', ' ']).trim();
        let mark = match words.to_ascii_lowercase().as_str() {
            "+goose up" | "+migrate up" | "migrate:up" => Kind::Up,
            "+goose down" | "+migrate down" | "migrate:down" => Kind::Down,
            _ => return,
        };
        self.settle();
        self.push(mark, start);
        self.fresh = true;
    }

    fn block_comment(&mut self) {
        let start = self.at;
        if let Some(n) = self.src[start + 2..].find("*/") {
            self.at = start + 2 + n + 2;
        } else {
            self.problem(start, "this comment does not end");
            self.at = self.src.len();
        }
    }

    /// A quote with backslash escapes and doubling. One that never closes counts as a character.
    fn quoted(&mut self, which: usize, kind: Kind) {
        let bytes = self.src.as_bytes();
        let (start, quote) = (self.at, bytes[self.at]);
        let mut at = start + 1;
        while !self.unclosed[which] {
            match bytes.get(at) {
                None => {
                    self.unclosed[which] = true;
                    self.problem(start, "this quote does not close");
                }
                Some(b'\\') => at += 2,
                Some(b) if *b == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
                Some(b) if *b == quote => {
                    self.at = at + 1;
                    self.push(kind, start);
                    return;
                }
                Some(_) => at += 1,
            }
        }
        self.at = start + 1;
        self.push(Kind::Punct(quote), start);
    }

    fn dollar(&mut self) {
        let (start, bytes) = (self.at, self.src.as_bytes());
        if bytes.get(start + 1) == Some(&b'{') {
            self.at += 1;
            self.brace(start);
            return;
        }
        let tag = bytes[start + 1..].iter().take_while(|b| is_word(**b)).count();
        let opening = start..start + tag + 2;
        if bytes.get(start + tag + 1) == Some(&b'$') && self.heredocs < MAX_UNCLOSED {
            if let Some(n) = self.src[opening.end..].find(&self.src[opening.clone()]) {
                self.at = opening.end + n + opening.len();
                self.push(Kind::String, start);
                return;
            }
            self.heredocs += 1;
        }
        self.at += 1;
        self.push(Kind::Punct(b'$'), start);
    }

    fn brace(&mut self, start: usize) {
        let from = self.at;
        let which = match self.src.as_bytes().get(from + 1) {
            Some(b'{') => 1,
            Some(b'%') => 2,
            Some(b'#') => 3,
            _ => 0,
        };
        let end = self.closing(which, from + 1);
        if end.is_some_and(|end| end - from <= MAX_OPAQUE) {
            self.at = end.unwrap_or(from) + CLOSINGS[which].len();
            if which < 2 {
                self.push(Kind::Opaque, start);
            }
        } else {
            self.at = from + 1;
            self.push(Kind::Punct(b'{'), start);
        }
    }

    /// Where the next closing of a kind stands. Remembered, so that a text of nothing but opening
    /// braces is not searched again for each of them.
    fn closing(&mut self, which: usize, from: usize) -> Option<usize> {
        if self.closings[which].is_none_or(|at| at < from) {
            let found = self.src.get(from..).and_then(|rest| rest.find(CLOSINGS[which]));
            self.closings[which] = Some(found.map_or(usize::MAX, |n| from + n));
        }
        self.closings[which].filter(|at| *at != usize::MAX)
    }

    fn number(&mut self) {
        let start = self.at;
        let bytes = self.src.as_bytes();
        while bytes.get(self.at).is_some_and(|b| is_word(*b) || *b == b'.') {
            self.at += 1;
        }
        let text = &self.src[start..self.at];
        if is_name(text) {
            // A name may begin with a digit.
            self.at = start + text.find('.').unwrap_or(text.len());
            self.push(Kind::Word { quoted: false }, start);
            return;
        }
        self.push(Kind::Number, start);
    }

    fn word(&mut self) {
        let start = self.at;
        let bytes = self.src.as_bytes();
        while bytes.get(self.at).is_some_and(|b| is_word(*b) || *b >= 0x80) {
            self.at += 1;
        }
        let word = &self.src[start..self.at];
        if word.chars().all(|c| c.is_whitespace() || c == '\u{feff}') {
            return;
        }
        if self.fresh && word.eq_ignore_ascii_case("insert") {
            self.insert = true;
        }
        let rows = self.insert && word.eq_ignore_ascii_case("values");
        if !rows {
            self.push(Kind::Word { quoted: false }, start);
        }
        self.rows |= rows;
        if self.insert && word.eq_ignore_ascii_case("format") {
            self.rows = true;
            self.inline_data();
        }
    }

    /// Rows behind `INSERT … FORMAT name`: they are no SQL, and end at an empty line, at a line
    /// that ends with `;`, or where a statement surely begins.
    fn inline_data(&mut self) {
        let rest = self.src[self.at..].trim_start();
        let name_end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..name_end];
        self.at = self.src.len() - rest.len() + name_end;
        if name.eq_ignore_ascii_case("values") {
            return;
        }
        loop {
            let end = self.line_end(self.at);
            if self.src[self.at..end].trim_end().ends_with(';') {
                // The `;` itself is read as a token and ends the statement.
                self.at = self.src[..end].trim_end().len() - 1;
                return;
            }
            let next = (end + 1).min(self.src.len());
            let line = &self.src[next..self.line_end(next)];
            let first = line.split_whitespace().next().unwrap_or("").to_ascii_lowercase();
            let begins = ["create", "alter", "drop", "insert", "rename", "grant", "--"];
            if end == self.src.len() || first.is_empty() || begins.contains(&first.as_str()) {
                self.settle();
                self.at = end;
                self.push(Kind::End, end);
                self.fresh = true;
                return;
            }
            self.at = next;
        }
    }
}

/// `02_table`, and neither `1_000`, `1e9` nor `0xff`.
fn is_name(text: &str) -> bool {
    let head = text.split('.').next().unwrap_or(text);
    let coded = ["0x", "0X", "0b", "0B"].iter().any(|p| head.starts_with(p));
    !coded && head.contains(|c: char| c.is_ascii_alphabetic() && c != 'e' && c != 'E')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
