//! What the images' entry points make of variables and mounts.

use super::*;

const OFFICIAL: &str = "clickhouse/clickhouse-server:25.8";

struct Case<'a> {
    image: &'a str,
    env: &'a [(&'a str, &'a str)],
    files: &'a [(&'a str, &'a str)],
    mounts: &'a [&'a str],
    args: &'a [&'a str],
    open: &'a [&'a str],
}

const CASE: Case =
    Case { image: OFFICIAL, env: &[], files: &[], mounts: &[], args: &[], open: &[] };

fn container(case: &Case) -> Container {
    let words = |words: &[&str]| match words {
        [] => Fact::Unset(HERE),
        words => {
            let words = words.iter().map(|w| Fact::written(Name::from(*w), HERE)).collect();
            Fact::written(words, HERE)
        }
    };
    let mount = |path: &&str| Mount {
        path: (*path).into(),
        source: MountSource::Opaque,
        sub_path: None,
        place: HERE,
    };
    Container {
        address: Address::new("c"),
        name: "db".into(),
        title: "container `db`".into(),
        node: Address::new("n"),
        place: HERE,
        whole: HERE,
        exists: Fact::written(true, HERE),
        image: Fact::written(case.image.into(), HERE),
        command: Fact::Unset(HERE),
        args: words(case.args),
        env: Vec::new(),
        env_from: Vec::new(),
        ports: Vec::new(),
        mounts: case.mounts.iter().map(mount).collect(),
    }
}

/// A variable's value; `$SECRET` and `$VAR` are what link makes of those.
fn value((index, (_, value)): (usize, &(&str, &str))) -> Fact<Name> {
    let at = Place { start: 10 + index as u32, end: 99, ..HERE };
    match *value {
        "$SECRET" => Fact::Unknown(Why::Environment("secret s/key".into()), at),
        "$VAR" => Fact::Unknown(Why::Environment("VAR".into()), at),
        value => Fact::written(value.into(), at),
    }
}

fn check(case: &Case, about: &str, expected: &[&str]) {
    let container = container(case);
    let files = files(case.files);
    let named = case.env.iter().enumerate().map(|(i, e)| (Name::from(e.0), value((i, e))));
    let program = Program {
        container: &container,
        env: named.collect(),
        env_open: None,
        declared: &[],
        files: (case.files.iter().zip(&files)).map(|((p, _), f)| (Name::from(*p), f)).collect(),
        files_open: (case.open.iter())
            .map(|p| (Name::from(*p), Why::NotHere("x".into()), HERE))
            .collect(),
    };
    let case = format!("{:?} {:?} {:?}", case.image, case.env, case.files);
    compare(&in_container(&program, &Catalog::default()), about, expected, &case);
}

fn check_env(image: &str, env: &[(&str, &str)], expected: &[&str]) {
    check(&Case { image, env, ..CASE }, "login defect", expected);
}

#[test]
fn variables_decide_who_gets_in() {
    let open = &["login default none any admin by default"];
    check_env(OFFICIAL, &[], &["login default none local admin by default"]);
    check_env("clickhouse", &[], &["login default none local admin by default"]);
    check_env("clickhouse/clickhouse-server:24.8-alpine", &[], open);
    check_env("clickhouse/clickhouse-server:25.1.2", &[], open);
    check_env(
        "clickhouse/clickhouse-server:24.3.2.1",
        &[],
        &["login default none ? admin by default"],
    );
    // The backport to 24.3 and 24.12 came with some release of theirs, to 25.1 with 25.1.3.23.
    check_env(
        "clickhouse/clickhouse-server:24.3",
        &[],
        &["login default none local admin by default"],
    );
    check_env("clickhouse:25.1.3.23", &[], &["login default none local admin by default"]);
    check_env("clickhouse/clickhouse-server:24.2", &[], open);
    check_env("clickhouse/clickhouse-server:24.11.1.1", &[], open);
    check_env("clickhouse:26.7.3.19-jammy", &[], &["login default none local admin by default"]);
    check_env(
        "clickhouse/clickhouse-server@sha256:0000",
        &[],
        &["login default none local admin by default"],
    );
    check_env("yandex/clickhouse-server:latest", &[], open);
    check_env(OFFICIAL, &[("CLICKHOUSE_USER", "app")], &["login app none any"]);
    check_env(
        OFFICIAL,
        &[("CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT", "1")],
        &["login default none any admin"],
    );
    check_env(OFFICIAL, &[("CLICKHOUSE_SKIP_USER_SETUP", "1")], open);
    check_env(
        OFFICIAL,
        &[("CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT", "0")],
        &["login default none local admin by default"],
    );
    check_env(OFFICIAL, &[("CLICKHOUSE_USER", "")], &["login default none local admin by default"]);
    check_env(OFFICIAL, &[("CLICKHOUSE_DB", "d")], &["login default none local admin by default"]);
    check_env(
        OFFICIAL,
        &[("CLICKHOUSE_SKIP_USER_SETUP", "1"), ("CLICKHOUSE_PASSWORD", "x-9")],
        open,
    );
    check_env(
        OFFICIAL,
        &[("CLICKHOUSE_SKIP_USER_SETUP", "true")],
        &["login default none local admin by default"],
    );
    check_env(
        OFFICIAL,
        &[("CLICKHOUSE_PASSWORD", "")],
        &["login default none local admin by default"],
    );
    check_env(OFFICIAL, &[("CLICKHOUSE_PASSWORD", "x-9")], &["login default password any"]);
    check_env(OFFICIAL, &[("CLICKHOUSE_PASSWORD", "$SECRET")], &["login default password any"]);
    check_env(OFFICIAL, &[("CLICKHOUSE_PASSWORD_FILE", "/run/p")], &["login default password any"]);
    check_env(
        OFFICIAL,
        &[("CLICKHOUSE_USER", "app"), ("CLICKHOUSE_PASSWORD", "$VAR")],
        &["login app ? any"],
    );
    check_env(
        OFFICIAL,
        &[("CLICKHOUSE_USER", "clickhouse"), ("CLICKHOUSE_PASSWORD", "clickhouse")],
        &["login clickhouse default-password any"],
    );
}

#[test]
fn mounted_files_decide_as_well() {
    let check_file = |path: &str, text: &str, expected: &[&str]| {
        let path = format!("/etc/clickhouse-server/{path}");
        check(&Case { files: &[(&path, text)], ..CASE }, "login", expected);
    };
    check_file(
        "users.d/a.xml",
        "<clickhouse><users><default><profile>x</profile></default></users></clickhouse>",
        &["login default none any admin by default"],
    );
    check_file(
        "users.d/a.xml",
        "<clickhouse><profiles><default/></profiles></clickhouse>",
        &["login default none local admin by default"],
    );
    check_file(
        "users.xml",
        "<clickhouse><users><default><password/><networks><ip>::/0</ip></networks></default>\
         <api><password>api</password></api></users></clickhouse>",
        &["login default none local", "login api default-password any"],
    );
    let reopened = "<clickhouse><users><default><networks><ip>::/0</ip></networks></default></users>\
                    </clickhouse>";
    let files = [("/etc/clickhouse-server/users.d/zz.xml", reopened)];
    let env = [("CLICKHOUSE_PASSWORD", "x-9")];
    check(&Case { files: &files, env: &env, ..CASE }, "login", &["login default password any"]);
}

#[test]
fn a_file_that_says_of_the_shipped_user_what_holds_already_keeps_it_open() {
    let case = |text: &str, expected: &[&str]| {
        let files = [("/etc/clickhouse-server/users.d/default-password.xml", text)];
        check(&Case { files: &files, ..CASE }, "login", expected);
    };
    let same = "<clickhouse>\n  <users>\n    <default>\n      <password></password>\n      \
                <networks>\n        <ip>::/0</ip>\n      </networks>\n    </default>\n  </users>\n\
                </clickhouse>";
    case(same, &["login default none any admin"]);
    // Without a blank in it nothing is added.
    let blank = |c: char| c == '\n' || c == ' ';
    case(&same.replace(blank, ""), &["login default none local admin"]);
    let another =
        "<clickhouse>\n  <users>\n    <a>\n <no_password/> </a>\n  </users>\n</clickhouse>";
    case(another, &["login default none local admin by default", "login a none any"]);
}

#[test]
fn a_replaced_command_leaves_the_shipped_user() {
    let open = &["login default none any admin by default"];
    check(&Case { args: &["bash", "-c", "x"], ..CASE }, "login", open);
    check(
        &Case { args: &["--", "--x=1"], ..CASE },
        "login",
        &["login default none local admin by default"],
    );
}

#[test]
fn an_option_replaces_the_first_of_two_listen_hosts_only() {
    let case = Case { args: &["--", "--listen_host=127.0.0.1", "--http_port=8124"], ..CASE };
    let expected = [
        "port 8124 any v4",
        "port 9000 any v4",
        "port 9004 any v4",
        "port 9005 any v4",
        "port 9009 any v4 open",
    ];
    check(&case, "port", &expected);
}

#[test]
fn the_image_listens_unless_its_file_is_hidden() {
    check(
        &CASE,
        "port",
        &["port 8123 any", "port 9000 any", "port 9004 any", "port 9005 any", "port 9009 any open"],
    );
    let mounts = &["/etc/clickhouse-server/config.d/"];
    let closed = "<clickhouse><mysql_port remove='1'/><postgresql_port remove='1'/>\
                  <interserver_http_port remove='1'/></clickhouse>";
    let files = &[("/etc/clickhouse-server/config.d/p.xml", closed)];
    check(&Case { files, mounts, ..CASE }, "port", &["port 8123 local", "port 9000 local"]);
    let open = &["/etc/clickhouse-server/config.d"];
    check(
        &Case { files, open, ..CASE },
        "port login",
        &["port 8123 ?", "port 9000 ?", "login default none local admin by default"],
    );
    let open = &["/etc/clickhouse-server/users.d/x.xml"];
    check(&Case { open, ..CASE }, "login", &["login default ? ? admin"]);
}

#[test]
fn bitnami_asks_for_a_password_unless_told_otherwise() {
    let image = "docker.io/bitnami/clickhouse:25.7.5-debian-12-r0";
    check_env(image, &[], &["defect no-start"]);
    check_env(image, &[("ALLOW_EMPTY_PASSWORD", "yes")], &["login default none any admin"]);
    check_env(
        image,
        &[("CLICKHOUSE_ADMIN_USER", "root"), ("CLICKHOUSE_ADMIN_PASSWORD", "$SECRET")],
        &["login root password any admin"],
    );
}

#[test]
fn what_the_image_writes_down_is_kept_for_ever() {
    check(
        &CASE,
        "log keep",
        &[
            "log server-log trace on",
            "log query-log -on",
            "keep system.query_log system-log [logs] forever by default",
            "keep system.query_views_log system-log [logs] forever by default",
            "keep system.text_log system-log [logs] forever by default",
            "keep system.opentelemetry_span_log system-log [logs] forever by default",
            "keep system.asynchronous_insert_log system-log [logs] 3 days by default",
        ],
    );
}

#[test]
fn scripts_of_the_first_start_make_tables_and_users() {
    let sql = "CREATE TABLE logs (d Date) ENGINE = MergeTree ORDER BY d;\
               CREATE USER app IDENTIFIED BY 'app'; GRANT ALL ON *.* TO app;\
               CREATE USER ro HOST LOCAL;";
    let files = &[("/docker-entrypoint-initdb.d/a.sql", sql)];
    let env = &[("CLICKHOUSE_PASSWORD", "x-9")];
    check(
        &Case { env, files, ..CASE },
        "login secret",
        &[
            "login default password any",
            "login app default-password any admin",
            "login ro none local",
            "secret c/sql/user/app/password known",
        ],
    );
}

#[test]
fn a_variable_may_name_the_users_file() {
    let folder = "/etc/clickhouse-server";
    let (main, people) = (format!("{folder}/config.d/u.xml"), format!("{folder}/people.xml"));
    let users = "<clickhouse><profiles><default/></profiles><quotas><default/></quotas>\
                 <users><a><password>x-1</password></a></users></clickhouse>";
    let main_text = "<clickhouse><users_config from_env='FILE'/></clickhouse>";
    let files = &[(main.as_str(), main_text), (people.as_str(), users)];
    let env = &[("FILE", "people.xml"), ("CLICKHOUSE_SKIP_USER_SETUP", "1")];
    check(&Case { env, files, ..CASE }, "login", &["login a password any"]);
}
