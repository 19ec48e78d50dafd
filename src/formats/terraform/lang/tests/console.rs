//! Expressions against what `terraform console` printed: `console.txt` holds one a line, and behind
//! a tab the JSON of a list of its value, or `!` where Terraform has an error.
//!
//! `UPDATE=1 cargo test --lib terraform::lang` records the table anew with the `terraform` of this
//! machine; add a line with an expression alone and do that. The table is of version 1.11.4.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::with_estates;
use crate::formats::terraform::value::ValKind;

const TABLE: &str = include_str!("console.txt");

fn lines(table: &str) -> impl Iterator<Item = (&str, &str)> {
    table.lines().map(|line| line.split_once('\t').unwrap_or((line, "")))
}

/// What seawall makes of an expression, in the words of the table.
fn own(expression: &str) -> String {
    let files = format!(
        "## main.tf\nresource \"r\" \"x\" {{\n  v = try(jsonencode([{expression}]), \"!\")\n}}\n"
    );
    let got = with_estates(&files, |_, estates| {
        estates[0].resources[0].body.get("v").map(|val| match &val.kind {
            ValKind::String(text, _) => text.to_string(),
            other => format!("{other:?}"),
        })
    });
    got[0].clone().unwrap_or_default()
}

/// Where seawall is not Terraform, by reason; each of them is checked to be different still.
const DIFFERENT: &[&str] = &[
    // Numbers are of 64 bits here and of 512 there.
    "1 / 3",
    "0.1 + 0.2",
    "jsonencode([1.0, 1e21, 0.000001, -0])",
    "jsonencode(12345678901234567890)",
    // The other arm of a condition is not looked at for its type, and tuples are lists.
    "true ? 1 : \"a\"",
    "true ? [1] : [\"a\", \"b\"]",
    "tolist([1]) == [1]",
    "concat(tolist([\"a\"]), tolist([1]))",
    // Sets of collections keep the order in which they are written.
    "flatten(toset([[\"b\"], [\"a\"]]))",
    "toset([{b = 1}, {a = 1}])",
    // Milder than Terraform, which has an error.
    "try(1 / 0, \"d\")",
    "concat(toset([\"a\"]), [\"b\"])",
    "element(toset([\"a\"]), 0)",
    "slice(toset([\"a\"]), 0, 1)",
    "contains([null], null)",
    // Stricter than Terraform, which counts backwards.
    "cidrsubnet(\"10.0.0.0/8\", -1, 0)",
    "cidrsubnet(\"10.0.0.0/8\", 8, -1)",
    // Letters that are several characters.
    "length(\"👨‍👩‍👧\")",
    "lower(\"İ\")",
    // Dates, paths of this machine and marks stay unknown, and long lines are not folded.
    "yamldecode(\"a: 2020-01-01\")",
    "issensitive(\"x\")",
    "issensitive(sensitive(\"x\"))",
    "timecmp(\"2017-11-22T00:00:00Z\", \"2017-11-22T00:00:00Z\")",
    "timecmp(\"2017-11-22T01:00:00Z\", \"2017-11-22T00:00:00-01:00\")",
    "timecmp(\"2017-11-22T00:00:00Z\", \"2017-11-22T01:00:00Z\")",
    "timeadd(\"2017-11-22T00:00:00Z\", \"10m\")",
    "formatdate(\"DD MMM YYYY hh:mm ZZZ\", \"2018-01-02T23:12:01Z\")",
    "formatdate(\"YYYY-MM-DD\", \"2018-01-02T23:12:01Z\")",
    "formatdate(\"EEEE, DD-MMM-YY hh:mm:ss ZZZ\", \"2018-01-02T23:12:01Z\")",
    "abspath(\"/a/../b\")",
    "yamlencode({a = \"word word word word word word word word word word word word word word word word word word word word\"})",
];

#[test]
fn functions_and_operators_give_what_terraform_gives() {
    if std::env::var_os("UPDATE").is_some() {
        record();
        return;
    }
    let wrong: Vec<String> = lines(TABLE)
        .filter(|(expression, expected)| {
            (own(expression) == *expected) == DIFFERENT.contains(expression)
        })
        .map(|(e, expected)| format!("{e}\n    terraform: {expected}\n    seawall:   {}", own(e)))
        .collect();
    assert!(wrong.is_empty(), "{} of the table:\n{}", wrong.len(), wrong.join("\n"));
}

/// The console reads lines of 64 KiB at most.
const ASKED_AT_ONCE: usize = 100;

fn record() {
    let all: Vec<&str> = lines(TABLE).map(|(expression, _)| expression).collect();
    let mut table = Vec::new();
    for some in all.chunks(ASKED_AT_ONCE) {
        let Some(values) = asked(some) else {
            eprintln!("THE TABLE IS NOT RECORDED ANEW: there is no `terraform` on this machine");
            return;
        };
        for (expression, value) in some.iter().zip(&values) {
            writeln!(table, "{expression}\t{value}").unwrap();
        }
    }
    let path = "src/formats/terraform/lang/tests/console.txt";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::File::create(path).unwrap().write_all(&table).unwrap();
}

/// What `terraform console` prints for some expressions; `None` where there is none.
fn asked(expressions: &[&str]) -> Option<Vec<String>> {
    let tried = expressions.iter().map(|e| format!("try(jsonencode([{e}]), \"!\")"));
    let question = format!("jsonencode([{}])\n", tried.collect::<Vec<_>>().join(", "));
    // A folder without a configuration.
    let folder = std::env::temp_dir().join("seawall-console");
    std::fs::create_dir_all(&folder).unwrap();
    let console = Command::new("terraform")
        .arg("console")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut console = console.ok()?;
    console.stdin.take().unwrap().write_all(question.as_bytes()).unwrap();
    let answer = console.wait_with_output().unwrap();
    let text = String::from_utf8(answer.stdout).unwrap();
    let text = text.trim().replace("$${", "${").replace("%%{", "%{");
    let json: String = serde_json::from_str(&text).expect("terraform takes every expression");
    Some(serde_json::from_str(&json).unwrap())
}
