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

#[test]
fn a_configuration_is_found_upward_and_flags_win_over_it() {
    let dir = project("config", &[("seawall.toml", "fail-on = 'never'\nskip = ['hygiene']\n")]);
    fs::create_dir_all(dir.join(".git")).unwrap();
    fs::create_dir_all(dir.join("a/b")).unwrap();
    fs::write(dir.join("a/b/cache.yaml"), OPEN).unwrap();
    check(&dir.join("a/b"), &["check", "--quiet"], 0);
    check(&dir, &["check", "--quiet", "a/b/cache.yaml"], 0);
    check(&dir, &["check", "--quiet", "--fail-on", "high"], 1);
    check(&dir, &["check", "--quiet", "--no-config"], 1);
    let out =
        seawall(&dir, &["check", "--quiet", "--stdin-filename", "a/b/x.yaml", "-"], Some(OPEN));
    assert_eq!(out.status.code(), Some(0));
    fs::write(dir.join("a/other.toml"), "fail-on = 'high'").unwrap();
    check(&dir, &["check", "--quiet", "--config", "a/other.toml"], 1);
    let (stdout, _) = check(&dir.join("a/b"), &["config", "--skip", "exposure"], 0);
    assert!(stdout.contains("fail-on = \"never\" # ../../seawall.toml:1\n"), "{stdout}");
    assert!(stdout.contains("min-severity = \"low\" # default\n"), "{stdout}");
    assert!(stdout.contains("skip = [\"exposure\"] # --skip\n"), "{stdout}");
    // What it prints is a configuration.
    fs::write(dir.join("printed.toml"), &stdout).unwrap();
    check(&dir, &["config", "--config", "printed.toml"], 0);
}

#[test]
fn the_search_for_a_configuration_ends_at_the_repository() {
    let dir = project("config-end", &[("seawall.toml", "fail-on = 'never'\n")]);
    fs::create_dir_all(dir.join("inner/.git")).unwrap();
    fs::write(dir.join("inner/cache.yaml"), OPEN).unwrap();
    check(&dir, &["check", "--quiet", "inner"], 1);
}

#[test]
fn a_link_is_no_configuration() {
    let dir = project("config-link", &[("real", "fail-on = 'never'\n"), ("cache.yaml", OPEN)]);
    fs::create_dir_all(dir.join(".git")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("real", dir.join("seawall.toml")).unwrap();
        assert!(check(&dir, &["check"], 2).1.contains("is no plain file"));
        check(&dir, &["check", "--quiet", "--config", "seawall.toml"], 0);
    }
}

#[test]
fn a_mistake_in_the_configuration_is_shown_at_its_place() {
    let dir = project("config-wrong", &[("cache.yaml", OPEN)]);
    fs::create_dir_all(dir.join(".git")).unwrap();
    for (text, told) in [
        ("\nfail_on = 'high'\n", &["seawall.toml:2:1", "`fail-on` is probably meant"][..]),
        ("skip = ['open-datastor']\n", &["seawall.toml:1:9", "`open-datastore` is"]),
        ("[[ignore]]\nrule = 'x'\npath = 'a'\n", &["seawall.toml:2:8", "no rule is called so"]),
        ("a = \n", &["seawall.toml:1:5"]),
    ] {
        fs::write(dir.join("seawall.toml"), text).unwrap();
        for command in ["check", "inventory", "config"] {
            // Only what runs rules knows their names.
            if command == "inventory" && (text.contains("datastor") || text.contains("'x'")) {
                continue;
            }
            let (stdout, stderr) = check(&dir, &[command], 2);
            assert_eq!(stdout, "");
            for part in told {
                assert!(stderr.contains(part), "{part}\n{stderr}");
            }
        }
        check(&dir, &["check", "--quiet", "--no-config"], 1);
    }
    fs::write(dir.join(".seawall.toml"), "").unwrap();
    assert!(check(&dir, &["check"], 2).1.contains("only one of them"));
}

#[test]
fn two_configurations_have_to_agree_on_what_concerns_the_run() {
    let dir = project("config-two", &[]);
    for (name, text) in [("a", "fail-on = 'never'\n"), ("b", "")] {
        fs::create_dir_all(dir.join(name).join(".git")).unwrap();
        fs::write(dir.join(name).join("seawall.toml"), text).unwrap();
        fs::write(dir.join(name).join("cache.yaml"), OPEN).unwrap();
    }
    let (_, stderr) = check(&dir, &["check", "a", "b"], 2);
    assert!(stderr.contains("b/seawall.toml does not say the same of `fail-on`"), "{stderr}");
    assert!(stderr.contains("a/seawall.toml:1:11"), "{stderr}");
    check(&dir, &["check", "--quiet", "a", "b", "--fail-on", "never"], 0);
}

/// Rule, whether it is suppressed, file and line of each finding.
fn findings(dir: &Path, args: &[&str]) -> Vec<String> {
    let out = seawall(dir, args, None);
    let text = String::from_utf8(out.stdout).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let list = document["findings"].as_array().unwrap().iter();
    list.map(|f| {
        let hidden = if f["suppressed"].is_null() { "" } else { " (suppressed)" };
        let at = &f["location"];
        format!(
            "{} {}:{}{hidden}",
            f["rule"].as_str().unwrap(),
            at["path"].as_str().unwrap(),
            at["start"]["line"]
        )
    })
    .collect()
}

const JSON: &[&str] =
    &["check", "--format", "json", "--rule", "table-without-ttl", "--rule", "unused-suppression"];

#[test]
fn declared_classes_come_before_names_and_behind_comments() {
    const TABLES: &str = "\
CREATE TABLE a (d Date, payload String) ENGINE = MergeTree ORDER BY d;
CREATE TABLE b (d Date, email String) ENGINE = MergeTree ORDER BY d;
CREATE TABLE c (d Date, payload String COMMENT 'class: none') ENGINE = MergeTree ORDER BY d;
CREATE TABLE d (d Date, email String COMMENT 'class: pii') ENGINE = MergeTree ORDER BY d;
CREATE TABLE shop.e (d Date, email String, phone String) ENGINE = MergeTree ORDER BY d;
CREATE TABLE f (d Date, n UInt64) ENGINE = MergeTree ORDER BY d;
";
    let dir = project("config-class", &[("a.sql", TABLES)]);
    fs::create_dir_all(dir.join(".git")).unwrap();
    let rules = |text: &str| {
        fs::write(dir.join("seawall.toml"), text).unwrap();
        findings(&dir, JSON)
    };
    let at = |lines: &[u32]| -> Vec<String> {
        lines.iter().map(|line| format!("table-without-ttl a.sql:{line}")).collect()
    };
    assert_eq!(rules(""), at(&[2, 4, 5]));
    let class = |table: &str, column: &str, class: &str| {
        let column =
            if column.is_empty() { String::new() } else { format!("column = '{column}'\n") };
        format!("[[class]]\ntable = '{table}'\n{column}class = '{class}'\n")
    };
    assert_eq!(rules(&class("*", "payload", "messages")), at(&[1, 2, 4, 5]));
    assert_eq!(rules(&class("*", "email", "none")), at(&[4, 5]));
    assert_eq!(rules(&class("shop.*", "", "none")), at(&[2, 4]));
    assert_eq!(rules(&class("default.*", "", "none")), at(&[4, 5]));
    assert_eq!(rules(&class("f", "", "personal")), at(&[2, 4, 5, 6]));
    let both = class("f", "n", "personal") + &class("f", "*", "none");
    assert_eq!(rules(&both), at(&[2, 4, 5]));
    let two = class("*", "", "none") + &class("f", "", "credentials");
    assert_eq!(rules(&two), at(&[4, 6]));
}

#[test]
fn what_the_configuration_suppresses_is_marked_and_what_it_does_not_is_told() {
    const TABLE: &str = "CREATE TABLE b (d Date, email String) ENGINE = MergeTree ORDER BY d;\n";
    let dir =
        project("config-ignore", &[("a.sql", TABLE), ("b.sql", &TABLE.replace(" b ", " c "))]);
    fs::create_dir_all(dir.join(".git")).unwrap();
    let of = |more: &str, paths: &[&str]| {
        let text = format!("\n[[ignore]]\nrule = 'table-without-ttl'\n{more}\n");
        fs::write(dir.join("seawall.toml"), text).unwrap();
        findings(&dir, &[JSON, paths].concat())
    };
    let hidden = "table-without-ttl a.sql:1 (suppressed)";
    let (a, b) = ("table-without-ttl a.sql:1", "table-without-ttl b.sql:1");
    let told = "unused-suppression seawall.toml:2";
    assert_eq!(of("path = 'a.sql'\nreason = 'why'", &[]), [hidden, b]);
    assert_eq!(of("path = '*.sql'\nresource = '*.b'\nreason = 'why'", &[]), [hidden, b]);
    assert_eq!(of("path = 'c.sql'\nreason = 'why'", &[]), [a, b, told]);
    assert_eq!(of("path = 'a.sql'", &[]), [a, b, told]);
    assert_eq!(of("path = 'a.sql'\nreason = 'why'\nuntil = 2026-01-31", &[]), [a, b, told]);
    assert_eq!(of("path = 'a.sql'\nreason = 'why'\nuntil = 2999-01-31", &[]), [hidden, b]);
    let (log, _) = check(&dir, &["check", "--format", "sarif", "--quiet"], 1);
    assert!(log.contains("\"external\"") && log.contains("seawall.toml"), "{log}");
    // A part of the project does not tell what the rest would give.
    assert_eq!(of("path = 'b.sql'\nreason = 'why'", &["a.sql"]), [a]);
}

#[test]
fn the_configuration_is_nobody_s_input() {
    // A file of Vector's, by its looks.
    let vector = "[sources.a]\ntype = 'file'\ninclude = ['x']\n[sinks.b]\ntype = 'console'\ninputs = ['a']\n";
    let dir = project("config-input", &[("seawall.toml", vector)]);
    assert!(check(&dir, &["check", "--no-config"], 0).1.contains("nothing to check"));
    fs::rename(dir.join("seawall.toml"), dir.join("vector.toml")).unwrap();
    assert!(!check(&dir, &["check", "--no-config", "--fail-on", "never"], 0).1.contains("nothing"));
}
