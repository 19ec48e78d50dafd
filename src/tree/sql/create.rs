//! Tables: `CREATE TABLE`, `CREATE MATERIALIZED VIEW`, `ALTER TABLE`.

use std::sync::Arc;

use super::cursor::Cursor;
use super::lex::Kind;
use super::{Alter, AlterAction, Column, Create, Engine, Ttl, ttl};
use crate::source::Problem;

/// The clauses behind a table's columns.
#[derive(Default)]
pub(super) struct Clauses {
    pub(super) engine: Option<Engine>,
    pub(super) ttl: Option<Ttl>,
    pub(super) key: Vec<Arc<str>>,
    settings: Vec<(Arc<str>, Arc<str>, crate::source::Place)>,
    comment: Option<Arc<str>>,
}

/// What follows `CREATE [OR REPLACE]`.
pub(super) fn read(
    c: &mut Cursor,
    mut replace: bool,
    problems: &mut Vec<Problem>,
) -> Option<Create> {
    replace |= c.eat(&["or", "replace"]);
    let temporary = c.eat(&["temporary"]);
    let view = c.eat(&["materialized", "view"]);
    (view || c.eat(&["table"])).then_some(())?;
    let if_not_exists = c.eat(&["if", "not", "exists"]);
    let name = c.table_name()?;
    let head = c.place(0, c.at);
    if c.eat(&["uuid"]) {
        c.string();
    }
    let cluster = c.eat_cluster();
    let to = if view && c.eat(&["to"]) {
        if c.eat(&["inner", "uuid"]) {
            c.string();
        }
        c.table_name()
    } else {
        None
    };
    let columns = if c.sees_punct(b'(') { columns(c, problems) } else { Vec::new() };
    let like = if c.eat(&["clone", "as"]) || (c.sees(&["as"]) && !begins_query(c, c.at + 1)) {
        c.eat(&["as"]);
        // A name with an argument list is a table function.
        c.table_name().filter(|_| !c.sees_punct(b'('))
    } else {
        None
    };
    let rest = clauses(c);
    Some(Create {
        name,
        head,
        view,
        replace,
        if_not_exists,
        temporary,
        cluster,
        columns,
        engine: rest.engine,
        ttl: rest.ttl,
        key: rest.key,
        settings: rest.settings,
        comment: rest.comment,
        like,
        to,
    })
}

fn begins_query(c: &Cursor, at: usize) -> bool {
    ["select", "with", "values", "from"].iter().any(|w| c.is_word_at(at, w))
        || c.kind_at(at) == Some(Kind::Punct(b'('))
}

/// `( name Type …, INDEX …, … )`
fn columns(c: &mut Cursor, problems: &mut Vec<Problem>) -> Vec<Column> {
    let open = c.at;
    let behind = c.behind_bracket(open);
    if behind < open + 2 || c.kind_at(behind - 1) != Some(Kind::Punct(b')')) {
        let place = c.place(open, open + 1);
        problems.push(Problem { place, message: "this list of columns does not close".into() });
    }
    c.at = behind;
    let parts = c.commas(open + 1, behind.saturating_sub(1).max(open + 1));
    parts.into_iter().filter_map(|(from, to)| column(&mut c.part(from, to))).collect()
}

/// One column; `None` for an index, a constraint, a projection.
fn column(c: &mut Cursor) -> Option<Column> {
    const OTHERS: [&[&str]; 5] =
        [&["index"], &["constraint"], &["projection"], &["primary", "key"], &["foreign", "key"]];
    // `index String` is a column; `INDEX name expression TYPE …` is none.
    if c.len() > 2 && OTHERS.iter().any(|w| c.sees(w)) {
        return None;
    }
    let mut name = c.name()?;
    while c.eat_punct(b'.') {
        name = format!("{name}.{}", c.name()?).into();
    }
    let start = c.at;
    let mut kind_end = None;
    let (mut comment, mut ttl) = (None, None);
    while !c.done() {
        let at = c.at;
        let ends_type = ATTRIBUTES.iter().any(|w| c.is_word_at(at, w));
        if ends_type && kind_end.is_none() {
            kind_end = Some(at);
        }
        if c.eat(&["comment"]) {
            comment = c.string().or(comment);
        } else if c.eat(&["ttl"]) {
            while !c.done() && !["codec", "comment", "settings"].iter().any(|w| c.sees(&[w])) {
                c.skip();
            }
            ttl = Some(c.place(at, c.at));
        } else {
            c.skip();
        }
    }
    let kind = c.spelled(start, kind_end.unwrap_or(c.len())).into();
    Some(Column { name, kind, comment, ttl, place: c.whole() })
}

const ATTRIBUTES: [&str; 14] = [
    "default",
    "materialized",
    "alias",
    "ephemeral",
    "codec",
    "ttl",
    "comment",
    "not",
    "null",
    "statistics",
    "settings",
    "primary",
    "auto_increment",
    "collate",
];

/// Reads clauses in whatever order, up to `AS SELECT` or the end.
pub(super) fn clauses(c: &mut Cursor) -> Clauses {
    let mut out = Clauses::default();
    while !c.done() {
        if c.sees(&["as"]) && begins_query(c, c.at + 1) {
            break;
        }
        if c.sees(&["engine"]) && engine_follows(c) {
            out.engine = engine(c).or(out.engine);
        } else if c.eat(&["ttl"]) {
            out.ttl = ttl::read(c).or(out.ttl);
        } else if c.eat(&["order", "by"]) {
            out.key = key(c);
        } else if c.eat(&["settings"]) {
            out.settings = settings(c);
        } else if c.eat(&["comment"]) {
            out.comment = c.string().or(out.comment);
        } else {
            c.skip();
        }
    }
    // `COMMENT` may stand behind the query.
    if c.len() > 2 && c.is_word_at(c.len() - 2, "comment") {
        c.at = c.len() - 1;
        out.comment = c.string().or(out.comment);
    }
    out
}

/// `ORDER BY (a, toDate(b), c)`, `ORDER BY a`: columns that are arguments count as well.
fn key(c: &mut Cursor) -> Vec<Arc<str>> {
    let start = c.at;
    if c.kind_at(start + 1) == Some(Kind::Punct(b'(')) {
        c.at += 1;
    }
    c.skip();
    let mut inside = c.part(start, c.at);
    let mut out = Vec::new();
    while !inside.done() {
        match inside.name() {
            Some(name) if !inside.sees_punct(b'(') => out.push(name),
            Some(_) => {}
            None => inside.at += 1,
        }
    }
    out
}

fn engine_follows(c: &Cursor) -> bool {
    matches!(
        c.kind_at(c.at + 1),
        Some(Kind::Punct(b'=') | Kind::Word { .. } | Kind::Opaque | Kind::String)
    )
}

fn engine(c: &mut Cursor) -> Option<Engine> {
    let start = c.at;
    c.at += 1;
    c.eat_punct(b'=');
    let name = c.name()?;
    let mut args = "";
    if c.sees_punct(b'(') {
        let open = c.at;
        c.skip();
        args = c.spelled(open + 1, c.at - 1);
    }
    Some(Engine { name, args: args.into(), place: c.place(start, c.at) })
}

fn settings(c: &mut Cursor) -> Vec<(Arc<str>, Arc<str>, crate::source::Place)> {
    let mut out = Vec::new();
    loop {
        let start = c.at;
        let Some(name) = c.name() else { return out };
        if !c.eat_punct(b'=') {
            c.at = start + 1;
            return out;
        }
        let value = c.at;
        c.skip();
        out.push((name, c.spelled(value, c.at).into(), c.place(start, c.at)));
        if !c.eat_punct(b',') {
            return out;
        }
    }
}

/// What follows `ALTER TABLE`.
pub(super) fn alter(c: &mut Cursor) -> Option<Alter> {
    c.eat(&["if", "exists"]);
    let name = c.table_name()?;
    let head = c.place(0, c.at);
    c.eat_cluster();
    let mut actions = Vec::new();
    while !c.done() {
        if let Some(action) = alter_action(c) {
            actions.push(action);
        }
        while !c.done() && !c.eat_punct(b',') {
            c.skip();
        }
    }
    Some(Alter { name, head, actions })
}

fn alter_action(c: &mut Cursor) -> Option<AlterAction> {
    let start = c.at;
    if c.eat(&["modify", "ttl"]) {
        return ttl::read(c).map(AlterAction::ModifyTtl);
    }
    if c.eat(&["remove", "ttl"]) {
        return Some(AlterAction::RemoveTtl(c.place(start, c.at)));
    }
    if c.eat(&["rename", "column"]) {
        c.eat(&["if", "exists"]);
        let from = c.name()?;
        c.eat(&["to"]).then_some(())?;
        return Some(AlterAction::RenameColumn(from, c.name()?));
    }
    if c.eat(&["drop", "column"]) {
        c.eat(&["if", "exists"]);
        return c.name().map(AlterAction::DropColumn);
    }
    let adds = c.eat(&["add", "column"]);
    if adds || c.eat(&["modify", "column"]) {
        c.eat(&["if", "not", "exists"]);
        c.eat(&["if", "exists"]);
        let from = c.at;
        while !c.done() && !c.sees_punct(b',') {
            c.skip();
        }
        let column = column(&mut c.part(from, c.at))?;
        return Some(if adds {
            AlterAction::AddColumn(column)
        } else {
            AlterAction::ModifyColumn(column)
        });
    }
    None
}
