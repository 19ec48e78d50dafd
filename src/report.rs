//! What a run came to, written down for people and for programs.
//!
//! Reports read a finished [`Run`]; they never see a tree, decide nothing, and print nothing by
//! themselves: each writes into whatever it is given.

mod clean;
pub(crate) mod explain;
mod fault;
mod human;
pub(crate) mod inventory;
mod json;
mod position;
#[cfg(test)]
pub(crate) mod sample;
mod sarif;
mod snippet;
pub(crate) mod summary;

use std::io::{self, Write};

use crate::finding::{Finding, Run, Severity};
use crate::model::truth::Confidence;

pub(crate) use clean::line as clean_line;
pub(crate) use fault::fault;

/// The kinds of report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Human,
    Json,
    Sarif,
}

impl Format {
    /// The names that the command line takes; `json` is the newest version.
    pub(crate) const NAMES: [(&'static str, Format); 4] = [
        ("human", Format::Human),
        ("json", Format::Json),
        ("json-v1", Format::Json),
        ("sarif", Format::Sarif),
    ];

    pub(crate) fn named(name: &str) -> Option<Format> {
        Format::NAMES.into_iter().find(|(n, _)| *n == name).map(|(_, format)| format)
    }
}

/// What is shown at all. Findings below stay in the counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shown {
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
}

impl Shown {
    pub(crate) fn admits(self, finding: &Finding) -> bool {
        finding.severity >= self.severity && finding.confidence >= self.confidence
    }

    pub(crate) fn of(self, run: &Run) -> impl Iterator<Item = &Finding> {
        run.findings.iter().filter(move |finding| self.admits(finding))
    }
}

/// How text looks where people read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Look {
    pub(crate) color: bool,
    /// Lines and arrows beyond ASCII.
    pub(crate) unicode: bool,
    /// Columns to wrap at; `None`: those of the terminal.
    pub(crate) width: Option<usize>,
}

/// Writes a report.
pub(crate) fn write(
    format: Format,
    run: &Run,
    shown: Shown,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::write(run, shown, look, out),
        Format::Json => json::write(run, shown, out),
        Format::Sarif => sarif::write(run, shown, out),
    }
}
