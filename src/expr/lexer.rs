//! Words of the condition language.

use std::ops::Range;

use super::ExprError;

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Int(i64),
    /// `&&`, `(`, `<=`, …
    Sign(&'static str),
    End,
}

/// Longer signs first, so that `<=` is not read as `<`.
const SIGNS: [&str; 19] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "?", ":", "(", ")", "[", "]", ",", ".", "&",
    "=",
];

/// All words with their bytes; the last one is [`Token::End`].
pub(super) fn lex(text: &str) -> Result<Vec<(Token, Range<usize>)>, ExprError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (token, len) = word(&text[at..], first, at)?;
        tokens.push((token, at..at + len));
        at += len;
    }
    tokens.push((Token::End, at..at));
    Ok(tokens)
}

fn word(rest: &str, first: char, at: usize) -> Result<(Token, usize), ExprError> {
    if first == '\'' || first == '"' {
        return string(rest, first, at);
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let len = span(rest, |c| c.is_ascii_alphanumeric() || c == '_');
        return Ok((Token::Name(rest[..len].to_owned()), len));
    }
    let digits = rest.strip_prefix('-').unwrap_or(rest);
    if digits.starts_with(|c: char| c.is_ascii_digit()) {
        let len = rest.len() - digits.len() + span(digits, |c| c.is_ascii_digit());
        let value = rest[..len].parse();
        return value.map(|v| (Token::Int(v), len)).map_err(|_| {
            ExprError::new(at..at + len, format!("`{}` is too large a number", &rest[..len]))
        });
    }
    match SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        Some("=") => Err(ExprError::new(at..at + 1, "`=` compares nothing; write `==`")),
        Some("&") => Err(ExprError::new(at..at + 1, "`&` joins nothing; write `&&`")),
        Some(sign) => Ok((Token::Sign(sign), sign.len())),
        None => {
            let range = at..at + first.len_utf8();
            Err(ExprError::new(range, format!("`{first}` has no meaning here")))
        }
    }
}

fn span(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn string(rest: &str, quote: char, at: usize) -> Result<(Token, usize), ExprError> {
    let mut value = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((i, c)) = chars.next() {
        match c {
            c if c == quote => return Ok((Token::Text(value), i + 1)),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, c @ ('\\' | '\'' | '"'))) => value.push(c),
                _ => {
                    let message = r"`\` is followed by `n`, a quote or another `\`";
                    return Err(ExprError::new(at + i..at + i + 1, message));
                }
            },
            c => value.push(c),
        }
    }
    Err(ExprError::new(at..at + rest.len(), "a text that never ends"))
}
