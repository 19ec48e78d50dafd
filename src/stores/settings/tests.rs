use std::fmt::Write as _;
use std::sync::LazyLock;

use super::*;
use crate::catalog::Catalog;
use crate::embedded;
use crate::model::fragment::{Address, ConfigBody, ConfigFile, Container};
use crate::model::reach::Circle;
use crate::source::{FileId, Place, Text};

/// A container, its variables, its files, its folders from elsewhere.
type Pieces = (Container, Vec<(Name, Fact<Name>)>, Vec<(Name, ConfigFile)>, Vec<Name>);

/// Pieces of a container, one a line: `image: redis:7`, `env: A=b` (`secret A`, `unknown A`),
/// `arg: --x`, `command: sh`, `file: /path` followed by the file's lines with `|` before them,
/// `open: /folder`, `port: 6379`.
fn container(lines: &str) -> Pieces {
    let at = |line: usize| Place::new(FileId(0), line..line);
    let mut image = Fact::Unset(at(0));
    let (mut command, mut args, mut env, mut files, mut open) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::<(Name, String, usize)>::new(), Vec::new());
    let mut ports = Vec::new();
    for (i, line) in lines.lines().enumerate().filter(|(_, l)| !l.is_empty()) {
        if let Some(text) = line.strip_prefix('|') {
            let file = &mut files.last_mut().expect("bug: no file").1;
            *file += text;
            file.push('\n');
            continue;
        }
        let (what, value) = line.split_once(": ").expect("bug: no colon");
        let fact = Fact::written(Name::from(value), at(i));
        match what {
            "image" => image = fact,
            "command" => command.push(fact),
            "arg" => args.push(fact),
            "open" => open.push(value.into()),
            "port" => ports.push((value.parse().expect("bug: no port"), None, at(i))),
            "file" => files.push((value.into(), String::new(), i)),
            _ => {
                let why = |what: &str| Fact::Unknown(Why::Environment(what.into()), at(i));
                env.push(match (value.split_once('='), value.split_once(' ')) {
                    (Some((name, value)), _) => (name.into(), Fact::written(value.into(), at(i))),
                    (None, Some(("secret", name))) => (name.into(), why("secret `s`")),
                    (None, Some((_, name))) => (name.into(), why("x")),
                    _ => panic!("{line}"),
                });
            }
        }
    }
    let list = |items: Vec<_>| {
        if items.is_empty() { Fact::Unset(at(0)) } else { Fact::written(items, at(0)) }
    };
    let container = Container {
        address: Address::new("c"),
        name: "c".into(),
        title: "container `c`".into(),
        node: Address::new("n"),
        place: at(0),
        whole: at(0),
        exists: Fact::written(true, at(0)),
        image,
        command: list(command),
        args: list(args),
        env: Vec::new(),
        env_from: Vec::new(),
        ports,
        mounts: Vec::new(),
    };
    let files = files.into_iter().map(|(path, text, line)| {
        let text = Text::nested(text.into(), at(line), [].into());
        let body = ConfigBody::Text(text);
        let name = path.rsplit('/').next().unwrap_or_default().into();
        (path.clone(), ConfigFile { address: Address::new(path), name, place: at(line), body })
    });
    (container, env, files.collect(), open)
}

/// `auth, by what, on which line; address and port of each endpoint`.
fn describe(lines: &str) -> String {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::of(embedded::pages()));
    let (container, env, files, open) = container(lines);
    let why = Why::NotHere("a volume".into());
    let program = Program {
        container: &container,
        env,
        env_open: None,
        declared: &[],
        files: files.iter().map(|(path, file)| (path.clone(), file)).collect(),
        files_open: open.into_iter().map(|o| (o, why.clone(), container.place)).collect(),
    };
    let image = container.image.known().expect("bug: no image");
    let card = CATALOG.image(image).unwrap_or_else(|| panic!("no card for {image}"));
    let parts = in_container(&program, card);
    let Some(store) = parts.stores.first() else { return "no store".to_owned() };
    let mut out = match &store.logins[0].proof {
        Fact::Known(auth, origin) => {
            let basis = match origin.basis {
                Basis::Written => "written",
                Basis::Default(_) => "default",
                Basis::Guessed(_) => "guessed",
            };
            format!("{auth}, {basis} in line {}", origin.at.start)
        }
        Fact::Unset(_) => "unset".to_owned(),
        Fact::Unknown(why, _) => format!("depends on {why}"),
    };
    for endpoint in &store.endpoints {
        let bind = match &endpoint.bind {
            Fact::Known(bind, _) if *bind == Addresses::all() => "*".to_owned(),
            Fact::Known(bind, _) if bind.circle() == Circle::Loopback => "lo".to_owned(),
            Fact::Known(bind, _) => bind.circle().to_string(),
            _ => "?".to_owned(),
        };
        let port = endpoint.port.known().map_or("?".to_owned(), ToString::to_string);
        let tls = match endpoint.tls.known() {
            Some(true) => "+tls",
            Some(false) => "",
            None => "+tls?",
        };
        let _ = write!(out, "; {bind}:{port}{tls}");
    }
    out
}

#[track_caller]
fn check(lines: &str, expected: &str) {
    assert_eq!(describe(lines), expected, "{lines}");
}

#[test]
fn redis_asks_for_nothing_unless_told() {
    check("image: redis:7", "none, default in line 0; *:6379");
    check("image: redis:7\nenv: REDIS_PASSWORD=x", "none, default in line 0; *:6379");
    check("image: redis:7\narg: --requirepass\narg: x", "password, written in line 2; *:6379");
    check("image: redis:7\narg: --requirepass\narg: ", "none, written in line 2; *:6379");
    check(
        "image: redis:7\nenv: secret P\narg: redis-server\narg: --requirepass\narg: $(P)\narg: --port\narg: 7000",
        "password, written in line 4; *:7000",
    );
    check(
        "image: redis:7\nenv: unknown P\narg: --requirepass\narg: $(P)",
        "depends on `x` in the environment; *:6379",
    );
    check(
        "image: redis:7\nenv: unknown P\narg: $(P)\nport: 6379",
        "depends on `x` in the environment; *:6379; *:?+tls",
    );
    check("image: registry.corp/hub/redis:7", "none, guessed in line 0; *:6379");
}

#[test]
fn redis_reads_a_file_only_if_its_path_comes_first() {
    let file = "file: /etc/redis/redis.conf\n|# note\n|bind 127.0.0.1\n|requirepass \"x\"";
    check(&format!("image: redis:7\n{file}"), "none, default in line 0; *:6379");
    check(
        &format!("image: redis:7\narg: redis-server\narg: /etc/redis/redis.conf\n{file}"),
        "password, written in line 3; lo:6379",
    );
    check(
        "image: redis:7\narg: redis-server\narg: /etc/redis/redis.conf\nopen: /etc/redis",
        "depends on a volume, which these files do not tell; ?:?; ?:?+tls",
    );
    check(
        "image: redis:7\narg: /r.conf\nfile: /r.conf\n|aclfile /users.acl\nfile: /users.acl\n|user default on nopass ~* +@all",
        "none, written in line 4; *:6379",
    );
}

#[test]
fn a_shell_starts_the_server_with_what_the_script_says() {
    check(
        "image: redis:7\nenv: P=x\ncommand: sh\ncommand: -c\ncommand: exec redis-server --requirepass \"$P\" --port 6380",
        "password, written in line 4; *:6380",
    );
    check(
        "image: redis:7\ncommand: sh\narg: -c\narg: redis-server --requirepass \"$P\" > /dev/null",
        "none, written in line 3; *:6379",
    );
    check(
        "image: redis:7\ncommand: sh\narg: -c\narg: ./start.sh",
        "depends on a shell script that does not name the server, which seawall does not understand yet; ?:?; ?:?+tls",
    );
    check(
        "image: redis:7\ncommand: redis-sentinel",
        "depends on what `redis-sentinel` starts, which seawall does not understand yet; ?:?; ?:?+tls",
    );
}

#[test]
fn mongodb_asks_if_both_variables_or_the_option_say_so() {
    check("image: mongo:6.0", "none, default in line 0; *:27017");
    let env = "env: MONGO_INITDB_ROOT_USERNAME=a\nenv: secret MONGO_INITDB_ROOT_PASSWORD";
    check(&format!("image: mongo:6.0\n{env}"), "password, written in line 1; *:27017");
    check(
        "image: mongo:6.0\nenv: MONGO_INITDB_ROOT_USERNAME=a",
        "none, default in line 0; *:27017",
    );
    // A replaced entry point does not read the variables.
    check(
        &format!("image: mongo:6.0\n{env}\ncommand: mongod\narg: --bind_ip_all"),
        "none, written in line 3; *:27017",
    );
    check("image: mongo:6.0\narg: mongod\narg: --auth", "password, written in line 2; *:27017");
    check(
        "image: mongo:6.0\narg: --config\narg: /m.conf\nfile: /m.conf\n|security:\n|  authorization: enabled\n|net: {bindIp: 127.0.0.1, port: 27018}",
        "password, written in line 3; lo:27018",
    );
}

#[test]
fn postgresql_asks_unless_every_host_is_trusted() {
    check(
        "image: postgres:16\nenv: secret POSTGRES_PASSWORD",
        "password, written in line 1; *:5432",
    );
    check(
        "image: postgres:16\nenv: POSTGRES_PASSWORD=x\nenv: POSTGRES_HOST_AUTH_METHOD=trust",
        "none, written in line 2; *:5432",
    );
    check(
        "image: postgres:16",
        "depends on what it asks of clients, which is not set here; *:5432",
    );
    check(
        "image: postgres:16\nenv: POSTGRES_PASSWORD=x\narg: -c\narg: listen_addresses=localhost\narg: -p\narg: 5433",
        "password, written in line 1; lo:5433",
    );
}

#[test]
fn elasticsearch_asks_by_default_from_8_on() {
    check(
        "image: docker.elastic.co/elasticsearch/elasticsearch:8.12.0",
        "password, default in line 0; *:9200+tls?; *:9300+tls?",
    );
    check("image: elasticsearch:7.17.0", "none, default in line 0; *:9200; *:9300");
    check(
        "image: elasticsearch:8.12.0\nenv: xpack.security.enabled=false",
        "none, written in line 1; *:9200; *:9300",
    );
    check(
        "image: elasticsearch:8.12.0\nfile: /usr/share/elasticsearch/config/elasticsearch.yml\n|xpack.security:\n|  enabled: false\n|network.host: 127.0.0.1",
        "none, written in line 1; lo:9200; lo:9300",
    );
}

#[test]
fn variables_are_read_by_whoever_reads_them() {
    check("image: qdrant/qdrant:v1.12.1", "none, default in line 0; *:6333; *:6334");
    check(
        "image: qdrant/qdrant:v1.12.1\nenv: secret QDRANT__SERVICE__API_KEY\nenv: QDRANT__SERVICE__HTTP_PORT=7000",
        "password, written in line 1; *:7000; *:6334",
    );
    check(
        "image: qdrant/qdrant:v1.12.1\nfile: /qdrant/config/production.yaml\n|service:\n|  api_key: x\n|  enable_tls: true",
        "password, written in line 1; *:6333+tls; *:6334+tls",
    );
    check(
        "image: valkey/valkey:8\nenv: VALKEY_EXTRA_FLAGS=--requirepass x --port 7000",
        "password, written in line 1; *:7000",
    );
    check(
        "image: ollama/ollama\nenv: OLLAMA_HOST=127.0.0.1",
        "none, default in line 0; lo:11434+tls?",
    );
    check(
        "image: quay.io/coreos/etcd:v3.5.1\nenv: ETCD_LISTEN_CLIENT_URLS=https://0.0.0.0:2379\nenv: ETCD_CLIENT_CERT_AUTH=true",
        "certificate, written in line 2; *:2379+tls; lo:2380",
    );
    check("image: quay.io/coreos/etcd:v3.5.1", "none, default in line 0; lo:2379; lo:2380");
    check(
        "image: grafana/grafana\nenv: GF_AUTH_ANONYMOUS_ENABLED=true",
        "none, written in line 1; *:3000",
    );
    check(
        "image: getmeili/meilisearch:v1.11\narg: --master-key=x",
        "password, written in line 1; *:7700",
    );
}

#[test]
fn passwords_that_everybody_knows_are_none_of_ones_own() {
    let minio = "image: minio/minio\narg: server\narg: /data\narg: --console-address\narg: :9001\n";
    check(minio, "default-password, default in line 0; *:9000; *:9001");
    check(
        &format!("{minio}env: MINIO_ROOT_PASSWORD=minioadmin"),
        "default-password, written in line 5; *:9000; *:9001",
    );
    check(
        &format!("{minio}env: MINIO_ROOT_PASSWORD_FILE=/run/secrets/p"),
        "password, written in line 5; *:9000; *:9001",
    );
    check(
        &format!("{minio}env: secret MINIO_ROOT_PASSWORD"),
        "password, guessed in line 5; *:9000; *:9001",
    );
    check("image: neo4j:5\nenv: NEO4J_AUTH=none", "none, written in line 1; *:7687+tls?; *:7474");
    check("image: neo4j:5", "default-password, default in line 0; *:7687+tls?; *:7474");
    check(
        "image: rabbitmq:4",
        "default-password, default in line 0; *:5672; *:25672; *:4369; *:15692",
    );
    check(
        "image: rabbitmq:4-management\nfile: /etc/rabbitmq/rabbitmq.conf\n|default_user = app\n|default_pass = x",
        "password, written in line 1; *:5672; *:15672; *:25672; *:4369; *:15692",
    );
}

#[test]
fn the_version_in_the_tag_decides_where_defaults_changed() {
    let provider = "env: CHROMA_SERVER_AUTHN_PROVIDER=x";
    check(
        &format!("image: chromadb/chroma:0.5.23\n{provider}"),
        "password, written in line 1; *:8000+tls?",
    );
    check(
        &format!("image: chromadb/chroma:1.0.4\n{provider}"),
        "none, default in line 0; *:8000+tls?",
    );
    check(&format!("image: chromadb/chroma\n{provider}"), "none, guessed in line 0; *:8000+tls?");
    check("image: influxdb:1.8", "none, default in line 0; *:8086+tls?");
    check(
        "image: chromadb/chroma:nightly\nenv: CHROMA_SERVER_AUTHN_PROVIDER=x",
        "depends on the version of image `chromadb/chroma:nightly`, which these files do not tell; *:8000+tls?",
    );
}

#[test]
fn what_is_put_in_from_elsewhere_leaves_settings_open() {
    check(
        "image: elasticsearch:8.12.0\nopen: /usr/share/elasticsearch/config",
        "depends on a volume, which these files do not tell; ?:?+tls?; ?:?+tls?",
    );
    check(
        "image: elasticsearch:8.12.0\nopen: /usr/share/elasticsearch/data",
        "password, default in line 0; *:9200+tls?; *:9300+tls?",
    );
    check(
        "image: elasticsearch:8.12.0\nopen: /usr/share/elasticsearch/config\nenv: xpack.security.enabled=false",
        "none, written in line 2; ?:?+tls?; ?:?+tls?",
    );
}
/// The one service of a Compose file on a card's page, as lines of [`container`].
fn service(yaml: &str) -> Option<String> {
    let text = Text::of_file(FileId(0), yaml.into());
    let (documents, problems) = crate::tree::yaml::parse(&text);
    assert!(problems.is_empty(), "{problems:?}");
    let service = &documents.first()?.get("services")?.entries().first()?.value;
    let mut lines = format!("image: {}", service.get("image")?.str()?);
    let mut line = |what: &str, value: &str| {
        // `${NAME:?}`: something that is there.
        let start = value.find("${");
        let given = start.map_or(value.to_owned(), |at| format!("{}given", &value[..at]));
        let _ = write!(lines, "\n{what}: {given}");
    };
    for (key, what) in [("entrypoint", "command"), ("command", "arg")] {
        let Some(node) = service.get(key) else { continue };
        node.items().iter().filter_map(|n| n.str()).for_each(|word| line(what, word));
        node.str().iter().flat_map(|s| s.split_whitespace()).for_each(|word| line(what, word));
    }
    if let Some(env) = service.get("environment") {
        for entry in env.entries() {
            line("env", &format!("{}={}", entry.key, entry.value.str().unwrap_or("")));
        }
        env.items().iter().filter_map(|n| n.str()).for_each(|pair| line("env", pair));
    }
    // What a mounted file says stands on the page in a comment only.
    service.get("volumes").is_none().then_some(lines)
}

#[test]
fn pages_show_what_asks_and_what_does_not() {
    let (mut shown, mut wrong) = (0, Vec::new());
    for (path, page) in embedded::pages().iter().filter(|(p, _)| p.starts_with("catalog/images/")) {
        if page.contains("handled-by") {
            continue;
        }
        for section in page.split("\n## ").skip(1) {
            for block in section.split("```yaml\n").skip(1).filter_map(|b| b.split("```").next()) {
                let Some(lines) = service(block) else { continue };
                let found = describe(&lines);
                let open = found.starts_with("none,") || found.starts_with("default-password,");
                let reached = found.contains("; *:");
                let expected = section.starts_with("Does not ask");
                if (open && reached) != expected {
                    wrong.push(format!("{path}: {found}\n{lines}"));
                }
                shown += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(shown > 50, "{shown}");
}
