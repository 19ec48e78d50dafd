//! Compose files in, a compact fragment out.

use super::Compose;
use crate::formats::dump::{self, lowered};
use crate::formats::{Claim, Format};

/// Every expected line is there; one that begins with `no ` stands nowhere.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let (out, _) = lowered(&Compose, files);
    let mut lines: Vec<String> = out.containers.iter().flat_map(dump::container).collect();
    lines.extend(out.hops.iter().map(dump::hop));
    for bundle in &out.bundles {
        lines.extend(bundle.entries.iter().map(|entry| {
            let file = if entry.file.is_some() { " file" } else { "" };
            format!("{}#{}={}{file}", bundle.address, entry.key, dump::fact(&entry.value))
        }));
    }
    lines.extend(out.secrets.iter().map(|s| format!("secret {}", s.identity.title)));
    lines.extend(out.not_understood.iter().map(|(_, what)| format!("not understood: {what}")));
    for line in expected {
        let found = match line.strip_prefix("no ") {
            Some(part) => !lines.iter().any(|l| l.contains(part)),
            None => lines.iter().any(|l| l == line),
        };
        assert!(found, "{line}\nin\n{}", lines.join("\n"));
    }
}

#[test]
fn a_variable_in_front_of_an_image_is_a_registry() {
    let image = |written: &str, told: &str| {
        let yaml = format!("services:\n  s: {{image: '{written}'}}");
        let line = format!("compose:compose.yaml/s/container image={told} command=- args=-");
        check(&[("compose.yaml", &yaml)], &[&line]);
    };
    image(
        "${REGISTRY}confluentinc/cp-server:${TAG:-latest}",
        "confluentinc/cp-server:latest(guess)",
    );
    image("${REGISTRY}/redis:${TAG}", "redis:?(guess)");
    image("${IMAGE}:7", "?");
}

#[test]
fn compose_files_are_claimed_by_name_or_content() {
    let claim = |path, text| Compose.claims(path, text);
    assert_eq!(claim("a/docker-compose.prod.yml", "services:\n  a: {}"), Claim::Surely);
    assert_eq!(claim("stack.yaml", "services:\n  a:\n    image: redis"), Claim::Maybe);
    assert_eq!(claim("services.yaml", "services:\n  _defaults:\n    public: true"), Claim::No);
    assert_eq!(claim("compose.yaml", "kind: x"), Claim::No);
    assert_eq!(claim("db.env", "A=b"), Claim::Maybe);
}

/// A service `s` with the given rest in flow style.
#[track_caller]
fn check_service(rest: &str, expected: &[&str]) {
    check(&[("compose.yaml", &format!("services:\n  s: {{image: redis, {rest}}}"))], expected);
}

#[test]
fn ports_are_published_on_every_address_unless_one_is_named() {
    const S: &str = "compose:compose.yaml/s";
    let published = |from: &str, port: &str, expected: &str| {
        check_service(&format!("ports: [{port}]"), &[&format!("{from} -> {S} {expected}")]);
    };
    let ports = |port: &str, expected: &str| published("anynetwork", port, expected);
    ports("'6379:6379'", "6379:6379");
    ports("'8000:80/udp'", "8000:80/udp");
    ports("'0.0.0.0:8000:80'", "8000:80");
    ports("'[::]:8000:80'", "8000:80");
    ports("'8000-8001:80-81'", "8000:80 8001:81");
    ports("'80'", "*:80");
    ports("80", "*:80");
    ports("'${PORT}:80'", "*:80");
    ports("'${PORT:-8000}:80'", "8000:80");
    ports("{target: 80, published: '8000'}", "8000:80");
    published("network", "'192.168.1.2:8000:80'", "8000:80");
    check_service("ports: ['8000:80']", &[&format!("internet -> {S} 8000:80 open=?")]);
    check_service(
        "ports: ['127.0.0.1:8000:80']",
        &["no network ->", "no internet", "no anynetwork"],
    );
    check_service(
        "ports: [{target: 80, published: 80, host_ip: '::1'}]",
        &["no network ->", "no internet", "no anynetwork"],
    );
    check_service("ports: ['8.8.4.4:80:80']", &[&format!("internet -> {S} 80:80")]);
    check_service("ports: ['${IP}:80:80']", &[&format!("network -> {S} 80:80 open=?")]);
    check_service("expose: [80]", &[&format!("neighbours -> {S}"), "no network ->"]);
}

#[test]
fn networks_decide_who_is_near() {
    check_service(
        "network_mode: host",
        &[
            "anynetwork -> compose:compose.yaml/s",
            "internet -> compose:compose.yaml/s open=?",
            "no cluster",
        ],
    );
    check_service("network_mode: none", &["local -> compose:compose.yaml/s", "no cluster"]);
    check_service(
        "network_mode: 'service:vpn'",
        &["compose:compose.yaml/vpn -> compose:compose.yaml/s"],
    );
}

#[test]
fn ports_of_internal_networks_are_not_published() {
    let file = |networks: &str, more: &str| {
        format!(
            "services:\n  s:\n    image: redis\n    ports: ['6379:6379']\n    networks: {networks}\n\
             {more}networks:\n  in: {{internal: true}}\n  out: {{}}\n  swarm: {{internal: true, \
             driver: overlay}}\n"
        )
    };
    let published = "anynetwork -> compose:compose.yaml/s 6379:6379";
    let check = |networks, more, expected: &[&str]| {
        check(&[("compose.yaml", &file(networks, more))], expected);
    };
    check("[in]", "", &["neighbours -> compose:compose.yaml/s", "no anynetwork", "no internet"]);
    check("{in: {}}", "", &["no anynetwork"]);
    check("[in, out]", "", &[published]);
    check("[swarm]", "", &[published]);
    check("[in]", "    deploy: {}\n", &[published]);
    check("[elsewhere]", "", &[published]);
}

#[test]
fn traefik_leads_to_what_its_labels_route() {
    const RULE: &str = "      traefik.http.routers.s.rule: Host(`a`)\n";
    const WAY: &str = "compose:compose.yaml/proxy -> compose:compose.yaml/s";
    let routed = |labels: &str, expected: &[&str]| {
        let text = format!(
            "services:\n  proxy:\n    image: traefik:v3\n    ports: ['443:443']\n  s:\n    image: x\n    \
             expose: [80]\n    labels:\n      traefik.enable: 'true'\n{labels}"
        );
        check(&[("compose.yaml", &text)], expected);
    };
    routed(RULE, &[&format!("{WAY} *:80 proxy")]);
    let port = "      traefik.http.services.s.loadbalancer.server.port: 8080\n";
    routed(&format!("{RULE}{port}"), &[&format!("{WAY} *:8080 proxy")]);
    let middlewares = "      traefik.http.routers.s.middlewares: a\n";
    let auth = "      traefik.http.middlewares.a.basicauth.users: x\n";
    routed(&format!("{RULE}{middlewares}{auth}"), &[&format!("{WAY} *:80 proxy asks=password")]);
    routed(&format!("{RULE}{middlewares}"), &[&format!("{WAY} *:80 open=? proxy")]);
    routed("", &[&format!("no {WAY}")]);
    routed(
        &RULE.replace("      ", "      traefik.enable: 'false'\n      "),
        &[&format!("no {WAY}")],
    );
}

#[test]
fn variables_come_from_the_env_file_or_the_fallback() {
    let value = |text: &str, expected: &str| {
        check(
            &[
                (".env", "SET=one\nEMPTY=\n# X=y\nQUOTED='a $SET' # b\nTWICE=\"$SET-${SET}\"\n"),
                (
                    "compose.yaml",
                    &format!(
                        "services: \n  s:\n    image: x\n    environment:\n      A: \"{text}\""
                    ),
                ),
            ],
            &[&format!("env A={expected}")],
        );
    };
    value("${SET}", "one");
    value("$SET/x", "one/x");
    value("$$SET", "$SET");
    value("${SET:-two}", "one");
    value("${EMPTY:-two}", "two(default)");
    value("${EMPTY-two}", "");
    value("${X}", "?");
    value("${X:-${Y:-z}}", "z(default)");
    value("${X:?needed}", "?");
    value("${SET:+three}", "three");
    value("${QUOTED}", "a $SET");
    value("${TWICE}", "one-one");
}

#[test]
fn services_take_commands_variables_and_files() {
    check(
        &[
            (
                "deploy/compose.yaml",
                "
services:
  db:
    image: clickhouse/clickhouse-server:${TAG:-25}
    entrypoint: [sh, -c]
    command: serve --password $PASS --console \":9001\"
    env_file: [./db.env, {path: other.env, required: false}]
    environment: [LEVEL=debug, DB_PASSWORD=k3Yq9vTz, HANDED]
    volumes:
      - ./conf:/etc/conf.d:ro
      - data:/data
      - /srv/x:/x
      - {type: bind, source: ../common/a.xml, target: /a.xml}
    configs: [{source: users, target: /etc/users.xml}, plain]
    secrets: [pw]
  app:
    extends: {file: base.yaml, service: app}
configs:
  users: {content: '<clickhouse/>'}
  plain: {file: ./plain.conf}
secrets:
  pw: {file: ./pw.txt}
",
            ),
            ("deploy/db.env", "export USER=app\nAPI_KEY=abcdefghijklmnop\n"),
            ("unused.env", "API_KEY=abcdefghijklmnop\n"),
        ],
        &[
            "compose:deploy/compose.yaml/db/container \
             image=clickhouse/clickhouse-server:25(default) command=sh -c \
             args=serve --password ? --console :9001",
            "env * <- file:deploy/db.env",
            "env * <- file:deploy/other.env",
            "env LEVEL=debug",
            "env HANDED=?",
            "file:deploy/db.env#USER=app",
            "mount /etc/conf.d <- path:deploy/conf",
            "mount /data <- opaque",
            "mount /x <- opaque",
            "mount /a.xml <- path:common/a.xml",
            "mount /etc/users.xml <- compose:deploy/compose.yaml/configs/users (users)",
            "mount /plain <- path:deploy/plain.conf",
            "mount /run/secrets/pw <- path:deploy/pw.txt",
            "secret `DB_PASSWORD` of service `db`",
            "secret `API_KEY` of `deploy/db.env`",
            "not understood: what service `app` takes over from elsewhere",
            "no unused",
        ],
    );
}

#[test]
fn an_override_stands_over_the_service_below() {
    check(
        &[
            (
                "compose.yaml",
                "
services:
  db:
    image: redis:7
    command: [redis-server, --appendonly, 'yes']
    ports: ['6379:6379', '127.0.0.1:6380:6380']
    environment: [KEPT=a, CHANGED=b, DROPPED=c]
    env_file: base.env
    volumes: ['./conf:/etc/redis', 'data:/data']
",
            ),
            (
                "compose.override.yaml",
                "
services:
  db:
    image: redis:8
    command: redis-server
    ports: ['6379:6379', '7000:7000']
    environment: {CHANGED: x, DROPPED: !reset null, ADDED: y}
    env_file: [more.env]
    volumes: ['./other:/etc/redis']
  web: {image: nginx}
",
            ),
        ],
        &[
            "compose:compose.yaml/db/container image=redis:8 command=- args=redis-server",
            "anynetwork -> compose:compose.yaml/db 6379:6379",
            "anynetwork -> compose:compose.yaml/db 7000:7000",
            "env KEPT=a",
            "env CHANGED=x",
            "env ADDED=y",
            "no DROPPED",
            "env * <- file:base.env",
            "env * <- file:more.env",
            "mount /etc/redis <- path:other",
            "mount /data <- opaque",
            "no path:conf",
            "compose:compose.yaml/web/container image=nginx command=- args=-",
            "no compose.override",
        ],
    );
}

#[test]
fn tags_reset_and_override_what_is_below() {
    check(
        &[
            (
                "docker-compose.yml",
                "
services:
  a: {image: redis, ports: ['1:1'], environment: {A: a}}
  b: {image: redis, ports: ['2:2']}
",
            ),
            (
                "docker-compose.override.yml",
                "
services:
  a:
    ports: !reset []
    environment: !override
      B: b
  b:
    ports: !override
      - '127.0.0.1:2:2'
",
            ),
        ],
        &["no 1:1", "no 2:2", "env B=b", "no env A"],
    );
}

/// What is read with `-f` is an environment of its own, in which only the services that it names
/// are other than in the file below.
#[test]
fn an_overlay_is_judged_with_the_file_below() {
    check(
        &[
            ("a/compose.yml", "services:\n  db: {image: redis}\n  web: {image: nginx}"),
            ("a/compose.prod.yml", "services:\n  db: {ports: ['6379:6379']}"),
            ("a/alone.yml", "services:\n  db:\n    image: valkey"),
        ],
        &[
            "compose:a/compose.yml/db/container image=redis command=- args=-",
            "compose:a/compose.prod.yml/db/container image=redis command=- args=-",
            "anynetwork -> compose:a/compose.prod.yml/db 6379:6379",
            "compose:a/alone.yml/db/container image=valkey command=- args=-",
            "no anynetwork -> compose:a/compose.yml",
            "no compose.prod.yml/web",
        ],
    );
}

#[test]
fn services_take_over_what_they_extend() {
    check(
        &[
            (
                "app/compose.yaml",
                "
services:
  own:
    extends: template
    ports: ['6379:6379']
  template: {image: redis, environment: {A: a}}
  far:
    extends: {file: ../common/base.yml, service: db}
    environment: [PASSWORD=k3Yq9vTz]
  lost:
    extends: {file: ../nowhere.yml, service: db}
  loop: {extends: loop, image: redis}
",
            ),
            (
                "common/base.yml",
                "
services:
  db:
    extends: root
    env_file: ./db.env
    volumes: ['./conf:/etc/db']
  root:
    image: mysql
    environment: {B: b}
",
            ),
        ],
        &[
            "compose:app/compose.yaml/own/container image=redis command=- args=-",
            "anynetwork -> compose:app/compose.yaml/own 6379:6379",
            "compose:app/compose.yaml/far/container image=mysql command=- args=-",
            "env B=b",
            "env PASSWORD=k3Yq9vTz",
            "env * <- file:common/db.env",
            "mount /etc/db <- path:common/conf",
            "not understood: what service `lost` takes over from elsewhere",
            "no common/base.yml/db",
        ],
    );
}

#[test]
fn included_files_belong_to_the_project() {
    check(
        &[
            (
                "compose.yaml",
                "
include:
  - db/compose.yaml
  - {path: [log/a.yml, log/b.yml], env_file: log.env, project_directory: ./files}
  - nowhere/compose.yaml
services:
  web: {image: nginx}
",
            ),
            ("db/compose.yaml", "services:\n  db:\n    image: redis:${TAG}\n    env_file: x.env"),
            ("db/.env", "TAG=1\nUNUSED=1"),
            ("log/a.yml", "services:\n  log:\n    image: loki:${TAG}\n    volumes: ['./c:/c']"),
            ("log/b.yml", "services:\n  log:\n    image: loki:${OTHER}"),
            ("log.env", "TAG=1\nOTHER=3"),
            (".env", "TAG=2"),
        ],
        &[
            "compose:compose.yaml/web/container image=nginx command=- args=-",
            "compose:compose.yaml/db/container image=redis:2 command=- args=-",
            "env * <- file:db/x.env",
            "compose:compose.yaml/log/container image=loki:3 command=- args=-",
            "mount /c <- path:files/c",
            "not understood: the Compose files that are included here",
            "no compose:db",
            "no compose:log",
        ],
    );
}

/// Compose refuses to start without them, so they are there; what they are nobody knows here.
#[test]
fn required_variables_are_secrets_and_no_clear_text() {
    check_service(
        "environment: {A_PASSWORD: '${A:?}', B_PASSWORD: '${B}', C_PASSWORD: 'x${C:?}'}",
        &["env A_PASSWORD=?", "env B_PASSWORD=?", "env C_PASSWORD=x\u{f8fe}", "no secret "],
    );
}
