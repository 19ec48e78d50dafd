//! Events of the XML reader into elements.

use std::ops::Range;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::Event;
use rustc_hash::FxHashSet;

use super::{Attribute, Content, Element, Run};
use crate::shared::Shared;
use crate::source::{Piece, Problem, Text};

/// Elements within elements; readers recurse over them.
const MAX_DEPTH: usize = 128;

/// An element whose end is not reached.
struct Open {
    element: Element,
    tag: Range<usize>,
}

struct Builder<'a> {
    text: &'a Text,
    source: &'a str,
    open: Vec<Open>,
    root: Option<Element>,
    /// Text and entities since the last tag.
    run: Option<Range<usize>>,
    problems: Vec<Problem>,
}

pub(super) fn parse(text: &Text) -> (Option<Element>, Vec<Problem>) {
    // The reader strips a byte order mark without counting it.
    let source = text.as_str();
    let base = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader::from_str(&source[base..]);
    let config = reader.config_mut();
    // Names are compared here, where both tags' places are known.
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut builder =
        Builder { text, source, open: Vec::new(), root: None, run: None, problems: Vec::new() };
    loop {
        let start = base + reader.buffer_position() as usize;
        let event = reader.read_event();
        let range = start..base + reader.buffer_position() as usize;
        let done = match event {
            Ok(Event::Eof) => break,
            Ok(event) => builder.event(&event, range),
            Err(error) => {
                let at = base + reader.error_position() as usize;
                let next = source.get(at..).and_then(|s| s.chars().next());
                let width = next.map_or(0, char::len_utf8);
                Err(builder.problem(at..at + width, error.to_string()))
            }
        };
        if let Err(problem) = done {
            builder.problems.push(problem);
            builder.close_all(start);
            return (builder.root, builder.problems);
        }
    }
    builder.end_of_text();
    (builder.root, builder.problems)
}

impl Builder<'_> {
    fn problem(&self, range: Range<usize>, message: impl Into<String>) -> Problem {
        let end = range.end.min(self.source.len());
        Problem { place: self.text.place(range.start.min(end)..end), message: message.into() }
    }

    fn event(&mut self, event: &Event<'_>, range: Range<usize>) -> Result<(), Problem> {
        if let Event::Text(_) | Event::GeneralRef(_) = event {
            match &mut self.run {
                Some(run) => run.end = range.end,
                None => self.run = Some(range),
            }
            return Ok(());
        }
        self.flush()?;
        match event {
            Event::Start(_) => self.start(range),
            Event::Empty(_) => {
                let end = range.end;
                self.start(range)?;
                self.close(end);
                Ok(())
            }
            Event::End(_) => self.end(range),
            Event::CData(_) => {
                // `<![CDATA[` and `]]>`
                let inner = range.start + 9..range.end.saturating_sub(3).max(range.start + 9);
                self.text_run(inner, true)
            }
            _ => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), Problem> {
        match self.run.take() {
            Some(range) => self.text_run(range, false),
            None => Ok(()),
        }
    }

    fn text_run(&mut self, range: Range<usize>, cdata: bool) -> Result<(), Problem> {
        let source = &self.source[range.clone()];
        let Some(open) = self.open.last_mut() else {
            let blank = source.trim().is_empty();
            return if blank { Ok(()) } else { Err(self.problem(range, "text outside the root")) };
        };
        let (value, pieces) = if cdata {
            literal(self.text, range.clone())
        } else {
            resolve(self.text, range.clone())
        };
        let place = self.text.place(range);
        open.element.children.push(Content::Text(Run { text: value, place, cdata, pieces }));
        Ok(())
    }

    fn start(&mut self, range: Range<usize>) -> Result<(), Problem> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(self.problem(range, "a second root element"));
        }
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} levels deep");
            return Err(self.problem(range, message));
        }
        let inner = self.source[range.clone()].trim_start_matches('<').trim_end_matches('>');
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let name = inner.split(|c: char| c.is_ascii_whitespace()).next().unwrap_or("");
        let attributes =
            self.attributes(range.start + 1 + name.len()..range.start + 1 + inner.len());
        let tag = self.text.place(range.clone());
        let element =
            Element { name: name.into(), place: tag, tag, attributes, children: Vec::new() };
        self.open.push(Open { element, tag: range });
        Ok(())
    }

    fn end(&mut self, range: Range<usize>) -> Result<(), Problem> {
        let name = self.source[range.clone()].trim_start_matches("</").trim_end_matches('>').trim();
        let Some(open) = self.open.last() else {
            return Err(self.problem(range, format!("`</{name}>` closes nothing")));
        };
        if &*open.element.name != name {
            let message = format!("expected `</{}>`", open.element.name);
            return Err(self.problem(range, message));
        }
        self.close(range.end);
        Ok(())
    }

    /// Ends the innermost element.
    fn close(&mut self, end: usize) {
        let Some(Open { mut element, tag }) = self.open.pop() else { return };
        element.place = self.text.place(tag.start..end.max(tag.end));
        match self.open.last_mut() {
            Some(parent) => parent.element.children.push(Content::Element(element)),
            None => self.root = Some(element),
        }
    }

    fn close_all(&mut self, end: usize) {
        // Text before the error is inside; an error in it says nothing new.
        let _ = self.flush();
        while !self.open.is_empty() {
            self.close(end);
        }
    }

    fn end_of_text(&mut self) {
        if let Err(problem) = self.flush() {
            self.problems.push(problem);
        }
        if let Some(open) = self.open.last() {
            let message = format!("`<{}>` is not closed", open.element.name);
            self.problems.push(self.problem(open.tag.clone(), message));
        } else if self.root.is_none() && self.problems.is_empty() {
            self.problems.push(self.problem(0..0, "no root element"));
        }
        self.close_all(self.source.len());
    }

    /// The attributes in a tag. A broken one ends the reading of the tag.
    fn attributes(&mut self, range: Range<usize>) -> Vec<Attribute> {
        let mut attributes = Vec::new();
        let mut names = FxHashSet::default();
        let mut at = range.start;
        while let Some(found) = self.attribute(at..range.end) {
            match found {
                Ok((attribute, end)) => {
                    if !names.insert(attribute.name.clone()) {
                        let message = format!("a second attribute `{}`", attribute.name);
                        self.problems.push(Problem { place: attribute.place, message });
                    }
                    attributes.push(attribute);
                    at = end;
                }
                Err(problem) => {
                    self.problems.push(problem);
                    break;
                }
            }
        }
        attributes
    }

    /// The first attribute in a stretch and where it ends.
    fn attribute(&self, range: Range<usize>) -> Option<Result<(Attribute, usize), Problem>> {
        let rest = &self.source[range.clone()];
        let start = range.start + rest.len() - rest.trim_start().len();
        let rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let name_end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(name_end);
        let value = after.trim_start().strip_prefix('=').map(str::trim_start);
        let quote = value.and_then(|v| v.chars().next()).filter(|c| matches!(c, '"' | '\''));
        let (Some(value), Some(quote)) = (value, quote) else {
            let message = "expected `=` and a quoted value";
            return Some(Err(self.problem(start..start + name.len(), message)));
        };
        let value_start = range.end - value.len() + 1;
        let Some(len) = value[1..].find(quote) else {
            return Some(Err(self.problem(start..range.end, "the value is not closed")));
        };
        let (text, _) = resolve(self.text, value_start..value_start + len);
        let end = value_start + len + 1;
        let place = self.text.place(start..end);
        Some(Ok((Attribute { name: name.into(), value: text, place }, end)))
    }
}

fn literal(text: &Text, range: Range<usize>) -> (Arc<str>, Shared<Piece>) {
    let mut pieces = Vec::new();
    text.pieces(range.clone(), 0, &mut pieces);
    (text.as_str()[range].into(), pieces.into())
}

/// Replaces the predefined and the numeric entities. Entities of a DTD stay as they are spelled.
fn resolve(text: &Text, range: Range<usize>) -> (Arc<str>, Shared<Piece>) {
    let source = &text.as_str()[range.clone()];
    if !source.contains('&') {
        return literal(text, range);
    }
    let mut value = String::with_capacity(source.len());
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < source.len() {
        let plain = source[at..].find('&').unwrap_or(source.len() - at);
        let known = source.get(at + plain..).and_then(entity);
        // An unknown entity's `&` is text.
        let same = match known {
            Some(_) => plain,
            None => (plain + 1).min(source.len() - at),
        };
        text.pieces(range.start + at..range.start + at + same, value.len(), &mut pieces);
        value.push_str(&source[at..at + same]);
        at += same;
        if let Some((char, len)) = known {
            value.push(char);
            at += len;
        }
    }
    (value.into(), pieces.into())
}

/// The character of the entity that a text begins with, and the entity's length.
fn entity(source: &str) -> Option<(char, usize)> {
    let end = source.bytes().take(12).position(|b| b == b';')?;
    let name = source.get(1..end)?;
    let char = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((char, end + 1))
}
