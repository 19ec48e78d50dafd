//! Regular expressions in the syntax of RE2, as Go reads it.

use std::cell::RefCell;

use regex::{Captures, Regex, RegexBuilder};
use rustc_hash::FxHashMap;

use super::{Call, Function};
use crate::formats::terraform::lang::stop::{Outcome, Stop, fails};
use crate::formats::terraform::value::{Val, ValKind};
use crate::model::fact::Why;

/// Compiled expressions that one thread keeps.
const MAX_KEPT: usize = 256;

/// A larger program is no expression that people write.
const MAX_BYTES: usize = 1 << 20;

pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "regex" => first,
        "regexall" => all,
        _ => return None,
    })
}

thread_local! {
    static KEPT: RefCell<FxHashMap<String, Regex>> = RefCell::default();
}

fn compiled(pattern: &str) -> Result<Regex, Stop> {
    if let Some(known) = KEPT.with_borrow(|kept| kept.get(pattern).cloned()) {
        return Ok(known);
    }
    let regex = match RegexBuilder::new(&translated(pattern)).size_limit(MAX_BYTES).build() {
        Ok(regex) => regex,
        // What neither engine reads; anything else may be a difference between them.
        Err(error) => {
            let around = ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|it| pattern.contains(it));
            if around || error.to_string().contains("unclosed") {
                return fails("a regular expression that does not parse");
            }
            return Err(Stop::Unknown(Why::Function("regex".into())));
        }
    };
    KEPT.with_borrow_mut(|kept| {
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(pattern.to_owned(), regex.clone());
    });
    Ok(regex)
}

/// Go's expression as this engine reads it: classes such as `\d` are of ASCII, `\Q…\E` is literal,
/// and inside brackets nothing but classes and ranges has a meaning (Go, `regexp/syntax`).
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    let (mut in_class, mut at_start) = (false, false);
    while let Some(c) = chars.next() {
        let first = std::mem::take(&mut at_start);
        match c {
            '\\' => match chars.next() {
                Some('Q') => {
                    let rest: String = chars.by_ref().collect();
                    let (literal, after) = rest.split_once("\\E").unwrap_or((&rest, ""));
                    out.push_str(&regex::escape(literal));
                    out.push_str(&translated(after));
                    return out;
                }
                Some('d') => out.push_str(if in_class { "0-9" } else { "[0-9]" }),
                Some('w') => out.push_str(if in_class { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }),
                Some('s') => out.push_str(if in_class { r"\t\n\x0C\r " } else { r"[\t\n\x0C\r ]" }),
                Some('D') => out.push_str("[^0-9]"),
                Some('W') => out.push_str("[^0-9A-Za-z_]"),
                Some('S') => out.push_str(r"[^\t\n\x0C\r ]"),
                Some('b') if !in_class => out.push_str(r"(?-u:\b)"),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            },
            '[' if !in_class => {
                in_class = true;
                at_start = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
            }
            '[' if chars.peek() == Some(&':') => {
                out.push('[');
                while let Some(inner) = chars.next() {
                    out.push(inner);
                    if inner == ':' && chars.next_if_eq(&']').is_some() {
                        out.push(']');
                        break;
                    }
                }
            }
            // The first one is a bracket of the class, not its end.
            ']' if in_class && first => out.push_str("\\]"),
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '[' | '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// One match: the whole, its groups in order, or its groups by name.
fn matched(call: &Call, regex: &Regex, captures: &Captures) -> Outcome {
    let text = |group: Option<regex::Match>| match group {
        Some(group) => call.string(group.as_str()),
        None => call.val(ValKind::Null),
    };
    let names: Vec<Option<&str>> = regex.capture_names().skip(1).collect();
    if names.is_empty() {
        return Ok(text(captures.get(0)));
    }
    if names.iter().all(Option::is_none) {
        return call.list((1..captures.len()).map(|i| text(captures.get(i))).collect(), None);
    }
    let entries = names.iter().flatten().map(|name| ((*name).into(), text(captures.name(name))));
    call.map(entries.collect(), None)
}

fn prepared(call: &Call) -> Result<Regex, Stop> {
    let regex = compiled(&call.text(0)?)?;
    let mut names = regex.capture_names().skip(1);
    match names.next() {
        Some(first) if names.any(|name| name.is_some() != first.is_some()) => {
            fails("groups with and without a name")
        }
        _ => Ok(regex),
    }
}

fn first(call: &Call) -> Outcome {
    let (regex, text) = (prepared(call)?, call.text(1)?);
    match regex.captures(&text) {
        Some(captures) => matched(call, &regex, &captures),
        None => fails("a text that does not match"),
    }
}

fn all(call: &Call) -> Outcome {
    let (regex, text) = (prepared(call)?, call.text(1)?);
    let found: Result<Vec<Val>, Stop> = regex
        .captures_iter(&text)
        .take(super::MAX_ELEMENTS + 1)
        .map(|captures| matched(call, &regex, &captures))
        .collect();
    call.list(found?, None)
}

/// `replace` with a pattern between slashes.
pub(super) fn replaced(call: &Call, text: &str, pattern: &str, with: &str) -> Outcome {
    let regex = compiled(pattern)?;
    if text.len().saturating_mul(with.len().max(1)) > 1 << 24 {
        return Err(Stop::Unknown(Why::NotUnderstood("a very long text".into())));
    }
    Ok(call.string(regex.replace_all(text, with).into_owned()))
}
