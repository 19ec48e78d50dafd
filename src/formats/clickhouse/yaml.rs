//! A YAML configuration as the XML that the server makes of it.
//!
//! `YAMLParser.cpp`: a key with `@` is an attribute, `#text` the text beside attributes, a list
//! repeats its parent, null is an empty element. The document stands below `clickhouse`.

use std::sync::Arc;

use crate::source::Place;
use crate::tree::node::{Kind, Node};
use crate::tree::xml::{Attribute, Content, Element, Run};

/// The root element.
pub(super) fn element(root: &Node) -> Element {
    let mut out = empty("clickhouse".into(), root.place, root.place);
    fill(&mut out, root);
    out
}

fn empty(name: Arc<str>, place: Place, tag: Place) -> Element {
    Element { name, place, tag, attributes: Vec::new(), children: Vec::new() }
}

fn fill(out: &mut Element, node: &Node) {
    match &node.kind {
        Kind::Scalar(scalar) => out.children.push(Content::Text(Run {
            text: scalar.text.clone(),
            place: node.place,
            cdata: false,
            pieces: scalar.pieces(node.place),
        })),
        Kind::Map(map) => {
            for entry in &map.entries {
                let value = &entry.value;
                match (entry.key.strip_prefix('@'), value.text()) {
                    (Some(name), Some(value)) => out.attributes.push(Attribute {
                        name: name.into(),
                        value,
                        place: entry.place(),
                    }),
                    _ if &*entry.key == "#text" => fill(out, value),
                    _ => children(out, &entry.key, entry.key_place, value),
                }
            }
        }
        Kind::Null | Kind::List(_) => {}
    }
}

/// The elements that one key makes: one, or one for each item of a list.
fn children(out: &mut Element, key: &Arc<str>, key_place: Place, value: &Node) {
    let one = |node: &Node, place: Place| {
        let mut child = empty(key.clone(), place, key_place);
        fill(&mut child, node);
        Content::Element(child)
    };
    match &value.kind {
        Kind::List(items) => out.children.extend(items.iter().map(|i| one(i, i.place))),
        _ => out.children.push(one(value, key_place.to(value.place))),
    }
}
