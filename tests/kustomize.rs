//! Overlays render to what `kubectl kustomize` prints.
//!
//! Without `kubectl` on the `PATH` nothing is compared, which is said on standard error, or is a
//! failure where `SEAWALL_REQUIRE_KUBECTL` is set. `OVERLAYS=/a/checkout:/another cargo test --test kustomize
//! -- --ignored --nocapture` compares every kustomization of other repositories and tells how many
//! are equal.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests read files and may panic"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use seawall::rendered;
use serde_json::Value;

fn kubectl_is_here() -> bool {
    let version = Command::new("kubectl").args(["version", "--client"]).output();
    version.is_ok_and(|done| done.status.success())
}

/// What kubectl renders; `None` where it cannot (or would need the network).
fn kubectl(folder: &Path) -> Result<Vec<Value>, String> {
    let done = Command::new("timeout")
        .args(["60", "kubectl", "kustomize", "--load-restrictor", "LoadRestrictionsNone"])
        .arg(folder)
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .env("GIT_ALLOW_PROTOCOL", "none")
        .output()
        .unwrap();
    if done.status.success() {
        Ok(rendered::documents(&String::from_utf8_lossy(&done.stdout)))
    } else {
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

fn text<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The names of generated objects without the hash of their content, wherever they stand.
fn without_hashes(theirs: &mut [Value], ours: &[Value]) {
    let named = |o: &Value| (text(o, "/kind").to_owned(), text(o, "/metadata/name").to_owned());
    let known: Vec<(String, String)> = ours.iter().map(named).collect();
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    for (kind, name) in theirs.iter().map(named) {
        let Some((bare, hash)) = name.rsplit_once('-') else { continue };
        // Hexadecimal digits without those that could make words (api/hasher).
        let is_hash = hash.len() == 10 && hash.bytes().all(|b| b"2456789bcdfghkmt".contains(&b));
        let generated = matches!(&*kind, "ConfigMap" | "Secret");
        if generated && is_hash && known.contains(&(kind, bare.to_owned())) {
            renamed.insert(name.clone(), bare.to_owned());
        }
    }
    for object in theirs {
        rename(object, &renamed);
    }
}

fn rename(value: &mut Value, renamed: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            for (from, to) in renamed {
                if text.contains(from.as_str()) {
                    *text = text.replace(from.as_str(), to);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, renamed)),
        Value::Object(map) => map.values_mut().for_each(|item| rename(item, renamed)),
        _ => {}
    }
}

/// A Secret's texts in plain, wherever they are written.
fn decode(object: &mut Value) {
    if text(object, "/kind") != "Secret" {
        return;
    }
    let mut take = |section| match object.as_object_mut().unwrap().remove(section) {
        Some(Value::Object(map)) => map,
        _ => serde_json::Map::new(),
    };
    let (mut all, plain) = (take("data"), take("stringData"));
    for value in all.values_mut() {
        let decoded = value.as_str().and_then(base64).and_then(|b| String::from_utf8(b).ok());
        *value = decoded.map_or(value.take(), Value::String);
    }
    all.extend(plain);
    if !all.is_empty() {
        object["data"] = Value::Object(all);
    }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let digit = DIGITS.iter().position(|d| *d == letter)?;
        held = (held << 6 | u32::try_from(digit).ok()?) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(held >> bits & 0xFF).ok()?);
        }
    }
    Some(out)
}

/// A key without a value is no key, and `1.0` is `1`.
fn prune(value: &mut Value) {
    match value {
        Value::Number(number) => {
            #[allow(clippy::cast_possible_truncation, reason = "a whole number of a manifest")]
            let whole =
                number.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 1e15).map(|n| n as i64);
            if let Some(whole) = whole {
                *value = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(prune);
        }
        _ => {}
    }
}

/// Ports in one order: kustomize merges lists with two keys in an order of its own, which says
/// nothing.
fn sort_ports(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(sort_ports),
        Value::Object(map) => {
            map.values_mut().for_each(sort_ports);
            if let Some(Value::Array(ports)) = map.get_mut("ports") {
                ports.sort_by_key(Value::to_string);
            }
        }
        _ => {}
    }
}

/// A block scalar at the end of a file without a last line end: YAML readers differ in whether its
/// text has one.
fn trim(value: &mut Value) {
    match value {
        Value::String(text) => text.truncate(text.trim_end_matches('\n').len()),
        Value::Array(items) => items.iter_mut().for_each(trim),
        Value::Object(map) => map.values_mut().for_each(trim),
        _ => {}
    }
}

/// Contents of files that are not read: ours says that nobody knows them (`{}`), which agrees with
/// any text, as `data` or as `binaryData`.
fn without_unread(ours: &[Value], theirs: &mut [Value]) -> Vec<Value> {
    let mut out = ours.to_vec();
    for own in &mut out {
        let id = |o: &Value| (text(o, "/kind").to_owned(), text(o, "/metadata/name").to_owned());
        let unread: Vec<String> = ["data", "stringData"]
            .iter()
            .filter_map(|section| own.get(*section).and_then(Value::as_object))
            .flat_map(|map| map.iter().filter(|(_, v)| v.is_object()).map(|(k, _)| k.clone()))
            .collect();
        for object in theirs.iter_mut().filter(|t| id(t) == id(own)) {
            forget(object, &unread);
        }
        forget(own, &unread);
    }
    out
}

fn forget(object: &mut Value, keys: &[String]) {
    for section in ["data", "stringData", "binaryData"] {
        let Some(map) = object.get_mut(section).and_then(Value::as_object_mut) else { continue };
        map.retain(|key, _| !keys.contains(key));
        if map.is_empty() && !keys.is_empty() {
            object.as_object_mut().unwrap().remove(section);
        }
    }
}

/// No annotations at all, however they are spelled.
fn without_empty_annotations(object: &mut Value) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    for key in ["annotations", "labels"] {
        let empty = |v: &Value| v.is_null() || v.as_object().is_some_and(serde_json::Map::is_empty);
        if metadata.get(key).is_some_and(empty) {
            metadata.remove(key);
        }
    }
}

/// Empty where both are the same set of objects.
fn difference(mut ours: Vec<Value>, mut theirs: Vec<Value>) -> String {
    for objects in [&mut ours, &mut theirs] {
        objects.iter_mut().for_each(prune);
        objects.iter_mut().for_each(decode);
        objects.iter_mut().for_each(trim);
        objects.iter_mut().for_each(sort_ports);
        objects.iter_mut().for_each(without_empty_annotations);
    }
    without_hashes(&mut theirs, &ours);
    let mut ours = without_unread(&ours, &mut theirs);
    let mut left: Vec<Value> = Vec::new();
    for object in theirs {
        match ours.iter().position(|own| *own == object) {
            Some(at) => {
                ours.swap_remove(at);
            }
            None => left.push(object),
        }
    }
    let mut out = String::new();
    for object in &left {
        let id = |o: &Value| format!("{} {}", text(o, "/kind"), text(o, "/metadata/name"));
        let own = ours.iter().position(|own| id(own) == id(object)).map(|at| ours.swap_remove(at));
        match own {
            Some(own) => parts(&id(object), &own, object, &mut out),
            None => {
                let _ = writeln!(out, "  missing {}", id(object));
            }
        }
    }
    for own in &ours {
        let _ = writeln!(out, "  surplus {} {}", text(own, "/kind"), text(own, "/metadata/name"));
    }
    out
}

fn parts(path: &str, ours: &Value, theirs: &Value, out: &mut String) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|k| !a.contains_key(*k))) {
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned();
                match (of(a), of(b)) {
                    (Some(a), Some(b)) if a == b => {}
                    (Some(a), Some(b)) => parts(&format!("{path}/{key}"), &a, &b, out),
                    (a, b) => {
                        let _ = writeln!(out, "  {path}/{key}: {a:?} is {b:?}");
                    }
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate().filter(|(_, (a, b))| a != b) {
                parts(&format!("{path}/{at}"), a, b, out);
            }
        }
        (a, b) => {
            let _ = writeln!(out, "  {path}: {a} is {b}");
        }
    }
}

/// Compares all kustomizations of a folder: how many are equal, how many kubectl renders, and the
/// differences.
fn compare(folder: &Path) -> (usize, usize, String) {
    let (mut equal, mut all, mut wrong) = (0, 0, String::new());
    for rendering in rendered::all(folder) {
        // Paths are relative to the working directory where they lie in it.
        let place = [folder.join(&rendering.folder), PathBuf::from(&rendering.folder)];
        let Some(place) = place.into_iter().find(|p| p.is_dir()) else { continue };
        let Ok(theirs) = kubectl(&place) else { continue };
        all += 1;
        let difference = difference(rendering.objects, theirs);
        if difference.is_empty() {
            equal += 1;
        } else {
            let left_out = rendering.left_out.join("; ");
            let _ = write!(wrong, "== {} ({left_out})\n{difference}", place.display());
        }
    }
    (equal, all, wrong)
}

#[test]
fn overlays_render_to_what_kubectl_prints() {
    if !kubectl_is_here() {
        let needed = std::env::var_os("SEAWALL_REQUIRE_KUBECTL").is_some();
        assert!(!needed, "kubectl is not on the PATH");
        // Not captured as `println!` is: a skipped comparison must be seen.
        let _ = writeln!(std::io::stderr(), "SKIPPED: no kubectl to compare overlays with");
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/overlays");
    let (equal, all, wrong) = compare(&folder);
    assert!(wrong.is_empty(), "{wrong}");
    assert!(all >= 5 && equal == all, "{equal} of {all}");
}

#[test]
#[ignore = "compares checkouts that OVERLAYS names"]
fn overlays_of_other_repositories() {
    let paths = std::env::var("OVERLAYS").expect("OVERLAYS names the checkouts");
    let (mut equal, mut all) = (0, 0);
    for path in paths.split(':') {
        let (more, of, wrong) = compare(Path::new(path));
        println!("{wrong}{path}: {more} of {of} equal");
        (equal, all) = (equal + more, all + of);
    }
    println!("{equal} of {all} equal");
}
