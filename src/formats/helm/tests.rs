//! Releases in, one line for each container and way in out.

use std::fmt::Write;

use crate::model::fact::{Basis, Fact};
use crate::model::fragment::{EnvValue, Fragment, MountSource, Ref};
use crate::session::check_texts;
use crate::workspace::in_memory;

use super::super::{ALL, Unit, unfold_charts};
use crate::catalog::Catalog;

fn fragment(files: &[(&str, &str)]) -> (Fragment, crate::source::Sources) {
    static CATALOG: std::sync::LazyLock<Catalog> =
        std::sync::LazyLock::new(|| Catalog::of(crate::embedded::pages()));
    let files: Vec<(String, String)> =
        files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
    let sources = in_memory(&files);
    let mut out = Fragment::default();
    for format in ALL {
        let own: Vec<_> = sources
            .ids()
            .filter(|f| {
                let (path, text) = (sources.path(*f), sources.str(*f));
                super::super::of(path, text).is_some_and(|of| of.name() == format.name())
            })
            .collect();
        for group in format.group(&own, &sources) {
            let parsed: Vec<_> = group
                .iter()
                .map(|f| (*f, format.parse(&sources.text(*f), sources.path(*f)).0))
                .collect();
            let files = parsed.iter().map(|(f, p)| (*f, p)).collect();
            format.lower(&Unit { files, sources: &sources, catalog: &CATALOG }, &mut out);
        }
    }
    unfold_charts(&mut out, &CATALOG, &sources);
    (out, sources)
}

/// `~` marks what is only guessed, `*` what is the chart's default.
fn check(files: &[(&str, &str)], expected: &str) {
    let (made, sources) = fragment(files);
    let mut got = String::new();
    let fact = |fact: &Fact<_>| match fact {
        Fact::Known(value, origin) => match origin.basis {
            Basis::Written => format!("{value}"),
            Basis::Default(_) => format!("{value}*"),
            Basis::Guessed(_) => format!("{value}~"),
        },
        Fact::Unset(_) => "-".to_owned(),
        Fact::Unknown(..) => "?".to_owned(),
    };
    for container in &made.containers {
        let _ = write!(got, "{} {}", container.node, fact(&container.image));
        for variable in &container.env {
            let value = match &variable.value {
                EnvValue::Fact(value) => fact(value),
                EnvValue::Key { .. } => "secret".to_owned(),
            };
            let line = sources.str(variable.place.file);
            let line = line[..variable.place.start as usize].lines().count();
            let _ = write!(got, " {}={value} at {line}", variable.name);
        }
        got.push('\n');
    }
    for hop in made.hops.iter().filter(|h| h.from == Ref::Internet) {
        let _ = writeln!(got, "internet: {}", hop.say);
    }
    for (_, what) in &made.not_understood {
        let _ = writeln!(got, "not understood: {what}");
    }
    let trim = |text: &str| {
        text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(trim(&got), trim(expected), "\n{got}");
}

mod helmfile;

const RELEASE: &str = "
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cache, namespace: shop}
spec:
  chart:
    spec: {chart: redis, sourceRef: {kind: HelmRepository, name: vendor}}
";

const REPOSITORY: &str = "
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: vendor, namespace: flux-system}
spec: {url: 'https://charts.bitnami.com/bitnami'}
";

fn with(values: &str) -> String {
    format!("{RELEASE}{values}")
}

#[test]
fn what_nobody_wrote_is_the_default_of_the_chart() {
    check(
        &[("r.yaml", &with("  values: {architecture: standalone, auth: {enabled: false}}"))],
        "k8s:StatefulSet/shop/cache-redis-master bitnami/redis*
         ALLOW_EMPTY_PASSWORD=yes at 8"
            .replace("\n         ", " ")
            .as_str(),
    );
}

#[test]
fn another_publisher_s_chart_of_the_name_is_only_perhaps_the_known_one() {
    let (made, _) = fragment(&[("r.yaml", &with("  values: {architecture: standalone}"))]);
    let guessed = |files: &[(&str, &str)]| {
        let (made, _) = fragment(files);
        let basis = |fact: &Fact<bool>| match fact {
            Fact::Known(_, origin) => matches!(origin.basis, Basis::Guessed(_)),
            _ => false,
        };
        made.containers.iter().map(|c| basis(&c.exists)).collect::<Vec<_>>()
    };
    assert_eq!(made.containers.len(), 1);
    let release = with("  values: {architecture: standalone}");
    assert_eq!(guessed(&[("r.yaml", &release)]), [true]);
    assert_eq!(guessed(&[("r.yaml", &release), ("s.yaml", REPOSITORY)]), [false]);
}

#[test]
fn values_that_the_card_does_not_know_are_for_another_chart_of_the_name() {
    let release = |values: &str| {
        let chart = "chart: {spec: {chart: mlflow, sourceRef: {kind: GitRepository, name: own}}}";
        format!(
            "{{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, \
             metadata: {{name: ml, namespace: shop}}, spec: {{{chart}, values: {values}}}}}"
        )
    };
    let known = |values: &str| {
        let (made, _) = fragment(&[("r.yaml", &release(values))]);
        !made.containers.is_empty()
    };
    // What only the card's chart has, and what every chart has, may be for it.
    assert!(known("{tracking: {service: {type: ClusterIP}}, run: {enabled: false}}"));
    assert!(known("{image: {tag: latest}, resources: {}, postgresql: {enabled: false}}"));
    assert!(known("{}"));
    // The card's chart has its Service elsewhere, and knows nothing of a store.
    assert!(!known("{image: {tag: latest}, service: {type: LoadBalancer}}"));
    assert!(!known("{backendStore: {postgres: {enabled: true}}}"));
    // A folder of the project with the name is told by its own values.
    let own = |values| {
        let (made, _) = fragment(&[
            ("mlflow/Chart.yaml", "apiVersion: v2\nname: mlflow\nversion: 1.0.0\n"),
            ("mlflow/values.yaml", values),
            ("r.yaml", &release("{}").replace("chart: mlflow", "chart: ./mlflow")),
        ]);
        !made.containers.is_empty()
    };
    assert!(own("tracking: {enabled: true}"));
    assert!(!own("service: {port: 5000}"));
}

#[test]
fn the_last_layer_wins_and_null_takes_a_value_away() {
    let application = "
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: cache}
spec:
  destination: {namespace: shop}
  source:
    repoURL: https://charts.bitnami.com/bitnami
    chart: redis
    helm:
      valueFiles: [/prod.yaml]
      values: |
        auth: null
        architecture: standalone
        master: {service: {type: NodePort}}
      parameters:
        - {name: master.service.type, value: LoadBalancer}
";
    check(
        &[
            ("a.yaml", application),
            ("prod.yaml", "auth: {enabled: true}\nmaster: {service: {type: ClusterIP}}\n"),
        ],
        "k8s:StatefulSet/shop/cache-redis-master bitnami/redis* ALLOW_EMPTY_PASSWORD=yes* at 9
         internet: Service `cache-redis-master` is of type LoadBalancer",
    );
}

#[test]
fn values_that_are_not_here_leave_defaults_open() {
    let from =
        "  valuesFrom: [{kind: Secret, name: elsewhere}]\n  values: {architecture: standalone}";
    check(
        &[("r.yaml", &with(from)), ("s.yaml", REPOSITORY)],
        "k8s:StatefulSet/shop/cache-redis-master bitnami/redis*
         ALLOW_EMPTY_PASSWORD=? at 8 REDIS_PASSWORD=? at 8"
            .replace("\n         ", " ")
            .as_str(),
    );
}

#[test]
fn a_password_that_is_filled_in_later_is_one() {
    let values = "  values: {architecture: standalone, auth: {password: '${CACHE_PASSWORD}'}}";
    check(
        &[("r.yaml", &with(values)), ("s.yaml", REPOSITORY)],
        "k8s:StatefulSet/shop/cache-redis-master bitnami/redis* REDIS_PASSWORD=secret at 8",
    );
}

#[test]
fn each_environment_of_a_chart_is_its_own() {
    let chart = "
apiVersion: v2
name: shop
dependencies:
  - {name: redis, alias: sessions, repository: 'oci://registry-1.docker.io/bitnamicharts', condition: sessions.enabled}
";
    check(
        &[
            ("c/Chart.yaml", chart),
            ("c/values.yaml", "sessions: {enabled: false, architecture: standalone}\n"),
            ("c/values-prod.yaml", "sessions: {enabled: true}\n"),
            ("c/values-test.yaml", "sessions: {enabled: true}\n"),
            ("c/values-web.yaml", "replicas: 3\n"),
            ("c/templates/web.yaml", "apiVersion: v1\nkind: Pod\nspec: {{ .Values.spec }}\n"),
        ],
        "k8s:StatefulSet/values-prod.yaml/shop-sessions-master bitnami/redis* REDIS_PASSWORD=secret at 5
         not understood: a template of chart `shop`; `helm template … | seawall check - --stdin-filename rendered.yaml` judges it",
    );
}

#[test]
fn a_publisher_s_own_charts_are_nobody_s_deployment() {
    let chart = "
apiVersion: v2
name: shop
icon: https://example.com/icon.svg
dependencies:
  - {name: redis, repository: 'oci://registry-1.docker.io/bitnamicharts'}
";
    check(&[("c/Chart.yaml", chart), ("c/values.yaml", "redis: {auth: {enabled: false}}\n")], "");
    check(
        &[("redis/Chart.yaml", "name: redis\n"), ("redis/values.yaml", "auth: {enabled: false}\n")],
        "",
    );
}

#[test]
fn containers_in_values_of_a_general_chart_are_read_as_they_stand() {
    let release = "
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cache, namespace: shop}
spec:
  chartRef: {kind: OCIRepository, name: forms}
  values:
    controllers:
      cache:
        containers:
          app:
            image: {repository: docker.io/library/redis, tag: '7.4'}
            env: {TZ: UTC}
    service:
      app: {controller: cache, type: LoadBalancer, ports: {redis: {port: 6379}}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: forms, namespace: flux-system}
spec: {url: 'oci://ghcr.io/bjw-s-labs/helm/app-template'}
";
    check(
        &[("r.yaml", release)],
        "k8s:Deployment/shop/cache docker.io/library/redis:7.4 TZ=UTC at 13
         internet: Service `cache` is of type LoadBalancer",
    );
}

#[test]
fn a_general_chart_routes_through_a_gateway_and_keeps_its_certificate() {
    let release = "
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: notes, namespace: shop}
spec:
  chart: {spec: {chart: app-template, sourceRef: {kind: HelmRepository, name: bjw-s}}}
  values:
    controllers:
      notes: {containers: {app: {image: {repository: couchdb, tag: 3.3.3}}}}
    service:
      app: {ports: {http: {port: 5984}, metrics: {port: 9100}}}
    ingress:
      app: {className: public, hosts: [{paths: [{service: {identifier: app, port: http}}]}], tls: [{hosts: [a]}]}
    route:
      app: {hostnames: [notes.example], parentRefs: [{name: outer}]}
      by-name: {parentRefs: [{name: outer}], rules: [{backendRefs: [{identifier: app, port: http}]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: outer, namespace: shop}
spec: {gatewayClassName: c, listeners: [{name: web, port: 80, protocol: HTTP}]}
";
    let (made, _) = fragment(&[("r.yaml", release)]);
    let ingress = made.hops.iter().find(|h| h.say.contains("leads to port http")).unwrap();
    assert!(ingress.ends_tls);
    assert_eq!(made.routing.attachments.len(), 2, "{:?}", made.routing.attachments);
    let leads = |h: &&crate::model::fragment::Hop| h.say.contains("HTTPRoute");
    let hops = made.hops.iter().chain(made.routing.passings.iter().map(|passing| &passing.hop));
    let led: Vec<&str> = hops.filter(leads).map(|h| &*h.say).collect();
    let [by_default, by_name] = [
        "HTTPRoute `notes-app` leads to port 5984 of Service `notes`",
        "HTTPRoute `notes-by-name` leads to port 5984 of Service `notes`",
    ];
    assert_eq!(led, [by_default, by_name]);
}

#[test]
fn a_general_chart_mounts_what_it_keeps() {
    let release = "
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: broker, namespace: home}
spec:
  chart: {spec: {chart: app-template, sourceRef: {kind: HelmRepository, name: bjw-s}}}
  values:
    controllers:
      main: {containers: {app: {image: {repository: eclipse-mosquitto, tag: 2.0.20}}}}
    configMaps:
      config: {data: {mosquitto.conf: 'listener 1883'}}
    persistence:
      file: {type: configMap, identifier: config, globalMounts: [{path: /mosquitto/config}]}
      other: {type: secret, name: users, advancedMounts: {main: {init: [{path: /a}], app: [{path: /b, subPath: c}]}}}
      data: {existingClaim: broker}
      off: {enabled: false, existingClaim: broker}
";
    let (made, _) = fragment(&[("r.yaml", release)]);
    let mounts = made.containers[0].mounts.iter().map(|mount| {
        let of = match &mount.source {
            MountSource::Bundle { address, .. } => &*address.0,
            _ => "?",
        };
        format!("{} {of}", mount.path)
    });
    let told =
        ["/mosquitto/config k8s:ConfigMap/home/broker", "/b k8s:Secret/home/users", "/data ?"];
    assert_eq!(mounts.collect::<Vec<_>>(), told);
    assert_eq!(&*made.bundles[0].address.0, "k8s:ConfigMap/home/broker");
}

#[test]
fn odd_values_do_no_harm() {
    let odd = [
        "[]",
        "text",
        "{auth: [], master: text, networkPolicy: {enabled: {}}}",
        "{auth: {enabled: {a: b}}}",
    ];
    for values in odd {
        let files = [("r.yaml".to_owned(), with(&format!("  values: {values}")))];
        let _ = check_texts(&files, &crate::engine::RuleSet::default());
    }
}
