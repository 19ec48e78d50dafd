//! Charts of the project: what they bring along is judged with their own values.
//!
//! A folder's `values.yaml` is one environment, and with each `values-*.yaml` beside it another.
//! The chart's own templates are nobody's business here.

use super::values::{Layers, Merged};
use super::{Unfolding, kin};
use crate::catalog::chart::ChartCard;
use crate::formats::{Parsed, Unit};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{ChartRef, Dependency, Fragment, LocalChart, Release, Values};
use crate::paths;
use crate::source::Place;
use crate::tree::node::{Entry, Kind, Map, Node};

/// Environments of one chart; a folder with more is a test suite.
const MAX_ENVIRONMENTS: usize = 64;

/// `Chart.yaml`, and `requirements.yaml` beside an old one.
pub(super) fn read(unit: &Unit, out: &mut Fragment) {
    let mut dependencies = Vec::new();
    let mut found: Option<(Name, &Node, Place, Option<Name>)> = None;
    for (file, parsed) in &unit.files {
        let Parsed::Nodes(nodes) = parsed else { continue };
        let Some(root) = nodes.first() else { continue };
        let items = root.get("dependencies").map_or(&[][..], Node::items);
        dependencies.extend(items.iter().filter_map(dependency));
        let named = root.map().and_then(|m| m.entry("name"));
        if let Some((entry, name)) = named.and_then(|e| Some((e, e.value.text()?))) {
            let folder = paths::folder(unit.sources.path(*file)).into();
            found = Some((name, root, entry.place(), Some(folder)));
        }
    }
    let Some((name, root, place, Some(folder))) = found else { return };
    out.local_charts.push(LocalChart {
        folder,
        name,
        version: root.get("version").and_then(Node::text),
        dependencies,
        published: is_published(root),
        place,
        whole: root.place,
    });
}

/// Whether a chart shows an icon, a home page with sources, or notes for a catalogue of charts
/// (Helm documentation, "The Chart.yaml file"; Artifact Hub, "Helm annotations").
fn is_published(root: &Node) -> bool {
    let catalogued = |e: &Entry| e.key.starts_with("artifacthub.io/");
    root.get("icon").is_some()
        || root.get("home").is_some() && root.get("sources").is_some()
        || root.get("annotations").map_or(&[][..], Node::entries).iter().any(catalogued)
}

/// Whether a chart is only there to install the one that it has its name from.
fn wraps(chart: &LocalChart) -> bool {
    chart.dependencies.iter().any(|d| d.name == chart.name)
}

fn dependency(node: &Node) -> Option<Dependency> {
    let name = node.get("name")?.text()?;
    let condition = node.get("condition").and_then(Node::str).unwrap_or("");
    let condition = condition.split(',').map(str::trim).filter(|c| !c.is_empty());
    let tags = node.get("tags").map_or(&[][..], Node::items);
    let place = node.map().and_then(|m| m.entry("name")).map_or(node.place, Entry::place);
    Some(Dependency {
        alias: node.get("alias").and_then(Node::text).unwrap_or_else(|| name.clone()),
        repository: node.get("repository").and_then(Node::text),
        version: node.get("version").and_then(Node::text),
        condition: condition.map(Name::from).collect(),
        tags: tags.iter().filter_map(Node::text).collect(),
        place,
        name,
    })
}

/// A chart that nobody installs within the project, once for each environment beside it.
pub(super) fn environments(
    chart: &LocalChart,
    unfolding: &Unfolding,
    layers: &mut Layers,
    out: &mut Fragment,
) {
    let known =
        unfolding.catalog.charts.iter().any(|c| c.charts.iter().any(|n| **n == *chart.name));
    if chart.dependencies.is_empty() || known && !wraps(chart) {
        return;
    }
    // What a publisher ships is the default of whoever installs it; nobody did yet.
    if !chart.published {
        release(chart, &release_of(chart, "default"), unfolding, layers, out);
    }
    for path in values_files(chart, unfolding) {
        let Some(node) = layers.file(&path) else { continue };
        let name = path.rsplit('/').next().unwrap_or(&path);
        let mut other = release_of(chart, name);
        other.values.push(Values::Tree(node));
        dependencies(chart, &other, unfolding, layers, Some(&path), out);
    }
}

fn release_of(chart: &LocalChart, namespace: &str) -> Release {
    Release {
        name: chart.name.clone(),
        namespace: Fact::default(namespace.into(), "a release goes where it is sent", chart.place),
        chart: ChartRef::Folder(chart.folder.clone()),
        version: chart.version.clone(),
        values: Vec::new(),
        environment: "".into(),
        title: format!("chart `{}`", chart.name).into(),
        place: chart.place,
        whole: chart.whole,
        exists: Fact::written(true, chart.place),
        by_hand: false,
    }
}

/// Values that are for trying a chart out, not for running it.
const TRIALS: [&str; 6] = ["ci", "example", "lint", "sample", "schema", "test"];

/// `values-*.yaml` and the like beside `values.yaml`.
fn values_files(chart: &LocalChart, unfolding: &Unfolding) -> Vec<Name> {
    let prefix = paths::join(&chart.folder, "values");
    let files = unfolding.sources.beginning(&prefix);
    let other = files.filter(|path| {
        let rest = path.get(prefix.len()..).unwrap_or("");
        rest.starts_with(['-', '.', '_'])
            && !rest.contains('/')
            && rest.rsplit_once('.').is_some_and(|(stem, end)| {
                let mut words = stem.split(['-', '.', '_']);
                !stem.is_empty()
                    && matches!(end, "yaml" | "yml")
                    && !words.any(|word| TRIALS.contains(&word))
            })
    });
    other.take(MAX_ENVIRONMENTS).collect()
}

/// A release of a chart of the project.
pub(super) fn release(
    chart: &LocalChart,
    release: &Release,
    unfolding: &Unfolding,
    layers: &mut Layers,
    out: &mut Fragment,
) {
    // A known chart that was copied: its templates mean what the card says.
    let card = unfolding.catalog.chart(&chart.name, None).filter(|_| !wraps(chart));
    let own = layers.file(&paths::join(&chart.folder, "values.yaml"));
    let card = card.filter(|(card, _)| {
        let written = layers.merged(release, &ChartCard::default(), own.clone());
        !kin::is_another(card, &written, unfolding.catalog)
    });
    if let Some((card, _)) = card {
        let merged = layers.merged(release, card, own);
        let mut release = release.clone();
        release.exists =
            Fact::guessed(true, "that the chart is the one known by its name", release.place);
        unfolding.card(card, &chart.name, &release, &merged, super::MAX_DEPTH, out);
        return;
    }
    dependencies(chart, release, unfolding, layers, None, out);
}

/// The known charts that a chart brings along. `only`: those that this file speaks of.
fn dependencies(
    chart: &LocalChart,
    release: &Release,
    unfolding: &Unfolding,
    layers: &mut Layers,
    only: Option<&str>,
    out: &mut Fragment,
) {
    let own = layers.file(&paths::join(&chart.folder, "values.yaml"));
    let spoken = only.and_then(|path| layers.file(path));
    let empty = Node { place: chart.place, kind: Kind::Map(Map::default()) };
    let mut merged = Merged { node: own.unwrap_or(empty), open: None };
    layers.over(release, &mut merged);
    for dependency in &chart.dependencies {
        if let Some(node) = &spoken
            && node.get(&dependency.alias).is_none()
            && node.get("global").is_none()
            && node.get("tags").is_none()
        {
            continue;
        }
        let origin = dependency.repository.as_deref();
        let found = unfolding.catalog.chart(&dependency.name, origin);
        let Some((card, sure)) = found else { continue };
        let written = || merged.within(&dependency.alias, &ChartCard::default(), dependency.place);
        if !sure && kin::is_another(card, &written(), unfolding.catalog) {
            continue;
        }
        let exists = match enabled(&merged, dependency) {
            Fact::Known(false, _) => continue,
            Fact::Known(true, _) if !sure => {
                Fact::guessed(true, "that the chart is the one known by its name", dependency.place)
            }
            other => other,
        };
        let mut within = merged.within(&dependency.alias, card, dependency.place);
        if let Some(vendored) = unfolding.origins.vendored(chart, &dependency.name)
            && let Some(values) = layers.file(&paths::join(&vendored.folder, "values.yaml"))
        {
            within = merged.over(values, &dependency.alias, card, dependency.place);
        }
        let part = Release {
            version: dependency.version.clone(),
            title: format!("chart `{}` of {}", dependency.name, release.title).into(),
            place: dependency.place,
            exists,
            ..release.clone()
        };
        unfolding.card(card, &dependency.alias, &part, &within, super::MAX_DEPTH, out);
    }
}

/// The first condition that is there decides, then the tags; without any it is on (Helm
/// documentation, "Charts": tags and condition fields).
fn enabled(merged: &Merged, dependency: &Dependency) -> Fact<bool> {
    let answer = |node: &Node| match node.bool() {
        Some(value) => Fact::written(value, node.place),
        None => Fact::Unknown(Why::Template, node.place),
    };
    let at = |path: &str| {
        let path: Vec<&str> = path.split('.').collect();
        merged.node.at(&path).filter(|n| n.scalar().is_some())
    };
    if let Some(node) = dependency.condition.iter().find_map(|path| at(path)) {
        return answer(node);
    }
    let tags: Vec<Fact<bool>> =
        dependency.tags.iter().filter_map(|tag| at(&format!("tags.{tag}"))).map(answer).collect();
    let on = tags.iter().find(|t| t.known() == Some(&true));
    match on.or(tags.first()) {
        Some(fact) => fact.clone(),
        None => Fact::written(true, dependency.place),
    }
}
