//! What a table holds, as far as its own words tell. Only guesses, and none where nothing tells.

use super::declared;
use crate::model::class::Declared;
use crate::model::fact::{Fact, Name, Origin};
use crate::source::Place;
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

/// What a table holds, and how it is known that it is a log, if it is one.
#[derive(Default)]
pub(super) struct Holds {
    pub(super) facts: Vec<Fact<Name>>,
    pub(super) log: Option<Origin>,
}

impl Holds {
    fn add(&mut self, fact: Fact<Name>) {
        let known = self.facts.iter().any(|f| f.known() == fact.known());
        self.facts.extend((!known).then_some(fact));
    }

    fn guess(&mut self, what: &str, by: String, at: Place) {
        self.add(Fact::guessed(what.into(), by, at));
    }
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

/// Judges a table by what is declared of it, and by the words of its name and of its columns.
pub(super) fn of(
    name: &TableName,
    columns: &[Column],
    comment: Option<&str>,
    rows: Rows,
    declared: &[Declared],
) -> Holds {
    let database = name.database.as_deref();
    let declared: Vec<&Declared> =
        declared.iter().filter(|d| d.means(database, &name.table, name.place)).collect();
    let mut out = Holds::default();
    // Words about sums say what was summed.
    let worded = |comment| Some(comment).filter(|_: &&str| rows != Rows::Sums);
    let table = declared::of_table(name, comment.and_then(worded), &declared);
    out.log = table.facts.iter().find_map(|f| match f {
        Fact::Known(class, origin) if &**class == "logs" => Some(origin.clone()),
        _ => None,
    });
    if rows == Rows::Sums && !table.settled {
        out.guess("data", format!("that `{}` holds sums, by its engine", name.table), name.place);
    }
    let guesses = rows != Rows::Sums && !table.settled;
    if guesses {
        logs(name, columns, rows, &mut out);
    }
    table.facts.into_iter().for_each(|fact| out.add(fact));
    if guesses {
        prompts(name, columns, &mut out);
    }
    for column in columns {
        let comment = column.comment.as_deref().filter(|_| text(column)).and_then(worded);
        let said = declared::of_column(column, comment, &declared);
        if guesses && !said.settled {
            by_name(column, &mut out);
        }
        said.facts.into_iter().for_each(|fact| out.add(fact));
    }
    out
}

fn text(column: &Column) -> bool {
    let kind = crate::tree::sql::bare_type(&column.kind);
    !NO_TEXT.iter().any(|t| kind.starts_with(t))
}

/// Whether a table is a log, by its name or by its columns.
fn logs(name: &TableName, columns: &[Column], rows: Rows, out: &mut Holds) {
    let words = words(&name.table);
    let snake: Vec<String> = columns.iter().map(|c| self::words(&c.name).join("_")).collect();
    // Neither is a record of who did what.
    let ledger =
        rows == Rows::Kinds || snake.iter().filter(|s| LEDGER.contains(&s.as_str())).count() >= 2;
    if ledger {
        return;
    }
    let how = "that it is a log, by its names";
    let lists = |at: usize| words[at + 1..].iter().any(|w| KINDS.contains(&w.as_str()));
    let log =
        words.iter().enumerate().find(|(at, w)| LOG_TABLES.contains(&w.as_str()) && !lists(*at));
    if let Some((_, word)) = log {
        out.log.get_or_insert(Origin::guessed(how, name.place));
        let by = format!("that `{}` holds logs, by the word `{word}`", name.table);
        out.guess("logs", by, name.place);
        return;
    }
    let timed = columns.iter().any(|c| crate::tree::sql::bare_type(&c.kind).starts_with("Date"));
    let telling: Vec<&Column> = (columns.iter().zip(&snake))
        .filter(|(_, s)| LOG_COLUMNS.contains(&s.as_str()))
        .map(|(c, _)| c)
        .collect();
    let failures =
        words.iter().enumerate().any(|(at, w)| ERRORS.contains(&w.as_str()) && !lists(at));
    let own = failures
        || telling.iter().any(|c| !REFERENCES.contains(&self::words(&c.name).join("_").as_str()));
    if timed && telling.len() >= 2 && own {
        out.log.get_or_insert(Origin::guessed(how, telling[0].place));
        let by = format!(
            "that `{}` holds logs, by its columns `{}` and `{}`",
            name.table, telling[0].name, telling[1].name
        );
        out.guess("logs", by, telling[0].place);
    }
}

/// What people wrote to a model, by a table's name or by two of its columns.
fn prompts(name: &TableName, columns: &[Column], out: &mut Holds) {
    if words(&name.table).iter().any(|w| PROMPTS.contains(&w.as_str()) && w != "messages") {
        let by = format!("that `{}` holds prompts, by its name", name.table);
        out.guess("prompts", by, name.place);
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
        out.guess("prompts", by, input.place);
    }
}

/// What a column's name tells.
fn by_name(column: &Column, out: &mut Holds) {
    let snake = words(&column.name).join("_");
    let lists: [(&[&str], &str); 3] =
        [(&PROMPTS, "prompts"), (&SECRETS, "secrets"), (&PERSONAL, "personal")];
    for (list, class) in lists {
        if list.contains(&snake.as_str()) && text(column) {
            let by = format!("what column `{}` holds, by its name", column.name);
            out.guess(class, by, column.place);
        }
    }
}

/// `LogStream`, `log_stream`, `log-stream` → `log`, `stream`
pub(super) fn words(name: &str) -> Vec<String> {
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
