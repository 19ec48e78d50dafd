//! A Compose file with one service, as far as a server is started from it.

use granit_parser::{Event, Parser};
use serde_json::{Map, Value};

/// What the test puts in place of every secret that an example leaves to its user.
pub(crate) const SECRET: &str = "known-to-nobody";

/// How a container is started.
pub(crate) struct Service {
    pub(crate) command: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    /// Path in the container and text.
    pub(crate) mounted: Vec<(String, String)>,
}

impl Service {
    /// The value of the first of these variables that is set and not empty.
    pub(crate) fn variable(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            let (_, value) = self.environment.iter().find(|(n, _)| n == name)?;
            (!value.is_empty()).then_some(value.as_str())
        })
    }
}

/// The service of the project, or why it is left out.
pub(crate) fn read(files: &[(String, String)]) -> Result<Service, String> {
    let (_, text) =
        files.iter().find(|(name, _)| name == "docker-compose.yml").ok_or("no Compose file")?;
    let tree = yaml(text).ok_or("no YAML")?;
    let services = tree["services"].as_object().ok_or("no services")?;
    let mut found = services.values();
    let (Some(service), None) = (found.next(), found.next()) else {
        return Err("not one service".into());
    };
    if service.get("entrypoint").is_some() {
        return Err("an entry point of its own".into());
    }
    Ok(Service {
        command: command(&service["command"])?,
        environment: environment(&service["environment"]),
        mounted: mounted(&service["volumes"], files),
    })
}

fn command(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(words) => Ok(words.iter().map(text).collect()),
        Value::String(line) if !line.contains(['"', '\'', '\\']) => {
            Ok(given(line).split_whitespace().map(str::to_owned).collect())
        }
        _ => Err("a command with quotes".into()),
    }
}

fn environment(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(map) => map.iter().map(|(name, v)| (name.clone(), text(v))).collect(),
        Value::Array(items) => items
            .iter()
            .map(text)
            .filter_map(|item| item.split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned())))
            .collect(),
        _ => Vec::new(),
    }
}

fn mounted(volumes: &Value, files: &[(String, String)]) -> Vec<(String, String)> {
    let volumes = volumes.as_array().map(Vec::as_slice).unwrap_or_default();
    let pairs = volumes.iter().filter_map(|volume| {
        let mut parts = volume.as_str()?.split(':');
        let (from, to) = (parts.next()?.strip_prefix("./")?, parts.next()?);
        let (_, content) = files.iter().find(|(name, _)| name == from)?;
        Some((to.to_owned(), content.clone()))
    });
    pairs.collect()
}

fn text(value: &Value) -> String {
    value.as_str().map(given).unwrap_or_default()
}

/// `${NAME:?}` and its kin are filled in by whoever starts the project.
fn given(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        out += before;
        out += SECRET;
        rest = behind.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// Scalars stay text: that is what a server gets.
fn yaml(text: &str) -> Option<Value> {
    let mut open: Vec<(Value, Option<String>)> = Vec::new();
    for event in Parser::new_from_str(text) {
        let done = match event.ok()?.0 {
            Event::MappingStart(..) => {
                open.push((Value::Object(Map::new()), None));
                continue;
            }
            Event::SequenceStart(..) => {
                open.push((Value::Array(Vec::new()), None));
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => open.pop()?.0,
            Event::Scalar(value, ..) => Value::String(value.to_string()),
            _ => continue,
        };
        match open.last_mut() {
            None => return Some(done),
            Some((Value::Array(items), _)) => items.push(done),
            Some((Value::Object(map), key)) => match key.take() {
                Some(key) => drop(map.insert(key, done)),
                None => *key = Some(done.as_str()?.to_owned()),
            },
            Some(_) => return None,
        }
    }
    None
}
