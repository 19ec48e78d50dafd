//! Names that tell what a field, a path or a text holds. Heuristics; they guess, they never prove.

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

/// Headers that prove who somebody is.
pub(super) fn is_credential_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(
        name.as_str(),
        "*" | "authorization" | "cookie" | "proxy-authorization" | "x-api-key" | "set-cookie"
    )
}
