//! What a server writes down, and for how long: its text log and its system tables.

use std::sync::Arc;

use super::masking;
use super::names::Names;
use super::read::{Reader, at, value_place};
use super::users::switched_off;
use crate::model::concept::{Defect, LogPipeline, Retention};
use crate::model::fact::{Fact, Name, Origin, Why};
use crate::model::fragment::{Keep, LogDraft};
use crate::shared::Shared;
use crate::source::Text;
use crate::tree::sql;
use crate::tree::xml::Element;

/// System tables whose rows hold texts of queries, messages or addresses. The others are made of
/// numbers; they count where somebody wrote about them.
const TELLING: [&str; 6] = [
    "query_log",
    "query_views_log",
    "text_log",
    "opentelemetry_span_log",
    "asynchronous_insert_log",
    "session_log",
];

/// Every log table of the system database that the server knows.
fn is_system_log(name: &str) -> bool {
    name.ends_with("_log") && !matches!(name, "errorlog" | "error_level_log")
}

/// Text log, query log, and crash reports where somebody wrote of them.
pub(super) fn logs(
    reader: &Reader,
    root: &Element,
    users: Option<&Element>,
    names: &Names,
) -> Vec<LogDraft> {
    let scrubbed = masking::scrubbed(reader, root);
    let mut out = vec![
        names.log(server_log(reader, root, &scrubbed, names)),
        names.log(query_log(reader, root, users, &scrubbed, names)),
    ];
    out.extend(crash_reports(reader, root, names).map(|log| names.log(log)));
    out
}

fn server_log(
    reader: &Reader,
    root: &Element,
    scrubbed: &Fact<bool>,
    names: &Names,
) -> LogPipeline {
    let element = at(root, &["logger", "level"]);
    let level = match element {
        Some(element) => reader.text(element).map(|t| t.trim().to_ascii_lowercase().into()),
        None => Fact::default("trace".into(), "logger.level is trace unless set", root.tag),
    };
    let place = element.map_or(root.tag, value_place);
    let mut log = LogPipeline::new(names.identity(
        "log/server",
        format!("the server log of {}", names.title),
        place,
        element.map_or(root.tag, |e| e.place),
    ));
    // At these levels the text of every query is written.
    let content = level.as_ref().map(|l: &Name| {
        Name::from(if matches!(&**l, "debug" | "trace" | "test") { "queries" } else { "general" })
    });
    log.name = Fact::Known("server log".into(), origin_of(&level));
    log.source = Fact::Known("server-log".into(), origin_of(&level));
    log.engine = Fact::Known("clickhouse".into(), origin_of(&level));
    log.content = Fact::Known(vec![content], origin_of(&level));
    log.enabled = level.as_ref().map(|l| &**l != "none");
    log.scrubbed = scrubbed.clone();
    log.level = level;
    log
}

fn query_log(
    reader: &Reader,
    root: &Element,
    users: Option<&Element>,
    scrubbed: &Fact<bool>,
    names: &Names,
) -> LogPipeline {
    let section = root.child("query_log");
    let place = section.map_or(root.tag, |s| s.tag);
    let mut log = LogPipeline::new(names.identity(
        "log/query_log",
        format!("the query log of {}", names.title),
        place,
        section.map_or(root.tag, |s| s.place),
    ));
    let off = users.and_then(|u| switched_off(reader, u, "log_queries"));
    let origin = section.map_or_else(|| Origin::written(root.tag), |s| reader.origin(s));
    log.enabled = match off {
        Some(origin) => Fact::Known(false, origin),
        None => Fact::Known(section.is_some(), origin.clone()),
    };
    log.name = Fact::Known("system.query_log".into(), origin.clone());
    log.source = Fact::Known("query-log".into(), origin.clone());
    log.engine = Fact::Known("clickhouse".into(), origin.clone());
    let content = Fact::Known("queries".into(), origin.clone());
    log.content = Fact::Known(vec![content], origin);
    log.scrubbed = scrubbed.clone();
    log
}

/// `send_crash_reports`: what a crashing server was doing goes to the makers. Off in the code, on in
/// newer shipped files (`SentryWriter.cpp`), so only what is written decides.
fn crash_reports(reader: &Reader, root: &Element, names: &Names) -> Option<LogPipeline> {
    let enabled = at(root, &["send_crash_reports", "enabled"])?;
    if reader.is_shipped(enabled) {
        return None;
    }
    let title = format!("the crash reports of {}", names.title);
    let mut log =
        LogPipeline::new(names.identity("log/crash-reports", title, enabled.tag, enabled.place));
    let origin = reader.origin(enabled);
    log.enabled = reader.bool(enabled);
    log.name = Fact::Known("send_crash_reports".into(), origin.clone());
    log.source = Fact::Known("crash-reports".into(), origin.clone());
    log.engine = Fact::Known("clickhouse".into(), origin.clone());
    log.content = Fact::Known(vec![Fact::Known("general".into(), origin.clone())], origin.clone());
    log.scrubbed = Fact::Known(false, origin);
    Some(log)
}

/// Tables of the system database; one exists if its section does (`SystemLog.cpp`).
pub(super) fn keeps(reader: &Reader, root: &Element, names: &Names) -> Vec<Keep> {
    let mut out = Vec::new();
    for section in root.elements().filter(|e| is_system_log(&e.name)) {
        if reader.is_shipped(section) && !TELLING.contains(&&*section.name) {
            continue;
        }
        let mut keep = Retention::new(names.identity(
            &format!("log/system.{}", section.name),
            format!("`system.{}` of {}", section.name, names.title),
            section.tag,
            section.place,
        ));
        let origin = reader.origin(section);
        keep.name = Fact::Known(format!("system.{}", section.name).into(), origin.clone());
        keep.what = Fact::Known("system-log".into(), origin.clone());
        keep.engine = Fact::Known("clickhouse".into(), origin.clone());
        let holds = if TELLING.contains(&&*section.name) { "logs" } else { "metrics" };
        let held = vec![Fact::Known(holds.into(), origin.clone())];
        keep.holds = Fact::Known(held, origin);
        (keep.days, keep.forever) = lifetime(reader, section);
        out.push(names.keep(keep));
    }
    out
}

/// System logs that say things twice; the server does not start with them (`SystemLog.cpp`).
pub(super) fn conflicts(reader: &Reader, root: &Element, names: &Names) -> Vec<Defect> {
    let both = |section: &&Element| {
        let has = |name: &str| section.child(name).is_some();
        let others = ["ttl", "partition_by", "order_by", "settings", "storage_policy"];
        is_system_log(&section.name) && has("engine") && others.into_iter().any(has)
    };
    let said = |section: &Element| {
        let message = format!(
            "`{}` has `engine` and its parts beside it: the server does not start with both",
            section.name
        );
        let mut out = names.defect(section, "no-start", message);
        if let Some(engine) = section.child("engine") {
            // One of the two may be what the product is believed to ship.
            out.kind = Fact::Known("no-start".into(), reader.origin(engine));
        }
        out
    };
    root.elements().filter(both).map(said).collect()
}

/// Days and forever, from `ttl` or from the text of `engine`.
fn lifetime(reader: &Reader, section: &Element) -> (Fact<i64>, Fact<bool>) {
    let element = section.child("ttl").or_else(|| section.child("engine"));
    let Some(element) = element else {
        let origin = match reader.origin(section) {
            o if reader.is_shipped(section) => o,
            o => Origin::default("a system log without ttl is kept for ever", o.at),
        };
        return (Fact::Unset(section.tag), Fact::Known(true, origin));
    };
    let (text, origin) = match reader.text(element) {
        Fact::Known(text, origin) => (text, origin),
        Fact::Unknown(why, at) => {
            return (Fact::Unknown(why.clone(), at), Fact::Unknown(why, at));
        }
        Fact::Unset(at) => return (Fact::Unset(at), Fact::Unset(at)),
    };
    let nested = Text::nested(text, value_place(element), Shared::empty());
    let ttl = match &*element.name {
        "ttl" => sql::parse_ttl(&nested),
        _ => sql::parse_clauses(&nested).1,
    };
    let Some(deletion) = ttl.as_ref().and_then(|t| t.deletions().next()) else {
        return (Fact::Unset(origin.at), Fact::Known(true, origin));
    };
    let days = deletion.age.as_ref().and_then(|age| age.days(system_column));
    let days = match days {
        Some(days) => Fact::Known(days, origin.clone()),
        None => Fact::Unknown(Why::NotUnderstood("this TTL".into()), origin.at),
    };
    (days, Fact::Known(false, origin))
}

/// Types of the columns that every system log has.
fn system_column(name: &str) -> Option<Arc<str>> {
    match name {
        "event_date" | "finish_date" => Some("Date".into()),
        n if n.ends_with("_time") => Some("DateTime".into()),
        _ => None,
    }
}

fn origin_of<T>(fact: &Fact<T>) -> Origin {
    match fact {
        Fact::Known(_, origin) => origin.clone(),
        other => Origin::written(other.place()),
    }
}
