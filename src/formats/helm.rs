//! Helm charts by their values: what a release of a known chart makes, without rendering it.
//!
//! Templates are no YAML before they are rendered, and their charts are mostly not in the project
//! at all. What decides is the values, wherever they stand: in a Flux or Argo CD object, in
//! Terraform, beside a chart that brings others along. A card of the chart tells what the values
//! mean; the objects that follow are read as if they had been rendered, each value at its place.

mod build;
mod common;
pub(crate) mod helmfile;
mod kin;
mod local;
mod origin;
mod render;
mod scope;
mod storage;
#[cfg(test)]
mod tests;
mod values;
mod written;

use std::collections::BTreeMap;

use super::{Claim, Format, Parsed, Unit};
use crate::catalog::Catalog;
use crate::catalog::chart::ChartCard;
use crate::model::fact::{Basis, Fact, Name, RENDER, Why};
use crate::model::fragment::{ChartRef, Fragment, Release, Values};
use crate::paths;
use crate::source::{Problem, Sources, Text};
use crate::tree::yaml;
use origin::Origins;
use values::Layers;

/// The front end for `Chart.yaml`.
pub(crate) struct Helm;

impl Format for Helm {
    fn name(&self) -> &'static str {
        "helm"
    }

    fn claims(&self, path: &str, text: &str) -> Claim {
        let file = path.rsplit('/').next().unwrap_or(path);
        let ours = matches!(file, "Chart.yaml" | "Chart.yml" | "requirements.yaml");
        if ours && text.contains("name:") { Claim::Surely } else { Claim::No }
    }

    fn parse(&self, text: &Text, _path: &str) -> (Parsed, Vec<Problem>) {
        // A chart's own description may be a template of a scaffolding tool.
        let (nodes, _) = yaml::parse(text);
        (Parsed::Nodes(nodes), Vec::new())
    }

    /// Files of one folder together: old charts name their dependencies in a file of its own.
    fn group(
        &self,
        files: &[crate::source::FileId],
        sources: &Sources,
    ) -> Vec<Vec<crate::source::FileId>> {
        let mut units: Vec<Vec<crate::source::FileId>> = Vec::new();
        for file in files {
            let folder = paths::folder(sources.path(*file));
            let last = units.last_mut().filter(|unit| {
                unit.first().is_some_and(|first| paths::folder(sources.path(*first)) == folder)
            });
            match last {
                Some(unit) => unit.push(*file),
                None => units.push(vec![*file]),
            }
        }
        units
    }

    fn lower(&self, unit: &Unit, out: &mut Fragment) {
        local::read(unit, out);
    }
}

/// How deep charts bring along charts before nobody follows.
const MAX_DEPTH: usize = 4;

/// Puts what the releases of known charts make into the fragment.
pub(crate) fn unfold(fragment: &mut Fragment, catalog: &Catalog, sources: &Sources) {
    let origins = Origins::new(fragment, sources);
    templates(fragment, &origins, sources);
    if fragment.releases.is_empty() && origins.is_empty() {
        return;
    }
    let mut layers = Layers::new(fragment, sources);
    let mut releases = std::mem::take(&mut fragment.releases);
    once(&mut releases);
    let mut out = Fragment::default();
    let mut used = Vec::new();
    let unfolding = Unfolding { catalog, origins: &origins, sources };
    for release in &releases {
        unfolding.release(release, &mut layers, &mut used, &mut out);
    }
    for chart in origins.unused(&used) {
        local::environments(chart, &unfolding, &mut layers, &mut out);
    }
    fragment.absorb(out);
}

/// What a script only starts and a controller then takes over is one release: whoever starts it
/// writes no values of his own. In a cluster a release is told by its name and namespace.
fn once(releases: &mut Vec<Release>) {
    let kept: Vec<(Name, Fact<Name>)> = releases
        .iter()
        .filter(|r| !r.by_hand)
        .map(|r| (r.name.clone(), r.namespace.clone()))
        .collect();
    // A namespace that nobody wrote is often given from outside.
    let written = |fact: &Fact<Name>| match fact {
        Fact::Known(name, origin) if origin.basis == Basis::Written => Some(name.clone()),
        _ => None,
    };
    let same = |a: &Fact<Name>, b: &Fact<Name>| match (written(a), written(b)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    releases.retain(|release| {
        let own = release.values.iter().any(|values| !matches!(values, Values::Unknown(..)));
        let taken =
            || kept.iter().any(|(n, space)| *n == release.name && same(space, &release.namespace));
        !release.by_hand || own || !taken()
    });
}

/// What every release is worked out with.
struct Unfolding<'a> {
    catalog: &'a Catalog,
    origins: &'a Origins,
    sources: &'a Sources,
}

impl Unfolding<'_> {
    fn release(
        &self,
        release: &Release,
        layers: &mut Layers,
        used: &mut Vec<usize>,
        out: &mut Fragment,
    ) {
        let file = self.sources.path(release.place.file);
        let (name, origin) = match &release.chart {
            ChartRef::Named { name, repository } => (name.clone(), repository.clone()),
            ChartRef::From { name, source } => (name.clone(), Some(self.origins.url(source, file))),
            ChartRef::Source(source) => {
                let url = self.origins.url(source, file);
                let name = url.trim_end_matches('/').rsplit('/').next().unwrap_or(&url);
                (name.into(), Some(url.clone()))
            }
            ChartRef::Folder(folder) => {
                if let Some((index, chart)) = self.origins.local_from(folder, file) {
                    used.push(index);
                    local::release(chart, release, self, layers, out);
                } else {
                    let what = format!("{} of `{folder}`, where no chart is", release.title);
                    out.not_understood.push((release.place, what.into()));
                }
                return;
            }
        };
        // A chart of a Git repository is named by its folder there.
        let (folder, last) = paths::split(&name);
        let local = self.origins.local_from(name.trim_start_matches("./"), file);
        if let Some((index, chart)) = local.filter(|_| !folder.is_empty() || origin.is_none()) {
            used.push(index);
            local::release(chart, release, self, layers, out);
            return;
        }
        if common::knows(last, origin.as_deref()) {
            let merged = layers.merged(release, &ChartCard::default(), None);
            common::lower(release, &merged, (self.catalog, self.sources), out);
            return;
        }
        let Some((card, sure)) = self.catalog.chart(last, origin.as_deref()) else {
            out.not_understood.push((release.place, unknown(release, last)));
            return;
        };
        let mut release = release.clone();
        if !sure {
            let written = layers.merged(&release, &ChartCard::default(), None);
            if kin::is_another(card, &written, self.catalog) {
                out.not_understood.push((release.place, unknown(&release, last)));
                return;
            }
            release.exists =
                Fact::guessed(true, "that the chart is the one known by its name", release.place);
        }
        let merged = layers.merged(&release, card, None);
        self.card(card, last, &release, &merged, MAX_DEPTH, out);
    }

    /// What a card makes of values, and what the charts do that come with it.
    fn card(
        &self,
        card: &ChartCard,
        name: &str,
        release: &Release,
        merged: &values::Merged,
        depth: usize,
        out: &mut Fragment,
    ) {
        render::lower(card, name, release, merged, (self.catalog, self.sources), out);
        if depth == 0 {
            return;
        }
        for part in &card.parts {
            let scope = scope::Values::new(card, release, merged);
            let Some(exists) = scope.existence(part.on.as_ref(), &release.exists) else { continue };
            let origin = Some(part.from.as_str()).filter(|from| !from.is_empty());
            let Some((inner, _)) = self.catalog.chart(&part.chart, origin) else { continue };
            let within = merged.within(&part.at, inner, release.place);
            let release = Release { exists, ..release.clone() };
            self.card(inner, &part.chart, &release, &within, depth - 1, out);
        }
    }
}

/// Says once for each chart that its templates were not read, and for every other template.
fn templates(fragment: &mut Fragment, origins: &Origins, sources: &Sources) {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for place in std::mem::take(&mut fragment.templates) {
        if let Some(index) = origins.holder(sources.path(place.file)) {
            *counts.entry(index).or_default() += 1;
        } else {
            let what = "a template, which Helm or another tool has to render first";
            fragment.not_understood.push((place, what.into()));
        }
    }
    for (index, count) in counts {
        let Some(chart) = origins.chart(index) else { continue };
        let what = match count {
            1 => format!("a template of chart `{}`; {RENDER} judges it", chart.name),
            _ => format!("{count} templates of chart `{}`; {RENDER} judges them", chart.name),
        };
        fragment.not_understood.push((chart.place, what.into()));
    }
}

fn unknown(release: &Release, chart: &str) -> Name {
    format!("{} of chart `{chart}`, for which there is no card; {RENDER} judges it", release.title)
        .into()
}

/// A YAML text as a layer of values; one that is still to be filled in is unknown.
pub(crate) fn layer(text: &Text) -> Values {
    let unknown = || Values::Unknown(Why::Template, text.whole());
    if yaml::is_template(text.as_str()) {
        return unknown();
    }
    let (nodes, _) = yaml::parse(text);
    nodes.into_iter().next().map_or_else(unknown, Values::Tree)
}
