//! What the benchmark needs of a run.

use std::path::Path;

pub use crate::session::Timings;
use crate::session::{self, Options};

/// Judges a folder and tells how long each step took, and how many findings there were.
///
/// # Panics
///
/// Where the folder cannot be read or a built-in card does not load.
pub fn run(folder: &Path) -> (Timings, usize) {
    let mut took = Timings::default();
    let options =
        Options { paths: vec![folder.to_path_buf()], today: (2026, 1, 1), ..Options::default() };
    let run = session::run_timed(&options, &mut took).unwrap_or_else(|e| panic!("{e}"));
    let findings = run.findings.len();
    // As the command line does.
    std::mem::forget(run);
    (took, findings)
}
