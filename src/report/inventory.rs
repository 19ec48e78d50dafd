//! Every store: who reaches it, what it asks, what it records, how long it keeps it.
//!
//! Facts stand with the place that decided them; what is unknown says on what it depends, what
//! nobody wrote says so.

#[cfg(test)]
pub(crate) mod line;
mod sheet;

use std::io::{self, Write};

use serde::Serialize;

use self::sheet::{Line, Sheet, sheets};
use super::position::Positions;
use super::{clean, json};
use crate::finding::Run;

/// Writes the inventory as text.
pub(crate) fn text(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let positions = Positions::new(&run.sources);
    for (index, sheet) in sheets(run).iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let at = clean::line(&positions.at(sheet.place)).into_owned();
        writeln!(out, "{}  {at}", clean::line(&sheet.title))?;
        write_sheet(sheet, &positions, out)?;
    }
    Ok(())
}

fn write_sheet(sheet: &Sheet, positions: &Positions<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<(&str, String, String)> = sheet
        .lines
        .iter()
        .map(|line| {
            let at = line.place.map(|place| clean::line(&positions.at(place)).into_owned());
            let value = clean::line(&line.text()).into_owned();
            (line.label, value, at.unwrap_or_default())
        })
        .collect();
    // One long value does not push all places off the screen.
    let width = rows.iter().map(|(_, value, _)| width(value)).filter(|w| *w <= 48).max();
    let width_of_values = width.unwrap_or(0);
    let mut last = "";
    for (label, value, at) in rows {
        let label = if label == last { "" } else { label };
        last = if label.is_empty() { last } else { label };
        let gap = width_of_values.saturating_sub(self::width(&value));
        let row = format!("  {label:<14} {value}{:gap$}  {at}", "");
        writeln!(out, "{}", row.trim_end())?;
    }
    Ok(())
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    stores: Vec<Store<'a>>,
}

#[derive(Serialize)]
struct Store<'a> {
    title: &'a str,
    address: &'a str,
    location: json::Location<'a>,
    facts: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    name: &'static str,
    /// `known`, `unset`, `unknown`.
    state: &'static str,
    value: &'a str,
    location: Option<json::Location<'a>>,
}

/// Writes the inventory as JSON.
pub(crate) fn json(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let positions = Positions::new(&run.sources);
    let sheets = sheets(run);
    let document = Document {
        version: 1,
        stores: sheets.iter().map(|sheet| store(sheet, &positions)).collect(),
    };
    json::pretty(&document, out)
}

fn store<'a>(sheet: &'a Sheet, positions: &Positions<'a>) -> Store<'a> {
    let location = |place| json::location(place, positions);
    let item = |line: &'a Line| Item {
        name: line.label,
        state: line.state.name(),
        value: &line.value,
        location: line.place.map(location),
    };
    Store {
        title: &sheet.title,
        address: &sheet.address,
        location: location(sheet.place),
        facts: sheet.lines.iter().map(item).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_fact_stands_with_its_place() {
        let mut out = Vec::new();
        text(&sample::run(), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        ClickHouse server `logs`  conf/users.xml:1
          name           logs                                          conf/users.xml:1
          engine         clickhouse (guessed: its image)               conf/users.xml:1
          kind           not set                                       conf/users.xml:1
          managed        not set                                       conf/users.xml:1
          reached by     anyone on the internet                        conf/users.xml:1
                         - load balancer `logs` has a public address   deploy/main net.tf:3
                         - its security group admits everybody         deploy/main net.tf:7
                         - `logs` listens on every address             conf/users.xml:2
          open to        anyone on the internet                        conf/users.xml:1
                         - load balancer `logs` has a public address   deploy/main net.tf:3
                         - its security group admits everybody         deploy/main net.tf:7
                         - `logs` listens on every address             conf/users.xml:2
          asks for       none                                          conf/users.xml:5
          endpoint       port 8123, http, no TLS                       deploy/main net.tf:8
          user           `default`, asks for none                      conf/users.xml:4
          TLS required   no (default: ClickHouse, server settings)     conf/users.xml:1
          TLS version    not set                                       conf/users.xml:1
          encrypted      not set                                       conf/users.xml:1
          audit log      unknown (depends on `var.audit`)              deploy/main net.tf:3
          records        query_log, records queries, on, not scrubbed  conf/users.xml:1
          keeps          query_log, system-log, for ever               conf/users.xml:1
          backup days    not set                                       conf/users.xml:1
        "#);
    }

    #[test]
    fn the_document_has_the_same_facts() {
        let mut out = Vec::new();
        json(&sample::run(), &mut out).unwrap();
        let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let facts = document["stores"][0]["facts"].as_array().unwrap();
        let audit = facts.iter().find(|fact| fact["name"] == "audit log").unwrap();
        assert_eq!(audit["state"], "unknown");
        assert_eq!(audit["value"], "depends on `var.audit`");
        assert_eq!(audit["location"]["path"], "deploy/main net.tf");
    }

    #[test]
    fn one_line_names_what_cards_compare() {
        let run = sample::run();
        assert_eq!(
            line::line(&run.model.datastores[0]),
            "Datastore logs: engine = clickhouse, auth = none, reach = internet, open_to = internet"
        );
    }
}
