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
fn a_server_with_a_ttl_beside_an_engine_does_not_start() {
    let ttl = "<clickhouse><opentelemetry_span_log><ttl>finish_date + 1</ttl>\
               </opentelemetry_span_log></clickhouse>";
    check(&[("a/config.d/o.xml", ttl)], "defect", &["defect no-start"]);
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

fn check_server(config: &str, about: &str, expected: &[&str]) {
    let text = format!("<clickhouse><http_port>1</http_port>{config}</clickhouse>");
    let files = files(&[("s/config.xml", &text)]);
    let files: Vec<&ConfigFile> = files.iter().collect();
    compare(&on_disk(&files), about, expected, config);
}

#[test]
fn masking_rules_count_by_what_they_mask() {
    let rule = |body: &str| {
        format!(
            "<logger><level>trace</level></logger><query_log/>\
             <query_masking_rules><rule>{body}</rule></query_masking_rules>"
        )
    };
    let (on, off) = ("log server-log trace on scrubbed", "log server-log trace on");
    let (queries, bare) = ("log query-log -on scrubbed", "log query-log -on");
    check_server(&rule("<regexp>sk-[a-zA-Z0-9]+</regexp>"), "log", &[on, queries]);
    check_server(&rule("<regexp>^nothing$</regexp>"), "log", &[off, bare]);
    check_server(&rule("<name>x</name>"), "defect", &["defect no-start"]);
}

#[test]
fn secrets_of_the_server_document_are_told_once() {
    let replica = "<replica><host>a</host><password>blue-harbour</password></replica>";
    let cluster = format!(
        "<remote_servers><c><shard>{replica}{replica}</shard></c></remote_servers>\
         <interserver_http_credentials><user>u</user><password from_env=\"X\"/></interserver_http_credentials>\
         <storage_configuration><disks><d><type>encrypted</type><key>0123456789abcdef</key></d></disks></storage_configuration>"
    );
    check_server(
        &cluster,
        "secret defect",
        &[
            "secret ch:s/secret/remote_servers/c/shard/replica/password",
            "secret ch:s/secret/storage_configuration/disks/d/key",
        ],
    );
}

#[test]
fn what_is_still_to_be_filled_in_is_no_secret() {
    let disk = |key: &str| {
        format!(
            "<storage_configuration><disks><d><type>s3</type><secret_access_key>{key}\
             </secret_access_key></d></disks></storage_configuration>"
        )
    };
    for key in ["your_secret_access_key", "REPLACE_ME", "&lt;secret&gt;", "****", ""] {
        check_server(&disk(key), "secret", &[]);
    }
    let told = "secret ch:s/secret/storage_configuration/disks/d/secret_access_key";
    check_server(&disk("wJalrXUtnFEMI"), "secret", &[told]);
}

#[test]
fn clusters_without_secret_or_password_trust_anybody() {
    let cluster = |inner: &str, host: &str| {
        format!(
            "<remote_servers><c>{inner}<shard><replica><host>{host}</host></replica></shard></c></remote_servers>"
        )
    };
    check_server(&cluster("", "a"), "defect", &["defect trusting-cluster"]);
    check_server(&cluster("", "127.0.0.1"), "defect", &[]);
    check_server(&cluster("<secret from_env=\"X\"/>", "a"), "defect", &[]);
}

#[test]
fn a_disk_encrypts_where_the_default_policy_uses_it() {
    let at_rest = |policy: &str| {
        let text = format!(
            "<clickhouse><http_port>1</http_port><storage_configuration><disks><e><type>encrypted</type>\
             <disk>default</disk></e></disks><policies><{policy}><volumes><main><disk>e</disk></main></volumes>\
             </{policy}></policies></storage_configuration></clickhouse>"
        );
        let files = files(&[("s/config.xml", &text)]);
        let parts = on_disk(&[&files[0]]);
        parts.stores[0].encrypted_at_rest.known().copied()
    };
    assert_eq!(at_rest("default"), Some(true));
    assert_eq!(at_rest("cold"), None);
}

#[test]
fn yaml_says_what_the_same_xml_says() {
    let xml = "<clickhouse><http_port>8123</http_port><listen_host>::</listen_host>\
        <listen_host>10.0.0.1</listen_host><tcp_port from_env=\"P\">9000</tcp_port>\
        <query_log><ttl>event_date + INTERVAL 30 DAY</ttl></query_log>\
        <logger><level>debug</level></logger><trace_log remove=\"1\"/>\
        <remote_servers><c><secret>abc</secret><shard><replica><host>a</host></replica></shard>\
        <shard><replica><host>b</host></replica></shard></c></remote_servers></clickhouse>";
    let yaml = "http_port: 8123\nlisten_host: ['::', 10.0.0.1]\ntcp_port:\n  - '@from_env': P\n  - '#text': 9000\n\
        query_log:\n  ttl: event_date + INTERVAL 30 DAY\nlogger:\n  level: debug\n\
        trace_log:\n  '@remove': '1'\n\
        remote_servers:\n  c:\n    secret: abc\n    shard:\n      - replica:\n          host: a\n      \
        - replica:\n          host: b\n";
    let users_xml = "<clickhouse><profiles><default/></profiles><users><a><password>x y</password>\
        <networks><ip>10.0.0.0/8</ip><ip>::1</ip></networks></a></users></clickhouse>";
    let users_yaml = "profiles:\n  default:\nusers:\n  a:\n    password: x y\n    networks:\n      \
        ip: [10.0.0.0/8, '::1']\n";
    let of = |config: (&str, &str), users: (&str, &str)| {
        let files = files(&[config, users]);
        lines(&on_disk(&[&files[0], &files[1]]))
    };
    assert_eq!(
        of(("s/config.yaml", yaml), ("s/users.yaml", users_yaml)),
        of(("s/config.xml", xml), ("s/users.xml", users_xml)),
    );
}

#[test]
fn an_env_file_beside_the_configuration_tells_its_variables() {
    let main = "<clickhouse><path>/x/</path><http_port from_env='PORT'/>\
                <users_config>users.xml</users_config></clickhouse>";
    let users = "<clickhouse><profiles/><users><a><password from_env='A'/></a>\
                 <b><password from_env='B'/></b><c><password from_env='C'/></c></users></clickhouse>";
    let with = |env: &str, text: &str, expected: &[&str]| {
        let texts = [("etc/ch/config.xml", main), ("etc/ch/users.xml", users), (env, text)];
        check(&texts, "port login", expected);
    };
    let told = ["port 8124 local", "login a none any by guess", "login b password any by guess"];
    let text = "PORT=8124\nA=\nB='long-and-random'\n";
    with("etc/ch/.env", text, &[&told[..], &["login c ? any"]].concat());
    with("etc/.env", text, &[&told[..], &["login c ? any"]].concat());
    let silent = ["port ? local", "login a ? any", "login b ? any", "login c ? any"];
    with(".env", text, &silent);
    with("other/.env", text, &silent);
    check(
        &[("etc/ch/users.d/u.xml", users), ("etc/ch/.env", "A=\nB=x1\nC=default\n")],
        "login",
        &[
            "login a none any by guess",
            "login b password any by guess",
            "login c default-password any by guess",
        ],
    );
}

#[test]
fn a_piece_may_speak_of_an_account_that_another_file_makes() {
    let piece = "<clickhouse><users><b><access_management>1</access_management></b>\
                 <include incl='more'/></users></clickhouse>";
    check(&[("a/users.d/b.xml", piece)], "login defect", &[]);
    let include = "<clickhouse><include_from>/x.xml</include_from><profiles/><users>\
                   <default><password/></default><include incl='more'/></users></clickhouse>";
    check(&[("a/users.xml", include)], "login defect", &["login default none any"]);
}

#[test]
fn users_come_from_where_the_server_document_says() {
    let main = |more: &str| {
        format!("<clickhouse><path>/x/</path><http_port>1</http_port>{more}</clickhouse>")
    };
    let users =
        "<clickhouse><profiles/><users><a><password>x-1</password></a></users></clickhouse>";
    let with = |more: &str, file: &str, expected: &[&str]| {
        check(&[("s/config.xml", &main(more)), (file, users)], "login", expected);
    };
    let found = &["login a password any"];
    let directories = |inner: &str| format!("<user_directories>{inner}</user_directories>");
    let file = "<users_xml><path>people.xml</path></users_xml>";
    let ldap = "<ldap><server>s</server></ldap>";
    with(&directories(file), "s/people.xml", found);
    with(&directories(&format!("{ldap}{file}")), "s/people.xml", found);
    with("<users_config>people.xml</users_config>", "s/people.xml", found);
    with(&directories(ldap), "s/users.xml", &[]);
    with("<users><b><password>x-2</password></b></users>", "s/x.txt", &["login b password any"]);
}
