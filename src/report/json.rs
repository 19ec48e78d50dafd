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
        insta::assert_snapshot!(written(&sample::clean(), Confidence::Likely), @r#"
        {
          "version": 1,
          "tool": {
            "name": "seawall",
            "version": "0.1.0"
          },
          "summary": {
            "files": 2,
            "stores": 0,
            "findings": {
              "critical": 0,
              "high": 0,
              "medium": 0,
              "low": 0,
              "info": 0
            },
            "only_possible": 0,
            "below": 0,
            "suppressed": 0,
            "not_understood": 0,
            "unreadable": 0
          },
          "findings": [],
          "not_understood": [],
          "unreadable": []
        }
        "#);
    }

    #[test]
    fn a_finding_carries_all_that_proves_it() {
        let mut run = sample::run();
        // The possible and the suppressed one together have everything but a guess.
        let mut finding = run.findings.remove(3);
        finding.evidence = run.findings[1].evidence.drain(..1).collect();
        finding.whys = run.findings[2].whys.clone();
        run.findings = vec![finding];
        insta::assert_snapshot!(written(&run, Confidence::Possible), @r#"
        {
          "version": 1,
          "tool": {
            "name": "seawall",
            "version": "0.1.0"
          },
          "summary": {
            "files": 2,
            "stores": 1,
            "findings": {
              "critical": 0,
              "high": 0,
              "medium": 0,
              "low": 0,
              "info": 0
            },
            "only_possible": 0,
            "below": 0,
            "suppressed": 1,
            "not_understood": 1,
            "unreadable": 1
          },
          "findings": [
            {
              "rule": "open-datastore",
              "category": "exposure",
              "severity": "critical",
              "confidence": "certain",
              "message": "anyone on the internet can read `honeypot`",
              "location": {
                "path": "deploy/main net.tf",
                "start": {
                  "line": 8,
                  "column": 17,
                  "offset": 183
                },
                "end": {
                  "line": 8,
                  "column": 21,
                  "offset": 187
                }
              },
              "evidence": [
                {
                  "message": "load balancer `logs` has a public address",
                  "location": {
                    "path": "deploy/main net.tf",
                    "start": {
                      "line": 3,
                      "column": 3,
                      "offset": 42
                    },
                    "end": {
                      "line": 3,
                      "column": 19,
                      "offset": 58
                    }
                  }
                }
              ],
              "depends_on": [
                {
                  "what": "`var.cidrs`",
                  "location": {
                    "path": "deploy/main net.tf",
                    "start": {
                      "line": 7,
                      "column": 45,
                      "offset": 154
                    },
                    "end": {
                      "line": 7,
                      "column": 56,
                      "offset": 165
                    }
                  }
                }
              ],
              "guesses": [],
              "help": "set `password_sha256_hex`, or name the clients in `networks`",
              "about": "clickhouse/logs",
              "instances": [],
              "fingerprint": "00000000000000cc",
              "suppressed": {
                "reason": "a honeypot",
                "location": {
                  "path": "deploy/main net.tf",
                  "start": {
                    "line": 1,
                    "column": 1,
                    "offset": 0
                  },
                  "end": {
                    "line": 1,
                    "column": 11,
                    "offset": 12
                  }
                }
              }
            }
          ],
          "not_understood": [
            {
              "what": "a setting `x` of `aws_lb`",
              "location": {
                "path": "deploy/main net.tf",
                "start": {
                  "line": 2,
                  "column": 1,
                  "offset": 13
                },
                "end": {
                  "line": 2,
                  "column": 18,
                  "offset": 30
                }
              }
            }
          ],
          "unreadable": [
            {
              "path": "deploy/odd\u0007.tf",
              "reason": "not UTF-8"
            }
          ]
        }
        "#);
    }
}
