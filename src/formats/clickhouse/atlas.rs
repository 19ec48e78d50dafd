//! Atlas schema files: tables as blocks of HCL instead of statements.
//!
//! atlasgo.io, "ClickHouse Schema" and "Using SQL Expressions in ClickHouse HCL Schema": names of
//! engines and types stand bare or in `sql("…")`, a TTL always in `sql("…")`.

use std::sync::Arc;

use crate::shared::Shared;
use crate::source::{Place, Text};
use crate::tree::hcl::{Block, Body, Expr, ExprKind};
use crate::tree::sql::{
    Column, Create, Engine, Statement, StatementKind, TableName, Ttl, TtlAction, TtlElement,
    parse_ttl,
};

/// Whether a file is a schema that only ClickHouse understands. Without a name of its engines the
/// types must tell.
pub(super) fn claims(text: &str) -> bool {
    (text.contains("table \"") || text.contains("materialized \""))
        && ["MergeTree", "LowCardinality(", "UInt64", "DateTime64("]
            .iter()
            .any(|w| text.contains(w))
}

/// The tables of a schema, as statements that change nothing where a migration has made them.
pub(super) fn statements(body: &Body, text: &Text) -> Vec<Statement> {
    let blocks = ["table", "materialized"].into_iter().flat_map(|kind| body.blocks(kind));
    let mut found: Vec<Statement> = blocks.filter_map(|block| table(block, text)).collect();
    found.sort_by_key(|statement| statement.place.start);
    found
}

fn table(block: &Block, text: &Text) -> Option<Statement> {
    let (name, qualifier) = match block.labels.as_slice() {
        [name] => (name, None),
        [schema, name] => (name, Some(schema.text.clone())),
        _ => return None,
    };
    let body = &block.body;
    let value = |name: &str| body.attribute(name).map(|a| &a.expr);
    let place = block.head;
    let create = Create {
        name: TableName {
            database: value("schema").and_then(reference).or(qualifier),
            table: name.text.clone(),
            place,
        },
        head: place,
        view: &*block.kind == "materialized",
        replace: false,
        if_not_exists: true,
        temporary: false,
        cluster: None,
        columns: body.blocks("column").filter_map(|column| self::column(column, text)).collect(),
        engine: value("engine").map(|expr| engine(expr, text)),
        ttl: value("ttl").and_then(ttl),
        key: Vec::new(),
        settings: Vec::new(),
        comment: value("comment").and_then(string),
        like: None,
        to: value("to").and_then(|to| {
            let table = reference(to).or_else(|| string(to))?;
            Some(TableName { database: None, table, place: to.place })
        }),
    };
    Some(Statement { place: block.place, kind: StatementKind::Create(Box::new(create)) })
}

fn column(block: &Block, text: &Text) -> Option<Column> {
    let value = |name: &str| block.body.attribute(name).map(|a| &a.expr);
    Some(Column {
        name: block.labels.first()?.text.clone(),
        kind: value("type").map_or_else(|| "".into(), |expr| spelled(expr, text)),
        comment: value("comment").and_then(string),
        ttl: value("ttl").map(|expr| expr.place),
        place: block.place,
    })
}

/// `MergeTree`, `sql("ReplicatedMergeTree('/p', '{replica}')")`
fn engine(expr: &Expr, text: &Text) -> Engine {
    let spelled = spelled(expr, text);
    let (name, args) = spelled.split_once('(').unwrap_or((&spelled, ""));
    let args = args.trim_end().trim_end_matches(')');
    Engine { name: name.trim().into(), args: args.into(), place: expr.place }
}

/// A TTL of which a part is filled in from elsewhere deletes nobody knows when.
fn ttl(expr: &Expr) -> Option<Ttl> {
    let inner = in_sql(expr).unwrap_or(expr);
    let ExprKind::String(value, pieces) = &inner.kind else {
        let element =
            TtlElement { action: TtlAction::Delete, age: None, template: true, place: inner.place };
        return Some(Ttl { place: inner.place, elements: vec![element] });
    };
    parse_ttl(&nested(value, inner.place, pieces))
}

fn nested(value: &Arc<str>, place: Place, pieces: &Shared<crate::source::Piece>) -> Text {
    Text::nested(value.clone(), place, pieces.clone())
}

/// What stands in `sql("…")`.
fn in_sql(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Call { name, args, .. } if &**name == "sql" => args.first(),
        _ => None,
    }
}

/// An expression as ClickHouse spells it.
fn spelled(expr: &Expr, text: &Text) -> Arc<str> {
    let inner = in_sql(expr).unwrap_or(expr);
    string(inner)
        .or_else(|| text.as_str().get(inner.place.range()).map(Arc::from))
        .unwrap_or_else(|| "".into())
}

fn string(expr: &Expr) -> Option<Arc<str>> {
    match &expr.kind {
        ExprKind::String(value, _) => Some(value.clone()),
        _ => None,
    }
}

/// `schema.app`, `table.app.events`: the last name.
fn reference(expr: &Expr) -> Option<Arc<str>> {
    match &expr.kind {
        ExprKind::Attr(_, name) => Some(name.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::tree::hcl;

    /// Each table with its database, engine, columns and TTL.
    fn check(schema: &str, expected: &[&str]) {
        let text = Text::of_file(FileId(0), schema.into());
        let (body, _) = hcl::parse(&text);
        let shown = |statement: Statement| {
            let StatementKind::Create(create) = statement.kind else { panic!() };
            let columns: Vec<String> =
                create.columns.iter().map(|c| format!("{} {}", c.name, c.kind)).collect();
            let engine = create.engine.map_or("".into(), |e| e.name);
            let ttl = create.ttl.map_or("-", |t| &schema[t.place.range()]);
            let database = create.name.database.unwrap_or_default();
            format!("{database}.{} {engine} [{}] {ttl}", create.name.table, columns.join(", "))
        };
        let found: Vec<String> = statements(&body, &text).into_iter().map(shown).collect();
        assert_eq!(found, expected, "{schema}");
    }

    #[test]
    fn blocks_are_tables() {
        check(
            "schema \"app\" {\n  engine = Atomic\n}\n\
             table \"events\" {\n  schema = schema.app\n  engine = MergeTree\n  \
             ttl = sql(\"at + INTERVAL 30 DAY\")\n  \
             column \"at\" {\n    type = DateTime64(3)\n  }\n  \
             column \"level\" {\n    type = sql(\"LowCardinality(String)\")\n  }\n}\n",
            &["app.events MergeTree [at DateTime64(3), level LowCardinality(String)] \
               at + INTERVAL 30 DAY"],
        );
        check(
            "table \"app\" \"copies\" {\n  \
             engine = sql(\"ReplicatedMergeTree('/p', '{replica}')\")\n}\n\
             materialized \"sums\" {\n  schema = schema.app\n  to = table.copies\n}\n",
            &["app.copies ReplicatedMergeTree [] -", "app.sums  [] -"],
        );
        check(
            "table \"t\" {\n  engine = MergeTree\n  ttl = sql(\"at + ${var.keep}\")\n}\n",
            &[".t MergeTree [] \"at + ${var.keep}\""],
        );
        check("table {\n}\ntable \"a\" \"b\" \"c\" {\n}\n", &[]);
    }

    #[test]
    fn a_schema_of_another_database_is_not_ours() {
        assert!(claims("table \"t\" {\n  engine = MergeTree\n}"));
        assert!(!claims("table \"t\" {\n  column \"a\" {\n    type = bigint\n  }\n}"));
        assert!(!claims("terraform {\n  source = \"MergeTree\"\n}"));
    }
}
