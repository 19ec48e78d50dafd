//! Conditions of a card, asked of the values of one release.

use crate::catalog::chart::ChartCard;
use crate::expr::{Expr, Scope};
use crate::model::fact::{Fact, Why};
use crate::model::fragment::Release;
use crate::model::truth::{Answer, Truth};
use crate::model::value::Value;
use crate::source::Place;
use crate::tree::node::{Kind, Node};

use super::values::Merged;

/// The values of a release, as a card asks for them.
pub(super) struct Values<'a> {
    card: &'a ChartCard,
    release: &'a Release,
    merged: &'a Merged,
}

impl<'a> Values<'a> {
    pub(super) fn new(card: &'a ChartCard, release: &'a Release, merged: &'a Merged) -> Values<'a> {
        Values { card, release, merged }
    }

    /// The value at a path, if it is there; null is as good as nothing.
    pub(super) fn node(&self, path: &[impl AsRef<str>]) -> Option<&'a Node> {
        let found = path.iter().try_fold(&self.merged.node, |node, key| node.get(key.as_ref()))?;
        (!found.is_null()).then_some(found)
    }

    /// The first of some paths whose value counts as true.
    pub(super) fn first(&self, paths: &[Vec<String>]) -> Option<&'a Node> {
        paths.iter().filter_map(|path| self.node(path)).find(|node| truthy(node) != Some(false))
    }

    /// Whether a thing is there that hangs on a condition; `None` where it surely is not.
    pub(super) fn existence(&self, on: Option<&Expr>, whole: &Fact<bool>) -> Option<Fact<bool>> {
        let Some(on) = on else { return Some(whole.clone()) };
        let truth = on.truth(self);
        match truth.answer {
            Answer::No => None,
            Answer::Yes => Some(whole.clone()),
            Answer::Unknown => Some(unknown(&truth, self.release.place)),
        }
    }

    /// Whether a condition holds; unknown with its reason.
    pub(super) fn holds(&self, on: Option<&Expr>) -> Fact<bool> {
        let Some(on) = on else { return Fact::written(true, self.release.place) };
        let truth = on.truth(self);
        match truth.answer {
            Answer::Unknown => unknown(&truth, self.release.place),
            answer => Fact::written(answer == Answer::Yes, self.release.place),
        }
    }

    /// Whether somebody else may fill in what is not written.
    pub(super) fn open(&self) -> Option<&'a (Why, Place)> {
        self.merged.open.as_ref()
    }

    pub(super) fn is_default(&self, node: &Node) -> bool {
        node.place == self.release.place
    }

    fn look(&self, path: &[&str]) -> Found<'a> {
        let mut node = &self.merged.node;
        for key in path {
            if node.str().is_some_and(is_unknown) {
                return Found::Unknown(Why::Template, node.place);
            }
            // In conditions, names with hyphens are read with underscores.
            let hyphened = || key.contains('_').then(|| node.get(&key.replace('_', "-")));
            match node.get(key).or_else(|| hyphened().flatten()) {
                Some(inner) => node = inner,
                None => return self.absent(),
            }
        }
        match node.str() {
            Some(text) if is_unknown(text) => Found::Unknown(Why::Template, node.place),
            // Another layer may well say otherwise.
            _ if self.is_default(node) && self.open().is_some() => self.absent(),
            _ => Found::Node(node),
        }
    }

    fn absent(&self) -> Found<'a> {
        match self.open() {
            Some((why, place)) => Found::Unknown(why.clone(), *place),
            None => Found::Nothing,
        }
    }

    fn fact(&self, value: Value, node: &Node) -> Fact<Value> {
        if self.is_default(node) {
            Fact::default(value, self.card.see.clone(), node.place)
        } else {
            Fact::written(value, node.place)
        }
    }
}

enum Found<'a> {
    Node(&'a Node),
    Nothing,
    Unknown(Why, Place),
}

fn unknown(truth: &Truth, place: Place) -> Fact<bool> {
    match truth.whys.first() {
        Some((why, at)) => Fact::Unknown(why.clone(), *at),
        None => Fact::Unknown(Why::Template, place),
    }
}

/// A text that a tool has yet to fill in.
pub(super) fn is_unknown(text: &str) -> bool {
    !text.contains('\n') && (text.contains("{{") || text.contains("${"))
}

/// Whether a value counts as true for a template (Go's `text/template`: false, zero, null and
/// everything empty do not). `None`: nobody knows yet.
pub(super) fn truthy(node: &Node) -> Option<bool> {
    match &node.kind {
        Kind::Null => Some(false),
        Kind::List(items) => Some(!items.is_empty()),
        Kind::Map(map) => Some(!map.entries.is_empty()),
        Kind::Scalar(scalar) if is_unknown(&scalar.text) => None,
        Kind::Scalar(scalar) => Some(match node.bool() {
            Some(value) => value,
            None => !(scalar.text.is_empty() || scalar.plain && &*scalar.text == "0"),
        }),
    }
}

impl Scope for Values<'_> {
    fn get(&self, path: &[&str]) -> Fact<Value> {
        match path {
            ["on", rest @ ..] => match self.look(rest) {
                Found::Node(node) => self.fact(Value::Bool(truthy(node).unwrap_or(false)), node),
                Found::Nothing => {
                    Fact::default(Value::Bool(false), self.card.see.clone(), self.release.place)
                }
                Found::Unknown(why, place) => Fact::Unknown(why, place),
            },
            ["value", rest @ ..] => match self.look(rest) {
                Found::Node(node) => match (node.bool(), node.text()) {
                    (Some(value), _) => self.fact(Value::Bool(value), node),
                    (None, Some(text)) => self.fact(Value::Text(text), node),
                    (None, None) => Fact::Unset(node.place),
                },
                Found::Nothing => Fact::Unset(self.release.place),
                Found::Unknown(why, place) => Fact::Unknown(why, place),
            },
            // `chart.major`
            _ => {
                let major = self.release.version.as_deref().and_then(major);
                match major {
                    Some(major) => Fact::default(
                        Value::Int(major),
                        "the version of the chart",
                        self.release.place,
                    ),
                    None => Fact::Unset(self.release.place),
                }
            }
        }
    }

    fn place(&self) -> Place {
        self.release.place
    }
}

/// The major version that a version or a range of one major version tells: `1.12.x`, `~8.5`, `^8`.
fn major(version: &str) -> Option<i64> {
    let digits = version.trim_start_matches(['v', '^', '~', '=', ' ']);
    digits.split(['.', '-', '+']).next()?.trim().parse().ok()
}
