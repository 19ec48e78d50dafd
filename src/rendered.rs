//! What overlays render to, for the comparison with `kubectl kustomize`.

use std::path::Path;

use serde_json::{Map, Value};

use crate::formats;
use crate::source::{FileId, Source, Sources, Text};
use crate::tree::node::{Kind, Node};
use crate::tree::yaml;
use crate::workspace;

/// One kustomization, rendered.
#[derive(Debug)]
pub struct Rendering {
    /// Its folder, relative to the folder that was read.
    pub folder: String,
    pub objects: Vec<Value>,
    /// What was left out.
    pub left_out: Vec<String>,
}

/// Renders every kustomization below a folder, roots and bases alike.
pub fn all(folder: &Path) -> Vec<Rendering> {
    let Ok(loaded) = workspace::load(&[folder.to_path_buf()], 0) else { return Vec::new() };
    let rendered = formats::rendered(&loaded.sources).into_iter();
    rendered
        .map(|(folder, objects, left_out)| Rendering {
            folder,
            objects: objects.iter().map(value).collect(),
            left_out,
        })
        .collect()
}

/// The documents of a YAML stream, by the same rules.
pub fn documents(text: &str) -> Vec<Value> {
    let source = Source { path: "stream.yaml".into(), text: text.into() };
    let sources = Sources::new(vec![source]);
    let text: Text = sources.text(FileId(0));
    yaml::parse(&text).0.iter().filter(|n| !n.is_null()).map(value).collect()
}

fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::List(items) => items.iter().map(value).collect(),
        Kind::Map(map) => {
            let entries = map.entries.iter().map(|e| (e.key.to_string(), value(&e.value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Kind::Scalar(scalar) if !scalar.plain => Value::from(&*scalar.text),
        Kind::Scalar(scalar) => plain(&scalar.text),
    }
}

fn plain(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => return Value::from(true),
        "false" | "False" | "FALSE" => return Value::from(false),
        _ => {}
    }
    // YAML 1.1, which Kubernetes reads: a leading zero is an octal number.
    let octal = text.strip_prefix('0').filter(|digits| !digits.is_empty());
    if let Some(number) = octal.and_then(|digits| i64::from_str_radix(digits, 8).ok()) {
        return Value::from(number);
    }
    if let Ok(number) = text.parse::<i64>() {
        return Value::from(number);
    }
    match text.parse::<f64>() {
        Ok(number) if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
            Value::from(number)
        }
        _ => Value::from(text),
    }
}
