//! What a table holds, as far as its own words tell. Only guesses, and none where nothing tells.

use crate::model::fact::{Fact, Name};
use crate::tree::sql::{Column, TableName};

const LOG_TABLES: [&str; 14] = [
    "log", "logs", "logging", "syslog", "event", "events", "trace", "traces", "span", "spans",
    "request", "requests", "audit", "audits",
];

/// Tables of what went wrong, each row one time that it did; what a row belongs to is enough there.
const ERRORS: [&str; 6] = ["error", "errors", "exception", "exceptions", "crash", "crashes"];

/// Words behind one of those that make it a list of kinds, or a table of what belongs to what.
const KINDS: [&str; 24] = [
    "to",
    "type",
    "types",
    "kind",
    "kinds",
    "definition",
    "definitions",
    "config",
    "configs",
    "settings",
    "schema",
    "schemas",
    "rules",
    "templates",
    "cluster",
    "clusters",
    "code",
    "codes",
    "group",
    "groups",
    "property",
    "properties",
    "tag",
    "tags",
];

/// Columns of which two say that rows are a copy of a public chain of blocks, whose `traces` and
/// `events` are its content and no record of who did what with a program.
const LEDGER: [&str; 9] = [
    "block_number",
    "block_hash",
    "block_timestamp",
    "transaction_hash",
    "tx_hash",
    "transaction_index",
    "gas_used",
    "log_index",
    "parent_hash",
];

/// Log columns that only say what a row belongs to; two of them make no log.
const REFERENCES: [&str; 8] = [
    "trace_id",
    "span_id",
    "parent_span_id",
    "request_id",
    "session_id",
    "service",
    "service_name",
    "url",
];

/// Columns of which two beside a time make a log.
const LOG_COLUMNS: [&str; 32] = [
    "level",
    "severity",
    "severity_text",
    "severity_number",
    "log_level",
    "message",
    "msg",
    "body",
    "log",
    "logger",
    "trace_id",
    "span_id",
    "parent_span_id",
    "span_name",
    "service_name",
    "service",
    "user_agent",
    "status_code",
    "http_status",
    "request_id",
    "remote_addr",
    "client_ip",
    "url",
    "method",
    "endpoint",
    "exception",
    "stack_trace",
    "duration_ms",
    "latency_ms",
    "event_type",
    "event_name",
    "session_id",
];

const PROMPTS: [&str; 22] = [
    "prompt",
    "prompts",
    "completion",
    "completions",
    "chat",
    "chats",
    "conversation",
    "conversations",
    "messages",
    "chat_history",
    "user_message",
    "assistant_message",
    "llm_input",
    "llm_output",
    "model_input",
    "model_output",
    "system_prompt",
    "user_prompt",
    "generations",
    "chat_messages",
    "chat_log",
    "transcript",
];

const SECRETS: [&str; 20] = [
    "api_key",
    "apikey",
    "api_keys",
    "secret",
    "secrets",
    "client_secret",
    "password",
    "passwd",
    "password_hash",
    "access_token",
    "refresh_token",
    "auth_token",
    "session_token",
    "bearer_token",
    "authorization",
    "credentials",
    "private_key",
    "access_key",
    "secret_key",
    "cookie",
];

const PERSONAL: [&str; 24] = [
    "email",
    "email_address",
    "user_email",
    "phone",
    "phone_number",
    "first_name",
    "last_name",
    "full_name",
    "user_name",
    "username",
    "ip",
    "ip_address",
    "client_ip",
    "remote_addr",
    "remote_ip",
    "user_ip",
    "ssn",
    "passport",
    "birth_date",
    "birthdate",
    "date_of_birth",
    "dob",
    "home_address",
    "street_address",
];

/// Types that hold no text; a count of prompts is no prompt.
const NO_TEXT: [&str; 9] =
    ["UInt", "Int", "Float", "Decimal", "Bool", "Date", "Enum", "UUID", "AggregateFunction"];

/// What a table holds, and whether it is a log.
pub(super) struct Holds {
    pub(super) facts: Vec<Fact<Name>>,
    pub(super) log: bool,
}

/// Words of a comment by which somebody declares what lies there.
const DECLARED: [(&str, &str); 20] = [
    ("pii", "personal"),
    ("personal", "personal"),
    ("personally", "personal"),
    ("gdpr", "personal"),
    ("hipaa", "personal"),
    ("phi", "personal"),
    ("email", "personal"),
    ("mail", "personal"),
    ("secret", "secrets"),
    ("secrets", "secrets"),
    ("credential", "secrets"),
    ("credentials", "secrets"),
    ("password", "secrets"),
    ("passwords", "secrets"),
    ("prompt", "prompts"),
    ("prompts", "prompts"),
    ("chat", "prompts"),
    ("chats", "prompts"),
    ("conversation", "prompts"),
    ("conversations", "prompts"),
];

/// What a comment declares, as `class: pii` or in a sentence; `no personal data` declares nothing.
fn declared(comment: &str) -> Vec<&'static str> {
    let words = words(comment);
    let denies = |w: &String| matches!(w.as_str(), "no" | "not" | "non" | "without" | "never");
    let free = |at: usize| {
        let before = &words[at.saturating_sub(2)..at];
        let behind = words.get(at + 1).map(String::as_str);
        !before.iter().any(denies)
            && !matches!(
                behind,
                Some(
                    "hash"
                        | "hashed"
                        | "redacted"
                        | "removed"
                        | "masked"
                        | "id"
                        | "count"
                        | "tokens"
                        | "length"
                )
            )
    };
    let mut out = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let key = word == "key" && at > 0 && words[at - 1] == "api";
        let known = DECLARED.iter().find(|(w, _)| w == word).map(|(_, class)| *class);
        out.extend(known.or(key.then_some("secrets")).filter(|_| free(at)));
    }
    out
}

/// What a table's engine makes of its rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    Any,
    /// Sums over many rows.
    Sums,
    /// One row for each kind of thing, the newest of it.
    Kinds,
}

/// Columns that tell one occurrence from another.
const OCCURRENCES: [&str; 10] = [
    "id",
    "uuid",
    "event_id",
    "log_id",
    "trace_id",
    "span_id",
    "request_id",
    "session_id",
    "message_id",
    "timestamp_ns",
];

/// Where rows of one sorting key replace one another: a key of names without a time and without a
/// number of its own leaves a row for each name.
pub(super) fn one_for_each(key: &[Name], columns: &[Column]) -> Rows {
    let dated = |column: &Name| {
        let kind = columns.iter().find(|c| c.name == *column).map_or("", |c| &c.kind);
        crate::tree::sql::bare_type(kind).starts_with("Date")
    };
    let words: Vec<String> = key.iter().map(|column| words(column).join("_")).collect();
    let names = |w: &String| w.ends_with("_name") || w.ends_with("_type") || w.ends_with("_kind");
    let single = |w: &String| OCCURRENCES.contains(&w.as_str());
    let kinds = words.iter().any(names) && !words.iter().any(single) && !key.iter().any(dated);
    if kinds { Rows::Kinds } else { Rows::Any }
}

/// Judges a table by the words of its name, of its columns, and of what is said about them.
pub(super) fn of(name: &TableName, columns: &[Column], comment: Option<&str>, rows: Rows) -> Holds {
    let mut out = Holds { facts: Vec::new(), log: false };
    let mut add = |what: &str, by: String, at| {
        if out.facts.iter().all(|f| f.known().is_none_or(|k| &**k != what)) {
            out.facts.push(Fact::guessed(what.into(), by, at));
        }
    };
    if rows == Rows::Sums {
        add("data", format!("that `{}` holds sums, by its engine", name.table), name.place);
        return out;
    }
    let words = words(&name.table);
    let snake: Vec<String> = columns.iter().map(|c| self::words(&c.name).join("_")).collect();
    // Neither is a record of who did what.
    let ledger =
        rows == Rows::Kinds || snake.iter().filter(|s| LEDGER.contains(&s.as_str())).count() >= 2;
    let lists = |at: usize| words[at + 1..].iter().any(|w| KINDS.contains(&w.as_str()));
    let log =
        words.iter().enumerate().find(|(at, w)| LOG_TABLES.contains(&w.as_str()) && !lists(*at));
    if let Some((_, word)) = log.filter(|_| !ledger) {
        out.log = true;
        add("logs", format!("that `{}` holds logs, by the word `{word}`", name.table), name.place);
    }
    let text = |c: &Column| {
        let kind = crate::tree::sql::bare_type(&c.kind);
        !NO_TEXT.iter().any(|t| kind.starts_with(t))
    };
    let timed = columns.iter().any(|c| crate::tree::sql::bare_type(&c.kind).starts_with("Date"));
    let telling: Vec<&Column> = (columns.iter().zip(&snake))
        .filter(|(_, s)| LOG_COLUMNS.contains(&s.as_str()))
        .map(|(c, _)| c)
        .collect();
    let failures =
        words.iter().enumerate().any(|(at, w)| ERRORS.contains(&w.as_str()) && !lists(at));
    let own = failures
        || telling.iter().any(|c| !REFERENCES.contains(&self::words(&c.name).join("_").as_str()));
    if !out.log && timed && telling.len() >= 2 && own && !ledger {
        out.log = true;
        let by = format!(
            "that `{}` holds logs, by its columns `{}` and `{}`",
            name.table, telling[0].name, telling[1].name
        );
        add("logs", by, telling[0].place);
    }
    for class in declared(comment.unwrap_or("")) {
        add(class, format!("what `{}` holds, by its comment", name.table), name.place);
    }
    if words.iter().any(|w| PROMPTS.contains(&w.as_str()) && w != "messages") {
        add("prompts", format!("that `{}` holds prompts, by its name", name.table), name.place);
    }
    // What goes into a model and what comes out of it.
    let column = |name: &str| columns.iter().find(|c| &*c.name == name && text(c));
    // Alone the two words may as well mean a transaction's bytes; beside a model, a session or a
    // count of tokens they are what was said.
    let spoken =
        ["model", "session_id", "user_id", "tokens", "total_tokens", "metadata", "prompt_id"];
    let spoken = columns.iter().any(|c| spoken.contains(&&*c.name));
    if let (Some(input), Some(_), true) = (column("input"), column("output"), spoken) {
        let by = format!("that `{}` holds prompts, by `input` and `output`", name.table);
        add("prompts", by, input.place);
    }
    for (column, snake) in columns.iter().zip(&snake).filter(|(c, _)| text(c)) {
        let said = declared(column.comment.as_deref().unwrap_or(""));
        let source = if said.is_empty() { "name" } else { "comment" };
        let by = || format!("what column `{}` holds, by its {source}", column.name);
        let is = |list: &[&str]| list.contains(&snake.as_str());
        if is(&PROMPTS) || said.contains(&"prompts") {
            add("prompts", by(), column.place);
        }
        if is(&SECRETS) || said.contains(&"secrets") {
            add("secrets", by(), column.place);
        }
        if is(&PERSONAL) || said.contains(&"personal") {
            add("personal", by(), column.place);
        }
    }
    out
}

/// `LogStream`, `log_stream`, `log-stream` → `log`, `stream`
fn words(name: &str) -> Vec<String> {
    let (mut out, mut word, mut lower) = (Vec::new(), String::new(), false);
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower) {
            out.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        lower = c.is_lowercase() || c.is_numeric();
    }
    out.extend((!word.is_empty()).then_some(word));
    out
}
