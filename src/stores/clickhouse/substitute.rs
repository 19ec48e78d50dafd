//! What a merged document takes from elsewhere: `incl`, `<include>`, and variables that hold
//! elements.
//!
//! `ConfigProcessor::doIncludesRecursive`. A variable that holds a plain text stays where it is
//! named, and is read with the rest of the values, so that a proof can say where it came from.

use std::mem::take;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::merge::merge;
use super::read::Environment;
use super::shipped::element;
use crate::model::fact::Fact;
use crate::source::{Place, Text};
use crate::tree::xml::{self, Content, Element};

/// The document that `include_from` names.
#[derive(Clone, Copy)]
pub(super) enum Include<'a> {
    /// Nobody names one.
    None,
    /// It is named, and not in the project.
    NotHere,
    Document(&'a Element),
}

/// Elements that one document may take in; each may ask for more.
const MAX_TAKEN: usize = 100_000;
/// How often what is taken in may ask again, and how deep elements are looked through.
const MAX_DEPTH: usize = 160;

struct Substitution<'a> {
    /// What the included document holds, the first of a name; `None` where it is not here.
    included: Option<FxHashMap<&'a str, &'a Element>>,
    env: &'a Environment<'a>,
    shipped: Place,
    left: usize,
}

/// Puts in what the document asks for. What only the server can know is left as it stands.
pub(super) fn substitute(root: &mut Element, include: Include, env: &Environment, shipped: Place) {
    let included = match include {
        Include::NotHere => None,
        Include::None => Some(FxHashMap::default()),
        // The first of a name is the one that counts.
        Include::Document(document) => {
            let mut names = FxHashMap::default();
            for child in document.elements() {
                names.entry(&*child.name).or_insert(child);
            }
            Some(names)
        }
    };
    Substitution { included, env, shipped, left: MAX_TAKEN }.inside(root, 0);
}

/// What a source gives.
enum Found {
    Content(Vec<Content>, Vec<xml::Attribute>),
    /// Surely nothing.
    Nothing,
    /// Nobody here can know.
    Unknown,
}

impl Substitution<'_> {
    fn inside(&mut self, parent: &mut Element, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let mut merged = Vec::new();
        for content in take(&mut parent.children) {
            let Content::Element(mut child) = content else {
                parent.children.push(content);
                continue;
            };
            if &*child.name == "include"
                && let Found::Content(children, _) = self.find(&child)
            {
                let mut holder = element(&parent.name, child.tag, children);
                self.inside(&mut holder, depth + 1);
                match child.attribute("merge") {
                    Some(_) => merged.push(holder),
                    None => parent.children.append(&mut holder.children),
                }
                continue;
            }
            if self.fill(&mut child, depth) {
                self.inside(&mut child, depth + 1);
                parent.children.push(Content::Element(child));
            }
        }
        for holder in merged {
            merge(parent, &holder, self.shipped);
        }
    }

    /// Gives an element its content; `false` where it is to go.
    fn fill(&mut self, child: &mut Element, depth: usize) -> bool {
        // What is taken in may come with attributes that ask again.
        for _ in depth..MAX_DEPTH {
            match self.find(child) {
                Found::Unknown => return true,
                Found::Nothing if child.attribute("optional").is_some() => return false,
                Found::Nothing => {
                    child.attributes.retain(|a| &*a.name != "incl");
                    return true;
                }
                Found::Content(mut children, attributes) => {
                    if child.attribute("replace").is_some() {
                        child.children.clear();
                    }
                    let done = ["incl", "from_env", "replace"];
                    child.attributes.retain(|a| !done.contains(&&*a.name));
                    child.children.append(&mut children);
                    child.attributes.extend(attributes);
                }
            }
        }
        true
    }

    fn find(&mut self, asking: &Element) -> Found {
        if let Some(name) = asking.attribute("incl") {
            let Some(included) = &self.included else { return Found::Unknown };
            let Some(source) = included.get(&*name.value) else { return Found::Nothing };
            let size = count(source);
            if size > self.left {
                return Found::Unknown;
            }
            self.left -= size;
            return Found::Content(source.children.clone(), source.attributes.clone());
        }
        let Some(name) = asking.attribute("from_env") else { return Found::Unknown };
        match (self.env)(&name.value) {
            Fact::Known(value, origin) if value.contains('<') => {
                let whole: Arc<str> = format!("<from_env>{value}</from_env>").into();
                let text = Text::nested(whole, origin.at, crate::shared::Shared::empty());
                match xml::parse(&text) {
                    (Some(root), problems) if problems.is_empty() && count(&root) <= self.left => {
                        self.left -= count(&root);
                        Found::Content(root.children, Vec::new())
                    }
                    _ => Found::Unknown,
                }
            }
            // The variable stays named, so the element is no other than before.
            Fact::Unset(_) if asking.attribute("optional").is_some() => Found::Nothing,
            _ => Found::Unknown,
        }
    }
}

fn count(element: &Element) -> usize {
    1 + element.elements().map(count).sum::<usize>()
}
