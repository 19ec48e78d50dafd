//! What the benchmark needs of a run.

use std::path::Path;
use std::time::Instant;

pub use crate::session::Timings;
use crate::session::{self, Knowledge};
use crate::workspace;

/// Judges a folder and tells how long each step took, and how many findings there were.
///
/// # Panics
///
/// Where the folder cannot be read or a built-in card does not load.
pub fn run(folder: &Path) -> (Timings, usize) {
    let knowledge = Knowledge::load(None).unwrap_or_else(|e| panic!("{e}"));
    let mut took = Timings::default();
    let start = Instant::now();
    let loaded = workspace::load(&[folder.to_path_buf()], 0)
        .unwrap_or_else(|e| panic!("{}: {}", e.path.display(), e.cause));
    took.read = start.elapsed();
    let run = session::judge(
        loaded.sources,
        &knowledge.catalog,
        &knowledge.rules,
        (2026, 1, 1),
        &mut took,
    );
    let findings = run.findings.len();
    // As the command line does.
    std::mem::forget(run);
    (took, findings)
}
