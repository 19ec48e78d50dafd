//! The examples of a page: the code blocks that stand together, with the heading over them.

use std::fs;
use std::path::Path;

/// What `cases.md` is called beside the cards.
pub(crate) const CASES: &str = "cases";

/// One project: file names and their text.
pub(crate) struct Example {
    pub(crate) page: String,
    pub(crate) title: String,
    pub(crate) files: Vec<(String, String)>,
}

/// Those on the card of that name, and those under its name in `cases.md`.
pub(crate) fn of(card: &str) -> Vec<Example> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join(format!("rules/catalog/images/{card}.md"))).unwrap();
    let cases = fs::read_to_string(root.join("tests/real_servers/cases.md")).unwrap();
    let mut out = read(card, &page);
    let prefix = format!("{CASES}: {card}: ");
    out.extend(read(CASES, &cases).into_iter().filter(|case| case.title.starts_with(&prefix)));
    out
}

/// Those of a file beside this one.
pub(crate) fn with(name: &str) -> Vec<Example> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_servers").join(name);
    read(name, &fs::read_to_string(path).unwrap())
}

/// Blocks between two headings are one project; the card itself (`toml`) and the inventory that
/// stands behind an example are none of it.
fn read(page: &str, text: &str) -> Vec<Example> {
    let mut out: Vec<Example> = Vec::new();
    let mut block: Option<(Option<String>, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), block.take()) {
            (Some(info), None) => block = Some((file_name(info), String::new())),
            (Some(_), Some((Some(name), content))) => {
                if let Some(example) = out.last_mut() {
                    example.files.push((name, content));
                }
            }
            (Some(_), Some((None, _))) => {}
            (None, Some((name, content))) => block = Some((name, content + line + "\n")),
            (None, None) => {
                if let Some(title) = line.strip_prefix("## ") {
                    let title = format!("{page}: {title}");
                    out.push(Example { page: page.into(), title, files: Vec::new() });
                }
            }
        }
    }
    out.retain(|example| !example.files.is_empty());
    out
}

fn file_name(info: &str) -> Option<String> {
    let mut words = info.split_whitespace();
    let language = words.next()?;
    let named = words.find_map(|word| word.strip_prefix("file=")).map(str::to_owned);
    named.or_else(|| (language == "yaml").then(|| "docker-compose.yml".into()))
}
