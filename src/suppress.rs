//! Suppressions: comments, annotations, entries of seawall's configuration, and what they hide.
//!
//! A comment counts for its own line, for the next line that is no comment, and, where it stands
//! at the head of a block, for the block. Which block that is, is read from the layout, so that it
//! is the same in every format and inside texts that stand within others.

mod comment;
mod layout;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::config::{Configuration, Ignore, is_date};
use crate::engine::RuleSet;
use crate::engine::contain::sort;
use crate::finding::{Finding, Suppressed};
use crate::model::concept::{Defect, Identity, Model};
use crate::model::fact::{Fact, Name};
use crate::source::{FileId, Place, Sources};
use comment::Comment;
use layout::Layout;

/// The rule that tells of suppressions that do nothing.
const UNUSED: &str = "unused-suppression";

/// An annotation: its place, the whole object, the rules.
pub(crate) type Annotation = (Place, Place, Vec<Name>);

/// All suppressions of a project.
pub(crate) struct Written {
    /// By file, in the order of files.
    comments: Vec<(FileId, Vec<Comment>)>,
    annotations: Vec<Annotation>,
}

impl Written {
    /// Looks for comments in every file; annotations are objects' own and come from their front end.
    pub(crate) fn new(sources: &Sources, mut annotations: Vec<Annotation>) -> Written {
        // An object that several overlays render is one object of its file.
        annotations.sort();
        annotations.dedup();
        let files: Vec<FileId> = sources.ids().collect();
        let comments = files.into_par_iter().map(|f| (f, comment::comments(f, sources.str(f))));
        let comments = comments.filter(|(_, comments)| !comments.is_empty()).collect();
        Written { comments, annotations }
    }
}

/// Marks what is suppressed, and adds what is wrong with the suppressions themselves. `today` is
/// `YYYY-MM-DD`; without it nothing expires.
pub(crate) fn apply(
    mut findings: Vec<Finding>,
    sources: &Sources,
    Written { comments, annotations }: &Written,
    configurations: &[Configuration],
    rules: &RuleSet,
    today: Option<&str>,
) -> Vec<Finding> {
    let index = Index::new(&findings);
    let mut defects = Vec::new();
    for (file, comments) in comments {
        let layout = Layout::new(sources.path(*file), sources.str(*file));
        for comment in comments {
            if let Some(fault) = fault(comment, today) {
                defects.push(defect(comment.place, fault, sources));
                continue;
            }
            let hit = index.by_comment(comment, &layout);
            settle(comment, &hit, &mut findings, rules, |fault| {
                defects.push(defect(comment.place, fault, sources));
            });
        }
    }
    for (place, whole, names) in annotations {
        let hit = index.by_annotation(*whole, &findings);
        let comment = Comment::annotation(*place, names);
        settle(&comment, &hit, &mut findings, rules, |fault| {
            defects.push(defect(*place, fault, sources));
        });
    }
    for (file, configuration) in sources.own().zip(configurations) {
        for ignore in &configuration.ignores {
            let place = Place::new(file, ignore.at.clone());
            let comment = Comment::configured(place, ignore);
            if let Some(fault) = fault(&comment, today) {
                defects.push(defect(place, fault, sources));
                continue;
            }
            let hit = by_entry(configuration, ignore, &findings, sources, rules);
            settle(&comment, &hit, &mut findings, rules, |fault| {
                // Of a part of the project nobody can tell what the rest has.
                defects.extend(configuration.whole.then(|| defect(place, fault, sources)));
            });
        }
    }
    findings.extend(rules.run(&Model { defects, ..Model::default() }));
    sort(&mut findings);
    findings
}

/// The findings that an entry of a configuration means.
fn by_entry(
    configuration: &Configuration,
    ignore: &Ignore,
    findings: &[Finding],
    sources: &Sources,
    rules: &RuleSet,
) -> Vec<usize> {
    let Some(rule) = rules.info(&ignore.rule.value).map(|info| &info.name) else {
        return Vec::new();
    };
    let about = |finding: &Finding| {
        ignore.resource.as_ref().is_none_or(|glob| {
            [&finding.about, &finding.subject]
                .into_iter()
                .chain(&finding.instances)
                .any(|name| crate::glob::matches(glob, name))
        })
    };
    let meant = |finding: &Finding| {
        finding.rule == *rule
            && about(finding)
            && configuration.means(ignore, sources.path(finding.at.file))
    };
    findings.iter().enumerate().filter(|(_, f)| meant(f)).map(|(index, _)| index).collect()
}

/// What is wrong with a comment whatever it hits.
fn fault(comment: &Comment, today: Option<&str>) -> Option<String> {
    if comment.reason.is_empty() {
        return Some("the suppression gives no reason, so it hides nothing".to_owned());
    }
    if comment.rules.is_empty() {
        return Some("the suppression names no rule, so it hides nothing".to_owned());
    }
    let until = comment.until.as_deref()?;
    if !is_date(until) {
        return Some(format!(
            "`{until}` is no date (YYYY-MM-DD), so the suppression hides nothing"
        ));
    }
    let expired = today.is_some_and(|today| until < today);
    expired.then(|| format!("the suppression has expired on {until}"))
}

/// Marks what a suppression hides, name by name, and tells which name hides nothing.
fn settle(
    comment: &Comment,
    hit: &[usize],
    findings: &mut [Finding],
    rules: &RuleSet,
    mut tell: impl FnMut(String),
) {
    for name in &comment.rules {
        let Some(rule) = rules.info(name).map(|info| info.name.clone()) else {
            tell(format!("there is no rule `{name}` to suppress"));
            continue;
        };
        let mut used = false;
        for &index in hit {
            let finding = &mut findings[index];
            if finding.rule == rule {
                used = true;
                let (reason, place) = (comment.reason.clone(), comment.place);
                finding.suppressed.get_or_insert(Suppressed { reason, place });
            }
        }
        // Of a rule that did not run nobody can tell what it would have found.
        if !used && rules.runs(&rule) {
            tell(format!("the suppression of `{name}` hides nothing"));
        }
    }
}

fn defect(place: Place, message: String, sources: &Sources) -> Defect {
    let path = sources.path(place.file);
    let mut defect = Defect::new(Identity {
        address: format!("suppression:{path}#{message}").into(),
        subject: format!("file:{path}").into(),
        title: "a suppression".into(),
        place,
        whole: place,
        exists: Fact::written(true, place),
    });
    defect.kind = Fact::written(UNUSED.into(), place);
    defect.message = Fact::written(message.into(), place);
    defect
}

/// Findings by where they stand.
struct Index {
    /// By the start of their place, and by the start of their block; each sorted.
    files: FxHashMap<FileId, [Vec<(u32, usize)>; 2]>,
    /// Every place that belongs to a finding, sorted; for annotations.
    touched: Vec<(Place, usize)>,
}

impl Index {
    fn new(findings: &[Finding]) -> Index {
        let mut index = Index { files: FxHashMap::default(), touched: Vec::new() };
        for (i, finding) in findings.iter().enumerate() {
            index.files.entry(finding.at.file).or_default()[0].push((finding.at.start, i));
            index.files.entry(finding.whole.file).or_default()[1].push((finding.whole.start, i));
            index.touched.push((finding.at, i));
            index.touched.push((finding.whole, i));
            index.touched.extend(finding.evidence.iter().map(|step| (step.place, i)));
        }
        index.files.values_mut().flatten().for_each(|list| list.sort_unstable());
        index.touched.sort_unstable();
        index
    }

    fn by_comment(&self, comment: &Comment, layout: &Layout) -> Vec<usize> {
        let Some([places, blocks]) = self.files.get(&comment.place.file) else {
            return Vec::new();
        };
        let scope = layout.scope(comment.place.start as usize);
        let mut hit = Vec::new();
        for (list, ranges) in [(places, &scope.places), (blocks, &scope.heads)] {
            for range in ranges {
                let from = list.partition_point(|(start, _)| (*start as usize) < range.start);
                let inside = list[from..].iter().take_while(|(s, _)| (*s as usize) < range.end);
                hit.extend(inside.map(|(_, index)| *index));
            }
        }
        hit
    }

    fn by_annotation(&self, whole: Place, findings: &[Finding]) -> Vec<usize> {
        let start = Place { end: 0, ..whole };
        let from = self.touched.partition_point(|(place, _)| *place < start);
        let inside = self.touched[from..]
            .iter()
            .take_while(|(place, _)| place.file == whole.file && place.start < whole.end);
        let mut hit: Vec<usize> =
            inside.filter(|(place, _)| whole.contains(*place)).map(|(_, i)| *i).collect();
        hit.retain(|&i| i < findings.len());
        hit
    }
}

#[cfg(test)]
mod tests;
