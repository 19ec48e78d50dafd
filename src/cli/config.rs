//! `seawall config`: what is in force, and who says so, as a configuration.

use std::fmt::Write as _;

use super::args::Config;
use super::configured::{self, Effective, From, Value, at_line};
use super::{Status, Stop, stream};
use crate::config::Configuration;

pub(super) fn run(args: &Config) -> Result<Status, Stop> {
    let configurations = configured::configurations(&args.input)?;
    let effective = configured::effective(&args.chosen, &configurations)?;
    let text = written(&effective, &configurations);
    stream::print(|out| out.write_all(text.as_bytes()))?;
    if configurations.is_empty() {
        stream::say("no configuration file");
    }
    Ok(Status::Clean)
}

fn written(effective: &Effective, configurations: &[Configuration]) -> String {
    let Effective { fail_on, min_severity, min_confidence, rule, skip } = effective;
    let mut out = String::new();
    let words = [("fail-on", fail_on), ("min-severity", min_severity)];
    for (key, value) in words.into_iter().chain([("min-confidence", min_confidence)]) {
        line(&mut out, key, &quoted(&value.value), value);
    }
    for (key, value) in [("rule", rule), ("skip", skip)] {
        let items: Vec<String> = value.value.iter().map(|name| quoted(name)).collect();
        let every = key == "rule" && items.is_empty();
        let text = if every { "[\"*\"]".to_owned() } else { format!("[{}]", items.join(", ")) };
        line(&mut out, key, &text, value);
    }
    for configuration in configurations {
        for class in &configuration.classes {
            let entries = [
                ("table", class.table.as_ref()),
                ("column", class.column.as_ref()),
                ("class", Some(&class.word.value)),
            ];
            table(&mut out, "class", &at_line(configuration, &class.at), &entries);
        }
        for ignore in &configuration.ignores {
            let entries = [
                ("rule", Some(&ignore.rule.value)),
                ("path", Some(&ignore.path)),
                ("resource", ignore.resource.as_ref()),
                ("reason", ignore.reason.as_ref()),
                ("until", ignore.until.as_ref()),
            ];
            table(&mut out, "ignore", &at_line(configuration, &ignore.at), &entries);
        }
    }
    out
}

fn line<T>(out: &mut String, key: &str, text: &str, value: &Value<T>) {
    let from = match &value.from {
        From::Nobody => "default".to_owned(),
        From::Flag => format!("--{key}"),
        From::File(at) => at.clone(),
    };
    // Writing into a text cannot fail.
    let _ = writeln!(out, "{key} = {text} # {}", crate::report::clean_line(&from));
}

fn table(out: &mut String, name: &str, at: &str, entries: &[(&str, Option<&String>)]) {
    let _ = writeln!(out, "\n[[{name}]] # {}", crate::report::clean_line(at));
    for (key, value) in entries {
        if let Some(value) = value {
            let _ = writeln!(out, "{key} = {}", quoted(value));
        }
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out + "\""
}
