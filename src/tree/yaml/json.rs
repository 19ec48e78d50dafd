//! JSON (RFC 8259) with places, which the general-purpose readers do not keep.

use std::ops::Range;
use std::sync::Arc;

use super::MAX_DEPTH;
use crate::source::{Problem, Text};
use crate::tree::node::{Entry, Kind, Map, Node, Scalar};

/// Reads one JSON document. One error costs the whole: half an object says nothing.
pub(crate) fn parse_json(text: &Text) -> (Option<Node>, Vec<Problem>) {
    let mut reader = Reader { text, source: text.as_str(), at: 0, depth: 0 };
    if reader.source.starts_with('\u{feff}') {
        reader.at = '\u{feff}'.len_utf8();
    }
    match reader.document() {
        Ok(node) => (Some(node), Vec::new()),
        Err(Failure { at, message }) => {
            let width = text.as_str()[at..].chars().next().map_or(0, char::len_utf8);
            let place = text.place(at..at + width);
            (None, vec![Problem { place, message: message.to_owned() }])
        }
    }
}

struct Failure {
    at: usize,
    message: &'static str,
}

struct Reader<'a> {
    text: &'a Text,
    source: &'a str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn fail<T>(&self, message: &'static str) -> Result<T, Failure> {
        Err(Failure { at: self.at, message })
    }

    fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes one byte if it is the next.
    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    fn document(&mut self) -> Result<Node, Failure> {
        self.space();
        let node = self.value()?;
        self.space();
        if self.at < self.source.len() {
            self.fail("expected the end of the text")
        } else {
            Ok(node)
        }
    }

    fn value(&mut self) -> Result<Node, Failure> {
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => Kind::Scalar(self.string()?),
            Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => self.word()?,
            _ => return self.fail("expected a value"),
        };
        Ok(Node { place: self.text.place(start..self.at), kind })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Kind, Failure>) -> Result<Kind, Failure> {
        if self.depth == MAX_DEPTH {
            return self.fail("nested too deeply");
        }
        self.depth += 1;
        self.at += 1;
        self.space();
        let kind = read(self)?;
        self.depth -= 1;
        Ok(kind)
    }

    fn object(&mut self) -> Result<Kind, Failure> {
        let mut map = Map::default();
        if self.take(b'}') {
            return Ok(Kind::Map(map));
        }
        loop {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return self.fail("expected a key in double quotes");
            }
            let key = self.string()?.text;
            let key_place = self.text.place(start..self.at);
            self.space();
            if !self.take(b':') {
                return self.fail("expected `:`");
            }
            self.space();
            let value = self.value()?;
            map.entries.push(Entry { key, key_place, value });
            self.space();
            if self.take(b'}') {
                return Ok(Kind::Map(map));
            }
            if !self.take(b',') {
                return self.fail("expected `,` or `}`");
            }
            self.space();
        }
    }

    fn array(&mut self) -> Result<Kind, Failure> {
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Kind::List(items));
        }
        loop {
            items.push(self.value()?);
            self.space();
            if self.take(b']') {
                return Ok(Kind::List(items));
            }
            if !self.take(b',') {
                return self.fail("expected `,` or `]`");
            }
            self.space();
        }
    }

    fn word(&mut self) -> Result<Kind, Failure> {
        let start = self.at;
        while let Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') = self.peek() {
            self.at += 1;
        }
        let word = &self.source[start..self.at];
        match word {
            "null" => Ok(Kind::Null),
            // Rust reads `1.`, `inf` and `+1`, too; the first byte and the last tell them apart.
            "true" | "false" => Ok(self.plain(start..self.at)),
            _ if word.ends_with(|c: char| c.is_ascii_digit()) && word.parse::<f64>().is_ok() => {
                Ok(self.plain(start..self.at))
            }
            _ => {
                self.at = start;
                self.fail("expected a value")
            }
        }
    }

    fn plain(&self, range: Range<usize>) -> Kind {
        let text = self.source[range.clone()].into();
        Kind::Scalar(Scalar { text, plain: true, pieces: None })
    }

    fn pieces(&self, range: Range<usize>) -> Arc<[crate::source::Piece]> {
        let mut pieces = Vec::new();
        self.text.pieces(range, 0, &mut pieces);
        pieces.into()
    }

    fn string(&mut self) -> Result<Scalar, Failure> {
        self.at += 1;
        let start = self.at;
        self.run();
        if self.peek() == Some(b'"') {
            let range = start..self.at;
            self.at += 1;
            let text = self.source[range.clone()].into();
            return Ok(Scalar { text, plain: false, pieces: None });
        }
        let mut text = self.source[start..self.at].to_owned();
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return self.fail("a line break in a string"),
                None => return self.fail("the string is not closed"),
            }
            let from = self.at;
            self.run();
            text.push_str(&self.source[from..self.at]);
        }
        self.at += 1;
        Ok(Scalar { text: text.into(), plain: false, pieces: Some(Arc::new([])) })
    }

    /// Passes what a string holds unescaped.
    fn run(&mut self) {
        let rest = &self.source.as_bytes()[self.at..];
        let ends = |b: &u8| matches!(b, b'"' | b'\\' | b'\n');
        self.at += rest.iter().position(ends).unwrap_or(rest.len());
    }

    fn escape(&mut self) -> Result<char, Failure> {
        let byte = self.source.as_bytes().get(self.at + 1);
        let plain = match byte {
            Some(b'u') => return self.unicode(),
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(&byte @ (b'"' | b'\\' | b'/')) => byte.into(),
            _ => return self.fail("an unknown escape"),
        };
        self.at += 2;
        Ok(plain)
    }

    /// `\uXXXX`, and two of them where they are a surrogate pair; half a pair is no character.
    fn unicode(&mut self) -> Result<char, Failure> {
        let first = self.unit()?;
        if (0xD800..0xDC00).contains(&first) && self.source[self.at..].starts_with("\\u") {
            let before = self.at;
            let second = self.unit()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn unit(&mut self) -> Result<u32, Failure> {
        let digits = self.source.get(self.at + 2..self.at + 6);
        let digits = digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|d| u32::from_str_radix(d, 16).ok()) {
            Some(unit) => {
                self.at += 6;
                Ok(unit)
            }
            None => self.fail("expected four hexadecimal digits"),
        }
    }
}
