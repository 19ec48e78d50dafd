//! Texts and places in them.
//!
//! Every place is a stretch of bytes of a real file. A text that stands inside another (an XML
//! document in a ConfigMap's block scalar, a script in a heredoc) is a [`Text`] of its own whose
//! pieces know where they stand in the file, so whoever parses it writes down places of the file
//! and nobody later has to translate. Lines and columns exist only in reports.

use crate::shared::Shared;
use std::ops::Range;
use std::sync::Arc;

/// One file of the run; an index into [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct FileId(pub(crate) u32);

/// A stretch of a file, in bytes. Cheap to copy; meaningless without the [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Place {
    /// The file.
    pub(crate) file: FileId,
    /// Offset of the first byte.
    pub(crate) start: u32,
    /// Offset behind the last byte.
    pub(crate) end: u32,
}

impl Place {
    pub(crate) fn new(file: FileId, range: Range<usize>) -> Place {
        Place { file, start: range.start as u32, end: range.end.max(range.start) as u32 }
    }

    /// The smallest stretch that holds both; `self` where they lie in different files.
    pub(crate) fn to(self, other: Place) -> Place {
        if self.file != other.file {
            return self;
        }
        Place { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    pub(crate) fn contains(self, other: Place) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Bytes of a nested text that stand unchanged in its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    /// Offset in the nested text.
    pub(crate) here: u32,
    /// Offset in the file.
    pub(crate) there: u32,
    /// Length of the stretch, the same in both.
    pub(crate) len: u32,
}

/// A text to parse, with the way from its bytes to places of a file.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    content: Arc<str>,
    /// Where the whole text stands; what has no piece falls back to it.
    whole: Place,
    /// Sorted by `here`. `None`: the text is the file, byte for byte.
    pieces: Option<Shared<Piece>>,
}

impl Text {
    /// The text of a whole file.
    pub(crate) fn of_file(file: FileId, content: Arc<str>) -> Text {
        let whole = Place::new(file, 0..content.len());
        Text { content, whole, pieces: None }
    }

    /// A text inside a file. `pieces` are sorted by `here` and map to file offsets; text that no
    /// piece covers (escapes, computed strings) is placed at `whole`.
    pub(crate) fn nested(content: Arc<str>, whole: Place, pieces: Shared<Piece>) -> Text {
        Text { content, whole, pieces: Some(pieces) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.content
    }

    pub(crate) fn content(&self) -> &Arc<str> {
        &self.content
    }

    pub(crate) fn whole(&self) -> Place {
        self.whole
    }

    /// The file's place of a stretch of this text.
    pub(crate) fn place(&self, range: Range<usize>) -> Place {
        let Some(pieces) = &self.pieces else {
            return Place::new(self.whole.file, range);
        };
        let last = range.end.saturating_sub(1).max(range.start);
        match (Self::offset(pieces, range.start), Self::offset(pieces, last)) {
            (Some(start), Some(end)) if start <= end => {
                let end = if range.is_empty() { start } else { end + 1 };
                Place::new(self.whole.file, start..end)
            }
            (Some(start), None) => Place { start: start as u32, ..self.whole },
            _ => self.whole,
        }
    }

    /// The file offset of one byte of a nested text.
    fn offset(pieces: &[Piece], here: usize) -> Option<usize> {
        let index = pieces.partition_point(|p| p.here as usize <= here).checked_sub(1)?;
        let piece = pieces[index];
        let into = here - piece.here as usize;
        // One past the end still belongs to the piece: an empty stretch at the end of a line.
        (into <= piece.len as usize).then_some(piece.there as usize + into)
    }

    /// The pieces of a stretch that becomes a text of its own as it is.
    pub(crate) fn piece(&self, range: Range<usize>) -> Shared<Piece> {
        if self.pieces.is_none() {
            let (there, len) = (range.start as u32, range.len() as u32);
            return Shared::from([Piece { here: 0, there, len }]);
        }
        let mut pieces = Vec::new();
        self.pieces(range, 0, &mut pieces);
        pieces.into()
    }

    /// Pieces that map a stretch of this text, for a scalar that repeats it literally.
    /// `here` is where the stretch begins in the new text.
    pub(crate) fn pieces(&self, range: Range<usize>, here: usize, out: &mut Vec<Piece>) {
        let Some(pieces) = &self.pieces else {
            out.push(Piece {
                here: here as u32,
                there: range.start as u32,
                len: range.len() as u32,
            });
            return;
        };
        let first = pieces.partition_point(|p| (p.here + p.len) as usize <= range.start);
        for piece in &pieces[first..] {
            let start = (piece.here as usize).max(range.start);
            let end = ((piece.here + piece.len) as usize).min(range.end);
            if start >= end {
                if piece.here as usize >= range.end {
                    break;
                }
                continue;
            }
            out.push(Piece {
                here: (here + start - range.start) as u32,
                there: piece.there + (start as u32 - piece.here),
                len: (end - start) as u32,
            });
        }
    }
}

/// One file: its path relative to the root, with forward slashes, and its text.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: Arc<str>,
    pub(crate) text: Arc<str>,
}

/// A value of a variable that the command line gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Given {
    /// Name and value.
    Value(Arc<str>, Arc<str>),
    /// The path of a file of values.
    File(Arc<str>),
}

/// All files of a run, in the order of their paths.
#[derive(Clone, Default, Debug)]
pub(crate) struct Sources {
    files: Vec<Source>,
    given: Vec<Given>,
    /// Seawall's own configurations: places of theirs are places like any, but nobody finds them
    /// among the files of the project. Their ids follow those of the files.
    own: Vec<Source>,
}

impl Sources {
    /// Sorts by path, so that ids do not depend on the order of discovery.
    pub(crate) fn new(mut files: Vec<Source>) -> Sources {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Sources { files, given: Vec::new(), own: Vec::new() }
    }

    /// With values of variables, and the files that some of them stand in. A file that is here
    /// already is the same file.
    pub(crate) fn with_given(mut self, given: Vec<Given>, files: Vec<Source>) -> Sources {
        self.files.extend(files);
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.files.dedup_by(|a, b| a.path == b.path);
        Sources { given, ..self }
    }

    /// With seawall's own configurations, which are not the project's files any more.
    pub(crate) fn with_own(mut self, own: Vec<Source>) -> Sources {
        self.files.retain(|file| own.iter().all(|o| o.path != file.path));
        Sources { own, ..self }
    }

    /// The ids of seawall's own configurations, in the order in which they were given.
    pub(crate) fn own(&self) -> impl Iterator<Item = FileId> + use<> {
        let first = self.files.len() as u32;
        (first..first + self.own.len() as u32).map(FileId)
    }

    fn file(&self, file: FileId) -> &Source {
        let at = file.0 as usize;
        self.files.get(at).unwrap_or_else(|| &self.own[at - self.files.len()])
    }

    /// In the order of the command line: the last wins.
    pub(crate) fn given(&self) -> &[Given] {
        &self.given
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.files.len() as u32).map(FileId)
    }

    pub(crate) fn path(&self, file: FileId) -> &Arc<str> {
        &self.file(file).path
    }

    pub(crate) fn text(&self, file: FileId) -> Text {
        Text::of_file(file, self.file(file).text.clone())
    }

    pub(crate) fn str(&self, file: FileId) -> &str {
        &self.file(file).text
    }

    /// The text at a place.
    #[cfg(test)]
    pub(crate) fn slice(&self, place: Place) -> &str {
        self.str(place.file).get(place.range()).unwrap_or("")
    }

    /// The paths that begin with a text, in order.
    pub(crate) fn beginning<'a>(&'a self, with: &'a str) -> impl Iterator<Item = Arc<str>> + 'a {
        let first = self.files.partition_point(|s| *s.path < *with);
        let files = self.files.get(first..).unwrap_or(&[]).iter();
        files.map(|s| s.path.clone()).take_while(move |path| path.starts_with(with))
    }

    /// The id of a file, by its path relative to the root.
    pub(crate) fn find(&self, path: &str) -> Option<FileId> {
        self.files.binary_search_by(|s| (*s.path).cmp(path)).ok().map(|i| FileId(i as u32))
    }
}

/// What is wrong with a text itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Problem {
    pub(crate) place: Place,
    /// One sentence fragment, as the parser puts it: "expected `}`".
    pub(crate) message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested() -> Text {
        // "ab\ncd\n" whose lines stand at 10 and 20 of the file.
        let pieces = [Piece { here: 0, there: 10, len: 3 }, Piece { here: 3, there: 20, len: 3 }];
        Text::nested("ab\ncd\n".into(), Place::new(FileId(0), 5..30), Shared::from(pieces))
    }

    #[test]
    fn a_nested_line_lands_on_its_own_line_of_the_file() {
        assert_eq!(nested().place(3..5), Place::new(FileId(0), 20..22));
        assert_eq!(nested().place(0..5), Place::new(FileId(0), 10..22));
    }

    #[test]
    fn a_text_within_a_nested_text_still_maps_to_the_file() {
        let mut pieces = Vec::new();
        nested().pieces(1..5, 0, &mut pieces);
        assert_eq!(
            pieces,
            [Piece { here: 0, there: 11, len: 2 }, Piece { here: 2, there: 20, len: 2 }]
        );
    }

    #[test]
    fn a_text_without_pieces_falls_back_to_the_whole_scalar() {
        let text = Text::nested("x".into(), Place::new(FileId(0), 5..9), Shared::empty());
        assert_eq!(text.place(0..1), Place::new(FileId(0), 5..9));
    }
}
