//! Front ends: from files of one kind to a [`Fragment`](crate::model::fragment::Fragment).
//!
//! Formats never see each other; what stands inside a file of another format comes back here.

mod audit_policy;
mod base64;
mod clear_text;
pub(crate) mod clickhouse;
pub(crate) mod compose;
mod content;
#[cfg(test)]
mod dump;
mod helm;
mod index_lifecycle;
pub(crate) mod kubernetes;
mod kustomize;
pub(crate) mod pipelines;
pub(crate) mod script;
pub(crate) mod terraform;

use crate::catalog::Catalog;
use crate::model::concept::Identity;
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Address, ConfigBody, ConfigFile, Fragment};
use crate::source::{FileId, Place, Problem, Sources, Text};
use crate::tree::hcl::Body;
use crate::tree::node::{Entry, Node};
use crate::tree::sql::Statement;
use crate::tree::xml::Element;
use crate::tree::yaml;

/// How surely a file belongs to a format. The surest gets it; on a tie the first in [`ALL`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Claim {
    No,
    /// By a loose sign.
    Maybe,
    /// By a sign that nobody else uses.
    Surely,
}

/// What a format's parser made of a file.
#[derive(Debug)]
pub(crate) enum Parsed {
    Nodes(Vec<Node>),
    Xml(Option<Element>),
    Hcl(Body),
    Sql(Vec<Statement>),
    /// Kept as text.
    Text,
}

/// Files that only mean something together, parsed.
pub(crate) struct Unit<'a> {
    pub(crate) files: Vec<(FileId, &'a Parsed)>,
    pub(crate) sources: &'a Sources,
    pub(crate) catalog: &'a Catalog,
}

/// A front end.
pub(crate) trait Format: Sync {
    /// `terraform`, `kubernetes`, …
    fn name(&self) -> &'static str;
    /// How surely a file is ours, by its path (relative, forward slashes) and its text.
    fn claims(&self, path: &str, text: &str) -> Claim;
    fn parse(&self, text: &Text, path: &str) -> (Parsed, Vec<Problem>);
    /// Sorts files into units. One file each, unless a format knows better.
    fn group(&self, files: &[FileId], _sources: &Sources) -> Vec<Vec<FileId>> {
        files.iter().map(|f| vec![*f]).collect()
    }
    /// Whether these files themselves say what belongs together.
    fn groups_by_content(&self, _files: &[FileId], _sources: &Sources) -> bool {
        false
    }
    /// Like `group`, where the files say it.
    fn group_parsed(&self, files: &[(FileId, Parsed)], sources: &Sources) -> Vec<Vec<FileId>> {
        let files: Vec<FileId> = files.iter().map(|(file, _)| *file).collect();
        self.group(&files, sources)
    }
    fn lower(&self, unit: &Unit, out: &mut Fragment);
}

/// Every format. A new one is a file and a line here.
pub(crate) const ALL: &[&dyn Format] = &[
    &terraform::Terraform,
    &kubernetes::Kubernetes,
    &compose::Compose,
    &clickhouse::ClickHouse,
    &pipelines::Pipelines,
    &index_lifecycle::IndexLifecycle,
    &helm::Helm,
    &helm::helmfile::Helmfile,
];

/// The format that gets a file, if any.
pub(crate) fn of(path: &str, text: &str) -> Option<&'static dyn Format> {
    // What was downloaded beside a module is no part of the project but for the modules, and those are Terraform's.
    let formats = if path.contains(".terraform/") { &ALL[..1] } else { ALL };
    let mut best = (Claim::No, None);
    for format in formats {
        let claim = format.claims(path, text);
        if claim == Claim::Surely {
            return Some(*format);
        }
        if claim > best.0 {
            best = (claim, Some(*format));
        }
    }
    best.1
}

/// Every kustomization of a run, rendered by itself: its folder, its objects, what was left out.
pub(crate) fn rendered(sources: &Sources) -> Vec<(String, Vec<Node>, Vec<String>)> {
    let files = kustomize::Files::new(sources, []);
    let roots = sources.ids().filter(|file| files.is_root(*file));
    let rendered = roots.map(|root| kustomize::render(root, &files));
    rendered
        .map(|r| {
            let left_out = r.not_understood.iter().map(|(_, what)| what.to_string()).collect();
            (r.name.to_string(), r.objects, left_out)
        })
        .collect()
}

/// A configuration file of a store that stands inside a file of another format, or on disk:
/// claimed by its name and its text, and parsed.
pub(crate) fn config_file(
    address: Address,
    name: &Name,
    text: &Text,
    problems: &mut Vec<Problem>,
) -> ConfigFile {
    let body = clickhouse::config_body(name, text, problems)
        .unwrap_or_else(|| ConfigBody::Text(text.clone()));
    ConfigFile { address, name: name.clone(), place: text.whole(), body }
}

/// What a log collector's configuration or an audit policy inside another file says, if it is one.
pub(crate) fn log_pipeline(address: &Address, name: &str, text: &Text, out: &mut Fragment) {
    if text.as_str().contains("apiVersion: audit.k8s.io/") {
        let (nodes, _) = yaml::parse(text);
        for policy in nodes.iter().filter(|n| n.get("kind").and_then(Node::str) == Some("Policy")) {
            audit_policy::lower(policy, &address.0, out);
        }
        return;
    }
    pipelines::nested(address, name, text, out);
}

/// The configuration of an OpenTelemetry Collector, as values or as a text of another file.
pub(crate) fn log_collector(address: &Address, config: &Node, out: &mut Fragment) {
    match config.nested_text() {
        Some(text) => pipelines::nested(address, "config.yaml", &text, out),
        None => pipelines::otel_collector(address, config, out),
    }
}

/// A lifecycle policy of indices in an object of OpenSearch's operator.
pub(crate) fn index_policy(identity: Identity, name: &str, states: &Entry, out: &mut Fragment) {
    out.keeps.push(index_lifecycle::of_operator(identity, name, states));
}

/// A Kubernetes audit policy, on its own or among manifests.
pub(crate) fn audit_policy(policy: &Node, path: &str, out: &mut Fragment) {
    audit_policy::lower(policy, path, out);
}

/// The variables of an env file: names, values, the lines that set them.
pub(crate) fn env_file(text: &Text) -> Vec<(Name, Fact<Name>, Place)> {
    compose::variables(text)
}

/// The machine that a script runs on.
pub(crate) struct Host<'a> {
    pub(crate) node: &'a Address,
    pub(crate) title: &'a Name,
    pub(crate) exists: &'a Fact<bool>,
    pub(crate) place: Place,
}

/// A script or cloud-init document that a machine runs at its first start.
pub(crate) fn user_data(host: &Host, text: &Text, out: &mut Fragment) {
    script::lower(host, text, out);
}

/// Objects of Kubernetes that stand in no manifest of their own.
pub(crate) fn manifests(
    objects: &[Node],
    environment: &str,
    catalog: &Catalog,
    path: &str,
    out: &mut Fragment,
) {
    kubernetes::lower_all(objects, environment, catalog, path, out);
}

/// Puts what the releases of known charts make into the fragment of the whole project, and what
/// resources make that wait for their templates.
pub(crate) fn unfold_charts(fragment: &mut Fragment, catalog: &Catalog, sources: &Sources) {
    helm::unfold(fragment, catalog, sources);
    kubernetes::unfold_installations(fragment, catalog, sources);
}

/// A YAML text of another file as values of a chart.
pub(crate) fn helm_values(text: &Text) -> crate::model::fragment::Values {
    helm::layer(text)
}
