//! Reading a card: title, metadata, sections and code blocks of a Markdown page.
//!
//! A card is documentation, data and test at once. Only as much Markdown is read as that needs:
//! headings that begin with `#` and blocks between fences. Every part knows where it stands in the
//! page, so that a mistake in a condition is told with its line.

pub(crate) mod example;

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;

use crate::model::fact::Name;

/// A page, cut into its parts.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Its path, for errors and for the name that it gives.
    pub(crate) path: Name,
    pub(crate) text: Name,
    /// The first heading.
    pub(crate) title: Name,
    /// The first paragraph.
    pub(crate) summary: Name,
    /// The first TOML block before any section.
    pub(crate) metadata: Option<Block>,
    /// From one `##` heading to the next.
    pub(crate) sections: Vec<Section>,
}

#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) title: Name,
    /// Bytes of the page, without the heading.
    pub(crate) range: Range<usize>,
    pub(crate) parts: Vec<Part>,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Bytes of the page: one or more paragraphs.
    Prose(Range<usize>),
    Code(Block),
}

/// A block between fences.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) language: Name,
    /// From `file=…` behind the language.
    pub(crate) file: Option<Name>,
    /// Bytes of the page between the fences.
    pub(crate) content: Range<usize>,
}

/// What is wrong with a card.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct CardError {
    pub(crate) path: Name,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl fmt::Display for CardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

impl Page {
    pub(crate) fn read(path: &str, text: &str) -> Result<Page, CardError> {
        let mut page = Page {
            path: path.into(),
            text: text.into(),
            title: "".into(),
            summary: "".into(),
            metadata: None,
            sections: Vec::new(),
        };
        let mut intro = Vec::new();
        let mut fence: Option<Fence> = None;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let range = at..at + line.len();
            at = range.end;
            let line = line.trim_end();
            if let Some(open) = &fence {
                if open.closes(line) {
                    let part = Part::Code(open.block(range.start));
                    page.put(part, &mut intro);
                    fence = None;
                }
                continue;
            }
            if let Some(open) = Fence::opens(line, &range) {
                fence = Some(open);
            } else if let Some(title) = line.strip_prefix("## ") {
                page.close(range.start);
                let title = title.trim().into();
                page.sections.push(Section { title, range: at..at, parts: Vec::new() });
            } else if let Some(title) = line.strip_prefix("# ").filter(|_| page.title.is_empty()) {
                page.title = title.trim().into();
            } else if !line.is_empty() {
                page.put(Part::Prose(range), &mut intro);
            } else if page.sections.is_empty() {
                // A blank line ends the paragraph that may be the summary.
                intro.push(Part::Prose(range));
            }
        }
        if let Some(open) = fence {
            return Err(page.error(open.start, "a block that is never closed"));
        }
        page.close(text.len());
        if page.title.is_empty() {
            return Err(page.error(0, "no heading: the first line is `# Title`"));
        }
        page.introduce(intro);
        Ok(page)
    }

    /// The text of a part.
    pub(crate) fn slice(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or("")
    }

    pub(crate) fn section(&self, title: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.title.eq_ignore_ascii_case(title))
    }

    /// An error at an offset of the page.
    pub(crate) fn error(&self, offset: usize, message: impl Into<String>) -> CardError {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        CardError { path: self.path.clone(), line, message: message.into() }
    }

    /// The metadata as a type; what does not fit is told with its line.
    pub(crate) fn metadata<T: DeserializeOwned>(&self) -> Result<T, CardError> {
        let Some(block) = &self.metadata else {
            return Err(self.error(0, "no metadata: a block of `toml` under the title"));
        };
        toml::from_str(self.slice(&block.content)).map_err(|error| {
            let into = error.span().map_or(0, |span| span.start);
            self.error(block.content.start + into, error.message())
        })
    }

    /// An error at a text of the metadata, `into` bytes behind its beginning.
    pub(crate) fn error_in(
        &self,
        text: &str,
        into: usize,
        message: impl Into<String>,
    ) -> CardError {
        let content = self.metadata.as_ref().map_or(0..0, |block| block.content.clone());
        let start = self.slice(&content).find(text).unwrap_or(0);
        self.error(content.start + start + into, message)
    }

    /// The file name without folder and ending.
    pub(crate) fn stem(&self) -> &str {
        let file = self.path.rsplit('/').next().unwrap_or(&self.path);
        file.strip_suffix(".md").unwrap_or(file)
    }

    /// The folder that the page lies in.
    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit('/').nth(1).unwrap_or("")
    }

    fn put(&mut self, part: Part, intro: &mut Vec<Part>) {
        let parts = self.sections.last_mut().map_or(intro, |section| &mut section.parts);
        match (parts.last_mut(), part) {
            (Some(Part::Prose(before)), Part::Prose(range)) => before.end = range.end,
            (_, part) => parts.push(part),
        }
    }

    fn close(&mut self, end: usize) {
        if let Some(section) = self.sections.last_mut() {
            section.range.end = end;
        }
    }

    /// Takes metadata and summary from what stands before the first section.
    fn introduce(&mut self, intro: Vec<Part>) {
        for part in intro {
            match part {
                Part::Code(block) if &*block.language == "toml" && self.metadata.is_none() => {
                    self.metadata = Some(block);
                }
                Part::Prose(range) if self.summary.is_empty() => {
                    let first = self.slice(&range).trim().split("\n\n").next().unwrap_or("");
                    self.summary = unfold(first).into();
                }
                _ => {}
            }
        }
    }
}

impl Section {
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.parts.iter().filter_map(|part| match part {
            Part::Code(block) => Some(block),
            Part::Prose(_) => None,
        })
    }
}

/// A paragraph on one line.
pub(crate) fn unfold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An opened block.
struct Fence {
    mark: String,
    language: Name,
    file: Option<Name>,
    /// Offset of the fence.
    start: usize,
    /// Offset of the first line in it.
    content: usize,
}

impl Fence {
    fn opens(line: &str, range: &Range<usize>) -> Option<Fence> {
        let sign = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let len = line.find(|c| c != sign).unwrap_or(line.len());
        if len < 3 {
            return None;
        }
        let mut info = line[len..].split_whitespace();
        Some(Fence {
            mark: line[..len].to_owned(),
            language: info.next().unwrap_or("").into(),
            file: info.find_map(|word| word.strip_prefix("file=")).map(Name::from),
            start: range.start,
            content: range.end,
        })
    }

    fn closes(&self, line: &str) -> bool {
        let sign = self.mark.chars().next().unwrap_or('`');
        line.starts_with(&self.mark) && line.chars().all(|c| c == sign)
    }

    fn block(&self, end: usize) -> Block {
        Block {
            language: self.language.clone(),
            file: self.file.clone(),
            content: self.content..end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# A title

```toml
severity = \"low\"
```

What it is,
in short.

More of it.

## Fix

Do this.

## Bad

````yaml file=a.yaml
```
## no heading
````
";

    #[test]
    fn a_page_comes_apart() {
        let page = Page::read("rules/logging/a-rule.md", PAGE).unwrap();
        assert_eq!((&*page.title, &*page.summary), ("A title", "What it is, in short."));
        assert_eq!((page.folder(), page.stem()), ("logging", "a-rule"));
        assert_eq!(page.slice(&page.metadata.as_ref().unwrap().content), "severity = \"low\"\n");
        assert_eq!(page.slice(&page.section("fix").unwrap().range).trim(), "Do this.");
        let block = page.section("Bad").unwrap().blocks().next().unwrap();
        assert_eq!(page.slice(&block.content), "```\n## no heading\n");
        assert_eq!(block.file.as_deref(), Some("a.yaml"));
        assert_eq!(page.sections.len(), 2);
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let error = Page::read("a.md", "# T\n\n```toml\n").unwrap_err();
        assert_eq!(error.to_string(), "a.md:3: a block that is never closed");
        assert_eq!(Page::read("a.md", "").unwrap_err().line, 1);
        let page = Page::read("a.md", "# T\n\n```toml\na = 1\nb =\n```\n").unwrap();
        assert_eq!(page.metadata::<toml::Table>().unwrap_err().line, 5);
        assert_eq!(page.error_in("= 1", 0, "").line, 4);
    }
}
