//! The objects that a card makes of values, and what the readers of manifests make of those.

mod network;
mod workload;

use super::build::Maker;
use super::scope::Values;
use super::values::{Merged, UNKNOWN};
use super::written;
use crate::catalog::Catalog;
use crate::catalog::chart::{ChartCard, ResourceCard};
use crate::formats::manifests;
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Fragment, Release};
use crate::source::Sources;
use crate::tree::node::Node;

/// Adds what a release makes, as far as the card knows the chart.
pub(super) fn lower(
    card: &ChartCard,
    chart: &str,
    release: &Release,
    merged: &Merged,
    (catalog, sources): (&Catalog, &Sources),
    out: &mut Fragment,
) {
    let values = Values::new(card, release, merged);
    let rendering = Rendering {
        card,
        release,
        full_name: full_name(&values, release, chart),
        name_label: text_at(&values, &["nameOverride"]).unwrap_or_else(|| chart.into()),
        make: Maker(release.place),
        values,
    };
    let mut objects: Vec<(Node, Fact<bool>)> = Vec::new();
    for workload in &card.workloads {
        rendering.workload(workload, &mut objects);
    }
    for service in &card.services {
        rendering.service(service, &mut objects);
    }
    for ingress in &card.ingresses {
        rendering.ingress(ingress, &mut objects);
    }
    for policy in &card.policies {
        rendering.policy(policy, &mut objects);
    }
    for resource in &card.resources {
        rendering.resource(resource, &mut objects);
    }
    let path = sources.path(release.place.file);
    for (object, exists) in &objects {
        let mut made = Fragment::default();
        manifests(std::slice::from_ref(object), &release.environment, catalog, path, &mut made);
        written::mark(&mut made, release, &card.see, exists, merged.open.as_ref());
        out.absorb(made);
    }
}

/// Helm's scaffolding: the release's name, with the chart's behind it where it is not in it
/// (`helm create`, `templates/_helpers.tpl`).
fn full_name(values: &Values, release: &Release, chart: &str) -> Name {
    if let Some(name) = text_at(values, &["fullnameOverride"]) {
        return name;
    }
    let chart = text_at(values, &["nameOverride"]).unwrap_or_else(|| chart.into());
    if release.name.contains(&*chart) {
        release.name.clone()
    } else {
        format!("{}-{chart}", release.name).into()
    }
}

fn text_at(values: &Values, path: &[&str]) -> Option<Name> {
    values.node(path)?.text().filter(|text| !text.is_empty())
}

struct Rendering<'a> {
    card: &'a ChartCard,
    release: &'a Release,
    values: Values<'a>,
    full_name: Name,
    /// The label `app.kubernetes.io/name`.
    name_label: Name,
    make: Maker,
}

type Objects = Vec<(Node, Fact<bool>)>;

impl Rendering<'_> {
    fn object(&self, api: &str, kind: &str, name: &str, rest: Vec<(&'static str, Node)>) -> Node {
        let make = self.make;
        let namespace = match self.release.namespace.known() {
            Some(namespace) => make.text(namespace.clone()),
            None => make.text(UNKNOWN),
        };
        let metadata = [("name", make.text(name)), ("namespace", namespace)];
        let head = [
            ("apiVersion", make.text(api)),
            ("kind", make.text(kind)),
            ("metadata", make.map(metadata)),
        ];
        make.map(head.into_iter().chain(rest))
    }

    fn name(&self, part: &str) -> Name {
        match part {
            "" => self.full_name.clone(),
            part => format!("{}-{part}", self.full_name).into(),
        }
    }

    fn labels(&self, component: Option<&str>) -> Node {
        let make = self.make;
        let mut labels = vec![
            ("app.kubernetes.io/name", make.text(self.name_label.clone())),
            ("app.kubernetes.io/instance", make.text(self.release.name.clone())),
        ];
        labels.extend(component.map(|c| ("app.kubernetes.io/component", make.text(c))));
        make.map(labels)
    }

    /// What an operator is told: values as they stand.
    fn resource(&self, card: &ResourceCard, out: &mut Objects) {
        let Some(exists) = self.values.existence(card.on.as_ref(), &self.release.exists) else {
            return;
        };
        let value = |path: &[String]| self.values.node(path).cloned();
        let fields = card.fields.iter();
        let fields = fields.filter_map(|(field, path)| Some((field.as_str(), value(path)?)));
        let spec = self.make.map(fields);
        let object = self.object(&card.api, &card.kind, &self.full_name, vec![("spec", spec)]);
        out.push((object, exists));
    }
}
