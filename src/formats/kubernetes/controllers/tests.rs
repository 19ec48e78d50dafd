//! Objects of further controllers in, steps and checks out.

use crate::formats::dump::{self, lowered};
use crate::formats::kubernetes::Kubernetes;

/// Every expected line is there; one that begins with `no ` stands nowhere.
#[track_caller]
fn check(api: &str, kind: &str, rest: &str, expected: &[&str]) {
    let yaml =
        format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: x, namespace: n}}\n{rest}");
    let out = lowered(&Kubernetes, &[("objects.yaml", &yaml)]).0;
    let mut lines: Vec<String> = out.hops.iter().map(dump::hop).collect();
    lines.extend(out.routing.passings.iter().map(|p| {
        let through: Vec<String> = p.through.iter().map(|(a, _)| a.to_string()).collect();
        format!("{} by {}", dump::hop(&p.hop), through.join(" "))
    }));
    lines.extend(out.routing.checks.iter().map(|c| {
        let asks = c.asks.as_ref().map_or("-".into(), dump::fact);
        format!("{} asks={asks} narrow={}", c.address, c.only_from.is_some())
    }));
    for line in expected {
        let found = match line.strip_prefix("no ") {
            Some(part) => !lines.iter().any(|l| l.contains(part)),
            None => lines.iter().any(|l| l.trim_end() == *line),
        };
        assert!(found, "{line}\nin\n{}", lines.join("\n"));
    }
}

#[test]
fn plugins_of_kong_ask_unless_they_are_off_or_let_anybody_be_somebody() {
    let plugin = |rest: &str, expected: &str| {
        check(
            "configuration.konghq.com/v1",
            "KongPlugin",
            rest,
            &[&format!("k8s:KongPlugin/n/x {expected}")],
        );
    };
    plugin("plugin: key-auth", "asks=password narrow=false");
    plugin("plugin: jwt", "asks=external narrow=false");
    plugin("plugin: key-auth\ndisabled: true", "asks=- narrow=false");
    plugin("plugin: key-auth\nconfig: {anonymous: guest}", "asks=- narrow=false");
    plugin("plugin: rate-limiting", "asks=- narrow=false");
    plugin("plugin: ip-restriction\nconfig: {allow: [10.0.0.0/8]}", "asks=- narrow=true");
    check(
        "configuration.konghq.com/v1beta1",
        "TCPIngress",
        "spec: {rules: [{port: 9000, backend: {serviceName: db, servicePort: 5432}}]}",
        &["k8s:TCPIngress/n/x -> k8s:Service/n/db 9000:5432 proxy by"],
    );
    check(
        "configuration.konghq.com/v1beta1",
        "TCPIngress",
        "spec: {rules: [{port: 9000, backend: {serviceName: db, servicePort: 5432}}]}\n---\n\
         apiVersion: configuration.konghq.com/v1beta1\nkind: TCPIngress\nmetadata:\n  name: y\n  \
         namespace: n\n  annotations: {konghq.com/plugins: 'shared:login, own'}\nspec: {rules: [{port: \
         9000, backend: {serviceName: db, servicePort: 5432}}]}",
        &[
            "k8s:TCPIngress/n/y -> k8s:Service/n/db 9000:5432 proxy by k8s:KongPlugin/n/shared:login for TCPIngress \
           k8s:KongPlugin/n/own",
        ],
    );
}

#[test]
fn routes_of_apisix_ask_by_rule() {
    let route = |rest: &str, expected: &str| {
        let spec =
            format!("spec: {{http: [{{backends: [{{serviceName: db, servicePort: 80}}]{rest}}}]}}");
        let line = format!("k8s:ApisixRoute/n/x -> k8s:Service/n/db *:80 proxy{expected}");
        check("apisix.apache.org/v2", "ApisixRoute", &spec, &[&line]);
    };
    route("", "");
    route(", authentication: {enable: true, type: basicAuth}", " asks=password");
    route(", authentication: {enable: false, type: basicAuth}", "");
    route(", plugins: [{name: openid-connect, enable: true}]", " asks=external");
    route(", plugins: [{name: openid-connect, enable: false}]", "");
    route(", plugin_config_name: shared", " asks=?");
}

#[test]
fn servers_of_f5_pass_their_policies() {
    let spec = "spec: {policies: [{name: login}], upstreams: [{name: u, service: db, port: 80}], \
                routes: [{path: /, action: {pass: u}}, {path: /x, route: other/r}]}";
    check(
        "k8s.nginx.org/v1",
        "VirtualServer",
        spec,
        &[
            "k8s:VirtualServer/n/x -> k8s:Service/n/db *:80 proxy by k8s:Policy/n/login",
            "k8s:VirtualServer/n/x -> k8s:VirtualServerRoute/other/r by k8s:Policy/n/login",
            "internet -> k8s:VirtualServer/n/x open=true(guess)",
        ],
    );
    let spec = "spec: {listener: {name: l, protocol: TCP}, upstreams: [{name: u, service: db, port: \
                6379}], action: {pass: u}}";
    let line = "k8s:TransportServer/n/x -> k8s:Service/n/db *:6379 proxy";
    check("k8s.nginx.org/v1", "TransportServer", spec, &[line]);
    let pool = "virtualServerPort: 5432, pool: {service: db, servicePort: 5432}";
    let line = "k8s:TransportServer/n/x -> k8s:Service/n/db 5432:5432 proxy";
    let public = format!("spec: {{virtualServerAddress: 203.0.113.7, {pool}}}");
    check(
        "cis.f5.com/v1",
        "TransportServer",
        &public,
        &[line, "internet -> k8s:TransportServer/n/x"],
    );
    let private = format!("spec: {{virtualServerAddress: 10.0.0.7, {pool}}}");
    check(
        "cis.f5.com/v1",
        "TransportServer",
        &private,
        &["internet -> k8s:TransportServer/n/x open=false"],
    );
}

#[test]
fn an_endpoint_of_ngrok_is_public_unless_its_name_is_internal() {
    let endpoint = |url: &str, expected: &[&str]| {
        let spec = format!("spec: {{url: '{url}', upstream: {{url: 'tcp://db.n:5432'}}}}");
        check("ngrok.k8s.ngrok.com/v1alpha1", "AgentEndpoint", &spec, expected);
    };
    let leads = "k8s:AgentEndpoint/n/x -> k8s:Service/n/db *:5432 proxy";
    endpoint("tcp://1.tcp.ngrok.io:20000", &["internet -> k8s:AgentEndpoint/n/x", leads]);
    endpoint("tls://db.internal", &["no internet"]);
}

#[test]
fn endpoints_by_hand_name_their_pods() {
    let slice = "  labels: {kubernetes.io/service-name: db}\naddressType: IPv4\nendpoints:\n- addresses: \
                 [10.1.2.3]\n  targetRef: {kind: Pod, name: db-0, namespace: n}";
    let yaml = format!(
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: x\n  namespace: n\n{slice}"
    );
    let out = lowered(&Kubernetes, &[("objects.yaml", &yaml)]).0;
    let lines: Vec<String> = out.hops.iter().map(dump::hop).collect();
    assert_eq!(lines, ["k8s:Service/n/db -> k8s:Pod/n/db-0"]);
    check(
        "v1",
        "Endpoints",
        "subsets: [{addresses: [{ip: 10.1.2.3, targetRef: {kind: Pod, name: p}}]}]",
        &["k8s:Service/n/x -> k8s:Pod/n/p"],
    );
    let by_address = ["no Pod", "k8s:Service/n/x -> k8s:IP/10.1.2.3"];
    check("v1", "Endpoints", "subsets: [{addresses: [{ip: 10.1.2.3}]}]", &by_address);
}
