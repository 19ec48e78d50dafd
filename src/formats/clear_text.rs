//! Secrets that stand readable in a file, told by the name of what holds them.
//!
//! A false alarm is worse than a miss here: the name must end in a secret's word, and the value
//! must look like the secret itself, not like the way to one.

use crate::model::concept::{Identity, Secret};
use crate::model::fact::{Fact, Name};
use crate::model::fragment::Address;
use crate::model::value::SECRET;
use crate::source::Place;

/// What a secret is found in.
pub(crate) struct Holder<'a> {
    pub(crate) address: &'a Address,
    pub(crate) title: &'a str,
    pub(crate) whole: Place,
    pub(crate) exists: &'a Fact<bool>,
}

/// The secret that a variable or key holds readable, if it does.
pub(crate) fn secret(holder: &Holder, name: &str, value: &str, at: Place) -> Option<Secret> {
    let (kind, well_known) = judge(name, value)?;
    let mut secret = Secret::new(Identity {
        address: format!("{}#{name}", holder.address).into(),
        subject: holder.address.0.clone(),
        title: format!("`{name}` of {}", holder.title).into(),
        place: at,
        whole: holder.whole,
        exists: holder.exists.clone(),
    });
    secret.name = Fact::written(Name::from(name), at);
    secret.kind = Fact::guessed(Name::from(kind), "the name says so", at);
    secret.in_clear = Fact::written(true, at);
    secret.well_known = Fact::written(well_known, at);
    Some(secret)
}

/// The kind of the secret, and whether everybody knows it.
fn judge(name: &str, value: &str) -> Option<(&'static str, bool)> {
    let value = value.trim();
    if value.is_empty() || leads_elsewhere(value) || says_nothing(value) || repeats(name, value) {
        return None;
    }
    if let Some(password) = password_of_url(value) {
        let plain = !leads_elsewhere(password) && !says_nothing(password);
        return plain.then(|| ("password", is_well_known(password) || is_plain_word(password)));
    }
    let kind = kind_of(name)?;
    let well_known = is_well_known(value) || kind == "password" && is_plain_word(value);
    // `X_SECRET` often holds the name of a Secret, spelled like all names of objects.
    if name.to_ascii_uppercase().ends_with("_SECRET") && is_name_of_object(value) {
        return None;
    }
    // Short words behind TOKEN and SECRET are more often names of things than secrets.
    let convincing = well_known || kind == "password" || value.len() >= 12;
    (convincing && !value.contains(char::is_whitespace)).then_some((kind, well_known))
}

fn kind_of(name: &str) -> Option<&'static str> {
    const WORDS: [(&str, &str); 12] = [
        ("PASSWORD", "password"),
        ("PASSWD", "password"),
        ("PASSPHRASE", "password"),
        ("_PASS", "password"),
        ("_TOKEN", "token"),
        ("API_KEY", "key"),
        ("APIKEY", "key"),
        ("SECRET_KEY", "key"),
        ("SECRET_ACCESS_KEY", "key"),
        ("PRIVATE_KEY", "key"),
        ("ENCRYPTION_KEY", "key"),
        ("_SECRET", "key"),
    ];
    // Switches about passwords, and names of objects that hold secrets.
    const NOT: [&str; 6] =
        ["ALLOW_EMPTY", "RANDOM", "TLS_SECRET", "PULL_SECRET", "USE_", "EXISTING_SECRET"];
    let name = name.to_ascii_uppercase().replace(['-', '.'], "_");
    if NOT.iter().any(|word| name.contains(word)) {
        return None;
    }
    WORDS.iter().find(|(word, _)| name.ends_with(word)).map(|(_, kind)| *kind)
}

/// The password in `scheme://user:password@host`.
fn password_of_url(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (userinfo, _) = authority.rsplit_once('@')?;
    let (_, password) = userinfo.split_once(':')?;
    (!password.is_empty()).then_some(password)
}

/// References, paths and text that a tool has yet to fill in.
fn leads_elsewhere(value: &str) -> bool {
    const STARTS: [&str; 16] = [
        "$", "/", "./", "~", "%", "@", "vault:", "ref+", "ENC[", "op://", "arn:", "file:",
        "secret:", "ssm:", "sm://", "env:",
    ];
    value.contains(SECRET)
        || value.contains("${")
        || value.contains("$(")
        || value.contains("{{")
        || value.contains('<')
        || STARTS.iter().any(|start| value.starts_with(start))
}

/// Switches, and marks that stand where a secret was removed.
fn says_nothing(value: &str) -> bool {
    const WORDS: [&str; 20] = [
        "yes",
        "no",
        "true",
        "false",
        "on",
        "off",
        "0",
        "1",
        "none",
        "null",
        "nil",
        "disabled",
        "enabled",
        "unset",
        "undefined",
        "n/a",
        "todo",
        "redacted",
        "removed",
        "masked",
    ];
    let lower = value.to_ascii_lowercase();
    let first = lower.chars().next();
    WORDS.contains(&&*lower)
        || lower.starts_with("redacted")
        || lower.starts_with("your")
        || lower.starts_with("replace")
        || lower.starts_with("insert")
        || first.is_some_and(|f| "x*.-_".contains(f) && lower.chars().all(|c| c == f))
}

/// A mark that somebody is to fill in: the name itself in capitals, perhaps with words around it
/// (`API_KEY_HERE`). In small letters it is what lazy people take.
fn repeats(name: &str, value: &str) -> bool {
    let marks = |c: char| c.is_ascii_uppercase() || c == '_';
    value.contains('_')
        && value.chars().all(marks)
        && value.contains(&*name.to_ascii_uppercase().replace(['-', '.'], "_"))
}

/// Values that stand in documentation and in lists of common passwords.
fn is_well_known(value: &str) -> bool {
    const WORDS: [&str; 34] = [
        "password",
        "passwd",
        "pass",
        "secret",
        "admin",
        "root",
        "postgres",
        "mysql",
        "minio",
        "minioadmin",
        "minio123",
        "guest",
        "example",
        "default",
        "test",
        "123456",
        "12345678",
        "1234",
        "12345",
        "qwerty",
        "letmein",
        "clickhouse",
        "redis",
        "mongo",
        "mongodb",
        "elastic",
        "neo4j",
        "rabbitmq",
        "user",
        "mysecret",
        "mysecretpassword",
        "supersecret",
        "password123",
        "admin123",
    ];
    let lower = value.to_ascii_lowercase();
    let plain = lower.replace(['-', '_'], "");
    let first = lower.chars().next();
    let repeated = lower.len() > 3 && lower.chars().all(|c| Some(c) == first);
    repeated || WORDS.contains(&&*lower) || plain.starts_with("changeme") || plain == "changeit"
}

/// Words in small letters with dashes between them, the last of which says what the object holds:
/// `webhook-server-cert`. Whoever makes up a secret of words boasts: `my-super-secret`.
fn is_name_of_object(value: &str) -> bool {
    const HOLDS: [&str; 9] = [
        "secret",
        "secrets",
        "cert",
        "certs",
        "certificate",
        "tls",
        "credentials",
        "creds",
        "keystore",
    ];
    const BOASTS: [&str; 5] = ["my", "super", "top", "very", "your"];
    let words: Vec<&str> = value.split('-').collect();
    let plain = |word: &&str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase()) && !BOASTS.contains(word)
    };
    words.len() > 2 && words.iter().all(plain) && words.last().is_some_and(|w| HOLDS.contains(w))
}

/// One word in small letters, a few digits perhaps behind it: what stands in for a password while
/// people develop (`wordpress`, `example_123`), and what guessing programs try first.
fn is_plain_word(value: &str) -> bool {
    let word = value.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = value.len() - word.len();
    let word = word.trim_end_matches(['_', '-', '@', '.']);
    (2..=12).contains(&word.len())
        && digits <= 4
        && word.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str, expected: Option<(&str, bool)>) {
        assert_eq!(judge(name, value), expected, "{name}={value}");
    }

    #[test]
    fn a_readable_secret_is_told_by_name_and_value() {
        check("POSTGRES_PASSWORD", "k3Yq9vTz", Some(("password", false)));
        check("redis.password", "changeme", Some(("password", true)));
        check("SLACK_TOKEN", "xoxb-2817-aa91kdk2", Some(("token", false)));
        check("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMIK7MDENG", Some(("key", false)));
        check("DSN", "postgres://app:k3Yq9vTz@db:5432/app", Some(("password", false)));
    }

    #[test]
    fn a_plain_word_is_no_secret_of_anybody() {
        check("DB_PASSWORD", "wordpress", Some(("password", true)));
        check("DB_PASSWORD", "example_123", Some(("password", true)));
        check("DSN", "mysql://shop:shop@db/shop", Some(("password", true)));
        check("DB_PASSWORD", "quiet-harbour-41-vX7", Some(("password", false)));
        check("DB_PASSWORD", "k3yq9vtz", Some(("password", false)));
    }

    #[test]
    fn the_way_to_a_secret_is_no_secret() {
        check("POSTGRES_PASSWORD_FILE", "/run/secrets/pg", None);
        check("POSTGRES_PASSWORD", "/run/secrets/pg", None);
        check("POSTGRES_PASSWORD", "$(PG)", None);
        check("POSTGRES_PASSWORD", "${PG:?}", None);
        check("POSTGRES_PASSWORD", "{{ .Values.pg }}", None);
        check("POSTGRES_PASSWORD", "", None);
        check("API_KEY", "<your key>", None);
        check("API_KEY", "xxxxxxxxxxxxxxxx", None);
        check("ALLOW_EMPTY_PASSWORD", "yes", None);
        check("CLIENT_SECRET", "oauth", None);
        check("IMAGE_PULL_SECRET", "registry-credentials", None);
        check("WEBHOOK_SECRET", "operator-webhook-server-cert", None);
        check("SESSION_SECRET", "my-super-secret", Some(("key", false)));
        check("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", None);
        check("API_TOKEN", "INSERT_API_TOKEN", None);
        check("GOOGLE_API_KEY", "GOOGLE_API_KEY_VAL", None);
        check("db.password", "MY_DB_PASSWORD", None);
        check("DB_PASSWORD", "db_password", Some(("password", true)));
        check("URL", "http://db:5432/app", None);
        check("DSN", "postgres://app:$(PASSWORD)@db", None);
    }
}
