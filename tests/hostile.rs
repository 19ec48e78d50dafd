//! Whatever the input, a run ends soon, with a status of the contract and places inside the text.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::format_push_string,
    reason = "tests write and read files, and build texts plainly"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A debug build on a busy machine; a hang takes for ever.
const LIMIT: Duration = Duration::from_secs(60);

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn run(folder: &Path) -> Value {
    let start = Instant::now();
    let done = Command::new(env!("CARGO_BIN_EXE_seawall"))
        .current_dir(folder)
        .args(["check", ".", "--no-config", "--format", "json", "--min-confidence", "possible"])
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(matches!(done.status.code(), Some(0 | 1)), "{}: {talk}", folder.display());
    assert!(start.elapsed() < LIMIT, "{} took {:?}", folder.display(), start.elapsed());
    serde_json::from_slice(&done.stdout).unwrap()
}

fn check(name: &str, files: &[(&str, String)]) {
    let folder = folder(name);
    for (path, text) in files {
        fs::write(folder.join(path), text).unwrap();
    }
    let report = run(&folder);
    for finding in report["findings"].as_array().unwrap() {
        let steps = finding["evidence"].as_array().unwrap().iter().map(|s| &s["location"]);
        for place in steps.chain([&finding["location"]]) {
            let text = fs::read(folder.join(place["path"].as_str().unwrap())).unwrap();
            let end = place["end"]["offset"].as_u64().unwrap();
            assert!(end <= text.len() as u64, "{name}: {place}");
        }
    }
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n";

#[test]
fn depth_does_not_overflow_the_stack() {
    let n = 20_000;
    let open = |a: &str, b: &str| format!("{}{}", a.repeat(n), b.repeat(n));
    check(
        "depth",
        &[
            ("flow.yaml", format!("{POD}  x: {}", open("[", "]"))),
            ("maps.yaml", format!("{POD}  x: {}", "{a: ".repeat(n))),
            ("list.tf", format!("locals {{\n  x = {}\n}}\n", open("[", "]"))),
            ("parens.tf", format!("locals {{\n  y = {}1{}\n}}\n", "(".repeat(n), ")".repeat(n))),
            ("blocks.tf", format!("{}{}", "a {\n".repeat(n), "}\n".repeat(n))),
            ("plus.tf", format!("locals {{\n  z = 1{}\n}}\n", " + 1".repeat(n))),
            ("not.tf", format!("locals {{\n  w = {}true\n}}\n", "!".repeat(n))),
            ("deep.tf.json", format!("{{\"locals\": {{\"v\": {}}}}}", open("[", "]"))),
            ("config.xml", format!("<clickhouse>{}", "<a>".repeat(n))),
            (
                "t.sql",
                format!("CREATE TABLE t (a {}) ENGINE = MergeTree ORDER BY a", open("(", ")")),
            ),
        ],
    );
}

#[test]
fn what_multiplies_itself_is_bounded() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_string();
    for i in 1..30 {
        let before = format!("*a{}, ", i - 1).repeat(9);
        bomb.push_str(&format!("a{i}: &a{i} [{}]\n", before.trim_end_matches(", ")));
    }
    let mut locals = "locals {\n  l0 = [1, 2]\n".to_string();
    for i in 1..40 {
        locals.push_str(&format!("  l{i} = concat(local.l{0}, local.l{0})\n", i - 1));
    }
    locals.push_str(
        "}\nresource \"aws_cloudwatch_log_group\" \"x\" {\n  count = length(local.l39)\n}\n",
    );
    check(
        "bombs",
        &[
            ("bomb.yaml", format!("{POD}  x: 1\n{bomb}")),
            ("locals.tf", locals),
            ("self.tf", "locals {\n  a = local.b\n  b = local.a\n}\n".to_string()),
            ("call.tf", "module \"self\" {\n  source = \"./\"\n}\n".to_string()),
            (
                "entities.xml",
                "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><clickhouse>&b;&b;</clickhouse>".to_string(),
            ),
        ],
    );
}

#[test]
fn broken_and_odd_texts_cost_only_themselves() {
    let folder = folder("odd");
    let files: &[(&str, &[u8])] = &[
        ("latin.yaml", b"apiVersion: v1\nkind: Pod\nmetadata: {name: caf\xe9}\n"),
        ("nul.tf", b"resource \"a\" \"b\" {\n  x = \"\0\"\n}\n"),
        ("empty.tf", b""),
        ("bom.yaml", b"\xef\xbb\xbfapiVersion: v1\r\nkind: Pod\r\nmetadata: {name: a}\r\n"),
        ("open.tf", b"resource \"aws_instance\" \"x\" {\n  user_data = <<EOT\nnever closed\n"),
        ("open.xml", b"<clickhouse><users><default><password>"),
        (
            "open.sql",
            b"CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY a COMMENT 'never closed",
        ),
        ("escape.yaml", b"apiVersion: v1\nkind: Service\nmetadata: {name: \"\x1b[31m\"}\n"),
        ("good.tf", b"resource \"aws_cloudwatch_log_group\" \"kept\" {\n  name = \"kept\"\n}\n"),
    ];
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let report = run(&folder);
    let rules: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["rule"].as_str().unwrap())
        .collect();
    assert!(rules.contains(&"log-retention-unset"), "what is whole is judged: {rules:?}");
    assert!(rules.contains(&"unparsable-file"), "what is broken is said: {rules:?}");
    let unreadable = report["unreadable"].to_string();
    assert!(unreadable.contains("latin.yaml"), "{unreadable}");
}

#[test]
#[cfg(unix)]
fn links_are_not_followed_out_of_the_paths() {
    let outside = folder("outside");
    fs::write(
        outside.join("secret.tf"),
        "resource \"aws_cloudwatch_log_group\" \"x\" {\n  name = \"x\"\n}\n",
    )
    .unwrap();
    let inside = folder("inside");
    fs::write(inside.join("a.tf"), "locals {\n  a = file(\"../outside/secret.tf\")\n}\n").unwrap();
    std::os::unix::fs::symlink(&outside, inside.join("link")).unwrap();
    std::os::unix::fs::symlink(&inside, inside.join("loop")).unwrap();
    let report = run(&inside);
    assert_eq!(report["findings"].as_array().unwrap().len(), 0, "{report}");
}

#[test]
fn many_and_long_things_take_linear_time() {
    let n = 3_000;
    let mut manifests = String::new();
    let mut groups = String::new();
    for i in 0..n {
        manifests.push_str(&format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{i}}}\nspec: {{selector: {{app: a{i}}}, ports: [{{port: 6379}}]}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{i}, labels: {{app: a{i}}}}}\nspec: {{containers: [{{name: c, image: 'redis:7'}}]}}\n"
        ));
        groups.push_str(&format!(
            "resource \"aws_security_group\" \"g{i}\" {{\n  ingress {{\n    from_port = 443\n    to_port = 443\n    protocol = \"tcp\"\n    cidr_blocks = [\"10.0.0.0/8\"]\n  }}\n}}\n"
        ));
    }
    check(
        "many",
        &[
            ("all.yaml", manifests),
            ("groups.tf", groups),
            ("long.yaml", format!("{POD}  x: {}\n", "y".repeat(2_000_000))),
        ],
    );
}
