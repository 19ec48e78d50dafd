//! Custom resources in, what is made of them out.

use std::fmt::Write as _;

use crate::catalog::Catalog;
use crate::report::inventory::line::line;
use crate::session::{Asked, Timings, judge};
use crate::workspace::in_memory;

/// One line for each store.
fn stores(yaml: &str) -> Vec<String> {
    let catalog = Catalog::of(crate::embedded::pages());
    let files = [("objects.yaml".to_owned(), yaml.to_owned())];
    let (rules, took) = (crate::engine::RuleSet::default(), &mut Timings::default());
    let asked = Asked { configurations: &[], rules: &rules, today: (2026, 1, 1) };
    let run = judge(in_memory(&files), &catalog, asked, took);
    run.model.datastores.iter().map(line).collect()
}

#[track_caller]
fn check(yaml: &str, expected: &[&str]) {
    let lines = stores(yaml);
    let short = |line: &str| line.trim_start_matches("Datastore ").to_owned();
    assert_eq!(lines.iter().map(|l| short(l)).collect::<Vec<_>>(), expected, "{yaml}");
}

fn installation(configuration: &str) -> String {
    format!(
        "apiVersion: clickhouse.altinity.com/v1\nkind: ClickHouseInstallation\n\
         metadata: {{name: logs, namespace: a}}\nspec:\n  configuration:\n{configuration}"
    )
}

#[test]
fn a_service_of_somebody_else_finds_the_pods_by_the_operators_labels() {
    let service = "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: out, namespace: a}\n\
                   spec:\n  type: LoadBalancer\n  selector: {clickhouse.altinity.com/chi: NAME}\n  \
                   ports: [{port: 8123}]\n";
    let open = installation("    users: {default/networks/ip: '::/0'}");
    check(
        &format!("{open}{}", service.replace("NAME", "logs")),
        &["logs: engine = clickhouse, auth = none, reach = internet, open_to = internet"],
    );
    check(
        &format!("{open}{}", service.replace("NAME", "other")),
        &["logs: engine = clickhouse, auth = none, reach = cluster, open_to = cluster"],
    );
}

#[test]
fn an_ingress_finds_a_service_by_the_name_that_the_operator_gives() {
    check(
        "apiVersion: elasticsearch.k8s.elastic.co/v1\nkind: Elasticsearch\nmetadata: {name: es}\n\
         spec: {version: 8.1.0, nodeSets: [{name: x}]}\n---\napiVersion: networking.k8s.io/v1\n\
         kind: Ingress\nmetadata: {name: i}\nspec: {defaultBackend: {service: {name: es-es-http, \
         port: {name: https}}}}\n",
        &["es-es-x: engine = elasticsearch, auth = password, reach = internet, open_to = none"],
    );
}

#[test]
fn a_network_policy_narrows_what_the_operator_makes() {
    check(
        "apiVersion: databases.spotahome.com/v1\nkind: RedisFailover\nmetadata: {name: r}\n\
         spec: {redis: {replicas: 3}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
         metadata: {name: p}\nspec:\n  podSelector: {matchLabels: {app.kubernetes.io/name: r}}\n  \
         ingress: [{from: [{podSelector: {matchLabels: {app: x}}}]}]\n",
        &["rfr-r: engine = redis, auth = none, reach = pods, open_to = pods"],
    );
}

#[test]
fn a_file_that_sorts_behind_the_operators_opens_its_user() {
    check(
        &installation(
            "    files:\n      users.d/x.xml: <clickhouse><users><default><networks><ip>::/0</ip>\
             </networks></default></users></clickhouse>\n",
        ),
        &["logs: engine = clickhouse, auth = none, reach = cluster, open_to = cluster"],
    );
}

#[test]
fn a_template_that_nobody_names_makes_no_service() {
    let spec = installation("    users: {default/networks/ip: '::/0'}\n");
    check(
        &format!(
            "{spec}  templates: {{serviceTemplates: [{{name: t, spec: {{type: LoadBalancer}}}}]}}\n"
        ),
        &["logs: engine = clickhouse, auth = none, reach = cluster, open_to = cluster"],
    );
}

#[test]
fn what_a_tool_has_yet_to_fill_in_stays_open() {
    check(
        "apiVersion: rabbitmq.com/v1beta1\nkind: RabbitmqCluster\nmetadata: {name: r}\n\
         spec: {service: {type: '${TYPE}'}}\n",
        &["r-server: engine = rabbitmq, auth = password, reach = cluster, perhaps internet, \
           open_to = none"],
    );
}

#[test]
fn odd_resources_make_nothing_or_little_and_end() {
    let mut many = String::from(
        "apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {name: k}\nspec:\n  kafka:\n    \
         listeners:\n",
    );
    for port in 0..5000 {
        let _ = writeln!(many, "    - {{name: l{port}, port: {port}, type: loadbalancer}}");
    }
    assert_eq!(stores(&many).len(), 1);
    for spec in ["", "spec: 1\n", "spec: {kafka: [1]}\n", "spec: {kafka: {listeners: {a: b}}}\n"] {
        let kafka = "apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {name: k}\n";
        assert_eq!(stores(&format!("{kafka}{spec}")).len(), 1, "{spec}");
    }
    assert_eq!(
        stores(&installation("    users: {a/b/c: {d: {e: [1, {f: 2}]}}, //: x, '': y}")).len(),
        1
    );
}

const TEMPLATE: &str = "\n---\napiVersion: clickhouse.altinity.com/v1\nkind: \
                        ClickHouseInstallationTemplate\nmetadata: {name: open, namespace: a}\n\
                        spec:\n  configuration: {users: {default/networks/ip: '::/0'}}\n  \
                        templates: {serviceTemplates: [{name: out, spec: {type: LoadBalancer, \
                        ports: [{name: http, port: 8123}]}}]}\n  defaults: {templates: \
                        {serviceTemplate: out}}\n";

#[test]
fn a_template_that_an_installation_names_is_laid_under_it() {
    let named = installation("    users: {ops/password_sha256_hex: abc}\n");
    let named = format!("{named}  useTemplates: [{{name: open}}]\n");
    check(
        &format!("{named}{TEMPLATE}"),
        &["logs: engine = clickhouse, auth = none, reach = internet, open_to = internet"],
    );
    let other = named.replace("name: open", "name: other");
    check(
        &format!("{other}{TEMPLATE}"),
        &["logs: engine = clickhouse, auth = local-only, reach = cluster, open_to = loopback"],
    );
}

#[test]
fn a_template_for_all_holds_only_where_its_selector_fits() {
    let own = installation("    users: {ops/password_sha256_hex: abc}\n");
    let auto = format!("{TEMPLATE}  templating: {{policy: auto}}\n");
    check(
        &format!("{own}{auto}"),
        &["logs: engine = clickhouse, auth = none, reach = internet, open_to = internet"],
    );
    let other = auto.replace("policy: auto", "policy: auto, chiSelector: {team: x}");
    check(
        &format!("{own}{other}"),
        &["logs: engine = clickhouse, auth = local-only, reach = cluster, open_to = loopback"],
    );
}

#[test]
fn settings_of_the_only_cluster_are_those_of_its_hosts() {
    let service = "  defaults: {templates: {serviceTemplate: out}}\n  templates: {serviceTemplates: \
                   [{name: out, spec: {type: LoadBalancer, ports: [{port: 9123}]}}]}\n";
    let clusters = |more: &str| {
        installation(&format!(
            "    users: {{default/networks/ip: '::/0'}}\n    clusters:\n    - name: c\n      \
             settings: {{http_port: 9123}}\n{more}{service}"
        ))
    };
    check(
        &clusters(""),
        &["logs: engine = clickhouse, auth = none, reach = internet, open_to = internet"],
    );
    check(
        &clusters("    - name: d\n"),
        &["logs: engine = clickhouse, auth = none, reach = cluster, open_to = cluster"],
    );
}

#[test]
fn a_cluster_has_no_users_of_its_own() {
    check(
        &installation(
            "    clusters:\n    - name: c\n      files:\n        users.d/x.xml: <clickhouse><users>\
             <default><networks><ip>::/0</ip></networks></default></users></clickhouse>\n",
        ),
        &["logs: engine = clickhouse, auth = local-only, reach = cluster, open_to = loopback"],
    );
}
