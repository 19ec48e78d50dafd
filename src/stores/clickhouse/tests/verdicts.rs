//! One server with a main file, a users file and one file laid over each.

use super::*;

const MAIN: &str = "<clickhouse><http_port>8123</http_port><path>/d/</path>\
    <users_config>users.xml</users_config>MORE</clickhouse>";
const USERS: &str = "<clickhouse><profiles/><users>MORE</users></clickhouse>";

/// What `config.d/m.xml` says over a main file with `main` in it.
fn check_ports(row: u32, main: &str, over: &str, expected: &[&str]) {
    let (main, over) = (MAIN.replace("MORE", main), format!("<clickhouse>{over}</clickhouse>"));
    let files = files(&[("s/config.xml", &main), ("s/config.d/m.xml", &over)]);
    let files: Vec<&ConfigFile> = files.iter().collect();
    compare(&on_disk(&files), "port", expected, &format!("row {row}"));
}

/// What `users.d/m.xml` says over a users file with `base` in it.
fn check_users(row: u32, base: &str, over: &str, expected: &[&str]) {
    let (main, base) = (MAIN.replace("MORE", ""), USERS.replace("MORE", base));
    let over = format!("<clickhouse>{over}</clickhouse>");
    let files =
        files(&[("s/config.xml", &main), ("s/users.xml", &base), ("s/users.d/m.xml", &over)]);
    let files: Vec<&ConfigFile> = files.iter().collect();
    compare(&on_disk(&files), "login defect", expected, &format!("row {row}"));
}

const EMPTY: &str = "<default><password></password><networks><ip>::/0</ip></networks></default>";

#[test]
fn listeners() {
    let two = "<listen_host>10.0.0.1</listen_host><listen_host>::</listen_host>";
    let one = "<listen_host>::1</listen_host>";
    check_ports(1, "", "", &["port 8123 local"]);
    check_ports(2, "<listen_host>::</listen_host>", "", &["port 8123 any"]);
    check_ports(2, "<listen_host>0.0.0.0</listen_host>", "", &["port 8123 any v4"]);
    check_ports(3, two, one, &["port 8123 any"]);
    check_ports(4, two, "<listen_host replace=\"1\">::1</listen_host>", &["port 8123 any"]);
    check_ports(
        5,
        one,
        "<listen_host>::1</listen_host><listen_host>::</listen_host>",
        &["port 8123 any"],
    );
    let swapped = "<listen_host>::</listen_host><listen_host>::1</listen_host>";
    check_ports(6, swapped, "<listen_host remove=\"0\"/>", &["port 8123 local"]);
    check_ports(8, "", "<http_port remove=\"1\"/>", &[]);
    check_ports(9, "", "<http_port/>", &[]);
    let member = |id: u32, port: u32| {
        format!("<server><id>{id}</id><hostname>k{id}</hostname><port>{port}</port></server>")
    };
    let keeper = |more: &str| {
        let raft = member(1, 9234) + &member(2, 9235);
        format!(
            "<keeper_server><tcp_port>9181</tcp_port><server_id>2</server_id>\
             <raft_configuration>{raft}</raft_configuration></keeper_server>{more}"
        )
    };
    let ports = ["port 8123 local", "port 9181 local open", "port 9235 any open"];
    check_ports(10, "", &keeper(""), &ports);
    let between = "<interserver_listen_host>10.0.0.1</interserver_listen_host>";
    let ports = ["port 8123 local", "port 9181 local open", "port 9235 1 ranges open"];
    check_ports(11, "", &keeper(between), &ports);
    let protocol = "<protocols><p><type>http</type><host>0.0.0.0</host><port>8080</port></p>\
                    </protocols>";
    check_ports(12, "", protocol, &["port 8123 local", "port 8080 any v4"]);
    check_ports(
        13,
        "",
        "<https_port>8443</https_port>",
        &["port 8123 local", "port 8443 local tls"],
    );
    let nine = "<interserver_http_port>9009</interserver_http_port>";
    check_ports(
        14,
        nine,
        "<listen_host>::</listen_host>",
        &["port 8123 any", "port 9009 any open"],
    );
    let locked = "<interserver_http_credentials><user>a</user></interserver_http_credentials>";
    check_ports(14, nine, locked, &["port 8123 local", "port 9009 local"]);
    let empty = "<interserver_http_credentials><allow_empty>true</allow_empty>\
                 </interserver_http_credentials>";
    check_ports(15, nine, empty, &["port 8123 local", "port 9009 local open"]);
    check_ports(
        16,
        "<prometheus><port>9363</port></prometheus>",
        "",
        &["port 8123 local", "port 9363 local open"],
    );
    check_ports(
        18,
        "<keeper_server><tcp_port>9181</tcp_port></keeper_server>",
        "",
        &["port 8123 local", "port 9181 local open"],
    );
}

#[test]
fn a_handler_with_a_user_of_its_own_asks_for_no_login() {
    let rule = |kind: &str, more: &str| {
        format!(
            "<http_handlers><rule><handler><type>{kind}</type>{more}</handler></rule>\
             </http_handlers>"
        )
    };
    let query =
        |q: &str| rule("predefined_query_handler", &format!("<user>a</user><query>{q}</query>"));
    let open = &["port 8123 local open"];
    let asked = &["port 8123 local"];
    check_ports(17, "", &rule("dynamic_query_handler", "<user>a</user>"), open);
    check_ports(17, "", &query("SELECT * FROM orders"), open);
    check_ports(17, "", &query("SELECT 1"), asked);
    check_ports(17, "", &query("SELECT value FROM system.metrics"), asked);
    check_ports(17, "", &rule("dynamic_query_handler", ""), asked);
    check_ports(17, "", &rule("static", "<user>a</user>"), asked);
}

#[test]
fn a_protocol_and_prometheus_may_have_rules_of_their_own() {
    let rule = |name: &str, kind: &str| {
        format!("<{name}><handler><type>{kind}</type><user>a</user></handler></{name}>")
    };
    let entry = |handlers: &str| {
        format!("<protocols><p><type>http</type><port>1</port>{handlers}</p></protocols>")
    };
    let own = entry("<handlers>mine</handlers>");
    let mine = format!("<mine>{}</mine>", rule("rule", "dynamic_query_handler"));
    check_ports(17, "", &(own.clone() + &mine), &["port 8123 local", "port 1 local open"]);
    check_ports(17, "", &own, &["port 8123 local", "port 1 local"]);
    let shared =
        format!("<http_handlers>{}</http_handlers>", rule("rule", "dynamic_query_handler"));
    check_ports(17, "", &(own + &shared), &["port 8123 local open", "port 1 local"]);
    let both = ["port 8123 local open", "port 1 local open"];
    check_ports(17, "", &(entry("<handlers/>") + &shared), &both);
    let prometheus = |rules: &str| format!("<prometheus><port>2</port>{rules}</prometheus>");
    let handlers = format!("<handlers>{}</handlers>", rule("mine", "remote_read"));
    let main = MAIN.replace("MORE", &prometheus(&handlers));
    let files = files(&[("s/config.xml", &main)]);
    let parts = on_disk(&[&files[0]]);
    let roles = parts.stores[0].endpoints.iter().map(|e| &*e.role);
    assert_eq!(roles.collect::<Vec<_>>(), ["data+admin", "data"]);
}

#[test]
fn every_protocol_listens_and_asks_as_the_server_does() {
    let kinds = ["tcp", "http", "mysql", "postgres", "prometheus", "interserver", "proxy1"];
    let entries = kinds.iter().enumerate().map(|(port, kind)| {
        format!("<{kind}_x><type>{kind}</type><port>{}</port></{kind}_x>", port + 1)
    });
    let protocols = format!("<protocols>{}</protocols>", entries.collect::<String>());
    let ports = |replicas: &'static str| {
        [
            "port 8123 local",
            "port 1 local",
            "port 2 local",
            "port 3 local",
            "port 4 local",
            "port 5 local open",
            replicas,
            "port 7 local",
        ]
    };
    check_ports(12, "", &protocols, &ports("port 6 local open"));
    let locked = "<interserver_http_credentials><user>a</user></interserver_http_credentials>";
    check_ports(12, locked, &protocols, &ports("port 6 local"));
    let grpc =
        |ssl: u8| format!("<grpc_port>9100</grpc_port><grpc><enable_ssl>{ssl}</enable_ssl></grpc>");
    check_ports(13, "", &grpc(1), &["port 8123 local", "port 9100 local tls"]);
    check_ports(13, "", &grpc(0), &["port 8123 local", "port 9100 local"]);
    check_ports(13, "", "<grpc_port>9100</grpc_port>", &["port 8123 local", "port 9100 local"]);
}

#[test]
fn what_the_coordination_service_holds_is_nobody_s_guess() {
    check_ports(0, "", "<http_port from_zk=\"/p\"/>", &["port ? local"]);
    check_ports(0, "", "<listen_host from_zk=\"/h\"/>", &["port 8123 ?"]);
    let over = |tag: &str| format!("<users><default>{tag}</default></users>");
    check_users(32, EMPTY, &over("<password from_zk=\"/x\"/>"), &["login default ? any"]);
    let networks = "<networks from_zk=\"/n\" replace=\"1\"/>";
    check_users(32, EMPTY, &over(networks), &["login default none ?"]);
}

#[test]
fn of_several_methods_the_weakest_counts() {
    let user = |methods: &str| format!("<default><auth_methods>{methods}</auth_methods></default>");
    let hash = format!("<b><password_sha256_hex>{}</password_sha256_hex></b>", "ab12".repeat(16));
    let ldap = "<c><ldap><server>s</server></ldap></c>";
    check_users(0, &user(&format!("<a><password/></a>{hash}")), "", &["login default none any"]);
    check_users(0, &user(&(hash + ldap)), "", &["login default password any"]);
    check_users(0, &user(ldap), "", &["login default external any"]);
    check_users(0, &user(""), "", &["login default ? any"]);
    let both =
        user("<a><password>x-1</password></a>").replace("<default>", "<default><no_password/>");
    check_users(0, &both, "", &["login default password any", "defect no-start"]);
}

#[test]
fn what_the_server_document_forbids_stops_the_server() {
    let check = |row: u32, setting: &str, user: &str, expected: &[&str]| {
        let main = MAIN.replace("MORE", &format!("<{setting}>0</{setting}>"));
        let users = USERS.replace("MORE", &format!("<a>{user}</a>"));
        let files = files(&[("s/config.xml", &main), ("s/users.xml", &users)]);
        let files: Vec<&ConfigFile> = files.iter().collect();
        compare(&on_disk(&files), "defect", expected, &format!("row {row}"));
    };
    check(41, "allow_no_password", "<password></password>", &[]);
    check(42, "allow_no_password", "<no_password/>", &["defect no-start"]);
    check(43, "allow_plaintext_password", "<password></password>", &["defect no-start"]);
}

#[test]
fn a_tls_layer_makes_an_endpoint_encrypted_whatever_its_name() {
    let chain = "<protocols><plain><type>http</type></plain><web><type>tls</type><impl>plain</impl>\
                 <port>8444</port></web></protocols>";
    check_ports(0, "", chain, &["port 8123 local", "port 8444 local tls"]);
    let circle = "<protocols><a><type>tls</type><impl>a</impl><port>1</port></a></protocols>";
    check_ports(0, "", circle, &["port 8123 local", "port 1 local tls"]);
}

#[test]
fn passwords() {
    let none = &["login default none any"];
    let asked = &["login default password any"];
    let strong = EMPTY.replace("<password></password>", "<password>s3cr3t-x</password>");
    let over = |tag: &str| format!("<users><default>{tag}</default></users>");
    check_users(25, EMPTY, "", none);
    check_users(26, "<default><no_password/></default>", "", &["login default none any"]);
    check_users(27, "<default><no_password>0</no_password></default>", "", none);
    check_users(28, EMPTY, &over("<password>pw1</password>"), asked);
    check_users(29, EMPTY, &over("<password hide_in_preprocessed=\"true\">pw1</password>"), none);
    check_users(30, &strong, &over("<password/>"), none);
    check_users(31, EMPTY, &over("<password from_env=\"P\"/>"), &["login default ? any"]);
    check_users(33, "<default><password> </password></default>", "", asked);
    check_users(
        34,
        "<default><password><![CDATA[abc]]></password></default>",
        &over("<password></password>"),
        asked,
    );
    let hash = format!("<password_sha256_hex>{}</password_sha256_hex>", "ab12".repeat(16));
    check_users(35, EMPTY, &over(&hash), &["login default password any", "defect no-start"]);
    check_users(36, EMPTY, &over(&format!("<password remove=\"1\"/>{hash}")), asked);
    check_users(
        37,
        "<default><password_sha256_hex/></default>",
        "",
        &["login default password any", "defect no-start"],
    );
    let empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    check_users(
        38,
        &format!("<default><password_sha256_hex>{empty_hash}</password_sha256_hex></default>"),
        "",
        none,
    );
    check_users(39, "<default></default>", "", &["defect no-start"]);
    check_users(40, "<default><Password>x</Password></default>", "", &["defect no-start"]);
    check_users(
        44,
        EMPTY,
        "<users><default remove=\"1\"/><a><password>b</password></a></users>",
        &["login a password any"],
    );
    check_users(
        45,
        EMPTY,
        "<users replace=\"1\"><default><profile>x</profile></default></users>",
        &["defect no-start"],
    );
    check_users(
        47,
        EMPTY,
        "<users><a><password>b</password></a></users><users><c/></users>",
        &["login default none any", "login a password any"],
    );
    let bobs = "<bob><password>1</password></bob><bob><password>2</password></bob>";
    check_users(48, bobs, "", &["login bob password any", "login bob[1] password any"]);
}

#[test]
fn networks() {
    let with = |networks: &str| {
        format!("<default><password></password><networks>{networks}</networks></default>")
    };
    let over = |n: &str| format!("<users><default><networks{n}</networks></default></users>");
    let any = &["login default none any"];
    let two = with("<ip>192.168.0.0/16</ip><ip>::/0</ip>");
    check_users(55, "<default><password></password></default>", "", any);
    check_users(56, &with(""), "", &["login default none nobody"]);
    check_users(57, EMPTY, &over("><ip>10.0.0.0/8</ip>"), &["login default none 1 ranges"]);
    check_users(58, &two, &over("><ip>10.0.0.0/8</ip>"), any);
    check_users(
        59,
        &two,
        &over(" replace=\"1\"><ip>10.0.0.0/8</ip>"),
        &["login default none 1 ranges"],
    );
    check_users(60, EMPTY, &over("><host>app.internal</host>"), any);
    check_users(60, &with("<host>app.internal</host>"), "", &["login default none ?"]);
    check_users(61, &with("<ip>10.1.2.3/0</ip>"), "", any);
    check_users(62, &with("<host_regexp>.*</host_regexp>"), "", any);
    check_users(63, &with("<ip>127.0.0.1</ip>"), "", &["login default none local"]);
    let refused = &["login default none any", "defect no-start"];
    check_users(64, &with("<ip> 10.0.0.0/8 </ip><ip>::/0</ip>"), "", refused);
    check_users(65, &with("<network>10.0.0.0/8</network><ip>::/0</ip>"), "", refused);
    check_users(66, &EMPTY.replace("<networks>", "<networks incl=\"networks\">"), "", any);
}

#[test]
fn what_belongs_to_the_users_file_has_no_effect_beside_the_server_s() {
    let (main, users) = (MAIN.replace("MORE", ""), USERS.replace("MORE", EMPTY));
    let check = |path: &str, over: &str, expected: &[&str]| {
        let over = format!("<clickhouse>{over}</clickhouse>");
        let files = files(&[("s/config.xml", &main), ("s/users.xml", &users), (path, &over)]);
        let files: Vec<&ConfigFile> = files.iter().collect();
        compare(&on_disk(&files), "defect", expected, over.as_str());
    };
    let profiles = "<profiles><default><log_queries>0</log_queries></default></profiles>";
    check("s/config.d/p.xml", profiles, &["defect no-effect"]);
    check("s/config.d/p.xml", "<quotas><default/></quotas>", &["defect no-effect"]);
    check("s/users.d/p.xml", profiles, &[]);
    check("s/conf.d/p.xml", profiles, &[]);
}

#[test]
fn an_attribute_on_the_root_replaces_nothing() {
    let (main, users) = (MAIN.replace("MORE", ""), USERS.replace("MORE", EMPTY));
    let over = "<clickhouse replace='true'><users><default><networks><ip>::/0</ip></networks>\
                </default></users></clickhouse>";
    let files =
        files(&[("s/config.xml", &main), ("s/users.xml", &users), ("s/users.d/m.xml", over)]);
    let files: Vec<&ConfigFile> = files.iter().collect();
    let expected = ["login default none any", "defect no-effect"];
    compare(&on_disk(&files), "login defect", &expected, "row 46");
}

#[test]
fn a_document_includes_from_what_it_names_itself() {
    let included = "<clickhouse><networks><ip>10.0.0.1</ip></networks></clickhouse>";
    let user = "<default><password/><networks incl='networks' replace='1'><ip>::/0</ip></networks>\
                </default>";
    let named = "<include_from>/etc/metrika.xml</include_from>";
    let check =
        |row: u32, main: &str, users: &str, included: &[(&str, &str)], expected: &[&str]| {
            let main = MAIN.replace("MORE", main);
            let users = USERS.replace("MORE", user).replace("<profiles/>", users);
            let mut texts = vec![("s/config.xml", &*main), ("s/users.xml", &*users)];
            texts.extend(included);
            let files = files(&texts);
            let files: Vec<&ConfigFile> = files.iter().collect();
            compare(&on_disk(&files), "login", expected, &format!("row {row}"));
        };
    let here = &[("s/metrika.xml", included)];
    check(66, "", "<profiles/>", &[], &["login default none any"]);
    check(67, named, "<profiles/>", here, &["login default none any"]);
    check(68, "", named, here, &["login default none 1 ranges"]);
    check(68, "", named, &[], &["login default none ?"]);
}

#[test]
fn included_elements_stand_beside_their_like_unless_they_are_to_be_merged() {
    let laugh = |n: u32| format!("<l{n}><a incl='l{0}'/><b incl='l{0}'/></l{n}>", n + 1);
    let laughs = (0..40).map(laugh).collect::<Vec<_>>().concat();
    let included = format!(
        "<clickhouse><u><users><b><password>x</password></b></users></u>{laughs}</clickhouse>"
    );
    let check = |include: &str, expected: &[&str]| {
        let main = MAIN.replace("MORE", "");
        let named = format!("<include_from>/etc/i.xml</include_from>{include}");
        let users = USERS.replace("MORE", EMPTY).replace("<profiles/>", "");
        let users = users.replace("</clickhouse>", &format!("{named}</clickhouse>"));
        let files =
            files(&[("s/config.xml", &main), ("s/users.xml", &users), ("s/i.xml", &included)]);
        let files: Vec<&ConfigFile> = files.iter().collect();
        compare(&on_disk(&files), "login", expected, &format!("row 49 {include}"));
    };
    check("<include incl='u'/>", &["login default none any"]);
    let both = &["login default none any", "login b password any"];
    check("<include incl='u' merge='true'/>", both);
    check("<x incl='l0'/>", &["login default none any"]);
}

#[test]
fn folders_are_called_after_the_file() {
    let main = MAIN.replace("MORE", "").replace("users.xml", "people.xml");
    let user = |n: &str| {
        format!("<clickhouse><users><{n}><password>p</password></{n}></users></clickhouse>")
    };
    let port = |n: u32| format!("<clickhouse><http_port>{n}</http_port></clickhouse>");
    let all = [
        ("s/node.xml", main),
        ("s/people.xml", user("a")),
        ("s/people.d/u.xml", user("b")),
        ("s/conf.d/u.xml", user("c")),
        ("s/node.d/10.xml", port(1)),
        ("s/node.d/9.xml", port(2)),
    ];
    let texts: Vec<(&str, &str)> = all.iter().map(|(p, t)| (*p, t.as_str())).collect();
    let files = files(&texts);
    let files: Vec<&ConfigFile> = files.iter().collect();
    compare(
        &on_disk(&files),
        "store port login",
        &[
            "store ch:s/node.xml ClickHouse in `s/node.xml`",
            "port 2 local",
            "login a password any",
            "login c password any",
            "login b password any",
        ],
        "row 51",
    );
}

#[test]
fn files_are_merged_where_and_when_the_server_does() {
    let main = MAIN.replace("MORE", "");
    let users = USERS.replace("MORE", "<a><password>x</password></a>");
    let port = |n: u32| format!("<clickhouse><http_port>{n}</http_port></clickhouse>");
    let user = |n: &str| {
        format!("<clickhouse><users><{n}><password>p</password></{n}></users></clickhouse>")
    };
    let all = [
        ("s/config.xml", main),
        ("s/users.xml", users),
        ("s/config.d/10.xml", port(1)),
        ("s/config.d/9.xml", port(2)),
        ("s/conf.d/z.xml", port(3)),
        ("s/config.d/.hidden.xml", port(4)),
        ("s/conf.d/u.xml", user("b")),
        ("s/users.d/u.xml", user("c")),
        ("s/config.d/u.xml", user("d")),
        ("s/users.d/y.yaml", "users:\n  e:\n    password:\n      - '@from_env': X\n".into()),
        (
            "s/config.d/y.yaml",
            "clickhouse:\n  listen_host: '::'\nhttp_port: 6\nlogger: {}\n".into(),
        ),
    ];
    let texts: Vec<(&str, &str)> = all.iter().map(|(p, t)| (*p, t.as_str())).collect();
    let files = files(&texts);
    let files: Vec<&ConfigFile> = files.iter().collect();
    compare(
        &on_disk(&files),
        "port login defect",
        &[
            "port 6 local",
            "login a password any",
            "login b password any",
            "login c password any",
            "login e ? any",
            "defect no-effect",
            "defect no-effect",
        ],
        "",
    );
}

#[test]
fn files_of_many_siblings_are_merged_in_reasonable_time() {
    let many = |name: &str| -> String {
        let hosts = (0..20_000).map(|n| format!("<{name}>10.{}.{}.1</{name}>", n / 250, n % 250));
        hosts.collect::<Vec<_>>().concat()
    };
    let main = MAIN.replace("MORE", &many("listen_host"));
    let over = format!("<clickhouse>{}</clickhouse>", many("listen_host"));
    let networks = format!("<a><password/><networks>{}</networks></a>", many("ip"));
    let users = USERS.replace("MORE", &networks);
    let files =
        files(&[("s/config.xml", &main), ("s/config.d/m.xml", &over), ("s/users.xml", &users)]);
    let files: Vec<&ConfigFile> = files.iter().collect();
    compare(
        &on_disk(&files),
        "port login",
        &["port 8123 20000 ranges", "login a none 20000 ranges"],
        "",
    );
}

/// `openSSL` as written, with a replica under TLS; the oldest version, whether nodes are checked,
/// and the ports.
fn check_tls(server: &str, client: &str, expected: &str) {
    let text = format!(
        "<clickhouse><listen_host>::</listen_host><https_port>8443</https_port><openSSL>\
         <server>{server}</server><client>{client}</client></openSSL><remote_servers><c><shard>\
         <replica><host>b.example</host><secure>1</secure></replica></shard></c></remote_servers>\
         </clickhouse>"
    );
    let files = files(&[("config.xml", &text)]);
    let parts = on_disk(&[&files[0]]);
    let store = &parts.stores[0];
    let version = shown(&store.tls_version, ToString::to_string) + basis(&store.tls_version);
    let nodes = shown(&store.upstream_tls, |on| if *on { "checked" } else { "unchecked" }.into());
    let secure = store.endpoints.iter().filter(|e| e.tls.known() == Some(&true));
    let binds: Vec<String> = secure.map(|e| shown(&e.bind, addresses)).collect();
    assert_eq!(format!("{version}; {nodes}; {}", binds.join(" ")), expected, "{server} {client}");
}

#[test]
fn versions_of_tls_are_those_that_poco_admits() {
    let off = |words: &str| format!("<disableProtocols>{words}</disableProtocols>");
    let require = |version: &str| format!("<requireTLSv{version}>true</requireTLSv{version}>");
    check_tls("", "", "- unset; -; any");
    check_tls(&off("sslv2,sslv3"), "", "- unset; -; any");
    check_tls(&off("sslv2,sslv3,tlsv1,tlsv1_1"), "", "1.2; -; any");
    check_tls(&off("tlsv1 ; tlsv1_1"), "", "1.2; -; any");
    check_tls(&off("TLSv1,TLSv1_1"), "", "- unset; -; any");
    check_tls(&off("tlsv1,tlsv1_1,tlsv1_2"), "", "1.3; -; any");
    check_tls(&off("tlsv1,tlsv1_1,tlsv1_3"), "", "1.2; -; any");
    check_tls(&require("1_2"), "", "1.2 by guess; -; any");
    check_tls(&require("1_1"), "", "1.1 by guess; -; any");
    check_tls(&require("1"), "", "1.0 by guess; -; any");
    check_tls(&(off("tlsv1,tlsv1_1,tlsv1_2") + &require("1_2")), "", "1.2 by guess; -; any");
    check_tls("<requireTLSv1_2>false</requireTLSv1_2>", "", "- unset; -; any");
}

#[test]
fn certificates_are_checked_as_the_verification_mode_says() {
    let mode = |word: &str| format!("<verificationMode>{word}</verificationMode>");
    for word in ["none", "relaxed", "once"] {
        check_tls(&mode(word), "", "- unset; -; any");
    }
    check_tls(&mode("strict"), "", "- unset; -; ?");
    check_tls("", &mode("none"), "- unset; unchecked; any");
    check_tls("", &mode("relaxed"), "- unset; -; any");
    let handler = |name: &str| {
        format!("<invalidCertificateHandler><name>{name}</name></invalidCertificateHandler>")
    };
    check_tls("", &handler("AcceptCertificateHandler"), "- unset; unchecked; any");
    check_tls("", &handler("RejectCertificateHandler"), "- unset; -; any");
}
