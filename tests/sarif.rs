//! The SARIF that the binary writes is valid against the published schema, also when clean.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test makes its own files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

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

fn project(name: &str, file: &str, text: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join(file), text).unwrap();
    dir
}

/// The results of a check, after the schema has agreed to the whole log.
fn check(dir: &Path) -> Vec<Value> {
    let out = Command::new(env!("CARGO_BIN_EXE_seawall"))
        .args(["check", "--format", "sarif", "."])
        .current_dir(dir)
        .output()
        .unwrap();
    let log: Value = serde_json::from_slice(&out.stdout).unwrap();
    let schema = include_str!("../testdata/schemas/sarif-2.1.0.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let errors: Vec<String> =
        schema.iter_errors(&log).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(!text.contains(dir.to_str().unwrap()), "the log names a path of the machine");
    log.pointer("/runs/0/results").and_then(Value::as_array).unwrap().clone()
}

#[test]
fn a_clean_project_gives_a_valid_log_without_results() {
    let dir = project("sarif-clean", "note.yaml", "greeting: hello\n");
    assert!(check(&dir).is_empty());
}

#[test]
fn an_open_store_gives_a_valid_log_with_its_chain() {
    let dir = project("sarif-open", "größe cache.yaml", OPEN);
    let results = check(&dir);
    let worst = results.iter().find(|result| result["properties"]["severity"] == "critical");
    let worst = worst.expect("an open redis is critical");
    let uri = worst.pointer("/locations/0/physicalLocation/artifactLocation/uri").unwrap();
    assert_eq!(uri, "gr%C3%B6%C3%9Fe%20cache.yaml");
    assert!(worst.pointer("/codeFlows/0/threadFlows/0/locations/1").is_some(), "{worst:#}");
}
