//! SARIF 2.1.0, for code scanning services.
//!
//! Paths are relative to `%SRCROOT%`, which is left for the reader to set: a report names nothing
//! of the machine that made it.

mod log;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use rustc_hash::{FxHashMap, FxHashSet};

use self::log::{
    Artifact, Base, CodeFlow, Configuration, Driver, FileLocation, FileOnly, FlowStep, Help,
    Invocation, Location, Log, Message, Notification, Outcome, OutcomeProperties, Physical, Region,
    Rule, RuleProperties, Suppression, ThreadFlow, Tool,
};
use super::Shown;
use super::json::pretty;
use super::position::Positions;
use crate::finding::{Finding, RuleInfo, Run, Severity};
use crate::model::truth::Confidence;
use crate::source::Place;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const ROOT: &str = "%SRCROOT%";
const HOME: &str = env!("CARGO_PKG_REPOSITORY");

/// Writes the log. Suppressed results stay in, marked as such.
pub(super) fn write(run: &Run, shown: Shown, out: &mut dyn Write) -> io::Result<()> {
    let positions = Positions::new(&run.sources);
    let findings: Vec<&Finding> = shown.of(run).collect();
    let index: FxHashMap<&str, usize> =
        run.rules.iter().enumerate().map(|(index, rule)| (&*rule.name, index)).collect();
    let text = "The directory that seawall was run in";
    let base = Base { description: message(text) };
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [log::Run {
            tool: Tool { driver: driver(run, &findings) },
            invocations: [invocation(run)],
            original_uri_base_ids: BTreeMap::from([(ROOT, base)]),
            column_kind: "utf16CodeUnits",
            results: findings
                .iter()
                .map(|finding| outcome(finding, index.get(&*finding.rule).copied(), &positions))
                .collect(),
        }],
    };
    pretty(&log, out)
}

fn driver<'a>(run: &'a Run, findings: &[&Finding]) -> Driver<'a> {
    let uncertain = findings.iter().filter(|finding| finding.confidence != Confidence::Certain);
    let uncertain: FxHashSet<&str> = uncertain.map(|finding| &*finding.rule).collect();
    let precision =
        |info: &RuleInfo| if uncertain.contains(&*info.name) { "medium" } else { "high" };
    Driver {
        name: "seawall",
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: HOME,
        rules: run.rules.iter().map(|info| rule(info, precision(info))).collect(),
    }
}

fn rule<'a>(info: &'a RuleInfo, precision: &'static str) -> Rule<'a> {
    Rule {
        id: &info.name,
        name: &info.name,
        short_description: message(&info.title),
        full_description: message(&info.summary),
        help: Help { text: &info.fix, markdown: &info.page },
        help_uri: format!("{HOME}/blob/main/rules/{}/{}.md", info.category, info.name),
        default_configuration: Configuration { level: level(info.severity) },
        properties: RuleProperties {
            tags: tags(info),
            category: info.category.name(),
            precision,
            security_severity: security_severity(info.severity),
            status: &info.status,
        },
    }
}

/// `security` makes GitHub read `security-severity`; CWE numbers have the form of `CodeQL`'s tags.
fn tags(info: &RuleInfo) -> Vec<String> {
    let mut tags = vec!["security".to_owned(), info.category.name().to_owned()];
    let cwe = info.see.iter().filter(|see| is_cwe(see));
    let cwe = cwe.map(|see| format!("external/cwe/{}", see.to_ascii_lowercase()));
    for tag in info.tags.iter().map(ToString::to_string).chain(cwe) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn is_cwe(see: &str) -> bool {
    see.strip_prefix("CWE-").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// GitHub reads above 9.0 as critical, from 7.0 as high, from 4.0 as medium, the rest as low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}

fn invocation(run: &Run) -> Invocation<'_> {
    let notifications = run.unreadable.iter().map(|(path, why)| Notification {
        level: "error",
        message: Message { text: format!("could not read {path}: {why}").into() },
        locations: [FileLocation {
            physical_location: FileOnly { artifact_location: artifact(path) },
        }],
    });
    Invocation { execution_successful: true, tool_execution_notifications: notifications.collect() }
}

fn outcome<'a>(
    finding: &'a Finding,
    rule_index: Option<usize>,
    positions: &Positions<'_>,
) -> Outcome<'a> {
    let steps = || finding.evidence.iter().enumerate();
    let flow = steps().map(|(_, step)| FlowStep {
        location: location(step.place, None, Some(&step.say), positions),
    });
    let flow: Vec<FlowStep<'a>> = flow.collect();
    Outcome {
        rule_id: &finding.rule,
        rule_index,
        level: level(finding.severity),
        message: message(&finding.message),
        locations: [location(finding.at, None, None, positions)],
        related_locations: steps()
            .map(|(n, step)| location(step.place, Some(n + 1), Some(&step.say), positions))
            .collect(),
        code_flows: if flow.is_empty() {
            Vec::new()
        } else {
            vec![CodeFlow { thread_flows: [ThreadFlow { locations: flow }] }]
        },
        partial_fingerprints: BTreeMap::from([("seawall/v1", &*finding.fingerprint)]),
        suppressions: finding
            .suppressed
            .iter()
            .map(|by| Suppression {
                kind: if positions.sources().own().any(|own| own == by.place.file) {
                    "external"
                } else {
                    "inSource"
                },
                justification: &by.reason,
                location: location(by.place, None, None, positions),
            })
            .collect(),
        properties: OutcomeProperties {
            category: finding.category.name(),
            severity: finding.severity.name(),
            confidence: finding.confidence.name(),
            depends_on: finding.whys.iter().map(|(why, _)| why.to_string()).collect(),
            instances: finding.instances.iter().map(|instance| &**instance).collect(),
        },
    }
}

fn message(text: &str) -> Message<'_> {
    Message { text: text.into() }
}

fn location<'a>(
    place: Place,
    id: Option<usize>,
    say: Option<&'a str>,
    positions: &Positions<'_>,
) -> Location<'a> {
    let span = positions.span(place);
    Location {
        id,
        physical_location: Physical {
            artifact_location: artifact(positions.path(place)),
            region: Region {
                start_line: span.start.line,
                start_column: span.start.column,
                end_line: span.end.line,
                end_column: span.end.column,
            },
        },
        message: say.map(message),
    }
}

fn artifact(path: &str) -> Artifact {
    Artifact { uri: encoded(path), uri_base_id: ROOT }
}

/// A path as a relative reference of RFC 3986; everything but its unreserved characters and the
/// slash is encoded, so that a colon in a name begins no scheme.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(byte as char);
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample;

    fn written(run: &Run, confidence: Confidence) -> Value {
        let mut out = Vec::new();
        write(run, Shown { severity: Severity::Low, confidence }, &mut out).unwrap();
        let log = serde_json::from_slice(&out).unwrap();
        let schema = include_str!("../../testdata/schemas/sarif-2.1.0.json");
        let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
        let errors: Vec<String> =
            schema.iter_errors(&log).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        log
    }

    fn results(log: &Value) -> &Vec<Value> {
        log.pointer("/runs/0/results").and_then(Value::as_array).expect("results are always there")
    }

    #[test]
    fn a_clean_run_has_an_empty_list_of_results() {
        assert!(results(&written(&sample::clean(), Confidence::Possible)).is_empty());
    }

    #[test]
    fn a_finding_has_its_chain_with_utf_16_columns() {
        let log = written(&sample::run(), Confidence::Likely);
        let found = &results(&log)[1];
        assert_eq!(found["ruleId"], "open-datastore");
        assert_eq!(found["ruleIndex"], 0);
        assert_eq!(found["level"], "error");
        assert_eq!(found["partialFingerprints"]["seawall/v1"], "0123456789abcdef");
        let chain = &found["codeFlows"][0]["threadFlows"][0]["locations"];
        assert_eq!(chain.as_array().unwrap().len(), 4);
        let second = &chain[1]["location"];
        assert_eq!(second["message"]["text"], "its security group admits everybody");
        let physical = &second["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "deploy/main%20net.tf");
        // `  description = "größer 🦀", cidr_blocks = [` is 44 UTF-16 units, 48 bytes, 43 characters.
        let region =
            serde_json::json!({"startLine": 7, "startColumn": 45, "endLine": 7, "endColumn": 56});
        assert_eq!(physical["region"], region);
        assert_eq!(found["relatedLocations"][1]["id"], 2);
    }

    #[test]
    fn what_is_possible_needs_to_be_asked_for_and_what_is_suppressed_stays_in() {
        let rules = |log: &Value| results(log).len();
        assert_eq!(rules(&written(&sample::run(), Confidence::Likely)), 3);
        let log = written(&sample::run(), Confidence::Possible);
        assert_eq!(rules(&log), 4);
        let hidden = &results(&log)[3]["suppressions"][0];
        assert_eq!(hidden["kind"], "inSource");
        assert_eq!(hidden["justification"], "a honeypot");
        assert!(results(&log)[0]["suppressions"].as_array().unwrap().is_empty());
    }

    #[test]
    fn rules_say_what_services_sort_by() {
        let log = written(&sample::run(), Confidence::Likely);
        let rules = log.pointer("/runs/0/tool/driver/rules").unwrap();
        let tags = ["security", "exposure", "public", "authentication", "external/cwe/cwe-306"];
        assert_eq!(rules[0]["properties"]["tags"], serde_json::json!(tags));
        assert_eq!(rules[0]["properties"]["security-severity"], "9.5");
        assert_eq!(rules[0]["properties"]["precision"], "high");
        assert_eq!(rules[1]["properties"]["precision"], "medium");
    }

    #[test]
    fn what_could_not_be_read_is_a_notification() {
        let log = written(&sample::run(), Confidence::Likely);
        let said = log.pointer("/runs/0/invocations/0/toolExecutionNotifications/0").unwrap();
        assert_eq!(said["message"]["text"], "could not read deploy/odd\u{7}.tf: not UTF-8");
        let uri = said.pointer("/locations/0/physicalLocation/artifactLocation/uri").unwrap();
        assert_eq!(uri, "deploy/odd%07.tf");
    }

    #[test]
    fn a_path_is_a_relative_reference() {
        assert_eq!(encoded("a b/c:d#e/größe.tf"), "a%20b/c%3Ad%23e/gr%C3%B6%C3%9Fe.tf");
    }
}
