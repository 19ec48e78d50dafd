//! One run over an estate: read, parse, lower, link, derive, check.
//!
//! Pure steps over immutable data; only the first touches the world. Files are parsed and units
//! lowered in parallel, and everything is put back into the order of paths, so the report does not
//! depend on threads or on the order of discovery.

mod rendered;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::catalog::Catalog;
use crate::config::{Configuration, is_name};
use crate::derive;
use crate::engine::RuleSet;
use crate::finding::{Finding, RuleInfo, Run};
use crate::formats::{self, Format, Parsed, Unit};
use crate::link;
use crate::model::concept::{Defect, Identity, Model};
use crate::model::fact::Fact;
use crate::model::fragment::Fragment;
use crate::source::{FileId, Given, Problem, Sources};
use crate::suppress;
use crate::workspace;

/// What to read and what to ask.
#[derive(Clone, Default, Debug)]
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
    /// Values of Terraform variables, in the order in which they are given.
    pub(crate) variables: Vec<Given>,
    pub(crate) configurations: Vec<Configuration>,
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
        let catalog = Catalog::of(crate::embedded::pages());
        Ok(Knowledge { catalog, rules: own_and_built_in(rules_dir)? })
    }
}

/// The built-in rules, and the user's own beside them.
pub(crate) fn own_and_built_in(rules_dir: Option<&Path>) -> Result<RuleSet, UsageError> {
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
    run_timed(options, &mut Timings::default())
}

/// Like [`run`], and tells how long each step took.
pub(crate) fn run_timed(options: &Options, took: &mut Timings) -> Result<Run, UsageError> {
    in_pool(options.threads, || {
        // The cards are compiled while the files come from the disk.
        let (knowledge, loaded) = rayon::join(
            || Knowledge::load(options.rules_dir.as_deref()),
            || timed(&mut took.read, || load(options)),
        );
        let (mut knowledge, loaded) = (knowledge?, loaded?);
        knowledge.rules.retain(|rule| {
            let named = |names: &[String]| names.iter().any(|n| **n == *rule.name);
            (options.select.is_empty() || named(&options.select)) && !named(&options.skip)
        });
        let Knowledge { catalog, rules } = &knowledge;
        let sources = with_variables(loaded.sources, &options.variables)?;
        let own = options.configurations.iter().map(|c| c.file.clone()).collect();
        let sources = sources.with_own(own);
        let asked = Asked { configurations: &options.configurations, rules, today: options.today };
        let mut run = judge(sources, catalog, asked, took);
        run.unreadable = loaded.unreadable;
        // The process ends soon; taking apart what it knows would only cost time.
        std::mem::forget(knowledge);
        Ok(run)
    })
}

fn load(options: &Options) -> Result<workspace::Loaded, UsageError> {
    match &options.stdin {
        Some(document) => Ok(workspace::Loaded {
            sources: workspace::in_memory(std::slice::from_ref(document)),
            unreadable: Vec::new(),
        }),
        None => workspace::load(&options.paths, options.threads).map_err(|e| path_error(&e)),
    }
}

/// The rules that would run.
pub(crate) fn rules(rules_dir: Option<&Path>) -> Result<Vec<RuleInfo>, UsageError> {
    Ok(own_and_built_in(rules_dir)?.infos().cloned().collect())
}

/// With the values that the command line gives, and the files that hold them.
fn with_variables(sources: Sources, given: &[Given]) -> Result<Sources, UsageError> {
    let (mut files, mut known) = (Vec::new(), Vec::new());
    for option in given {
        known.push(match option {
            Given::Value(..) => option.clone(),
            Given::File(path) => {
                let file = workspace::values(Path::new(&**path)).map_err(|e| path_error(&e))?;
                let name = file.path.clone();
                files.push(file);
                Given::File(name)
            }
        });
    }
    Ok(if known.is_empty() { sources } else { sources.with_given(known, files) })
}

fn path_error(error: &workspace::PathError) -> UsageError {
    UsageError(format!("cannot read {}: {}", error.path.display(), error.cause))
}

fn in_pool<T: Send>(threads: usize, job: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).start_handler(|_| stock_up());
    match pool.build() {
        Ok(pool) => pool.install(job),
        // Without a pool of its own the job runs in rayon's.
        Err(_) => job(),
    }
}

/// Gives a thread room that it has not to ask for bit by bit. glibc enlarges the heap of a thread
/// by what the next request lacks, a page or two with a call to the system each, which holds up the
/// page faults of all other threads (`grow_heap` in its `malloc/arena.c`); and it gives back what is
/// free at the end of a heap beyond a threshold, which follows the largest block that was ever given
/// back (`M_MMAP_THRESHOLD` in mallopt(3)). Room that nobody writes to costs no memory.
fn stock_up() {
    const LARGEST_FOLLOWED: usize = 31 << 20;
    const ROOM: usize = 24 << 20;
    for bytes in [LARGEST_FOLLOWED, ROOM] {
        drop(std::hint::black_box(Vec::<u8>::with_capacity(bytes)));
    }
}

/// What is asked of the texts, and what the project says about itself.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// Those of the sources, in their order.
    pub(crate) configurations: &'a [Configuration],
    pub(crate) rules: &'a RuleSet,
    pub(crate) today: (i32, u32, u32),
}

/// Judges texts that are in memory.
pub(crate) fn judge(sources: Sources, catalog: &Catalog, asked: Asked, took: &mut Timings) -> Run {
    let (mut fragment, claimed) = understand(&sources, catalog, took);
    for (file, configuration) in sources.own().zip(asked.configurations) {
        fragment.declared.extend(configuration.declared(file, &sources));
    }
    let mut run = judge_fragment(fragment, sources, catalog, asked, took);
    run.claimed = claimed;
    run
}

fn timed<T>(into: &mut Duration, job: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = job();
    *into += start.elapsed();
    result
}

/// Parses every file that a front end claims, lowers it, and tells how many there were.
///
/// A unit's trees are taken apart as soon as it is lowered: memory that was just used is used
/// again, which is quicker than to ask the system for more and keeps a run small.
fn understand(sources: &Sources, catalog: &Catalog, took: &mut Timings) -> (Fragment, usize) {
    let start = Instant::now();
    let claims = claims(sources);
    let read = formats::ALL.par_iter().map(|format| {
        let own = claims.iter().filter(|(_, f)| f.name() == format.name());
        let files = own.map(|(file, _)| *file).collect();
        read_all(&Group { format: *format, files }, sources, catalog)
    });
    let (parts, busy) = together(read.flatten().collect());
    let mut all = Fragment::of(parts);
    formats::unfold_charts(&mut all, catalog, sources);
    all.problems.sort();
    all.problems.dedup();
    // Both steps run side by side on several threads: each gets its part of the time.
    let whole = start.elapsed();
    let part = busy.parse.as_secs_f64() / (busy.parse + busy.lower).as_secs_f64().max(1e-9);
    took.parse += whole.mul_f64(part);
    took.lower += whole.mul_f64(1.0 - part);
    (all, claims.len())
}

/// The files that a front end claims, with the front end.
fn claims(sources: &Sources) -> Vec<(FileId, &'static dyn Format)> {
    // Seawall's own configuration is nobody's input, also where this run does not heed it.
    let files: Vec<FileId> = sources.ids().filter(|f| !is_name(sources.path(*f))).collect();
    files
        .into_par_iter()
        .filter_map(|f| Some((f, formats::of(sources.path(f), sources.str(f))?)))
        .collect()
}

/// Files that only mean something together.
struct Group {
    format: &'static dyn Format,
    files: Vec<FileId>,
}

/// What some files say, and how long it took to read them.
type Read = (Fragment, Timings);

fn together(all: Vec<Read>) -> (Vec<Fragment>, Timings) {
    let mut busy = Timings::default();
    let parts = all.into_iter().map(|(part, took)| {
        busy.parse += took.parse;
        busy.lower += took.lower;
        part
    });
    (parts.collect(), busy)
}

/// All files of a format, unit by unit.
fn read_all(all: &Group, sources: &Sources, catalog: &Catalog) -> Vec<Read> {
    let Group { format, files } = all;
    if format.groups_by_content(files, sources) {
        return all.read_whole(sources, catalog);
    }
    let units = format.group(files, sources).into_par_iter();
    units.map(|files| Group { format: *format, files }.read(sources, catalog)).collect()
}

impl Group {
    fn read(self, sources: &Sources, catalog: &Catalog) -> Read {
        let mut took = Timings::default();
        let mut out = Fragment::default();
        let parsed = timed(&mut took.parse, || self.parse(sources, &mut out));
        timed(&mut took.lower, || {
            let files = parsed.iter().map(|(file, parsed)| (*file, parsed)).collect();
            self.format.lower(&Unit { files, sources, catalog }, &mut out);
        });
        timed(&mut took.parse, || drop(parsed));
        (out, took)
    }

    /// Where the files themselves say what belongs together, all of them are parsed before that
    /// is known.
    fn read_whole(&self, sources: &Sources, catalog: &Catalog) -> Vec<Read> {
        let mut took = Timings::default();
        let mut out = Fragment::default();
        let parsed = timed(&mut took.parse, || self.parse(sources, &mut out));
        let trees: FxHashMap<FileId, &Parsed> = parsed.iter().map(|(f, p)| (*f, p)).collect();
        let units = self.format.group_parsed(&parsed, sources).into_par_iter();
        let lowered = units.map(|files| {
            let mut took = Timings::default();
            let mut out = Fragment::default();
            let files = files.iter().filter_map(|f| Some((*f, *trees.get(f)?))).collect();
            let unit = Unit { files, sources, catalog };
            timed(&mut took.lower, || self.format.lower(&unit, &mut out));
            (out, took)
        });
        let mut all: Vec<Read> = lowered.collect();
        drop(trees);
        timed(&mut took.parse, || parsed.into_par_iter().for_each(drop));
        all.push((out, took));
        all
    }

    fn parse(&self, sources: &Sources, out: &mut Fragment) -> Vec<(FileId, Parsed)> {
        let parsed: Vec<(FileId, Parsed, Vec<Problem>)> = self
            .files
            .par_iter()
            .map(|file| {
                let (parsed, problems) =
                    self.format.parse(&sources.text(*file), sources.path(*file));
                (*file, parsed, problems)
            })
            .collect();
        let keep = |(file, parsed, problems)| {
            out.problems.extend::<Vec<Problem>>(problems);
            (file, parsed)
        };
        parsed.into_iter().map(keep).collect()
    }
}

fn judge_fragment(
    mut fragment: Fragment,
    sources: Sources,
    catalog: &Catalog,
    asked: Asked,
    took: &mut Timings,
) -> Run {
    let problems = std::mem::take(&mut fragment.problems);
    let mut not_understood = std::mem::take(&mut fragment.not_understood);
    not_understood.sort();
    not_understood.dedup();
    let annotations = std::mem::take(&mut fragment.ignores);
    fragment.defects.extend(problems.iter().map(|p| unparsable(p, &sources)));
    let (model, ignores) = rayon::join(
        || {
            let estate = timed(&mut took.link, || link::link(fragment, catalog, &sources));
            timed(&mut took.derive, || derive::derive(estate, catalog))
        },
        || suppress::Written::new(&sources, annotations),
    );
    let mut findings = timed(&mut took.check, || check(&model, &ignores, &sources, asked));
    rendered::trace(&mut findings, &sources);
    Run {
        rules: asked.rules.infos().cloned().collect(),
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
    ignores: &suppress::Written,
    sources: &Sources,
    asked: Asked,
) -> Vec<Finding> {
    let Asked { configurations, rules, today: (year, month, day) } = asked;
    let today = format!("{year:04}-{month:02}-{day:02}");
    let findings = rules.run(model);
    suppress::apply(findings, sources, ignores, configurations, rules, Some(&today))
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
        std::sync::LazyLock::new(|| Catalog::of(crate::embedded::pages()));
    let sources = workspace::in_memory(files);
    let asked = Asked { configurations: &[], rules, today: (2026, 1, 1) };
    judge(sources, &CATALOG, asked, &mut Timings::default())
}
