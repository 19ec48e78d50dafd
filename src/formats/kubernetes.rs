//! Kubernetes manifests: what runs, who may reach it, and what is mounted into it.

mod bundle;
mod calico;
mod cilium;
mod container;
mod contour;
mod control_plane;
mod controllers;
mod environment;
mod fields;
mod front;
mod gateway;
mod gateway_policy;
mod gateway_route;
mod google;
mod ingress;
mod ingress_auth;
mod ingress_class;
mod istio;
mod istio_policy;
mod kafka_topic;
mod knative;
mod load_balancer;
mod network_policy;
mod object;
mod operators;
mod releases;
mod route;
mod selector;
mod service;
mod status;
mod target_group_binding;
mod tcp_services;
#[cfg(test)]
mod tests;
mod traefik;
mod tunnel;
mod unknown_field;
mod volumes;
mod workload;

use super::{Claim, Format, Parsed, Unit, audit_policy, index_policy, kustomize, log_collector};
use crate::catalog::Catalog;
use crate::model::fragment::{Address, Environment, Fragment, NamespaceDraft};
use crate::paths;
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
        let of_chart = path.contains("templates/");
        if of_chart && speaks_helm(text.as_str()) {
            return (Parsed::Text, Vec::new());
        }
        let (nodes, problems) = yaml::parse(text);
        let broken = !problems.is_empty() || nodes.iter().any(holds_action);
        // An action may also stand within quotes that it breaks.
        let acts = || of_chart && text.as_str().contains("{{");
        if broken && (yaml::is_template(text.as_str()) || acts()) {
            return (Parsed::Text, Vec::new());
        }
        (Parsed::Nodes(nodes), problems)
    }

    fn groups_by_content(&self, files: &[FileId], sources: &Sources) -> bool {
        files.iter().any(|file| kustomize::is_kustomization(sources.path(*file)))
    }

    /// Every root of kustomize with all that it takes in; other files by themselves.
    fn group_parsed(&self, files: &[(FileId, Parsed)], sources: &Sources) -> Vec<Vec<FileId>> {
        kustomize::units(files, sources)
    }

    fn lower(&self, unit: &Unit, out: &mut Fragment) {
        let tree = kustomize::Files::new(unit.sources, unit.files.iter().copied());
        if let Some((root, _)) = unit.files.first()
            && tree.is_root(*root)
        {
            return overlay(*root, &tree, unit, out);
        }
        for (file, parsed) in &unit.files {
            match parsed {
                Parsed::Nodes(nodes) => {
                    for object in object::latest(object::all(nodes, "")) {
                        unknown_field::lower(&object, out);
                        lower(&object, unit.catalog, unit.sources.path(*file), out);
                    }
                }
                Parsed::Text => {
                    let text = unit.sources.text(*file);
                    let first = text.as_str().lines().next().map_or(0, str::len);
                    out.templates.push(text.place(0..first));
                }
                _ => {}
            }
        }
    }
}

/// Objects that seawall itself made: of charts, of other tools' resources.
pub(super) fn lower_all(
    nodes: &[Node],
    environment: &str,
    catalog: &Catalog,
    path: &str,
    out: &mut Fragment,
) {
    for object in object::all(nodes, environment) {
        lower(&object, catalog, path, out);
    }
}

/// Installations with the templates that other files hold.
pub(super) fn unfold_installations(out: &mut Fragment, catalog: &Catalog, sources: &Sources) {
    operators::clickhouse::installation::unfold(out, catalog, sources);
}

/// A root of kustomize: its objects as they are after all patches, an environment of their own.
fn overlay(root: FileId, files: &kustomize::Files, unit: &Unit, out: &mut Fragment) {
    let sources = unit.sources;
    let rendered = kustomize::render(root, files);
    for object in object::all(&rendered.objects, &rendered.name) {
        lower(&object, unit.catalog, sources.path(object.place.file), out);
    }
    for file in &rendered.used {
        let path = sources.path(*file);
        if let Some(node) = kustomize::is_kustomization(path).then(|| files.kustomization(*file)) {
            let folder = paths::folder(path);
            if let Some(node) = node {
                releases::kustomize(&node, folder, &rendered.name, out);
            }
        }
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

/// Whether actions of Helm stand in a text, be they quoted or in comments.
fn speaks_helm(text: &str) -> bool {
    text.contains("{{")
        && [".Values", ".Release", ".Chart", "include "].iter().any(|w| text.contains(w))
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

fn lower(object: &Object, catalog: &Catalog, path: &str, out: &mut Fragment) {
    ignores(object, out);
    if releases::lower(object, out) || operators::clickhouse::installation::keep(object, out) {
        return;
    }
    match (object.group, object.kind) {
        ("", "Service") => service::lower(object, out),
        ("", "ConfigMap" | "Secret") => bundle::lower(object, out),
        ("", "Namespace") => namespace(object, out),
        ("networking.k8s.io" | "extensions", "Ingress") => ingress::lower(object, out),
        ("networking.k8s.io" | "extensions", "IngressClass") => ingress_class::lower(object, out),
        ("elbv2.k8s.aws", "IngressClassParams") => ingress_class::parameters(object, out),
        ("metallb.io", "IPAddressPool") => load_balancer::pool(object, out),
        ("k8s.nginx.org", "Policy") => ingress_auth::policy(object, out),
        ("cloud.google.com", "BackendConfig") => google::backend_config(object, out),
        ("networking.gke.io", "GCPBackendPolicy") => google::backend_policy(object, out),
        (
            "k8s.nginx.org"
            | "cis.f5.com"
            | "configuration.konghq.com"
            | "apisix.apache.org"
            | "ngrok.k8s.ngrok.com"
            | "ingress.v1.haproxy.org"
            | "ingress.v3.haproxy.org",
            _,
        ) => of_controllers(object, out),
        ("discovery.k8s.io", "EndpointSlice") | ("", "Endpoints") => {
            controllers::endpoints(object, out);
        }
        ("networking.k8s.io" | "extensions", "NetworkPolicy") => network_policy::lower(object, out),
        ("cilium.io", "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy") => {
            cilium::lower(object, out);
        }
        ("apiserver.config.k8s.io", "EncryptionConfiguration") | ("", "EncryptionConfig") => {
            control_plane::encryption(object, out);
        }
        ("kubeadm.k8s.io", "ClusterConfiguration") => control_plane::cluster(object, out),
        ("kubelet.config.k8s.io", "KubeletConfiguration") => control_plane::kubelet(object, out),
        (group, "NetworkPolicy" | "GlobalNetworkPolicy") if calico::is_group(group) => {
            calico::lower(object, out);
        }
        (
            "policy.networking.k8s.io",
            "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy" | "ClusterNetworkPolicy",
        ) => calico::of_administrators(object, out),
        ("audit.k8s.io", "Policy") => audit_policy(object.node, path, out),
        ("opensearch.opster.io" | "opensearch.org", "OpenSearchISMPolicy") => {
            if let Some(states) = object.spec_entry("states") {
                index_policy(object.as_subject(), &object.name, states, out);
            }
        }
        (group, "KafkaTopic" | "Topic") if kafka_topic::is_group(group) => {
            kafka_topic::lower(object, out);
        }
        ("opentelemetry.io", "OpenTelemetryCollector") => {
            if let Some(config) = object.spec(&["config"]) {
                log_collector(&object.address(), config, out);
            }
        }
        ("elbv2.k8s.aws", "TargetGroupBinding") => target_group_binding::lower(object, out),
        (gateway::GROUP, _) | ("gateway.networking.x-k8s.io", "XListenerSet") => {
            gateway_api(object, out);
        }
        ("gateway.envoyproxy.io", "SecurityPolicy") => gateway_policy::security(object, out),
        ("gateway.envoyproxy.io", "ClientTrafficPolicy") => {
            gateway_policy::client_traffic(object, out);
        }
        ("gateway.envoyproxy.io", "EnvoyProxy") => gateway::envoy_proxy(object, out),
        ("gateway.envoyproxy.io", "Backend") => gateway_route::envoy_backend(object, out),
        ("gateway.k8s.aws", "LoadBalancerConfiguration") => gateway::aws_configuration(object, out),
        (group, kind) if traefik::is_group(group) => match kind {
            "IngressRoute" | "IngressRouteTCP" | "IngressRouteUDP" => traefik::route(object, out),
            "TraefikService" => traefik::service(object, out),
            "Middleware" | "MiddlewareTCP" => traefik::middleware(object, out),
            "TLSOption" => traefik::tls_option(object, out),
            _ => {}
        },
        ("networking.istio.io", "Gateway") => istio::gateway(object, out),
        ("networking.istio.io", "VirtualService") => istio::virtual_service(object, out),
        ("security.istio.io", "AuthorizationPolicy") => istio_policy::authorization(object, out),
        ("security.istio.io", "PeerAuthentication") => istio_policy::peers(object, out),
        ("security.istio.io" | "networking.istio.io", _) => {}
        ("networking.cfargotunnel.com", "TunnelBinding") => tunnel::binding(object, out),
        ("route.openshift.io", "Route") => route::lower(object, out),
        ("projectcontour.io", "HTTPProxy") => contour::lower(object, out),
        _ if knative::is_service(object) => knative::lower(object, out),
        (group, _) if group.contains('.') && gateway_policy::attaches(object) => {
            gateway_policy::other(object, out);
        }
        (_, kind) if not_understood(object.group, kind) => {
            let what = format!("{}, which may decide who reaches a store", object.title());
            out.not_understood.push((object.place, what.into()));
        }
        (group, _) if group.contains('.') && operators::lower(object, catalog, path, out) => {}
        _ => workload::lower(object, out),
    }
}

/// Kinds of controllers that have few of them.
fn of_controllers(object: &Object, out: &mut Fragment) {
    match (object.group, object.kind) {
        ("k8s.nginx.org", "VirtualServer" | "VirtualServerRoute") => {
            controllers::virtual_server(object, out);
        }
        ("k8s.nginx.org", "TransportServer") => controllers::transport_server(object, out),
        ("cis.f5.com", "VirtualServer" | "TransportServer") => controllers::big_ip(object, out),
        (_, "KongPlugin" | "KongClusterPlugin") => controllers::kong_plugin(object, out),
        (_, "TCPIngress" | "UDPIngress") => controllers::kong_stream(object, out),
        ("ingress.v1.haproxy.org" | "ingress.v3.haproxy.org", "TCP") => {
            controllers::haproxy_tcp(object, out);
        }
        (_, "ApisixRoute") => controllers::apisix::route(object, out),
        (_, "ApisixTls") => controllers::apisix::tls(object, out),
        (_, "AgentEndpoint" | "CloudEndpoint") => controllers::ngrok_endpoint(object, out),
        _ => {}
    }
}

/// The kinds of the Gateway API.
fn gateway_api(object: &Object, out: &mut Fragment) {
    match object.kind {
        "Gateway" => gateway::lower(object, out),
        "GatewayClass" => gateway::class(object, out),
        "ListenerSet" | "XListenerSet" => gateway::listener_set(object, out),
        "ReferenceGrant" => gateway_route::grant(object, out),
        "HTTPRoute" | "GRPCRoute" | "TCPRoute" | "TLSRoute" | "UDPRoute" => {
            gateway_route::lower(object, out);
        }
        _ => {}
    }
}

/// Kinds that publish, restrict or bring workloads, and that nobody reads yet.
fn not_understood(group: &str, kind: &str) -> bool {
    match kind {
        "TransportServer" | "VirtualServer" | "HelmRelease" | "HelmChart" => true,
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
