//! Lines and columns, which exist only in reports.
//!
//! Columns count UTF-16 code units, as editors and SARIF do. One pass over a text makes an index;
//! afterwards each place costs two binary searches, however long its line is.

use std::cell::OnceCell;

use crate::source::{FileId, Place, Sources};

/// A point of a text; both numbers count from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Point {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// The points of a place; `end` lies behind the last character.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    pub(crate) start: Point,
    pub(crate) end: Point,
}

/// What turns bytes of one text into lines and columns.
#[derive(Debug)]
pub(crate) struct LineIndex {
    /// Offset of each line's first byte.
    starts: Vec<u32>,
    /// For each character that is not ASCII: the offset behind it, and by how many bytes UTF-8 has
    /// needed more than UTF-16 units up to there.
    wide: Vec<(u32, u32)>,
    len: u32,
}

impl LineIndex {
    pub(crate) fn new(text: &str) -> LineIndex {
        let mut starts = vec![0];
        let mut wide = Vec::new();
        let mut excess = 0;
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'\n' => starts.push(at as u32 + 1),
                // A leading byte tells the length of its character, in both encodings.
                0xC0..=0xDF => {
                    excess += 1;
                    wide.push((at as u32 + 2, excess));
                }
                0xE0..=0xEF => {
                    excess += 2;
                    wide.push((at as u32 + 3, excess));
                }
                0xF0..=0xFF => {
                    excess += 2;
                    wide.push((at as u32 + 4, excess));
                }
                _ => {}
            }
        }
        LineIndex { starts, wide, len: text.len() as u32 }
    }

    /// The point of an offset; beyond the text it is the text's end.
    pub(crate) fn point(&self, offset: u32) -> Point {
        let offset = offset.min(self.len);
        let line = self.line_at(offset);
        let start = self.starts[line];
        let units = (offset - start) - (self.excess(offset) - self.excess(start));
        Point { line: line as u32 + 1, column: units + 1 }
    }

    /// The line of an offset, counted from 0.
    pub(crate) fn line_at(&self, offset: u32) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The bytes of a line counted from 0, with its line feed; empty behind the last one.
    pub(crate) fn line(&self, line: usize) -> std::ops::Range<usize> {
        let start = self.starts.get(line).copied().unwrap_or(self.len);
        let end = self.starts.get(line + 1).copied().unwrap_or(self.len);
        start as usize..end as usize
    }

    fn excess(&self, offset: u32) -> u32 {
        let before = self.wide.partition_point(|(end, _)| *end <= offset);
        before.checked_sub(1).map_or(0, |last| self.wide[last].1)
    }
}

/// Positions in all files of a run; a file's index is made when it is first asked for.
pub(crate) struct Positions<'a> {
    sources: &'a Sources,
    files: Vec<OnceCell<LineIndex>>,
}

impl<'a> Positions<'a> {
    pub(crate) fn new(sources: &'a Sources) -> Positions<'a> {
        let files = sources.ids().chain(sources.own()).map(|_| OnceCell::new()).collect();
        Positions { sources, files }
    }

    pub(crate) fn sources(&self) -> &'a Sources {
        self.sources
    }

    pub(crate) fn index(&self, file: FileId) -> &LineIndex {
        self.files[file.0 as usize].get_or_init(|| LineIndex::new(self.sources.str(file)))
    }

    pub(crate) fn span(&self, place: Place) -> Span {
        let index = self.index(place.file);
        Span { start: index.point(place.start), end: index.point(place.end.max(place.start)) }
    }

    pub(crate) fn path(&self, place: Place) -> &'a str {
        self.sources.path(place.file)
    }

    /// `path:line`, as it stands in running text.
    pub(crate) fn at(&self, place: Place) -> String {
        format!("{}:{}", self.path(place), self.span(place).start.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, needle: &str, line: u32, column: u32) {
        let offset = text.find(needle).unwrap() as u32;
        assert_eq!(LineIndex::new(text).point(offset), Point { line, column }, "{needle:?}");
    }

    #[test]
    fn columns_count_utf_16_units() {
        check("a: b", "b", 1, 4);
        check("x\ny: b", "b", 2, 4);
        check("x\r\ny: b", "b", 2, 4);
        check("größe: b", "b", 1, 8);
        check("漢字: b", "b", 1, 5);
        check("🦀: b", "b", 1, 5);
        check("🦀🦀\n🦀é: b", "b", 2, 6);
    }

    #[test]
    fn the_end_of_a_text_has_a_position_and_nothing_lies_behind_it() {
        let index = LineIndex::new("a\nb");
        assert_eq!(index.point(3), Point { line: 2, column: 2 });
        assert_eq!(index.point(99), Point { line: 2, column: 2 });
        assert_eq!(LineIndex::new("").point(0), Point { line: 1, column: 1 });
        assert_eq!(LineIndex::new("a\n").point(2), Point { line: 2, column: 1 });
        assert_eq!(index.line(1), 2..3);
        assert_eq!(index.line(2), 3..3);
    }
}
