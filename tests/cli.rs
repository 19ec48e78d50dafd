//! What scripts rely on: exit statuses, and which stream says what.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test makes its own files")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const OPEN: &str = "\
apiVersion: v1
kind: Service
metadata: {name: cache}
spec:
  type: LoadBalancer
  selector: {app: cache}
  ports: [{port: 6379}]
---
apiVersion: v1
kind: Pod
metadata: {name: cache, labels: {app: cache}}
spec:
  containers: [{name: cache, image: \"redis:7\"}]
";

fn project(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    for (file, text) in files {
        fs::write(dir.join(file), text).unwrap();
    }
    dir
}

fn seawall(dir: &Path, args: &[&str], stdin: Option<&str>) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_seawall"))
        .args(args)
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A usage error ends the process before it has read anything.
    let _ = child.stdin.take().unwrap().write_all(stdin.unwrap_or("").as_bytes());
    child.wait_with_output().unwrap()
}

fn check(dir: &Path, args: &[&str], status: i32) -> (String, String) {
    let out = seawall(dir, args, None);
    let stdout = String::from_utf8(out.stdout).unwrap();
    let stderr = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(status), "{args:?}\n{stdout}\n{stderr}");
    (stdout, stderr)
}

#[test]
fn nothing_to_check_is_success_and_said_on_standard_error() {
    let dir = project("nothing", &[]);
    let (stdout, stderr) = check(&dir, &["check"], 0);
    assert_eq!(stdout, "");
    assert!(stderr.contains("nothing to check"), "{stderr}");
}

#[test]
fn findings_make_the_status_1_from_the_severity_asked_for() {
    let dir = project("open", &[("cache.yaml", OPEN)]);
    let (stdout, stderr) = check(&dir, &["check", "."], 1);
    assert!(stdout.contains("cache.yaml:13:"), "{stdout}");
    assert!(stderr.contains("critical"), "{stderr}");
    check(&dir, &["check", "--fail-on", "never"], 0);
    check(&dir, &["check", "--quiet", "--skip", "*"], 0);
}

#[test]
fn bad_usage_is_status_2_and_judges_nothing() {
    let dir = project("usage", &[("cache.yaml", OPEN)]);
    for args in [
        &["check", "missing"][..],
        &["check", "--fail-on", "awful"],
        &["check", "--format", "xml"],
        &["check", "--rule", "no-such-rule"],
        &["check", "--output", "sarif"],
        &["check", "--output", "sarif=no/such/dir/out.sarif"],
        &["check", "--baseline", "x"],
        &["check", "-"],
        &["explain", "no-such-rule"],
        &[],
    ] {
        let (stdout, stderr) = check(&dir, args, 2);
        assert_eq!(stdout, "", "{args:?}");
        assert!(!stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn help_and_version_are_data() {
    let dir = project("help", &[]);
    assert!(check(&dir, &["--help"], 0).0.contains("inventory"));
    assert!(check(&dir, &["--version"], 0).0.starts_with("seawall "));
}

#[test]
fn a_mistyped_rule_is_answered_with_the_likely_right_one() {
    let dir = project("explain", &[]);
    let (_, stderr) = check(&dir, &["explain", "open-datastor"], 2);
    assert!(stderr.contains("`open-datastore`"), "{stderr}");
    let (stdout, _) = check(&dir, &["explain", "open-datastore"], 0);
    assert!(stdout.starts_with("open-datastore: exposure"), "{stdout}");
    let (stdout, _) = check(&dir, &["rules"], 0);
    assert!(stdout.lines().any(|line| line.starts_with("open-datastore ")), "{stdout}");
}

#[test]
fn standard_input_is_a_document_of_the_kind_its_name_tells() {
    let dir = project("stdin", &[]);
    let args = ["check", "--stdin-filename", "cache.yaml", "-"];
    let out = seawall(&dir, &args, Some(OPEN));
    assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn one_run_writes_several_reports() {
    let dir = project("outputs", &[("cache.yaml", OPEN)]);
    let args =
        ["check", "--format", "json", "--output", "sarif=a.sarif", "--output", "human=b.txt"];
    let (stdout, _) = check(&dir, &args, 1);
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["version"], 1);
    let log = fs::read_to_string(dir.join("a.sarif")).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&log).is_ok());
    assert!(fs::read_to_string(dir.join("b.txt")).unwrap().contains("cache.yaml:13:"));
}

#[test]
fn the_inventory_names_the_store_and_who_reaches_it() {
    let dir = project("inventory", &[("cache.yaml", OPEN)]);
    let (stdout, _) = check(&dir, &["inventory"], 0);
    assert!(stdout.contains("redis") && stdout.contains("anyone on the internet"), "{stdout}");
    let (stdout, _) = check(&dir, &["inventory", "--format", "json"], 0);
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["stores"].as_array().unwrap().len(), 1);
}
