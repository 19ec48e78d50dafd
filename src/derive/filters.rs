//! What a filter lets through to a port, surely and perhaps.

use super::crowd::{Crowd, PodExtent};
use crate::model::fact::{Basis, Evidence, Fact, Name, Why};
use crate::model::fragment::{Filter, LabelTerm, Layer, Namespaces, Rule, SourceSet};
use crate::model::net::Addresses;
use crate::model::reach::Circle;
use crate::source::Place;

/// Who passes, in three degrees.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    /// Pass for sure.
    pub(crate) sure: Crowd,
    /// Pass if everything unknown turns out wide.
    pub(crate) may: Crowd,
    pub(crate) whys: Vec<(Why, Place)>,
    pub(crate) guess: Option<Name>,
    /// The rules that let somebody through.
    pub(crate) by: Vec<Passage>,
}

/// Whom one rule lets through.
#[derive(Clone, Debug)]
pub(crate) struct Passage {
    sure: Crowd,
    may: Crowd,
    steps: Vec<Evidence>,
}

impl Admission {
    pub(crate) fn nobody() -> Admission {
        Admission {
            sure: Crowd::nobody(),
            may: Crowd::nobody(),
            whys: Vec::new(),
            guess: None,
            by: Vec::new(),
        }
    }

    /// Nobody surely, everybody perhaps.
    pub(crate) fn unknown(why: Why, place: Place) -> Admission {
        Admission { may: Crowd::everybody(), whys: vec![(why, place)], ..Admission::nobody() }
    }

    /// What either of two filters of one layer lets through.
    pub(crate) fn or(mut self, other: Admission) -> Admission {
        self.sure = self.sure.union(&other.sure);
        self.may = self.may.union(&other.may);
        self.whys.extend(other.whys);
        self.guess = self.guess.or(other.guess);
        self.by.extend(other.by);
        self
    }

    /// The rule that lets the most of a crowd through, as steps of the story; of equal ones, the
    /// one that surely does. Before it stand the others that let the internet in as it does: whoever
    /// mends the one alone has mended nothing.
    pub(crate) fn story(&self, crowd: &Crowd) -> Vec<Evidence> {
        let nobody = Circle::None;
        let circles = |passage: &Passage| {
            let circle = |admitted: &Crowd| admitted.intersection(crowd).circle();
            (circle(&passage.may), circle(&passage.sure))
        };
        let mut best: Option<((Circle, Circle), usize)> = None;
        let mut equal: Vec<usize> = Vec::new();
        for (at, passage) in self.by.iter().enumerate() {
            let circles = circles(passage);
            match best {
                _ if circles.0 == nobody => {}
                Some((widest, _)) if circles < widest => {}
                Some((widest, _)) if circles == widest => equal.push(at),
                _ => {
                    best = Some((circles, at));
                    equal.clear();
                }
            }
        }
        let Some((circles, best)) = best else { return Vec::new() };
        let mut steps: Vec<Evidence> = Vec::new();
        if circles.1 == Circle::Internet {
            let own = self.by[best].steps.last().map(|step| step.place);
            let others = equal.iter().filter_map(|at| self.by.get(*at)?.steps.last());
            for step in others.filter(|step| Some(step.place) != own).take(MOST_OTHERS) {
                if steps.iter().all(|known| known.place != step.place) {
                    steps.push(step.clone());
                }
            }
        }
        steps.extend(self.by[best].steps.iter().cloned());
        steps
    }
}

/// More rules that open the same are not named: nobody reads them.
const MOST_OTHERS: usize = 8;

/// What a filter admits to a TCP or UDP port.
pub(crate) fn admits(filter: &Filter, port: Option<u16>, udp: bool) -> Admission {
    if filter.exists.known() == Some(&false) {
        return Admission::nobody();
    }
    let mut rules: Vec<&Rule> =
        filter.rules.iter().filter(|r| r.exists.known() != Some(&false)).collect();
    // Lower priorities first; of equal ones denials win, as Azure's and Google's documents say.
    rules.sort_by_key(|r| (r.priority, r.allow));
    let mut out = Admission::nobody();
    // What denials looked at so far surely and perhaps take away.
    let (mut denied, mut perhaps_denied) = (Crowd::nobody(), Crowd::nobody());
    for rule in rules {
        let Some((sure_port, why)) = covers(rule, port, udp) else { continue };
        let of = sources(rule, filter.layer);
        let sure = if sure_port { of.sure } else { Crowd::nobody() };
        if rule.allow {
            let sure = subtract(&sure, &denied.union(&perhaps_denied));
            let may = subtract(&of.may, &denied);
            out.by.push(Passage { sure: sure.clone(), may: may.clone(), steps: steps(rule) });
            out.sure = out.sure.union(&sure);
            out.may = out.may.union(&may);
            out.whys.extend(of.whys);
            out.whys.extend(why);
            out.guess = out.guess.or(of.guess);
        } else {
            denied = denied.union(&sure);
            perhaps_denied = perhaps_denied.union(&of.may);
        }
    }
    if let Some((why, place)) = &filter.more {
        out = out.or(Admission::unknown(why.clone(), *place));
    }
    out
}

/// What is in a crowd and not in another; circles without addresses go only as a whole.
fn subtract(crowd: &Crowd, other: &Crowd) -> Crowd {
    Crowd {
        addresses: crowd.addresses.without(&other.addresses),
        pods: if other.pods == PodExtent::Every { PodExtent::Nobody } else { crowd.pods },
        members: crowd.members && !other.members,
        overlay: crowd.overlay && !other.overlay,
        local: crowd.local && !other.local,
    }
}

/// Whether a rule speaks of the port: surely (true) or perhaps, with what decides.
fn covers(rule: &Rule, port: Option<u16>, udp: bool) -> Option<(bool, Option<(Why, Place)>)> {
    let unsure = |why: &Why, at: &Place| Some((false, Some((why.clone(), *at))));
    let exists = match &rule.exists {
        Fact::Unknown(why, at) => unsure(why, at),
        _ => Some((true, None)),
    };
    match (&rule.ports, port) {
        (Fact::Unknown(why, at), _) => unsure(why, at),
        (Fact::Unset(_), _) => exists,
        (Fact::Known(ports, _), Some(port)) => {
            let set = if udp { &ports.udp } else { &ports.tcp };
            if set.contains(port) { exists } else { None }
        }
        (Fact::Known(ports, _), None) => {
            let set = if udp { &ports.udp } else { &ports.tcp };
            if set.is_empty() { None } else { exists }
        }
    }
}

/// Whom a rule speaks of.
fn sources(rule: &Rule, layer: Layer) -> Admission {
    let mut out = Admission::nobody();
    for source in &rule.sources {
        match source {
            SourceSet::Addresses(Fact::Known(addresses, origin))
            | SourceSet::Outside(Fact::Known(addresses, origin)) => {
                let mut crowd = by_address(addresses, layer);
                if matches!(source, SourceSet::Outside(_)) {
                    (crowd.pods, crowd.local) = (PodExtent::Nobody, false);
                }
                out.sure = out.sure.union(&crowd);
                out.may = out.may.union(&crowd);
                if let Basis::Guessed(how) = &origin.basis {
                    out.guess = Some(how.clone());
                }
            }
            SourceSet::Addresses(Fact::Unknown(why, at))
            | SourceSet::Outside(Fact::Unknown(why, at)) => {
                out.may = out.may.union(&Crowd::everybody());
                out.whys.push((why.clone(), *at));
            }
            SourceSet::Addresses(Fact::Unset(_)) | SourceSet::Outside(Fact::Unset(_)) => {}
            SourceSet::MembersOf(..) | SourceSet::Itself(_) => {
                let members = Crowd { members: true, ..Crowd::nobody() };
                out.sure = out.sure.union(&members);
                out.may = out.may.union(&members);
            }
            SourceSet::Pods(selector, at) => {
                let extent =
                    if selects_everything(selector) { PodExtent::Every } else { PodExtent::Named };
                let pods = Crowd { pods: extent, ..Crowd::nobody() };
                out.sure = out.sure.union(&pods);
                out.may = out.may.union(&pods);
                if let Namespaces::Named(Fact::Unknown(why, _)) = &selector.namespace {
                    out.whys.push((why.clone(), *at));
                }
            }
            SourceSet::EveryPod(_) => {
                let pods = Crowd { pods: PodExtent::Every, ..Crowd::nobody() };
                out.sure = out.sure.union(&pods);
                out.may = out.may.union(&pods);
            }
            SourceSet::Everybody(_) => {
                out.sure = Crowd::everybody();
                out.may = Crowd::everybody();
            }
        }
    }
    out
}

/// A whole namespace is named; all namespaces are everybody.
fn selects_everything(selector: &crate::model::fragment::PodSelector) -> bool {
    let none = |terms: &[LabelTerm]| terms.is_empty();
    none(&selector.labels)
        && match &selector.namespace {
            Namespaces::All => true,
            Namespaces::Matching(terms) => none(terms),
            Namespaces::Named(_) => false,
        }
}

/// An address rule names machines, not groups: members of a group pass only if their addresses do.
fn by_address(addresses: &Addresses, layer: Layer) -> Crowd {
    let mut crowd = Crowd::everybody().with_addresses(addresses);
    if matches!(layer, Layer::SecurityGroup | Layer::Interface | Layer::Firewall | Layer::Subnet) {
        // Whose private range it is the addresses tell; no need for a second name.
        crowd.members = false;
        crowd.pods = PodExtent::Every;
        crowd.local = true;
        crowd.overlay = true;
    }
    crowd
}

/// The rule as a step, after the stations that its values came through.
fn steps(rule: &Rule) -> Vec<Evidence> {
    let mut steps = Vec::new();
    for source in &rule.sources {
        if let SourceSet::Addresses(Fact::Known(_, origin)) = source {
            steps.extend(origin.via.iter().cloned());
        }
    }
    if let Fact::Known(_, origin) = &rule.ports {
        steps.extend(origin.via.iter().cloned());
    }
    steps.push(Evidence::new(rule.place, rule.say.clone()));
    steps
}
