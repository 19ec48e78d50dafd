//! Objects that install Helm charts: Flux's `HelmRelease`, Argo CD's `Application`, the
//! `HelmChart` of k3s. What the charts make is worked out when all files are read.

use super::object::{Object, is_placeholder};
use crate::formats::helm_values;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, ChartRef, Fragment, Release, Values};
use crate::paths;
use crate::source::Place;
use crate::tree::node::{Entry, Node};

/// Takes what is about charts; `false` where the object is not.
pub(super) fn lower(object: &Object, out: &mut Fragment) -> bool {
    match (object.group, object.kind) {
        ("source.toolkit.fluxcd.io", "HelmRepository" | "OCIRepository" | "GitRepository") => {
            let url = object.spec(&["url"]).and_then(Node::text);
            out.chart_sources.extend(url.map(|url| (object.address(), url, object.place)));
            true
        }
        ("source.toolkit.fluxcd.io", "HelmChart") => {
            // A chart that a release names by `chartRef`.
            let chart = object.spec(&["chart"]).and_then(Node::text);
            out.chart_sources.extend(chart.map(|chart| (object.address(), chart, object.place)));
            true
        }
        ("helm.toolkit.fluxcd.io", "HelmRelease") => flux(object, out),
        ("helm.cattle.io", "HelmChart") => k3s(object, out),
        ("argoproj.io", "Application") => {
            let spec = object.spec(&[]);
            spec.is_some_and(|spec| argo(object, spec, &object.name, out))
        }
        ("argoproj.io", "ApplicationSet") => {
            let spec = object.spec(&["template", "spec"]);
            let name = object.spec(&["template", "metadata", "name"]).and_then(Node::text);
            spec.is_some_and(|spec| argo(object, spec, &name.unwrap_or("?".into()), out))
        }
        _ => false,
    }
}

fn text(node: Option<&Node>) -> Option<Name> {
    node.and_then(Node::text).filter(|text| !text.is_empty())
}

fn flux(object: &Object, out: &mut Fragment) -> bool {
    let chart = object.spec(&["chart", "spec"]);
    let (chart, place, version) = if let Some(spec) = chart {
        let Some(named) = spec.get("chart") else { return false };
        let Some(name) = named.text() else { return false };
        let source = spec.get("sourceRef").map(|s| referred(object, s));
        let chart = match source {
            Some(source) => ChartRef::From { name, source },
            None => ChartRef::Named { name, repository: None },
        };
        (chart, named.place, text(spec.get("version")))
    } else {
        let Some(reference) = object.spec(&["chartRef"]) else { return false };
        let place = reference.get("name").map_or(reference.place, |n| n.place);
        (ChartRef::Source(referred(object, reference)), place, None)
    };
    let mut values = Vec::new();
    let from = object.spec(&["valuesFrom"]).map_or(&[][..], Node::items);
    // A single value overwrites what the list and the inline values give.
    let (single, whole): (Vec<&Node>, Vec<&Node>) =
        from.iter().partition(|n| n.get("targetPath").is_some());
    values.extend(whole.into_iter().filter_map(|node| bundle(object, node)));
    values.extend(object.spec(&["values"]).cloned().map(Values::Tree));
    values.extend(single.into_iter().filter_map(|node| bundle(object, node)));
    let target = object.spec(&["targetNamespace"]);
    // Flux: without a name of its own a release elsewhere has the namespace before its name.
    let name = text(object.spec(&["releaseName"])).unwrap_or_else(|| match text(target) {
        Some(namespace) => format!("{namespace}-{}", object.name).into(),
        None => object.name.clone(),
    });
    let exists = match object.spec(&["postRenderers"]) {
        Some(node) if !node.items().is_empty() => {
            let how = "that the patches behind the chart change nothing here";
            Fact::guessed(true, how, node.place)
        }
        _ => Fact::written(true, place),
    };
    out.releases.push(Release {
        name,
        namespace: target.map_or_else(|| object.namespace.clone(), super::object::text),
        chart,
        version,
        values,
        environment: object.environment.into(),
        title: object.title(),
        place,
        whole: object.whole(),
        exists,
        by_hand: false,
    });
    true
}

/// `{kind, name, namespace}`, by default in the namespace of the object.
fn referred(object: &Object, reference: &Node) -> Address {
    let kind = reference.get("kind").and_then(Node::str).unwrap_or("HelmRepository");
    let name = reference.get("name").and_then(Node::str).unwrap_or("?");
    let own = object.namespace.known().map_or("?", |n| n);
    let namespace = reference.get("namespace").and_then(Node::str).unwrap_or(own);
    object.elsewhere(kind, namespace, name)
}

fn bundle(object: &Object, node: &Node) -> Option<Values> {
    let kind = node.get("kind").and_then(Node::str)?;
    let name = node.get("name").and_then(Node::str)?;
    Some(Values::Bundle {
        address: object.neighbour(kind, name),
        key: text(node.get("valuesKey")).unwrap_or_else(|| "values.yaml".into()),
        target: text(node.get("targetPath")),
        place: node.place,
    })
}

/// A YAML text as values; text that is still to be filled in is unknown.
fn nested(node: &Node) -> Option<Values> {
    let nested = node.nested_text()?;
    if nested.as_str().trim().is_empty() {
        return None;
    }
    Some(helm_values(&nested))
}

fn k3s(object: &Object, out: &mut Fragment) -> bool {
    let Some(chart) = object.spec(&["chart"]) else { return false };
    let Some(name) = chart.text() else { return false };
    let mut values: Vec<Values> = Vec::new();
    values.extend(object.spec(&["valuesContent"]).and_then(nested));
    let set = object.spec(&["set"]).map_or(&[][..], Node::entries);
    values.extend(set.iter().map(|e| Values::Set(e.key.clone(), typed(&e.value))));
    let target = object.spec(&["targetNamespace"]);
    out.releases.push(Release {
        name: object.name.clone(),
        namespace: target.map_or_else(|| object.namespace.clone(), super::object::text),
        chart: remote(&name, text(object.spec(&["repo"]))),
        version: text(object.spec(&["version"])),
        values,
        environment: object.environment.into(),
        title: object.title(),
        place: chart.place,
        whole: object.whole(),
        exists: Fact::written(true, chart.place),
        by_hand: false,
    });
    true
}

/// A chart by its name, or by an address that ends with it.
fn remote(chart: &str, repository: Option<Name>) -> ChartRef {
    if let Some(repository) = repository {
        return ChartRef::Named { name: chart.into(), repository: Some(repository) };
    }
    match chart.trim_end_matches('/').rsplit_once('/') {
        Some((before, name)) => {
            ChartRef::Named { name: name.into(), repository: Some(before.into()) }
        }
        None => ChartRef::Named { name: chart.into(), repository: None },
    }
}

/// `--set` takes texts for numbers and truth values where they look so.
fn typed(node: &Node) -> Node {
    let mut node = node.clone();
    if let crate::tree::node::Kind::Scalar(scalar) = &mut node.kind {
        scalar.plain = true;
    }
    node
}

/// `source` or `sources`, each of which may be a chart.
fn argo(object: &Object, spec: &Node, name: &Name, out: &mut Fragment) -> bool {
    let several = spec.get("sources").map_or(&[][..], Node::items);
    let sources = spec.get("source").into_iter().chain(several);
    let namespace = spec.at(&["destination", "namespace"]);
    let namespace = namespace.map_or_else(
        || Fact::Unknown(Why::NotHere("the namespace of the release".into()), object.place),
        super::object::text,
    );
    let mut any = false;
    for source in sources {
        let Some((chart, place)) = chart_of(source) else { continue };
        any = true;
        let folder = match &chart {
            ChartRef::Folder(folder) => Some(folder.clone()),
            _ => None,
        };
        out.releases.push(Release {
            name: text(source.at(&["helm", "releaseName"])).unwrap_or_else(|| name.clone()),
            namespace: namespace.clone(),
            chart,
            version: text(source.get("targetRevision")),
            values: source
                .get("helm")
                .map(|h| argo_values(h, folder.as_deref()))
                .unwrap_or_default(),
            environment: object.environment.into(),
            title: object.title(),
            place,
            whole: object.whole(),
            exists: Fact::written(true, place),
            by_hand: false,
        });
    }
    any
}

fn chart_of(source: &Node) -> Option<(ChartRef, Place)> {
    if let Some(chart) = source.get("chart").filter(|n| n.str().is_some_and(|t| !t.is_empty())) {
        return Some((remote(chart.str()?, text(source.get("repoURL"))), chart.place));
    }
    let path = source.get("path")?;
    let folder = path.str()?.trim_start_matches("./").trim_matches('/');
    if is_placeholder(folder) || folder.contains("{{") {
        return None;
    }
    Some((ChartRef::Folder(folder.into()), path.place))
}

/// Parameters win over `valuesObject`, that over `values`, and all over files (Argo CD
/// documentation, "Helm": values).
fn argo_values(helm: &Node, folder: Option<&str>) -> Vec<Values> {
    let mut out = Vec::new();
    for file in helm.get("valueFiles").map_or(&[][..], Node::items) {
        let Some(path) = file.text() else { continue };
        out.push(match value_file(&path, folder) {
            Some(path) => Values::File(path, file.place),
            None => Values::Unknown(Why::NotHere(path), file.place),
        });
    }
    match helm.get("valuesObject").filter(|n| n.map().is_some()) {
        Some(object) => out.push(Values::Tree(object.clone())),
        None => out.extend(helm.get("values").and_then(nested)),
    }
    for parameter in helm.get("parameters").map_or(&[][..], Node::items) {
        if let (Some(name), Some(value)) = (text(parameter.get("name")), parameter.get("value")) {
            let forced = parameter.get("forceString").and_then(Node::bool) == Some(true);
            let value = if forced { value.clone() } else { typed(value) };
            out.push(Values::Set(name, value));
        }
    }
    out
}

/// `$name/path` is a path in another source of the application, mostly this repository.
fn value_file(path: &str, folder: Option<&str>) -> Option<Name> {
    if path.contains("{{") || path.contains("://") {
        return None;
    }
    if let Some(rest) = path.strip_prefix('$') {
        return rest.split_once('/').map(|(_, path)| path.into());
    }
    if let Some(rest) = path.strip_prefix('/') {
        return Some(rest.into());
    }
    paths::resolve(folder?, path).map(Name::from)
}

/// The charts that a kustomization inflates: `helmCharts`, with the folder it stands in.
pub(super) fn kustomize(kustomization: &Node, folder: &str, environment: &str, out: &mut Fragment) {
    for chart in kustomization.get("helmCharts").map_or(&[][..], Node::items) {
        let Some(entry) = chart.map().and_then(|m| m.entry("name")) else { continue };
        let Some(name) = entry.value.text() else { continue };
        let mut values = Vec::new();
        let file = |node: &Node| {
            let path = node.text()?;
            value_file(&path, Some(folder)).map(|path| Values::File(path, node.place))
        };
        values.extend(chart.get("valuesFile").and_then(file));
        let more = chart.get("additionalValuesFiles").map_or(&[][..], Node::items);
        values.extend(more.iter().filter_map(file));
        values.extend(chart.get("valuesInline").cloned().map(Values::Tree));
        let own = text(kustomization.get("namespace"));
        let namespace = text(chart.get("namespace")).or(own).unwrap_or_else(|| "default".into());
        let place = Entry::place(entry);
        out.releases.push(Release {
            name: text(chart.get("releaseName")).unwrap_or_else(|| name.clone()),
            namespace: Fact::written(namespace, place),
            chart: ChartRef::Named { repository: text(chart.get("repo")), name: name.clone() },
            version: text(chart.get("version")),
            values,
            environment: environment.into(),
            title: format!("chart `{name}`").into(),
            place,
            whole: chart.place,
            exists: Fact::written(true, place),
            by_hand: false,
        });
    }
}
