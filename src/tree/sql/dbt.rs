//! dbt models: `{{ config(materialized='table', engine='MergeTree()', ttl='…') }}` above a query.
//!
//! dbt-clickhouse writes the `CREATE TABLE` from it; what the project's own file adds comes as
//! [`Defaults`].

use std::sync::Arc;

use super::cursor::Cursor;
use super::lex::{self, Kind};
use super::{Column, Create, Engine, Statement, StatementKind, TableName, parse_ttl};
use crate::shared::Shared;
use crate::source::{Piece, Place, Text};

/// Materializations that keep rows; the others are views or nothing.
const KEPT: [&str; 6] = [
    "table",
    "incremental",
    "snapshot",
    "materialized_view",
    "distributed_table",
    "distributed_incremental",
];
/// Columns that are read from the query.
const MAX_COLUMNS: usize = 512;

/// What a model has that does not say so itself.
#[derive(Default)]
pub(crate) struct Defaults {
    pub(crate) engine: Option<Text>,
    pub(crate) ttl: Option<Text>,
    pub(crate) materialized: Option<Arc<str>>,
    /// Whether the database is known to be ClickHouse, so that every table has an engine.
    pub(crate) known: bool,
}

/// Where the braces of `{{ config(…) }}` open, what stands between the brackets, and the end.
fn call(src: &str) -> Option<(usize, usize, usize)> {
    let call = src.find("config(")?;
    let open = src[..call].rfind("{{").filter(|at| src[at + 2..call].trim().is_empty())?;
    let start = call + "config(".len();
    let close = start + src[start..].find("}}")?;
    Some((open, start, close))
}

/// The table that a model makes; `name` is its file's.
pub(crate) fn model(text: &Text, name: &str, defaults: &Defaults) -> Option<Statement> {
    let src = text.as_str();
    let found = call(src);
    if found.is_none() && !defaults.known {
        return None;
    }
    // A model without a call of its own is told of as a whole.
    let (open, start, close) = found.unwrap_or((0, 0, 0));
    // The lexer takes what stands in braces as one token, so the call is read as a text of its own.
    let inner =
        Text::nested(src[start..close].into(), text.place(start..close), text.piece(start..close));
    let (tokens, _) = lex::tokens(&inner);
    let mut c = Cursor::new(&inner, &tokens);
    let mut kept = defaults.materialized.as_ref().is_some_and(|m| KEPT.contains(&&**m));
    let default = |text: &Text| (Arc::from(text.as_str()), text.whole());
    let head = text.place(open..if found.is_some() { close + 2 } else { src.trim_end().len() });
    let merge_tree = || defaults.known.then(|| ("MergeTree".into(), head));
    let mut engine = defaults.engine.as_ref().map(default).or_else(merge_tree);
    let mut ttl = defaults.ttl.as_ref().and_then(parse_ttl);
    while !c.done() {
        let Some(key) = c.name().filter(|_| c.eat_punct(b'=')) else {
            c.skip();
            continue;
        };
        let at = c.at;
        // Python's strings stand in either quote.
        let value = c.string().or_else(|| c.name());
        let place = c.place(at, c.at);
        match (&*key, value) {
            ("materialized", Some(value)) => kept = KEPT.contains(&&*value),
            ("engine", Some(value)) => engine = Some((value, place)),
            ("ttl", Some(value)) => {
                ttl = parse_ttl(&nested(&value, place));
            }
            _ => {}
        }
    }
    let (engine, engine_place) = engine.filter(|_| kept)?;
    let end = engine.find(|c: char| !c.is_alphanumeric()).unwrap_or(engine.len());
    let create = Create {
        name: TableName { database: None, table: name.into(), place: head },
        head,
        view: false,
        replace: true,
        if_not_exists: false,
        temporary: false,
        cluster: None,
        columns: columns(text, if found.is_some() { close + 2 } else { 0 }),
        engine: Some(Engine { name: engine[..end].into(), args: "".into(), place: engine_place }),
        ttl,
        key: Vec::new(),
        settings: Vec::new(),
        comment: None,
        like: None,
        to: None,
    };
    Some(Statement { place: text.whole(), kind: StatementKind::Create(Box::new(create)) })
}

/// The value of a string as a text of its own; one without escapes stands in the file as it is.
fn nested(value: &Arc<str>, whole: Place) -> Text {
    let len = value.len() as u32;
    let pieces = match whole.end - whole.start {
        n if n == len + 2 => Shared::from([Piece { here: 0, there: whole.start + 1, len }]),
        _ => Shared::empty(),
    };
    Text::nested(value.clone(), whole, pieces)
}

/// Names of what the last query selects. Their types are nobody's to tell here.
fn columns(text: &Text, from: usize) -> Vec<Column> {
    let (tokens, _) = lex::tokens(text);
    let first = tokens.iter().position(|t| t.start as usize >= from).unwrap_or(tokens.len());
    let whole = Cursor::new(text, &tokens);
    let mut walk = whole.part(first, tokens.len());
    let mut list = None;
    while !walk.done() {
        if walk.sees(&["select"]) {
            list = Some((walk.at + 1, walk.len()));
        } else if walk.sees(&["from"])
            && let Some((start, end)) = list
            && end == walk.len()
        {
            list = Some((start, walk.at));
        }
        walk.skip();
    }
    let Some((start, end)) = list else { return Vec::new() };
    let named = |(from, to): (usize, usize)| {
        let word = to.checked_sub(1).filter(|word| *word >= from)?;
        let part = walk.part(from, to);
        let mut end = walk.part(word, to);
        let name: Arc<str> = match end.kind()? {
            Kind::Word { .. } => end.name()?,
            _ => return None,
        };
        Some(Column { name, kind: "".into(), comment: None, ttl: None, place: part.whole() })
    };
    walk.commas(start, end).into_iter().take(MAX_COLUMNS).filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn check(model_text: &str, expected: Option<&str>) {
        let text = Text::of_file(FileId(0), model_text.into());
        let found = model(&text, "m", &Defaults::default()).map(|s| {
            let StatementKind::Create(create) = s.kind else { panic!() };
            let columns: Vec<&str> = create.columns.iter().map(|c| &*c.name).collect();
            let engine = create.engine.map_or("".into(), |e| e.name);
            let ttl = create.ttl.map_or("", |t| &model_text[t.place.range()]);
            format!("{engine} [{}] {ttl}", columns.join(" "))
        });
        assert_eq!(found.as_deref(), expected, "{model_text}");
    }

    #[test]
    fn models_that_keep_rows_are_tables() {
        check(
            "{{ config(materialized='table', engine='MergeTree()', order_by=['a', 'b'],\n  \
             ttl='ts + INTERVAL 30 DAY') }}\nwith x as (select 1)\nselect ts, lower(u.email) as email, prompt from x",
            Some("MergeTree [ts email prompt] ts + INTERVAL 30 DAY"),
        );
        check(
            "{{ config(materialized=\"incremental\", engine=\"ReplacingMergeTree\") }} select 1",
            Some("ReplacingMergeTree [] "),
        );
        check("{{ config(materialized='view', engine='MergeTree') }} select 1", None);
        check("{{ config(materialized='table') }} select 1", None);
        check("{{ config( }} {{", None);
        check("{{ }}", None);
    }
}
