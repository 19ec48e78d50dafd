//! One document from many: the server's own merge of configuration files.
//!
//! `src/Common/Config/ConfigProcessor.cpp`: two siblings are the same when their names and their
//! attributes are, without the five that steer the merge; each is used once, in order.

use std::collections::VecDeque;
use std::fmt::Write as _;

use rustc_hash::FxHashMap;

use crate::source::Place;
use crate::tree::xml::{Content, Element};

/// Attributes that do not belong to an element's identity.
const STEERING: [&str; 5] = ["replace", "remove", "incl", "from_zk", "from_env"];

/// Where an element's content comes from instead of its text.
const SUBSTITUTIONS: [&str; 3] = ["incl", "from_zk", "from_env"];

/// Puts `over` on top of `base`. Attributes of the root have no effect. What stands at `shipped`
/// was written by nobody, and moves to whoever adds to it.
pub(super) fn merge(base: &mut Element, over: &Element, shipped: Place) {
    drop_text(base);
    let mut free: FxHashMap<String, VecDeque<usize>> = FxHashMap::default();
    for (index, content) in base.children.iter().enumerate() {
        if let Content::Element(element) = content {
            free.entry(identity(element)).or_default().push_back(index);
        }
    }
    let mut removed = Vec::new();
    for content in &over.children {
        let Content::Element(element) = content else {
            base.children.push(content.clone());
            continue;
        };
        let same = free.get_mut(&identity(element)).and_then(VecDeque::pop_front);
        let takes_away = element.attribute("remove").is_some();
        match same {
            Some(index) if takes_away => removed.push(index),
            Some(index) => {
                if let Content::Element(old) = &mut base.children[index] {
                    lay_over(old, element, shipped);
                }
            }
            None if takes_away => {}
            None => base.children.push(Content::Element(stripped(element))),
        }
    }
    removed.sort_unstable();
    let mut index = 0;
    base.children.retain(|_| {
        index += 1;
        removed.binary_search(&(index - 1)).is_err()
    });
}

fn lay_over(old: &mut Element, new: &Element, shipped: Place) {
    if new.attribute("replace").is_some() {
        *old = stripped(new);
        return;
    }
    let has_text = new.children.iter().any(|c| matches!(c, Content::Text(r) if !blank(&r.text)));
    for attribute in &new.attributes {
        if SUBSTITUTIONS.contains(&&*attribute.name) {
            old.attributes.retain(|a| !SUBSTITUTIONS.contains(&&*a.name));
            old.attributes.push(attribute.clone());
        }
    }
    let substituted = new.attributes.iter().any(|a| SUBSTITUTIONS.contains(&&*a.name));
    if has_text && !substituted {
        old.attributes.retain(|a| !SUBSTITUTIONS.contains(&&*a.name));
    }
    let leaf = old.elements().next().is_none();
    merge(old, new, shipped);
    // What decides a leaf, also an emptied one, is written in the file that came last.
    if leaf || old.tag == shipped {
        old.place = new.place;
        old.tag = new.tag;
    }
}

/// The base's own text goes on any merge; CDATA is no text node to the server and stays.
fn drop_text(base: &mut Element) {
    base.children.retain(|c| match c {
        Content::Text(run) => run.cdata || blank(&run.text),
        Content::Element(_) => true,
    });
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn identity(element: &Element) -> String {
    let mut attributes: Vec<(&str, &str)> = element
        .attributes
        .iter()
        .filter(|a| !STEERING.contains(&&*a.name))
        .map(|a| (&*a.name, &*a.value))
        .collect();
    attributes.sort_unstable();
    let mut out = element.name.to_string();
    for (name, value) in attributes {
        let _ = write!(out, "\u{0}{name}={value}");
    }
    out
}

/// A new subtree as the server keeps it: what it asks to remove is not there, marks are gone.
fn stripped(element: &Element) -> Element {
    let mut out = element.clone();
    strip(&mut out);
    out
}

fn strip(element: &mut Element) {
    element.attributes.retain(|a| !matches!(&*a.name, "replace" | "remove"));
    element
        .children
        .retain(|c| !matches!(c, Content::Element(e) if e.attribute("remove").is_some()));
    for content in &mut element.children {
        if let Content::Element(child) = content {
            strip(child);
        }
    }
}

/// Whether two elements say the same, wherever they stand.
pub(super) fn same(a: &Element, b: &Element) -> bool {
    identity(a) == identity(b)
        && (a.elements().next().is_some() || a.text() == b.text())
        && a.elements().count() == b.elements().count()
        && a.elements().zip(b.elements()).all(|(a, b)| same(a, b))
}
