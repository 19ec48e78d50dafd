//! `query_masking_rules`: whether they mask anything (`src/Common/SensitiveDataMasker.cpp`).
//!
//! A rule that never matches is as good as none, so each rule's expression is run over what secrets
//! look like in statements. The server's engine is RE2; what this crate's does not read is unknown.

use regex::{Regex, RegexBuilder};

use super::names::Names;
use super::read::{Reader, value_place};
use crate::model::concept::Defect;
use crate::model::fact::{Fact, Origin, Why};
use crate::tree::xml::Element;

/// Compiled size of one expression, and expressions that are looked at.
const MAX_BYTES: usize = 1 << 20;
const MAX_RULES: usize = 64;

/// What people want masked, as it stands in statements. None of it opens anything.
const SAMPLES: [&str; 24] = [
    "CREATE USER bob IDENTIFIED WITH sha256_password BY 'Tr0ub4dor&3'",
    "ALTER USER bob IDENTIFIED BY 'Tr0ub4dor&3'",
    "SELECT * FROM users WHERE password = 'Tr0ub4dor&3' AND passwd='x1' AND pwd='x1'",
    "INSERT INTO config (password, secret, token) VALUES ('Tr0ub4dor&3', 's3cr3t', 'abcdef0123456789')",
    "SELECT * FROM s3('https://b.s3.amazonaws.com/k', 'AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')",
    "SELECT * FROM mysql('db:3306', 'shop', 'orders', 'root', 'Tr0ub4dor&3')",
    "SELECT * FROM remote('db:9000', shop.orders, 'default', 'Tr0ub4dor&3')",
    "SELECT encrypt('aes-256-gcm', 'text', '0123456789abcdef0123456789abcdef'), aes_decrypt_mysql('aes-128-ecb', x, 'key')",
    "api_key = 'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL'",
    "SELECT 'sk-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL'",
    "SELECT 'sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefghijklmnopqrstuvwxyzAA'",
    "SELECT 'ghp_abcdefghijklmnopqrstuvwxyz0123456789', 'glpat-abcdefghijklmnopqrst', 'AIzaSyabcdefghijklmnopqrstuvwxyz0123456'",
    "SELECT 'xoxb-123456789012-123456789012-abcdefghijklmnopqrstuvwx', 'sk_live_abcdefghijklmnopqrstuvwx'",
    "apiKey: \"abcdef0123456789abcdef0123456789\", \"api-key\": \"x\", secret_key='abc', access_token=abc",
    "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "https://bob:Tr0ub4dor@db.example.com/shop?token=abcdef0123456789&password=x1",
    "-----BEGIN RSA PRIVATE KEY----- MIIEpAIBAAKCAQEA -----END RSA PRIVATE KEY-----",
    "WHERE email = 'jane.doe@example.com'",
    "WHERE ssn = '078-05-1120' AND phone = '+1 (555) 010-9999' AND tel = '555-010-9999'",
    "WHERE card = '4111111111111111' OR card = '4111 1111 1111 1111' OR card = '4111-1111-1111-1111'",
    "WHERE ip = '203.0.113.7' AND iban = 'DE89370400440532013000' AND passport = 'C01X00T47'",
    "WHERE id = '123e4567-e89b-12d3-a456-426614174000'",
    "SELECT 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'",
    "INSERT INTO chats (prompt, message) VALUES ('my password is Tr0ub4dor&3')",
];

/// Words by which an expression that fits no sample still says what it is for.
const WORDS: [&str; 8] =
    ["secret", "passw", "token", "key", "credential", "authorization", "bearer", "email"];

fn rules(root: &Element) -> impl Iterator<Item = (&Element, &Element)> {
    let section = root.child("query_masking_rules");
    let rules = section.into_iter().flat_map(Element::elements);
    let rules = rules.filter(|r| r.name.starts_with("rule")).take(MAX_RULES);
    rules.filter_map(|rule| Some((rule, rule.child("regexp")?)))
}

fn compiled(expression: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(expression).size_limit(MAX_BYTES).build()
}

/// Whether queries are masked before they are written down.
pub(super) fn scrubbed(reader: &Reader, root: &Element) -> Fact<bool> {
    let Some(section) = root.child("query_masking_rules") else {
        let see = "no query_masking_rules are active unless written";
        return Fact::default(false, see, root.tag);
    };
    let (mut unknown, mut idle) = (None, None);
    for (rule, element) in rules(root) {
        match reader.text(element) {
            Fact::Known(text, _) if text.is_empty() => {}
            Fact::Known(text, _) => match compiled(&text) {
                Ok(regex) if masks(&regex, &text) => {
                    return Fact::Known(true, reader.origin(rule));
                }
                Ok(_) => idle = idle.or(Some(value_place(element))),
                Err(_) => {
                    unknown = Some((Why::NotUnderstood("this expression".into()), element.tag));
                }
            },
            Fact::Unknown(why, at) => unknown = Some((why, at)),
            Fact::Unset(_) => {}
        }
    }
    match (unknown, idle, reader.elsewhere(section)) {
        (Some((why, at)), ..) | (None, _, Some((why, at))) => Fact::Unknown(why, at),
        (None, Some(at), None) => {
            let by = "that no key, token or password looks like what these rules mask";
            Fact::Known(false, Origin::guessed(by, at))
        }
        (None, None, None) => Fact::Known(false, reader.origin(section)),
    }
}

/// Whether an expression takes out something of what is worth masking.
fn masks(regex: &Regex, text: &str) -> bool {
    let found = |sample: &&str| regex.find_iter(sample).any(|m| !m.is_empty());
    let lower = text.to_ascii_lowercase();
    let anchored = text.starts_with('^') && text.ends_with('$');
    SAMPLES.iter().any(found) || (!anchored && WORDS.iter().any(|w| lower.contains(w)))
}

/// Rules without an expression; the server does not start with them.
pub(super) fn defects(reader: &Reader, root: &Element, names: &Names) -> Vec<Defect> {
    let Some(section) = root.child("query_masking_rules") else { return Vec::new() };
    let empty = |rule: &&Element| {
        rule.name.starts_with("rule")
            && !rule.attributes.iter().any(|a| &*a.name == "incl")
            && rule.child("regexp").is_none_or(|e| {
                e.attributes.is_empty() && reader.text(e).known().is_some_and(|t| t.is_empty())
            })
    };
    let said = |rule: &Element| {
        let message = "a masking rule without `regexp`: the server does not start".to_owned();
        names.defect(rule, "no-start", message)
    };
    section.elements().filter(empty).take(MAX_RULES).map(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, expected: bool) {
        assert_eq!(masks(&compiled(expression).unwrap(), expression), expected, "{expression}");
    }

    #[test]
    fn rules_count_by_what_they_match() {
        check(r"sk-[A-Za-z0-9]{20,}", true);
        check(r"(?i)password\s*=\s*'[^']*'", true);
        check(r"\b\d{3}-\d{2}-\d{4}\b", true);
        check(r"((?:aes_)?(?:encrypt|decrypt)(?:_mysql)?)\s*\(\s*(?:'(?:\\'|.)+'|.*?)\s*\)", true);
        check(r"TOPSECRET\.TOPSECRET", true);
        check(r"^sk-[a-z]+$", false);
        check("qqqq-[0-9]+", false);
        check("x*", true);
        check("z{0}", false);
    }
}
