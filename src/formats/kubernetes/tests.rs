//! Manifests in, a compact fragment out.

mod situations;

use super::Kubernetes;
use crate::formats::dump::{self, lowered};
use crate::formats::{Claim, Format};
use crate::model::fragment::Fragment;

fn fragment(yaml: &str) -> Fragment {
    lowered(&Kubernetes, &[("objects.yaml", yaml)]).0
}

/// All that tests look at, one fact a line.
fn dump(out: &Fragment) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(out.containers.iter().flat_map(dump::container));
    lines.extend(out.hops.iter().map(dump::hop));
    lines.extend(out.routing.passings.iter().map(|p| dump::hop(&p.hop)));
    let otherwise = out.routing.forks.iter().flat_map(|f| &f.otherwise);
    lines.extend(otherwise.map(|hop| format!("else {}", dump::hop(hop))));
    for filter in &out.filters {
        lines.push(format!("filter {}", filter.address));
        lines.extend(filter.rules.iter().map(|r| format!("rule {}", dump::rule(r))));
    }
    lines.extend(out.attaches.iter().map(|a| match &a.to {
        crate::model::fragment::Ref::Pods(pods) => format!("attach {}", dump::selector(pods)),
        other => format!("attach {other:?}"),
    }));
    for bundle in &out.bundles {
        for entry in &bundle.entries {
            let file = if entry.file.is_some() { " file" } else { "" };
            lines.push(format!(
                "{}#{}={}{file}",
                bundle.address,
                entry.key,
                dump::fact(&entry.value)
            ));
        }
    }
    lines.extend(out.secrets.iter().map(|s| format!("secret {}", s.identity.title)));
    lines.extend(out.not_understood.iter().map(|(_, what)| format!("not understood: {what}")));
    lines.extend(out.ignores.iter().map(|(_, _, rules)| format!("ignore {}", rules.join(" "))));
    lines
}

/// Every expected line is there; one that begins with `no ` stands nowhere.
#[track_caller]
fn check(yaml: &str, expected: &[&str]) {
    let lines = dump(&fragment(yaml));
    for line in expected {
        let found = match line.strip_prefix("no ") {
            Some(part) => !lines.iter().any(|l| l.contains(part)),
            None => lines.iter().any(|l| l == line),
        };
        assert!(found, "{line}\nin\n{}", lines.join("\n"));
    }
}

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: cache, namespace: shop, labels: {app: cache}}
spec:
  containers:
    - name: redis
      image: redis:7
";

#[test]
fn manifests_and_kustomizations_are_claimed_and_charts_are_not() {
    let claim = |path, text| Kubernetes.claims(path, text);
    assert_eq!(claim("a.yaml", POD), Claim::Surely);
    assert_eq!(claim("a.json", "{\"apiVersion\": \"v1\", \"kind\": \"List\"}"), Claim::Maybe);
    assert_eq!(claim("templates/a.yaml", "kind: {{ x }}\napiVersion: v1"), Claim::Maybe);
    assert_eq!(claim("kustomization.yaml", "resources: [a.yaml]"), Claim::Surely);
    assert_eq!(claim("values.yaml", "extra:\n  - apiVersion: v1\n    kind: Pod"), Claim::No);
    assert_eq!(claim("compose.yaml", "services: {}"), Claim::No);
}

#[test]
fn a_pod_is_reached_from_the_cluster_and_from_itself() {
    check(
        POD,
        &[
            "k8s:Pod/shop/cache/redis image=redis:7 command=- args=-",
            "cluster -> k8s:Pod/shop/cache",
            "local -> k8s:Pod/shop/cache",
            "no internet",
        ],
    );
}

#[test]
fn a_list_is_its_items_and_typed_items_need_no_kind() {
    check(
        "apiVersion: v1\nkind: ConfigMapList\nitems: [{metadata: {name: a}, data: {x: y}}]",
        &["k8s:ConfigMap/default/a#x=y"],
    );
    check(
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}, \
         data: {x: aHVudGVyMg==, y: '!'}, stringData: {x: plain}}",
        &["k8s:Secret/default/a#x=plain", "k8s:Secret/default/a#y=?", "no hunter2"],
    );
}

#[test]
fn host_ports_and_host_networks_open_the_machine() {
    check(
        &format!("{POD}      ports: [{{containerPort: 6379, hostPort: 7000}}]"),
        &[
            "anynetwork -> k8s:Pod/shop/cache 7000:6379",
            "internet -> k8s:Pod/shop/cache 7000:6379 open=?",
        ],
    );
    check(
        &format!("{POD}      ports: [{{containerPort: 6379, hostPort: 7000, hostIP: 127.0.0.1}}]"),
        &["no network ->", "no internet ->"],
    );
    check(
        &format!("{POD}  hostNetwork: true"),
        &["anynetwork -> k8s:Pod/shop/cache", "internet -> k8s:Pod/shop/cache open=?"],
    );
}

#[test]
fn containers_take_variables_and_files_from_their_workload() {
    check(
        "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: a}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: db}}
    spec:
      initContainers:
        - {name: setup, image: busybox}
        - {name: proxy, image: envoy, restartPolicy: Always}
      containers:
        - name: main
          image: clickhouse/clickhouse-server
          args: [--port=$(PORT), $(SECRET), $$(PORT), '{{ .x }}']
          envFrom: [{prefix: A_, configMapRef: {name: c}}]
          env:
            - {name: PORT, value: \"9000\"}
            - {name: URL, value: 'db:$(PORT)/$(LATER)'}
            - {name: LATER, value: x}
            - {name: SECRET, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}}
            - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            - {name: EMPTY}
            - {name: ROOT_PASSWORD, value: k3Yq9vTz}
          volumeMounts:
            - {name: conf, mountPath: /etc/conf.d/a.xml, subPath: a.xml}
            - {name: both, mountPath: /both}
            - {name: data, mountPath: /data}
      volumes:
        - name: conf
          configMap: {name: c, items: [{key: a, path: a.xml}]}
        - name: both
          projected: {sources: [{configMap: {name: c}}, {secret: {name: s}}, {downwardAPI: {}}]}
",
        &[
            "k8s:StatefulSet/a/db/main image=clickhouse/clickhouse-server command=- \
             args=--port=$(PORT) $(SECRET) $$(PORT) ?",
            "k8s:StatefulSet/a/db/proxy image=envoy command=- args=-",
            "no setup",
            "env A_* <- k8s:ConfigMap/a/c",
            "env URL=db:9000/$(LATER)",
            "env SECRET <- k8s:Secret/a/s#k secret optional",
            "env IP=?",
            "env EMPTY=(default)",
            "mount /etc/conf.d/a.xml <- k8s:ConfigMap/a/c[a>a.xml] (a.xml)",
            "mount /both <- k8s:ConfigMap/a/c+k8s:Secret/a/s",
            "mount /data <- opaque",
            "secret `ROOT_PASSWORD` of container `main` of StatefulSet `db`",
        ],
    );
}

#[test]
fn pods_of_a_stateful_set_carry_their_names() {
    let out = fragment(
        "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, \
          spec: {replicas: 2, template: {metadata: {labels: {app: db}}, spec: {containers: []}}}}",
    );
    let pod = out.nodes[0].pod.as_ref().unwrap();
    let names: Vec<String> =
        pod.labels.iter().map(|(k, v)| format!("{k}={}", dump::fact(v))).collect();
    assert!(names.contains(&"statefulset.kubernetes.io/pod-name=db-1(default)".to_owned()));
    assert!(!names.iter().any(|n| n.contains("db-2")), "{names:?}");
}

fn service(annotations: &str, spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  namespace: n\n  annotations: \
         {{{annotations}}}\nspec:\n  selector: {{app: db}}\n  ports: [{{name: tcp, port: 90, \
         targetPort: 9000}}]\n{spec}"
    )
}

#[test]
fn services_lead_to_pods_and_say_who_may_come() {
    check(
        &service("", ""),
        &[
            "k8s:Service/n/s -> pods(n/app=db) 90:9000",
            "k8s:Service/n/s:tcp -> k8s:Service/n/s *:90",
            "cluster -> k8s:Service/n/s",
            "no internet",
            "no network ->",
        ],
    );
    check(
        &service("", "  type: NodePort"),
        &[
            "anynetwork -> k8s:Service/n/s 30000-32767:90",
            "internet -> k8s:Service/n/s 30000-32767:90 open=?",
        ],
    );
    check(
        &service("", "  externalIPs: [198.51.100.7, 10.0.0.7]"),
        &["internet -> k8s:Service/n/s", "network -> k8s:Service/n/s"],
    );
    check(&service("", "  type: ExternalName"), &["no ->"]);
    check(&service("", "  type: LoadBalancer\n  clusterIP: None"), &["no internet"]);
    check(&service("'seawall.dev/ignore': 'one, two'", ""), &["ignore one two", "no internet"]);
}

fn ingress(annotations: &str, class: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: i\n  namespace: n\n  \
         annotations: {{{annotations}}}\nspec:\n  ingressClassName: {class}\n  rules:\n    - http: \
         {{paths: [{{path: /, backend: {{service: {{name: s, port: {{number: 8123}}}}}}}}]}}\n  \
         defaultBackend: {{service: {{name: s, port: {{name: web}}}}}}"
    )
}

#[test]
fn ingresses_lead_http_to_services() {
    check(
        &ingress("", "nginx"),
        &[
            "else internet -> k8s:Ingress/n/i open=true(guess)",
            "k8s:Ingress/n/i -> k8s:Service/n/s 80:8123 443:8123 proxy",
            "k8s:Ingress/n/i -> k8s:Service/n/s:web 80 443 proxy",
        ],
    );
    check(&ingress("", "alb"), &["internet -> k8s:Ingress/n/i open=false(default)"]);
    check(
        &ingress("alb.ingress.kubernetes.io/scheme: internet-facing", "alb"),
        &["internet -> k8s:Ingress/n/i"],
    );
    check(&ingress("", "nginx-internal"), &["else internet -> k8s:Ingress/n/i open=false(guess)"]);
    check(&ingress("", "tailscale"), &["overlay -> k8s:Ingress/n/i", "no internet"]);
}

#[test]
fn an_ingress_asks_only_if_its_annotations_are_complete() {
    const NGINX: &str = "nginx.ingress.kubernetes.io";
    let asks = |annotations: &str, expected: &str| {
        let line = format!("k8s:Ingress/n/i -> k8s:Service/n/s 80:8123 443:8123 proxy{expected}");
        check(&ingress(annotations, "nginx"), &[&line]);
    };
    asks(&format!("{NGINX}/auth-secret: s"), "");
    asks(&format!("{NGINX}/auth-secret: s, {NGINX}/auth-type: basic"), " asks=password");
    asks(&format!("{NGINX}/auth-tls-secret: s"), " asks=certificate");
    asks(&format!("{NGINX}/auth-tls-secret: s, {NGINX}/auth-tls-verify-client: optional"), "");
    asks(&format!("{NGINX}/auth-url: 'https://x'"), " asks=external");
    let any = format!("{NGINX}/satisfy: any, {NGINX}/whitelist-source-range: 0.0.0.0/0");
    asks(&format!("{NGINX}/auth-url: 'https://x', {any}"), "");
    asks(&format!("{NGINX}/configuration-snippet: 'auth_basic x;'"), " asks=?");
}

fn policy(spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: \
         n}}\nspec:\n  podSelector: {{matchLabels: {{app: db}}}}\n{spec}"
    )
}

#[test]
fn network_policies_are_filters_before_pods() {
    let rule = |ingress: &str, expected: &str| {
        check(&policy(&format!("  ingress: [{ingress}]")), &["attach pods(n/app=db)", expected]);
    };
    rule("", "no rule");
    rule("{}", "rule everybody on all");
    rule("{from: []}", "rule everybody on all");
    rule("{ports: [{port: 8123}]}", "rule everybody on 8123-8123");
    rule("{ports: [{port: 8000, endPort: 8999}]}", "rule everybody on 8000-8999");
    rule("{ports: [{port: http}, {port: 1}]}", "rule everybody on ?");
    rule("{from: [{podSelector: {matchLabels: {a: b}}}]}", "rule pods(n/a=b) on all");
    rule("{from: [{namespaceSelector: {}}]}", "rule every-pod on all");
    rule(
        "{from: [{podSelector: {matchLabels: {a: b}}}, {namespaceSelector: {}}]}",
        "rule pods(n/a=b) or every-pod on all",
    );
    rule(
        "{from: [{podSelector: {matchLabels: {a: b}}, namespaceSelector: {matchLabels: \
         {kubernetes.io/metadata.name: web}}}]}",
        "rule pods(web/a=b) on all",
    );
    rule("{from: [{namespaceSelector: {matchLabels: {t: x}}}]}", "rule pods((t=x)/) on all");
    rule("{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}", "rule internet on all");
    check(&policy("  policyTypes: [Egress]"), &["no attach"]);
    check(&policy("  egress: [{}]"), &["attach pods(n/app=db)", "no rule"]);
}

fn cilium(spec: &str) -> String {
    format!(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: p, namespace: \
         n}}\nspec:\n  endpointSelector: {{matchLabels: {{'k8s:app': db}}}}\n{spec}"
    )
}

#[test]
fn cilium_policies_are_filters_whose_empty_rule_admits_nobody() {
    let rule = |ingress: &str, expected: &str| {
        check(&cilium(&format!("  ingress: [{ingress}]")), &["attach pods(n/app=db)", expected]);
    };
    rule("{}", "no rule");
    rule("{fromEndpoints: [{}]}", "rule pods(n/) on all");
    rule("{fromEndpoints: []}", "no rule");
    rule(
        "{fromEntities: [world], toPorts: [{ports: [{port: '8123', protocol: TCP}]}]}",
        "rule outside internet on 8123-8123",
    );
    rule("{fromEntities: [cluster, host]}", "rule every-pod on all");
    rule("{toPorts: [{ports: [{port: '1'}]}]}", "rule everybody on 1-1");
    rule(
        "{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': web, a: b}}]}",
        "rule pods(web/a=b) on all",
    );
    check(&cilium("  ingressDeny: [{fromEntities: [all]}]"), &["rule deny everybody on all"]);
    check(&cilium("  egress: [{}]"), &["no attach"]);
}

#[test]
fn a_target_group_sends_its_traffic_to_a_service() {
    let binding = |group: &str, port: &str| {
        format!(
            "apiVersion: elbv2.k8s.aws/v1beta1\nkind: TargetGroupBinding\nmetadata: {{name: t, \
             namespace: n}}\nspec: {{{group}, serviceRef: {{name: s, port: {port}}}}}"
        )
    };
    check(
        &binding("targetGroupName: logs", "8123"),
        &["aws:target-group-name/logs -> k8s:Service/n/s *:8123"],
    );
    check(
        &binding("targetGroupARN: 'arn:aws:elasticloadbalancing:x:1:targetgroup/logs/9a'", "http"),
        &["aws:target-group-name/logs -> k8s:Service/n/s:http"],
    );
    check(
        &binding("targetGroupARN: '${ARN}'", "8123"),
        &["not understood: the target group of TargetGroupBinding `t`, which is not named here"],
    );
}

#[test]
fn files_in_config_maps_keep_their_lines() {
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a.conf: |\n    \
                one\n    two\n  TOKEN: x\n  db_password: k3Yq9vTz\n";
    let (out, sources) = lowered(&Kubernetes, &[("c.yaml", yaml)]);
    let file = out.bundles[0].entries[0].file.as_ref().unwrap();
    let crate::model::fragment::ConfigBody::Text(text) = &file.body else { panic!("no text") };
    assert_eq!(sources.slice(text.place(4..7)), "two");
    check(yaml, &["secret `db_password` of ConfigMap `c`", "no `TOKEN`"]);
}

#[test]
fn a_template_is_reported_once_and_never_as_broken() {
    let templates = |path: &str, text: &str| {
        let (out, _) = lowered(&Kubernetes, &[(path, text)]);
        assert!(out.nodes.is_empty());
        (out.templates.len(), out.problems.len())
    };
    let helm = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\n{{- if x }}\nspec: {}\n{{- end }}\n";
    assert_eq!(templates("objects.yaml", helm), (1, 0));
    let unquoted = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\n";
    assert_eq!(templates("objects.yaml", unquoted), (1, 0));
    // Helm writes what another tool's templates are to read.
    let nested = "apiVersion: v1\nkind: Role\ndata:\n  key: \"{{\n    \"{{ .key }}\"\n  }}\"\n";
    assert_eq!(templates("chart/templates/role.yaml", nested), (1, 0));
    assert_eq!(templates("objects.yaml", nested), (0, 1));
}

#[test]
fn a_controller_passes_raw_tcp_on_as_its_config_map_says() {
    check(
        "
apiVersion: v1
kind: ConfigMap
metadata: {name: tcp, namespace: ingress}
data:
  '9000': db/clickhouse:9001
  '9440': db/clickhouse:secure:PROXY
---
apiVersion: v1
kind: Pod
metadata: {name: controller, namespace: ingress}
spec:
  containers: [{name: c, image: i, args: ['--tcp-services-configmap=$(POD_NAMESPACE)/tcp']}]
",
        &[
            "k8s:tcp-services/ingress/tcp -> k8s:Service/db/clickhouse 9000:9001 9000:9001/udp",
            "k8s:tcp-services/ingress/tcp -> k8s:Service/db/clickhouse:secure 9440 9440/udp",
            "k8s:Pod/ingress/controller -> k8s:tcp-services/ingress/tcp proxy",
        ],
    );
}

#[test]
fn variables_that_double_one_another_stay_small() {
    let entry = |i: i32| format!("      - {{name: V{i}, value: '$(V{0})$(V{0})'}}\n", i - 1);
    let entries: String = (1..200).map(entry).collect();
    let first = "      - {name: V0, value: xxxxxxxxxx}\n";
    let yaml = format!("{POD}      env:\n{first}{entries}");
    let out = fragment(&yaml);
    let longest = out.containers[0].env.iter().filter_map(|e| match &e.value {
        crate::model::fragment::EnvValue::Fact(fact) => fact.known().map(|v| v.len()),
        crate::model::fragment::EnvValue::Key { .. } => None,
    });
    assert!(longest.max().unwrap() < 10_000);
}
