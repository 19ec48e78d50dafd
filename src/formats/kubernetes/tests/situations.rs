//! `testdata/kubernetes-situations.md`, run through the whole pipeline.

use std::fmt::Write as _;

use crate::engine::RuleSet;
use crate::report::inventory::line::line;
use crate::session::check_texts;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/kubernetes-situations.md");

/// The page with the inventories that its situations give.
fn current(page: &str) -> String {
    let (mut out, mut beside, mut objects) = (String::new(), String::new(), String::new());
    let (mut inside, mut in_situation) = ("", false);
    for text in page.lines() {
        match text {
            "```" => {
                if inside == "inventory" {
                    out.push_str(&inventory(&format!("{beside}{objects}")));
                }
                inside = "";
            }
            _ if text.starts_with("```") => inside = &text[3..],
            _ if inside == "yaml" => {
                let target = if in_situation { &mut objects } else { &mut beside };
                writeln!(target, "{text}").unwrap();
            }
            _ if inside == "inventory" => continue,
            _ if text.starts_with("# ") => {
                in_situation = false;
                beside.clear();
            }
            _ if text.starts_with("## ") => {
                in_situation = true;
                objects = "---\n".to_owned();
            }
            _ => {}
        }
        writeln!(out, "{text}").unwrap();
    }
    out
}

/// One line for each store.
fn inventory(yaml: &str) -> String {
    let run = check_texts(&[("all.yaml".to_owned(), yaml.to_owned())], &RuleSet::default());
    let mut lines: Vec<String> = run.model.datastores.iter().map(|s| line(s) + "\n").collect();
    lines.sort();
    if lines.is_empty() { "no datastore\n".to_owned() } else { lines.concat() }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads and accepts a page")]
fn every_situation_gives_the_inventory_behind_it() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let current = current(&page);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PAGE, current).unwrap();
        return;
    }
    let mut title = "";
    let mut told = String::new();
    for (old, new) in page.lines().zip(current.lines()) {
        title = if old.starts_with('#') { old } else { title };
        if old != new {
            writeln!(told, "{title}: {old}\n  is {new}").unwrap();
            break;
        }
    }
    assert!(page == current, "{told}UPDATE=1 writes it; read what it wrote");
}
