//! Findings for people: what is wrong, the way there as a numbered story over all files, what to do.

use std::fmt::{self, Display};
use std::io::{self, Write};

use miette::{
    Diagnostic, GraphicalTheme, LabeledSpan, MietteHandler, MietteHandlerOpts, ReportHandler,
    SourceCode,
};

use super::position::Positions;
use super::snippet::{Mark, View};
use super::{Look, Shown, clean};
use crate::finding::{Finding, Run, Severity};
use crate::model::truth::Confidence;

/// Writes what is shown and not suppressed, a blank line behind each finding.
pub(super) fn write(run: &Run, shown: Shown, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let positions = Positions::new(&run.sources);
    for finding in shown.of(run).filter(|finding| finding.suppressed.is_none()) {
        let drawn = Drawn { finding, positions: &positions, look };
        writeln!(out, "{drawn}")?;
    }
    Ok(())
}

/// One finding, ready to be displayed.
struct Drawn<'a> {
    finding: &'a Finding,
    positions: &'a Positions<'a>,
    look: Look,
}

impl Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = Report::new(self.finding, self.positions);
        handler(self.look, self.finding.severity).debug(&report, f)?;
        for note in notes(self.finding, self.positions) {
            writeln!(f, "  {}", clean::line(&note))?;
        }
        Ok(())
    }
}

pub(super) fn handler(look: Look, severity: Severity) -> MietteHandler {
    let mut theme = match (look.color, look.unicode) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::ascii(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (false, false) => GraphicalTheme::none(),
    };
    if look.color && severity == Severity::Critical {
        theme.styles.error = theme.styles.error.bold();
    }
    let options = MietteHandlerOpts::new()
        .graphical_theme(theme)
        .force_graphical(true)
        .terminal_links(false)
        .break_words(false)
        .context_lines(1);
    match look.width {
        Some(width) => options.width(width).build(),
        None => options.build(),
    }
}

/// What decides, what was guessed, where else: the lines below the help.
fn notes(finding: &Finding, positions: &Positions<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    match finding.confidence {
        Confidence::Certain => {}
        Confidence::Likely => {
            for guess in &finding.guesses {
                notes.push(format!("likely, not certain: {guess}"));
            }
        }
        Confidence::Possible => {
            for (why, place) in &finding.whys {
                let at = positions.at(*place);
                notes.push(format!("possible: this depends on {why} ({at})"));
            }
        }
    }
    if !finding.instances.is_empty() {
        notes.push(format!("also in {}", finding.instances.join(", ")));
    }
    notes.push(format!("more: `seawall explain {}`", finding.rule));
    notes
}

/// A finding as `miette` sees it.
#[derive(Debug)]
struct Report {
    code: String,
    message: String,
    help: String,
    severity: Severity,
    view: View,
}

impl Report {
    fn new(finding: &Finding, positions: &Positions<'_>) -> Report {
        let at = positions.at(finding.at);
        let column = positions.span(finding.at).start.column;
        let Finding { rule, severity, help, message, .. } = finding;
        Report {
            code: clean::line(&format!("{severity} {rule} {at}:{column}")).into_owned(),
            message: clean::line(message).into_owned(),
            help: clean::line(help).into_owned(),
            severity: *severity,
            view: View::new(&marks(finding), positions),
        }
    }
}

/// The steps in order, numbered where there are several; the place to edit among them, or first.
fn marks(finding: &Finding) -> Vec<Mark> {
    let numbered = finding.evidence.len() > 1;
    let mut marks: Vec<Mark> = Vec::with_capacity(finding.evidence.len() + 1);
    for (index, step) in finding.evidence.iter().enumerate() {
        let say =
            if numbered { format!("{}. {}", index + 1, step.say) } else { step.say.to_string() };
        marks.push(Mark { place: step.place, say: Some(say), primary: step.place == finding.at });
    }
    if marks.iter().all(|mark| !mark.primary) {
        let say = numbered.then(|| "the place to mend it".to_owned());
        marks.insert(0, Mark { place: finding.at, say, primary: true });
    }
    marks
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl Diagnostic for Report {
    fn code(&self) -> Option<Box<dyn Display + '_>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Critical | Severity::High => miette::Severity::Error,
            Severity::Medium => miette::Severity::Warning,
            Severity::Low | Severity::Info => miette::Severity::Advice,
        })
    }

    fn help(&self) -> Option<Box<dyn Display + '_>> {
        Some(Box::new(&self.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.view)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.view.labels()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fact::Evidence;
    use crate::report::sample;
    use crate::source::{FileId, Place, Source, Sources};

    const LOOK: Look = Look { color: false, unicode: true, width: Some(100) };

    fn written(run: &Run, confidence: Confidence, look: Look) -> String {
        let mut out = Vec::new();
        write(run, Shown { severity: Severity::Low, confidence }, look, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_chain_reads_as_a_story_over_all_files() {
        let text = written(&sample::run(), Confidence::Likely, LOOK);
        insta::assert_snapshot!(text, @r#"
        medium log-retention-unset conf/users.xml:2:3

          ⚠ `logs` keeps its query log for ever
           ╭─[conf/users.xml:2:3]
         1 │ <clickhouse>
         2 │   <listen_host>::</listen_host>
           ·   ─────────────────────────────
         3 │   <users>
           ╰────
          help: set a TTL
          likely, not certain: its image is called `clickhouse`
          also in module.a, module.b
          more: `seawall explain log-retention-unset`

        critical open-datastore conf/users.xml:5:7

          × anyone on the internet can read and write `logs` (clickhouse): it asks for no password
           ╭─[deploy/main net.tf:3:3]
         3 │   internal = false
           ·   ────────┬───────
           ·           ╰── 1. load balancer `logs` has a public address
           ╰────
           ╭─[deploy/main net.tf:7:45]
         7 │   description = "größer 🦀", cidr_blocks = ["0.0.0.0/0"]
           ·                                             ─────┬─────
           ·                                                  ╰── 2. its security group admits everybody
           ╰────
           ╭─[conf/users.xml:5:7]
         2 │   <listen_host>::</listen_host>
           ·                ─┬
           ·                 ╰── 3. `logs` listens on every address
         3 │   <users>
         4 │     <default>
         5 │       <password></password> <!-- �[2J -->
           ·       ──────────┬──────────
           ·                 ╰── 4. user `default` has no password
         6 │     </default>
           ╰────
          help: set `password_sha256_hex`, or name the clients in `networks`
          more: `seawall explain open-datastore`
        "#);
    }

    #[test]
    fn what_is_possible_names_what_decides() {
        let text = written(&sample::run(), Confidence::Possible, LOOK);
        let tail = text.rsplit("critical ").next().unwrap();
        insta::assert_snapshot!(tail, @r#"
        open-datastore deploy/main net.tf:7:45

          × anyone on the internet may reach `spare`
           ╭─[deploy/main net.tf:7:45]
         6 │ resource "aws_security_group_rule" "logs" {
         7 │   description = "größer 🦀", cidr_blocks = ["0.0.0.0/0"]
           ·                                             ───────────
         8 │   to_port     = 8123
           ╰────
          help: set `password_sha256_hex`, or name the clients in `networks`
          possible: this depends on `var.cidrs` (deploy/main net.tf:7)
          more: `seawall explain open-datastore`
        "#);
    }

    #[test]
    fn a_clean_run_says_nothing_on_standard_output() {
        assert_eq!(written(&sample::clean(), Confidence::Possible, LOOK), "");
    }

    #[test]
    fn colour_is_there_only_when_asked_for() {
        let colored = written(&sample::run(), Confidence::Likely, Look { color: true, ..LOOK });
        assert!(colored.contains("\u{1b}["));
        assert!(!colored.contains("\u{1b}[2J"), "the file's own escape sequence came through");
        assert!(!written(&sample::run(), Confidence::Likely, LOOK).contains('\u{1b}'));
    }

    #[test]
    fn a_line_of_megabytes_is_cut_around_its_label() {
        let text = format!("é{} needle {}", "x".repeat(3_000_000), "y".repeat(100_000));
        let start = text.find("needle").unwrap();
        let sources = Sources::new(vec![Source { path: "a.yaml".into(), text: text.into() }]);
        let at = Place::new(FileId(0), start..start + 6);
        let far = Place::new(FileId(0), start + 50_000..start + 50_001);
        let mut run = Run { sources, ..sample::clean() };
        let evidence = vec![Evidence::new(at, "here"), Evidence::new(far, "far away")];
        let whys = Vec::new();
        let finding = sample::run().findings[1].clone();
        run.findings = vec![Finding { at, whole: at, evidence, whys, ..finding }];
        let text = written(&run, Confidence::Likely, LOOK);
        assert!(text.contains("a.yaml:1:3000003"), "{text}");
        assert!(text.lines().all(|line| line.len() < 400), "{text}");
        assert!(text.contains("needle"), "{text}");
    }

    #[test]
    fn odd_places_are_drawn_without_a_panic() {
        let text = "";
        let sources = Sources::new(vec![
            Source { path: "empty.tf".into(), text: text.into() },
            Source { path: "z.tf".into(), text: "é\r\n\t\r\nend".into() },
        ]);
        let run = Run { sources, ..sample::clean() };
        let finding = sample::run().findings[1].clone();
        for (file, len) in [(0, 0), (1, 10)] {
            for start in 0..=len {
                for end in start..=len + 2 {
                    let at = Place::new(FileId(file), start..end);
                    let evidence = vec![Evidence::new(at, "here"), Evidence::new(at, "again")];
                    let finding = Finding { at, evidence, ..finding.clone() };
                    let run = Run { findings: vec![finding], ..copy(&run) };
                    assert!(written(&run, Confidence::Likely, LOOK).contains("2. again"));
                }
            }
        }
    }

    fn copy(run: &Run) -> Run {
        Run { sources: run.sources.clone(), ..sample::clean() }
    }
}
