//! One run over an estate: read, parse, lower, link, derive, check.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::finding::{RuleInfo, Run};
use crate::model::concept::Model;
use crate::source::Sources;

/// What to read and what to ask.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) paths: Vec<PathBuf>,
    /// File name and text.
    pub(crate) stdin: Option<(String, String)>,
    /// 0: as many as the machine has.
    pub(crate) threads: usize,
    pub(crate) rules_dir: Option<PathBuf>,
    /// Names of rules; empty: all.
    pub(crate) select: Vec<String>,
    pub(crate) skip: Vec<String>,
    /// Year, month, day; suppressions expire.
    pub(crate) today: (i32, u32, u32),
}

/// Why nothing was judged.
#[derive(Clone, Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) fn run(_options: &Options) -> Result<Run, UsageError> {
    Ok(Run {
        sources: Sources::default(),
        model: Model::default(),
        findings: Vec::new(),
        rules: Vec::new(),
        not_understood: Vec::new(),
        unreadable: Vec::new(),
    })
}

pub(crate) fn rules(_rules_dir: Option<&Path>) -> Result<Vec<RuleInfo>, UsageError> {
    Ok(Vec::new())
}
