//! What a program in the Vector Remap Language does about secrets.
//!
//! Functions of the language return their result and leave their arguments alone; only `del`
//! changes the event itself (Vector's reference of VRL functions). So `redact(.message, …)` counts
//! where its result comes back to the event.

use std::ops::Range;

use super::flow::Effect;
use super::words::{is_mask, is_secret};
use crate::model::fact::{Name, Why};
use crate::source::Text;

mod lex;

use lex::{Token, Tokens};

/// How many steps a value is followed through variables.
const MAX_HOPS: usize = 8;

/// Programs are a few lines; a longer one is not followed.
const LONGEST: usize = 64 << 10;

/// Calls that are looked at in one program.
const MOST_CALLS: usize = 500;

/// Functions whose result hides what they were given.
const HASHES: [&str; 8] =
    ["sha1", "sha2", "sha3", "md5", "hmac", "seahash", "encrypt", "encrypt_ip"];

/// What the program does, told at its telling place.
pub(super) fn effect(program: &Text) -> Effect {
    if program.as_str().len() > LONGEST {
        return Effect::Unknown(Why::NotUnderstood("so long a program".into()), program.whole());
    }
    let tokens = Tokens::read(program.as_str());
    let mut reader = Reader { tokens: &tokens, cleared: Vec::new(), idle: Vec::new() };
    reader.read();
    let (hidden, idle): (Vec<_>, Vec<_>) =
        reader.idle.iter().partition(|(field, range, _)| reader.is_cleared(field, range.start));
    if let Some((_, range, say)) = idle.first() {
        return Effect::Idle { at: program.place(range.clone()), say: say.clone() };
    }
    let hidden = hidden.first().map(|(_, range, _)| range);
    if let Some(range) = reader.cleared.first().map(|(_, range)| range).or(hidden) {
        let at = program.place(range.clone());
        let what = program.as_str().get(range.clone()).unwrap_or_default();
        let what = what.split(['(', '\n']).next().unwrap_or_default();
        return Effect::Clears { meant: true, at, say: format!("`{what}` removes secrets").into() };
    }
    match reader.doubt() {
        Some(what) => Effect::Unknown(Why::NotUnderstood(what.into()), program.whole()),
        None => Effect::Nothing,
    }
}

struct Reader<'a> {
    tokens: &'a Tokens<'a>,
    /// Fields that were changed, with the call that did.
    cleared: Vec<(String, Range<usize>)>,
    /// Fields that a call was meant to change, and left as they were.
    idle: Vec<(String, Range<usize>, Name)>,
}

/// Where a value goes.
enum Goal {
    Field(String),
    Variable(String),
    /// Into nothing.
    Lost,
    /// Into something that is not followed: a condition, a function with an effect.
    Elsewhere,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut calls = 0;
        for at in 0..self.tokens.len() {
            if let Some(call) = self.tokens.call(at) {
                calls += 1;
                if calls > MOST_CALLS {
                    return;
                }
                self.call(at, call);
            } else {
                self.assignment(at);
            }
        }
    }

    /// A call at a token; `arguments` are the tokens between its parentheses.
    fn call(&mut self, at: usize, arguments: Range<usize>) {
        let t = self.tokens;
        let name = t.word(at);
        let inner = t.slice(&arguments);
        let field = t.first_path(&arguments).unwrap_or_default();
        let range = t.span(at).start..t.span(arguments.end.min(t.len() - 1)).end;
        match name {
            // `.b = del(.a)` only renames.
            "del" if is_secret(&field) => match self.goal(at) {
                Goal::Field(_) | Goal::Variable(_) => {}
                Goal::Lost | Goal::Elsewhere => self.cleared.push((field, range)),
            },
            "redact" => self.value(at, name, field, range),
            "replace" | "replace_with" if is_mask(inner) || is_secret(inner) => {
                self.value(at, name, field, range);
            }
            "remove" if is_secret(inner) => self.value(at, name, ".".to_owned(), range),
            name if HASHES.contains(&name) && is_secret(&field) => {
                self.value(at, name, field, range);
            }
            _ => {}
        }
    }

    /// Follows the result of a call that hides something of `field`.
    fn value(&mut self, at: usize, name: &str, field: String, range: Range<usize>) {
        let mut goal = self.goal(at);
        for _ in 0..MAX_HOPS {
            let Goal::Variable(variable) = &goal else { break };
            let uses = self.tokens.uses(variable);
            let goals = uses.into_iter().filter(|u| *u > at).map(|u| self.goal(u));
            let mut best = Goal::Lost;
            for next in goals {
                match next {
                    Goal::Field(_) => {
                        best = next;
                        break;
                    }
                    Goal::Variable(ref v) if v == variable => {}
                    Goal::Lost => {}
                    other => best = other,
                }
            }
            goal = best;
        }
        match goal {
            Goal::Field(target) => {
                if covers(&target, &field) || !field.starts_with('.') {
                    self.cleared.push((if field.is_empty() { target } else { field }, range));
                } else {
                    let say = format!("the result of `{name}` goes to `{target}`: `{field}` stays");
                    self.idle.push((field, range, say.into()));
                }
            }
            Goal::Lost | Goal::Variable(_) => {
                let say = format!("the result of `{name}` is not given back to the event");
                self.idle.push((field, range, say.into()));
            }
            Goal::Elsewhere => {}
        }
    }

    /// `.password = "***"`, `.token = null`.
    fn assignment(&mut self, at: usize) {
        let t = self.tokens;
        let Token::Path(field) = t.token(at) else { return };
        if !t.is_operator(at + 1, "=") {
            return;
        }
        // What is changed by another call is in no need of that one.
        let constant = match t.get(at + 2) {
            Some(Token::Text(text)) => is_mask(text) || text.len() <= 2,
            Some(Token::Word("null")) => true,
            _ => false,
        };
        if constant && is_secret(field) {
            let range = t.span(at).start..t.span(at + 2).end;
            self.cleared.push(((*field).to_owned(), range));
        }
    }

    /// Where the value of the expression at a token ends up.
    fn goal(&self, at: usize) -> Goal {
        let t = self.tokens;
        let mut here = at;
        while here > 0 {
            let before = here - 1;
            match t.token(before) {
                Token::Close => {
                    here = t.opening(before);
                    continue;
                }
                // Into an argument, an index or a literal: on with what stands around.
                Token::Open("(") if t.is_test(before) => return Goal::Elsewhere,
                Token::Open("(" | "[") => {}
                Token::Open(_) if !t.is_value_of_block(at, before) => return Goal::Lost,
                Token::Operator("=" | "|=" | "??=") => return t.target(before),
                Token::End => return Goal::Lost,
                Token::Word("if" | "else") if t.is_condition(before, at) => return Goal::Elsewhere,
                _ => {}
            }
            here = before;
        }
        Goal::Lost
    }

    /// Whether a field was changed, itself or as a whole.
    fn is_cleared(&self, field: &str, behind: usize) -> bool {
        self.cleared.iter().any(|(cleared, _)| covers(cleared, field))
            || self.tokens.replaces(field, behind)
    }

    /// What this reader does not follow.
    fn doubt(&self) -> Option<&'static str> {
        let t = self.tokens;
        if (0..t.len()).any(|i| matches!(t.token(i), Token::Word("abort"))) {
            return Some("what `abort` drops");
        }
        let rebuilt = (0..t.len()).any(|i| {
            matches!(t.token(i), Token::Path("."))
                && t.is_operator(i + 1, "=")
                && matches!(t.get(i + 2), Some(Token::Open("{")))
        });
        rebuilt.then_some("which fields a rebuilt event keeps")
    }
}

/// Whether a change of `target` is one of `field`.
fn covers(target: &str, field: &str) -> bool {
    target == "."
        || target == field
        || field.strip_prefix(target).is_some_and(|r| r.starts_with('.'))
}
