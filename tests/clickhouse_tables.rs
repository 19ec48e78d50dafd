//! `CREATE TABLE` as ClickHouse understands it and as seawall does: engine, columns, and what the
//! TTL does to the rows and when.
//!
//! `testdata/clickhouse-tables/recorded.jsonl` was written by `record.py` beside it, which asks the
//! server; `SEAWALL_TABLES` names a record of somebody else's statements to be compared as well.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests read files and may panic"
)]

use std::fs;
use std::io::Write as _;

use seawall::clickhouse_verdict::{Table, tables};
use serde_json::Value;

/// Statements of one record, as far as both were asked.
#[derive(Default)]
struct Tally {
    same: usize,
    /// Columns that a query names, and ages that seawall does not work out.
    open_columns: usize,
    open_ages: usize,
    different: Vec<String>,
}

impl Tally {
    fn add(&mut self, recorded: &Value) {
        let sql = recorded["sql"].as_str().unwrap();
        let found = tables(sql);
        let result = match found.as_slice() {
            [table] => self.compare(recorded, table),
            _ => Err(format!("{} tables", found.len())),
        };
        match result {
            Ok(()) => self.same += 1,
            Err(what) => self.different.push(format!("{what}: {sql}")),
        }
    }

    fn compare(&mut self, recorded: &Value, table: &Table) -> Result<(), String> {
        let engine = recorded["engine"].as_str().unwrap();
        // Without the clause it is whatever the server's settings say.
        if let Some(ours) = &table.engine
            && ours != engine
        {
            return Err(format!("engine {ours}, the server says {engine}"));
        }
        self.columns(recorded, table)?;
        self.ttl(recorded, table)
    }

    fn columns(&mut self, recorded: &Value, table: &Table) -> Result<(), String> {
        let theirs = recorded["columns"].as_array().unwrap().iter();
        let mut theirs =
            theirs.map(|c| (c[0].as_str().unwrap(), c[1].as_str().unwrap())).peekable();
        if table.columns.is_empty() {
            self.open_columns += 1;
            return Ok(());
        }
        for (name, kind) in &table.columns {
            // `n Nested(a …, b …)` is kept as `n.a` and `n.b`.
            if kind.to_ascii_lowercase().starts_with("nested") {
                let prefix = format!("{name}.");
                while theirs.next_if(|(n, _)| n.starts_with(&prefix)).is_some() {}
                continue;
            }
            match theirs.next() {
                Some((n, k)) if n == name && alike(kind, k) => {}
                other => return Err(format!("column {name} {kind}, the server says {other:?}")),
            }
        }
        theirs.next().map_or(Ok(()), |(name, _)| Err(format!("no column {name}")))
    }

    fn ttl(&mut self, recorded: &Value, table: &Table) -> Result<(), String> {
        let theirs = recorded["ttl"].as_array().unwrap();
        let actions: Vec<&str> = theirs.iter().map(|e| e[0].as_str().unwrap()).collect();
        let ours: Vec<&str> = table.ttl.iter().map(|(action, _)| *action).collect();
        // What follows a GROUP BY is recorded with it.
        let shared = if actions.contains(&"group") { actions.len() } else { ours.len() };
        if ours.get(..shared) != Some(&actions) {
            return Err(format!("TTL {ours:?}, the server says {actions:?}"));
        }
        for ((_, days), element) in table.ttl.iter().zip(theirs) {
            match (days, element[1].as_i64()) {
                (Some(days), Some(seconds)) if !close(*days, seconds) => {
                    return Err(format!("after {days} days, the server says {seconds} seconds"));
                }
                (None, Some(seconds)) if seconds > 0 => self.open_ages += 1,
                _ => {}
            }
        }
        Ok(())
    }
}

/// A month has 28 to 31 days, and seawall counts begun days.
fn close(days: i64, seconds: i64) -> bool {
    // The server's clock of 32 bits turns over.
    days > 30_000 || (days * 86_400 - seconds).abs() <= 86_400 + days * 86_400 * 5 / 100
}

/// Types are compared where the server spells them as they were written: `Int64`, not `bigint`.
fn alike(ours: &str, theirs: &str) -> bool {
    let plain = ours.chars().all(|c| c.is_ascii_alphanumeric());
    let native = plain && ours.contains(char::is_lowercase) && ours.contains(char::is_uppercase);
    !native || ours.len() != theirs.len() || ours.eq_ignore_ascii_case(theirs)
}

fn compare(path: &str, text: &str) -> Tally {
    let mut tally = Tally::default();
    for line in text.lines() {
        tally.add(&serde_json::from_str(line).unwrap());
    }
    let all = tally.same + tally.different.len();
    // Not captured as `println!` is.
    let _ = writeln!(
        std::io::stderr(),
        "{path}: ClickHouse and seawall agree on {} of {all} tables; open are the columns of {} and \
         the age in {} elements of a TTL",
        tally.same,
        tally.open_columns,
        tally.open_ages
    );
    tally
}

#[test]
fn seawall_reads_tables_as_the_server_does() {
    let path = "testdata/clickhouse-tables/recorded.jsonl";
    let full = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    let tally = compare(path, &fs::read_to_string(full).unwrap());
    assert!(tally.different.is_empty(), "{}", tally.different.join("\n\n"));
}

#[test]
fn seawall_reads_the_tables_of_others_as_the_server_does() {
    let Some(path) = std::env::var("SEAWALL_TABLES").ok() else { return };
    let tally = compare(&path, &fs::read_to_string(&path).unwrap());
    assert!(tally.different.is_empty(), "{}", tally.different.join("\n\n"));
}
