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
    (took, run.findings.len())
}

pub fn debug(folder: &Path) {
    let knowledge = Knowledge::load(None).unwrap_or_else(|e| panic!("{e}"));
    let loaded =
        workspace::load(&[folder.to_path_buf()], 0).unwrap_or_else(|e| panic!("{}", e.cause));
    let run = session::judge(
        loaded.sources,
        &knowledge.catalog,
        &knowledge.rules,
        (2026, 1, 1),
        &mut Timings::default(),
    );
    for d in &run.model.datastores {
        println!(
            "STORE {} {:?} auth={:?} reach={:?} open_to={:?}",
            d.identity.title,
            d.engine.known(),
            d.auth,
            d.reach.known().map(|r| (r.sure, r.likely, r.may, &r.whys)),
            d.open_to.known().map(|r| (
                r.sure,
                r.likely,
                r.may,
                r.likely_way
                    .iter()
                    .map(|e| format!(
                        "{}:{} {}",
                        run.sources.path(e.place.file),
                        run.sources.str(e.place.file)[..e.place.start as usize]
                            .matches('\n')
                            .count()
                            + 1,
                        e.say
                    ))
                    .collect::<Vec<_>>()
            ))
        );
    }
    for d in &run.model.defects {
        println!("DEFECT {:?} {:?}", d.identity.title, d.message.known());
    }
    for d in &run.model.retentions {
        println!(
            "KEEP {:?} {:?} {:?} {:?}",
            d.identity.title,
            d.what.known(),
            d.days.known(),
            d.forever.known()
        );
    }
    for d in &run.not_understood {
        println!("NOT {:?}", d);
    }
    for d in &run.findings {
        println!("{:?} {:?} {} {}", d.severity, d.confidence, d.rule, d.message);
    }
}
