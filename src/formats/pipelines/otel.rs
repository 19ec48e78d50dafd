//! OpenTelemetry Collector: `service.pipelines` wires what the other sections define.

use rustc_hash::FxHashMap;

use super::flow::{Effect, Flow, Part, Role};
use super::words;
use crate::formats::content;
use crate::model::fact::{Fact, Name, Why};
use crate::tree::node::{Entry, Node};

/// Components that pipelines list, or processors; a larger configuration is nobody's.
const MOST: usize = 3_000;

/// Processors that leave values as they are.
const NEUTRAL: [&str; 21] = [
    "batch",
    "memory_limiter",
    "k8sattributes",
    "k8s_attributes",
    "resourcedetection",
    "resource_detection",
    "probabilistic_sampler",
    "tail_sampling",
    "span",
    "groupbytrace",
    "groupbyattrs",
    "cumulativetodelta",
    "deltatorate",
    "metricstransform",
    "interval",
    "metricsgeneration",
    "logdedup",
    "geoip",
    "sumologic",
    "logstransform",
    "remotetap",
];

/// Calls of OTTL that remove or hide what they are given.
const HIDING: [&str; 8] = [
    "replace_pattern(",
    "replace_all_patterns(",
    "replace_match(",
    "replace_all_matches(",
    "delete_key(",
    "delete_matching_keys(",
    "SHA256(",
    "set(",
];

/// Reads a configuration; `None` where nothing is wired.
pub(super) fn flow(root: &Node, address: Name) -> Option<Flow> {
    let pipelines = root.at(&["service", "pipelines"])?;
    let listed = pipelines.entries().iter().flat_map(|p| p.value.entries());
    let listed: usize = listed.map(|list| 1 + list.value.items().len()).sum();
    let defined = root.get("processors").map_or(0, |p| p.entries().len());
    if listed.max(defined) > MOST {
        return None;
    }
    let mut wiring = Wiring { root, parts: Vec::new(), of_name: FxHashMap::default() };
    for pipeline in pipelines.entries() {
        wiring.pipeline(pipeline);
    }
    wiring.unwired(pipelines.entries());
    Some(Flow { product: "opentelemetry-collector", address, parts: wiring.parts })
}

/// `logs` of `logs/raw`.
fn family(name: &str) -> &str {
    name.split_once('/').map_or(name, |(family, _)| family)
}

struct Wiring<'a> {
    root: &'a Node,
    parts: Vec<Part>,
    /// Receivers and connectors by signal and name.
    of_name: FxHashMap<(&'a str, String), usize>,
}

impl<'a> Wiring<'a> {
    fn defined(&self, section: &str, name: &str) -> Option<&'a Entry> {
        self.root.get(section)?.map()?.entry(name)
    }

    fn pipeline(&mut self, pipeline: &'a Entry) {
        let signal = family(&pipeline.key);
        if !matches!(signal, "logs" | "traces") {
            return;
        }
        let list = |key| pipeline.value.get(key).map_or(&[][..], Node::items).iter();
        let mut from: Vec<usize> = Vec::new();
        for name in list("receivers") {
            let Some(text) = name.str() else { continue };
            from.push(self.incoming(signal, text, name));
        }
        for name in list("processors") {
            let Some(text) = name.str() else { continue };
            let role = match self.defined("processors", text) {
                Some(entry) => Role::Step(processor(entry, signal)),
                None => Role::Step(known(family(text), name)),
            };
            let index = self.part(format!("processor `{text}`"), role, name);
            self.parts[index].from = std::mem::replace(&mut from, vec![index]);
        }
        let processors = pipeline.value.map().and_then(|m| m.entry("processors"));
        for name in list("exporters") {
            let Some(text) = name.str() else { continue };
            if self.defined("connectors", text).is_some() {
                // It passes on to logs and traces alike; which one the receiving side says.
                for signal in ["logs", "traces"] {
                    let index = self.incoming(signal, text, name);
                    self.parts[index].from.extend(from.iter().copied());
                }
                continue;
            }
            if !self.stores(text) {
                continue;
            }
            let title = format!("exporter `{text}` of pipeline `{}`", pipeline.key);
            let index = self.part(title, Role::Sink, name);
            let part = &mut self.parts[index];
            part.from.clone_from(&from);
            part.place = processors.map_or(pipeline.key_place, Entry::place);
            part.whole = pipeline.place();
        }
    }

    /// A receiver or a connector as a pipeline of a signal sees it.
    fn incoming(&mut self, signal: &'a str, name: &str, at: &Node) -> usize {
        let key = (signal, name.to_owned());
        if let Some(index) = self.of_name.get(&key) {
            return *index;
        }
        let role = if self.defined("connectors", name).is_some() {
            Role::Step(Effect::Nothing)
        } else {
            Role::Source(self.receiver(name))
        };
        let index = self.part(format!("receiver `{name}`"), role, at);
        if let Some(entry) = self.defined("receivers", name) {
            (self.parts[index].place, self.parts[index].whole) = (entry.key_place, entry.place());
        }
        self.of_name.insert(key, index);
        index
    }

    fn receiver(&self, name: &str) -> Vec<Fact<Name>> {
        let Some(entry) = self.defined("receivers", name) else { return Vec::new() };
        let files = entry.value.get("include").map_or(&[][..], Node::items).iter();
        let named = files.filter_map(|f| content::of_name(f.str()?, f.place));
        named.chain(content::of_name(name, entry.key_place)).take(1).collect()
    }

    /// `debug` counts records unless it is told to show them (`debugexporter`, `verbosity`).
    fn stores(&self, name: &str) -> bool {
        let get = |key| self.defined("exporters", name)?.value.get(key)?.str();
        match family(name) {
            "nop" => false,
            "debug" => get("verbosity") == Some("detailed"),
            "logging" => get("verbosity") == Some("detailed") || get("loglevel") == Some("debug"),
            _ => true,
        }
    }

    fn part(&mut self, title: String, role: Role, at: &Node) -> usize {
        self.parts.push(Part {
            title: title.into(),
            role,
            from: Vec::new(),
            open: false,
            place: at.place,
            whole: at.place,
        });
        self.parts.len() - 1
    }

    /// Processors that are defined and in no pipeline.
    fn unwired(&mut self, pipelines: &[Entry]) {
        let used = |name: &str| {
            let lists = pipelines.iter().filter_map(|p| p.value.get("processors"));
            lists.flat_map(Node::items).any(|n| n.str() == Some(name))
        };
        let defined = self.root.get("processors").map_or(&[][..], Node::entries);
        for entry in defined.iter().filter(|e| !used(&e.key)) {
            for signal in ["logs", "traces"] {
                let effect = processor(entry, signal);
                if matches!(effect, Effect::Clears { meant: true, .. }) {
                    self.part(
                        format!("processor `{}`", entry.key),
                        Role::Step(effect),
                        &entry.value,
                    );
                    if let Some(part) = self.parts.last_mut() {
                        (part.place, part.whole) = (entry.key_place, entry.place());
                    }
                    break;
                }
            }
        }
    }
}

/// A processor without a definition here.
fn known(family: &str, at: &Node) -> Effect {
    if NEUTRAL.contains(&family) {
        return Effect::Nothing;
    }
    Effect::Unknown(Why::NotHere(format!("processor {family}").into()), at.place)
}

fn processor(entry: &Entry, signal: &str) -> Effect {
    let node = &entry.value;
    match family(&entry.key) {
        "attributes" | "resource" => attributes(entry),
        "redaction" => redaction(entry, signal),
        "transform" => transform(entry, signal),
        "filter" => Effect::Selects,
        neutral if NEUTRAL.contains(&neutral) => Effect::Nothing,
        other => {
            Effect::Unknown(Why::NotUnderstood(format!("processor `{other}`").into()), node.place)
        }
    }
}

/// Actions on attributes, in order (`attributesprocessor`): `insert` leaves what is there.
fn attributes(entry: &Entry) -> Effect {
    let list = entry.value.get("actions").or_else(|| entry.value.get("attributes"));
    let mut idle = None;
    for action in list.map_or(&[][..], Node::items) {
        let text = |key| action.get(key).and_then(Node::str).unwrap_or_default();
        let field = [text("key"), text("pattern")].concat();
        if !words::is_secret(&field) {
            continue;
        }
        let masks = words::is_mask(text("value"));
        match text("action") {
            "delete" | "hash" => return clears(action, &format!("`{field}` is removed")),
            "update" | "upsert" if masks => {
                return clears(action, &format!("`{field}` is overwritten"));
            }
            "insert" if masks => idle = Some(action),
            _ => {}
        }
    }
    match idle {
        Some(action) => Effect::Idle {
            at: action.place,
            say: "`insert` leaves a field that is there already".into(),
        },
        None => Effect::Nothing,
    }
}

fn clears(at: &Node, say: &str) -> Effect {
    Effect::Clears { meant: true, at: at.place, say: say.into() }
}

/// `redactionprocessor`: without `allow_all_keys` every attribute that is not allowed goes; texts
/// of log bodies are changed by blocked values and sanitizers alone.
fn redaction(entry: &Entry, signal: &str) -> Effect {
    let node = &entry.value;
    let has = |key: &str| node.get(key).is_some_and(|n| !n.items().is_empty());
    let sanitizes = ["url_sanitizer", "url_sanitization", "db_sanitizer"]
        .iter()
        .any(|key| node.get(key).is_some_and(|n| !n.entries().is_empty()));
    let values = has("blocked_values") || sanitizes;
    let keys = has("blocked_key_patterns");
    let allow_all = node.get("allow_all_keys");
    let whole = |say: &str| clears(&Node { place: entry.key_place, ..node.clone() }, say);
    match allow_all.map(Node::bool) {
        _ if values => whole("what matches is masked"),
        Some(Some(true)) if !keys => Effect::Idle {
            at: allow_all.map_or(entry.key_place, |n| n.place),
            say: "every key is allowed and no value is blocked: nothing is redacted".into(),
        },
        Some(None) => Effect::Unknown(Why::Template, entry.key_place),
        _ if signal == "logs" => {
            let why = "the bodies of these logs, which `redaction` without `blocked_values` leaves";
            Effect::Unknown(Why::NotUnderstood(why.into()), entry.key_place)
        }
        _ => whole("attributes that are not allowed are removed"),
    }
}

/// Statements of the signal's own list; those of other signals do nothing here.
fn transform(entry: &Entry, signal: &str) -> Effect {
    let own = if signal == "logs" { "log_statements" } else { "trace_statements" };
    let mut idle = None;
    for list in entry.value.entries().iter().filter(|e| e.key.ends_with("_statements")) {
        let mut found = Vec::new();
        for item in list.value.items() {
            match item.str() {
                Some(_) => found.push(item),
                None => found.extend(item.get("statements").map_or(&[][..], Node::items)),
            }
        }
        for statement in found {
            let text = statement.str().unwrap_or_default();
            if text.contains("keep_keys(") || text.contains("keep_matching_keys(") {
                if *list.key == *own {
                    let say = "only named fields are kept".into();
                    return Effect::Clears { meant: false, at: statement.place, say };
                }
                continue;
            }
            if !hides(text) {
                continue;
            }
            if *list.key == *own {
                return clears(statement, "what matches is removed");
            }
            idle = Some((statement.place, format!("`{}` does nothing in {signal}", list.key)));
        }
    }
    match idle {
        // The same processor may stand in pipelines of both signals.
        Some((at, say)) if entry.value.get(own).is_none() => Effect::Idle { at, say: say.into() },
        _ => Effect::Nothing,
    }
}

fn hides(statement: &str) -> bool {
    let called = HIDING.iter().find(|call| statement.contains(**call));
    called.is_some_and(|call| match *call {
        "set(" => words::is_secret(statement) && words::is_mask(statement),
        _ => words::is_secret(statement) || words::is_mask(statement),
    })
}
