//! Labels and the selectors over them.
//!
//! The two notations mean opposite things when empty: a Service's map then selects nothing, a
//! `LabelSelector` everything (Kubernetes API reference, `ServiceSpec` and `LabelSelector`).

use super::object::text;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{LabelTerm, Namespaces, PodSelector};
use crate::tree::node::Node;

/// A map of labels.
pub(super) fn labels(map: &Node) -> Vec<(Name, Fact<Name>)> {
    map.entries().iter().map(|e| (e.key.clone(), text(&e.value))).collect()
}

/// A map of labels that must all be there.
pub(super) fn equal(map: &Node) -> Vec<LabelTerm> {
    let term = |(key, value)| LabelTerm { key, values: vec![value], negated: false };
    labels(map).into_iter().map(term).collect()
}

/// A `LabelSelector`: `matchLabels` and `matchExpressions`.
pub(super) fn terms(selector: &Node) -> Vec<LabelTerm> {
    let mut terms = selector.get("matchLabels").map(equal).unwrap_or_default();
    if let Some(expressions) = selector.get("matchExpressions") {
        terms.extend(expressions.items().iter().filter_map(expression));
    }
    terms
}

fn expression(node: &Node) -> Option<LabelTerm> {
    let key = node.get("key")?.text()?;
    let values = || {
        let values = node.get("values").map_or(&[][..], Node::items);
        values.iter().map(text).collect()
    };
    let (values, negated) = match node.get("operator").and_then(Node::str) {
        Some("In") => (values(), false),
        Some("NotIn") => (values(), true),
        Some("Exists") => (Vec::new(), false),
        Some("DoesNotExist") => (Vec::new(), true),
        _ => {
            let why = Why::NotUnderstood("this operator of a selector".into());
            (vec![Fact::Unknown(why, node.place)], false)
        }
    };
    Some(LabelTerm { key, values, negated })
}

/// The label that every namespace has of itself.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Namespaces by a `LabelSelector`; several entries are alternatives.
pub(super) fn namespaces(selector: &Node) -> Vec<Namespaces> {
    let terms = terms(selector);
    match &terms[..] {
        [] => vec![Namespaces::All],
        [only] if &*only.key == NAME_LABEL && !only.negated && !only.values.is_empty() => {
            only.values.iter().cloned().map(Namespaces::Named).collect()
        }
        _ => vec![Namespaces::Matching(terms)],
    }
}

/// A selector for messages: "`app=web`", "every pod".
pub(super) fn describe(selector: &PodSelector) -> String {
    let labels: Vec<String> = selector.labels.iter().map(term).collect();
    let pods = if labels.is_empty() {
        "every pod".to_owned()
    } else {
        format!("pods with `{}`", labels.join(", "))
    };
    match &selector.namespace {
        Namespaces::Named(Fact::Known(name, _)) => format!("{pods} of namespace `{name}`"),
        Namespaces::Named(_) => pods,
        Namespaces::All => format!("{pods} of every namespace"),
        Namespaces::Matching(terms) => {
            let labels: Vec<String> = terms.iter().map(term).collect();
            format!("{pods} of namespaces with `{}`", labels.join(", "))
        }
    }
}

fn term(term: &LabelTerm) -> String {
    let not = if term.negated { "!" } else { "" };
    let values: Vec<&str> = term.values.iter().map(|v| v.known().map_or("?", |v| v)).collect();
    if values.is_empty() {
        format!("{not}{}", term.key)
    } else {
        format!("{}{not}={}", term.key, values.join("|"))
    }
}
