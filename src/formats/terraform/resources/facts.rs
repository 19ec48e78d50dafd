//! Three-valued logic on facts, and small readers of values.

use crate::formats::terraform::value::{Val, ValKind};
use crate::model::fact::{Basis, Fact, Name, Origin, Why};
use crate::model::fragment::Address;
use crate::model::net::Addresses;

/// Both hold. A "no" decides alone; otherwise what is not known does.
pub(super) fn and(a: Fact<bool>, b: Fact<bool>) -> Fact<bool> {
    combined(a, b, false)
}

/// One of them holds. A "yes" decides alone; otherwise what is not known does.
pub(super) fn or(a: Fact<bool>, b: Fact<bool>) -> Fact<bool> {
    combined(a, b, true)
}

fn combined(a: Fact<bool>, b: Fact<bool>, decisive: bool) -> Fact<bool> {
    let decides = |fact: &Fact<bool>| fact.known() == Some(&decisive);
    if decides(&a) || (a.known().is_none() && !decides(&b)) {
        a
    } else if decides(&b) || b.known().is_none() {
        b
    } else {
        joined(a, b)
    }
}

/// Two facts that agree; the less firm basis stays, the other's place becomes a station.
fn joined(a: Fact<bool>, b: Fact<bool>) -> Fact<bool> {
    let weight = |f: &Fact<bool>| match f {
        Fact::Known(_, Origin { basis: Basis::Guessed(_), .. }) => 2,
        Fact::Known(_, Origin { basis: Basis::Default(_), .. }) => 1,
        _ => 0,
    };
    // A written value beside a default stays the place that a person would edit.
    if weight(&b) == 2 || (weight(&a) == 1 && weight(&b) == 0) { b } else { a }
}

pub(super) fn not(fact: Fact<bool>) -> Fact<bool> {
    fact.map(|b| !b)
}

/// The disjunction of several; `none` where there are none at all.
pub(super) fn any(facts: impl IntoIterator<Item = Fact<bool>>, none: Fact<bool>) -> Fact<bool> {
    facts.into_iter().reduce(or).unwrap_or(none)
}

/// What stands at a dotted path of blocks and an attribute; of several blocks the first counts.
pub(super) fn at_path<'v>(body: &'v Val, path: &str) -> Option<&'v Val> {
    // The last part may be a plain attribute, which `block` also gives.
    path.split('.').try_fold(body, |b, part| b.get(part).map(|v| b.block(part).unwrap_or(v)))
}

/// A name for titles: the value as far as it is known, else the resource's own name.
pub(super) fn word(fact: &Fact<Name>, otherwise: &Name) -> Name {
    fact.known().filter(|n| !n.is_empty()).unwrap_or(otherwise).clone()
}

/// A list of networks as one set, with the text that a sentence about it shows.
pub(super) struct Nets {
    pub(super) known: Vec<Fact<Addresses>>,
    pub(super) shown: Vec<String>,
}

/// Reads networks and single addresses. What is no network stays unknown.
pub(super) fn nets(body: &Val, key: &str) -> Nets {
    let list = body.list(key);
    let mut out = Nets { known: Vec::new(), shown: Vec::new() };
    for item in &list.items {
        out.push(net(item), item);
    }
    if let Some((why, at)) = list.more {
        out.shown.push(format!("what `{key}` holds"));
        out.known.push(Fact::Unknown(why, at));
    }
    out
}

impl Nets {
    fn push(&mut self, fact: Fact<Addresses>, value: &Val) {
        if !fact.is_unset() {
            self.shown.push(shown(value));
            self.known.push(fact);
        }
    }
}

/// One network. A text of which only the end is known, and that is `/32` or `/128`, is some single
/// host; a documentation address stands for it.
pub(super) fn net(value: &Val) -> Fact<Addresses> {
    if let Some(host) = single_host(value) {
        return host;
    }
    value.as_text().try_map(|text| {
        Addresses::parse(&text)
            .ok_or_else(|| Why::NotUnderstood(format!("the network `{text}`").into()))
    })
}

fn single_host(value: &Val) -> Option<Fact<Addresses>> {
    let ValKind::Partial(parts) = &value.kind else { return None };
    let tail = parts.last()?.as_text();
    let tail = tail.known()?;
    let stand_in = if tail.ends_with("/32") { "192.0.2.1" } else { "2001:db8::1" };
    let ends = tail.ends_with("/32") || tail.ends_with("/128");
    ends.then(|| Fact::written(Addresses::parse(stand_in).unwrap_or_default(), value.at))
}

/// A value as sentences show it: its text, or the way it is spelled.
pub(super) fn shown(value: &Val) -> String {
    match &value.kind {
        ValKind::Ref(reference) => format!("`{}`", reference.spelled),
        _ => match (value.as_text().known(), value.why()) {
            (Some(text), _) => text.to_string(),
            (None, Some(why)) => why.to_string(),
            (None, None) => "something".to_owned(),
        },
    }
}

/// Every resource that a value mentions, however deep.
pub(super) fn mentions(value: &Val, out: &mut Vec<Address>) {
    match &value.kind {
        ValKind::Ref(reference) => out.push(reference.resource.clone()),
        ValKind::Partial(parts) => parts.iter().for_each(|v| mentions(v, out)),
        ValKind::List { items, .. } => items.iter().for_each(|v| mentions(v, out)),
        ValKind::Map { entries, .. } => entries.iter().for_each(|(_, v)| mentions(v, out)),
        _ => {}
    }
}
