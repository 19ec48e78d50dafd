//! A proxy's container in, its steps out, one a line.

use std::fmt::Write as _;

use super::*;
use crate::catalog::proxy::proxy;
use crate::model::fact::Basis;
use crate::model::fragment::{Address, ConfigFile, Container};
use crate::source::FileId;

fn at() -> Place {
    Place::new(FileId(0), 0..0)
}

/// `image`, arguments, variables and files by path, read.
fn reading(image: &str, args: &[&str], env: &[(&str, &str)], files: &[(&str, &str)]) -> Reading {
    let words = |list: &[&str]| match list {
        [] => Fact::Unset(at()),
        list => {
            Fact::written(list.iter().map(|w| Fact::written((*w).into(), at())).collect(), at())
        }
    };
    let container = Container {
        address: Address::new("c"),
        name: "c".into(),
        title: "container `c`".into(),
        node: Address::new("n"),
        place: at(),
        whole: at(),
        exists: Fact::written(true, at()),
        image: Fact::written(image.into(), at()),
        command: Fact::Unset(at()),
        args: words(args),
        env: Vec::new(),
        env_from: Vec::new(),
        ports: Vec::new(),
        mounts: Vec::new(),
    };
    let files: Vec<(Name, ConfigFile)> = files
        .iter()
        .map(|(path, text)| {
            let text = Text::nested((*text).into(), at(), [].into());
            let body = ConfigBody::Text(text);
            let address = Address::new(*path);
            ((*path).into(), ConfigFile { address, name: (*path).into(), place: at(), body })
        })
        .collect();
    let program = Program {
        container: &container,
        env: env.iter().map(|(n, v)| ((*n).into(), Fact::written((*v).into(), at()))).collect(),
        env_open: None,
        declared: &[],
        files: files.iter().map(|(path, file)| (path.clone(), file)).collect(),
        files_open: Vec::new(),
    };
    read(&program, proxy(image).expect("bug: no proxy"))
}

/// `4180 -> here:9090 asks=external`, `80 -> es:9200 likely from=10.0.0.0/8`.
fn describe(reading: &Reading) -> String {
    let Reading::Forwards(list) = reading else { return "unknown".into() };
    let mut out: Vec<String> = list
        .iter()
        .map(|forward| {
            let port = |p: Option<u16>| p.map_or("any".to_owned(), |p| p.to_string());
            let host = match &forward.host {
                Host::Local => "here",
                Host::Named(name) => name,
            };
            let mut line = format!("{} -> {host}:{}", port(forward.listens), port(forward.port));
            if matches!(&forward.open, Fact::Known(_, o) if matches!(o.basis, Basis::Guessed(_))) {
                line += " likely";
            }
            match &forward.asks {
                Some(Fact::Known(proof, _)) => write!(line, " asks={proof}").unwrap(),
                Some(_) => line += " asks=?",
                None => {}
            }
            match &forward.only_from {
                Some(Fact::Known(from, _)) => write!(line, " from={}", from.circle()).unwrap(),
                Some(_) => line += " from=?",
                None => {}
            }
            line
        })
        .collect();
    out.dedup();
    out.join("; ")
}

#[track_caller]
fn nginx(text: &str, expected: &str) {
    let files = [("/etc/nginx/nginx.conf", text)];
    assert_eq!(describe(&reading("nginx:1.27", &[], &[], &files)), expected, "{text}");
}

/// A location `/` with some directives before its `proxy_pass`.
#[track_caller]
fn location(directives: &str, expected: &str) {
    let text = format!(
        "http {{ server {{ listen 80; location / {{ {directives} proxy_pass http://es:9200; }} }} }}"
    );
    nginx(&text, expected);
}

#[test]
fn nginx_asks_where_a_realm_has_users() {
    location("", "80 -> es:9200");
    location("auth_basic 'x y'; auth_basic_user_file /u;", "80 -> es:9200 asks=password");
    location("auth_basic x;", "80 -> es:9200");
    location("auth_basic off; auth_basic_user_file /u;", "80 -> es:9200");
    location("auth_request /auth;", "80 -> es:9200 asks=external");
    location("auth_request off;", "80 -> es:9200");
    location("if ($http_x != 1) { return 403; }", "80 -> es:9200 asks=?");
    location("access_by_lua_block { if a { b() } }", "80 -> es:9200 asks=?");
    location("return 403;", "");
    location("internal;", "");
}

#[test]
fn what_a_server_asks_holds_for_its_locations_unless_they_say_otherwise() {
    let server = |inner: &str| {
        format!("http {{ auth_basic x; auth_basic_user_file /u; server {{ {inner} }} }}")
    };
    nginx(&server("location / { proxy_pass http://a; }"), "80 -> a:80 asks=password");
    nginx(&server("auth_basic off; location / { proxy_pass http://a; }"), "80 -> a:80");
    nginx(
        &server(
            "location / { proxy_pass http://a; } location /b/ { auth_basic off; proxy_pass http://b:1/; }",
        ),
        "80 -> a:80 asks=password; 80 -> b:1",
    );
}

#[test]
fn nginx_lets_some_addresses_in() {
    location("allow 10.0.0.0/8; deny all;", "80 -> es:9200 from=private-network");
    location("deny 10.0.0.1; allow all;", "80 -> es:9200 from=internet");
    location("allow all; deny 10.0.0.1;", "80 -> es:9200");
    location("allow nonsense; deny all;", "80 -> es:9200 from=?");
    // Either is enough.
    location(
        "satisfy any; allow 10.0.0.0/8; deny all; auth_basic x; auth_basic_user_file /u;",
        "80 -> es:9200 asks=password; 80 -> es:9200 from=private-network",
    );
    let any = "satisfy any; auth_basic x; auth_basic_user_file /u;";
    location(&format!("{any} allow all;"), "80 -> es:9200 asks=password; 80 -> es:9200");
    // Nobody is kept out, but only a rule lets somebody in without a password.
    location(
        &format!("{any} allow 10.0.0.0/8;"),
        "80 -> es:9200 asks=password; 80 -> es:9200 from=private-network",
    );
    location(&format!("{any} deny all;"), "80 -> es:9200 asks=password");
}

#[test]
fn named_locations_ask_what_those_ask_that_lead_there() {
    let with = |before: &str, expected: &str| {
        nginx(
            &format!("http {{ server {{ {before} location @s {{ proxy_pass http://a:1; }} }} }}"),
            expected,
        );
    };
    let basic = "auth_basic x; auth_basic_user_file /u;";
    with("", "80 -> a:1");
    with("location / { try_files $uri @s; }", "80 -> a:1");
    with(&format!("location / {{ {basic} try_files $uri @s; }}"), "80 -> a:1 asks=password");
    with(&format!("location / {{ {basic} error_page 404 = @s; }}"), "80 -> a:1 asks=password");
    // Whoever is refused is sent there.
    with(&format!("location / {{ {basic} error_page 401 = @s; }}"), "80 -> a:1");
    with(
        &format!(
            "location / {{ {basic} try_files $uri @s; }} location /o {{ try_files $uri @s; }}"
        ),
        "80 -> a:1 asks=password; 80 -> a:1",
    );
}

#[test]
fn only_a_location_for_every_path_is_certain() {
    let with = |location: &str, pass: &str, expected: &str| {
        nginx(
            &format!("http {{ server {{ location {location} {{ proxy_pass {pass}; }} }} }}"),
            expected,
        );
    };
    with("/", "http://a:1", "80 -> a:1");
    with("/x/", "http://a:1/", "80 -> a:1");
    with("/x/", "http://a:1", "80 -> a:1 likely");
    with("~ ^/x", "http://a:1", "80 -> a:1 likely");
    with("/x/", "http://a:1/health", "80 -> a:1 likely");
    with("= /x", "http://a:1/", "");
}

#[test]
fn upstreams_streams_and_variables_name_the_far_side() {
    nginx(
        "http { upstream s { server a:1; server b:2 down; server c; } server { listen 8080 ssl; \
         listen [::]:8080 ssl; location / { proxy_pass http://s; } } }",
        "8080 -> a:1; 8080 -> c:80",
    );
    nginx(
        "stream { upstream r { server cache:6379; } server { listen 6000; proxy_pass r; } server { \
         listen 127.0.0.1:6001; proxy_pass r; } }",
        "6000 -> cache:6379",
    );
    let set = "set $up es; proxy_pass http://$up:9200;";
    nginx(&format!("http {{ server {{ location / {{ {set} }} }} }}"), "80 -> es:9200");
    nginx("http { server { location / { proxy_pass http://$host:1; } } }", "");
    nginx(
        "http { server { location / { proxy_pass http://127.0.0.1:3000; } } }",
        "80 -> here:3000",
    );
}

#[test]
fn included_files_stand_where_they_are_included() {
    let main = "http { include conf.d/*.conf; include /etc/nginx/mime.types; }";
    let site = "server { include guard.conf; location / { proxy_pass http://${UP}:1; } }";
    let guard = "auth_basic x; auth_basic_user_file /u;";
    let template = "/etc/nginx/templates/site.conf.template";
    let (here, env) = ("80 -> es:1 asks=password", [("UP", "es")]);
    let files =
        [("/etc/nginx/nginx.conf", main), (template, site), ("/etc/nginx/guard.conf", guard)];
    assert_eq!(describe(&reading("nginx", &[], &env, &files)), here);
    // A check that is not here may be one.
    assert_eq!(describe(&reading("nginx", &[], &env, &files[..2])), "80 -> es:1 asks=?");
    // The image's own main file takes in the sites.
    let alone =
        [("/etc/nginx/conf.d/default.conf", "server { location / { proxy_pass http://a; } }")];
    assert_eq!(describe(&reading("nginx", &[], &[], &alone)), "80 -> a:80");
    assert_eq!(describe(&reading("nginx", &[], &[], &[])), "unknown");
    // One that includes itself ends somewhere.
    let own = [("/etc/nginx/nginx.conf", "include nginx.conf; http { include *.conf; }")];
    assert_eq!(describe(&reading("nginx", &[], &[], &own)), "");
}

#[test]
fn hostile_configurations_neither_crash_nor_hang() {
    let long = "set $a $a$a; ".repeat(5000);
    for text in [
        "{".repeat(100_000),
        "http {".repeat(50_000),
        "location / {".repeat(50_000) + &"}".repeat(60_000),
        "}".repeat(100_000),
        "http { server { location / { proxy_pass http://[::1; } } }".to_owned(),
        "\"".to_owned(),
        "a '\\".to_owned(),
        "access_by_lua_block {".to_owned() + &"{".repeat(50_000),
        format!("http {{ server {{ {long} location / {{ proxy_pass http://$a$a$a; }} }} }}"),
        format!("http {{ server {{ {} }} }}", "allow 10.0.0.1; ".repeat(50_000)),
        format!("include {}x;", "*".repeat(500)),
        "ö \u{feff} $ü ${ß proxy_pass ${".to_owned(),
    ] {
        reading("nginx", &[], &[], &[("/etc/nginx/nginx.conf", &text)]);
        reading("haproxy", &[], &[], &[("/usr/local/etc/haproxy/haproxy.cfg", &text)]);
        reading("caddy", &[], &[], &[("/etc/caddy/Caddyfile", &text.replace(';', "\n"))]);
        reading("envoyproxy/envoy:v1.30", &[], &[], &[("/etc/envoy/envoy.yaml", &text)]);
    }
}

#[test]
fn oauth2_proxy_asks_unless_every_path_is_left_out() {
    let check = |args: &[&str], expected: &str| {
        let image = "quay.io/oauth2-proxy/oauth2-proxy:v7";
        assert_eq!(describe(&reading(image, args, &[], &[])), expected, "{args:?}");
    };
    let (open, up) = ("--http-address=0.0.0.0:4180", "--upstream=http://127.0.0.1:9090");
    check(&[open, up], "4180 -> here:9090 asks=external");
    check(&["-http-address", ":4180", "-upstream", "http://db:1"], "4180 -> db:1 asks=external");
    check(&[open, up, "--skip-auth-regex=^/health"], "4180 -> here:9090 asks=external");
    check(&[open, up, "--skip-auth-regex=.*"], "4180 -> here:9090");
    check(&[open, up, "--skip-auth-route=GET=^/"], "4180 -> here:9090");
    check(
        &[open, up, "--trusted-ip=0.0.0.0/0"],
        "4180 -> here:9090; 4180 -> here:9090 from=internet",
    );
    // By default it answers its own machine only.
    check(&[up], "");
    check(&[open, "--upstream=static://202"], "");
    check(&[open, "--alpha-config=/x"], "unknown");
}

#[test]
fn flags_may_stand_in_variables_and_files() {
    let image = "quay.io/oauth2-proxy/oauth2-proxy";
    let env = [
        ("OAUTH2_PROXY_HTTP_ADDRESS", "0.0.0.0:80"),
        ("OAUTH2_PROXY_UPSTREAMS", "http://a:1,http://b:2"),
    ];
    let is = describe(&reading(image, &[], &env, &[]));
    assert_eq!(is, "80 -> a:1 asks=external; 80 -> b:2 asks=external");
    let file = "http_address = \":80\"\nupstreams = [\"http://a:1\"]\nskip_auth_regex = [\"/.*\"]";
    let is = describe(&reading(image, &["--config=/c.cfg"], &[], &[("/c.cfg", file)]));
    assert_eq!(is, "80 -> a:1");
    assert_eq!(describe(&reading(image, &["--config=/c.cfg"], &[], &[])), "unknown");
}

#[test]
fn kube_rbac_proxy_and_gatekeeper_ask_as_their_flags_say() {
    let rbac = |args: &[&str], expected: &str| {
        let image = "quay.io/brancz/kube-rbac-proxy:v0.18.0";
        assert_eq!(describe(&reading(image, args, &[], &[])), expected, "{args:?}");
    };
    let (listen, up) =
        ("--secure-listen-address=0.0.0.0:8443", "--upstream=http://127.0.0.1:8080/");
    rbac(&[listen, up], "8443 -> here:8080 asks=external");
    rbac(&[listen, up, "--ignore-paths=/healthz,/*"], "8443 -> here:8080");
    rbac(&[listen, up, "--ignore-paths=/healthz"], "8443 -> here:8080 asks=external");
    let gate = |args: &[&str], expected: &str| {
        let all: Vec<&str> =
            ["--listen=:3000", "--upstream-url=http://a:1"].iter().chain(args).copied().collect();
        let image = "quay.io/gogatekeeper/gatekeeper:2.9.0";
        assert_eq!(describe(&reading(image, &all, &[], &[])), expected, "{args:?}");
    };
    gate(&[], "3000 -> a:1 asks=?");
    gate(&["--enable-default-deny=true"], "3000 -> a:1 asks=external");
    gate(&["--resources=uri=/*"], "3000 -> a:1 asks=external");
    gate(&["--resources=uri=/*|white-listed=true"], "3000 -> a:1");
}

#[test]
fn haproxy_asks_those_who_have_not_shown_who_they_are() {
    let check = |front: &str, expected: &str| {
        let text = format!(
            "userlist u\n user a password b\nfrontend f\n bind *:80\n{front}\n default_backend b\n\
             backend b\n server s db:8123 check # here\n"
        );
        let files = [("/usr/local/etc/haproxy/haproxy.cfg", &*text)];
        assert_eq!(describe(&reading("haproxy:3", &[], &[], &files)), expected, "{front}");
    };
    check("", "80 -> db:8123");
    check(" http-request auth unless { http_auth(u) }", "80 -> db:8123 asks=password");
    check(" acl ok http_auth(u)\n http-request auth realm x if !ok", "80 -> db:8123 asks=password");
    check(" acl ok http_auth(u)\n http-request deny unless ok", "80 -> db:8123 asks=password");
    check(" http-request deny unless { src 10.0.0.0/8 }", "80 -> db:8123 from=private-network");
    check(
        " acl in src 10.0.0.0/8\n tcp-request connection reject if !in",
        "80 -> db:8123 from=private-network",
    );
    check(" http-request deny if { path_beg /admin }", "80 -> db:8123");
    check(" http-request auth if { path_beg /admin }", "80 -> db:8123 asks=?");
    check(" http-request deny", "");
    let own =
        [("/etc/haproxy/haproxy.cfg", "listen x\n bind 127.0.0.1:1\n bind :2\n server s a:3\n")];
    assert_eq!(describe(&reading("haproxy", &[], &[], &own)), "2 -> a:3");
}

#[test]
fn caddy_asks_in_the_block_and_those_below() {
    let check = |text: &str, expected: &str| {
        let files = [("/etc/caddy/Caddyfile", text)];
        assert_eq!(
            describe(&reading("caddy:2", &[], &[("UP", "a:1")], &files)),
            expected,
            "{text}"
        );
    };
    check(":80 {\n reverse_proxy a:1\n}", "80 -> a:1");
    check(":80\nreverse_proxy {$UP}", "80 -> a:1");
    check("x.example.org {\n reverse_proxy {$UP}\n}", "443 -> a:1");
    check(":80 {\n reverse_proxy a:1\n basic_auth {\n  bob hash\n }\n}", "80 -> a:1 asks=password");
    check(":80 {\n basic_auth /admin/* {\n  bob hash\n }\n reverse_proxy a:1\n}", "80 -> a:1");
    check(
        ":80 {\n forward_auth auth:9 {\n  uri /x\n }\n reverse_proxy a:1\n}",
        "80 -> a:1 asks=external",
    );
    check(":80 {\n handle /x/* {\n  reverse_proxy a:1\n }\n}", "80 -> a:1 likely");
    check(
        "(g) {\n basic_auth {\n  b h\n }\n}\n:80 {\n import g\n reverse_proxy a:1\n}",
        "80 -> a:1 asks=password",
    );
    check(":80 {\n import elsewhere\n reverse_proxy a:1\n}", "80 -> a:1 asks=?");
}

#[test]
fn envoy_asks_what_its_filters_ask() {
    let check = |filters: &str, expected: &str| {
        let text = format!(
            "static_resources: {{listeners: [{{address: {{socket_address: {{address: 0.0.0.0, port_value: 80}}}}, \
             filter_chains: [{{filters: [{{name: hcm, typed_config: {{route_config: {{virtual_hosts: [{{routes: \
             [{{match: {{prefix: /}}, route: {{cluster: db}}}}]}}]}}, http_filters: [{filters}]}}}}]}}]}}], \
             clusters: [{{name: db, load_assignment: {{endpoints: [{{lb_endpoints: [{{endpoint: {{address: \
             {{socket_address: {{address: db, port_value: 8123}}}}}}}}]}}]}}}}]}}"
        );
        let files = [("/etc/envoy/envoy.yaml", &*text)];
        let is = describe(&reading("envoyproxy/envoy:v1.31", &[], &[], &files));
        assert_eq!(is, expected, "{filters}");
    };
    check("{name: envoy.filters.http.router}", "80 -> db:8123");
    check("{name: envoy.filters.http.basic_auth}", "80 -> db:8123 asks=password");
    check("{name: envoy.filters.http.ext_authz}", "80 -> db:8123 asks=external");
    check("{name: envoy.filters.http.jwt_authn}", "80 -> db:8123 asks=?");
    let dynamic = [("/etc/envoy/envoy.yaml", "dynamic_resources: {}")];
    assert_eq!(describe(&reading("envoyproxy/envoy:v1.31", &[], &[], &dynamic)), "unknown");
}

#[test]
fn pomerium_asks_on_routes_that_are_not_public() {
    let text = "routes:\n- {from: 'https://a', to: 'http://a:1'}\n- {from: 'https://b', to: \
                ['http://b:2'], allow_public_unauthenticated_access: true}\n";
    let files = [("/pomerium/config.yaml", text)];
    let is = describe(&reading("pomerium/pomerium", &[], &[], &files));
    assert_eq!(is, "443 -> a:1 asks=external; 443 -> b:2");
}

/// Traefik with an entry point and a file of routers.
#[track_caller]
fn traefik(args: &[&str], dynamic: &str, expected: &str) {
    let files = [("/conf/routes.yml", dynamic)];
    let mut words = vec!["--providers.file.directory=/conf", "--entryPoints.web.address=:80"];
    words.extend(args);
    assert_eq!(describe(&reading("traefik:v3", &words, &[], &files)), expected, "{dynamic}");
}

#[test]
fn traefik_reads_its_routers_from_files() {
    let routes = |router: &str, rest: &str| {
        format!(
            "http:\n  routers:\n    a: {{rule: Host(`a`), service: s{router}}}\n  services:\n    s: \
             {{loadBalancer: {{servers: [{{url: 'http://es:9200'}}]}}}}\n    w: {{weighted: {{services: \
             [{{name: s}}, {{name: w}}]}}}}\n{rest}"
        )
    };
    let plain = routes("", "");
    traefik(&[], &plain, "80 -> es:9200");
    traefik(&["--entrypoints.tls.address=:443"], &plain, "80 -> es:9200; 443 -> es:9200");
    traefik(&[], &plain.replace("service: s", "service: w"), "80 -> es:9200");
    traefik(&[], &plain.replace("service: s", "service: api@internal"), "");
    let named = routes(", entryPoints: [tls]", "");
    traefik(&["--entrypoints.tls.address=127.0.0.1:443"], &named, "");
    traefik(&["--entrypoints.web.http.redirections.entrypoint.to=tls"], &plain, "");
    let guarded = |middleware: &str, expected: &str| {
        let rest = format!(
            "  middlewares:\n    m: {{{middleware}}}\n    c: {{chain: {{middlewares: [m]}}}}\n"
        );
        traefik(&[], &routes(", middlewares: [m]", &rest), expected);
        traefik(&[], &routes(", middlewares: [c@file]", &rest), expected);
        traefik(&["--entrypoints.web.http.middlewares=m@file"], &routes("", &rest), expected);
    };
    guarded("basicAuth: {users: [x]}", "80 -> es:9200 asks=password");
    guarded("forwardAuth: {address: 'http://auth'}", "80 -> es:9200 asks=external");
    guarded("plugin: {x: {}}", "80 -> es:9200 asks=?");
    guarded("compress: {}", "80 -> es:9200");
    guarded("redirectScheme: {scheme: https}", "");
    guarded("ipAllowList: {sourceRange: [10.0.0.0/8]}", "80 -> es:9200 from=private-network");
    guarded("ipWhiteList: {sourceRange: [nonsense]}", "80 -> es:9200 from=?");
    traefik(&[], &routes(", middlewares: [m@docker]", ""), "80 -> es:9200 asks=?");
    let mutual =
        "tls: {options: {default: {clientAuth: {clientAuthType: RequireAndVerifyClientCert}}}}\n";
    traefik(&[], &routes(", tls: {}", mutual), "80 -> es:9200 asks=certificate");
    traefik(&[], &routes("", mutual), "80 -> es:9200");
}

#[test]
fn traefik_passes_connections_on_without_looking_at_them() {
    let text = "tcp:\n  routers:\n    db: {rule: 'HostSNI(`*`)', entryPoints: [pg], service: db}\n  services:\n    \
                db: {loadBalancer: {servers: [{address: 'pg:5432'}]}}\n";
    traefik(&["--entrypoints.pg.address=:5432/tcp"], text, "5432 -> pg:5432");
}

#[test]
fn traefik_takes_its_settings_from_a_file_too() {
    let settings =
        "entryPoints: {web: {address: ':8000'}}\nproviders: {file: {filename: /dynamic.yml}}\n";
    let routes = "http: {routers: {a: {rule: x, service: s}}, services: {s: {loadBalancer: {servers: \
                  [{url: 'http://es:9200'}]}}}}\n";
    let files = [("/etc/traefik/traefik.yml", settings), ("/dynamic.yml", routes)];
    assert_eq!(describe(&reading("traefik:v3", &[], &[], &files)), "8000 -> es:9200");
    assert_eq!(describe(&reading("traefik:v3", &[], &[], &files[..1])), "unknown");
    assert_eq!(describe(&reading("traefik:v3", &[], &[], &[])), "");
}

#[test]
fn traefik_reads_toml_as_it_reads_yaml() {
    let settings =
        "[entryPoints.web]\naddress = \":8000\"\n[providers.file]\ndirectory = \"/dynamic\"\n";
    let routes = "[http.routers.a]\nrule = \"x\"\nservice = \"s\"\nmiddlewares = [\"m\"]\n\
                  [http.middlewares.m.basicAuth]\nusers = [\"a:b\"]\n\
                  [[http.services.s.loadBalancer.servers]]\nurl = \"http://es:9200\"\n";
    let open = routes.replace("middlewares = [\"m\"]\n", "");
    let check = |routes: &str, expected: &str| {
        let files = [("/etc/traefik/traefik.toml", settings), ("/dynamic/a.toml", routes)];
        assert_eq!(describe(&reading("traefik:v3", &[], &[], &files)), expected, "{routes}");
    };
    check(routes, "8000 -> es:9200 asks=password");
    check(&open, "8000 -> es:9200");
    // What is broken leaves what could be read.
    check(&format!("{open}[[[\n"), "8000 -> es:9200");
}
