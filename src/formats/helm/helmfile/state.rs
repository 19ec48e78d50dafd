//! One helmfile: its repositories, environments and releases.

use super::super::build::Maker;
use super::super::scope::truthy;
use super::super::values::UNKNOWN;
use super::template::{Template, filled};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{ChartRef, Environment, Fragment, Release, Values};
use crate::paths;
use crate::source::{FileId, Place, Sources};
use crate::tree::node::{Entry, Kind, Node};

pub(super) struct State<'a> {
    pub(super) file: FileId,
    pub(super) nodes: &'a [Node],
    template: &'a Template,
    pub(super) sources: &'a Sources,
    pub(super) folder: &'a str,
}

impl<'a> State<'a> {
    pub(super) fn new(
        file: FileId,
        nodes: &'a [Node],
        template: &'a Template,
        sources: &'a Sources,
    ) -> State<'a> {
        let folder = paths::folder(sources.path(file));
        State { file, nodes, template, sources, folder }
    }

    /// Adds every release, once for each environment where these differ.
    pub(super) fn releases(&self, out: &mut Fragment) {
        for range in &self.template.inserted {
            let what = "text that helmfile puts in from elsewhere";
            out.not_understood.push((Place::new(self.file, range.clone()), what.into()));
        }
        // Most helmfiles are the same in all environments.
        let matters = self.lists("releases").any(|node| self.names_its_environment(node));
        let environments = if matters { self.environments() } else { Vec::new() };
        for node in self.lists("releases") {
            if node.entries().is_empty() {
                continue;
            }
            let of_all = self.release(node, "default");
            let told = environments.iter().filter(|e| **e != "default");
            let others: Vec<_> = told.filter_map(|e| Some((e, self.release(node, e)?))).collect();
            let differs = self.names_its_environment(node) && !others.is_empty();
            let Some(release) = of_all else { continue };
            if !differs {
                out.releases.push(release);
                continue;
            }
            let all = environments.iter().any(|e| e == "default").then_some(("default", release));
            let others = others.into_iter().map(|(name, release)| (name.as_str(), release));
            for (name, release) in all.into_iter().chain(others) {
                let name: Name = format!("{}/{name}", self.sources.path(self.file)).into();
                if out.environments.iter().all(|e| e.name != name) {
                    let files = vec![self.file];
                    out.environments.push(Environment { name: name.clone(), files });
                }
                out.releases.push(Release { environment: name, ..release });
            }
        }
    }

    /// Entries of a list that any of the file's documents has.
    pub(super) fn lists(&self, key: &'static str) -> impl Iterator<Item = &'a Node> {
        self.nodes.iter().filter_map(move |n| n.get(key)).flat_map(|n| n.items().iter())
    }

    fn names_its_environment(&self, release: &Node) -> bool {
        let lists = ["values", "secrets"].into_iter().filter_map(|key| self.field(release, key));
        let mut texts = lists.flat_map(Node::items).filter_map(Node::str);
        texts.any(|text| text.contains(".Environment.Name"))
    }

    /// A field of a release, or of a template that it inherits (helmfile documentation, "Release
    /// Template").
    fn field<'n>(&'n self, release: &'n Node, key: &str) -> Option<&'n Node> {
        let inherited = || {
            let names = release.get("inherit").map_or(&[][..], Node::items).iter();
            let mut names = names.filter_map(|i| i.get("template").or(Some(i)).and_then(Node::str));
            let template = |name: &str| {
                let path = ["templates", name, key];
                self.nodes.iter().find_map(|n| n.at(&path))
            };
            names.find_map(template)
        };
        release.get(key).or_else(inherited)
    }

    fn text(&self, release: &Node, key: &str) -> Option<Name> {
        self.field(release, key).and_then(Node::text).filter(|text| !text.is_empty())
    }

    fn release(&self, node: &Node, environment: &str) -> Option<Release> {
        let chart = self.field(node, "chart")?;
        let name = self.text(node, "name")?;
        let namespace = self.text(node, "namespace");
        let known = |field: &str| match field.trim_start_matches('.') {
            "Release.Name" => Some(name.to_string()),
            "Release.Namespace" => namespace.as_ref().map(ToString::to_string),
            "Environment.Name" => Some(environment.to_owned()),
            _ => None,
        };
        let exists = self.exists(node, chart.place)?;
        let top = || self.nodes.iter().find_map(|n| n.get("namespace"));
        let namespace = match self.field(node, "namespace").or_else(top) {
            Some(node) => match node.str().and_then(|text| filled(text, &known)) {
                Some(text) => Fact::written(text.into(), node.place),
                None => Fact::Unknown(Why::Template, node.place),
            },
            None => Fact::default("default".into(), "a release goes where it is sent", node.place),
        };
        let written = filled(chart.str()?, &known)?;
        let path = self.sources.path(self.file);
        let at = node.map().and_then(|m| m.entry("name")).map_or(node.place, Entry::place);
        Some(Release {
            title: format!("release `{name}` of {path}").into(),
            chart: self.chart(&written),
            version: self.text(node, "version"),
            values: self.values(node, &known),
            environment: "".into(),
            place: chart.place,
            whole: at.to(node.place),
            exists,
            by_hand: true,
            namespace,
            name,
        })
    }

    /// `None` where it surely is not installed.
    fn exists(&self, release: &Node, place: Place) -> Option<Fact<bool>> {
        if let Some(node) = self.field(release, "installed") {
            match truthy(node) {
                Some(true) => {}
                Some(false) => return None,
                None => return Some(Fact::Unknown(Why::Template, node.place)),
            }
        }
        if let Some(node) = self.field(release, "condition") {
            // A value of helmfile's own, which the environment or the command line gives.
            let name = node.text().unwrap_or_else(|| "?".into());
            return Some(Fact::Unknown(Why::NoDefault(name), node.place));
        }
        // What a program makes of the rendered objects (often: only their definitions).
        let by_default = || self.nodes.iter().find_map(|n| n.at(&["helmDefaults", "postRenderer"]));
        if let Some(node) = self.field(release, "postRenderer").or_else(by_default) {
            let what = "what the program behind the chart leaves of it";
            return Some(Fact::Unknown(Why::NotHere(what.into()), node.place));
        }
        let start = release.place.start as usize;
        if self.template.guarded.iter().any(|range| range.contains(&start)) {
            return Some(Fact::Unknown(Why::Template, release.place));
        }
        Some(Fact::written(true, place))
    }

    /// `repository/chart`, an address, or a folder.
    fn chart(&self, written: &str) -> ChartRef {
        if written.starts_with('.')
            && let Some(folder) = resolve(self.folder, written)
        {
            return ChartRef::Folder(folder.into());
        }
        let Some((before, name)) = written.trim_end_matches('/').rsplit_once('/') else {
            return ChartRef::Named { name: written.into(), repository: None };
        };
        let alias = self.lists("repositories").find_map(|r| {
            let is = r.get("name").and_then(Node::str) == Some(before);
            r.get("url").filter(|_| is).and_then(Node::text)
        });
        let repository = Some(alias.unwrap_or_else(|| before.into()));
        ChartRef::Named { name: name.into(), repository }
    }

    /// Files and inline values in their order, then secrets, then single values.
    fn values(&self, release: &Node, known: &dyn Fn(&str) -> Option<String>) -> Vec<Values> {
        let mut out = Vec::new();
        let warns = self.text(release, "missingFileHandler").is_some_and(|h| &*h != "Error");
        for key in ["values", "secrets"] {
            for item in self.field(release, key).map_or(&[][..], Node::items) {
                match (&item.kind, item.str()) {
                    (Kind::Map(_), _) => out.push(Values::Tree(item.clone())),
                    (_, Some(path)) => out.extend(self.file(path, item.place, known, warns)),
                    _ => {}
                }
            }
        }
        for (key, is_text) in [("set", false), ("setString", true)] {
            for item in self.field(release, key).map_or(&[][..], Node::items) {
                out.extend(single(item, is_text));
            }
        }
        let (start, end) = (release.place.start as usize, release.place.end as usize);
        let guarded = self.template.guarded.iter().find(|g| g.start > start && g.start < end);
        if let Some(range) = guarded {
            out.push(Values::Unknown(Why::Template, Place::new(self.file, range.clone())));
        }
        out
    }

    /// A file of values; one that helmfile does not insist upon may be missing.
    fn file(
        &self,
        written: &str,
        place: Place,
        known: &dyn Fn(&str) -> Option<String>,
        warns: bool,
    ) -> Option<Values> {
        let path = filled(written, known).and_then(|path| resolve(self.folder, &path));
        let Some(path) = path else { return Some(Values::Unknown(Why::Template, place)) };
        if path.ends_with(".gotmpl") {
            return Some(Values::Unknown(Why::Template, place));
        }
        let missing = self.sources.find(&path).is_none();
        (!(missing && warns)).then(|| Values::File(path.into(), place))
    }
}

/// `name` with `value`, `values` or `file`.
fn single(item: &Node, is_text: bool) -> Option<Values> {
    let name = item.get("name")?.text()?;
    if let Some(value) = item.get("value") {
        let mut value = value.clone();
        if let Kind::Scalar(scalar) = &mut value.kind {
            scalar.plain = !is_text;
        }
        return Some(Values::Set(name, value));
    }
    let value = match item.get("values") {
        Some(list) => list.clone(),
        None => Maker(item.place).text(UNKNOWN),
    };
    Some(Values::Set(name, value))
}

/// A path as helmfile takes it, from the folder of the file that names it.
pub(super) fn resolve(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains("://") || path.contains("::") {
        return None;
    }
    paths::resolve(folder, path)
}
