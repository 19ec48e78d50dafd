//! Vector: sources, transforms and sinks, wired by `inputs`.

use rustc_hash::FxHashMap;

use super::flow::{Effect, Flow, Part, Role};
use super::{vrl, words};
use crate::formats::content;
use crate::model::fact::{Fact, Name, Why};
use crate::tree::node::{Entry, Node};

/// Components and inputs of one configuration; a larger one is nobody's.
const MOST: usize = 4_000;

/// Sources of numbers, which carry nothing that a person wrote.
const NUMBERS: [&str; 14] = [
    "host_metrics",
    "internal_metrics",
    "prometheus_scrape",
    "prometheus_remote_write",
    "prometheus_pushgateway",
    "statsd",
    "apache_metrics",
    "nginx_metrics",
    "mongodb_metrics",
    "postgresql_metrics",
    "aws_ecs_metrics",
    "eventstoredb_metrics",
    "static_metrics",
    "internal_logs",
];

/// Words of a source that tell what it reads.
const TELLING: [&str; 9] =
    ["include", "path", "topics", "subject", "queue", "key", "stream", "container_name", "address"];

/// Reads a configuration; `None` where it has no sinks.
pub(super) fn flow(root: &Node, address: Name) -> Option<Flow> {
    let section = |name| root.get(name).map_or(&[][..], Node::entries);
    if section("sinks").is_empty() {
        return None;
    }
    let all = ["sources", "transforms", "sinks"].map(section);
    let inputs = |e: &Entry| e.value.get("inputs").map_or(0, |n| n.items().len());
    let size: usize = all.iter().flat_map(|s| s.iter()).map(|e| 1 + inputs(e)).sum();
    if size > MOST {
        return None;
    }
    let mut wiring = Wiring::default();
    for entry in section("sources").iter().filter(|e| !is_numbers(e)) {
        wiring.add("source", entry, Role::Source(source(entry)));
    }
    for entry in section("transforms") {
        wiring.add("transform", entry, Role::Step(transform(entry)));
    }
    for entry in section("sinks").iter().filter(|e| kind(e) != "blackhole") {
        wiring.add("sink", entry, Role::Sink);
    }
    let known = section("sources").iter().chain(section("transforms"));
    let known: Vec<&str> = known.map(|e| &*e.key).collect();
    wiring.connect(&known);
    Some(Flow { product: "vector", address, parts: wiring.parts })
}

fn kind(entry: &Entry) -> &str {
    entry.value.get("type").and_then(Node::str).unwrap_or_default()
}

fn is_numbers(entry: &Entry) -> bool {
    NUMBERS.contains(&kind(entry))
}

fn source(entry: &Entry) -> Vec<Fact<Name>> {
    let mut out: Vec<Fact<Name>> = Vec::new();
    if matches!(kind(entry), "http_server" | "http" | "heroku_logs") {
        // Headers named here are copied into the event (Vector's reference, `http_server`).
        let headers = entry.value.get("headers").map_or(&[][..], Node::items).iter();
        let named = headers.filter(|h| h.str().is_some_and(words::is_credential_header));
        out.extend(named.map(|h| Fact::written("requests".into(), h.place)));
    }
    out.extend(content::of_name(&entry.key, entry.key_place));
    for node in TELLING.iter().filter_map(|key| entry.value.get(key)) {
        let texts = std::iter::once(node).chain(node.items());
        out.extend(texts.filter_map(|n| content::of_name(n.str()?, n.place)));
    }
    out.truncate(1);
    out
}

fn transform(entry: &Entry) -> Effect {
    let at = entry.key_place;
    let node = &entry.value;
    match kind(entry) {
        "remap" => remap(entry),
        "filter" => condition(node),
        "route" | "exclusive_route" | "swimlanes" => Effect::Selects,
        // What comes out is numbers.
        "log_to_metric" => {
            let say = format!("transform `{}` makes numbers of records", entry.key);
            Effect::Clears { meant: false, at, say: say.into() }
        }
        "dedupe"
        | "sample"
        | "throttle"
        | "reduce"
        | "aggregate"
        | "metric_to_log"
        | "tag_cardinality_limit"
        | "window"
        | "incremental_to_absolute"
        | "trace_to_log"
        | "geoip"
        | "aws_ec2_metadata"
        | "json_parser"
        | "regex_parser"
        | "grok_parser"
        | "add_fields"
        | "rename_fields"
        | "concat"
        | "merge"
        | "coercer" => Effect::Nothing,
        "remove_fields" => {
            let say = format!("transform `{}` removes fields", entry.key);
            Effect::Clears { meant: false, at, say: say.into() }
        }
        other => Effect::Unknown(Why::NotUnderstood(format!("transform `{other}`").into()), at),
    }
}

fn remap(entry: &Entry) -> Effect {
    let place = entry.key_place;
    let node = &entry.value;
    if let Some(program) = node.get("source").and_then(Node::nested_text) {
        return vrl::effect(&program);
    }
    let files = node.get("file").or_else(|| node.get("files"));
    let why = match files {
        Some(file) => Why::NotHere(file.str().unwrap_or("the program").into()),
        None => Why::Broken,
    };
    Effect::Unknown(why, files.map_or(place, |f| f.place))
}

/// A filter that asks for secrets drops them; any other only chooses.
fn condition(node: &Node) -> Effect {
    let condition = node.get("condition");
    let text = condition.and_then(|c| c.str().or_else(|| c.get("source")?.str()));
    match (condition, text) {
        (Some(condition), Some(text)) if words::is_secret(text) => Effect::Clears {
            meant: true,
            at: condition.place,
            say: "records that match are dropped".into(),
        },
        _ => Effect::Selects,
    }
}

#[derive(Default)]
struct Wiring<'a> {
    parts: Vec<Part>,
    /// The parts that are written, with their inputs.
    written: Vec<(usize, &'a Entry)>,
    of_name: FxHashMap<&'a str, usize>,
}

impl<'a> Wiring<'a> {
    fn add(&mut self, word: &str, entry: &'a Entry, role: Role) {
        let inputs = entry.value.map().and_then(|m| m.entry("inputs"));
        let index = self.parts.len();
        if !matches!(role, Role::Sink) {
            self.of_name.insert(&entry.key, index);
        }
        self.written.push((index, entry));
        self.parts.push(Part {
            title: format!("{word} `{}`", entry.key).into(),
            role,
            from: Vec::new(),
            open: false,
            place: inputs.map_or(entry.key_place, Entry::place),
            whole: entry.place(),
        });
    }

    fn connect(&mut self, known: &[&str]) {
        let mut outputs: FxHashMap<String, usize> = FxHashMap::default();
        // Outputs like `split.errors` come up as they are named, and take what their owner takes.
        let mut owners = Vec::new();
        for (index, entry) in std::mem::take(&mut self.written) {
            let Some(inputs) = entry.value.get("inputs") else { continue };
            let one = inputs.str().map(|_| inputs);
            for input in one.into_iter().chain(inputs.items()) {
                let Some(name) = input.str() else { continue };
                let from = self.named(name, known, &mut outputs, &mut owners);
                let part = &mut self.parts[index];
                match from {
                    Some(from) => part.from.extend(from),
                    None => part.open = true,
                }
            }
        }
        for (output, owner) in owners {
            let (from, open) = (self.parts[owner].from.clone(), self.parts[owner].open);
            let part = &mut self.parts[output];
            part.open = open;
            // What a route lets through has passed what stands before it; what was dropped has not
            // passed the transform itself.
            part.from = from;
        }
    }

    /// The parts that an input names; `None` where they are in no file.
    fn named(
        &mut self,
        name: &str,
        known: &[&str],
        outputs: &mut FxHashMap<String, usize>,
        owners: &mut Vec<(usize, usize)>,
    ) -> Option<Vec<usize>> {
        if let Some(index) = self.of_name.get(name) {
            return Some(vec![*index]);
        }
        if known.contains(&name) {
            return Some(Vec::new());
        }
        if let Some(prefix) = name.strip_suffix('*') {
            let all = self.of_name.iter().filter(|(n, _)| n.starts_with(prefix));
            let mut all: Vec<usize> = all.map(|(_, index)| *index).collect();
            all.sort_unstable();
            return Some(all);
        }
        let (owner, output) = name.rsplit_once('.')?;
        let owner = *self.of_name.get(owner)?;
        if let Some(index) = outputs.get(name) {
            return Some(vec![*index]);
        }
        let role = self.output(owner, output);
        if matches!(role, Role::Source(_)) {
            return Some(vec![owner]);
        }
        let index = self.parts.len();
        let (place, whole) = (self.parts[owner].place, self.parts[owner].whole);
        self.parts.push(Part {
            title: format!("output `{name}`").into(),
            role,
            from: Vec::new(),
            open: false,
            place,
            whole,
        });
        outputs.insert(name.to_owned(), index);
        owners.push((index, owner));
        Some(vec![index])
    }

    /// What a named output of a part does. Events that a remap gave up on leave it by `dropped`,
    /// as they came in (Vector's reference, `reroute_dropped`).
    fn output(&self, owner: usize, output: &str) -> Role {
        let part = &self.parts[owner];
        match &part.role {
            Role::Source(_) => Role::Source(Vec::new()),
            Role::Step(Effect::Clears { meant: true, .. }) if output == "dropped" => {
                let say = format!("{} hands on failed events as they came", part.title);
                Role::Step(Effect::Idle { at: part.place, say: say.into() })
            }
            Role::Step(Effect::Selects) => Role::Step(Effect::Selects),
            _ => Role::Step(Effect::Nothing),
        }
    }
}
