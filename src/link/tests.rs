//! Several files that describe the same objects: who meets whom.

use crate::engine::RuleSet;
use crate::report::inventory::line::line;
use crate::session::check_texts;

/// One line for each store: `FILE NAME REACH`.
#[track_caller]
fn check(files: &[(&str, String)], expected: &[&str]) {
    let none: [(&str, &str); 0] = [];
    let files: Vec<(String, String)> =
        files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect();
    let run = check_texts(&files, &RuleSet::load(none.into_iter()).unwrap());
    let mut told: Vec<String> = run
        .model
        .datastores
        .iter()
        .map(|store| {
            let line = line(store);
            let of = |name: &str| {
                let rest = line.split_once(&format!("{name} = ")).map_or("?", |(_, rest)| rest);
                rest.split(',').next().unwrap_or("?").to_owned()
            };
            let path = run.sources.path(store.identity.place.file);
            format!("{path}: auth = {}, reach = {}", of("auth"), of("reach"))
        })
        .collect();
    told.sort();
    told.dedup();
    assert_eq!(told, expected);
}

fn pod(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: db, labels: {{app: \
         cache}}}}\nspec: {{containers: [{{name: redis, image: 'redis:7', ports: \
         [{{containerPort: 6379}}]}}]}}\n"
    )
}

fn service(kind: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: cache, namespace: db}}\nspec: \
         {{type: {kind}, selector: {{app: cache}}, ports: [{{port: 6379}}]}}\n"
    )
}

const POLICY: &str = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: \
                      closed, namespace: db}\nspec: {podSelector: {matchLabels: {app: cache}}, \
                      ingress: []}\n";

#[test]
fn a_pod_is_behind_the_version_of_a_service_that_lies_nearest() {
    let (inner, outer) = (service("ClusterIP"), service("LoadBalancer"));
    check(
        &[
            ("a/out.yaml", pod("one") + &outer),
            ("a/b/in.yaml", pod("two") + &inner),
            ("a/b/more.yaml", pod("three")),
        ],
        &[
            "a/b/in.yaml: auth = none, reach = cluster",
            "a/b/more.yaml: auth = none, reach = cluster",
            "a/out.yaml: auth = none, reach = internet",
        ],
    );
    check(
        &[("a/out.yaml", outer), ("a/b/in.yaml", pod("two"))],
        &["a/b/in.yaml: auth = none, reach = internet"],
    );
}

#[test]
fn a_file_with_another_version_of_a_pod_is_another_environment() {
    check(
        &[
            ("one.yaml", pod("cache") + &service("LoadBalancer")),
            ("two.yaml", format!("{}---\n{}", pod("cache"), pod("more"))),
            ("three.yaml", pod("beside")),
        ],
        &[
            "one.yaml: auth = none, reach = internet",
            "three.yaml: auth = none, reach = internet",
            "two.yaml: auth = none, reach = cluster",
        ],
    );
}

#[test]
fn what_an_overlay_renders_does_not_meet_plain_versions_of_it() {
    let policy = ("overlay/policy.yaml", POLICY.to_owned());
    let root =
        |resources: &str| ("overlay/kustomization.yaml", format!("resources: {resources}\n"));
    check(
        &[
            ("plain/cache.yaml", pod("cache")),
            ("plain/web.yaml", pod("web")),
            ("overlay/web.yaml", pod("web")),
            policy.clone(),
            root("[policy.yaml, web.yaml]"),
        ],
        &[
            "overlay/web.yaml: auth = none, reach = none",
            "plain/cache.yaml: auth = none, reach = cluster",
            "plain/web.yaml: auth = none, reach = cluster",
        ],
    );
    // Neither do two overlays that have nothing in common but what they render.
    let twin = ("twin/kustomization.yaml", "resources: [web.yaml, cache.yaml]\n".to_owned());
    check(
        &[
            ("twin/web.yaml", pod("web")),
            ("twin/cache.yaml", pod("cache")),
            twin,
            ("overlay/web.yaml", pod("web")),
            policy.clone(),
            root("[policy.yaml, web.yaml]"),
        ],
        &[
            "overlay/web.yaml: auth = none, reach = none",
            "twin/cache.yaml: auth = none, reach = cluster",
            "twin/web.yaml: auth = none, reach = cluster",
        ],
    );
    // Policies of their own are for what else stands in the cluster.
    check(
        &[("plain/cache.yaml", pod("cache")), policy, root("[policy.yaml]")],
        &["plain/cache.yaml: auth = none, reach = none"],
    );
}

#[test]
fn each_version_of_a_custom_resource_has_its_own_settings() {
    let kafka = |listener: &str| {
        format!(
            "apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {{name: bus}}\nspec:\n  \
             kafka:\n    listeners:\n    - {{name: a, port: 9093, type: internal, tls: \
             true{listener}}}\n"
        )
    };
    check(
        &[("a.yaml", kafka("")), ("b.yaml", kafka(", authentication: {type: tls}"))],
        &["a.yaml: auth = none, reach = cluster", "b.yaml: auth = certificate, reach = cluster"],
    );
}
