//! TOML into [`Node`]s.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::node::{Entry, Kind, Map, Node, Scalar};
use crate::source::{Piece, Problem, Text};

/// Reads a document. What the parser could recover stays.
pub(crate) fn parse(text: &Text) -> (Node, Vec<Problem>) {
    let (table, errors) = DeTable::parse_recoverable(text.as_str());
    let problems = errors.iter().map(|error| Problem {
        place: text.place(error.span().unwrap_or(0..0)),
        message: error.message().to_owned(),
    });
    let problems = problems.collect();
    let map = map(text, table.get_ref());
    (Node { place: text.whole(), kind: Kind::Map(map) }, problems)
}

/// In the order of the document; the parser sorts by key.
fn map(text: &Text, table: &DeTable) -> Map {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: Arc::from(key.get_ref().as_ref()),
            key_place: text.place(key.span()),
            value: node(text, value),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_place.start);
    Map { entries }
}

fn node(text: &Text, value: &Spanned<DeValue>) -> Node {
    let span = value.span();
    let kind = match value.get_ref() {
        DeValue::String(string) => scalar(text, string, false, &span),
        DeValue::Integer(number) => scalar(text, number.as_str(), true, &span),
        DeValue::Float(number) => scalar(text, number.as_str(), true, &span),
        DeValue::Boolean(flag) => scalar(text, &flag.to_string(), true, &span),
        DeValue::Datetime(time) => scalar(text, &time.to_string(), true, &span),
        DeValue::Array(items) => Kind::List(items.iter().map(|item| node(text, item)).collect()),
        DeValue::Table(table) => Kind::Map(map(text, table)),
    };
    Node { place: text.place(span), kind }
}

fn scalar(text: &Text, value: &str, plain: bool, span: &Range<usize>) -> Kind {
    // Without escapes a string stands in the file as it is, behind its quotes.
    let written = text.as_str().get(span.clone()).unwrap_or_default();
    let mut pieces: Vec<Piece> = Vec::new();
    if let Some(at) = written.find(value).filter(|_| !value.is_empty()) {
        let start = span.start + at;
        text.pieces(start..start + value.len(), 0, &mut pieces);
    }
    Kind::Scalar(Scalar { text: value.into(), plain, pieces: Some(pieces.into()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Place};

    const DOCUMENT: &str = "[sinks.b]\ninputs = [\"a\", 'c']\nsize = 3\n[sinks.a]\n\
                            source = '''\n.x = \"y\"\n'''\n";

    fn check(path: &[&str], expected: &str) {
        let text = Text::of_file(FileId(0), DOCUMENT.into());
        let (node, problems) = parse(&text);
        assert!(problems.is_empty(), "{problems:?}");
        let found = node.at(path).unwrap_or_else(|| panic!("{path:?}"));
        let Place { start, end, .. } = found.place;
        assert_eq!(&DOCUMENT[start as usize..end as usize], expected, "{path:?}");
    }

    #[test]
    fn values_keep_their_places() {
        check(&["sinks", "b", "inputs"], "[\"a\", 'c']");
        check(&["sinks", "b", "size"], "3");
        check(&["sinks", "a", "source"], "'''\n.x = \"y\"\n'''");
    }

    #[test]
    fn a_text_in_quotes_maps_to_the_file() {
        let text = Text::of_file(FileId(0), DOCUMENT.into());
        let (node, _) = parse(&text);
        let nested = node.at(&["sinks", "a", "source"]).and_then(Node::nested_text).unwrap();
        let at = nested.place(0..2);
        assert_eq!(&DOCUMENT[at.start as usize..at.end as usize], ".x");
    }
}
