//! What accounts may do once they are in.

use super::*;

fn check_user(profile: &str, user: &str, expected: &str) {
    let text = format!(
        "<clickhouse><profiles><default>{profile}</default><reader><readonly>1</readonly></reader>\
         <writer><readonly>0</readonly></writer>\
         <child><profile>reader</profile></child></profiles><quotas><default/></quotas>\
         <users><u><password></password>{user}</u></users></clickhouse>"
    );
    let files = files(&[("users.xml", &text)]);
    let parts = on_disk(&[&files[0]]);
    let login = &parts.stores[0].logins.iter().find(|l| &*l.name == "u").unwrap();
    assert_eq!(shown(&login.rights, ToString::to_string), expected, "{text}");
}

#[test]
fn profiles_and_grants_limit_an_account() {
    check_user("", "", "write");
    check_user("", "<access_management>1</access_management>", "admin");
    check_user("<readonly>1</readonly>", "<access_management>1</access_management>", "read");
    check_user("<readonly>2</readonly>", "", "read");
    check_user("<readonly>0</readonly>", "", "write");
    check_user("<readonly>1</readonly>", "<profile>other</profile>", "read");
    check_user("<readonly>1</readonly>", "<profile>writer</profile>", "write");
    check_user("", "<profile>child</profile>", "read");
    check_user("<allow_ddl>0</allow_ddl>", "", "data");
    check_user("", "<allow_databases><database>d</database></allow_databases>", "some");
    check_user("", "<grants/>", "nothing");
    check_user("", "<grants><query>GRANT SELECT, INSERT ON d.*</query></grants>", "some");
    check_user("", "<grants><query>GRANT SELECT ON *.*</query></grants>", "read");
    check_user("", "<grants><query>GRANT SHOW ON *.*</query></grants>", "some");
    check_user("", "<grants><query>GRANT ALL ON *.*</query></grants>", "admin");
    check_user("", "<grants><query>GRANT ALL ON d.*</query></grants>", "some");
    check_user(
        "",
        "<grants><query>GRANT SHOW ON *.*</query><query>GRANT ALL ON *.* WITH GRANT OPTION</query>\
         </grants>",
        "admin",
    );
}

fn check_sql(text: &str, expected: &str) {
    let files = files(&[("clickhouse/users.sql", &format!("CREATE USER u;{text}"))]);
    let allowed = sql_users::Allowed::of(
        &read::Reader { env: &|_| Fact::Unset(HERE), shipped: HERE, assumed: false },
        &shipped::server(HERE),
    );
    let logins = sql_users::logins(&[&files[0]], &allowed);
    let login = &logins["u"];
    let mut found = shown(&login.rights, ToString::to_string);
    if login.admin.known() == Some(&true) && found != "admin" {
        found += " admin";
    }
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_user_that_sql_creates_may_do_what_it_is_granted() {
    check_sql("", "nothing");
    check_sql("GRANT SELECT ON *.* TO u", "read");
    check_sql("GRANT SELECT ON d.t TO u", "some");
    check_sql("GRANT ALL ON *.* TO u WITH GRANT OPTION", "admin");
    check_sql("CREATE ROLE r; GRANT SELECT ON *.* TO r; GRANT r TO u", "read");
    check_sql("GRANT elsewhere TO u", "?");
    check_sql("GRANT a TO b; GRANT b TO a; GRANT a TO u", "?");
    check_sql("GRANT ON CLUSTER c SELECT ON *.* TO u", "read");
}

#[test]
fn what_is_taken_back_is_gone() {
    check_sql("GRANT ALL ON *.* TO u; REVOKE ALL ON *.* FROM u", "nothing");
    check_sql("GRANT ALL ON *.* TO u; REVOKE ON CLUSTER c ALL PRIVILEGES ON *.* FROM u", "nothing");
    check_sql("GRANT SELECT ON *.* TO u; revoke select on *.* from u", "nothing");
    check_sql("GRANT ALL ON *.* TO u; REVOKE INSERT ON *.* FROM u", "most admin");
    check_sql("GRANT ALL ON d.* TO u; REVOKE INSERT ON d.* FROM u", "some");
    check_sql("GRANT SELECT ON *.* TO u; REVOKE SELECT ON d.t FROM u", "some");
    check_sql("GRANT SELECT ON *.* TO u; REVOKE SELECT ON *.* FROM other", "read");
    check_sql("REVOKE ALL ON *.* FROM u; GRANT SELECT ON *.* TO u", "read");
    check_sql(
        "GRANT ALL ON *.* TO u WITH GRANT OPTION; REVOKE GRANT OPTION FOR ALL ON *.* FROM u",
        "admin",
    );
    check_sql("GRANT ALL ON *.* TO u WITH GRANT OPTION; REVOKE DROP ON *.* FROM u", "most admin");
    check_sql("GRANT ALL ON *.* TO u; REVOKE ACCESS MANAGEMENT ON *.* FROM u", "write");
    check_sql("GRANT ALL ON *.* TO u; REVOKE CREATE USER, SHOW ROLES ON *.* FROM u", "write");
    check_sql("GRANT ALL ON *.* TO u; REVOKE DROP QUOTA ON *.* FROM u", "write admin");
    check_sql(
        "GRANT ALL ON *.* TO u; REVOKE ALL ON d.* FROM u; REVOKE ACCESS MANAGEMENT ON *.* FROM u",
        "most",
    );
    check_sql("GRANT ALL ON *.* TO u; REVOKE DROP ON d.* FROM u; GRANT ALL ON *.* TO u", "admin");
    check_sql(
        "GRANT ALL ON *.* TO u; REVOKE DROP ON d.* FROM u; REVOKE ALL ON *.* FROM u",
        "nothing",
    );
    check_sql("GRANT ALL ON *.* TO r; REVOKE SELECT ON d.t FROM r; GRANT r TO u", "most admin");
    check_sql("GRANT ALL ON *.* TO u; GRANT SELECT ON *.* TO u WITH REPLACE OPTION", "read");
    check_sql("GRANT ALL ON *.* TO r; GRANT r TO u; REVOKE r FROM u", "nothing");
    check_sql("GRANT ALL ON *.* TO r; GRANT r TO u; REVOKE ADMIN OPTION FOR r FROM u", "admin");
    check_sql("GRANT ALL ON *.* TO u; DROP USER u; CREATE USER u", "nothing");
}

fn check_refused(setting: &str, user: &str, refused: bool) {
    let server = format!("<clickhouse>{setting}</clickhouse>");
    let server = files(&[("config.xml", &server)]);
    let ConfigBody::ClickHouse(root) = &server[0].body else { panic!() };
    let reader = read::Reader { env: &|_| Fact::Unset(HERE), shipped: HERE, assumed: false };
    let allowed = sql_users::Allowed::of(&reader, root);
    let scripts = files(&[("clickhouse/users.sql", user)]);
    let logins = sql_users::logins(&[&scripts[0]], &allowed);
    assert_eq!(logins.is_empty(), refused, "{setting} {user}");
}

#[test]
fn what_the_server_forbids_makes_no_user() {
    let off = |name: &str| format!("<{name}>0</{name}>");
    let plain = "CREATE USER u IDENTIFIED WITH plaintext_password BY 'x-9'";
    let by = "CREATE USER u IDENTIFIED BY 'x-9'";
    check_refused("", plain, false);
    check_refused(&off("allow_plaintext_password"), plain, true);
    check_refused(&off("allow_plaintext_password"), by, false);
    let as_it_is = "<default_password_type>plaintext_password</default_password_type>";
    check_refused(&(off("allow_plaintext_password") + as_it_is), by, true);
    check_refused(&off("allow_no_password"), "CREATE USER u", true);
    check_refused(&off("allow_no_password"), "CREATE USER u NOT IDENTIFIED", true);
    check_refused(&off("allow_no_password"), "CREATE USER u IDENTIFIED BY ''", false);
    check_refused(&off("allow_implicit_no_password"), "CREATE USER u", true);
    check_refused(&off("allow_implicit_no_password"), "CREATE USER u NOT IDENTIFIED", false);
}
