//! Collectors of logs: Vector, the OpenTelemetry Collector, Fluent Bit.
//!
//! Each is read into one [`Flow`](flow::Flow); whether what reaches a sink was scrubbed is judged
//! there, for all of them alike.

mod flow;
mod fluent_bit;
mod otel;
#[cfg(test)]
mod tests;
mod vector;
mod vrl;
mod words;

use super::{Claim, Format, Parsed, Unit};
use crate::model::fact::Name;
use crate::model::fragment::{Address, Fragment};
use crate::source::{Problem, Text};
use crate::tree::node::Node;
use crate::tree::{toml, yaml};
use flow::Flow;

/// The front end.
pub(crate) struct Pipelines;

/// Whose configuration it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Product {
    Vector,
    OtelCollector,
    FluentBit,
}

impl Format for Pipelines {
    fn name(&self) -> &'static str {
        "pipelines"
    }

    fn claims(&self, path: &str, text: &str) -> Claim {
        match product(path, text) {
            // Without a sign of its own, a template is somebody else's.
            Some(_) if yaml::is_template(text) => Claim::No,
            Some(_) => Claim::Surely,
            None => Claim::No,
        }
    }

    fn parse(&self, text: &Text, path: &str) -> (Parsed, Vec<Problem>) {
        match read(path, text) {
            // Vector fills in `${PORT}` before it parses, and templates are filled in by others.
            Some((_, problems)) if !problems.is_empty() && is_filled_in(text.as_str()) => {
                (Parsed::Text, Vec::new())
            }
            Some((node, problems)) => (Parsed::Nodes(node.into_iter().collect()), problems),
            None => (Parsed::Text, Vec::new()),
        }
    }

    fn lower(&self, unit: &Unit, out: &mut Fragment) {
        for (file, parsed) in &unit.files {
            let path = unit.sources.path(*file);
            let text = unit.sources.text(*file);
            let root = match parsed {
                Parsed::Nodes(nodes) => nodes.first(),
                _ => None,
            };
            let Some(product) = product(path, text.as_str()) else { continue };
            let address = Address::file(path).0;
            add(of(product, root, &text, address), out);
        }
    }
}

/// A collector's configuration inside a file of another format.
pub(super) fn nested(address: &Address, name: &str, text: &Text, out: &mut Fragment) {
    // The collector's chart calls its entry `relay`.
    let name = if extension(name).is_empty() { "config.yaml" } else { name };
    let Some(product) = product(name, text.as_str()) else { return };
    if yaml::is_template(text.as_str()) {
        return;
    }
    let root = match read(name, text) {
        // What does not parse is not told: the text may still be filled in.
        Some((_, problems)) if !problems.is_empty() => return,
        Some((root, _)) => root,
        None => None,
    };
    add(of(product, root.as_ref(), text, address.0.clone()), out);
}

/// A configuration of the OpenTelemetry Collector that stands as values in another file.
pub(super) fn otel_collector(address: &Address, root: &Node, out: &mut Fragment) {
    add(otel::flow(root, address.0.clone()), out);
}

fn add(flow: Option<Flow>, out: &mut Fragment) {
    if let Some(flow) = flow {
        out.logs.extend(flow::drafts(&flow));
    }
}

fn of(product: Product, root: Option<&Node>, text: &Text, address: Name) -> Option<Flow> {
    match (product, root) {
        (Product::Vector, Some(root)) => vector::flow(root, address),
        (Product::OtelCollector, Some(root)) => otel::flow(root, address),
        (Product::FluentBit, Some(root)) => fluent_bit::yaml(root, address),
        (Product::FluentBit, None) => fluent_bit::classic(text, address),
        (_, None) => None,
    }
}

/// The tree of a file; `None` for a language that is read line by line.
fn read(path: &str, text: &Text) -> Option<(Option<Node>, Vec<Problem>)> {
    match extension(path) {
        "json" => Some(yaml::parse_json(text)),
        "toml" => {
            let (node, problems) = toml::parse(text);
            Some((Some(node), problems))
        }
        "yaml" | "yml" => {
            let (nodes, problems) = yaml::parse(text);
            Some((nodes.into_iter().next(), problems))
        }
        _ => None,
    }
}

fn extension(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Whether a text is complete only after somebody has filled it in.
fn is_filled_in(text: &str) -> bool {
    ["${", "{{", "{%", "<%"].iter().any(|sign| text.contains(sign))
}

/// By the sections that only this product has together.
fn product(path: &str, text: &str) -> Option<Product> {
    match extension(path) {
        "yaml" | "yml" => {
            by_keys(|key| text.contains(key) && text.lines().any(|line| begins(line, key)))
                .or_else(|| is_fluent_bit(text).then_some(Product::FluentBit))
        }
        "json" if text.contains("\"inputs\"") || text.contains("\"pipelines\"") => {
            by_keys(|key| text.contains(&format!("\"{key}\"")))
        }
        "toml" => {
            let has = |key: &str| text.lines().any(|l| l.starts_with(&format!("[{key}.")));
            let fed = text.lines().any(|l| l.trim_start().starts_with("inputs"));
            (fed && has("sinks") && (has("sources") || has("transforms")))
                .then_some(Product::Vector)
        }
        "conf" => {
            let has = |head: &str| text.lines().any(|l| l.trim().eq_ignore_ascii_case(head));
            (has("[INPUT]") && has("[OUTPUT]")).then_some(Product::FluentBit)
        }
        _ => None,
    }
}

fn by_keys(has: impl Fn(&str) -> bool) -> Option<Product> {
    let product = if has("sinks") && has("sources") {
        Product::Vector
    } else if has("receivers") && has("exporters") && has("service") {
        Product::OtelCollector
    } else {
        return None;
    };
    (!has("apiVersion")).then_some(product)
}

/// `pipeline` at the top, with inputs and outputs that name their plugins.
fn is_fluent_bit(text: &str) -> bool {
    let has = |key: &str| text.lines().any(|l| begins(l.trim_start(), key));
    let begun = text.contains("pipeline:") && text.lines().any(|l| begins(l, "pipeline"));
    begun && has("inputs") && has("outputs") && has("- name")
}

/// A key at the top of a YAML file.
fn begins(line: &str, key: &str) -> bool {
    line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'))
}
