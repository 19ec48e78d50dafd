//! Releases of a helmfile.

use super::check;

const HEAD: &str = "
repositories:
- {name: vendor, url: 'https://charts.bitnami.com/bitnami'}
";

fn file(rest: &str) -> String {
    format!("{HEAD}{rest}")
}

#[test]
fn files_inline_values_and_single_values_are_laid_over_one_another() {
    let helmfile = file(
        "releases:
- name: cache
  namespace: shop
  chart: vendor/redis
  values:
  - values/{{ .Release.Name }}.yaml
  - {master: {service: {type: LoadBalancer}}}
  set:
  - {name: auth.enabled, value: false}
",
    );
    let values = "architecture: standalone\nauth: {enabled: true}\n";
    check(
        &[("deploy/helmfile.yaml", &helmfile), ("deploy/values/cache.yaml", values)],
        "k8s:StatefulSet/shop/cache-redis-master bitnami/redis* ALLOW_EMPTY_PASSWORD=yes at 12
         internet: Service `cache-redis-master` is of type LoadBalancer",
    );
}

#[test]
fn each_environment_with_values_of_its_own_is_one() {
    let helmfile = file(
        "environments: {prod: {}, dev: {}}
---
releases:
- name: cache
  namespace: shop
  chart: vendor/redis
  values: ['{{ .Environment.Name }}.yaml']
",
    );
    let values = "{architecture: standalone, auth: {enabled: false}}";
    check(
        &[("helmfile.yaml", &helmfile), ("dev.yaml", values), ("prod.yaml", "architecture: standalone")],
        "k8s@helmfile.yaml/prod:StatefulSet/shop/cache-redis-master bitnami/redis* REDIS_PASSWORD=secret at 9
         k8s@helmfile.yaml/dev:StatefulSet/shop/cache-redis-master bitnami/redis* ALLOW_EMPTY_PASSWORD=yes at 1",
    );
}

#[test]
fn a_helmfile_is_for_the_environments_that_the_one_above_hands_down() {
    let child = file(
        "releases:
- name: cache
  namespace: shop
  chart: vendor/redis
  values: ['{{ .Environment.Name }}.yaml']
",
    );
    let values = "{architecture: standalone, auth: {enabled: false}}";
    let judged = |entry: &str, expected: &str| {
        let parent = format!("environments: {{prod: {{}}}}\n---\nhelmfiles: [{entry}]\n");
        let files = [
            ("helmfile.yaml", &*parent),
            ("apps/cache/helmfile.yaml", &child),
            ("apps/cache/prod.yaml", values),
        ];
        check(&files, expected);
    };
    let prod = "k8s@apps/cache/helmfile.yaml/prod:StatefulSet/shop/cache-redis-master bitnami/redis* \
                ALLOW_EMPTY_PASSWORD=yes at 1";
    judged("{path: apps/cache/helmfile.yaml, inherits: [environments]}", prod);
    judged("{path: ./apps/cache, values: [{size: 1}]}", prod);
    // Without either it is not for `prod` at all.
    let unknown =
        "k8s:StatefulSet/shop/cache-redis-master bitnami/redis* ALLOW_EMPTY_PASSWORD=? at 8 \
                   REDIS_PASSWORD=? at 8
         k8s:StatefulSet/shop/cache-redis-replica bitnami/redis* ALLOW_EMPTY_PASSWORD=? at 8 \
                   REDIS_PASSWORD=? at 8";
    judged("apps/cache/helmfile.yaml", unknown);
}

#[test]
fn what_a_template_gives_is_unknown() {
    let helmfile = file(
        "releases:
- name: cache
  namespace: shop
  chart: vendor/redis
  values: [values.yaml.gotmpl]
- name: other
  installed: false
  chart: vendor/redis
",
    );
    check(
        &[
            ("helmfile.d/10-cache.yaml", &helmfile),
            ("helmfile.d/values.yaml.gotmpl", "a: {{ .b }}"),
        ],
        "k8s:StatefulSet/shop/cache-redis-master bitnami/redis* ALLOW_EMPTY_PASSWORD=? at 8 REDIS_PASSWORD=? at 8
         k8s:StatefulSet/shop/cache-redis-replica bitnami/redis* ALLOW_EMPTY_PASSWORD=? at 8 REDIS_PASSWORD=? at 8",
    );
}

#[test]
fn what_a_controller_takes_over_is_told_once() {
    let helmfile = file(
        "releases:
- {name: cache, namespace: shop, chart: vendor/redis}
- {name: cache, namespace: other, chart: vendor/redis}
- {name: queue, namespace: shop, chart: vendor/redis, values: [{architecture: standalone}]}
",
    );
    let release = "
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cache, namespace: shop}
spec:
  chart: {spec: {chart: redis, sourceRef: {kind: HelmRepository, name: bitnami}}}
  values: {architecture: standalone, auth: {enabled: false}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: bitnami, namespace: shop}
spec: {url: 'https://charts.bitnami.com/bitnami'}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: queue, namespace: shop}
spec: {chart: {spec: {chart: other}}}
";
    let (made, _) = super::fragment(&[("bootstrap/helmfile.yaml", &helmfile), ("r.yaml", release)]);
    let mut names: Vec<&str> = made.containers.iter().map(|c| &*c.node.0).collect();
    names.sort_unstable();
    let told = [
        "k8s:StatefulSet/other/cache-redis-master",
        "k8s:StatefulSet/other/cache-redis-replica",
        "k8s:StatefulSet/shop/cache-redis-master",
        "k8s:StatefulSet/shop/queue-redis-master",
    ];
    assert_eq!(names, told);
}

#[test]
fn what_a_program_leaves_of_a_chart_is_unknown() {
    let helmfile = file(
        "helmDefaults: {postRenderer: bash, postRendererArgs: [-c, yq]}
releases:
- {name: cache, namespace: shop, chart: vendor/redis}
",
    );
    let files = [("helmfile.yaml".to_owned(), helmfile)];
    let (made, _) = super::fragment(&[("helmfile.yaml", &files[0].1)]);
    assert!(made.nodes.iter().all(|node| node.exists.is_unknown()), "{:?}", made.nodes);
}

#[test]
fn odd_helmfiles_do_no_harm() {
    for text in
        ["releases: 1\n", "releases: [1, {name: [x], chart: y}]\n", "releases:\n- name: {{ x\n"]
    {
        check(&[("helmfile.yaml", text)], "");
    }
}
