//! The tool's own JSON, version 1; `docs/json.md` describes it.

use std::io::{self, Write};

use serde::Serialize;

use super::Shown;
use super::position::{Point, Positions};
use super::summary::Counts;
use crate::finding::{Finding, Run, Severity};
use crate::source::Place;

/// Fields may be added within a version; none is renamed, removed or given another meaning.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    summary: Summary,
    findings: Vec<Item<'a>>,
    not_understood: Vec<What<'a>>,
    unreadable: Vec<Unreadable<'a>>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    stores: usize,
    findings: BySeverity,
    only_possible: usize,
    below: usize,
    suppressed: usize,
    not_understood: usize,
    unreadable: usize,
}

#[derive(Serialize)]
struct BySeverity {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    info: usize,
}

#[derive(Serialize)]
struct Item<'a> {
    rule: &'a str,
    category: &'static str,
    severity: &'static str,
    confidence: &'static str,
    message: &'a str,
    location: Location<'a>,
    evidence: Vec<Step<'a>>,
    depends_on: Vec<What<'a>>,
    guesses: Vec<&'a str>,
    help: &'a str,
    about: &'a str,
    instances: Vec<&'a str>,
    fingerprint: &'a str,
    suppressed: Option<Hidden<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    message: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct What<'a> {
    what: String,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Hidden<'a> {
    reason: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Unreadable<'a> {
    path: &'a str,
    reason: &'a str,
}

/// A place; inventory uses it too.
#[derive(Serialize)]
pub(super) struct Location<'a> {
    path: &'a str,
    start: Spot,
    end: Spot,
}

#[derive(Serialize)]
struct Spot {
    line: u32,
    column: u32,
    offset: u32,
}

impl Spot {
    fn new(point: Point, offset: u32) -> Spot {
        Spot { line: point.line, column: point.column, offset }
    }
}

pub(super) fn location<'a>(place: Place, positions: &Positions<'a>) -> Location<'a> {
    let span = positions.span(place);
    Location {
        path: positions.path(place),
        start: Spot::new(span.start, place.start),
        end: Spot::new(span.end, place.end),
    }
}

/// Writes the document, suppressed findings included.
pub(super) fn write(run: &Run, shown: Shown, out: &mut dyn Write) -> io::Result<()> {
    let positions = Positions::new(&run.sources);
    let what = |what: String, place| What { what, location: location(place, &positions) };
    let document = Document {
        version: VERSION,
        tool: Tool { name: "seawall", version: env!("CARGO_PKG_VERSION") },
        summary: summary(&Counts::of(run, shown)),
        findings: shown.of(run).map(|finding| item(finding, &positions)).collect(),
        not_understood: run
            .not_understood
            .iter()
            .map(|(place, text)| what(text.to_string(), *place))
            .collect(),
        unreadable: run
            .unreadable
            .iter()
            .map(|(path, reason)| Unreadable { path, reason })
            .collect(),
    };
    pretty(&document, out)
}

/// Any document, indented, with a line feed at its end.
pub(super) fn pretty(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

fn item<'a>(finding: &'a Finding, positions: &Positions<'a>) -> Item<'a> {
    let location = |place| location(place, positions);
    Item {
        rule: &finding.rule,
        category: finding.category.name(),
        severity: finding.severity.name(),
        confidence: finding.confidence.name(),
        message: &finding.message,
        location: location(finding.at),
        evidence: finding
            .evidence
            .iter()
            .map(|step| Step { message: &step.say, location: location(step.place) })
            .collect(),
        depends_on: finding
            .whys
            .iter()
            .map(|(why, place)| What { what: why.to_string(), location: location(*place) })
            .collect(),
        guesses: finding.guesses.iter().map(|guess| &**guess).collect(),
        help: &finding.help,
        about: &finding.about,
        instances: finding.instances.iter().map(|instance| &**instance).collect(),
        fingerprint: &finding.fingerprint,
        suppressed: finding
            .suppressed
            .as_ref()
            .map(|by| Hidden { reason: &by.reason, location: location(by.place) }),
    }
}

fn summary(counts: &Counts) -> Summary {
    let shown = |severity: Severity| counts.shown[severity as usize];
    Summary {
        files: counts.files,
        stores: counts.stores,
        findings: BySeverity {
            critical: shown(Severity::Critical),
            high: shown(Severity::High),
            medium: shown(Severity::Medium),
            low: shown(Severity::Low),
            info: shown(Severity::Info),
        },
        only_possible: counts.only_possible,
        below: counts.below,
        suppressed: counts.suppressed,
        not_understood: counts.not_understood,
        unreadable: counts.unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::truth::Confidence;
    use crate::report::sample;

    fn written(run: &Run, confidence: Confidence) -> String {
        let mut out = Vec::new();
        write(run, Shown { severity: Severity::Low, confidence }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_clean_run_is_a_whole_document() {
        insta::assert_snapshot!(written(&sample::clean(), Confidence::Likely), @"");
    }

    #[test]
    fn a_finding_carries_all_that_proves_it() {
        let mut run = sample::run();
        run.findings.remove(0);
        run.findings[0].evidence.drain(1..3);
        insta::assert_snapshot!(written(&run, Confidence::Possible), @"");
    }
}
