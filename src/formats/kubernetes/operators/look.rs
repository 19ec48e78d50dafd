//! The looks of a card, taken at a custom resource.

use super::hba;
use super::template::Scope;
use crate::catalog::operator::{Look, Looks};
use crate::catalog::resource::Word;
use crate::formats::kubernetes::object::is_placeholder;
use crate::model::fact::{Fact, Name, Why};
use crate::tree::node::{Kind, Node};

pub(super) struct Looker<'a> {
    pub(super) scope: Scope<'a>,
    /// The source of what a card says of the operator itself.
    pub(super) see: &'a str,
}

impl Looker<'_> {
    pub(super) fn bool(&self, looks: Option<&Looks>) -> Fact<bool> {
        let Some(looks) = looks else { return Fact::Unset(self.scope.at) };
        self.word(looks).try_map(|word| match &word {
            Word::Bool(b) => Ok(*b),
            Word::Text(t) if t.eq_ignore_ascii_case("true") => Ok(true),
            Word::Text(t) if t.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(word.misread("a boolean")),
        })
    }

    pub(super) fn int(&self, looks: Option<&Looks>) -> Fact<i64> {
        let Some(looks) = looks else { return Fact::Unset(self.scope.at) };
        self.word(looks).try_map(|word| match &word {
            Word::Int(n) => Ok(*n),
            Word::Text(t) => days(t.trim()).ok_or_else(|| word.misread("a number")),
            Word::Bool(_) => Err(word.misread("a number")),
        })
    }

    pub(super) fn text(&self, looks: &Looks) -> Fact<Name> {
        self.word(looks).map(|word| word.text())
    }

    fn word(&self, looks: &Looks) -> Fact<Word> {
        if let Looks::Word(word) = looks {
            return Fact::default(word.clone(), self.see, self.scope.at);
        }
        let mut said = looks.all().iter().map(|look| self.look(look)).skip_while(Fact::is_unset);
        said.next().unwrap_or(Fact::Unset(self.scope.at))
    }

    fn look(&self, look: &Look) -> Fact<Word> {
        let told = match &look.each {
            Some(path) => self.in_each(look, path),
            None => one(look, &self.scope),
        };
        if let Some(why) = &look.unknown {
            let asks = look.attr.is_some();
            return match told {
                Fact::Known(Word::Bool(false), origin) => Fact::Unset(origin.at),
                Fact::Unset(at) if asks => Fact::Unset(at),
                told => Fact::Unknown(Why::NoDefault(why.as_str().into()), told.place()),
            };
        }
        let Fact::Unset(at) = told else { return told };
        match &look.default {
            Some(word) => {
                let see = look.see.as_deref().unwrap_or(self.see);
                Fact::default(word.clone(), see, at)
            }
            None => Fact::Unset(at),
        }
    }

    /// The first yes, or else what the first item says.
    fn in_each(&self, look: &Look, path: &str) -> Fact<Word> {
        let mut told = self.scope.each(path).into_iter().map(|scope| one(look, &scope));
        let is_yes = |fact: &Fact<Word>| {
            !fact.is_unset() && !matches!(fact, Fact::Known(Word::Bool(false), _))
        };
        let mut first = None;
        let yes = told.find(|fact| {
            if first.is_none() && !fact.is_unset() {
                first = Some(fact.clone());
            }
            is_yes(fact)
        });
        yes.or(first).unwrap_or(Fact::Unset(self.scope.at))
    }
}

fn one(look: &Look, scope: &Scope) -> Fact<Word> {
    let Some(path) = &look.attr else { return Fact::Unset(scope.at) };
    let found = scope.find(path);
    let at = found.map_or(scope.at, |node| node.place);
    if look.has {
        return answer(look, Fact::written(found.is_some_and(is_filled), at));
    }
    let Some(node) = found else { return Fact::Unset(at) };
    if look.trusts {
        return match hba::trusts(node) {
            Some(line) => answer(look, Fact::written(true, line)),
            None => answer(look, Fact::written(false, at)),
        };
    }
    if !look.contains.is_empty() {
        let held = texts(node).any(|t| look.contains.iter().any(|word| t.contains(word.as_str())));
        return answer(look, Fact::written(held, at));
    }
    if !look.starts.is_empty() {
        let text = node.str().unwrap_or_default();
        let begins = look.starts.iter().any(|start| text.starts_with(start.as_str()));
        return answer(look, Fact::written(begins, at));
    }
    let value = value(look, node);
    if look.is.is_empty() {
        return if look.not { value.map(Word::negated) } else { value };
    }
    let is =
        |told: &Word| look.is.iter().any(|word| word.text().eq_ignore_ascii_case(&told.text()));
    answer(look, value.map(|told| is(&told)))
}

/// Texts of a scalar or of a list.
fn texts(node: &Node) -> impl Iterator<Item = &str> {
    node.str().into_iter().chain(node.items().iter().filter_map(Node::str))
}

fn is_filled(node: &Node) -> bool {
    match &node.kind {
        Kind::Null => false,
        Kind::Scalar(scalar) => !scalar.text.is_empty() && node.bool() != Some(false),
        Kind::List(items) => !items.is_empty(),
        // An empty block is there: `authentication: {}` means its defaults.
        Kind::Map(_) => true,
    }
}

fn answer(look: &Look, asked: Fact<bool>) -> Fact<Word> {
    let asked = if look.not { asked.map(|yes| !yes) } else { asked };
    match (&look.then, asked) {
        (Some(word), Fact::Known(true, origin)) => Fact::Known(word.clone(), origin),
        (Some(_), Fact::Known(false, origin)) => Fact::Unset(origin.at),
        (_, asked) => asked.map(Word::Bool),
    }
}

fn value(look: &Look, node: &Node) -> Fact<Word> {
    let Some(text) = node.str() else {
        let why = Why::NotUnderstood("a value that is no text".into());
        return Fact::Unknown(why, node.place);
    };
    if is_placeholder(text) {
        return Fact::Unknown(Why::Template, node.place);
    }
    if let Some(word) = look.words.get(text) {
        return Fact::written(Word::Text(word.clone()), node.place);
    }
    let word = match (node.bool(), node.int()) {
        (Some(yes), _) => Word::Bool(yes),
        (None, Some(number)) => Word::Int(number),
        (None, None) => Word::Text(text.to_owned()),
    };
    Fact::written(word, node.place)
}

/// `30d`, `4w`, `1m`: spans of days, as backups are kept.
fn days(text: &str) -> Option<i64> {
    let per = [("d", 1), ("w", 7), ("m", 30)];
    let (number, per) = per.iter().find_map(|(unit, n)| Some((text.strip_suffix(unit)?, *n)))?;
    number.parse::<i64>().ok()?.checked_mul(per)
}
