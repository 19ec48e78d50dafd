//! Whole projects: a folder in, the report out, compared with `expected.txt`.
//!
//! `UPDATE=1 cargo test --test scenarios` writes the expectations anew; read them before you
//! commit them. A folder without one fails.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests read files and may panic"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn scenarios() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/scenarios");
    let mut out: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    out.retain(|p| p.is_dir());
    out.sort();
    assert!(!out.is_empty());
    out
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let done = Command::new(env!("CARGO_BIN_EXE_seawall"))
        .current_dir(folder)
        .args(["check", "--no-config", "--format", "json", "--min-confidence", "possible"])
        .args(["--fail-on", "never"])
        .args(arguments)
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(0), "{}: {talk}", folder.display());
    serde_json::from_slice(&done.stdout).unwrap()
}

/// A finding as a story: a line of what and where, then a line for each step.
fn story(report: &Value) -> String {
    let mut out = String::new();
    for finding in report["findings"].as_array().unwrap() {
        let text = |key: &str| finding[key].as_str().unwrap();
        let hidden = if finding["suppressed"].is_null() { "" } else { " (suppressed)" };
        let _ = writeln!(
            out,
            "{} {} {} at {}{hidden}",
            text("severity"),
            text("confidence"),
            text("rule"),
            place(&finding["location"])
        );
        let _ = writeln!(out, "  {}", text("message"));
        for step in finding["evidence"].as_array().unwrap() {
            let message = step["message"].as_str().unwrap();
            let _ = writeln!(out, "    {}: {message}", place(&step["location"]));
        }
    }
    out
}

fn place(location: &Value) -> String {
    format!("{}:{}", location["path"].as_str().unwrap(), location["start"]["line"])
}

#[test]
fn every_scenario_gives_the_expected_report() {
    let mut wrong = String::new();
    for folder in scenarios() {
        let got = story(&json(&folder, &["."]));
        let file = folder.join("expected.txt");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&file, &got).unwrap();
            continue;
        }
        let name = folder.file_name().unwrap().to_str().unwrap();
        match fs::read_to_string(&file) {
            Ok(expected) if expected == got => {}
            Ok(expected) => {
                let _ = writeln!(wrong, "== {name}\n-- expected\n{expected}-- got\n{got}");
            }
            Err(_) => {
                let _ =
                    writeln!(wrong, "== {name} has no expected.txt; accept with UPDATE=1\n{got}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_incident_is_proven_across_four_formats() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/scenarios/incident");
    let report = json(&folder, &["."]);
    let findings = report["findings"].as_array().unwrap();
    let open = findings
        .iter()
        .find(|f| f["rule"] == "open-datastore" && f["severity"] == "critical")
        .expect("the incident is critical");
    assert_eq!(open["confidence"], "certain");
    let files: Vec<&str> = open["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["location"]["path"].as_str().unwrap())
        .collect();
    for file in [
        "network/main.tf",
        "network/terraform.tfvars",
        "cluster/service.yaml",
        "cluster/config.yaml",
    ] {
        assert!(files.contains(&file), "no step in {file}: {files:?}");
    }
    assert!(findings.iter().any(|f| f["category"] == "retention"), "the table never expires");
}

#[test]
fn the_report_does_not_depend_on_order_or_threads() {
    for folder in scenarios() {
        let mut parts: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|n| n != "expected.txt")
            .collect();
        parts.sort();
        let forward: Vec<&str> = parts.iter().map(String::as_str).collect();
        let backward: Vec<&str> = forward.iter().rev().copied().collect();
        let first = json(&folder, &forward)["findings"].clone();
        for threads in ["1", "2", "7"] {
            let arguments: Vec<&str> =
                ["--threads", threads].into_iter().chain(backward.iter().copied()).collect();
            let again = json(&folder, &arguments)["findings"].clone();
            assert_eq!(first, again, "{} with {threads} threads", folder.display());
        }
    }
}
