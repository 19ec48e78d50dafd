//! Examples on cards: small projects with the findings that are expected of them.

use super::{Block, Page, Part};
use crate::model::fact::Name;

/// What the card says of an example.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Section {
    Bad,
    Good,
    Possible,
}

/// What a marker announces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Finding,
    Evidence,
    Possible,
}

/// A small project: blocks that stand together without prose between them.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    pub(crate) section: Section,
    /// The paragraph in front of it.
    pub(crate) title: Name,
    /// Line of the page where its first block begins, counted from 1.
    pub(crate) line: usize,
    /// Names and texts.
    pub(crate) files: Vec<(String, String)>,
    pub(crate) expectations: Vec<Expectation>,
}

/// A marker: `# finding: words`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Expectation {
    pub(crate) file: String,
    /// Line of the file, counted from 1.
    pub(crate) line: usize,
    pub(crate) kind: Kind,
    pub(crate) words: String,
}

/// How comments begin in the formats that examples are written in.
const OPENERS: [&str; 4] = ["<!--", "--", "//", "#"];

const KINDS: [(&str, Kind); 3] =
    [("finding:", Kind::Finding), ("evidence:", Kind::Evidence), ("possible:", Kind::Possible)];

/// All examples of a page, in its order.
pub(crate) fn examples(page: &Page) -> Vec<Example> {
    let mut all = Vec::new();
    for (title, section) in
        [("Bad", Section::Bad), ("Good", Section::Good), ("Possible", Section::Possible)]
    {
        let Some(found) = page.section(title) else {
            continue;
        };
        let mut prose: Name = title.into();
        let mut open = false;
        for part in &found.parts {
            match part {
                Part::Prose(range) => {
                    prose = super::unfold(page.slice(range)).into();
                    open = false;
                }
                Part::Code(block) => {
                    if !open {
                        let line = page.error(block.content.start, "").line;
                        let (files, expectations) = (Vec::new(), Vec::new());
                        let title = prose.clone();
                        all.push(Example { section, title, line, files, expectations });
                        open = true;
                    }
                    if let Some(example) = all.last_mut() {
                        example.add(page, block);
                    }
                }
            }
        }
    }
    all
}

/// A page without metadata and markers, for people.
pub(crate) fn readable(page: &Page) -> String {
    let mut out = String::with_capacity(page.text.len());
    let metadata = page.metadata.as_ref().map_or(0..0, |block| block.content.clone());
    let mut blocks = page.sections.iter().flat_map(super::Section::blocks).peekable();
    let mut at = 0;
    let mut blank = false;
    for line in page.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        // With the fence above and the one below.
        let hidden = metadata.end > 0 && at >= metadata.start && start <= metadata.end;
        if hidden || (blank && line.trim().is_empty()) {
            continue;
        }
        while blocks.peek().is_some_and(|b| b.content.end <= start) {
            blocks.next();
        }
        let in_code = blocks.peek().is_some_and(|b| b.content.contains(&start));
        let kept =
            if in_code { marker(line).map_or(line, |m| line[..m.at].trim_end()) } else { line };
        if kept.len() < line.len() {
            if !kept.is_empty() {
                out.push_str(kept);
                out.push('\n');
            }
            continue;
        }
        blank = line.trim().is_empty() && !in_code;
        out.push_str(line);
    }
    out
}

impl Example {
    fn add(&mut self, page: &Page, block: &Block) {
        let text = page.slice(&block.content);
        let name = block.file.as_deref().unwrap_or_else(|| default_name(&block.language));
        for (i, line) in text.lines().enumerate() {
            let mut rest = line;
            while let Some(marker) = marker(rest) {
                rest = &rest[marker.words..];
                let end = self::marker(rest).map_or(rest.len(), |next| next.at);
                let words = rest[..end].trim().trim_end_matches("-->").trim();
                self.expectations.push(Expectation {
                    file: name.to_owned(),
                    line: i + 1,
                    kind: marker.kind,
                    words: words.to_owned(),
                });
            }
        }
        self.files.push((name.to_owned(), text.to_owned()));
    }
}

/// What a block is called that does not say.
pub(crate) fn default_name(language: &str) -> &'static str {
    match language {
        "hcl" | "terraform" => "main.tf",
        "xml" => "config.xml",
        "sql" => "schema.sql",
        "json" => "example.json",
        "ini" | "conf" => "example.conf",
        _ => "example.yaml",
    }
}

struct Marker {
    /// Where its comment begins.
    at: usize,
    /// Where its words begin.
    words: usize,
    kind: Kind,
}

/// The first marker of a line.
fn marker(line: &str) -> Option<Marker> {
    let mut found: Option<Marker> = None;
    for (word, kind) in KINDS {
        let Some(start) = line.find(word) else {
            continue;
        };
        let before = line[..start].trim_end();
        let Some(opener) = OPENERS.iter().find(|o| before.ends_with(**o)) else {
            continue;
        };
        let at = before.len() - opener.len();
        if found.as_ref().is_none_or(|f| at < f.at) {
            found = Some(Marker { at, words: start + word.len(), kind });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# T

```toml
a = 1
```

## Bad

Two files.

```yaml
type: x   # evidence: open   # finding: asks
```
```xml file=a/b.xml
<!-- finding: no password -->
<password/>
```

## Good

One.

```sql
-- possible: maybe
select 1
```

Another.

```hcl
a = 1
```
";

    #[test]
    fn blocks_without_prose_between_them_are_one_project() {
        let page = Page::read("a/b.md", PAGE).unwrap();
        let all = examples(&page);
        let files: Vec<Vec<&str>> =
            all.iter().map(|e| e.files.iter().map(|f| f.0.as_str()).collect()).collect();
        assert_eq!(files, [vec!["example.yaml", "a/b.xml"], vec!["schema.sql"], vec!["main.tf"]]);
        assert_eq!((&*all[2].title, all[2].line), ("Another.", 31));
    }

    #[test]
    fn markers_tell_file_line_and_words() {
        let page = Page::read("a/b.md", PAGE).unwrap();
        let told: Vec<String> = examples(&page)
            .iter()
            .flat_map(|e| e.expectations.clone())
            .map(|e| format!("{}:{} {:?} {}", e.file, e.line, e.kind, e.words))
            .collect();
        assert_eq!(
            told,
            [
                "example.yaml:1 Evidence open",
                "example.yaml:1 Finding asks",
                "a/b.xml:1 Finding no password",
                "schema.sql:1 Possible maybe",
            ]
        );
    }

    #[test]
    fn people_see_neither_metadata_nor_markers() {
        let page = Page::read("a/b.md", PAGE).unwrap();
        let text = readable(&page);
        assert!(
            text.starts_with("# T\n\n## Bad\n\nTwo files.\n\n```yaml\ntype: x\n```\n"),
            "{text}"
        );
        assert!(text.contains("<password/>") && !text.contains("finding"));
    }
}
