//! Lines and blocks of a file, read from its layout.

use std::ops::Range;

/// The lines of a file that holds suppressions.
pub(super) struct Layout<'a> {
    text: &'a str,
    /// Offsets of line starts, and the end of the text.
    starts: Vec<usize>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Yaml,
    Sql,
    Other,
}

/// What a comment counts for.
#[derive(Default, Debug)]
pub(super) struct Scope {
    /// Findings that are placed here.
    pub(super) places: Vec<Range<usize>>,
    /// Findings whose block begins here.
    pub(super) heads: Vec<Range<usize>>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(path: &str, text: &'a str) -> Layout<'a> {
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(i, _)| i + 1));
        starts.push(text.len());
        let ending = path.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        let kind = match ending.as_str() {
            "yaml" | "yml" => Kind::Yaml,
            "sql" => Kind::Sql,
            _ => Kind::Other,
        };
        Layout { text, starts, kind }
    }

    /// What the comment that begins at an offset counts for.
    pub(super) fn scope(&self, comment: usize) -> Scope {
        let line = self.starts.partition_point(|start| *start <= comment).saturating_sub(1);
        let mut scope = Scope::default();
        scope.add(self.line(line));
        let alone = self.text[self.starts[line]..comment].trim().is_empty();
        if !alone {
            // Behind the head of a block: `resource "a" "b" { # …`.
            scope.places.push(self.block(line));
            return scope;
        }
        if let Some(next) = self.next_code(line) {
            scope.add(self.line(next));
            scope.places.push(self.block(next));
        }
        if let Some(head) = self.head_above(line) {
            scope.heads.push(self.line(head));
            if self.kind != Kind::Yaml {
                scope.places.push(self.block(head));
            }
        }
        scope
    }

    fn count(&self) -> usize {
        self.starts.len() - 1
    }

    fn line(&self, line: usize) -> Range<usize> {
        self.starts[line]..self.starts[line + 1]
    }

    fn str(&self, line: usize) -> &'a str {
        self.text[self.line(line)].trim_end()
    }

    fn indent(&self, line: usize) -> usize {
        let text = self.str(line);
        text.len() - text.trim_start().len()
    }

    fn is_comment(&self, line: usize) -> bool {
        let text = self.str(line).trim_start();
        ["#", "//", "--", "<!--", "/*"].iter().any(|o| text.starts_with(o)) && !self.is_rule(line)
    }

    /// `---`, which begins a YAML document and no SQL comment.
    fn is_rule(&self, line: usize) -> bool {
        self.kind == Kind::Yaml && self.str(line).starts_with("---")
    }

    /// The next line that is no comment.
    fn next_code(&self, line: usize) -> Option<usize> {
        (line + 1..self.count()).take(STACK).find(|l| !self.is_comment(*l))
    }

    /// The head of the block whose first line this is: the line above is less indented.
    fn head_above(&self, line: usize) -> Option<usize> {
        let above = (0..line).rev().take(STACK).find(|l| !self.is_comment(*l))?;
        let is_head = !self.str(above).is_empty() && self.indent(above) < self.indent(line);
        is_head.then_some(above)
    }

    /// The bytes of the block that begins on a line.
    fn block(&self, head: usize) -> Range<usize> {
        let last = match self.kind {
            Kind::Sql => self.statement(head),
            Kind::Yaml if self.begins_document(head) => self.document(head),
            _ => self.indented(head),
        };
        self.starts[head]..self.starts[last + 1]
    }

    /// The last line of an SQL statement.
    fn statement(&self, head: usize) -> usize {
        let end = (head..self.count()).find(|l| self.str(*l).ends_with(';'));
        end.unwrap_or(self.count() - 1)
    }

    fn begins_document(&self, head: usize) -> bool {
        let above = (0..head).rev().take(STACK).find(|l| {
            let text = self.str(*l);
            !text.is_empty() && !self.is_comment(*l)
        });
        self.indent(head) == 0 && above.is_none_or(|above| self.is_rule(above))
    }

    fn document(&self, head: usize) -> usize {
        let end = (head + 1..self.count()).find(|l| self.is_rule(*l));
        end.map_or(self.count(), |end| end) - 1
    }

    /// The last line of what is indented below a head, with the line that closes it.
    fn indented(&self, head: usize) -> usize {
        let indent = self.indent(head);
        let item = self.str(head).trim_start().starts_with("- ");
        let mut last = head;
        for line in head + 1..self.count() {
            let text = self.str(line).trim_start();
            if text.is_empty() {
                continue;
            }
            // YAML lets a list stand under its key without indentation.
            let inside = self.indent(line) > indent
                || (self.kind == Kind::Yaml
                    && !item
                    && self.indent(line) == indent
                    && text.starts_with("- "));
            if inside {
                last = line;
                continue;
            }
            let closes = ["}", "]", ")", "</"].iter().any(|c| text.starts_with(c));
            if closes && self.indent(line) == indent {
                last = line;
            }
            break;
        }
        last
    }
}

impl Scope {
    fn add(&mut self, line: Range<usize>) {
        self.places.push(line.clone());
        self.heads.push(line);
    }
}

/// More comments than this between a suppression and its block, and it belongs to something else.
const STACK: usize = 50;
