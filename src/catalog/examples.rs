//! The examples on catalog pages, run through the whole pipeline: behind each stands the inventory
//! that it gives. `UPDATE=1` writes it, people read it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Catalog;
use crate::cards::example::default_name;
use crate::cards::{Block, Page, Part};
use crate::report::inventory::line::line;
use crate::session::{Asked, Timings, judge};
use crate::workspace::in_memory;

/// Blocks that stand together, and where their inventory stands or would stand.
struct Project<'a> {
    blocks: Vec<&'a Block>,
    inventory: Option<&'a Block>,
}

#[test]
fn every_example_gives_the_inventory_behind_it() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut told = String::new();
    let pages = pages();
    let catalog = Catalog::of(crate::embedded::pages());
    assert_eq!(catalog.problems(), []);
    for (path, name, text) in &pages {
        let current = with_inventories(&catalog, name, text);
        if current == *text {
            continue;
        }
        if update {
            accept(path, &current);
        } else {
            let lines = current.lines().filter(|line| !text.lines().any(|l| l == *line));
            writeln!(told, "{name}: the page is old; new lines:").unwrap();
            lines.for_each(|line| writeln!(told, "  {line}").unwrap());
        }
    }
    assert!(told.is_empty(), "\n{told}UPDATE=1 writes them; read what it wrote");
}

#[test]
fn every_page_has_an_example() {
    for (_, name, text) in pages() {
        let page = Page::read(&name, &text).unwrap();
        assert!(!projects(&page).is_empty(), "{name}");
    }
}

/// Headings under which a page says why it has no example that asks, or none that does not.
const REASONS: [&str; 3] = ["Never asks", "Never open", "Not told"];

#[test]
fn every_image_asks_in_one_example_and_not_in_another_or_says_why() {
    let mut told = String::new();
    for (_, name, text) in pages().iter().filter(|(_, name, _)| name.starts_with(super::IMAGES)) {
        let page = Page::read(name, text).unwrap();
        let inventories = projects(&page).into_iter().filter_map(|project| project.inventory);
        let lines: Vec<&str> =
            inventories.flat_map(|block| page.slice(&block.content).lines()).collect();
        let proofs: Vec<&str> = lines
            .iter()
            .filter_map(|line| line.split_once("auth = ")?.1.split(',').next())
            .collect();
        // A password that everybody knows keeps nobody out.
        let open = |proof: &&str| matches!(*proof, "none" | "default-password" | "local-only");
        let asks = |proof: &&str| !open(proof) && *proof != "?";
        let reason = page.sections.iter().any(|section| {
            let prose = |part: &Part| matches!(part, Part::Prose(_));
            REASONS.contains(&&*section.title) && section.parts.iter().any(prose)
        });
        let both = proofs.iter().any(open) && proofs.iter().any(asks);
        if both == reason {
            writeln!(told, "{name}: {proofs:?}, reason given: {reason}").unwrap();
        }
    }
    assert!(told.is_empty(), "one example that asks, one that does not, or a reason:\n{told}");
}

/// The page with the inventory that its examples give.
fn with_inventories(catalog: &Catalog, name: &str, text: &str) -> String {
    let page = Page::read(name, text).unwrap();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for project in projects(&page) {
        let inventory = inventory(catalog, &page, &project);
        if let Some(block) = project.inventory {
            out.push_str(&text[at..block.content.start]);
            out.push_str(&inventory);
            at = block.content.end;
        } else {
            let end = project.blocks.last().map_or(0, |block| block.content.end);
            let behind = text[end..].find('\n').map_or(text.len(), |n| end + n + 1);
            out.push_str(&text[at..behind]);
            write!(out, "```inventory\n{inventory}```\n").unwrap();
            at = behind;
        }
    }
    out.push_str(&text[at..]);
    out
}

/// One line for each store.
fn inventory(catalog: &Catalog, page: &Page, project: &Project) -> String {
    let files: Vec<(String, String)> = project
        .blocks
        .iter()
        .map(|block| {
            let text = page.slice(&block.content);
            (block.file.as_deref().unwrap_or_else(|| file_name(block, text)).into(), text.into())
        })
        .collect();
    let (rules, took) = (crate::engine::RuleSet::default(), &mut Timings::default());
    let asked = Asked { configurations: &[], rules: &rules, today: (2026, 1, 1) };
    let run = judge(in_memory(&files), catalog, asked, took);
    let mut lines: Vec<String> =
        run.model.datastores.iter().map(|store| line(store) + "\n").collect();
    lines.sort();
    if lines.is_empty() { "no datastore\n".to_owned() } else { lines.concat() }
}

fn file_name(block: &Block, text: &str) -> &'static str {
    let compose = text.lines().any(|line| line.trim_end() == "services:");
    if compose { "docker-compose.yml" } else { default_name(&block.language) }
}

fn projects(page: &Page) -> Vec<Project<'_>> {
    let mut out: Vec<Project> = Vec::new();
    // What an operator or a module makes is no example.
    for section in page.sections.iter().filter(|s| &*s.title != "Makes") {
        let mut open = false;
        for part in &section.parts {
            let Part::Code(block) = part else {
                open = false;
                continue;
            };
            match out.last_mut().filter(|_| open) {
                Some(project) if &*block.language == "inventory" => {
                    project.inventory = Some(block);
                    open = false;
                }
                Some(project) => project.blocks.push(block),
                None => {
                    out.push(Project { blocks: vec![block], inventory: None });
                    open = true;
                }
            }
        }
    }
    out
}

/// Path, name among the pages and text of each.
#[expect(clippy::disallowed_methods, reason = "a test reads the cards beside the sources")]
fn pages() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut pages = Vec::new();
    for folder in [super::IMAGES, super::RESOURCES, super::OPERATORS, super::CHARTS, super::MODULES]
    {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{folder}{}", path.file_name().unwrap().to_string_lossy());
            let text = std::fs::read_to_string(&path).unwrap();
            pages.push((path, name, text));
        }
    }
    pages.sort();
    pages
}

#[expect(clippy::disallowed_methods, reason = "`UPDATE=1` accepts what the tool says")]
fn accept(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}
