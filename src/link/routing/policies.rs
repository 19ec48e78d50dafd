//! Policies about gateways and routes: the most specific one of a family holds.

use rustc_hash::FxHashMap;

use super::super::index::Index;
use super::super::selectors::{labels_match, namespace_matches};
use super::checks::{narrower, stronger};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, NamespaceDraft};
use crate::model::net::Addresses;
use crate::model::routing::{Attachment, Labelled, Listener, Policy, Target};
use crate::model::truth::{Answer, Truth};
use crate::source::Place;

type Asks = Option<Fact<Name>>;
type OnlyFrom = Option<Fact<Addresses>>;

pub(super) struct Policies<'a> {
    by_target: FxHashMap<&'a Address, Vec<&'a Policy>>,
    by_labels: Vec<&'a Policy>,
    namespaces: &'a [NamespaceDraft],
}

/// How near to the client's way a policy stands, the farthest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Gateway,
    Listener,
    Route,
    /// One rule of a route.
    Rule,
}

struct Found<'a> {
    policy: &'a Policy,
    level: Level,
    /// Why it only perhaps applies.
    doubt: Option<(Why, Place)>,
}

impl<'a> Policies<'a> {
    pub(super) fn new(policies: &'a [Policy], namespaces: &'a [NamespaceDraft]) -> Policies<'a> {
        let mut by_target: FxHashMap<&Address, Vec<&Policy>> = FxHashMap::default();
        let mut by_labels = Vec::new();
        for policy in policies {
            match &policy.target {
                Target::Named(address) => by_target.entry(address).or_default().push(policy),
                Target::Labels { .. } => by_labels.push(policy),
            }
        }
        Policies { by_target, by_labels, namespaces }
    }

    /// What is asked of clients that come through a listener to a route, and who may come.
    pub(super) fn of(
        &self,
        listener: &Listener,
        attachment: &Attachment,
        files: &Index,
    ) -> (Asks, OnlyFrom) {
        let mut found = Vec::new();
        self.about(&listener.gateway, Level::Gateway, listener.place, files, &mut found);
        self.about(&attachment.route, Level::Route, attachment.place, files, &mut found);
        found.retain_mut(|f| match (f.level, &f.policy.section) {
            (Level::Gateway, Some(section)) => {
                f.level = Level::Listener;
                listener.name.as_ref() == Some(section)
            }
            (Level::Route, Some(_)) => {
                f.level = Level::Rule;
                true
            }
            _ => true,
        });
        let mut families: Vec<&Name> = found.iter().map(|f| &f.policy.family).collect();
        families.sort_unstable();
        families.dedup();
        let mut out = (None, None);
        for family in families {
            let own: Vec<&Found> = found.iter().filter(|f| f.policy.family == *family).collect();
            let (asks, only_from) = effective(&own);
            out = (stronger(out.0, asks), narrower(out.1, only_from));
        }
        out
    }

    fn about<'s>(
        &'s self,
        thing: &Labelled,
        level: Level,
        place: Place,
        files: &Index,
        out: &mut Vec<Found<'s>>,
    ) {
        let named = self.by_target.get(&thing.address).map_or(&[][..], Vec::as_slice);
        // Of several environments' policies about one name, the nearest.
        let close = |p: &Policy| files.closeness(p.place.file, place.file).min(usize::MAX - 1);
        let best = named.iter().map(|p| close(p)).max();
        let depth = best.map(|b| b.min(files.depth(place.file)));
        out.extend(
            named.iter().filter(|p| depth.is_none_or(|d| close(p) >= d)).map(|policy| Found {
                policy,
                level,
                doubt: None,
            }),
        );
        out.extend(self.by_labels.iter().filter_map(|policy| {
            let truth = self.chooses(policy, thing);
            let doubt = truth.whys.into_iter().next();
            (truth.answer != Answer::No).then_some(Found { policy, level, doubt })
        }));
    }

    fn chooses(&self, policy: &Policy, thing: &Labelled) -> Truth {
        let Target::Labels { kind, namespace, labels } = &policy.target else {
            return Truth::plain(false);
        };
        if *kind != thing.kind {
            return Truth::plain(false);
        }
        let declared = thing.namespace.known().and_then(|name| {
            self.namespaces.iter().find(|n| n.name == *name).map(|n| &n.labels[..])
        });
        namespace_matches(namespace, &thing.namespace, declared, policy.place).and(labels_match(
            labels,
            &thing.labels,
            false,
            policy.place,
        ))
    }
}

/// What the policies of one family come to.
fn effective(found: &[&Found]) -> (Asks, OnlyFrom) {
    let levels = [Level::Rule, Level::Route, Level::Listener, Level::Gateway];
    let mut out: (Asks, OnlyFrom) = (None, None);
    for level in levels {
        let here: Vec<&&Found> = found.iter().filter(|f| f.level == level).collect();
        let Some(first) = here.first() else { continue };
        let mut asks = here.iter().map(|f| one(f)).reduce(weaker).flatten();
        if level == Level::Rule {
            // It speaks of one rule, the other rules go on to the next policy.
            let why =
                Why::NotUnderstood(format!("{}, for one rule only", first.policy.title).into());
            asks = Some(Fact::Unknown(why, first.policy.place));
        }
        let lists = here.iter().map(|f| f.policy.only_from.clone()).reduce(wider).flatten();
        out = (stronger(out.0, asks), narrower(out.1, lists));
        if !here.iter().any(|f| f.policy.merges) {
            break;
        }
    }
    out
}

/// What a policy asks, as surely as it applies.
fn one(found: &Found) -> Asks {
    match (&found.policy.asks, &found.doubt) {
        (Some(_), Some((why, at))) => Some(Fact::Unknown(why.clone(), *at)),
        (asks, _) => asks.clone(),
    }
}

/// The addresses that one of two policies lets through.
fn wider(a: OnlyFrom, b: OnlyFrom) -> OnlyFrom {
    match (a?, b?) {
        (Fact::Known(a, origin), Fact::Known(b, _)) => Some(Fact::Known(a.union(&b), origin)),
        (Fact::Known(..), other) | (other, _) => Some(other),
    }
}

/// Of two policies of which either may let a client through, what is surely asked.
fn weaker(a: Asks, b: Asks) -> Asks {
    match (&a, &b) {
        (None, _) | (_, None) => None,
        (Some(Fact::Known(..)), _) => b,
        _ => a,
    }
}
