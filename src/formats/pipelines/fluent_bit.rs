//! Fluent Bit: inputs set tags, filters and outputs choose by `Match`.

use super::flow::{Effect, Flow, Part, Role};
use super::words;
use crate::formats::content;
use crate::model::fact::{Fact, Name, Why};
use crate::source::{Place, Text};
use crate::tree::node::{Entry, Node};

/// Inputs of numbers.
const NUMBERS: [&str; 12] = [
    "cpu",
    "mem",
    "disk",
    "netif",
    "node_exporter_metrics",
    "fluentbit_metrics",
    "prometheus_scrape",
    "prometheus_remote_write",
    "process_exporter_metrics",
    "health",
    "thermal",
    "statsd",
];

/// Outputs that keep nothing.
const SINKLESS: [&str; 3] = ["null", "counter", "prometheus_exporter"];

/// One `[INPUT]`, `[FILTER]` or `[OUTPUT]`, whichever way it is written.
struct Section {
    kind: Kind,
    entries: Vec<(String, String, Place)>,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Input,
    Filter,
    Output,
}

/// Reads a file in the classic form; `None` where parts of it lie in other files.
pub(super) fn classic(text: &Text, address: Name) -> Option<Flow> {
    let mut sections: Vec<Section> = Vec::new();
    let mut current = false;
    let mut at = 0;
    for line in text.as_str().split_inclusive('\n') {
        let start = at;
        at += line.len();
        let words = line.trim();
        let place = text.place(start..start + line.trim_end().len());
        if words.is_empty() || words.starts_with('#') {
            continue;
        }
        if words.starts_with('@') && words[1..].to_ascii_lowercase().starts_with("include") {
            return None;
        }
        if words.starts_with('[') {
            let kind = match words.to_ascii_lowercase().as_str() {
                "[input]" => Some(Kind::Input),
                "[filter]" => Some(Kind::Filter),
                "[output]" => Some(Kind::Output),
                _ => None,
            };
            current = kind.is_some();
            sections.extend(kind.map(|kind| Section { kind, entries: Vec::new(), place }));
        } else if let Some(section) = sections.last_mut().filter(|_| current) {
            let (key, value) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
            section.entries.push((key.to_ascii_lowercase(), value.trim().to_owned(), place));
        }
    }
    flow(&sections, address)
}

/// Reads a file in YAML; processors of single inputs and outputs are not followed.
pub(super) fn yaml(root: &Node, address: Name) -> Option<Flow> {
    if root.get("includes").is_some_and(|n| !n.items().is_empty()) {
        return None;
    }
    let pipeline = root.get("pipeline")?;
    let mut sections = Vec::new();
    let kinds = [("inputs", Kind::Input), ("filters", Kind::Filter), ("outputs", Kind::Output)];
    for (key, kind) in kinds {
        for item in pipeline.get(key).map_or(&[][..], Node::items) {
            let mut entries = Vec::new();
            for entry in item.entries() {
                let name = entry.key.to_ascii_lowercase();
                let values = entry.value.items().iter().chain(Some(&entry.value));
                for value in values.filter_map(Node::str) {
                    entries.push((name.clone(), value.to_owned(), entry.place()));
                }
                if name == "processors" {
                    entries.push((name, String::new(), entry.place()));
                }
            }
            let place = item.entries().first().map_or(item.place, Entry::place);
            sections.push(Section { kind, entries, place });
        }
    }
    flow(&sections, address)
}

impl Section {
    fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().rev().find(|(k, ..)| k == key).map(|(_, v, _)| v.as_str())
    }

    fn name(&self) -> &str {
        self.get("name").unwrap_or_default()
    }

    fn whole(&self) -> Place {
        self.entries.iter().fold(self.place, |place, entry| place.to(entry.2))
    }
}

fn flow(sections: &[Section], address: Name) -> Option<Flow> {
    const MOST: usize = 400;
    if sections.len() > MOST {
        return None;
    }
    let of = |kind| sections.iter().filter(move |s| s.kind == kind);
    let filters: Vec<&Section> = of(Kind::Filter).collect();
    let mut parts: Vec<Part> = Vec::new();
    // One chain of filters for each input.
    let mut ends: Vec<(String, usize)> = Vec::new();
    let mut fed = vec![false; filters.len()];
    for input in of(Kind::Input).filter(|s| !NUMBERS.contains(&s.name())) {
        let tag = input.get("tag").map(str::to_owned).or_else(|| default_tag(input))?;
        parts.push(part("input", input, Role::Source(content(input)), Vec::new()));
        if let Some(entry) = input.entries.iter().find(|e| e.0 == "processors") {
            let effect = Effect::Unknown(Why::NotUnderstood("processors".into()), entry.2);
            parts.push(part("processors of", input, Role::Step(effect), vec![parts.len() - 1]));
        }
        for (index, filter) in filters.iter().enumerate() {
            let Some(matched) = matched(filter, &tag) else { continue };
            fed[index] = true;
            let effect = match (matched, effect(filter)) {
                (Matched::Some, Effect::Nothing | Effect::Selects) => continue,
                (Matched::Some, _) => {
                    let what = format!("which records filter `{}` matches", filter.name());
                    Effect::Unknown(Why::NotUnderstood(what.into()), filter.place)
                }
                (Matched::All, effect) => effect,
            };
            parts.push(part("filter", filter, Role::Step(effect), vec![parts.len() - 1]));
        }
        ends.push((tag, parts.len() - 1));
    }
    for (filter, _) in filters.iter().zip(&fed).filter(|(_, fed)| !**fed) {
        parts.push(part("filter", filter, Role::Step(effect(filter)), Vec::new()));
    }
    for output in of(Kind::Output).filter(|s| !SINKLESS.contains(&s.name())) {
        let from = ends.iter().filter(|(tag, _)| matched(output, tag).is_some());
        let from = from.map(|(_, end)| *end).collect();
        let mut sink = part("output", output, Role::Sink, from);
        if let Some(entry) = output.entries.iter().find(|e| e.0.starts_with("match")) {
            sink.place = entry.2;
        }
        if let Some(entry) = output.entries.iter().find(|e| e.0 == "processors") {
            let effect = Effect::Unknown(Why::NotUnderstood("processors".into()), entry.2);
            let from = std::mem::replace(&mut sink.from, vec![parts.len()]);
            parts.push(part("processors of", output, Role::Step(effect), from));
        }
        parts.push(sink);
    }
    Some(Flow { product: "fluent-bit", address, parts })
}

fn part(word: &str, section: &Section, role: Role, from: Vec<usize>) -> Part {
    Part {
        title: format!("{word} `{}`", section.name()).into(),
        role,
        from,
        open: false,
        place: section.place,
        whole: section.whole(),
    }
}

/// Without a tag an input is called after its plugin and its number, which only `*` matches for
/// sure; `forward` takes the tags of its senders.
fn default_tag(input: &Section) -> Option<String> {
    (input.name() != "forward").then(|| format!("{}.0", input.name()))
}

fn content(input: &Section) -> Vec<Fact<Name>> {
    let telling =
        input.entries.iter().filter(|(key, ..)| matches!(key.as_str(), "path" | "tag" | "topics"));
    telling.filter_map(|(_, value, at)| content::of_name(value, *at)).take(1).collect()
}

enum Matched {
    All,
    Some,
}

/// Which records of a tag a filter or an output takes; `None` where it takes none.
fn matched(section: &Section, tag: &str) -> Option<Matched> {
    let pattern = match (section.get("match"), section.get("match_regex")) {
        (_, Some(_)) => return Some(Matched::Some),
        (Some(pattern), None) => pattern,
        (None, None) => return None,
    };
    if pattern.contains("${") || tag.contains("${") {
        return Some(Matched::Some);
    }
    let (pattern, tag) = (pattern.as_bytes(), tag.as_bytes());
    if covers(pattern, tag) {
        return Some(Matched::All);
    }
    meets(pattern, tag).then_some(Matched::Some)
}

/// Whether a pattern matches every tag that another pattern stands for.
fn covers(pattern: &[u8], tag: &[u8]) -> bool {
    table(pattern, tag, false)
}

/// Whether two patterns have a tag in common.
fn meets(pattern: &[u8], tag: &[u8]) -> bool {
    table(pattern, tag, true)
}

/// Row by row over the tag; `*` of the tag stands for any text where `both`, else for itself.
fn table(pattern: &[u8], tag: &[u8], both: bool) -> bool {
    const LONGEST: usize = 128;
    if pattern.len() > LONGEST || tag.len() > LONGEST {
        return both;
    }
    let mut row = vec![false; pattern.len() + 1];
    row[0] = true;
    for i in 0..pattern.len() {
        row[i + 1] = row[i] && pattern[i] == b'*';
    }
    for &t in tag {
        let mut next = vec![false; pattern.len() + 1];
        let any = both && t == b'*';
        next[0] = any && row[0];
        for i in 0..pattern.len() {
            next[i + 1] = match pattern[i] {
                b'*' => next[i] || row[i + 1],
                p => (p == t && t != b'*' && row[i]) || (any && (row[i + 1] || next[i])),
            };
        }
        row = next;
    }
    row[pattern.len()]
}

fn effect(filter: &Section) -> Effect {
    match filter.name() {
        "modify" => modify(filter),
        "record_modifier" => record_modifier(filter),
        "grep" => grep(filter),
        "lua" => lua(filter),
        "kubernetes" | "parser" | "nest" | "throttle" | "multiline" | "aws" | "ecs" | "geoip2"
        | "type_converter" | "expect" | "stdout" | "sysinfo" | "checklist" | "log_to_metrics" => {
            Effect::Nothing
        }
        other => {
            Effect::Unknown(Why::NotUnderstood(format!("filter `{other}`").into()), filter.place)
        }
    }
}

/// `Add` and `Copy` leave what is there (Fluent Bit's manual, `modify`).
fn modify(filter: &Section) -> Effect {
    let mut idle = None;
    for (key, value, at) in &filter.entries {
        let field = value.split_whitespace().next().unwrap_or_default();
        let rest = value[field.len()..].trim();
        if !words::is_secret(field) {
            continue;
        }
        match key.as_str() {
            "remove" | "remove_wildcard" | "remove_regex" => return clears(*at, field),
            "set" if words::is_mask(rest) => return clears(*at, field),
            "add" if words::is_mask(rest) => {
                idle = Some(Effect::Idle {
                    at: *at,
                    say: "`Add` leaves a field that is there already".into(),
                });
            }
            _ => {}
        }
    }
    idle.unwrap_or(Effect::Nothing)
}

fn clears(at: Place, field: &str) -> Effect {
    Effect::Clears { meant: true, at, say: format!("`{field}` is removed").into() }
}

fn record_modifier(filter: &Section) -> Effect {
    for (key, value, at) in &filter.entries {
        match key.as_str() {
            "remove_key" if words::is_secret(value) => return clears(*at, value),
            "allowlist_key" | "whitelist_key" => {
                let say = "only named fields are kept".into();
                return Effect::Clears { meant: false, at: *at, say };
            }
            _ => {}
        }
    }
    Effect::Nothing
}

fn grep(filter: &Section) -> Effect {
    let exclude = filter.entries.iter().find(|(k, v, _)| k == "exclude" && words::is_secret(v));
    match exclude {
        Some((_, _, at)) => {
            Effect::Clears { meant: true, at: *at, say: "records that match are dropped".into() }
        }
        None => Effect::Selects,
    }
}

/// What a script does is told by its name alone.
fn lua(filter: &Section) -> Effect {
    let telling = filter
        .entries
        .iter()
        .find(|(key, value, _)| matches!(key.as_str(), "call" | "script") && words::is_mask(value));
    match telling {
        Some((_, value, at)) => Effect::Clears {
            meant: true,
            at: *at,
            say: format!("`{value}` removes secrets, by its name").into(),
        },
        None => Effect::Unknown(Why::NotUnderstood("a Lua script".into()), filter.place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, tag: &str, covered: bool, met: bool) {
        let (p, t) = (pattern.as_bytes(), tag.as_bytes());
        assert_eq!((covers(p, t), meets(p, t)), (covered, met), "{pattern} {tag}");
    }

    #[test]
    fn a_match_takes_all_some_or_none_of_a_tag() {
        check("*", "kube.*", true, true);
        check("kube.*", "kube.*", true, true);
        check("kube.pay*", "kube.*", false, true);
        check("app.*", "application.*", false, false);
        check("app", "app", true, true);
        check("*.log", "kube.*", false, true);
    }
}
