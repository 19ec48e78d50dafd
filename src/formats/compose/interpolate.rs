//! `${VARIABLE}` in Compose files.
//!
//! Values come from the `.env` file beside the Compose file; the shell that runs Compose may set
//! others (Compose documentation, "Interpolation").

use super::env_file::Variables;
use crate::model::fact::{Evidence, Fact, Name, Origin, Why};
use crate::model::value::SECRET;
use crate::source::Place;
use crate::tree::node::Node;

/// Stands in a text where a value is that nobody here can tell.
pub(super) const UNKNOWN: char = '\u{fffc}';

/// Bytes that variables may add to one text: each could hold the one before twice.
const MAX_ADDED: usize = 1 << 12;

/// Variables that are told as evidence for one text.
const MAX_TOLD: usize = 8;

/// Longer than any expression in braces.
const MAX_EXPRESSION: usize = 1 << 12;

/// Fallbacks within fallbacks.
const MAX_DEPTH: usize = 8;

/// A text with its variables filled in as far as they are known.
#[derive(Default)]
pub(super) struct Filled {
    /// Holds [`UNKNOWN`] for each value that is not known.
    pub(super) text: String,
    pub(super) why: Option<Why>,
    via: Vec<Evidence>,
    /// Whether nothing is unknown but variables without which, or with which empty, Compose
    /// refuses to start (`:?`).
    required: bool,
    fallback: bool,
    added: usize,
}

/// The variables that a project's files see.
pub(super) struct Interpolation<'a> {
    variables: &'a Variables,
}

impl<'a> Interpolation<'a> {
    pub(super) fn new(variables: &'a Variables) -> Interpolation<'a> {
        Interpolation { variables }
    }

    /// A scalar's value; unset where there is none.
    pub(super) fn fact(&self, node: &Node) -> Fact<Name> {
        match node.str() {
            Some(text) => self.text(text).fact(node.place),
            None if node.is_null() => Fact::Unset(node.place),
            None => Fact::Unknown(Why::NotUnderstood("a value that is no text".into()), node.place),
        }
    }

    /// An image reference. Its name stays known where only the tag depends on a variable; the tag
    /// then is one that tells no version. A variable in front of a name is a registry's.
    pub(super) fn image(&self, node: &Node) -> Fact<Name> {
        let Some(mut filled) = node.str().map(|text| self.text(text)) else {
            return self.fact(node);
        };
        let rest = filled.text.trim_start_matches(UNKNOWN);
        let (lacks, rest) = (rest.len() < filled.text.len(), rest.trim_start_matches('/'));
        if lacks && rest.starts_with(|c: char| c.is_alphanumeric()) {
            filled = Filled { text: rest.to_owned(), ..filled };
            let how = "that the variable in front of the image's name is a registry";
            return match filled.tagged(node.place) {
                Fact::Known(name, _) => Fact::guessed(name, how, node.place),
                other => other,
            };
        }
        filled.tagged(node.place)
    }

    /// A scalar's value as a word of a command line or as a variable.
    pub(super) fn word(&self, node: &Node) -> Fact<Name> {
        match node.str() {
            Some(text) => {
                let filled = self.text(text);
                filled.word(&filled.text, node.place)
            }
            None => self.fact(node),
        }
    }

    /// A variable of the project's environment itself.
    pub(super) fn variable(&self, name: &str, at: Place) -> Fact<Name> {
        let mut out = Filled::default();
        self.value(name, &mut out);
        out.fact(at)
    }

    pub(super) fn text(&self, text: &str) -> Filled {
        let mut out = Filled::default();
        self.fill(text, 0, &mut out);
        out
    }

    fn fill(&self, text: &str, depth: usize, out: &mut Filled) {
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.text.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(escaped) = rest.strip_prefix('$') {
                out.text.push('$');
                rest = escaped;
            } else if let Some((inside, behind)) = rest.strip_prefix('{').and_then(braced) {
                self.expression(inside, depth, out);
                rest = behind;
            } else {
                let end = name_end(rest);
                if end == 0 {
                    out.text.push('$');
                } else {
                    self.value(&rest[..end], out);
                    rest = &rest[end..];
                }
            }
        }
        out.text.push_str(rest);
    }

    /// What stands in the braces: a name, and what to do where it is unset (`-`), unset or empty
    /// (`:-`), required (`?`), or set (`+`).
    fn expression(&self, inside: &str, depth: usize, out: &mut Filled) {
        let (name, operator) = inside.split_at(name_end(inside));
        let (empty_too, operator) = match operator.strip_prefix(':') {
            Some(rest) => (true, rest),
            None => (false, operator),
        };
        let known = self.variables.get(name);
        let there = known.is_some_and(|v| !empty_too || v.is_not_empty());
        let mut chars = operator.chars();
        match chars.next() {
            Some('-') if !there && known.is_none_or(|v| !v.is_unknown()) => {
                out.fallback = true;
                if depth < MAX_DEPTH {
                    self.fill(chars.as_str(), depth + 1, out);
                }
            }
            Some('+') if there && depth < MAX_DEPTH => self.fill(chars.as_str(), depth + 1, out),
            Some('+') if known.is_some() => {}
            Some('?') if empty_too && known.is_none() => {
                out.text.push(UNKNOWN);
                out.required |= out.why.is_none();
                out.why.get_or_insert(Why::Environment(name.into()));
            }
            _ => self.value(name, out),
        }
    }

    fn value(&self, name: &str, out: &mut Filled) {
        match self.variables.get(name).map(|v| &v.value) {
            Some(Fact::Known(value, origin)) if out.added + value.len() <= MAX_ADDED => {
                out.text.push_str(value);
                out.added += value.len();
                if out.via.len() < MAX_TOLD {
                    let say = format!("variable `{name}` is set here");
                    out.via.push(Evidence::new(origin.at, say));
                }
            }
            // Compose is started in the folder of its file, as a rule (Compose documentation,
            // "project directory").
            None if name == "PWD" => {
                out.fallback = true;
                out.text.push('.');
            }
            _ => {
                out.text.push(UNKNOWN);
                if out.why.is_none() || std::mem::take(&mut out.required) {
                    out.why = Some(Why::Environment(name.into()));
                }
            }
        }
    }
}

impl Filled {
    pub(super) fn fact(self, at: Place) -> Fact<Name> {
        let text: Name = self.text.as_str().into();
        self.part(&text, at)
    }

    /// An image's name with a tag, of which the tag may be unknown.
    fn tagged(self, at: Place) -> Fact<Name> {
        let name = self.text.split_once(UNKNOWN).map_or(&*self.text, |(name, _)| name);
        if !name.rsplit('/').next().is_some_and(|last| last.contains([':', '@'])) {
            return self.fact(at);
        }
        let text = self.text.replace(UNKNOWN, "?");
        Fact::Known(text.into(), self.origin(at))
    }

    /// A piece of the text as a fact of its own.
    pub(super) fn part(&self, text: &str, at: Place) -> Fact<Name> {
        match &self.why {
            Some(why) if text.contains(UNKNOWN) => Fact::Unknown(why.clone(), at),
            _ => Fact::Known(text.into(), self.origin(at)),
        }
    }

    /// A piece as a word of a command line or as a variable, in which a required variable is a
    /// secret: there, not empty, and unknown.
    pub(super) fn word(&self, text: &str, at: Place) -> Fact<Name> {
        let partly = text.contains(UNKNOWN) && text.chars().any(|c| c != UNKNOWN);
        if self.required && partly {
            let text = text.replace(UNKNOWN, SECRET.encode_utf8(&mut [0; 4]));
            return Fact::Known(text.into(), self.origin(at));
        }
        match (self.part(text, at), &self.why) {
            (Fact::Unknown(..), Some(Why::Environment(name))) if self.required => {
                Fact::Unknown(Why::Environment(format!("secret {name}").into()), at)
            }
            (fact, _) => fact,
        }
    }

    fn origin(&self, at: Place) -> Origin {
        let origin = if self.fallback {
            Origin::default("the file's own fallback", at)
        } else {
            Origin::written(at)
        };
        origin.with_via(self.via.clone())
    }
}

/// Text up to the closing brace, nested braces counted, and what is behind it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices().take(MAX_EXPRESSION) {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some((&text[..at], &text[at + 1..])),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn name_end(text: &str) -> usize {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts {
        return 0;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}
