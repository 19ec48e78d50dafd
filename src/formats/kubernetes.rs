//! Kubernetes manifests: what runs, who may reach it, and what is mounted into it.

mod base64;
mod bundle;
mod cilium;
mod container;
mod environment;
mod ingress;
mod ingress_auth;
mod load_balancer;
mod network_policy;
mod object;
mod selector;
mod service;
mod target_group_binding;
mod tcp_services;
#[cfg(test)]
mod tests;
mod volumes;
mod workload;

use super::{Claim, Format, Parsed, Unit, audit_policy, kustomize, log_collector};
use crate::model::fragment::{Address, Environment, Fragment, NamespaceDraft};
use crate::source::{FileId, Problem, Sources, Text};
use crate::tree::node::{Kind, Node};
use crate::tree::yaml;
use object::Object;

/// The front end.
pub(crate) struct Kubernetes;

impl Format for Kubernetes {
    fn name(&self) -> &'static str {
        "kubernetes"
    }

    fn claims(&self, path: &str, text: &str) -> Claim {
        let file = path.rsplit('/').next().unwrap_or(path);
        let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
        if kustomize::is_kustomization(path) {
            return Claim::Surely;
        }
        let told = match extension {
            "yaml" | "yml" => !is_about_manifests(stem) && names_an_object(text),
            "json" => text.contains("\"apiVersion\"") && text.contains("\"kind\""),
            _ => false,
        };
        match told {
            false => Claim::No,
            true if extension == "json" || yaml::is_template(text) => Claim::Maybe,
            true => Claim::Surely,
        }
    }

    fn parse(&self, text: &Text, path: &str) -> (Parsed, Vec<Problem>) {
        if path.rsplit('.').next() == Some("json") {
            let (node, problems) = yaml::parse_json(text);
            return (Parsed::Nodes(node.into_iter().collect()), problems);
        }
        let (nodes, problems) = yaml::parse(text);
        let broken = !problems.is_empty() || nodes.iter().any(holds_action);
        if broken && yaml::is_template(text.as_str()) {
            return (Parsed::Text, Vec::new());
        }
        (Parsed::Nodes(nodes), problems)
    }

    /// Every root of kustomize with all that it takes in; other files by themselves.
    fn group_parsed(&self, files: &[(FileId, &Parsed)], sources: &Sources) -> Vec<Vec<FileId>> {
        kustomize::units(files, sources)
    }

    fn lower(&self, unit: &Unit, out: &mut Fragment) {
        let tree = kustomize::Files::new(unit.sources, unit.files.iter().copied());
        if let Some((root, _)) = unit.files.first()
            && tree.is_root(*root)
        {
            return overlay(*root, &tree, unit.sources, out);
        }
        for (file, parsed) in &unit.files {
            match parsed {
                Parsed::Nodes(nodes) => {
                    for object in object::all(nodes, "") {
                        lower(&object, unit.sources.path(*file), out);
                    }
                }
                Parsed::Text => {
                    let text = unit.sources.text(*file);
                    let first = text.as_str().lines().next().map_or(0, str::len);
                    let what = "a template, which Helm or another tool has to render first";
                    out.not_understood.push((text.place(0..first), what.into()));
                }
                _ => {}
            }
        }
    }
}

/// A root of kustomize: its objects as they are after all patches, an environment of their own.
fn overlay(root: FileId, files: &kustomize::Files, sources: &Sources, out: &mut Fragment) {
    let rendered = kustomize::render(root, files);
    for object in object::all(&rendered.objects, &rendered.name) {
        lower(&object, sources.path(object.place.file), out);
    }
    out.contents.extend(rendered.contents.iter().map(|file| Address::file(sources.path(*file))));
    out.not_understood.extend(rendered.not_understood);
    out.environments.push(Environment { name: rendered.name, files: rendered.used });
}

/// Files of Helm that tell how manifests are made.
fn is_about_manifests(stem: &str) -> bool {
    matches!(stem, "Chart" | "values")
}

/// Whether a document of the stream has `apiVersion` and `kind` at its top.
fn names_an_object(text: &str) -> bool {
    let starts = |line: &str, key: &str| {
        let line = line.trim_start_matches(['{', '"', '\'']);
        line.strip_prefix(key).is_some_and(|rest| rest.starts_with([':', '"', '\'']))
    };
    text.contains("apiVersion")
        && text.lines().any(|line| starts(line, "apiVersion"))
        && (text.lines().any(|line| starts(line, "kind")) || text.starts_with('{'))
}

/// An unquoted `{{ x }}` reads as a map whose key is a map.
fn holds_action(node: &Node) -> bool {
    match &node.kind {
        Kind::Map(map) => {
            map.entries.iter().any(|e| e.key.starts_with('{') || holds_action(&e.value))
        }
        Kind::List(items) => items.iter().any(holds_action),
        _ => false,
    }
}

fn lower(object: &Object, path: &str, out: &mut Fragment) {
    ignores(object, out);
    match (object.group, object.kind) {
        ("", "Service") => service::lower(object, out),
        ("", "ConfigMap" | "Secret") => bundle::lower(object, out),
        ("", "Namespace") => namespace(object, out),
        ("networking.k8s.io" | "extensions", "Ingress") => ingress::lower(object, out),
        ("networking.k8s.io" | "extensions", "NetworkPolicy") => network_policy::lower(object, out),
        ("cilium.io", "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy") => {
            cilium::lower(object, out);
        }
        ("audit.k8s.io", "Policy") => audit_policy(object.node, path, out),
        ("opentelemetry.io", "OpenTelemetryCollector") => {
            if let Some(config) = object.spec(&["config"]) {
                log_collector(&object.address(), config, out);
            }
        }
        ("elbv2.k8s.aws", "TargetGroupBinding") => target_group_binding::lower(object, out),
        (_, kind) if not_understood(object.group, kind) => {
            let what = format!("{}, which may decide who reaches a store", object.title());
            out.not_understood.push((object.place, what.into()));
        }
        _ => workload::lower(object, out),
    }
}

/// Kinds that publish, restrict or bring workloads, and that nobody reads yet.
fn not_understood(group: &str, kind: &str) -> bool {
    match kind {
        "Gateway" | "HTTPRoute" | "TCPRoute" | "TLSRoute" | "UDPRoute" | "GRPCRoute"
        | "IngressRoute" | "IngressRouteTCP" | "IngressRouteUDP" | "VirtualService"
        | "HTTPProxy" | "TransportServer" | "VirtualServer" | "HelmRelease" | "HelmChart" => true,
        "Route" => group == "route.openshift.io",
        "Service" => group == "serving.knative.dev",
        "NetworkPolicy" | "GlobalNetworkPolicy" => group.ends_with("projectcalico.org"),
        "AdminNetworkPolicy" | "ClusterNetworkPolicy" => group == "policy.networking.k8s.io",
        "Application" | "ApplicationSet" => group == "argoproj.io",
        _ => false,
    }
}

/// `seawall.dev/ignore: "rule, other-rule"` speaks for the whole object.
fn ignores(object: &Object, out: &mut Fragment) {
    let Some(entry) = object.annotation("seawall.dev/ignore") else { return };
    let rules = entry.value.str().unwrap_or_default().split(',');
    let rules = rules.map(str::trim).filter(|rule| !rule.is_empty()).map(Into::into).collect();
    out.ignores.push((entry.place(), object.whole(), rules));
}

fn namespace(object: &Object, out: &mut Fragment) {
    let labels = object.node.at(&["metadata", "labels"]).map(selector::labels).unwrap_or_default();
    out.namespaces.push(NamespaceDraft { name: object.name.clone(), labels });
}
