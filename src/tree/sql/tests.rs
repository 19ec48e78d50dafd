use super::*;
use crate::source::FileId;

fn read(sql: &str) -> (Vec<Statement>, Vec<Problem>) {
    parse(&Text::of_file(FileId(0), sql.into()))
}

/// A statement in a line, as far as tables go.
fn line(statement: &Statement) -> String {
    let name = |n: &TableName| match &n.database {
        Some(db) => format!("{db}.{}", n.table),
        None => n.table.to_string(),
    };
    match &statement.kind {
        StatementKind::Create(c) => {
            let engine = c.engine.as_ref().map_or("-", |e| &*e.name);
            let columns: Vec<&str> = c.columns.iter().map(|c| &*c.name).collect();
            let ttl = c.ttl.as_ref().map_or(String::new(), |t| format!(" ttl {}", ages(t, c)));
            format!("create {} [{}] {engine}{ttl}", name(&c.name), columns.join(" "))
        }
        StatementKind::Alter(a) => format!("alter {} {}", name(&a.name), a.actions.len()),
        StatementKind::Drop(n) => format!("drop {}", name(n)),
        other => format!("{other:?}").split(['(', ' ']).next().unwrap().to_lowercase(),
    }
}

fn ages(ttl: &Ttl, create: &Create) -> String {
    let kind = |n: &str| create.columns.iter().find(|c| &*c.name == n).map(|c| c.kind.clone());
    let element = |e: &TtlElement| {
        let days = e.age.as_ref().and_then(|a| a.days(kind));
        format!("{:?}:{}", e.action, days.map_or("?".into(), |d| d.to_string()))
    };
    ttl.elements.iter().map(element).collect::<Vec<_>>().join(",")
}

fn check(sql: &str, expected: &[&str]) {
    let (statements, _) = read(sql);
    assert_eq!(statements.iter().map(line).collect::<Vec<_>>(), expected, "{sql}");
}

#[test]
fn tables_are_read_whatever_surrounds_their_clauses() {
    check(
        "-- c\nCREATE TABLE IF NOT EXISTS db.`ev-ents` ON CLUSTER '{cluster}' (\n\
         id UUID DEFAULT generateUUIDv4(), ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),\n\
         m Map(String, Array(String)), INDEX i ts TYPE minmax GRANULARITY 1, index UInt8)\n\
         ENGINE = ReplicatedMergeTree('/t/{shard}', '{replica}')\n\
         PARTITION BY toYYYYMM(ts) ORDER BY (ts, id) TTL toDateTime(ts) + INTERVAL 3 MONTH\n\
         SETTINGS index_granularity = 8192, storage_policy = 'x' COMMENT 'a;b';",
        &["create db.ev-ents [id ts m index] ReplicatedMergeTree ttl Delete:90"],
    );
    check(
        "create table a engine=Log as select 1; drop table if exists b.c sync",
        &["create a [] Log", "drop b.c"],
    );
    check(
        "CREATE TABLE a AS b; CREATE MATERIALIZED VIEW m TO t AS SELECT 1 FROM x",
        &["create a [] -", "create m [] -"],
    );
}

#[test]
fn ttl_elements_tell_what_they_do_and_when() {
    let cases = [
        ("d + 90", "Delete:90"),
        ("t + 86400 * 7", "Delete:7"),
        ("t + toIntervalHour(36) DELETE", "Delete:2"),
        ("t + INTERVAL 1 WEEK DELETE WHERE level = 'debug'", "DeleteWhere:7"),
        ("t + INTERVAL 1 DAY TO VOLUME 'cold', t + INTERVAL 1 YEAR", "Move:1,Delete:365"),
        (
            "t + INTERVAL 1 DAY GROUP BY a, b SET x = max(x), y = sum(y), t + INTERVAL 2 DAY",
            "Group:1,Delete:2",
        ),
        ("t + INTERVAL 1 MONTH RECOMPRESS CODEC(ZSTD(17))", "Recompress:30"),
        ("addDays(toDate(t), 14)", "Delete:14"),
        ("date_add(DAY, 3, t)", "Delete:3"),
        ("toDateTime(t) + INTERVAL '2 months'", "Delete:60"),
        ("t + toIntervalDay(keep_days)", "Delete:?"),
        ("t + INTERVAL {{ days }} DAY", "Delete:?"),
        ("expires_at", "Delete:?"),
        ("(toDate(t) + toIntervalYear(200))", "Delete:73000"),
        ("if(a, t + INTERVAL 1 DAY, t + INTERVAL 9 DAY)", "Delete:?"),
    ];
    for (ttl, expected) in cases {
        let sql = format!(
            "CREATE TABLE x (d Date, t Nullable(DateTime)) ENGINE=MergeTree ORDER BY d TTL {ttl} \
             SETTINGS a=1"
        );
        let (statements, _) = read(&sql);
        let StatementKind::Create(create) = &statements[0].kind else { panic!("{sql}") };
        assert_eq!(ages(create.ttl.as_ref().unwrap(), create), expected, "{ttl}");
    }
}

#[test]
fn what_is_no_statement_of_ours_costs_only_itself() {
    check("SELECT ';' -- ;\n; CREATE TABLE (; DROP TABLE a", &["drop a"]);
    check(
        "INSERT INTO t FORMAT JSONEachRow\n{\"a\": \"it's; CREATE\"}\n\nDROP TABLE a;",
        &["drop a"],
    );
    check(
        "CREATE TABLE 02_a (x Int8) ENGINE = Log\n\nCREATE TABLE b (x Int8",
        &["create 02_a [x] Log", "create b [x] -"],
    );
    check("INSERT INTO t VALUES ('a;b', 1), ('it''s', 2); DROP TABLE a;", &["drop a"]);
    check("CREATE FUNCTION f AS $x$ DROP TABLE no; $x$; DROP TABLE a", &["drop a"]);
    check("DROP TABLE {{ db }}.t_{{ env }};", &["drop {{ db }}.t_{{ env }}"]);
    check("DROP TABLE a; SELECT 'open; DROP TABLE b", &["drop a", "drop b"]);
}

#[test]
fn a_migration_is_read_forwards_only() {
    check(
        "-- +goose Up\nCREATE TABLE a (x Int8) ENGINE=Memory;\n-- +goose Down\nDROP TABLE a;\n\
         -- migrate:up\nDROP TABLE b;",
        &["create a [x] Memory", "drop b"],
    );
}

#[test]
fn alterations_keep_their_actions() {
    let (statements, _) = read(
        "ALTER TABLE t ON CLUSTER c MODIFY TTL d + INTERVAL 1 DAY, ADD COLUMN IF NOT EXISTS \
         a Decimal(9, 2) TTL d + INTERVAL 1 DAY AFTER b, REMOVE TTL",
    );
    let StatementKind::Alter(alter) = &statements[0].kind else { panic!() };
    let [AlterAction::ModifyTtl(ttl), AlterAction::AddColumn(a), AlterAction::RemoveTtl(_)] =
        &alter.actions[..]
    else {
        panic!("{alter:?}")
    };
    assert_eq!(ttl.elements.len(), 1);
    assert!(a.ttl.is_some() && &*a.kind == "Decimal(9, 2)");
}

#[test]
fn accounts_tell_what_they_ask_and_from_where() {
    let text = |sql: &str| {
        let (statements, _) = read(sql);
        let StatementKind::User(user) = &statements[0].kind else { panic!("{sql}") };
        let methods = user.identified.clone().map(|m| m.into_iter().map(|i| i.method));
        format!("{:?} {:?}", methods.map(Iterator::collect::<Vec<_>>), user.hosts)
    };
    let cases = [
        ("CREATE USER u", "None None"),
        ("CREATE USER u NOT IDENTIFIED HOST LOCAL", "Some([None]) Some([Local])"),
        ("CREATE USER u IDENTIFIED BY ''", "Some([Password(Some(\"\"))]) None"),
        (
            "CREATE USER IF NOT EXISTS 'u'@'%' IDENTIFIED WITH sha256_hash BY 'ab' SALT 'c'",
            "Some([Hash(Some(\"ab\"))]) Some([Any])",
        ),
        ("CREATE USER u IDENTIFIED BY '{{ pw }}'", "Some([Password(None)]) None"),
        (
            "ALTER USER u IDENTIFIED WITH ldap SERVER 's' HOST IP '10.0.0.0/8', '::1', NAME 'x'",
            "Some([External]) Some([Ip(\"10.0.0.0/8\"), Ip(\"::1\"), Named(\"x\")])",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(text(sql), expected, "{sql}");
    }
}

#[test]
fn hostile_texts_are_read_in_linear_time() {
    for piece in ["(", "'", "$a$", "{", "CREATE TABLE a (", "\\", "/*", "TTL (", "`", "{{"] {
        read(&piece.repeat(200_000));
    }
}

#[test]
fn statements_show_what_they_connect_with() {
    let check = |sql: &str, expected: &[&str]| {
        let (statements, _) = read(sql);
        let shown = statements.iter().filter_map(|s| match &s.kind {
            StatementKind::Credentials(shown) => Some(shown),
            _ => None,
        });
        let found = shown.flat_map(|s| {
            let of = s.name.as_ref().map_or("query", |name| &*name.table);
            s.found.iter().map(move |c| format!("{of} {} {}", c.name, c.value))
        });
        assert_eq!(found.collect::<Vec<_>>(), expected, "{sql}");
    };
    check("CREATE TABLE t (x Int8) ENGINE = S3('u', 'AK', 'sk', 'CSV')", &["t s3 sk"]);
    check("CREATE TABLE t (x Int8) ENGINE = S3Queue('u', 'AK', 'sk', 'CSV')", &["t s3queue sk"]);
    check("CREATE TABLE t (x Int8) ENGINE = S3('u', 'CSV', 'gzip')", &[]);
    check("CREATE TABLE t (x Int8) ENGINE = S3('u', NOSIGN, 'CSV', 'gzip')", &[]);
    check(
        "CREATE TABLE t (x Int8) ENGINE = S3(nc, url = 'u', secret_access_key = 'sk')",
        &["t secret_access_key sk"],
    );
    check("CREATE TABLE t ENGINE = MySQL('h:1', 'd', 't', 'u', 'pw')", &["t mysql pw"]);
    check("CREATE TABLE t ENGINE = PostgreSQL('h:1', 'd', 't', 'u', '{{ pw }}')", &[]);
    check("CREATE DATABASE IF NOT EXISTS b ENGINE = MySQL('h', 'd', 'u', 'pw')", &["b mysql pw"]);
    check(
        "CREATE TABLE k (x Int8) ENGINE = Kafka SETTINGS kafka_broker_list = 'k', \
         kafka_sasl_password = 'pw'",
        &["k kafka_sasl_password pw"],
    );
    check(
        "CREATE DICTIONARY d.n (id UInt64) PRIMARY KEY id SOURCE(POSTGRESQL(host 'h' user 'u' \
         password 'pw')) LAYOUT(FLAT())",
        &["n password pw"],
    );
    check("CREATE NAMED COLLECTION c ON CLUSTER x AS a = '1', password = 'pw'", &["c password pw"]);
    check(
        "CREATE TABLE users (password String DEFAULT 'x', account_key String COMMENT 'y') \
         ENGINE = MergeTree ORDER BY password",
        &[],
    );
    check("CREATE MATERIALIZED VIEW v TO t AS SELECT 1 FROM u WHERE password = 'x'", &[]);
    // Queries.
    check("SELECT * FROM remote('h', d.t, 'u', 'pw')", &["query remote pw"]);
    check("SELECT * FROM remoteSecure('h', 'd', 't', 'u', 'pw')", &["query remoteSecure pw"]);
    check("SELECT * FROM remote('h', 'd.t', 'u', 'pw', rand())", &["query remote pw"]);
    check("SELECT * FROM remote('h', numbers(3), 'u', 'pw')", &["query remote pw"]);
    check("SELECT * FROM remote('h', d, t, 'u')", &[]);
    check("SELECT * FROM remote('h', d, t, 'u', '')", &[]);
    check("SELECT * FROM remote('h', d, t, {user:String}, {pw:String})", &[]);
    check("SELECT * FROM remote('h', d, t, 'u', '${PASSWORD}')", &[]);
    check(
        "INSERT INTO a SELECT * FROM mysql('h:1', 'd', 't', 'u', 'pw') WHERE password = 'x'",
        &["query mysql pw"],
    );
    check("INSERT INTO t (a) SELECT * FROM postgresql(c, password = 'pw')", &["query password pw"]);
    check("INSERT INTO FUNCTION s3('u', 'AK', 'sk', 'CSV') SELECT 1", &["query s3 sk"]);
    check("INSERT INTO t VALUES ('remote(1)'), (remote('h', d.t, 'u', 'pw'))", &[]);
    check("INSERT INTO t FORMAT CSV\nremote('h', d.t, 'u', 'pw')\n", &[]);
    check("SELECT * FROM s3('u', 'CSV', 'a UInt8, b String', 'gzip')", &[]);
    check("SELECT * FROM s3('u', NOSIGN, 'CSV')", &[]);
    check("SELECT * FROM s3('u', 'Parquet', 'auto')", &[]);
    check("SELECT * FROM s3Cluster('c', 'u', 'AK', 'sk')", &["query s3Cluster sk"]);
    check("SELECT * FROM redis('h', 'k', 'k String', 0, 'pw')", &["query redis pw"]);
    check("SELECT * FROM mongodb('mongodb://u:pw@h/d', 'c', 'x Int8')", &["query mongodb pw"]);
    check("SELECT * FROM url('https://u:pw@h/x?a=b:c@d', 'CSV')", &["query url pw"]);
    check("SELECT * FROM url('https://h/x?a=b:c@d', 'CSV')", &[]);
    check(
        "SELECT * FROM url('https://h', headers('Authorization' = 'Bearer t', 'Accept' = 'x'))",
        &["query authorization Bearer t"],
    );
    check(
        "SELECT * FROM azureBlobStorage('AccountName=a;AccountKey=ak==;X=y', 'c', 'p')",
        &["query azureBlobStorage ak=="],
    );
    check("SELECT * FROM azureBlobStorage('https://h', 'c', 'p', 'CSV', 'auto', 'x Int8')", &[]);
    check("BACKUP TABLE t TO S3('u', 'AK', 'sk')", &["query S3 sk"]);
    check("CREATE TABLE t AS mysql('h', 'd', 't', 'u', 'pw')", &["query mysql pw"]);
    check(
        "CREATE TABLE t ENGINE = S3('u', 'AK', 'sk', 'CSV') AS SELECT * FROM url('ftp://u:pw@h')",
        &["t s3 sk", "query url pw"],
    );
}
