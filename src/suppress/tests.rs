//! What suppressions hide, and what is said of them.

use super::*;
use crate::finding::{Category, Severity};
use crate::model::fact::Evidence;
use crate::model::truth::Confidence;
use crate::source::Source;

fn rules() -> RuleSet {
    let card = |name: &str| {
        let when = if name == UNUSED { "it.kind == 'unused-suppression'" } else { "false" };
        let text = format!(
            "# T\n\n```toml\nabout = \"Defect\"\nsince = \"0.1\"\nseverity = \"low\"\nat = \"it\"\n\
             when = \"{when}\"\nsay = \"{{it.message}}\"\n```\n\nS.\n\n## Fix\n\nRemove it.\n"
        );
        (format!("hygiene/{name}.md"), text)
    };
    RuleSet::load([card(UNUSED), card("open"), card("other")].into_iter()).unwrap()
}

fn finding(at: Place, whole: Place) -> Finding {
    Finding {
        rule: "open".into(),
        category: Category::Exposure,
        severity: Severity::High,
        confidence: Confidence::Certain,
        message: "open".to_owned(),
        at,
        evidence: vec![Evidence::new(at, "a step")],
        whys: Vec::new(),
        guesses: Vec::new(),
        help: "".into(),
        about: "a".into(),
        subject: "a".into(),
        whole,
        instances: Vec::new(),
        fingerprint: String::new(),
        suppressed: None,
    }
}

/// `«` … `»` is the finding's place, `‹` … `›` its block.
fn check(path: &str, marked: &str, expected: &[&str]) {
    let mut text = marked.to_owned();
    let mut cut = |mark: &str| -> Option<usize> {
        let at = text.find(mark)?;
        text.replace_range(at..at + mark.len(), "");
        Some(at)
    };
    // The outer marks first, so that the inner ones do not move them.
    let block = cut("‹");
    let place = cut("«");
    let end = cut("»").unwrap_or(0);
    let block_end = cut("›").unwrap_or(end);
    let source = Source { path: path.into(), text: text.into() };
    let sources = Sources::new(vec![source]);
    let file = FileId(0);
    let found: Vec<Finding> = place
        .map(|start| {
            let at = Place::new(file, start..end);
            finding(at, block.map_or(at, |start| Place::new(file, start..block_end)))
        })
        .into_iter()
        .collect();
    let written = Written::new(&sources, Vec::new());
    let told: Vec<String> = apply(found, &sources, &written, &[], &rules(), Some("2030-06-01"))
        .iter()
        .map(|f| match &f.suppressed {
            Some(suppressed) => format!("hidden: {}", suppressed.reason),
            None => f.message.clone(),
        })
        .collect();
    assert_eq!(told, expected, "{marked}");
}

const HIDDEN: &[&str] = &["hidden: why"];
const NOT: &[&str] = &["the suppression of `open` hides nothing", "open"];

#[test]
fn on_the_line_or_the_line_above() {
    check("a.tf", "«a = 1» # seawall: ignore[open] why\n", HIDDEN);
    check("a.tf", "# seawall: ignore[open] why\n# more\n«a = 1»\n", HIDDEN);
    check("a.xml", "<x/>\n<!-- seawall: ignore[open] why -->\n<«a»/>\n", HIDDEN);
    check(
        "a.sql",
        "-- seawall: ignore[other, open] why\n«select» 1;\n",
        &["the suppression of `other` hides nothing", "hidden: why"],
    );
    check("a.tf", "# seawall: ignore[open] why\nb = 1\n«a = 1»\n", NOT);
}

#[test]
fn at_the_head_of_a_block() {
    check("a.tf", "# seawall: ignore[open] why\nr \"a\" {\n\n  x {\n    «a = 1»\n  }\n}\n", HIDDEN);
    check("a.tf", "r \"a\" { # seawall: ignore[open] why\n  b = 1\n  «a = 1»\n}\n", HIDDEN);
    check("a.tf", "# seawall: ignore[open] why\nr \"a\" {\n}\nr \"b\" {\n  «a = 1»\n}\n", NOT);
    check("a.yaml", "# seawall: ignore[open] why\nkind: A\nspec:\n  «a: 1»\n", HIDDEN);
    check("a.yaml", "# seawall: ignore[open] why\nkind: A\n---\n«a: 1»\n", NOT);
    check("a.yaml", "x: 1\n# seawall: ignore[open] why\nlist:\n- a\n- «b»\nmore: 1\n", HIDDEN);
    check("a.yaml", "- a: 1\n# seawall: ignore[open] why\n- b: 1\n  «c: 2»\n- d: 1\n", HIDDEN);
    check("a.yaml", "- a: 1\n# seawall: ignore[open] why\n- b: 1\n- «d: 1»\n", NOT);
    check("a.sql", "-- seawall: ignore[open] why\nCREATE TABLE a\n(\n)\n«TTL» 1;\n", HIDDEN);
}

#[test]
fn inside_the_first_lines_of_a_block() {
    check("a.tf", "‹«r \"a\"» {\n  # seawall: ignore[open] why\n  a = 1\n}›\n", HIDDEN);
    check("a.tf", "r \"a\" {\n  # seawall: ignore[open] why\n  a = 1\n  «b = 1»\n}\n", HIDDEN);
    check(
        "a.tf",
        "‹«r \"a\"» {\n  a = 1\n  # seawall: ignore[open] why\n  b = 1\n}›\n",
        &["open", "the suppression of `open` hides nothing"],
    );
    check("a.yaml", "spec:\n  # seawall: ignore[open] why\n  a: 1\n  «b: 1»\n", NOT);
}

#[test]
fn what_hides_nothing_is_told() {
    check("a.tf", "# seawall: ignore[open] why\n", &["the suppression of `open` hides nothing"]);
    check("a.tf", "# seawall: ignore[opne] why\n", &["there is no rule `opne` to suppress"]);
    check(
        "a.tf",
        "# seawall: ignore[open]\n«a = 1»\n",
        &["the suppression gives no reason, so it hides nothing", "open"],
    );
    check(
        "a.tf",
        "# seawall: ignore[*] why\n«a = 1»\n",
        &["the suppression names no rule, so it hides nothing", "open"],
    );
    check("a.tf", "a = \"seawall: ignore[open] why\"\n", &[]);
}

#[test]
fn a_suppression_expires() {
    check("a.tf", "# seawall: ignore[open] until=2030-06-01 why\n«a = 1»\n", HIDDEN);
    check(
        "a.tf",
        "# seawall: ignore[open] until=2030-05-31 why\n«a = 1»\n",
        &["the suppression has expired on 2030-05-31", "open"],
    );
    check(
        "a.tf",
        "# seawall: ignore[open] until=soon why\n«a = 1»\n",
        &["`soon` is no date (YYYY-MM-DD), so the suppression hides nothing", "open"],
    );
}

#[test]
fn an_annotation_hides_what_its_object_takes_part_in() {
    let file = FileId(0);
    let place = |start, end| Place::new(file, start..end);
    let source = Source { path: "a.yaml".into(), text: "x".repeat(100).into() };
    let sources = Sources::new(vec![source]);
    let hidden = |whole: Place| {
        let mut found = finding(place(50, 55), place(40, 60));
        found.evidence.push(Evidence::new(place(10, 12), "the Service"));
        let annotations = [(place(0, 1), whole, vec!["open".into()])];
        let found = apply(
            vec![found],
            &sources,
            &Written::new(&sources, annotations.to_vec()),
            &[],
            &rules(),
            None,
        );
        let open = found.iter().find(|f| &*f.rule == "open").unwrap();
        (open.suppressed.is_some(), found.len())
    };
    assert_eq!(hidden(place(40, 70)), (true, 1));
    assert_eq!(hidden(place(5, 20)), (true, 1));
    assert_eq!(hidden(place(61, 90)), (false, 2));
}
