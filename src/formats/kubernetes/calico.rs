//! Policies with an order of their own: Calico's and those of cluster administrators.
//!
//! They are read as far as to tell which pods they stand before. What they admit depends on tiers
//! and on policies of the same order, so a way past one is doubtful, neither open nor closed.

use super::object::Object;
use super::selector;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Attach, Filter, Fragment, LabelTerm, Layer, Namespaces, PodSelector, Ref,
};
use crate::source::Place;
use crate::tree::node::Node;

pub(super) fn is_group(group: &str) -> bool {
    matches!(group, "projectcalico.org" | "crd.projectcalico.org")
}

/// Calico's own policies (Calico reference, "Network policy", "Global network policy").
pub(super) fn lower(object: &Object, out: &mut Fragment) {
    let types = object.spec(&["types"]).map_or(&[][..], Node::items);
    let ingress = object.spec(&["ingress"]).map_or(&[][..], Node::items);
    let egress_only = object.spec(&["egress"]).is_some() && ingress.is_empty();
    let about_ingress = match types {
        [] => !egress_only,
        types => types.iter().any(|t| t.str() == Some("Ingress")),
    };
    if !about_ingress || opens_everything(ingress) {
        return;
    }
    let chosen = object.spec_entry("selector");
    let at = chosen.map_or(object.place, |e| e.value.place);
    let expression = chosen.and_then(|e| e.value.str()).unwrap_or("all()");
    let global = object.kind == "GlobalNetworkPolicy";
    let namespace = if !global {
        Namespaces::Named(object.namespace.clone())
    } else if object.spec(&["namespaceSelector"]).is_some() {
        Namespaces::Named(unreadable(at))
    } else {
        Namespaces::All
    };
    // Host endpoints are no pods.
    if global && expression.contains("projectcalico.org/") {
        return;
    }
    put(object, PodSelector { namespace, labels: terms(expression, at) }, at, out);
}

/// A first rule that allows whatever comes.
fn opens_everything(rules: &[Node]) -> bool {
    rules.first().is_some_and(|rule| {
        rule.get("action").and_then(Node::str) == Some("Allow") && rule.entries().len() == 1
    })
}

fn unreadable(at: Place) -> Fact<Name> {
    Fact::Unknown(Why::NotUnderstood("this selector".into()), at)
}

/// `all()`, `has(key)`, `key == 'value'`, `key != 'value'`, `key in {'a', 'b'}`, joined by `&&`.
/// A part that is none of these may choose anything.
fn terms(expression: &str, at: Place) -> Vec<LabelTerm> {
    let parts = expression.split("&&").map(str::trim);
    parts.filter(|p| !p.is_empty() && *p != "all()").map(|part| term(part, at)).collect()
}

fn term(part: &str, at: Place) -> LabelTerm {
    let plain = |text: &str| {
        let text = text.trim().trim_matches(['\'', '"']);
        Fact::written(Name::from(text), at)
    };
    let word = |text: &str| !text.is_empty() && !text.contains([' ', '(', ')', '|', '!', '{']);
    let term = |key: &str, values: Vec<Fact<Name>>, negated| LabelTerm {
        key: key.into(),
        values,
        negated,
    };
    if let Some(key) = part.strip_prefix("has(").and_then(|p| p.strip_suffix(')'))
        && word(key)
    {
        return term(key, Vec::new(), false);
    }
    for (sign, negated) in [("==", false), ("!=", true)] {
        if let Some((key, value)) = part.split_once(sign)
            && word(key.trim())
            && !value.contains("||")
        {
            return term(key.trim(), vec![plain(value)], negated);
        }
    }
    if let Some((key, set)) = part.split_once(" in ")
        && let Some(set) = set.trim().strip_prefix('{').and_then(|s| s.strip_suffix('}'))
        && word(key.trim())
    {
        return term(key.trim(), set.split(',').map(plain).collect(), false);
    }
    // The automatic label is on every pod, its value is what nobody can compare.
    term("projectcalico.org/namespace", vec![unreadable(at)], true)
}

/// Administrators' policies, which stand above or below those of namespaces.
pub(super) fn of_administrators(object: &Object, out: &mut Fragment) {
    if object.spec(&["ingress"]).is_none_or(|list| list.items().is_empty()) {
        return;
    }
    let Some(subject) = object.spec(&["subject"]) else { return };
    let of_pods = subject.get("pods");
    let spaces = subject.get("namespaces").or(of_pods.and_then(|p| p.get("namespaceSelector")));
    let labels = of_pods.and_then(|p| p.get("podSelector")).map(selector::terms);
    let namespace = match spaces.map(selector::terms) {
        Some(terms) if !terms.is_empty() => Namespaces::Matching(terms),
        _ => Namespaces::All,
    };
    let pods = PodSelector { namespace, labels: labels.unwrap_or_default() };
    put(object, pods, subject.place, out);
}

fn put(object: &Object, pods: PodSelector, at: Place, out: &mut Fragment) {
    let address = object.address();
    let layer = Layer::ClusterPolicy;
    out.attaches.push(Attach {
        filter: Fact::written(address.clone(), at),
        layer,
        to: Ref::Pods(pods),
        place: at,
    });
    let why = Why::NotUnderstood(format!("whom {} admits", object.title()).into());
    out.filters.push(Filter {
        address,
        layer,
        title: object.title(),
        place: object.place,
        whole: object.whole(),
        exists: Fact::written(true, object.place),
        rules: Vec::new(),
        more: Some((why, object.place)),
        stands_alone: false,
    });
}
