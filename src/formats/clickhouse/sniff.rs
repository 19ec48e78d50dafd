//! Signs by which ClickHouse's files are told from everybody else's, without parsing them.

use super::super::Claim;

/// Engines that only ClickHouse has; a word that ends in `MergeTree` is one as well.
const ENGINES: [&str; 17] = [
    "log",
    "tinylog",
    "stripelog",
    "kafka",
    "distributed",
    "rabbitmq",
    "nats",
    "null",
    "buffer",
    "dictionary",
    "embeddedrocksdb",
    "s3",
    "s3queue",
    "atomic",
    "replicated",
    "url",
    "materializedview",
];

/// Words in statements that no other database understands.
const PHRASES: [&str; 19] = [
    "create named collection",
    "modify ttl",
    "remove ttl",
    "materialize ttl",
    " on cluster ",
    "lowcardinality(",
    "datetime64(",
    "attach table",
    "tointervalday(",
    "codec(zstd",
    "with no_password",
    "with plaintext_password",
    "with sha256_hash",
    "system reload",
    "into function ",
    "table function ",
    "remotesecure(",
    "from remote(",
    "s3cluster(",
];

/// Words in definitions that ClickHouse does not understand.
const FOREIGN: [&str; 15] = [
    "character varying",
    "owner to ",
    "plpgsql",
    "jsonb",
    "auto_increment",
    "bigserial",
    " serial ",
    "autoincrement",
    "distkey",
    "sortkey",
    "nvarchar",
    "varchar2",
    "identity(1",
    "timestamptz",
    "with time zone",
];

/// Other products whose name in a path says that a folder is about both.
const OTHERS: [&str; 18] = [
    "postgres",
    "pgsql",
    "mysql",
    "mariadb",
    "sqlite",
    "snowflake",
    "bigquery",
    "oracle",
    "mssql",
    "sqlserver",
    "redshift",
    "duckdb",
    "timescale",
    "singlestore",
    "starrocks",
    "cassandra",
    "databricks",
    "athena",
];

/// Server keys that nobody else has at the top of a YAML file.
const SERVER_KEYS: [&str; 30] = [
    "listen_host",
    "http_port",
    "https_port",
    "tcp_port",
    "tcp_port_secure",
    "mysql_port",
    "postgresql_port",
    "interserver_http_port",
    "interserver_https_port",
    "logger",
    "openSSL",
    "users_config",
    "user_directories",
    "query_masking_rules",
    "query_log",
    "text_log",
    "trace_log",
    "query_thread_log",
    "part_log",
    "metric_log",
    "session_log",
    "remote_servers",
    "keeper_server",
    "mark_cache_size",
    "storage_configuration",
    "merge_tree",
    "macros",
    "distributed_ddl",
    "max_server_memory_usage",
    "prometheus",
];

const USER_KEYS: [&str; 3] = ["users", "profiles", "quotas"];

/// A file name's last extension, in lower case.
pub(super) fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(String::new(), |(_, e)| e.to_ascii_lowercase())
}

/// Whether the root element is ClickHouse's.
pub(super) fn is_xml(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let skipped = if let Some(comment) = rest.strip_prefix("<!--") {
            comment.split_once("-->")
        } else if rest.starts_with("<?") || rest.starts_with("<!") {
            rest.split_once('>')
        } else {
            break;
        };
        let Some((_, behind)) = skipped else { return false };
        rest = behind.trim_start();
    }
    let Some(tag) = rest.strip_prefix('<') else { return false };
    let end = tag.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(tag.len());
    matches!(&tag[..end], "clickhouse" | "yandex")
}

/// YAML by its top-level keys; the folder of a merge directory makes one key enough.
pub(super) fn yaml(path: &str, text: &str) -> Claim {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path);
    let folder = parts.next().unwrap_or("");
    let merged = matches!(folder, "config.d" | "users.d" | "conf.d");
    let (mut server, mut users) = (0, 0);
    for key in text.lines().filter_map(top_key) {
        match key {
            "apiVersion" | "services" | "jobs" | "kind" => return Claim::No,
            k if SERVER_KEYS.contains(&k) => server += 1,
            k if USER_KEYS.contains(&k) => users += 1,
            _ => {}
        }
    }
    let is_main = matches!(name, "config.yaml" | "config.yml" | "users.yaml" | "users.yml");
    match (server, users) {
        (0, 0) => Claim::No,
        (s, _) if merged && s > 0 => Claim::Surely,
        (_, _) if folder == "users.d" => Claim::Surely,
        (s, u) if is_main && (s >= 2 || u >= 2) => Claim::Maybe,
        (s, _) if s >= 3 => Claim::Maybe,
        _ => Claim::No,
    }
}

fn top_key(line: &str) -> Option<&str> {
    let key = line.split_once(':')?.0.trim_matches(['"', '\'']);
    (!key.is_empty() && !key.starts_with([' ', '\t', '#', '-'])).then_some(key)
}

/// SQL by its engines and phrases; a path that says so makes any definition ours.
pub(super) fn sql(path: &str, text: &str) -> Claim {
    let lower = text.to_ascii_lowercase();
    let mut foreign = false;
    for (at, _) in lower.match_indices("engine") {
        let rest = lower[at + "engine".len()..].trim_start();
        let assigned = rest.starts_with('=');
        let rest = rest.trim_start_matches('=').trim_start();
        // In the configuration of a dbt model it is a string.
        let rest = rest.trim_start_matches(['\'', '"']);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let engine = &rest[..end];
        if engine.ends_with("mergetree") || (assigned && ENGINES.contains(&engine)) {
            return Claim::Surely;
        }
        foreign |= assigned
            && matches!(engine, "innodb" | "myisam" | "memory" | "merge" | "archive" | "olap");
    }
    let path = path.to_ascii_lowercase();
    let hinted = path.contains("clickhouse");
    // MySQL has engines called Memory and Merge as well.
    if foreign && !hinted {
        return Claim::No;
    }
    if OTHERS.iter().any(|o| path.contains(o)) || FOREIGN.iter().any(|p| lower.contains(p)) {
        return Claim::No;
    }
    // A migration may do nothing but drop or rename.
    let verbs = [
        "create table",
        "create named collection",
        "create materialized",
        "create user",
        "alter table",
        "alter user",
        "drop table",
        "rename table",
        "exchange tables",
        // A query that speaks to another server.
        "into function ",
        "table function ",
        "from remote(",
        "remotesecure(",
        "s3cluster(",
        "from s3(",
        "from mysql(",
        "from postgresql(",
        "from mongodb(",
    ];
    let defines = verbs.iter().any(|w| lower.contains(w));
    if defines && (hinted || PHRASES.iter().any(|p| lower.contains(p))) {
        return Claim::Maybe;
    }
    Claim::No
}
