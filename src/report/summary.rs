//! What a run comes to in numbers, and the few lines about it that go to standard error.

use std::time::Duration;

use super::clean;
use super::position::Positions;
use super::{Finding, Shown};
use crate::finding::{Run, Severity};
use crate::model::fact::RENDER;
use crate::model::truth::Confidence;

/// The numbers of a run.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Counts {
    pub(crate) files: usize,
    pub(crate) stores: usize,
    /// By severity, mildest first; only what is shown and not suppressed.
    pub(crate) shown: [usize; 5],
    /// Not shown because a value that the files do not tell decides.
    pub(crate) only_possible: usize,
    /// Not shown for another reason: severity, or a confidence that was asked for.
    pub(crate) below: usize,
    pub(crate) suppressed: usize,
    pub(crate) not_understood: usize,
    pub(crate) unreadable: usize,
}

impl Counts {
    pub(crate) fn of(run: &Run, shown: Shown) -> Counts {
        let mut counts = Counts {
            files: run.claimed,
            stores: run.model.datastores.len(),
            not_understood: run.not_understood.len(),
            unreadable: run.unreadable.len(),
            ..Counts::default()
        };
        for finding in &run.findings {
            *counts.slot(finding, shown) += 1;
        }
        counts
    }

    fn slot(&mut self, finding: &Finding, shown: Shown) -> &mut usize {
        if finding.suppressed.is_some() {
            &mut self.suppressed
        } else if shown.admits(finding) {
            &mut self.shown[finding.severity as usize]
        } else if finding.severity >= shown.severity && finding.confidence == Confidence::Possible {
            &mut self.only_possible
        } else {
            &mut self.below
        }
    }

    pub(crate) fn all_shown(&self) -> usize {
        self.shown.iter().sum()
    }
}

/// The lines of the summary.
pub(crate) fn lines(run: &Run, shown: Shown, took: Duration, verbose: bool) -> Vec<String> {
    let counts = Counts::of(run, shown);
    let read = format!(
        "read {} and found {} in {:.2} s",
        number(counts.files, "file"),
        number(counts.stores, "store"),
        took.as_secs_f64()
    );
    let mut lines = vec![format!("{read}: {}", findings(&counts))];
    if counts.only_possible > 0 {
        let n = counts.only_possible;
        let (are, them) = if n == 1 { ("is", "it") } else { ("are", "them") };
        lines.push(format!(
            "{n} more {are} only possible: `--min-confidence possible` shows {them}"
        ));
    }
    if counts.below > 0 {
        lines.push(format!(
            "{} below what `--min-severity` and `--min-confidence` show",
            counts.below
        ));
    }
    if counts.suppressed > 0 {
        lines.push(format!("{} suppressed", counts.suppressed));
    }
    if run.not_understood.iter().any(|(_, what)| what.contains(RENDER)) {
        lines.push(format!("Helm templates are judged once they are rendered: {RENDER}"));
    }
    if verbose {
        lines.extend(not_understood(run));
    } else if counts.not_understood > 0 {
        let what = number(counts.not_understood, "thing");
        lines.push(format!("{what} not understood: `--verbose` lists what"));
    }
    lines
}

/// What was not understood, place by place.
fn not_understood(run: &Run) -> impl Iterator<Item = String> {
    let positions = Positions::new(&run.sources);
    run.not_understood.iter().map(move |(place, what)| {
        clean::line(&format!("not understood: {}: {what}", positions.at(*place))).into_owned()
    })
}

/// What could not be read at all.
pub(crate) fn unreadable(run: &Run) -> impl Iterator<Item = String> {
    run.unreadable
        .iter()
        .map(|(path, why)| clean::line(&format!("could not read {path}: {why}")).into_owned())
}

fn findings(counts: &Counts) -> String {
    let kinds: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .filter(|severity| counts.shown[*severity as usize] > 0)
        .map(|severity| format!("{} {severity}", counts.shown[severity as usize]))
        .collect();
    match counts.all_shown() {
        0 => "no findings".to_owned(),
        1 => format!("{} finding", kinds.join(", ")),
        _ => format!("{} findings", kinds.join(", ")),
    }
}

/// "1 file", "2 files".
fn number(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    const SHOWN: Shown = Shown { severity: Severity::Low, confidence: Confidence::Likely };

    #[test]
    fn the_summary_counts_what_is_shown_and_what_is_not() {
        let text = lines(&sample::run(), SHOWN, Duration::from_millis(30), false).join("\n");
        insta::assert_snapshot!(text, @r#"
        read 2 files and found 1 store in 0.03 s: 1 critical, 1 medium findings
        1 more is only possible: `--min-confidence possible` shows it
        1 suppressed
        1 thing not understood: `--verbose` lists what
        "#);
        let text = lines(&sample::run(), SHOWN, Duration::from_millis(30), true).pop().unwrap();
        insta::assert_snapshot!(text, @r#"
        not understood: deploy/main net.tf:2: a setting `x` of `aws_lb`
        "#);
    }

    #[test]
    fn a_clean_run_is_one_line() {
        let text = lines(&sample::clean(), SHOWN, Duration::ZERO, false).join("\n");
        assert_eq!(text, "read 2 files and found 0 stores in 0.00 s: no findings");
    }

    #[test]
    fn severity_hides_before_confidence_is_asked() {
        let high = Shown { severity: Severity::High, confidence: Confidence::Certain };
        let counts = Counts::of(&sample::run(), high);
        assert_eq!((counts.only_possible, counts.below, counts.all_shown()), (1, 1, 1));
    }
}
