//! Names that tell what a field, a path or a text holds. Heuristics; they guess, they never prove.

use crate::model::fact::{Fact, Name};
use crate::source::Place;

/// Parts of names of fields that hold what must not be stored.
const SECRET: [&str; 34] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "authorization",
    "bearer",
    "cookie",
    "api_key",
    "apikey",
    "api-key",
    "private_key",
    "credential",
    "session_id",
    "sessionid",
    "ssn",
    "social_security",
    "credit",
    "card_number",
    "cardnumber",
    "cvv",
    "iban",
    "email",
    "e-mail",
    "phone",
    "prompt",
    "completion",
    "messages",
    "request_body",
    "request.body",
    "response_body",
    "pii",
    "jwt",
];

/// What stands in the place of something that was removed.
const MASK: [&str; 11] = [
    "***", "redact", "mask", "removed", "filtered", "xxxx", "hidden", "scrub", "anonym", "sanitiz",
    "deleted",
];

/// Whether a field's name, a path or a pattern speaks of secrets.
pub(super) fn is_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    SECRET.iter().any(|word| text.contains(word))
}

/// Whether a text stands for something removed, or a name for what removes it.
pub(super) fn is_mask(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    MASK.iter().any(|word| text.contains(word))
}

/// What a source holds, as far as its name, its files or its topics tell.
pub(super) fn content(text: &str, at: Place) -> Option<Fact<Name>> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    let guessed =
        |content: &str| Some(Fact::guessed(content.into(), format!("the name `{text}`"), at));
    let bodies = ["body", "bodies", "payload", "payloads", "dump", "dumps"];
    if has(&["prompt", "prompts", "completions", "conversations"]) {
        return guessed("prompts");
    }
    if has(&["request", "requests", "response", "responses"]) && has(&bodies) {
        return guessed("requests");
    }
    None
}

/// Headers that prove who somebody is.
pub(super) fn is_credential_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(
        name.as_str(),
        "*" | "authorization" | "cookie" | "proxy-authorization" | "x-api-key" | "set-cookie"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn check(text: &str, expected: Option<&str>) {
        let found = content(text, Place::new(FileId(0), 0..0));
        assert_eq!(found.as_ref().and_then(Fact::known).map(|c| &**c), expected, "{text}");
    }

    #[test]
    fn only_telling_names_are_taken_for_content() {
        check("/var/log/llm/prompts.jsonl", Some("prompts"));
        check("gateway-request-bodies", Some("requests"));
        check("/var/log/nginx/access.log", None);
        check("requests", None);
        check("shell-prompter", None);
    }
}
