//! What seawall says of a project with one store.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The two answers that a server can confirm.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// It asks for something that a stranger does not have.
    pub(crate) asks: bool,
    /// It listens to its own machine only.
    pub(crate) loopback: bool,
}

/// Runs the binary over the files; an answer that is open proves nothing.
pub(crate) fn of(files: &[(String, String)], folder: &Path) -> Result<Verdict, String> {
    fs::create_dir_all(folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    let out = Command::new(env!("CARGO_BIN_EXE_seawall"))
        .args(["inventory", "--format", "json"])
        .arg(folder)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    let stores = report["stores"].as_array().unwrap();
    let [store] = stores.as_slice() else {
        return Err(format!("{} stores", stores.len()));
    };
    let asks = match fact(store, "asks for")? {
        text if word(text) == "none" => false,
        text if word(text) == "password" => true,
        text => return Err(format!("seawall says `{text}`")),
    };
    Ok(Verdict { asks, loopback: fact(store, "endpoint")?.contains("reached from loopback") })
}

fn fact<'a>(store: &'a Value, name: &str) -> Result<&'a str, String> {
    let facts = store["facts"].as_array().unwrap();
    facts
        .iter()
        .find(|fact| fact["name"] == name && fact["state"] == "known")
        .and_then(|fact| fact["value"].as_str())
        .ok_or_else(|| format!("seawall leaves open: {name}"))
}

/// Behind the word stands where it is from.
fn word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}
