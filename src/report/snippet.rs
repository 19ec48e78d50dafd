//! The lines of files that a finding points at, as `miette` wants to read them.
//!
//! A [`View`] is a small text of its own: only the lines that labels stand on and a little around
//! them, from several files, in the order of the story. Lines are cut to a readable length around
//! their labels, and control characters are replaced. `miette`'s own reader walks the whole file
//! for every label, and its drawing panics on columns beyond 65,535; neither can happen here.

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::clean;
use super::position::{Point, Positions};
use crate::source::{FileId, Place};

/// Longest line shown, in bytes, and how much of it stands before its first label.
const LONGEST: usize = 160;
const LEAD: usize = 40;
/// Labels at most so many lines apart share a window.
const NEAR: usize = 2;

/// A place to point at, and what to say there.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) place: Place,
    pub(crate) say: Option<String>,
    /// The place to edit; gets a line of context on both sides.
    pub(crate) primary: bool,
}

/// The text to draw, with its labels.
#[derive(Debug, Default)]
pub(crate) struct View {
    text: String,
    windows: Vec<Window>,
    labels: Vec<Label>,
}

/// Neighbouring lines of one file.
#[derive(Debug)]
struct Window {
    file: FileId,
    name: String,
    /// Lines counted from 0, both included.
    first: usize,
    last: usize,
    /// Where they stand in the view's text.
    start: usize,
    end: usize,
}

#[derive(Debug)]
struct Label {
    start: usize,
    end: usize,
    /// In the real file.
    point: Point,
    say: Option<String>,
    primary: bool,
}

impl View {
    /// A view of the marks, windows in the order in which the marks first need them.
    pub(crate) fn new(marks: &[Mark], positions: &Positions<'_>) -> View {
        let mut view = View { windows: windows(marks, positions), ..View::default() };
        for index in 0..view.windows.len() {
            view.draw(index, marks, positions);
        }
        view
    }

    /// The labels, for the diagnostic.
    pub(crate) fn labels(&self) -> impl Iterator<Item = LabeledSpan> {
        self.labels.iter().map(|label| {
            let span = SourceSpan::new(label.start.into(), label.end - label.start);
            if label.primary {
                LabeledSpan::new_primary_with_span(label.say.clone(), span)
            } else {
                LabeledSpan::new_with_span(label.say.clone(), span)
            }
        })
    }

    fn draw(&mut self, window: usize, marks: &[Mark], positions: &Positions<'_>) {
        let Window { file, first, last, .. } = self.windows[window];
        let start = self.text.len();
        for line in first..=last {
            let on_line: Vec<&Mark> =
                marks.iter().filter(|mark| stands_on(mark, file, line, positions)).collect();
            self.draw_line(file, line, &on_line, positions);
        }
        self.windows[window].start = start;
        self.windows[window].end = self.text.len();
    }

    fn draw_line(&mut self, file: FileId, line: usize, marks: &[&Mark], positions: &Positions<'_>) {
        let index = positions.index(file);
        let source = positions.sources().str(file);
        let whole = index.line(line);
        let content = source[whole.clone()].trim_end_matches(['\n', '\r']);
        let end = whole.start + content.len();
        let cut = cut(source, whole.start..end, marks);
        if cut.start > whole.start {
            self.text.push('…');
        }
        // Of each character shown: where it ends in the file, and where it begins in the view.
        let mut shown: Vec<(usize, usize)> = Vec::new();
        for (offset, c) in source[cut.clone()].char_indices() {
            shown.push((cut.start + offset + c.len_utf8(), self.text.len()));
            self.text.push(if c == '\t' { c } else { clean::shown(c) });
        }
        let row_end = self.text.len();
        let begin = |n: usize| shown.get(n).map_or(row_end, |(_, begin)| *begin);
        for mark in marks {
            let place = mark.place.range();
            let first = shown.partition_point(|(end, _)| *end <= place.start);
            let behind = shown.partition_point(|(end, _)| *end < place.end) + 1;
            let start = begin(first);
            let end = if place.is_empty() { start } else { begin(behind).max(start) };
            self.label(mark, start, end, index.point(mark.place.start));
        }
        if cut.end < end {
            self.text.push('…');
        }
        self.text.push('\n');
    }

    /// Adds a label; two at the very same place are one that says both.
    fn label(&mut self, mark: &Mark, start: usize, end: usize, point: Point) {
        let say = mark.say.as_deref().map(|say| clean::line(say).into_owned());
        if let Some(same) = self.labels.iter_mut().find(|l| (l.start, l.end) == (start, end)) {
            same.primary |= mark.primary;
            same.say = match (same.say.take(), say) {
                (Some(one), Some(two)) => Some(format!("{one}\n{two}")),
                (one, two) => one.or(two),
            };
            return;
        }
        self.labels.push(Label { start, end, point, say, primary: mark.primary });
    }
}

/// The part of a line that is shown, in bytes of the file.
fn cut(source: &str, line: std::ops::Range<usize>, marks: &[&Mark]) -> std::ops::Range<usize> {
    if line.len() <= LONGEST {
        return line;
    }
    let first = marks.iter().map(|mark| mark.place.start as usize).min().unwrap_or(line.start);
    let start = first.min(line.end).saturating_sub(LEAD).clamp(line.start, line.end);
    let start = boundary(source, start);
    start..boundary(source, (start + LONGEST).min(line.end))
}

/// The beginning of the character at an offset.
fn boundary(text: &str, mut offset: usize) -> usize {
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn line_of(mark: &Mark, positions: &Positions<'_>) -> usize {
    positions.index(mark.place.file).line_at(mark.place.start)
}

fn stands_on(mark: &Mark, file: FileId, line: usize, positions: &Positions<'_>) -> bool {
    mark.place.file == file && line_of(mark, positions) == line
}

/// Which lines to show. Marks that lie near one another share a window.
fn windows(marks: &[Mark], positions: &Positions<'_>) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for mark in marks {
        let file = mark.place.file;
        let line = line_of(mark, positions);
        let (mut first, mut last) = (line, line);
        if mark.primary {
            let index = positions.index(file);
            first = line.saturating_sub(1);
            last = if index.line(line + 1).is_empty() { line } else { line + 1 };
        }
        match windows.iter().position(|w| near(w, file, first, last)) {
            Some(at) => {
                let window = &mut windows[at];
                window.first = window.first.min(first);
                window.last = window.last.max(last);
                swallow(&mut windows, at);
            }
            None => windows.push(Window {
                file,
                name: clean::line(positions.path(mark.place)).into_owned(),
                first,
                last,
                start: 0,
                end: 0,
            }),
        }
    }
    windows
}

fn near(window: &Window, file: FileId, first: usize, last: usize) -> bool {
    window.file == file && first <= window.last + 1 + NEAR && window.first <= last + 1 + NEAR
}

/// A window that has grown takes in those that it now touches.
fn swallow(windows: &mut Vec<Window>, grown: usize) {
    let mut other = grown + 1;
    while other < windows.len() {
        let Window { file, first, last, .. } = windows[other];
        if near(&windows[grown], file, first, last) {
            windows.remove(other);
            windows[grown].first = windows[grown].first.min(first);
            windows[grown].last = windows[grown].last.max(last);
            other = grown + 1;
        } else {
            other += 1;
        }
    }
}

impl SourceCode for View {
    /// With lines of context: the whole window. Without: the label itself, which `miette` asks for
    /// to head the window with a position. Across windows: an error, so that they stay apart.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let window =
            self.windows.iter().find(|w| w.start <= start && end <= w.end && start < w.end);
        let window = window.ok_or(MietteError::OutOfBounds)?;
        let name = window.name.clone();
        let label = self.labels.iter().find(|l| l.start == start);
        if let (Some(label), 0, 0) = (label, before, after) {
            let (line, column) = (label.point.line as usize - 1, label.point.column as usize - 1);
            let data = &self.text.as_bytes()[start..end];
            let contents = MietteSpanContents::new_named(name, data, *span, line, column, 1);
            return Ok(Box::new(contents));
        }
        let data = &self.text.as_bytes()[window.start..window.end];
        let all = SourceSpan::new(window.start.into(), window.end - window.start);
        let lines = window.last - window.first + 1;
        Ok(Box::new(MietteSpanContents::new_named(name, data, all, window.first, 0, lines)))
    }
}
