//! Pieces of configurations in a repository.

use super::*;

fn check(texts: &[(&str, &str)], about: &str, expected: &[&str]) {
    let files = files(texts);
    let files: Vec<&ConfigFile> = files.iter().collect();
    compare(&on_disk(&files), about, expected, &format!("{texts:?}"));
}

#[test]
fn a_piece_says_nothing_about_what_it_does_not_touch() {
    let logging = "<clickhouse><logger><level>debug</level></logger></clickhouse>";
    check(&[("config.d/logging.xml", logging)], "*", &["log server-log debug on"]);
    let storage = "<clickhouse><storage_configuration/></clickhouse>";
    check(&[("a/config.d/storage.xml", storage)], "*", &[]);
    let ttl = "<clickhouse><query_log><ttl>event_date + INTERVAL 30 DAY</ttl></query_log>\
               <part_log><database>system</database></part_log><text_log remove='1'/></clickhouse>";
    check(
        &[("a/config.d/l.xml", ttl)],
        "*",
        &[
            "log query-log -on",
            "keep system.query_log system-log [logs] 30 days",
            "keep system.part_log system-log [metrics] forever by default",
        ],
    );
}

#[test]
fn a_piece_about_users_lies_over_the_shipped_file() {
    let networks = "<yandex replace='true'><users><default><networks><ip>::/0</ip></networks>\
                    </default></users></yandex>";
    check(
        &[("a/users.d/n.xml", networks)],
        "store login",
        &["store ch:a ClickHouse in `a/`", "login default none any admin by guess"],
    );
    let hash = "<clickhouse><users><default><password_sha256_hex>0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef</password_sha256_hex></default>\
                </users></clickhouse>";
    check(&[("a/users.d/n.xml", hash)], "login defect", &["login default password any admin"]);
    let profiles = "<clickhouse><profiles><default/></profiles></clickhouse>";
    check(&[("a/users.d/p.xml", profiles)], "*", &[]);
}

#[test]
fn a_piece_about_listening_lies_over_the_shipped_file() {
    let listen = "<clickhouse><listen_host>::</listen_host></clickhouse>";
    check(
        &[("etc/config.d/listen.xml", listen)],
        "port login",
        &["port 8123 any", "port 9000 any", "port 9004 any", "port 9005 any", "port 9009 any open"],
    );
    check(
        &[("deploy/ch-listen.xml", listen)],
        "store",
        &["store ch:deploy/ch-listen.xml ClickHouse in `deploy/ch-listen.xml`"],
    );
}

#[test]
fn a_ttl_beside_an_engine_has_no_effect() {
    let ttl = "<clickhouse><opentelemetry_span_log><ttl>finish_date + 1</ttl>\
               </opentelemetry_span_log></clickhouse>";
    check(&[("a/config.d/o.xml", ttl)], "defect", &["defect no-effect"]);
}

#[test]
fn a_keeper_is_no_database() {
    let keeper = "<clickhouse><logger/><listen_host>0.0.0.0</listen_host><keeper_server>\
                  <tcp_port>9181</tcp_port><server_id>1</server_id></keeper_server></clickhouse>";
    check(
        &[("k/keeper_config.xml", keeper)],
        "*",
        &[
            "store ch:k/keeper_config.xml ClickHouse Keeper in `k/keeper_config.xml`",
            "port 9181 any v4 open",
        ],
    );
}

#[test]
fn a_whole_server_tells_its_logs_and_its_secrets() {
    let main = "<clickhouse><tcp_port>9000</tcp_port><path>/d</path><users_config>users.xml</users_config>\
                <query_log><engine>ENGINE = MergeTree ORDER BY event_date TTL event_date + toIntervalDay(7)\
                </engine></query_log><text_log/><query_masking_rules><rule><regexp>k</regexp></rule>\
                </query_masking_rules></clickhouse>";
    let users = "<clickhouse><profiles><default><log_queries>0</log_queries></default></profiles>\
                 <users><app><password>app</password></app></users></clickhouse>";
    check(
        &[("s/config.xml", main), ("s/users.xml", users)],
        "*",
        &[
            "store ch:s ClickHouse in `s/`",
            "port 9000 local",
            "login app default-password any",
            "log server-log trace on scrubbed",
            "log query-log -off scrubbed",
            "keep system.query_log system-log [logs] 7 days",
            "keep system.text_log system-log [logs] forever by default",
            "secret ch:s/user/app/password known",
        ],
    );
}
