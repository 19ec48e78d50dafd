//! Which objects a patch or a replacement is for.

use regex::Regex;

use super::resource::{Id, Resource};
use crate::tree::node::Node;

/// Longer patterns are no names of objects.
const MAX_PATTERN: usize = 1 << 10;

/// `target` of a patch: patterns that match whole words (api/types/selector.go).
pub(super) struct Selector {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: Vec<Term>,
    annotations: Vec<Term>,
}

enum Pattern {
    Any,
    Exactly(Box<str>),
    Like(Box<Regex>),
    /// No regular expression.
    Nothing,
}

impl Pattern {
    fn new(node: Option<&Node>) -> Pattern {
        match node.and_then(Node::str).unwrap_or_default() {
            "" => Pattern::Any,
            text if is_plain(text) => Pattern::Exactly(text.into()),
            text if text.len() > MAX_PATTERN => Pattern::Nothing,
            text => Regex::new(&format!("^(?:{text})$"))
                .map_or(Pattern::Nothing, |regex| Pattern::Like(Box::new(regex))),
        }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Exactly(name) => **name == *text,
            Pattern::Like(regex) => regex.is_match(text),
            Pattern::Nothing => false,
        }
    }
}

/// Dots of a group match themselves and little else.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/' | b':'))
}

impl Selector {
    pub(super) fn new(target: &Node) -> Selector {
        let pattern = |key| Pattern::new(target.get(key));
        let terms = |key| target.get(key).and_then(Node::str).map(terms).unwrap_or_default();
        Selector {
            group: pattern("group"),
            version: pattern("version"),
            kind: pattern("kind"),
            name: pattern("name"),
            namespace: pattern("namespace"),
            labels: terms("labelSelector"),
            annotations: terms("annotationSelector"),
        }
    }

    /// By the first name or the present one, as kustomize does for patches.
    pub(super) fn selects(&self, resource: &Resource) -> bool {
        let (first, now) = (resource.first_id(), resource.id());
        (self.namespace.matches(first.effective_namespace())
            || self.namespace.matches(now.effective_namespace()))
            && (self.name.matches(&first.name) || self.name.matches(&now.name))
            && self.is_kind(&now)
            && self.is_labelled(resource)
    }

    /// By any name that it has or had, as kustomize does for replacements.
    pub(super) fn selects_any(&self, resource: &Resource) -> bool {
        let now = resource.id();
        self.is_labelled(resource)
            && resource.previous.iter().chain([&now]).any(|id| self.matches(id))
    }

    fn matches(&self, id: &Id) -> bool {
        let namespaced = self.namespace.matches(id.effective_namespace())
            || !id.namespace.is_empty() && self.namespace.matches(&id.namespace);
        self.is_kind(id) && self.name.matches(&id.name) && namespaced
    }

    fn is_kind(&self, id: &Id) -> bool {
        self.group.matches(&id.group)
            && self.version.matches(&id.version)
            && self.kind.matches(&id.kind)
    }

    fn is_labelled(&self, resource: &Resource) -> bool {
        let meets = |section: &str, terms: &[Term]| {
            terms.iter().all(|term| term.holds(resource.metadata_value(section, term.key())))
        };
        meets("labels", &self.labels) && meets("annotations", &self.annotations)
    }
}

/// A requirement of a label selector
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/>).
enum Term {
    In(Box<str>, Vec<Box<str>>),
    NotIn(Box<str>, Vec<Box<str>>),
    Exists(Box<str>),
    Missing(Box<str>),
}

impl Term {
    fn key(&self) -> &str {
        match self {
            Term::In(key, _) | Term::NotIn(key, _) | Term::Exists(key) | Term::Missing(key) => key,
        }
    }

    fn holds(&self, value: Option<&str>) -> bool {
        match self {
            Term::In(_, values) => value.is_some_and(|v| values.iter().any(|x| **x == *v)),
            Term::NotIn(_, values) => value.is_none_or(|v| values.iter().all(|x| **x != *v)),
            Term::Exists(_) => value.is_some(),
            Term::Missing(_) => value.is_none(),
        }
    }
}

fn terms(text: &str) -> Vec<Term> {
    split_outside_brackets(text).into_iter().filter(|t| !t.trim().is_empty()).map(term).collect()
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut out) = (0_u32, 0, Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                out.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&text[start..]);
    out
}

fn term(text: &str) -> Term {
    let text = text.trim();
    let one = |value: &str| vec![value.trim().into()];
    if let Some((key, values)) = text.split_once(" notin ") {
        return Term::NotIn(key.trim().into(), set(values));
    }
    if let Some((key, values)) = text.split_once(" in ") {
        return Term::In(key.trim().into(), set(values));
    }
    if let Some((key, value)) = text.split_once("!=") {
        return Term::NotIn(key.trim().into(), one(value));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Term::In(key.trim().into(), one(value));
    }
    match text.strip_prefix('!') {
        Some(key) => Term::Missing(key.trim().into()),
        None => Term::Exists(text.into()),
    }
}

fn set(text: &str) -> Vec<Box<str>> {
    let inside = text.trim().trim_start_matches('(').trim_end_matches(')');
    inside.split(',').map(|value| value.trim().into()).collect()
}
