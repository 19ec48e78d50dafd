//! What the typed arguments mean. Nothing later asks what was typed.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::args::{Check, Color, Input};
use super::configured::{self, Effective};
use super::{Stop, select, stream};
use crate::finding::Severity;
use crate::model::truth::Confidence;
use crate::report::{Format, Look, Shown};
use crate::session::{self, Options};

/// A check, ready to be done.
pub(super) struct Job {
    pub(super) options: Options,
    pub(super) shown: Shown,
    /// `None`: never.
    pub(super) fail_on: Option<Severity>,
    pub(super) format: Format,
    pub(super) look: Look,
    /// Opened, with the path for messages.
    pub(super) outputs: Vec<(Format, String, std::fs::File)>,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
}

impl Job {
    pub(super) fn new(args: Check) -> Result<Job, Stop> {
        let options = options(args.input)?;
        let effective = configured::effective(&args.chosen, &options.configurations)?;
        let rules_dir = args.chosen.rules;
        let (select, skip) = rules(rules_dir.as_deref(), &effective)?;
        let color = match args.color {
            Color::Auto => None,
            Color::Always => Some(true),
            Color::Never => Some(false),
        };
        let outputs = args.output.iter().map(|typed| output(typed)).collect::<Result<_, _>>()?;
        Ok(Job {
            options: Options { rules_dir, select, skip, ..options },
            shown: Shown {
                severity: Severity::named(&effective.min_severity.value).unwrap_or(Severity::Low),
                confidence: confidence(&effective.min_confidence.value),
            },
            fail_on: Severity::named(&effective.fail_on.value),
            format: Format::named(&args.format).unwrap_or(Format::Human),
            look: stream::look(color),
            outputs,
            quiet: args.quiet,
            verbose: args.verbose,
        })
    }
}

/// What to read, for any command that reads; all rules.
pub(super) fn options(input: Input) -> Result<Options, Stop> {
    let configurations = configured::configurations(&input)?;
    let dash = Path::new("-");
    let wants_stdin = input.paths.iter().any(|path| path == dash);
    let mut paths: Vec<PathBuf> = input.paths.into_iter().filter(|path| path != dash).collect();
    if paths.is_empty() && !wants_stdin {
        paths.push(PathBuf::from("."));
    }
    let stdin = match (wants_stdin, input.stdin_filename) {
        (true, Some(name)) => Some((name, stream::read()?)),
        (true, None) => return Err(usage("`-` needs --stdin-filename, which tells its kind")),
        (false, Some(_)) => return Err(usage("--stdin-filename needs `-` among the paths")),
        (false, None) => None,
    };
    Ok(Options {
        paths,
        stdin,
        threads: input.threads,
        rules_dir: None,
        select: Vec::new(),
        skip: Vec::new(),
        variables: input.variables,
        configurations,
        today: today(),
    })
}

fn usage(message: &str) -> Stop {
    Stop::Usage(message.to_owned())
}

/// The rules to run and to leave out, by name.
fn rules(folder: Option<&Path>, effective: &Effective) -> Result<(Vec<String>, Vec<String>), Stop> {
    let Effective { rule, skip, .. } = effective;
    if rule.value.is_empty() && skip.value.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let all = session::rules(folder)?;
    Ok((select::names("--rule", &rule.value, &all)?, select::names("--skip", &skip.value, &all)?))
}

fn output(typed: &str) -> Result<(Format, String, std::fs::File), Stop> {
    let (name, path) = typed
        .split_once('=')
        .filter(|(_, path)| !path.is_empty())
        .ok_or_else(|| Stop::Usage(format!("--output {typed}: write it as FORMAT=FILE")))?;
    let format = Format::named(name).ok_or_else(|| {
        let names = Format::NAMES.map(|(name, _)| name).join(", ");
        Stop::Usage(format!("--output {typed}: the formats are {names}"))
    })?;
    Ok((format, path.to_owned(), stream::open(path)?))
}

fn confidence(name: &str) -> Confidence {
    [Confidence::Certain, Confidence::Possible]
        .into_iter()
        .find(|confidence| confidence.name() == name)
        .unwrap_or(Confidence::Likely)
}

/// Today in UTC, so that a suppression expires everywhere at once.
fn today() -> (i32, u32, u32) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    date(since.as_secs() / 86_400)
}

/// The Gregorian date of a day counted from 1970-01-01. Years are counted from March, so that the
/// leap day is the last of its year (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `civil_from_days`).
fn date(days: u64) -> (i32, u32, u32) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    (i32::try_from(year).unwrap_or(i32::MAX), month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(59), (1970, 3, 1));
        assert_eq!(date(11_016), (2000, 2, 29));
        assert_eq!(date(20_819), (2027, 1, 1));
    }
}
