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
    assert_eq!(shown(&logins["u"].rights, ToString::to_string), expected, "{text}");
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
}
