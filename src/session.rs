//! One run over an estate: read, parse, lower, link, derive, check.
//!
//! Pure steps over immutable data; only the first touches the world. Files are parsed and units
//! lowered in parallel, and everything is put back into the order of paths, so the report does not
//! depend on threads or on the order of discovery.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::catalog::Catalog;
use crate::derive;
use crate::engine::RuleSet;
use crate::finding::{Finding, RuleInfo, Run};
use crate::formats::{self, Format, Parsed, Unit};
use crate::link;
use crate::model::concept::{Defect, Identity, Model};
use crate::model::fact::Fact;
use crate::model::fragment::Fragment;
use crate::source::{FileId, Problem, Sources};
use crate::suppress;
use crate::workspace;

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

/// What is known about the world, loaded and checked once.
pub(crate) struct Knowledge {
    pub(crate) catalog: Catalog,
    pub(crate) rules: RuleSet,
}

impl Knowledge {
    /// The built-in cards, and the user's own rules beside them.
    pub(crate) fn load(rules_dir: Option<&Path>) -> Result<Knowledge, UsageError> {
        let built_in = crate::embedded::pages();
        let (catalog, rules) =
            rayon::join(|| Catalog::load(built_in), || own_and_built_in(rules_dir));
        let (catalog, problems) = catalog;
        if let Some(problem) = problems.first() {
            return Err(UsageError(format!("a built-in card does not load: {problem:?}")));
        }
        Ok(Knowledge { catalog, rules: rules? })
    }
}

fn own_and_built_in(rules_dir: Option<&Path>) -> Result<RuleSet, UsageError> {
    let own = match rules_dir {
        Some(folder) => workspace::pages(folder).map_err(|e| path_error(&e))?,
        None => Vec::new(),
    };
    let rules = crate::embedded::pages()
        .iter()
        .map(|(path, text)| (*path, *text))
        .filter(|(path, _)| !path.starts_with("catalog/"))
        .chain(own.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    RuleSet::load(rules).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        UsageError(lines.join("\n"))
    })
}

/// How long each step of a run took.
#[derive(Clone, Copy, Default, Debug)]
pub struct Timings {
    pub read: Duration,
    pub parse: Duration,
    pub lower: Duration,
    pub link: Duration,
    pub derive: Duration,
    pub check: Duration,
}

/// Reads what the options name and judges it.
pub(crate) fn run(options: &Options) -> Result<Run, UsageError> {
    let mut knowledge = Knowledge::load(options.rules_dir.as_deref())?;
    knowledge.rules.retain(|rule| {
        let wanted = options.select.is_empty() || options.select.iter().any(|n| **n == *rule.name);
        wanted && !options.skip.iter().any(|n| **n == *rule.name)
    });
    in_pool(options.threads, || {
        let loaded = match &options.stdin {
            Some(document) => workspace::Loaded {
                sources: workspace::in_memory(std::slice::from_ref(document)),
                unreadable: Vec::new(),
            },
            None => workspace::load(&options.paths, options.threads).map_err(|e| path_error(&e))?,
        };
        let Knowledge { catalog, rules } = &knowledge;
        let took = &mut Timings::default();
        let mut run = judge(loaded.sources, catalog, rules, options.today, took);
        run.unreadable = loaded.unreadable;
        Ok(run)
    })
}

/// The rules that would run.
pub(crate) fn rules(rules_dir: Option<&Path>) -> Result<Vec<RuleInfo>, UsageError> {
    Ok(Knowledge::load(rules_dir)?.rules.infos().cloned().collect())
}

fn path_error(error: &workspace::PathError) -> UsageError {
    UsageError(format!("cannot read {}: {}", error.path.display(), error.cause))
}

fn in_pool<T: Send>(threads: usize, job: impl FnOnce() -> T + Send) -> T {
    // Without a pool of its own the job runs in rayon's, with as many threads as there are cores.
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) if threads > 0 => pool.install(job),
        _ => job(),
    }
}

/// A file that a front end claimed.
struct Document {
    file: FileId,
    format: &'static dyn Format,
    parsed: Parsed,
    problems: Vec<Problem>,
}

/// Judges texts that are in memory.
pub(crate) fn judge(
    sources: Sources,
    catalog: &Catalog,
    rules: &RuleSet,
    today: (i32, u32, u32),
    took: &mut Timings,
) -> Run {
    let documents = timed(&mut took.parse, || parse(&sources));
    let fragment = timed(&mut took.lower, || lower(&documents, &sources, catalog));
    let claimed = documents.len();
    // A run is a process: what it read lies in memory until it ends, and taking millions of nodes
    // apart one by one took a tenth of the whole. A server will keep the trees as its cache.
    std::mem::forget(documents);
    let mut run = judge_fragment(fragment, sources, catalog, rules, today, took);
    run.claimed = claimed;
    run
}

fn timed<T>(into: &mut Duration, job: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = job();
    *into += start.elapsed();
    result
}

fn parse(sources: &Sources) -> Vec<Document> {
    let files: Vec<FileId> = sources.ids().collect();
    files
        .into_par_iter()
        .filter_map(|file| {
            let path = sources.path(file);
            let format = formats::of(path, sources.str(file))?;
            let (parsed, problems) = format.parse(&sources.text(file), path);
            Some(Document { file, format, parsed, problems })
        })
        .collect()
}

fn lower(documents: &[Document], sources: &Sources, catalog: &Catalog) -> Fragment {
    let mut by_file: Vec<Option<&Document>> = vec![None; sources.len()];
    for document in documents {
        by_file[document.file.0 as usize] = Some(document);
    }
    let mut units: Vec<(&'static dyn Format, Vec<FileId>)> = Vec::new();
    for format in formats::ALL {
        let own: Vec<(FileId, &Parsed)> = documents
            .iter()
            .filter(|d| d.format.name() == format.name())
            .map(|d| (d.file, &d.parsed))
            .collect();
        units.extend(format.group_parsed(&own, sources).into_iter().map(|files| (*format, files)));
    }
    let fragments: Vec<Fragment> = units
        .par_iter()
        .map(|(format, files)| {
            let files = files
                .iter()
                .filter_map(|f| by_file[f.0 as usize].map(|d| (*f, &d.parsed)))
                .collect();
            let mut out = Fragment::default();
            format.lower(&Unit { files, sources, catalog }, &mut out);
            out
        })
        .collect();
    let mut all = Fragment::default();
    for fragment in fragments {
        all.absorb(fragment);
    }
    all.problems.extend(documents.iter().flat_map(|d| d.problems.iter().cloned()));
    all.problems.sort();
    all.problems.dedup();
    all
}

fn judge_fragment(
    mut fragment: Fragment,
    sources: Sources,
    catalog: &Catalog,
    rules: &RuleSet,
    today: (i32, u32, u32),
    took: &mut Timings,
) -> Run {
    let problems = std::mem::take(&mut fragment.problems);
    let mut not_understood = std::mem::take(&mut fragment.not_understood);
    not_understood.sort();
    not_understood.dedup();
    // An object that several overlays render is one object of its file.
    let mut ignores = std::mem::take(&mut fragment.ignores);
    ignores.sort();
    ignores.dedup();
    fragment.defects.extend(problems.iter().map(|p| unparsable(p, &sources)));
    let estate = timed(&mut took.link, || link::link(fragment, catalog, &sources));
    let model = timed(&mut took.derive, || derive::derive(estate, catalog));
    let findings = timed(&mut took.check, || check(&model, &ignores, &sources, rules, today));
    Run {
        rules: rules.infos().cloned().collect(),
        sources,
        model,
        findings,
        not_understood,
        unreadable: Vec::new(),
        claimed: 0,
    }
}

fn check(
    model: &Model,
    ignores: &[suppress::Annotation],
    sources: &Sources,
    rules: &RuleSet,
    today: (i32, u32, u32),
) -> Vec<Finding> {
    let (year, month, day) = today;
    let today = format!("{year:04}-{month:02}-{day:02}");
    let findings = rules.run(model);
    suppress::apply(findings, sources, ignores, rules, Some(&today))
}

/// A text that a front end claims and cannot read.
fn unparsable(problem: &Problem, sources: &Sources) -> Defect {
    let path = sources.path(problem.place.file);
    let mut defect = Defect::new(Identity {
        address: format!("file:{path}").into(),
        subject: format!("file:{path}").into(),
        title: format!("`{path}`").into(),
        place: problem.place,
        whole: problem.place,
        exists: Fact::written(true, problem.place),
    });
    defect.kind = Fact::written("unparsable".into(), problem.place);
    defect.message = Fact::written(problem.message.as_str().into(), problem.place);
    defect
}

/// Judges the texts of an example or a test with the given rules and the built-in catalog.
#[cfg(test)]
pub(crate) fn check_texts(files: &[(String, String)], rules: &RuleSet) -> Run {
    static CATALOG: std::sync::LazyLock<Catalog> =
        std::sync::LazyLock::new(|| Catalog::load(crate::embedded::pages()).0);
    let sources = workspace::in_memory(files);
    judge(sources, &CATALOG, rules, (2026, 1, 1), &mut Timings::default())
}
