//! Credentials that statements hold for what they connect to: arguments and settings of engines,
//! sources of dictionaries, named collections.
//!
//! ClickHouse's documentation of each engine gives the order of its arguments.

use super::cursor::Cursor;
use super::lex::Kind;
use super::{Credential, Credentials};

/// Engines, and the argument that is a password. An object store's keys are told from a format by
/// how many arguments there are.
const PASSWORDS: [(&str, usize, usize); 16] = [
    ("mysql", 4, 5),
    ("postgresql", 4, 5),
    ("materializedpostgresql", 4, 5),
    ("mongodb", 4, 5),
    ("externaldistributed", 5, 6),
    ("redis", 2, 3),
    ("s3", 2, 4),
    ("s3queue", 2, 4),
    ("gcs", 2, 4),
    ("oss", 2, 4),
    ("cosn", 2, 4),
    ("iceberg", 2, 4),
    ("icebergs3", 2, 4),
    ("deltalake", 2, 4),
    ("hudi", 2, 4),
    ("azureblobstorage", 4, 6),
];

/// The same of engines of databases, where they differ.
const OF_DATABASES: [(&str, usize, usize); 4] = [
    ("mysql", 3, 4),
    ("postgresql", 3, 4),
    ("materializedmysql", 3, 4),
    ("materializedpostgresql", 3, 4),
];

/// Names of arguments and settings whose values are secrets.
pub(super) const NAMES: [&str; 12] = [
    "password",
    "secret_access_key",
    "session_token",
    "account_key",
    "connection_string",
    "sasl_password",
    "kafka_sasl_password",
    "rabbitmq_password",
    "nats_password",
    "nats_token",
    "access_token",
    "private_key",
];

/// Looks through a `CREATE`.
pub(super) fn read(c: &Cursor) -> Option<Credentials> {
    let mut head = c.part(0, c.len());
    (head.eat(&["create"]) || head.eat(&["attach"])).then_some(())?;
    head.eat(&["or", "replace"]);
    let database = head.eat(&["database"]);
    let dictionary = head.eat(&["dictionary"]);
    let collection = head.eat(&["named", "collection"]);
    if !(database || dictionary || collection) {
        head.eat(&["temporary"]);
        (head.eat(&["table"]) || head.eat(&["materialized", "view"])).then_some(())?;
    }
    head.eat(&["if", "not", "exists"]);
    let name = head.table_name()?;
    let mut found = named(c, head.at);
    if !(dictionary || collection) {
        found.extend(in_engine(c, head.at, database));
    }
    found.sort_by_key(|credential| credential.place.start);
    found.dedup_by_key(|credential| credential.place.start);
    (!found.is_empty()).then_some(Credentials { name: Some(name), found })
}

/// `password = 'x'`, `PASSWORD 'x'`: both stand only in engines, collections and sources; a
/// column's `password String DEFAULT ''` does not fit.
fn named(c: &Cursor, from: usize) -> Vec<Credential> {
    let mut out = Vec::new();
    let query = (from..c.len()).find(|at| c.is_word_at(*at, "select")).unwrap_or(c.len());
    for at in from..query {
        let is_name = matches!(c.kind_at(at), Some(Kind::Word { .. }));
        if !is_name || !NAMES.iter().any(|n| c.is_word_at(at, n)) {
            continue;
        }
        let value = at + 1 + usize::from(c.kind_at(at + 1) == Some(Kind::Punct(b'=')));
        let name = c.str_at(at).to_ascii_lowercase();
        out.extend(credential(c, value, &name));
    }
    out
}

/// `ENGINE = S3('url', 'key', 'secret', 'CSV')`
fn in_engine(c: &Cursor, from: usize, database: bool) -> Option<Credential> {
    let mut walk = c.part(0, c.len());
    walk.at = from;
    while !walk.done() && !walk.eat(&["engine"]) {
        walk.skip();
    }
    walk.eat_punct(b'=');
    let engine = walk.name()?.to_ascii_lowercase();
    let open = walk.at;
    walk.sees_punct(b'(').then_some(())?;
    let args = walk.commas(open + 1, walk.behind_bracket(open) - 1);
    let known: &[(&str, usize, usize)] = if database { &OF_DATABASES } else { &PASSWORDS };
    let (_, index, least) = *known.iter().find(|(name, ..)| *name == engine)?;
    // Behind a named collection all others are named as well.
    let plain = |(from, to): &(usize, usize)| to - from == 1;
    let texts = args.iter().take(index + 1).all(plain);
    // In the place of a name stands `NOSIGN`, where nothing is shown.
    let user = args.get(index - 1)?.0;
    let named = engine == "redis" || walk.kind_at(user) == Some(Kind::String);
    (texts && named && args.len() >= least).then_some(())?;
    credential(&walk, args.get(index)?.0, &engine)
}

/// The text at an index, if it is one that somebody could read.
pub(super) fn credential(c: &Cursor, at: usize, name: &str) -> Option<Credential> {
    let mut value = c.part(at, at + 1);
    let text = value.string()?;
    let filled_in = ["{{", "${", "{%", "[HIDDEN]", "<"].iter().any(|mark| text.contains(mark));
    (!text.is_empty() && !filled_in).then(|| Credential {
        name: name.into(),
        value: text,
        place: c.place(at, at + 1),
    })
}
