//! A collector's configuration as a graph, and what reaches its sinks unscrubbed.
//!
//! Wiring beats definition: a transform that stands beside the way to a sink does nothing for it.

use std::collections::VecDeque;

use crate::model::concept::{Identity, LogPipeline};
use crate::model::fact::{Evidence, Fact, Name, Origin, Why};
use crate::model::fragment::LogDraft;
use crate::source::Place;

/// Steps of work for one configuration; beyond that it is no configuration.
const MAX_WORK: usize = 4_000_000;

/// A configuration, read.
pub(super) struct Flow {
    /// The collector's own name, lower case.
    pub(super) product: &'static str,
    /// What stands in front of the addresses of its sinks.
    pub(super) address: Name,
    pub(super) parts: Vec<Part>,
}

/// A source, a step or a sink.
pub(super) struct Part {
    /// "transform `mask`".
    pub(super) title: Name,
    pub(super) role: Role,
    /// What it takes from: indices of parts.
    pub(super) from: Vec<usize>,
    /// It also takes from something that is not in this configuration.
    pub(super) open: bool,
    /// Where its inputs are written, or its head.
    pub(super) place: Place,
    /// All of it.
    pub(super) whole: Place,
}

pub(super) enum Role {
    /// Where records come from, with what its own words say about them.
    Source(Vec<Fact<Name>>),
    Step(Effect),
    Sink,
}

/// What a step does to secrets in what passes.
#[derive(Clone)]
pub(super) enum Effect {
    Nothing,
    /// Only some records pass; which ones is not judged.
    Selects,
    /// Removes or masks. `meant`: its own words show that secrets are what it is there for.
    Clears {
        meant: bool,
        at: Place,
        say: Name,
    },
    /// Was meant to remove secrets, and does not.
    Idle {
        at: Place,
        say: Name,
    },
    Unknown(Why, Place),
}

/// One draft for each sink that anything reaches.
pub(super) fn drafts(flow: &Flow) -> Vec<LogDraft> {
    let work = flow.parts.iter().map(|p| p.from.len() + 1).sum::<usize>();
    let walks = flow.parts.iter().filter(|p| p.is_walked()).count();
    if work.saturating_mul(walks) > MAX_WORK {
        return Vec::new();
    }
    let meant = meant(flow);
    let mut out: Vec<LogDraft> = Vec::new();
    for (sink, part) in flow.parts.iter().enumerate() {
        if !matches!(part.role, Role::Sink) {
            continue;
        }
        let Some(draft) = draft(flow, sink, &meant) else { continue };
        // A step that does nothing is one cause, however many sinks stand behind it.
        let told = |d: &LogDraft| {
            d.log.scrubbed.known() == Some(&false)
                && d.log.scrubbed.place() == draft.log.scrubbed.place()
        };
        if draft.log.scrubbed.known() == Some(&true) || !out.iter().any(told) {
            out.push(draft);
        }
    }
    out
}

impl Part {
    /// Whether the graph is walked from here.
    fn is_walked(&self) -> bool {
        matches!(
            self.role,
            Role::Sink | Role::Step(Effect::Clears { meant: true, .. } | Effect::Idle { .. })
        )
    }
}

/// A step that somebody meant to remove secrets with.
struct Meant {
    step: usize,
    /// Everything in front of it, by index.
    before: Vec<bool>,
    /// Nothing flows into it, so that nobody can tell which source it was meant for.
    unwired: bool,
}

fn meant(flow: &Flow) -> Vec<Meant> {
    let steps = flow.parts.iter().enumerate();
    let steps = steps.filter(|(_, p)| p.is_walked() && !matches!(p.role, Role::Sink));
    let mut out = Vec::new();
    for (step, _) in steps {
        let mut before = vec![false; flow.parts.len()];
        let mut queue = vec![step];
        let (mut fed, mut open) = (false, false);
        while let Some(at) = queue.pop() {
            let part = &flow.parts[at];
            fed |= matches!(part.role, Role::Source(_));
            open |= part.open;
            for &from in &part.from {
                if !before[from] {
                    before[from] = true;
                    queue.push(from);
                }
            }
        }
        out.push(Meant { step, before, unwired: !fed && !open });
    }
    out
}

/// A way from a source to a sink on which nothing is surely removed.
struct Way {
    /// Source first, sink last.
    parts: Vec<usize>,
    unknown: Option<(Why, Place)>,
}

/// The step behind which nothing is left to remove.
struct Cleared {
    meant: bool,
    at: Place,
    say: Name,
}

fn draft(flow: &Flow, sink: usize, meant: &[Meant]) -> Option<LogDraft> {
    let (ways, cleared) = ways(flow, sink);
    let judged = ways.iter().map(|way| judge(flow, way, meant));
    let worst = judged.min_by_key(|(content, scrubbed)| {
        let open = scrubbed.known().is_none();
        (content.iter().all(|c| c.known().is_some_and(|c| &**c == "general")), open)
    });
    let part = &flow.parts[sink];
    let (content, scrubbed) = match (worst, cleared) {
        (Some(worst), _) => worst,
        (None, Some(cleared)) => {
            let held = if cleared.meant { "secrets" } else { "general" };
            let via = vec![Evidence::new(cleared.at, cleared.say)];
            let origin = Origin::written(part.place).with_via(via);
            (vec![Fact::written(held.into(), cleared.at)], Fact::Known(true, origin))
        }
        (None, None) => return None,
    };
    let address: Name = format!("{}#{}", flow.address, part.title).into();
    let mut log = LogPipeline::new(Identity {
        subject: address.clone(),
        address,
        title: part.title.clone(),
        place: part.place,
        whole: part.whole,
        exists: Fact::written(true, part.whole),
    });
    log.name = Fact::written(part.title.clone(), part.place);
    log.source = Fact::written("pipeline".into(), part.place);
    log.engine = Fact::written(flow.product.into(), part.place);
    log.content = Fact::written(content, part.place);
    log.enabled = Fact::written(true, part.place);
    log.scrubbed = scrubbed;
    Some(LogDraft { store: None, log })
}

/// For each source that reaches the sink, one way that no step clears, without unknown steps
/// where there is one. And a step that clears, if any was met.
fn ways(flow: &Flow, sink: usize) -> (Vec<Way>, Option<Cleared>) {
    let mut next: Vec<Option<usize>> = vec![None; flow.parts.len()];
    let mut doubt: Vec<Option<(Why, Place)>> = vec![None; flow.parts.len()];
    let (mut queue, mut later) = (VecDeque::from([sink]), VecDeque::new());
    let (mut found, mut cleared) = (Vec::new(), None);
    while let Some(at) = queue.pop_front().or_else(|| later.pop_front()) {
        for &from in &flow.parts[at].from {
            if from == sink || next[from].is_some() {
                continue;
            }
            next[from] = Some(at);
            let inherited = doubt[at].clone();
            doubt[from] = inherited;
            match &flow.parts[from].role {
                Role::Source(_) => found.push(from),
                Role::Sink => {}
                Role::Step(Effect::Clears { meant, at, say }) => {
                    cleared = Some(Cleared { meant: *meant, at: *at, say: say.clone() });
                }
                Role::Step(Effect::Unknown(why, place)) => {
                    doubt[from].get_or_insert((why.clone(), *place));
                    later.push_back(from);
                }
                Role::Step(_) if doubt[from].is_some() => later.push_back(from),
                Role::Step(_) => queue.push_back(from),
            }
        }
    }
    let ways = found.into_iter().map(|source| {
        let parts = std::iter::successors(Some(source), |at| next[*at]).collect();
        Way { parts, unknown: doubt[source].clone() }
    });
    (ways.collect(), cleared)
}

type Judged = (Vec<Fact<Name>>, Fact<bool>);

/// What a way carries, and whether something removes it.
fn judge(flow: &Flow, way: &Way, meant: &[Meant]) -> Judged {
    let last = way.parts.last().copied().unwrap_or_default();
    let sink = &flow.parts[last];
    let source = way.parts.first().copied().unwrap_or_default();
    let named: &[Fact<Name>] = match &flow.parts[source].role {
        Role::Source(content) => content,
        _ => &[],
    };
    let mut via = vec![step(flow, source, " takes records in")];
    for index in &way.parts {
        if let Role::Step(Effect::Idle { at, say }) = &flow.parts[*index].role {
            via.push(Evidence::new(*at, say.clone()));
            via.push(step(flow, last, " takes it as it is"));
            let content = with_secrets(named, *at);
            return (content, unscrubbed(way, *at, via, None));
        }
    }
    let passed = meant.iter().find(|m| m.unwired || m.before[source]);
    if let Some(passed) = passed {
        let part = &flow.parts[passed.step];
        let what = if passed.unwired { " is in no way" } else { " is beside this way" };
        via.push(Evidence::new(part.place, format!("{}{what}", part.title)));
        via.push(step(flow, last, " takes what has not passed it"));
        let selects = way.parts.iter().copied().find(|index| {
            let selects = matches!(flow.parts[*index].role, Role::Step(Effect::Selects));
            selects && !passed.before[*index]
        });
        let doubt = selects.map(|index| {
            let part = &flow.parts[index];
            let what = format!("which records {} lets through", part.title);
            (Why::NotUnderstood(what.into()), part.place)
        });
        return (with_secrets(named, part.place), unscrubbed(way, sink.place, via, doubt));
    }
    let content = if named.is_empty() {
        vec![Fact::written("general".into(), sink.place)]
    } else {
        named.to_vec()
    };
    via.push(step(flow, last, " takes it as it is"));
    (content, unscrubbed(way, sink.place, via, None))
}

fn step(flow: &Flow, index: usize, does: &str) -> Evidence {
    let part = &flow.parts[index];
    Evidence::new(part.place, format!("{}{does}", part.title))
}

/// Somebody who masks says that there is something to mask.
fn with_secrets(named: &[Fact<Name>], at: Place) -> Vec<Fact<Name>> {
    let mut content = vec![Fact::written("secrets".into(), at)];
    content.extend(named.iter().cloned());
    content
}

fn unscrubbed(way: &Way, at: Place, via: Vec<Evidence>, doubt: Option<(Why, Place)>) -> Fact<bool> {
    match doubt.or_else(|| way.unknown.clone()) {
        Some((why, place)) => Fact::Unknown(why, place),
        None => Fact::Known(false, Origin::written(at).with_via(via)),
    }
}
