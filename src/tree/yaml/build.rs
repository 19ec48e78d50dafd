//! Events of the YAML parser into nodes: places, anchors, merge keys.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, ScalarStyle, Span, StructureStyle, Tag};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{MAX_DEPTH, pieces};
use crate::shared::word;
use crate::source::{Place, Problem, Text};
use crate::tree::node::{Entry, Kind, Map, Node, Scalar};

/// Values that aliases and merge keys may add to one text. Each is a copy, and a chain of ten
/// aliased lists of ten would be ten thousand million of them.
const MAX_EXPANDED: usize = 200_000;

/// A value with what its parents must know of it.
#[derive(Clone)]
struct Built {
    node: Node,
    range: Range<usize>,
    /// Values in it, itself included.
    count: usize,
    /// Collections in it, one within the other.
    depth: usize,
    /// A plain `<<`.
    merge: bool,
}

struct Key {
    text: Arc<str>,
    place: Place,
    end: usize,
    merge: bool,
}

enum Open {
    List(Vec<Node>),
    Map { map: Map, key: Option<Key>, merges: bool },
}

/// A collection whose end is not reached.
struct Frame {
    open: Open,
    start: usize,
    end: usize,
    flow: bool,
    anchor: usize,
    count: usize,
    depth: usize,
}

pub(super) struct Builder<'a> {
    text: &'a Text,
    frames: Vec<Frame>,
    root: Option<Node>,
    anchors: FxHashMap<usize, Built>,
    expanded: usize,
    exhausted: bool,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &'a Text) -> Builder<'a> {
        Builder {
            text,
            frames: Vec::new(),
            root: None,
            anchors: FxHashMap::default(),
            expanded: 0,
            exhausted: false,
            problems: Vec::new(),
        }
    }

    /// The document that has ended.
    pub(super) fn finish(&mut self) -> Option<Node> {
        let root = self.root.take();
        self.abandon();
        root
    }

    /// Forgets the document that has begun.
    pub(super) fn abandon(&mut self) {
        self.frames.clear();
        self.anchors.clear();
        self.root = None;
    }

    pub(super) fn event(&mut self, event: &Event<'_>, span: &Span) -> Result<(), Problem> {
        let range = span.byte_range().unwrap_or(0..0);
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let built = self.scalar(value, *style, tag.as_deref(), range);
                self.anchor(*anchor, &built);
                self.add(built);
            }
            Event::Alias(id) => {
                let built = self.alias(*id, range);
                self.add(built);
            }
            Event::SequenceStart(style, anchor, _) => {
                self.open(Open::List(Vec::new()), *style, *anchor, range)?;
            }
            Event::MappingStart(style, anchor, _) => {
                let open = Open::Map { map: Map::default(), key: None, merges: false };
                self.open(open, *style, *anchor, range)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end),
            _ => {}
        }
        Ok(())
    }

    fn open(
        &mut self,
        open: Open,
        style: StructureStyle,
        anchor: usize,
        range: Range<usize>,
    ) -> Result<(), Problem> {
        if self.frames.len() >= MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} levels deep");
            return Err(Problem { place: self.text.place(range), message });
        }
        let flow = style == StructureStyle::Flow;
        let (start, end) = (range.start, range.end);
        self.frames.push(Frame { open, start, end, flow, anchor, count: 1, depth: 0 });
        Ok(())
    }

    fn close(&mut self, end: usize) {
        let Some(frame) = self.frames.pop() else { return };
        let range = frame.start..if frame.flow { end } else { frame.end };
        let mut count = frame.count;
        let kind = match frame.open {
            Open::List(items) => Kind::List(items),
            Open::Map { map, merges: false, .. } => Kind::Map(map),
            Open::Map { map, .. } => {
                let map = Self::merge(map);
                count += map.entries.len();
                Kind::Map(map)
            }
        };
        let node = Node { place: self.text.place(range.clone()), kind };
        let built = Built { node, range, count, depth: frame.depth + 1, merge: false };
        self.anchor(frame.anchor, &built);
        self.add(built);
    }

    fn anchor(&mut self, anchor: usize, built: &Built) {
        // The copy costs as much as one alias would, so it is bounded alike.
        if anchor != 0 && self.afford(built.count, &built.range) {
            self.anchors.insert(anchor, built.clone());
        }
    }

    fn afford(&mut self, count: usize, range: &Range<usize>) -> bool {
        self.expanded = self.expanded.saturating_add(count);
        let affordable = self.expanded <= MAX_EXPANDED;
        if !affordable && !self.exhausted {
            self.exhausted = true;
            let message = format!("aliases expand to more than {MAX_EXPANDED} values");
            self.problem(range, message);
        }
        affordable
    }

    fn problem(&mut self, range: &Range<usize>, message: String) {
        self.problems.push(Problem { place: self.text.place(range.clone()), message });
    }

    /// The anchored value, at the place of the alias; what is in it keeps its own place.
    fn alias(&mut self, id: usize, range: Range<usize>) -> Built {
        let known = self.anchors.get(&id).map(|b| (b.count, b.depth));
        let usable = match known {
            Some((_, depth)) if self.frames.len() + depth > MAX_DEPTH => {
                self.problem(&range, format!("aliases nest more than {MAX_DEPTH} levels deep"));
                false
            }
            Some((count, _)) => self.afford(count, &range),
            None if self.exhausted => false,
            None => {
                self.problem(&range, "the alias stands in the value that it names".to_owned());
                false
            }
        };
        let place = self.text.place(range.clone());
        match self.anchors.get(&id).filter(|_| usable) {
            Some(built) => {
                let mut built = built.clone();
                // Its bytes stand where the anchor is.
                if let Kind::Scalar(scalar) = &mut built.node.kind {
                    scalar.pieces = Some(scalar.pieces(built.node.place).to_arc());
                }
                built.node.place = place;
                Built { range, ..built }
            }
            None => Built {
                node: Node { place, kind: Kind::Null },
                range,
                count: 1,
                depth: 0,
                merge: false,
            },
        }
    }

    fn add(&mut self, mut built: Built) {
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(built.node);
            return;
        };
        frame.count += built.count;
        frame.depth = frame.depth.max(built.depth);
        frame.end = frame.end.max(built.range.end);
        match &mut frame.open {
            Open::List(items) => items.push(built.node),
            Open::Map { map, key, merges } => match key.take() {
                None => *key = Some(as_key(self.text, &built)),
                Some(key) => {
                    if built.range.is_empty() {
                        // The parser may see that a value is missing only lines later.
                        built.node.place = self.text.place(key.end..key.end);
                    }
                    *merges |= key.merge;
                    map.entries.push(Entry {
                        key: key.text,
                        key_place: key.place,
                        value: built.node,
                    });
                }
            },
        }
    }

    fn expects_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { open: Open::Map { key: None, .. }, .. }))
    }

    fn scalar(
        &self,
        value: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        range: Range<usize>,
    ) -> Built {
        let core = tag.and_then(|tag| tag.suffix_in_namespace("tag:yaml.org,2002:"));
        let core = core.as_deref();
        let mut plain = style == ScalarStyle::Plain;
        let missing = plain && range.is_empty();
        let value = if missing { "" } else { value };
        let null = plain && matches!(value, "" | "~" | "null" | "Null" | "NULL");
        plain &= !matches!(core, Some("str" | "binary"));
        let kind = if core == Some("null") || null && plain {
            Kind::Null
        } else {
            Kind::Scalar(Scalar {
                text: if self.expects_key() { word(value) } else { value.into() },
                plain,
                pieces: pieces::of_scalar(self.text, value, style, range.clone()),
            })
        };
        let range = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let content = self.text.as_str().get(range.clone()).unwrap_or("");
                range.start..range.start + content.trim_end().len()
            }
            _ => range,
        };
        let node = Node { place: self.text.place(range.clone()), kind };
        Built { node, range, count: 1, depth: 0, merge: plain && value == "<<" }
    }

    /// Puts the entries of merged maps in the place of `<<`. Explicit keys win, then the earlier
    /// of the merged maps (<https://yaml.org/type/merge.html>).
    fn merge(map: Map) -> Map {
        let mut seen: FxHashSet<Arc<str>> =
            map.entries.iter().filter(|e| &*e.key != "<<").map(|e| e.key.clone()).collect();
        let mut entries = Vec::with_capacity(map.entries.len());
        for entry in map.entries {
            let sources = match &entry.value.kind {
                _ if &*entry.key != "<<" => Vec::new(),
                Kind::Map(map) => vec![map],
                Kind::List(items) => items.iter().filter_map(Node::map).collect(),
                _ => Vec::new(),
            };
            if sources.is_empty() {
                entries.push(entry);
                continue;
            }
            for merged in sources.into_iter().flat_map(|map| &map.entries) {
                if seen.insert(merged.key.clone()) {
                    entries.push(merged.clone());
                }
            }
        }
        Map { entries }
    }
}

fn as_key(text: &Text, built: &Built) -> Key {
    let spelled = || text.as_str().get(built.range.clone()).unwrap_or("").into();
    let key = match &built.node.kind {
        Kind::Scalar(scalar) => scalar.text.clone(),
        // `null:` and `? [a, b]` are keys by their spelling.
        _ => spelled(),
    };
    Key { text: key, place: built.node.place, end: built.range.end, merge: built.merge }
}
