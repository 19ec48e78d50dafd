//! nginx's configuration language: directives with words, and blocks of them.
//!
//! nginx.org, "Creating NGINX Configuration Files"; the rules of words are those of
//! `ngx_conf_read_token`.

use crate::source::{Place, Text};

/// Blocks in blocks; nginx's own are four deep.
const MAX_DEPTH: usize = 32;

/// A directive with its words and its block.
#[derive(Clone, Debug)]
pub(super) struct Directive {
    pub(super) name: String,
    pub(super) args: Vec<String>,
    pub(super) block: Option<Vec<Directive>>,
    /// Its words, without the block.
    pub(super) place: Place,
}

impl Directive {
    /// The first word behind the name.
    pub(super) fn arg(&self) -> &str {
        self.args.first().map_or("", |arg| arg)
    }
}

enum Token {
    Word(String),
    /// `;`
    End,
    Open,
    Close,
}

/// Reads a file. What is broken is left out: nginx would not start with it.
pub(super) fn parse(text: &Text) -> Vec<Directive> {
    let mut lexer = Lexer { text: text.as_str(), at: 0 };
    let mut heads: Vec<Directive> = Vec::new();
    let mut lists: Vec<Vec<Directive>> = vec![Vec::new()];
    let mut words: Vec<String> = Vec::new();
    let mut start = 0;
    while let Some((token, from)) = lexer.next() {
        if words.is_empty() {
            start = from;
        }
        match token {
            Token::Word(word) => words.push(word),
            Token::End => {
                if let Some(directive) = directive(&mut words, text.place(start..from)) {
                    push(&mut lists, directive);
                }
            }
            Token::Open => {
                let Some(head) = directive(&mut words, text.place(start..from)) else {
                    lexer.skip_block();
                    continue;
                };
                if head.name.ends_with("_by_lua_block") || heads.len() >= MAX_DEPTH {
                    lexer.skip_block();
                    push(&mut lists, head);
                } else {
                    heads.push(head);
                    lists.push(Vec::new());
                }
            }
            Token::Close => {
                words.clear();
                close(&mut heads, &mut lists);
            }
        }
    }
    while !heads.is_empty() {
        close(&mut heads, &mut lists);
    }
    lists.pop().unwrap_or_default()
}

fn directive(words: &mut Vec<String>, place: Place) -> Option<Directive> {
    let mut words = std::mem::take(words).into_iter();
    let name = words.next()?;
    Some(Directive { name, args: words.collect(), block: None, place })
}

fn push(lists: &mut [Vec<Directive>], directive: Directive) {
    if let Some(list) = lists.last_mut() {
        list.push(directive);
    }
}

/// A closing brace too many closes nothing.
fn close(heads: &mut Vec<Directive>, lists: &mut Vec<Vec<Directive>>) {
    let Some(mut head) = heads.pop() else { return };
    head.block = lists.pop();
    push(lists, head);
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    /// The next token, and where it begins.
    fn next(&mut self) -> Option<(Token, usize)> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at)? {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' => self.skip_line(),
                _ => break,
            }
        }
        let start = self.at;
        let sign = match bytes.get(start)? {
            b';' => Token::End,
            b'{' => Token::Open,
            b'}' => Token::Close,
            b'"' => return Some((Token::Word(self.quoted('"')), start)),
            b'\'' => return Some((Token::Word(self.quoted('\'')), start)),
            _ => return Some((Token::Word(self.plain()), start)),
        };
        self.at += 1;
        Some((sign, start))
    }

    fn skip_line(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    fn plain(&mut self) -> String {
        let rest = &self.text[self.at..];
        let mut previous = ' ';
        let mut end = rest.len();
        for (at, c) in rest.char_indices() {
            // `${name}` belongs to the word.
            if c.is_ascii_whitespace() || c == ';' || c == '{' && previous != '$' {
                end = at;
                break;
            }
            previous = if previous == '\\' { ' ' } else { c };
        }
        // A word has at least one character, or nobody gets on.
        let end = end.max(rest.chars().next().map_or(0, char::len_utf8));
        self.at += end;
        rest[..end].to_owned()
    }

    fn quoted(&mut self, quote: char) -> String {
        let rest = &self.text[self.at + 1..];
        let mut word = String::new();
        let mut escaped = false;
        for (at, c) in rest.char_indices() {
            match c {
                _ if escaped => {
                    if c != quote && c != '\\' {
                        word.push('\\');
                    }
                    word.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                c if c == quote => {
                    self.at += 1 + at + 1;
                    return word;
                }
                c => word.push(c),
            }
        }
        self.at = self.text.len();
        word
    }

    /// Everything up to the brace that closes an open one, whatever language it is.
    fn skip_block(&mut self) {
        let mut depth = 1_usize;
        for (at, byte) in self.text.as_bytes().iter().enumerate().skip(self.at) {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.at = at + 1;
                return;
            }
        }
        self.at = self.text.len();
    }
}
