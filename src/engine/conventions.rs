//! What all rule cards have in common, and what the README says of them.

use std::fmt::Write as _;
use std::path::Path;

use super::examples::built_in;
use super::*;
use crate::cards::example::Section;
use crate::catalog::Catalog;

/// Rules about what is there or is not: nothing that the files leave open decides them.
const NEVER_POSSIBLE: [&str; 14] = [
    "cluster-without-secret",
    "half-key-pair",
    "index-without-delete",
    "log-table-without-ttl",
    "no-effect-setting",
    "password-in-clear",
    "query-log-unmasked",
    "secrets-stored-in-clear",
    "server-does-not-start",
    "table-without-ttl",
    "unknown-field",
    "unparsable-file",
    "unused-suppression",
    "well-known-password",
];

#[test]
fn every_card_shows_what_is_bad_and_good_and_where_it_can_be_open_what_is_possible() {
    for (name, _, examples) in built_in().examples() {
        let has = |section| examples.iter().any(|e| e.section == section);
        assert!(has(Section::Bad) && has(Section::Good), "{name}: an example is missing");
        let never = NEVER_POSSIBLE.contains(&&**name);
        assert_ne!(has(Section::Possible), never, "{name}: Possible");
    }
}

#[test]
fn names_and_titles_say_what_is_wrong() {
    for info in built_in().infos() {
        let words: Vec<&str> = info.name.split('-').collect();
        let plain = |word: &&str| {
            word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) && !word.is_empty()
        };
        assert!(words.len() > 1 && words.iter().all(plain), "{}", info.name);
        let title = &info.title;
        let capital = title.starts_with(|c: char| c.is_ascii_uppercase());
        assert!(capital && !title.ends_with('.'), "{}: {title}", info.name);
        assert!(info.summary.ends_with('.'), "{}: {}", info.name, info.summary);
    }
}

/// Messages stand in the middle of a line, behind a severity, and carry no codes.
#[test]
fn messages_and_helps_are_written_alike() {
    let all = built_in();
    let mut told = String::new();
    for rule in &all.rules {
        let name = &rule.info.name;
        for text in [&rule.say.bare(), &*rule.help] {
            for fault in faults(text) {
                writeln!(told, "{name}: {fault}: {text}").unwrap();
            }
        }
    }
    // What the holes are filled with counts as well.
    for (name, _, examples) in all.examples() {
        for example in examples {
            let run = crate::session::check_texts(&example.files, &all);
            for finding in run.findings.iter().filter(|f| f.rule == *name) {
                for fault in faults(&finding.message) {
                    writeln!(told, "{name}: {fault}: {}", finding.message).unwrap();
                }
            }
        }
    }
    assert!(told.is_empty(), "\n{told}");
}

fn faults(text: &str) -> Vec<&'static str> {
    let first = text.split(' ').next().unwrap_or("");
    let starts = ["The", "A", "An", "Anyone", "Nobody", "Nothing", "Whoever", "This", "No"];
    let is_sentence = starts.contains(&first);
    let code = text.split_whitespace().any(|word| {
        word.split_once('-').is_some_and(|(a, b)| {
            (2..=4).contains(&a.len())
                && a.chars().all(|c| c.is_ascii_uppercase())
                && b.len() >= 2
                && b.chars().all(|c| c.is_ascii_digit())
        })
    });
    let checks = [
        (text.trim().is_empty(), "nothing"),
        (text.ends_with(['.', '!', ' ']), "ends like a sentence"),
        (text.contains("  ") || text.contains('\n'), "two spaces"),
        (text.contains("``") || text.contains("an unknown"), "a hole without a name"),
        (is_sentence, "begins like a sentence"),
        (code, "a code"),
    ];
    checks.into_iter().filter_map(|(wrong, what)| wrong.then_some(what)).collect()
}

#[test]
fn the_readme_lists_every_rule() {
    let mut rules: Vec<_> = built_in().infos().cloned().collect();
    rules.sort_by(|a, b| (a.category, &a.name).cmp(&(b.category, &b.name)));
    let mut table =
        String::from("| rule | at worst | category | title |\n| --- | --- | --- | --- |\n");
    for rule in rules {
        let (name, category) = (&rule.name, rule.category);
        let page = format!("rules/{category}/{name}.md");
        let (severity, title) = (rule.severity, &rule.title);
        writeln!(table, "| [`{name}`]({page}) | {severity} | {category} | {title} |").unwrap();
    }
    between("rules", &table);
}

#[test]
fn the_readme_names_every_engine_whose_images_are_recognised() {
    let catalog = Catalog::of(crate::embedded::pages());
    let engines: BTreeSet<&str> = catalog.images.iter().map(|c| c.engine.as_str()).collect();
    let list: Vec<&str> = engines.into_iter().collect();
    between("images", &format!("{}\n", list.join(", ")));
}

/// Compares what stands in the README between two markers; `UPDATE=1` writes it.
#[expect(clippy::disallowed_methods, reason = "a test reads the README beside the sources")]
fn between(marker: &str, expected: &str) {
    // Tests run in parallel, and two of them write the same file.
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (open, close) = (format!("<!-- {marker} -->\n"), format!("<!-- /{marker} -->"));
    let start = text.find(&open).expect("no marker") + open.len();
    let end = start + text[start..].find(&close).expect("no end");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{}\n{expected}\n{}", &text[..start], &text[end..])).unwrap();
    } else {
        let found = text[start..end].trim();
        assert_eq!(found, expected.trim(), "README.md is old; UPDATE=1 writes it");
    }
}
