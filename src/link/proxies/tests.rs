//! Whole projects in, who reaches a store and who gets in out.

use crate::engine::RuleSet;
use crate::model::reach::Reach;
use crate::session::check_texts;

/// `STORE REACH OPEN_TO`, one for each store that is there.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let files: Vec<(String, String)> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let none: [(&str, &str); 0] = [];
    let run = check_texts(&files, &RuleSet::load(none.into_iter()).unwrap());
    let shown = |fact: &crate::model::fact::Fact<std::sync::Arc<Reach>>| {
        fact.known().map_or("?".to_owned(), |reach| match &**reach {
            r if r.may > r.likely => format!("{}?{}", r.likely, r.may),
            r if r.likely > r.sure => format!("{}~{}", r.sure, r.likely),
            r => r.sure.to_string(),
        })
    };
    let there = run.model.datastores.iter().filter(|s| s.identity.exists.known() != Some(&false));
    let mut is: Vec<String> = there
        .map(|s| {
            let name = s.name.known().map_or("?", |name| name);
            format!("{name} {} {}", shown(&s.reach), shown(&s.open_to))
        })
        .collect();
    is.sort();
    assert_eq!(is, expected, "{files:#?}");
}

/// A pod with Prometheus and oauth2-proxy, whose port a public Service publishes.
fn pod(store: &str, proxy: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: n, labels: {{app: p}}}}\nspec:\n  \
         containers:\n  - {{name: store, image: 'prom/prometheus:v2.53.0', args: [{store}]}}\n  - {{name: \
         proxy, image: 'quay.io/oauth2-proxy/oauth2-proxy:v7.6.0', ports: [{{containerPort: 4180}}], \
         args: [{proxy}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: p, namespace: \
         n}}\nspec: {{type: LoadBalancer, selector: {{app: p}}, ports: [{{port: 443, targetPort: 4180}}]}}\n"
    )
}

#[test]
fn a_store_of_its_own_machine_is_reached_through_the_proxy_beside_it() {
    let kept = "'--web.listen-address=127.0.0.1:9090'";
    let proxy = "'--http-address=0.0.0.0:4180', '--upstream=http://localhost:9090'";
    let open = format!("{proxy}, '--skip-auth-regex=.*'");
    check(&[("p.yaml", &pod(kept, proxy))], &["store loopback loopback"]);
    check(&[("p.yaml", &pod(kept, &open))], &["store internet internet"]);
    // Who listens on every address is reached past the proxy, by pods at least.
    check(&[("p.yaml", &pod("", proxy))], &["store cluster cluster"]);
    check(&[("p.yaml", &pod("", &open))], &["store internet internet"]);
    // A proxy that answers its own machine only leads nobody on.
    let inner = "'--upstream=http://localhost:9090', '--skip-auth-regex=.*'";
    check(&[("p.yaml", &pod(kept, inner))], &["store loopback loopback"]);
    // What nobody can read may lead on, and may ask.
    let elsewhere = "'--config=/etc/oauth2/proxy.cfg'";
    check(&[("p.yaml", &pod(kept, elsewhere))], &["store loopback?internet loopback?internet"]);
}

#[test]
fn a_policy_in_front_of_the_pod_does_not_stand_between_its_containers() {
    let policy = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x, \
                  namespace: n}\nspec: {podSelector: {}, ingress: [{ports: [{port: 4180}]}]}\n";
    let open = "'--http-address=:4180', '--upstream=http://127.0.0.1:9090', '--skip-auth-regex=.*'";
    let text = pod("'--web.listen-address=127.0.0.1:9090'", open) + policy;
    check(&[("p.yaml", &text)], &["store internet internet"]);
}

#[test]
fn a_proxy_leads_to_services_by_their_names() {
    let nginx = |host: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: web}}\ndata:\n  default.conf: \
             'server {{ listen 80; location / {{ proxy_pass http://{host}:9090; }} }}'\n---\napiVersion: \
             v1\nkind: Pod\nmetadata: {{name: w, namespace: web, labels: {{app: w}}}}\nspec: {{containers: \
             [{{name: w, image: nginx, volumeMounts: [{{name: c, mountPath: /etc/nginx/conf.d}}]}}], volumes: \
             [{{name: c, configMap: {{name: c}}}}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: w, \
             namespace: web}}\nspec: {{type: LoadBalancer, selector: {{app: w}}, ports: [{{port: 80}}]}}\n---\n\
             apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: db, labels: {{app: p}}}}\nspec: \
             {{containers: [{{name: store, image: prom/prometheus}}]}}\n---\napiVersion: v1\nkind: \
             Service\nmetadata: {{name: prom, namespace: db}}\nspec: {{selector: {{app: p}}, ports: [{{port: \
             9090}}]}}\n"
        )
    };
    check(&[("a.yaml", &nginx("prom.db.svc.cluster.local"))], &["store internet internet"]);
    check(&[("a.yaml", &nginx("prom.db"))], &["store internet internet"]);
    // A short name is one of the proxy's own namespace.
    check(&[("a.yaml", &nginx("prom"))], &["store cluster cluster"]);
}

/// A Compose project with nginx in front of a store.
fn project(web: &str, store: &str, host: &str, more: &str) -> [(&'static str, String); 2] {
    let text = format!(
        "services:\n  web: {{image: 'nginx:1.27', ports: ['80:80'], volumes: \
         ['./site.conf:/etc/nginx/conf.d/default.conf'], {web}}}\n  db: {{image: prom/prometheus, \
         {store}}}\n{more}"
    );
    let site = format!("server {{ location / {{ proxy_pass http://{host}:9090; }} }}");
    [("compose.yaml", text), ("site.conf", site)]
}

#[test]
fn services_meet_on_networks_that_they_share() {
    let is = |web: &str, store: &str, host: &str, expected: &str| {
        let files = project(web, store, host, "networks: {a: {}, b: {}}\n");
        let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
        check(&files, &[&format!("db {expected}")]);
    };
    let (led, alone) = ("private-network?internet private-network?internet", "members members");
    is("", "", "db", led);
    is("", "", "DB", led);
    is("", "", "elsewhere", alone);
    is("networks: [a]", "networks: [a, b]", "db", led);
    is("networks: [a]", "networks: [b]", "db", alone);
    is("networks: [a]", "", "db", alone);
    is("", "container_name: prom", "prom", led);
    is("networks: [a]", "networks: {a: {aliases: [metrics]}}", "metrics", led);
    is("links: ['db:store']", "", "store", led);
    is("", "network_mode: none", "db", "loopback loopback");
    is("", "network_mode: 'service:web'", "localhost", led);
}

#[test]
fn what_runs_nowhere_is_no_store_that_anybody_reaches() {
    let none = |rest: &str| {
        check(&[("compose.yaml", &format!("services:\n  db: {{image: redis, {rest}}}\n"))], &[]);
    };
    none("scale: 0");
    none("deploy: {replicas: 0}");
    none("deploy: {replicas: '${N:-0}'}");
    let one = "services:\n  db: {image: redis, deploy: {replicas: 1}}\n";
    check(&[("compose.yaml", one)], &["db members members"]);
}

#[test]
fn an_env_file_beats_what_the_image_sets() {
    let dockerfile = "FROM redis:7\nENV REDIS_ARGS=\"\"\nFROM mongo:7\nENV MONGO_INITDB_ROOT_USERNAME=a \
                      MONGO_INITDB_ROOT_PASSWORD=b\n";
    let compose = |more: &str| format!("services:\n  db: {{build: ., {more}}}\n");
    let empty = "MONGO_INITDB_ROOT_USERNAME=\nMONGO_INITDB_ROOT_PASSWORD=\n";
    let files = |compose: &str, expected: &str| {
        check(
            &[("Dockerfile", dockerfile), ("compose.yaml", compose), ("db.env", empty)],
            &[expected],
        );
    };
    files(&compose(""), "db members none");
    files(&compose("env_file: db.env"), "db members members");
    let own = "env_file: db.env, environment: {MONGO_INITDB_ROOT_USERNAME: a, MONGO_INITDB_ROOT_PASSWORD: b}";
    files(&compose(own), "db members none");
}

#[test]
fn a_set_of_listeners_counts_where_its_gateway_admits_it() {
    let all = |allowed: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: n, labels: {{app: p}}}}\nspec: \
             {{containers: [{{name: store, image: redis}}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: \
             {{name: s, namespace: n}}\nspec: {{selector: {{app: p}}, ports: [{{port: 6379}}]}}\n---\n\
             apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: g, namespace: \
             infra}}\nspec: {{gatewayClassName: gke-l7-gxlb{allowed}, listeners: [{{name: web, protocol: HTTP, \
             port: 80}}]}}\n---\napiVersion: gateway.networking.x-k8s.io/v1alpha1\nkind: \
             XListenerSet\nmetadata: {{name: l, namespace: n}}\nspec: {{parentRef: {{name: g, namespace: \
             infra}}, listeners: [{{name: r, protocol: TCP, port: 6379}}]}}\n---\napiVersion: \
             gateway.networking.k8s.io/v1alpha2\nkind: TCPRoute\nmetadata: {{name: t, namespace: n}}\nspec: \
             {{parentRefs: [{{kind: XListenerSet, name: l}}], rules: [{{backendRefs: [{{name: s, port: \
             6379}}]}}]}}\n"
        )
    };
    let is = |allowed: &str, expected: &str| check(&[("g.yaml", &all(allowed))], &[expected]);
    is("", "store cluster cluster");
    is(", allowedListeners: {namespaces: {from: All}}", "store internet internet");
    is(", allowedListeners: {namespaces: {from: Same}}", "store cluster cluster");
    is(", allowedListeners: {namespaces: {from: None}}", "store cluster cluster");
}

#[test]
fn routers_in_files_of_traefik_lead_to_services_of_the_project() {
    let compose = "services:\n  proxy:\n    image: traefik:v3\n    ports: ['80:80']\n    volumes: \
                   ['./dynamic.yml:/etc/traefik/dynamic.yml:ro']\n    command: \
                   ['--providers.file.filename=/etc/traefik/dynamic.yml', \
                   '--entrypoints.web.address=:80']\n  prom:\n    image: prom/prometheus:v2.53.0\n";
    let routes = |middlewares: &str| {
        format!(
            "http:\n  routers:\n    a: {{rule: Host(`a`), service: s{middlewares}}}\n  services:\n    s: \
             {{loadBalancer: {{servers: [{{url: 'http://prom:9090'}}]}}}}\n  middlewares:\n    login: \
             {{basicAuth: {{users: ['a:b']}}}}\n"
        )
    };
    let project = |dynamic: &str, expected: &str| {
        check(&[("compose.yml", compose), ("dynamic.yml", dynamic)], &[expected]);
    };
    project(&routes(""), "prom private-network?internet private-network?internet");
    project(&routes(", middlewares: [login]"), "prom members members");
    project(&routes("").replace("prom:9090", "other:9090"), "prom members members");
}
