//! `helm_release`: a chart with values. What it makes is worked out when all files are read.

use super::scripts;
use super::world::World;
use crate::formats::helm_values;
use crate::formats::terraform::value::{Resource, Val, ValKind, number_text};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{ChartRef, Fragment, Release, Values};
use crate::source::Place;
use crate::tree::node::{Entry, Kind, Map, Node, Scalar};

/// Values within values; deeper ones are not followed.
pub(super) const MAX_DEPTH: usize = 64;

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for resource in world.of("helm_release") {
        out.releases.extend(release(resource));
    }
}

fn release(resource: &Resource) -> Option<Release> {
    let body = &resource.body;
    let chart = body.text("chart");
    let place = chart.place();
    let name = chart.known()?.clone();
    let text = |key: &str| body.text(key).known().cloned().filter(|text| !text.is_empty());
    Some(Release {
        name: text("name").unwrap_or_else(|| resource.name.clone()),
        namespace: body.text("namespace").or_default("default".into(), NAMESPACE),
        chart: chart_ref(resource, &name, text("repository")),
        version: text("version"),
        values: values(body),
        environment: "".into(),
        title: format!("`{}`", resource.spelled).into(),
        place,
        whole: resource.whole,
        exists: resource.exists.clone(),
        by_hand: false,
    })
}

const NAMESPACE: &str = "Terraform registry, hashicorp/helm: the namespace is `default` unless set";

/// A name, `repository/name`, an address, or a folder, which Terraform takes from where it runs.
fn chart_ref(resource: &Resource, chart: &str, repository: Option<Name>) -> ChartRef {
    if repository.is_some() {
        return ChartRef::Named { name: chart.into(), repository };
    }
    if chart.starts_with('.') {
        let root = resource.address.0.strip_prefix("tf:").unwrap_or("");
        let root = root.strip_suffix(&*resource.spelled).unwrap_or("");
        return ChartRef::Folder(joined(root, chart));
    }
    match chart.trim_end_matches('/').rsplit_once('/') {
        Some((before, name)) => {
            ChartRef::Named { name: name.into(), repository: Some(before.into()) }
        }
        None => ChartRef::Named { name: chart.into(), repository: None },
    }
}

fn joined(root: &str, path: &str) -> Name {
    let mut parts: Vec<&str> = root.split('/').filter(|p| !matches!(*p, "" | ".")).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/").into()
}

/// The texts of `values` in order, then what is set one by one.
fn values(body: &Val) -> Vec<Values> {
    let mut out = Vec::new();
    let listed = body.list("values");
    for item in &listed.items {
        out.push(layer(item));
    }
    out.extend(listed.more.map(|(why, place)| Values::Unknown(why, place)));
    for key in ["set", "set_list", "set_sensitive", "set_wo"] {
        let blocks = body.list(key);
        for block in &blocks.items {
            let Some(path) = block.text("name").known().cloned() else { continue };
            let value = block.get("value");
            let node = value.map_or_else(|| unknown(block.at), |v| node(v, MAX_DEPTH));
            let forced = block.text("type").known().is_some_and(|kind| &**kind == "string");
            out.push(Values::Set(path, if forced { node } else { plain(node) }));
        }
        out.extend(blocks.more.map(|(why, place)| Values::Unknown(why, place)));
    }
    out
}

fn layer(item: &Val) -> Values {
    if let Some(source) = item.source.as_deref().filter(|s| matches!(s.kind, ValKind::Map { .. })) {
        return Values::Tree(node(source, MAX_DEPTH));
    }
    if let Some(text) = scripts::text(item) {
        return helm_values(&text);
    }
    Values::Unknown(item.why().unwrap_or(Why::Template), item.at)
}

fn unknown(at: Place) -> Node {
    scalar(scripts::UNKNOWN, false, at)
}

fn scalar(text: &str, plain: bool, place: Place) -> Node {
    let scalar = Scalar { text: text.into(), plain, pieces: Some([].into()) };
    Node { place, kind: Kind::Scalar(scalar) }
}

/// `--set` takes texts for numbers and truth values where they look so.
fn plain(mut node: Node) -> Node {
    if let Kind::Scalar(scalar) = &mut node.kind {
        scalar.plain = true;
    }
    node
}

/// A value as YAML would have it.
pub(super) fn node(value: &Val, depth: usize) -> Node {
    let at = value.at;
    match &value.kind {
        _ if depth == 0 => unknown(at),
        ValKind::Null => Node { place: at, kind: Kind::Null },
        ValKind::Bool(bool) => scalar(if *bool { "true" } else { "false" }, true, at),
        ValKind::Number(number) => scalar(&number_text(*number), true, at),
        ValKind::String(text, pieces) => {
            let scalar = Scalar { text: text.clone(), plain: false, pieces: Some(pieces.to_arc()) };
            Node { place: value.text_at.unwrap_or(at), kind: Kind::Scalar(scalar) }
        }
        ValKind::Partial(_) => match scripts::text(value) {
            Some(text) => scalar(text.as_str(), false, at),
            None => unknown(at),
        },
        ValKind::List { items, .. } => {
            let items = items.iter().map(|item| node(item, depth - 1)).collect();
            Node { place: at, kind: Kind::List(items) }
        }
        ValKind::Map { entries, .. } => {
            let entries = entries.iter().map(|(key, value)| {
                let value = node(value, depth - 1);
                Entry { key: key.clone(), key_place: value.place, value }
            });
            Node { place: at, kind: Kind::Map(Map { entries: entries.collect() }) }
        }
        ValKind::Unknown(_) | ValKind::Ref(_) => match value.as_text() {
            Fact::Known(text, _) => scalar(&text, false, at),
            _ => unknown(at),
        },
    }
}
