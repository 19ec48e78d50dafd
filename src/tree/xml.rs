//! Elements, attributes and text in document order: XML.

mod read;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::shared::Shared;
use crate::source::{Piece, Place, Problem, Text};

/// An element with everything in it.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) name: Arc<str>,
    /// From `<` of the start tag to `>` of the end tag.
    pub(crate) place: Place,
    /// The start tag alone.
    pub(crate) tag: Place,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) children: Vec<Content>,
}

#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: Arc<str>,
    pub(crate) value: Arc<str>,
    /// Name and value.
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Element(Element),
    Text(Run),
}

/// Text between tags, entities replaced, not trimmed.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) text: Arc<str>,
    pub(crate) place: Place,
    /// Written as `<![CDATA[…]]>`.
    pub(crate) cdata: bool,
    pub(crate) pieces: Shared<Piece>,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| &*a.name == name)
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|c| match c {
            Content::Element(e) => Some(e),
            Content::Text(_) => None,
        })
    }

    /// The first child element of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.elements().find(|e| &*e.name == name)
    }

    /// All text directly inside, joined, not trimmed.
    pub(crate) fn text(&self) -> String {
        self.children
            .iter()
            .filter_map(|c| match c {
                Content::Text(run) => Some(&*run.text),
                Content::Element(_) => None,
            })
            .collect()
    }
}

/// Reads one document. What follows an error is lost, what stands before it is kept.
pub(crate) fn parse(text: &Text) -> (Option<Element>, Vec<Problem>) {
    read::parse(text)
}
