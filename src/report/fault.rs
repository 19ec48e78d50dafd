//! What is wrong with seawall's own configuration, drawn at its place.

use std::fmt::{self, Display, Write as _};

use miette::{Diagnostic, LabeledSpan, ReportHandler, SourceCode};

use super::position::Positions;
use super::snippet::{Mark, View};
use super::{Look, clean, human};
use crate::finding::Severity;
use crate::source::{Place, Sources};

/// One mistake, for a person.
pub(crate) fn fault(
    message: &str,
    help: Option<&str>,
    place: Place,
    sources: &Sources,
    look: Look,
) -> String {
    let positions = Positions::new(sources);
    let report = Report {
        message: clean::line(message).into_owned(),
        help: help.map(|help| clean::line(help).into_owned()),
        view: View::new(&[Mark { place, say: None, primary: true }], &positions),
    };
    let mut out = String::new();
    // Writing into a text cannot fail.
    let _ = write!(out, "{}", Drawn { report: &report, look });
    out
}

struct Drawn<'a> {
    report: &'a Report,
    look: Look,
}

impl Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        human::handler(self.look, Severity::High).debug(self.report, f)
    }
}

#[derive(Debug)]
struct Report {
    message: String,
    help: Option<String>,
    view: View,
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl Diagnostic for Report {
    fn help(&self) -> Option<Box<dyn Display + '_>> {
        Some(Box::new(self.help.as_ref()?))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.view)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.view.labels()))
    }
}
