//! What something holds, as far as its name tells. Heuristics: they guess, they never prove.

use crate::model::fact::{Fact, Name};
use crate::source::Place;

/// What a source of a pipeline or a topic holds, by its name or the path of its files.
pub(super) fn of_name(text: &str, at: Place) -> Option<Fact<Name>> {
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

/// Whether a word of a name is about logs: `alb-logs`, `access_log`, `auditlogs`.
pub(super) fn says_logs(name: &str) -> bool {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.map(str::to_ascii_lowercase).any(|w| {
        matches!(w.as_str(), "log" | "logs" | "logging" | "cloudtrail" | "trail" | "audit")
            || w.ends_with("logs")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn check(text: &str, expected: Option<&str>) {
        let found = of_name(text, Place::new(FileId(0), 0..0));
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
