//! What several overlays render from one place of a shared file is one finding.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::finding::Finding;
use crate::model::fact::Name;
use crate::model::fragment::{Environment, environment};
use crate::source::{FileId, Place};

/// Overlays that a message names; more are counted.
const NAMED: usize = 3;

/// Rule, place, the whole thing, and a number for several of one overlay.
type Cause = (Name, Place, Place, usize);

/// Joins findings of one cause in several overlays, and says which overlays have it where not all
/// that render the file do.
pub(super) fn join(mut found: Vec<Finding>, environments: &[Environment]) -> Vec<Finding> {
    if environments.len() < 2 {
        return found;
    }
    super::sort(&mut found);
    let mut out = Vec::new();
    let mut causes: BTreeMap<Cause, Vec<Finding>> = BTreeMap::new();
    let mut numbers: FxHashMap<(Name, Place, Place, Name), usize> = FxHashMap::default();
    for finding in found {
        let Some(name) = environment(&finding.about).map(Name::from) else {
            out.push(finding);
            continue;
        };
        let (rule, at, whole) = (finding.rule.clone(), finding.at, finding.whole);
        let number = numbers.entry((rule.clone(), at, whole, name)).or_default();
        causes.entry((rule, at, whole, *number)).or_default().push(finding);
        *number += 1;
    }
    let rendered = times_rendered(environments);
    out.extend(causes.into_values().filter_map(|group| one(group, &rendered)));
    out
}

/// How many overlays take in each file.
fn times_rendered(environments: &[Environment]) -> FxHashMap<FileId, usize> {
    let mut times: FxHashMap<FileId, usize> = FxHashMap::default();
    for file in environments.iter().flat_map(|e| &e.files) {
        *times.entry(*file).or_default() += 1;
    }
    times
}

/// The worst of a cause's findings speaks for all; its message is true of the overlays that it
/// names.
fn one(mut group: Vec<Finding>, rendered: &FxHashMap<FileId, usize>) -> Option<Finding> {
    group.sort_by_key(|f| std::cmp::Reverse((f.severity, f.confidence)));
    let worst = group.first()?;
    let as_bad = group.iter().filter(|f| f.severity == worst.severity);
    let mut names: Vec<Name> =
        as_bad.filter_map(|f| environment(&f.about).map(Name::from)).collect();
    names.sort();
    names.dedup();
    let mut group = group.into_iter();
    let mut kept = group.next()?;
    for other in group {
        kept.instances.push(other.about);
        kept.instances.extend(other.instances);
    }
    kept.instances.sort();
    kept.instances.dedup();
    let all = rendered.get(&kept.at.file).copied().unwrap_or(1);
    if names.len() < all {
        kept.message = format!("{} (in {})", kept.message, told(&names, all));
    }
    Some(kept)
}

fn told(names: &[Name], all: usize) -> String {
    let quoted: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let quoted = quoted.join(", ");
    match names.len() {
        1 => format!("overlay {quoted} of {all}"),
        count if count <= NAMED => format!("overlays {quoted} of {all}"),
        count => format!("{count} of {all} overlays: {quoted} and others"),
    }
}
