//! Pods by labels.

use rustc_hash::{FxHashMap, FxHashSet};

use super::index::{Folders, Index};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Address, LabelTerm, NamespaceDraft, Namespaces, Node, Pod, PodSelector,
};
use crate::model::truth::Truth;
use crate::source::{FileId, Place};

/// Pods by label and by namespace, and the labels of namespaces.
pub(crate) struct Pods<'a> {
    nodes: &'a [Node],
    by_label: FxHashMap<(&'a str, &'a str), Vec<usize>>,
    /// Pods that may have labels which the files do not tell.
    open: Vec<usize>,
    by_namespace: FxHashMap<Name, Vec<usize>>,
    /// Pods whose namespace nobody can tell.
    anywhere: Vec<usize>,
    all: Vec<usize>,
    namespaces: FxHashMap<Name, &'a [(Name, Fact<Name>)]>,
}

impl<'a> Pods<'a> {
    pub(crate) fn new(nodes: &'a [Node], namespaces: &'a [NamespaceDraft]) -> Pods<'a> {
        let mut pods = Pods {
            nodes,
            by_label: FxHashMap::default(),
            open: Vec::new(),
            by_namespace: FxHashMap::default(),
            anywhere: Vec::new(),
            all: Vec::new(),
            namespaces: namespaces.iter().map(|n| (n.name.clone(), &n.labels[..])).collect(),
        };
        for (i, node) in nodes.iter().enumerate() {
            let Some(pod) = &node.pod else { continue };
            pods.all.push(i);
            pods.index_labels(i, pod);
            match pod.namespace.known() {
                Some(name) => pods.by_namespace.entry(name.clone()).or_default().push(i),
                None => pods.anywhere.push(i),
            }
        }
        pods
    }

    fn index_labels(&mut self, i: usize, pod: &'a Pod) {
        for (key, value) in &pod.labels {
            if let Some(value) = value.known() {
                self.by_label.entry((key, value)).or_default().push(i);
            }
        }
        if pod.open_labels || pod.labels.iter().any(|(_, value)| value.known().is_none()) {
            self.open.push(i);
        }
    }

    /// The pods that can meet a selector: by a label that it wants, or by its namespace.
    fn candidates(&self, selector: &PodSelector) -> Vec<usize> {
        let labelled = selector.labels.iter().filter_map(|term| self.with_label(term));
        let many = |lists: &Vec<&[usize]>| lists.iter().map(|l| l.len()).sum::<usize>();
        if let Some(lists) = labelled.min_by_key(many) {
            let mut pods = lists.concat();
            pods.extend(&self.open);
            pods.sort_unstable();
            pods.dedup();
            return pods;
        }
        match &selector.namespace {
            Namespaces::Named(Fact::Known(name, _)) => {
                let named = self.by_namespace.get(name).into_iter().flatten();
                named.chain(&self.anywhere).copied().collect()
            }
            _ => self.all.clone(),
        }
    }

    /// The pods that surely have a term's label, by value; `None` where the term asks otherwise.
    fn with_label<'s>(&'s self, term: &'s LabelTerm) -> Option<Vec<&'s [usize]>> {
        if term.negated || term.values.is_empty() {
            return None;
        }
        let mut lists = Vec::new();
        for value in &term.values {
            let pods = self.by_label.get(&(&*term.key, &**value.known()?));
            lists.extend(pods.map(Vec::as_slice));
        }
        Some(lists)
    }

    /// The pods that a selector may choose, each with how surely. What an overlay renders never
    /// meets what another rendering of the same files holds.
    pub(crate) fn select(
        &self,
        selector: &PodSelector,
        environment: Option<&str>,
        folders: &Folders,
        asker: Place,
    ) -> Vec<(usize, Truth)> {
        let mut out = Vec::new();
        for i in self.candidates(selector) {
            let Some(pod) = &self.nodes[i].pod else { continue };
            if surely_not(&selector.labels, pod) {
                continue;
            }
            let node = &self.nodes[i];
            let stands = (node.address.environment(), node.place.file);
            if !folders.may_meet((environment, asker.file), stands) {
                continue;
            }
            let is = &pod.namespace;
            let declared = match (&selector.namespace, is.known()) {
                (Namespaces::Matching(_), Some(name)) => self.namespaces.get(name).copied(),
                _ => None,
            };
            let within = namespace_matches(&selector.namespace, is, declared, asker);
            let truth =
                within.and(labels_match(&selector.labels, &pod.labels, pod.open_labels, asker));
            if truth.answer != crate::model::truth::Answer::No {
                out.push((i, truth));
            }
        }
        out
    }
}

/// Whether a plain look at the labels already tells that a pod is not meant; most pods are not, and
/// this is asked for every selector and pod of a namespace.
fn surely_not(terms: &[LabelTerm], pod: &Pod) -> bool {
    let Some(term) = terms.iter().find(|t| !t.negated && !t.values.is_empty()) else {
        return false;
    };
    let mut own = pod.labels.iter().filter(|(key, _)| *key == term.key).peekable();
    if own.peek().is_none() {
        return !pod.open_labels;
    }
    own.all(|(_, is)| match is {
        Fact::Known(is, _) => {
            term.values.iter().all(|value| value.known().is_some_and(|value| value != is))
        }
        _ => false,
    })
}

/// Whether a namespace, with the labels that it is declared with, is among those wanted.
pub(crate) fn namespace_matches(
    wanted: &Namespaces,
    is: &Fact<Name>,
    declared: Option<&[(Name, Fact<Name>)]>,
    asker: Place,
) -> Truth {
    match wanted {
        Namespaces::All => Truth::plain(true),
        Namespaces::Named(Fact::Known(name, _)) => match is {
            Fact::Known(is, _) => Truth::plain(is == name),
            other => Truth::unknown(why(other), other.place()),
        },
        Namespaces::Named(other) => Truth::unknown(why(other), asker),
        Namespaces::Matching(terms) => {
            if terms.is_empty() {
                return Truth::plain(true);
            }
            let Some(name) = is.known() else {
                return Truth::unknown(why(is), is.place());
            };
            // The API server sets this label on every namespace (since Kubernetes 1.22).
            let mut labels = vec![(
                Name::from("kubernetes.io/metadata.name"),
                Fact::written(name.clone(), asker),
            )];
            labels.extend(declared.into_iter().flatten().cloned());
            labels_match(terms, &labels, declared.is_none(), asker)
        }
    }
}

fn why<T>(fact: &Fact<T>) -> Why {
    match fact {
        Fact::Unknown(why, _) => why.clone(),
        _ => Why::NotHere("the namespace".into()),
    }
}

/// Whether labels meet all terms. `open`: further labels may be there.
pub(crate) fn labels_match(
    terms: &[LabelTerm],
    labels: &[(Name, Fact<Name>)],
    open: bool,
    asker: Place,
) -> Truth {
    terms
        .iter()
        .fold(Truth::plain(true), |all, term| all.and(term_matches(term, labels, open, asker)))
}

fn term_matches(
    term: &LabelTerm,
    labels: &[(Name, Fact<Name>)],
    open: bool,
    asker: Place,
) -> Truth {
    // One key may stand there several times: each replica of a StatefulSet has its own name.
    let mut found = labels.iter().filter(|(key, _)| *key == term.key).map(|(_, is)| is).peekable();
    let truth = match found.peek() {
        None if open => Truth::unknown(Why::Template, asker),
        None => Truth::plain(false),
        Some(_) if term.values.is_empty() => Truth::plain(true),
        Some(_) => found.fold(Truth::plain(false), |any, is| any.or(is_one_of(is, &term.values))),
    };
    if term.negated { !truth } else { truth }
}

fn is_one_of(is: &Fact<Name>, values: &[Fact<Name>]) -> Truth {
    let Fact::Known(is, _) = is else {
        return Truth::unknown(why(is), is.place());
    };
    values.iter().fold(Truth::plain(false), |any, value| {
        any.or(match value {
            Fact::Known(value, _) => Truth::plain(value == is),
            other => Truth::unknown(why(other), other.place()),
        })
    })
}

/// Of several candidates, those of the asker's own environment, if there are any.
fn of_environment(
    mut found: Vec<(usize, Truth)>,
    environment: Option<&str>,
    nodes: &[Node],
) -> Vec<(usize, Truth)> {
    let own = |i: usize| nodes[i].address.environment() == environment;
    if environment.is_some() && found.iter().any(|(i, _)| own(*i)) {
        found.retain(|(i, _)| own(*i));
    }
    found
}

/// Of several candidates, those whose files lie nearest to the asker's: the manifests of another
/// environment that carry the same labels are another cluster's.
pub(crate) fn nearest(
    found: Vec<(usize, Truth)>,
    nodes: &[Node],
    index: &Index,
    environment: Option<&str>,
    asker: Place,
) -> Vec<(usize, Truth)> {
    let found = of_environment(found, environment, nodes);
    let close = |i: usize| index.closeness(nodes[i].place.file, asker.file);
    let Some(best) = found.iter().map(|(i, _)| close(*i)).max() else {
        return found;
    };
    // Pods of the asker's own file do not hide those of its folder, unless they are the same.
    let best = best.min(index.depth(asker.file));
    let near = found.into_iter().filter(|(i, _)| close(*i) >= best).collect();
    // Several files of a folder that describe one object are as many versions of it.
    nearest_of_each_name(near, nodes, index, environment, asker)
}

/// Of candidates with one name (the same object in several environments), those of the asker's own
/// overlay, else the nearest each. A file that holds another version of one of them is another
/// environment with all that it holds.
pub(crate) fn nearest_of_each_name(
    found: Vec<(usize, Truth)>,
    nodes: &[Node],
    index: &Index,
    environment: Option<&str>,
    asker: Place,
) -> Vec<(usize, Truth)> {
    let close = |i: usize| {
        let own = environment.is_some() && nodes[i].address.environment() == environment;
        (own, index.closeness(nodes[i].place.file, asker.file))
    };
    let names: Vec<Address> = found.iter().map(|(i, _)| nodes[*i].address.bare()).collect();
    let mut best: FxHashMap<&Address, (bool, usize)> = FxHashMap::default();
    for ((i, _), name) in found.iter().zip(&names) {
        let entry = best.entry(name).or_default();
        *entry = (*entry).max(close(*i));
    }
    let is_best = |i: usize, name: &Address| close(i) == best[name];
    let others: FxHashSet<FileId> = found
        .iter()
        .zip(&names)
        .filter(|((i, _), name)| !is_best(*i, name))
        .map(|((i, _), _)| nodes[*i].place.file)
        .filter(|file| *file != asker.file)
        .collect();
    let keep: Vec<bool> = found
        .iter()
        .zip(&names)
        .map(|((i, _), name)| is_best(*i, name) && !others.contains(&nodes[*i].place.file))
        .collect();
    found.into_iter().zip(keep).filter(|(_, k)| *k).map(|(f, _)| f).collect()
}
