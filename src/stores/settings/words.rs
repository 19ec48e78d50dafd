//! Words of a command line, and the commands of a shell script in a `-c` argument.

use crate::model::fact::{Fact, Name, Why};
use crate::model::value::SECRET;
use crate::source::Place;
use crate::stores::Program;

/// Stands in a word's text for a part that nobody can tell.
const UNKNOWN: char = '\u{f8ff}';

/// A word with the place that decided it.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) place: Place,
    why: Option<Why>,
}

impl Word {
    pub(crate) fn new(text: impl Into<String>, place: Place) -> Word {
        Word { text: text.into(), place, why: None }
    }

    pub(crate) fn unknown(why: Why, place: Place) -> Word {
        Word { text: UNKNOWN.into(), place, why: Some(why) }
    }

    /// Another text cut out of this word.
    pub(crate) fn part(&self, text: &str) -> Word {
        Word { text: text.to_owned(), place: self.place, why: self.why.clone() }
    }

    /// Adds another word, a space between.
    pub(crate) fn append(&mut self, other: &Word) {
        self.text.push(' ');
        self.text.push_str(&other.text);
        self.place = self.place.to(other.place);
        if self.why.is_none() {
            self.why.clone_from(&other.why);
        }
    }

    pub(crate) fn is_secret(&self) -> bool {
        self.text.contains(SECRET)
    }

    /// Why the word cannot be told, if it cannot.
    pub(crate) fn why(&self) -> Option<Why> {
        let unknown = self.text.contains(UNKNOWN);
        unknown.then(|| self.why.clone().unwrap_or(Why::NotUnderstood("a word".into())))
    }

    /// Whether it begins like an option. A word of which nothing is known may be one.
    pub(crate) fn is_option(&self) -> bool {
        let mut chars = self.text.chars();
        chars.next() == Some('-')
            && chars.next().is_some_and(|c| c == '-' || c.is_ascii_alphabetic())
    }

    /// Whether nothing at all is known, not even whether it is an option.
    pub(crate) fn is_open(&self) -> bool {
        self.text.starts_with(UNKNOWN)
    }

    /// Takes in a variable's value.
    fn push(&mut self, value: Fact<Name>, or: &str) {
        match value {
            Fact::Known(text, _) => self.text.push_str(&text),
            Fact::Unset(_) => self.text.push_str(or),
            Fact::Unknown(why, _) if is_secret(&why) => self.text.push(SECRET),
            Fact::Unknown(why, _) => {
                self.text.push(UNKNOWN);
                self.why.get_or_insert(why);
            }
        }
    }
}

/// Whether an unknown value comes from a secret store: it is there and not empty.
pub(crate) fn is_secret(why: &Why) -> bool {
    matches!(why, Why::Environment(name) if name.starts_with("secret"))
}

/// The words of a list of arguments, `$(NAME)` replaced as Kubernetes does it: an unset name stays
/// as written, `$$` is one `$`.
pub(crate) fn arguments(list: &Fact<Vec<Fact<Name>>>, program: &Program) -> Vec<Word> {
    match list {
        Fact::Known(items, _) => items.iter().map(|item| argument(item, program)).collect(),
        Fact::Unset(_) => Vec::new(),
        Fact::Unknown(why, place) => vec![Word::unknown(why.clone(), *place)],
    }
}

fn argument(item: &Fact<Name>, program: &Program) -> Word {
    let (text, place) = match item {
        Fact::Known(text, origin) => (text, origin.at),
        Fact::Unset(place) => return Word::new("", *place),
        Fact::Unknown(why, place) if is_secret(why) => return Word::new(SECRET, *place),
        Fact::Unknown(why, place) => return Word::unknown(why.clone(), *place),
    };
    let mut word = Word::new("", place);
    let mut rest: &str = text;
    while let Some(at) = rest.find('$') {
        word.text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            word.text.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|r| r.split_once(')')) {
            word.push(program.env(name), &format!("$({name})"));
            rest = after;
        } else {
            word.text.push('$');
        }
    }
    word.text.push_str(rest);
    word
}

/// The simple commands of a shell script, each as its words. What is computed when the script
/// runs becomes an unknown part.
pub(crate) fn commands(script: &Word, program: &Program) -> Vec<Vec<Word>> {
    let mut out = vec![Vec::new()];
    let mut lexer = Lexer { rest: &script.text, place: script.place, program };
    while let Some(token) = lexer.next() {
        match token {
            Token::Word(word) => out.last_mut().expect("bug: never empty").push(word),
            Token::End => out.push(Vec::new()),
        }
    }
    out.retain(|words| !words.is_empty());
    out
}

/// The words of a text, as a shell splits the value of a variable.
pub(crate) fn split(text: &str, place: Place) -> Vec<Word> {
    text.split_whitespace().map(|w| Word::new(w.trim_matches(['"', '\'']), place)).collect()
}

enum Token {
    Word(Word),
    End,
}

struct Lexer<'a, 'p> {
    rest: &'a str,
    place: Place,
    program: &'a Program<'p>,
}

impl Lexer<'_, '_> {
    fn next(&mut self) -> Option<Token> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r']);
            if let Some(after) = self.rest.strip_prefix("\\\n") {
                self.rest = after;
            } else if self.rest.starts_with('#') {
                self.rest = &self.rest[self.rest.find('\n').unwrap_or(self.rest.len())..];
            } else {
                break;
            }
        }
        let first = self.rest.chars().next()?;
        if "\n;|&(){}".contains(first) {
            self.rest = &self.rest[1..];
            return Some(Token::End);
        }
        Some(Token::Word(self.word()))
    }

    fn word(&mut self) -> Word {
        let mut word = Word::new("", self.place);
        while let Some(c) = self.rest.chars().next() {
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '|' | '&' | '(' | ')' => break,
                '\'' => {
                    let (inner, after) =
                        self.rest[1..].split_once('\'').unwrap_or((&self.rest[1..], ""));
                    word.text.push_str(inner);
                    self.rest = after;
                }
                '"' => {
                    self.rest = &self.rest[1..];
                    self.quoted(&mut word);
                }
                '\\' => {
                    let escaped = self.rest[1..].chars().next();
                    word.text.extend(escaped.filter(|c| *c != '\n'));
                    self.rest = &self.rest[1 + escaped.map_or(0, char::len_utf8)..];
                }
                '$' => self.dollar(&mut word),
                '`' => self.computed(&mut word, '`'),
                c => {
                    word.text.push(c);
                    self.rest = &self.rest[c.len_utf8()..];
                }
            }
        }
        word
    }

    fn quoted(&mut self, word: &mut Word) {
        while let Some(c) = self.rest.chars().next() {
            match c {
                '"' => {
                    self.rest = &self.rest[1..];
                    return;
                }
                '\\' => {
                    let escaped = self.rest[1..].chars().next();
                    word.text.extend(escaped);
                    self.rest = &self.rest[1 + escaped.map_or(0, char::len_utf8)..];
                }
                '$' => self.dollar(word),
                '`' => self.computed(word, '`'),
                c => {
                    word.text.push(c);
                    self.rest = &self.rest[c.len_utf8()..];
                }
            }
        }
    }

    /// `$NAME`, `${NAME}`, `${NAME:-default}`; anything else is computed by the shell.
    fn dollar(&mut self, word: &mut Word) {
        let rest = &self.rest[1..];
        if rest.starts_with('(') {
            self.rest = rest;
            return self.computed(word, ')');
        }
        let (inner, after) = match rest.strip_prefix('{') {
            Some(braced) => braced.split_once('}').unwrap_or((braced, "")),
            None => rest.split_at(name_len(rest)),
        };
        self.rest = after;
        let (name, operator) = inner.split_at(name_len(inner));
        let value = self.program.env(name);
        match operator {
            _ if name.is_empty() => {
                word.push(unknown("a value that a shell computes", self.place), "");
                if inner.is_empty() {
                    // `$@`, `$1`, `$?`
                    let skip = self.rest.chars().next().map_or(0, char::len_utf8);
                    self.rest = &self.rest[skip..];
                }
            }
            "" => word.push(value, ""),
            _ => match operator.strip_prefix(":-").or_else(|| operator.strip_prefix('-')) {
                Some(default) if !default.contains('$') => {
                    let empty = value.known().is_some_and(|v| v.is_empty());
                    let value = if empty { Fact::Unset(self.place) } else { value };
                    word.push(value, default);
                }
                _ if operator.starts_with(":?") || operator.starts_with('?') => {
                    word.push(value, "");
                }
                _ => word.push(unknown("a value that a shell computes", self.place), ""),
            },
        }
    }

    fn computed(&mut self, word: &mut Word, end: char) {
        let inner = &self.rest[1..];
        self.rest = inner.split_once(end).map_or("", |(_, after)| after);
        word.push(unknown("the output of a command", self.place), "");
    }
}

fn unknown(what: &str, place: Place) -> Fact<Name> {
    Fact::Unknown(Why::NotUnderstood(what.into()), place)
}

/// How long a variable's name at the beginning is.
fn name_len(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}
