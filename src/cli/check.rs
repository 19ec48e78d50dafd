//! `seawall check`.

use std::time::Instant;

use super::args::Check;
use super::meant::Job;
use super::{Status, Stop, stream};
use crate::finding::{Run, Severity};
use crate::report::{self, Shown, summary};
use crate::session;

pub(super) fn run(args: Check) -> Result<Status, Stop> {
    let job = Job::new(args)?;
    let begun = Instant::now();
    let run = session::run(&job.options)?;
    let took = begun.elapsed();
    let Job { shown, look, format, .. } = job;
    stream::print(|out| report::write(format, &run, shown, look, out))?;
    for (format, path, file) in job.outputs {
        stream::fill(file, |out| report::write(format, &run, shown, stream::PLAIN, out))
            .map_err(|error| Stop::Usage(format!("cannot write {path}: {error}")))?;
    }
    // What nobody looked at must not pass for clean, however quiet it shall be.
    summary::unreadable(&run).for_each(|line| stream::say(&line));
    if run.claimed == 0 {
        stream::say("nothing to check: no file here is of a kind that seawall reads");
    } else if !job.quiet {
        let lines = summary::lines(&run, shown, took, job.verbose);
        for line in &lines {
            stream::say(line);
        }
    }
    let status = status(&run, shown, job.fail_on);
    // The process ends; taking a large estate apart piece by piece would only cost time.
    std::mem::forget(run);
    Ok(status)
}

/// Severity decides by `--fail-on` alone; `--min-severity` is for show.
fn status(run: &Run, shown: Shown, fail_on: Option<Severity>) -> Status {
    let fails = |severity| {
        run.findings.iter().any(|finding| {
            finding.suppressed.is_none()
                && finding.severity >= severity
                && finding.confidence >= shown.confidence
        })
    };
    if fail_on.is_some_and(fails) { Status::Found } else { Status::Clean }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::truth::Confidence;
    use crate::report::sample;

    fn check(left: &[usize], confidence: Confidence, fail_on: Option<Severity>, status: Status) {
        let mut run = sample::run();
        let mut index = 0..;
        run.findings.retain(|_| left.contains(&index.next().unwrap()));
        // `--min-severity` hides all but the critical and changes nothing.
        let shown = Shown { severity: Severity::Critical, confidence };
        assert_eq!(super::status(&run, shown, fail_on), status, "{left:?} {fail_on:?}");
    }

    #[test]
    fn the_status_follows_severity_confidence_and_suppression() {
        use Confidence::{Certain, Likely, Possible};
        // The sample: 0 likely medium, 1 certain critical, 2 possible critical, 3 suppressed.
        check(&[0], Likely, Some(Severity::Medium), Status::Found);
        check(&[0], Likely, Some(Severity::High), Status::Clean);
        check(&[0], Certain, Some(Severity::Low), Status::Clean);
        check(&[1], Certain, Some(Severity::Critical), Status::Found);
        check(&[1], Certain, None, Status::Clean);
        check(&[2], Likely, Some(Severity::Medium), Status::Clean);
        check(&[2], Possible, Some(Severity::Medium), Status::Found);
        check(&[3], Possible, Some(Severity::Low), Status::Clean);
        check(&[], Possible, Some(Severity::Low), Status::Clean);
    }
}
