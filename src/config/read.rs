//! From TOML to a [`Configuration`]; every mistake is told, at its place.

use ignore::gitignore::GitignoreBuilder;

use super::{Class, Configuration, Fault, Ignore, Said, Scope, Settings, is_date};
use crate::finding::Severity;
use crate::model::class;
use crate::model::truth::Confidence;
use crate::source::{FileId, Source, Text};
use crate::spelling::distance;
use crate::tree::node::{Entry, Kind, Node};
use crate::tree::toml;

const TOP: [&str; 7] =
    ["fail-on", "min-severity", "min-confidence", "rule", "skip", "class", "ignore"];
const CLASS: [&str; 3] = ["table", "column", "class"];
const IGNORE: [&str; 5] = ["rule", "path", "resource", "reason", "until"];

/// More entries than anybody writes by hand.
const MAX_ENTRIES: usize = 10_000;

/// Reads a configuration that counts for the files of the scopes; `whole`: they are all below it.
pub(crate) fn read(
    file: Source,
    scopes: Vec<Scope>,
    whole: bool,
) -> Result<Configuration, Vec<Fault>> {
    let (node, problems) = toml::parse(&Text::of_file(FileId(0), file.text.clone()));
    let mut reader = Reader::default();
    for problem in problems {
        reader.fault(problem.place.range(), problem.message, None);
    }
    // Of a text that does not parse the rest would only give mistakes that are none.
    if !reader.faults.is_empty() {
        return Err(reader.faults);
    }
    reader.known(&node, &TOP, "the configuration");
    let severities = Severity::ALL.map(Severity::name);
    let confidences =
        [Confidence::Certain, Confidence::Likely, Confidence::Possible].map(Confidence::name);
    let failing = ["critical", "high", "medium", "low", "never"];
    let settings = Settings {
        fail_on: reader.one_of(&node, "fail-on", &failing),
        min_severity: reader.one_of(&node, "min-severity", &severities),
        min_confidence: reader.one_of(&node, "min-confidence", &confidences),
        rule: reader.list(&node, "rule"),
        skip: reader.list(&node, "skip"),
    };
    let classes = reader.tables(&node, "class").iter().filter_map(|n| reader.class(n)).collect();
    let ignores = reader.tables(&node, "ignore").iter().filter_map(|n| reader.ignore(n)).collect();
    if reader.faults.is_empty() {
        Ok(Configuration { file, scopes, whole, settings, classes, ignores })
    } else {
        reader.faults.sort_by_key(|fault| fault.at.start);
        Err(reader.faults)
    }
}

#[derive(Default)]
struct Reader {
    faults: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, at: std::ops::Range<usize>, message: String, help: Option<String>) {
        self.faults.push(Fault { at, message, help });
    }

    fn known(&mut self, table: &Node, keys: &[&str], what: &str) {
        for Entry { key, key_place, .. } in table.entries() {
            if !keys.contains(&&**key) {
                let message = format!("{what} has no `{key}`");
                self.fault(key_place.range(), message, Some(likely(key, keys)));
            }
        }
    }

    /// A text that is there and not empty.
    fn text(&mut self, table: &Node, key: &str) -> Option<Said<String>> {
        let node = table.get(key)?;
        let at = node.place.range();
        match node.scalar() {
            Some(scalar) if !scalar.plain && !scalar.text.trim().is_empty() => {
                Some(Said { value: scalar.text.trim().to_owned(), at })
            }
            Some(scalar) if !scalar.plain => {
                self.fault(at, format!("`{key}` is empty"), None);
                None
            }
            _ => {
                self.fault(at, format!("`{key}` is a text in quotes"), None);
                None
            }
        }
    }

    /// A text without which the table says nothing.
    fn needed(&mut self, table: &Node, key: &str, what: &str) -> Option<Said<String>> {
        if table.get(key).is_none() {
            self.fault(table.place.range(), format!("{what} needs `{key}`"), None);
        }
        self.text(table, key)
    }

    fn one_of(&mut self, table: &Node, key: &str, words: &[&str]) -> Option<Said<String>> {
        let said = self.text(table, key)?;
        if words.contains(&&*said.value) {
            return Some(said);
        }
        let message = format!("`{key}` cannot be `{}`", said.value);
        self.fault(said.at, message, Some(likely(&said.value, words)));
        None
    }

    /// A list of texts, or one text alone.
    fn list(&mut self, table: &Node, key: &str) -> Option<Said<Vec<Said<String>>>> {
        let node = table.get(key)?;
        let at = node.place.range();
        let items = match &node.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut value = Vec::new();
        for item in items {
            match item.scalar() {
                Some(scalar) if !scalar.plain => {
                    value.push(Said { value: scalar.text.to_string(), at: item.place.range() });
                }
                _ => {
                    let message = format!("`{key}` is a list of texts in quotes");
                    self.fault(item.place.range(), message, None);
                }
            }
        }
        Some(Said { value, at })
    }

    fn tables<'a>(&mut self, root: &'a Node, key: &str) -> &'a [Node] {
        let Some(node) = root.get(key) else { return &[] };
        let items = node.items();
        if !matches!(node.kind, Kind::List(_)) || items.iter().any(|n| n.map().is_none()) {
            let help = format!("write each as a table of its own, under `[[{key}]]`");
            self.fault(node.place.range(), format!("`{key}` is a list of tables"), Some(help));
            return &[];
        }
        if items.len() > MAX_ENTRIES {
            self.fault(node.place.range(), format!("more than {MAX_ENTRIES} entries"), None);
            return &[];
        }
        items
    }

    fn class(&mut self, node: &Node) -> Option<Class> {
        self.known(node, &CLASS, "`[[class]]`");
        let word = self.needed(node, "class", "`[[class]]`");
        let (table, column) = (self.text(node, "table"), self.text(node, "column"));
        if node.get("table").is_none() && node.get("column").is_none() {
            let message = "`[[class]]` needs `table`, `column` or both".to_owned();
            self.fault(node.place.range(), message, None);
        }
        let word = word?;
        if class::named(&word.value).is_none() && word.value != "none" {
            let message = format!("there is no class `{}`", word.value);
            let help = likely(&word.value, &class::OFFERED);
            self.fault(word.at.clone(), message, Some(help));
            return None;
        }
        let value = |said: Option<Said<String>>| said.map(|said| said.value);
        Some(Class { table: value(table), column: value(column), word, at: node.place.range() })
    }

    fn ignore(&mut self, node: &Node) -> Option<Ignore> {
        self.known(node, &IGNORE, "`[[ignore]]`");
        let rule = self.needed(node, "rule", "`[[ignore]]`");
        let path = self.needed(node, "path", "`[[ignore]]`");
        let resource = self.text(node, "resource");
        // No reason is told of as it is of a comment.
        let reason = node.get("reason").and_then(|_| self.text(node, "reason"));
        let until = self.date(node);
        let path = path?;
        let paths = self.paths(&path)?;
        Some(Ignore {
            rule: rule?,
            path: path.value,
            paths,
            resource: resource.map(|said| said.value),
            reason: reason.map(|said| said.value),
            until,
            at: node.place.range(),
        })
    }

    /// TOML's own date, or one in quotes.
    fn date(&mut self, table: &Node) -> Option<String> {
        let node = table.get("until")?;
        match node.str() {
            Some(text) if is_date(text) => Some(text.to_owned()),
            _ => {
                let message = "`until` is a date: YYYY-MM-DD".to_owned();
                self.fault(node.place.range(), message, None);
                None
            }
        }
    }

    /// Paths as a `.gitignore` beside the configuration would name them.
    fn paths(&mut self, path: &Said<String>) -> Option<ignore::gitignore::Gitignore> {
        let Said { value, at } = path;
        let out = value.starts_with("../") || value.contains("/../") || value.ends_with("/..");
        if value.starts_with(['!', '#']) || out || value.contains('\\') {
            let message = format!("`{value}` is no path below the configuration's folder");
            self.fault(at.clone(), message, None);
            return None;
        }
        let mut builder = GitignoreBuilder::new("");
        let line =
            value.strip_prefix("./").map_or_else(|| value.clone(), |rest| format!("/{rest}"));
        let built = builder.add_line(None, &line).and_then(|b| b.build());
        match built {
            Ok(paths) => Some(paths),
            Err(error) => {
                self.fault(at.clone(), format!("`{value}` is no pattern: {error}"), None);
                None
            }
        }
    }
}

/// Which of some words was probably meant; else all of them.
fn likely(word: &str, words: &[&str]) -> String {
    let nearest = words.iter().map(|other| (distance(word, other), other)).min();
    match nearest {
        Some((distance, other)) if distance <= (other.len() / 3).max(1) => {
            format!("`{other}` is probably meant")
        }
        _ => format!("known are `{}`", words.join("`, `")),
    }
}
