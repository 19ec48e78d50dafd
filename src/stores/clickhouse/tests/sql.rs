//! Retention as statements leave it.

use super::*;

fn check(texts: &[(&str, &str)], expected: &[&str]) {
    let files = files(texts);
    let files: Vec<&ConfigFile> = files.iter().collect();
    compare(&tables(&files, None, &[]), "keep", expected, &format!("{texts:?}"));
}

/// One script over a MergeTree table `t`.
fn check_row(row: u32, ttl: &str, then: &str, expected: &str) {
    let sql = format!(
        "CREATE TABLE d.t (ts DateTime, level String) ENGINE = MergeTree ORDER BY ts {ttl};{then}"
    );
    check(&[("a.sql", &sql)], &[&format!("keep d.t table [] {expected}")]);
    assert!(row > 0);
}

#[test]
fn retention() {
    check_row(96, "TTL ts + INTERVAL 90 DAY", "", "90 days");
    check_row(97, "TTL ts + INTERVAL 30 DAY TO VOLUME 'cold'", "", "forever");
    check_row(98, "TTL ts + INTERVAL 1 DAY DELETE WHERE level = 'debug'", "", "forever");
    check_row(99, "TTL ts + INTERVAL 1 DAY GROUP BY ts SET level = any(level)", "", "forever");
    check_row(101, "TTL ts + INTERVAL 200 YEAR", "", "73000 days");
    check_row(103, "TTL ts + INTERVAL 1 DAY", "ALTER TABLE d.t REMOVE TTL", "forever");
    check_row(104, "", "ALTER TABLE d.t MODIFY TTL ts + 86400", "1 days");
    check_row(
        105,
        "TTL ts + INTERVAL 1 DAY",
        "CREATE OR REPLACE TABLE d.t (ts DateTime) ENGINE = MergeTree ORDER BY ts",
        "forever",
    );
    check_row(
        106,
        "TTL ts + INTERVAL 5 DAY",
        "CREATE TABLE IF NOT EXISTS d.t (ts DateTime) ENGINE = MergeTree;\
         CREATE TABLE d.all AS d.t ENGINE = Distributed('c', 'd', 't')",
        "5 days",
    );
}

#[test]
fn a_ttl_that_was_taken_away_shows_both_places() {
    let sql =
        "CREATE TABLE t (d Date) ENGINE=MergeTree ORDER BY d TTL d + 9; ALTER TABLE t REMOVE TTL";
    let files = files(&[("a.sql", sql)]);
    let parts = tables(&[&files[0]], None, &[]);
    let Fact::Known(true, origin) = &parts.keeps[0].retention.forever else { panic!() };
    assert_eq!(&sql[origin.at.range()], "ALTER TABLE t REMOVE TTL");
    let via: Vec<&str> = origin.via.iter().map(|e| &sql[e.place.range()]).collect();
    assert_eq!(via, ["CREATE TABLE t", "d + 9"]);
}

#[test]
fn only_what_keeps_rows_is_kept() {
    check(
        &[(
            "a.sql",
            "\
        CREATE TABLE a (x Int8) ENGINE = Log;\
        CREATE TABLE b (x Int8) ENGINE = Kafka; CREATE TABLE c (x Int8) ENGINE = Null;\
        CREATE VIEW d AS SELECT 1; CREATE MATERIALIZED VIEW e TO a AS SELECT 1;\
        CREATE MATERIALIZED VIEW f ENGINE = SummingMergeTree ORDER BY x AS SELECT 1 AS x;\
        CREATE TABLE g AS a; DROP TABLE a; RENAME TABLE g TO h;",
        )],
        &["keep f table [data] forever", "keep h table [] forever"],
    );
}

#[test]
fn names_tell_what_a_table_holds() {
    let table = |name: &str, columns: &str| {
        format!("CREATE TABLE {name} ({columns}) ENGINE = MergeTree ORDER BY tuple()")
    };
    let cases = [
        ("log_stream", "ts DateTime", "log-table [logs]"),
        ("HttpRequests", "x String", "log-table [logs]"),
        ("x", "t DateTime64(3), level LowCardinality(String), body String", "log-table [logs]"),
        ("x", "prompt String, prompt_tokens UInt32", "table [prompts]"),
        ("chats", "api_key String, email Nullable(String)", "table [prompts secrets personal]"),
        ("x", "t DateTime, trace_id String, session_id String, value Float64", "table []"),
        ("events_to_clusters", "t DateTime, id String", "table []"),
        ("event_types", "t DateTime, id String", "table []"),
        ("traces", "block_number UInt64, transaction_hash String, error String", "table []"),
        ("traces_replacing", "id String", "log-table [logs]"),
        ("countries", "code String, name String", "table []"),
        ("usage", "tokens UInt64, password_changed_at DateTime", "table []"),
        ("calls", "model String, input String, output Nullable(String)", "table [prompts]"),
        ("x", "c String COMMENT 'the chat history'", "table [prompts]"),
        ("x", "c String COMMENT 'class: PII'", "table [personal]"),
        ("x", "c String COMMENT 'no personal data', d String COMMENT 'e-mail hash'", "table []"),
    ];
    for (name, columns, expected) in cases {
        let expected = format!("keep {name} {expected} forever");
        check(&[("a.sql", &table(name, columns))], &[&expected]);
    }
    let said = table("x", "c String") + " COMMENT 'data-class: secrets'";
    check(&[("a.sql", &said)], &["keep x table [secrets] forever"]);
}

#[test]
fn migrations_run_in_the_order_of_their_numbers_and_forwards() {
    check(
        &[
            ("m/10_drop.up.sql", "ALTER TABLE t REMOVE TTL"),
            ("m/2_ttl.up.sql", "ALTER TABLE t MODIFY TTL d + INTERVAL 3 DAY"),
            ("m/1_t.up.sql", "CREATE TABLE t (d Date) ENGINE = MergeTree ORDER BY d"),
            ("m/1_t.down.sql", "DROP TABLE t -- ON CLUSTER MergeTree"),
        ],
        &["keep t table [] forever"],
    );
    let create = "CREATE TABLE t (d Date) ENGINE = MergeTree ORDER BY d TTL d + 1";
    let texts = [("a/t.sql", create), ("b/t.sql", create)];
    check(&texts, &["keep t table [] 1 days"; 2]);
    let files = files(&texts);
    let parts = tables(&[&files[0], &files[1]], None, &[]);
    let addresses: Vec<&str> = parts.keeps.iter().map(|k| &*k.retention.identity.address).collect();
    assert_eq!(addresses, ["sql:a/default.t", "sql:b/default.t"]);
}

#[test]
fn tools_apply_migrations_in_their_own_order() {
    let create = "CREATE TABLE t (d Date) ENGINE = MergeTree ORDER BY d";
    let set = "ALTER TABLE t MODIFY TTL d + INTERVAL 3 DAY";
    let off = "ALTER TABLE t REMOVE TTL";
    let tool = |names: [&str; 3], up: &str, down: &str| {
        let step = |text: &str, back: &str| format!("{up}{text};\n{down}{back}");
        let back = if down.is_empty() { "" } else { "DROP TABLE t;" };
        // Last in the order of bytes, first in that of the tool.
        let texts = [step(create, back), step(set, back), step(off, back)];
        let files: Vec<(&str, &str)> =
            names.iter().zip(&texts).map(|(name, text)| (*name, text.as_str())).collect();
        check(&files, &["keep t table [] forever"]);
        // Without the last step the TTL that was set before holds.
        check(&files[..2], &["keep t table [] 3 days"]);
    };
    // golang-migrate
    tool(["m/8_a.up.sql", "m/9_b.up.sql", "m/10_c.up.sql"], "", "");
    // dbmate
    let dbmate = ["m/20240109_a.sql", "m/20240110_b.sql", "m/20240201_c.sql"];
    tool(dbmate, "-- migrate:up\n", "-- migrate:down\n");
    // goose
    tool(["m/00008_a.sql", "m/00009_b.sql", "m/00010_c.sql"], "-- +goose Up\n", "-- +goose Down\n");
    // Flyway
    tool(["m/V1.9__a.sql", "m/V1.10__b.sql", "m/R__c.sql"], "", "");
    // clickhouse-migrations
    tool(["m/8_a.sql", "m/9_b.sql", "m/10_c.sql"], "", "");
    // Atlas, whose atlas.sum stands beside them
    tool(["m/20240109120000.sql", "m/20240110120000_b.sql", "m/20240201120000_c.sql"], "", "");
}

#[test]
fn a_table_with_one_row_for_each_kind_is_no_log() {
    let check_key = |engine: &str, key: &str, expected: &str| {
        let sql = format!(
            "CREATE TABLE hidden_events (project_id UInt16, event_name String, created_at \
             DateTime64, session_id UInt64) ENGINE = {engine} ORDER BY {key}"
        );
        check(&[("a.sql", &sql)], &[&format!("keep hidden_events {expected} forever")]);
    };
    let (kinds, log) = ("table []", "log-table [logs]");
    check_key("CollapsingMergeTree(_sign)", "(project_id, event_name)", kinds);
    check_key("ReplacingMergeTree", "event_name", kinds);
    check_key("MergeTree", "(project_id, event_name)", log);
    check_key("ReplacingMergeTree", "(event_name, toDate(created_at))", log);
    check_key("ReplacingMergeTree", "(event_name, session_id)", log);
    check_key("ReplacingMergeTree", "project_id", log);
}

#[test]
fn a_table_of_errors_is_a_log() {
    let table = |name: &str, columns: &str| {
        format!("CREATE TABLE {name} ({columns}) ENGINE = MergeTree ORDER BY id")
    };
    let columns = "id Int64, Timestamp DateTime, ServiceName String, TraceID String";
    check(
        &[("a.sql", &table("error_objects", columns))],
        &["keep error_objects log-table [logs] forever"],
    );
    let kinds = table("error_groups", columns);
    check(&[("a.sql", &kinds)], &["keep error_groups table [] forever"]);
}

#[test]
fn how_long_rows_in_a_bucket_are_kept_is_the_bucket_s_affair() {
    let table = |engine: &str| format!("CREATE TABLE t (d Date, message String) ENGINE = {engine}");
    check(&[("a.sql", &table("S3('u', 'CSV')"))], &["keep t table [] ?"]);
    for passes_on in ["S3Queue('u', 'CSV')", "Kafka('h', 't', 'g', 'CSV')", "URL('u', 'CSV')"] {
        check(&[("a.sql", &table(passes_on))], &[]);
    }
}

#[test]
fn forms_of_clusters_change_nothing_about_how_long() {
    let sql = "CREATE DATABASE d ON CLUSTER c ENGINE = Replicated('/p', '{shard}', '{replica}');\
        CREATE TABLE d.r ON CLUSTER c (t DateTime) ENGINE = ReplicatedMergeTree('/p', '{replica}') \
        PARTITION BY toYYYYMM(t) ORDER BY t TTL t + INTERVAL 9 DAY;\
        CREATE TABLE d.a ON CLUSTER c AS d.r ENGINE = Distributed(c, d, r, rand());\
        CREATE TABLE d.s (t DateTime) ENGINE = SharedReplacingMergeTree ORDER BY t;\
        CREATE MATERIALIZED VIEW d.m ON CLUSTER c ENGINE = ReplicatedSummingMergeTree ORDER BY t \
        TTL t + INTERVAL 1 DAY AS SELECT t FROM d.r;\
        ALTER TABLE d.r ON CLUSTER c DROP PARTITION 202401;\
        ALTER TABLE d.s ON CLUSTER c MODIFY TTL t + INTERVAL 2 DAY;";
    let expected =
        ["keep d.m table [data] 1 days", "keep d.r table [] 9 days", "keep d.s table [] 2 days"];
    check(&[("a.sql", sql)], &expected);
    // A partition that was dropped once is no rule.
    let once = "CREATE TABLE p (t DateTime) ENGINE = MergeTree PARTITION BY toDate(t) ORDER BY t;\
                ALTER TABLE p DROP PARTITION '2024-01-01'; ALTER TABLE p DELETE WHERE t < now();";
    check(&[("a.sql", once)], &["keep p table [] forever"]);
}

#[test]
fn credentials_in_definitions_are_secrets() {
    let sql = "CREATE TABLE d.t (x Int8) ENGINE = S3('u', 'AK', 'a-long-secret', 'CSV');\
               CREATE DATABASE m ENGINE = MySQL('h', 'd', 'u', 'password')";
    let files = files(&[("a.sql", sql)]);
    let expected = ["secret sql:secret/d.t/s3", "secret sql:secret/m/mysql known"];
    compare(&tables(&[&files[0]], None, &[]), "secret", &expected, sql);
}

#[test]
fn credentials_in_queries_are_secrets_of_their_file() {
    let sql = "INSERT INTO FUNCTION s3('u', 'AK', 'a-long-secret', 'CSV') SELECT * FROM \
               remote('h', d.t, 'u', 'harbour-1'); SELECT * FROM remote('i', d.t, 'u', 'harbour-1');\
               SELECT * FROM remote('h', d.t, 'u', 'harbour-2'); SELECT * FROM s3('u', 'id', \
               'aws_secret_access_key', 'CSV'); SELECT * FROM mysql('h', 'd', 't', 'u', '<password>')";
    let files = files(&[("clickhouse/a.sql", sql)]);
    let expected = [
        "secret sql:secret/file:clickhouse/a.sql/remote",
        "secret sql:secret/file:clickhouse/a.sql/remote[2]",
        "secret sql:secret/file:clickhouse/a.sql/s3",
    ];
    compare(&tables(&[&files[0]], None, &[]), "secret", &expected, sql);
}

#[test]
fn statements_that_run_at_every_start_show_secrets_too() {
    let text = "<clickhouse><startup_scripts><scripts><query>CREATE USER u IDENTIFIED WITH \
                plaintext_password BY 'harbour-1'</query></scripts><scripts><query>INSERT INTO t \
                SELECT * FROM mysql('h', 'd', 't', 'u', 'harbour-2')</query></scripts>\
                </startup_scripts></clickhouse>";
    let files = files(&[("ch/config.d/start.xml", text), ("ch/config.xml", "<clickhouse/>")]);
    let files: Vec<&ConfigFile> = files.iter().collect();
    let parts = on_disk(&files);
    let shown: Vec<&str> =
        parts.secrets.iter().map(|secret| &text[secret.identity.place.range()]).collect();
    assert_eq!(shown, ["plaintext_password BY 'harbour-1'", "'harbour-2'"]);
}
