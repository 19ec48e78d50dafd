//! What the configuration and the command line come to together: a flag wins over the
//! configuration, and that over what is there by itself.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::args::{Chosen, Input};
use super::{Stop, select, stream};
use crate::config::{self, Configuration, Fault, Said, Scope, Settings};
use crate::finding::RuleInfo;
use crate::report;
use crate::session;
use crate::source::{FileId, Place, Sources};
use crate::workspace::configuration::{self, Located};

/// A value and who said it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Value<T> {
    pub(super) value: T,
    pub(super) from: From,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum From {
    Nobody,
    Flag,
    /// `path:line`
    File(String),
}

/// What a check shows and fails on.
pub(super) struct Effective {
    pub(super) fail_on: Value<String>,
    pub(super) min_severity: Value<String>,
    pub(super) min_confidence: Value<String>,
    /// As they are written; empty: all.
    pub(super) rule: Value<Vec<String>>,
    pub(super) skip: Value<Vec<String>>,
}

/// Names of rules, each with its place.
type Names = Vec<Said<String>>;

/// The configurations that count for what is read.
pub(super) fn configurations(input: &Input) -> Result<Vec<Configuration>, Stop> {
    if input.no_config {
        return Ok(Vec::new());
    }
    let paths = starts(input);
    let located = match &input.config {
        Some(file) => configuration::named(file, &paths).map(|located| vec![located]),
        None => configuration::located(&paths),
    };
    located.map_err(Stop::Usage)?.into_iter().map(read).collect()
}

/// Where the search begins; a document on standard input lies where its name would.
fn starts(input: &Input) -> Vec<PathBuf> {
    let dash = Path::new("-");
    let document = input.stdin_filename.as_deref().map(|name| {
        let folder = Path::new(name).parent().filter(|f| !f.as_os_str().is_empty() && f.is_dir());
        folder.unwrap_or(Path::new(".")).to_path_buf()
    });
    let paths = input.paths.iter().filter(|path| *path != dash).cloned();
    let mut out: Vec<PathBuf> = document.into_iter().chain(paths).collect();
    if out.is_empty() {
        out.push(PathBuf::from("."));
    }
    out
}

fn read(located: Located) -> Result<Configuration, Stop> {
    let Located { source, folders, whole } = located;
    let scopes = folders.into_iter().map(|(reported, inside)| Scope { reported, inside });
    let files = Sources::default().with_own(vec![source.clone()]);
    config::read(source, scopes.collect(), whole).map_err(|faults| drawn(&faults, &files))
}

fn drawn(faults: &[Fault], files: &Sources) -> Stop {
    let look = stream::look_of_errors();
    let place = |at: &Range<usize>| Place::new(FileId(0), at.clone());
    let one = |fault: &Fault| {
        report::fault(&fault.message, fault.help.as_deref(), place(&fault.at), files, look)
    };
    Stop::Faults(faults.iter().map(one).collect::<Vec<_>>().join("\n"))
}

/// A mistake that only shows once more is known than the text of one file.
fn wrong(of: &Configuration, at: &Range<usize>, message: String, help: Option<String>) -> Stop {
    let files = Sources::default().with_own(vec![of.file.clone()]);
    drawn(&[Fault { at: at.clone(), message, help }], &files)
}

/// The settings of a check.
pub(super) fn effective(
    chosen: &Chosen,
    configurations: &[Configuration],
) -> Result<Effective, Stop> {
    if !configurations.is_empty() {
        check_names(chosen, configurations)?;
    }
    let word =
        |flag: &Option<String>, key, default: &str, of: fn(&Settings) -> &Option<Said<String>>| {
            let said = agreed(configurations, key, of, flag.is_some())?;
            Ok::<_, Stop>(value(flag.clone(), said, default.to_owned()))
        };
    let list = |flag: &Vec<String>, key, of: fn(&Settings) -> &Option<Said<Names>>| {
        let flag = (!flag.is_empty()).then(|| flag.clone());
        let said = agreed(configurations, key, of, flag.is_some())?;
        let plain = |list: Names| list.into_iter().map(|one| one.value).collect();
        let said = said.map(|(list, from)| (plain(list), from));
        Ok::<_, Stop>(value(flag, said, Vec::new()))
    };
    Ok(Effective {
        fail_on: word(&chosen.fail_on, "fail-on", "medium", |s| &s.fail_on)?,
        min_severity: word(&chosen.min_severity, "min-severity", "low", |s| &s.min_severity)?,
        min_confidence: word(&chosen.min_confidence, "min-confidence", "likely", |s| {
            &s.min_confidence
        })?,
        rule: list(&chosen.rule, "rule", |s| &s.rule)?,
        skip: list(&chosen.skip, "skip", |s| &s.skip)?,
    })
}

/// Every rule that a configuration names is one that is known.
fn check_names(chosen: &Chosen, configurations: &[Configuration]) -> Result<(), Stop> {
    let known = session::own_and_built_in(chosen.rules.as_deref())?;
    let all: Vec<RuleInfo> = known.infos().cloned().collect();
    for configuration in configurations {
        let Settings { rule, skip, .. } = &configuration.settings;
        let patterns = rule.iter().chain(skip).flat_map(|said| &said.value);
        let patterns = patterns.map(|said| (said, select::meant(&said.value, &all).err()));
        let ignored = configuration.ignores.iter().map(|ignore| &ignore.rule).map(|said| {
            (said, known.info(&said.value).is_none().then(|| select::unknown(&said.value, &all)))
        });
        for (Said { value, at }, why) in patterns.chain(ignored) {
            if let Some(why) = why {
                return Err(wrong(configuration, at, format!("`{value}`: {why}"), None));
            }
        }
    }
    Ok(())
}

fn value<T>(flag: Option<T>, said: Option<(T, From)>, default: T) -> Value<T> {
    match (flag, said) {
        (Some(value), _) => Value { value, from: From::Flag },
        (None, Some((value, from))) => Value { value, from },
        (None, None) => Value { value: default, from: From::Nobody },
    }
}

/// What all configurations say of one thing. A run has one answer: where they differ and no flag
/// decides, nothing is judged.
fn agreed<T: Clone + Plain>(
    configurations: &[Configuration],
    key: &str,
    of: fn(&Settings) -> &Option<Said<T>>,
    decided: bool,
) -> Result<Option<(T, From)>, Stop> {
    let Some(first) = configurations.first() else { return Ok(None) };
    let differs = |c: &&Configuration| {
        let said = |c| of(c).as_ref().map(|said| said.value.plain());
        said(&c.settings) != said(&first.settings)
    };
    let other = configurations.iter().find(differs);
    if let Some(other) = other.filter(|_| !decided) {
        let (one, two) = match of(&other.settings) {
            Some(_) => (other, first),
            None => (first, other),
        };
        let at = of(&one.settings).as_ref().map_or(0..0, |said| said.at.clone());
        let message = format!("{} does not say the same of `{key}`", two.file.path);
        let help = format!("a run has one answer: say it with --{key}, or --config names one file");
        return Err(wrong(one, &at, message, Some(help)));
    }
    let said = of(&first.settings).as_ref();
    Ok(said.map(|said| (said.value.clone(), From::File(at_line(first, &said.at)))))
}

/// A value without its places.
trait Plain {
    fn plain(&self) -> Vec<&str>;
}

impl Plain for String {
    fn plain(&self) -> Vec<&str> {
        vec![self]
    }
}

impl Plain for Names {
    fn plain(&self) -> Vec<&str> {
        self.iter().map(|said| &*said.value).collect()
    }
}

/// `path:line`
pub(super) fn at_line(of: &Configuration, at: &Range<usize>) -> String {
    let before = of.file.text.get(..at.start).unwrap_or("");
    format!("{}:{}", of.file.path, before.matches('\n').count() + 1)
}
