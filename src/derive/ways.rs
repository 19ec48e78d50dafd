//! The ways that lead to a port: along hops, through filters, from the outside in.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::crowd::{Crowd, PodExtent};
use super::filters::{self, Admission};
use crate::link::{Estate, From, Guard, Step};
use crate::model::fact::{Basis, Evidence, Fact, Name, Why};
use crate::model::fragment::{Layer, PortEnd, PortMap, Ref, SourceSet};
use crate::model::net::Addresses;
use crate::model::reach::{Circle, Reach};
use crate::model::truth::Confidence;
use crate::shared::Shared;
use crate::source::Place;

/// One way in, and who comes along it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each tells of another thing that happened on the way"
)]
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) crowd: Crowd,
    pub(crate) degree: Confidence,
    pub(crate) guess: Option<Name>,
    pub(crate) whys: Vec<(Why, Place)>,
    /// Outermost first.
    pub(crate) steps: Vec<Evidence>,
    /// Whoever passed here has shown who he is.
    pub(crate) asked: bool,
    /// Why nobody can tell whether that is asked.
    pub(crate) perhaps_asked: Option<(Why, Place)>,
    /// Whoever passed here spoke TLS with something on the way.
    pub(crate) encrypted: bool,
    /// The far side sees a proxy's address instead of the client's.
    pub(crate) proxied: bool,
    /// Every address of a host leads here, in whatever network it stands.
    pub(crate) wide: bool,
    /// The last step is a port that somebody publishes by hand: what listens behind it is meant to
    /// hear everybody.
    pub(crate) published: bool,
    /// The last step is a program of the same machine or pod that passes its clients on: it comes
    /// from the machine's own address.
    pub(crate) inside: bool,
}

/// More ways than this into one port are cut to the widest; nobody reads them.
const MOST: usize = 32;

/// More hops than this in a row are none that traffic takes.
const DEEPEST: usize = 256;

type Key = (usize, Option<u16>, bool);

/// The ways into every port, each worked out once.
pub(crate) struct Ways<'a> {
    estate: &'a Estate,
    known: RefCell<FxHashMap<Key, Arc<[Way]>>>,
    open: RefCell<FxHashSet<Key>>,
}

impl<'a> Ways<'a> {
    pub(crate) fn new(estate: &'a Estate) -> Ways<'a> {
        Ways { estate, known: RefCell::default(), open: RefCell::default() }
    }

    /// All ways to a port of a node; `None` asks for any port.
    pub(crate) fn to_port(&self, node: usize, port: Option<u16>, udp: bool) -> Arc<[Way]> {
        let key = (node, port, udp);
        if let Some(ways) = self.known.borrow().get(&key) {
            return ways.clone();
        }
        // A loop of hops brings nobody who has not come in elsewhere.
        if self.open.borrow().len() > DEEPEST || !self.open.borrow_mut().insert(key) {
            return Arc::new([]);
        }
        let mut out = Vec::new();
        for step in &self.estate.arrivals[node] {
            for (near, unsure) in near_ports(&step.hop.ports, port, udp) {
                for way in self.origin(step, near, udp).iter() {
                    self.pass(step, way, unsure.as_ref(), node, port, udp, &mut out);
                }
            }
        }
        if out.len() > MOST {
            out.sort_by_key(|w: &Way| std::cmp::Reverse((w.degree, w.crowd.circle())));
            out.truncate(MOST);
        }
        self.open.borrow_mut().remove(&key);
        let ways: Arc<[Way]> = out.into();
        self.known.borrow_mut().insert(key, ways.clone());
        ways
    }

    /// Those who stand at the near end of a step.
    fn origin(&self, step: &Step, near: Option<u16>, udp: bool) -> Arc<[Way]> {
        let crowd = match step.from {
            From::Node(node) => return self.to_port(node, near, udp),
            From::Internet => Crowd::internet(),
            From::Network | From::AnyNetwork => Crowd::network(),
            From::Cluster => Crowd::cluster(),
            From::Neighbours => Crowd::neighbours(),
            From::Overlay => Crowd::overlay(),
            From::Local => Crowd::local(),
        };
        Arc::new([Way {
            crowd,
            degree: Confidence::Certain,
            guess: None,
            whys: Vec::new(),
            steps: Vec::new(),
            asked: false,
            perhaps_asked: None,
            encrypted: false,
            proxied: false,
            wide: step.from == From::AnyNetwork,
            published: false,
            inside: false,
        }])
    }

    #[expect(clippy::too_many_arguments, reason = "one step of the walk, told in one place")]
    fn pass(
        &self,
        step: &Step,
        way: &Way,
        unsure: Option<&(Why, Place)>,
        node: usize,
        port: Option<u16>,
        udp: bool,
        out: &mut Vec<Way>,
    ) {
        let Some(mut way) = take(step, way) else { return };
        way.inside = step.hop.proxy && step.from == From::Node(node);
        match &self.estate.nodes[node].exists {
            Fact::Known(false, _) => return,
            Fact::Unknown(why, at) => way.doubt(why.clone(), *at),
            _ => {}
        }
        if let Some((why, at)) = unsure {
            way.doubt(why.clone(), *at);
        }
        if way.inside {
            // What never leaves the machine meets no filter in front of it.
            out.push(way);
            return;
        }
        let near = if step.hop.proxy { Some(step.from) } else { None };
        let mut ways = vec![way];
        let guards = &self.estate.guards[node];
        let mut layers: Vec<Layer> = guards.iter().map(|g| g.layer).collect();
        layers.sort_unstable();
        layers.dedup();
        for layer in layers {
            let here = guards.iter().filter(|g| g.layer == layer);
            let admission = self.layer(here, port, udp, near);
            ways = ways.iter().flat_map(|w| w.through(&admission, near.is_some())).collect();
        }
        out.extend(ways);
    }

    /// What the filters of one layer let through together.
    fn layer<'g>(
        &self,
        guards: impl Iterator<Item = &'g Guard>,
        port: Option<u16>,
        udp: bool,
        near: Option<From>,
    ) -> Admission {
        let mut all = Admission::nobody();
        for guard in guards {
            let admission = match &guard.filter {
                Ok(filter) => {
                    let mut admission = filters::admits(&self.estate.filters[*filter], port, udp);
                    if let Some(From::Node(near)) = near {
                        self.only_own_group(*filter, near, &mut admission);
                    }
                    admission
                }
                Err((why, at)) => Admission::unknown(why.clone(), *at),
            };
            all = all.or(admission);
            if let Fact::Unknown(why, at) = &guard.attached {
                all = all.or(Admission::unknown(why.clone(), *at));
            }
        }
        all
    }

    /// A proxy passes a rule that names a group only if it is a member of that group.
    fn only_own_group(&self, filter: usize, near: usize, admission: &mut Admission) {
        let groups: Vec<usize> = self.estate.guards[near]
            .iter()
            .filter_map(|g| g.filter.as_ref().ok().copied())
            .collect();
        let named = self.estate.filters[filter].rules.iter().any(|rule| {
            rule.sources.iter().any(|source| match source {
                SourceSet::MembersOf(address, at) => self
                    .estate
                    .filter_index
                    .nearest(address, *at)
                    .is_some_and(|group| groups.contains(&group)),
                SourceSet::Itself(_) => groups.contains(&filter),
                _ => false,
            })
        });
        if !named {
            admission.sure.members = false;
            // A group of the proxy that is not here may be the one.
            admission.may.members &= self.estate.guards[near].iter().any(|g| g.filter.is_err());
        }
    }
}

/// The step itself, before any filter of the far side.
fn take(step: &Step, way: &Way) -> Option<Way> {
    let hop = &step.hop;
    let mut way = way.clone();
    let taken = way.steps.len();
    match &hop.open {
        Fact::Known(false, _) => return None,
        Fact::Known(true, origin) => {
            way.steps.extend(origin.via.iter().cloned());
            if let Basis::Guessed(how) = &origin.basis {
                way.guess(how.clone());
            }
        }
        Fact::Unset(_) => {}
        Fact::Unknown(why, at) => way.doubt(why.clone(), *at),
    }
    way.steps.push(Evidence::new(hop.place, hop.say.clone()));
    // Labels do not open anything.
    if matches!(hop.to, Ref::Pods(_)) {
        way.steps[taken..].iter_mut().for_each(|step| step.joins = true);
    }
    match &hop.only_from {
        Some(Fact::Known(addresses, origin)) => {
            way.crowd = way.crowd.with_addresses(addresses);
            way.steps.extend(origin.via.iter().cloned());
            if way.crowd.is_empty() {
                return None;
            }
        }
        Some(Fact::Unknown(why, at)) => way.doubt(why.clone(), *at),
        _ => {}
    }
    match &hop.asks {
        Some(Fact::Known(..)) => way.asked = true,
        Some(Fact::Unknown(why, at)) if way.perhaps_asked.is_none() => {
            way.perhaps_asked = Some((why.clone(), *at));
        }
        _ => {}
    }
    way.proxied |= hop.proxy;
    way.encrypted |= hop.ends_tls;
    let outside = matches!(step.from, From::AnyNetwork | From::Internet);
    way.published = outside && matches!(hop.ports, PortMap::Pairs(_));
    Some(way)
}

/// A port of the near side, and what makes it unsure that it leads on.
type NearPort = (Option<u16>, Option<(Why, Place)>);

/// The ports on the near side that lead to a port of the far side.
fn near_ports(map: &PortMap, port: Option<u16>, udp: bool) -> Vec<NearPort> {
    let pairs = match map {
        PortMap::Same => return vec![(port, None)],
        PortMap::Unknown(why, at) => return vec![(None, Some((why.clone(), *at)))],
        PortMap::Pairs(pairs) => pairs,
    };
    let mut out = Vec::new();
    for pair in pairs.iter().filter(|p| p.udp == udp) {
        let first = pair.from.map(|(a, _)| a);
        let inside = |p: u16| pair.from.is_none_or(|(a, b)| a <= p && p <= b);
        match (&pair.to, port) {
            (PortEnd::Same, Some(p)) if inside(p) => out.push((Some(p), None)),
            (PortEnd::Number(n), Some(p)) if *n == p => out.push((first, None)),
            (PortEnd::Same | PortEnd::Number(_), None) => out.push((first, None)),
            (PortEnd::Unknown(why), _) => out.push((first, Some((why.clone(), pair.place)))),
            (PortEnd::Named(name), _) => {
                let why = Why::NotHere(format!("the port named {name}").into());
                out.push((first, Some((why, pair.place))));
            }
            _ => {}
        }
    }
    out
}

impl Way {
    pub(crate) fn doubt(&mut self, why: Why, at: Place) {
        self.degree = Confidence::Possible;
        if !self.whys.contains(&(why.clone(), at)) {
            self.whys.push((why, at));
        }
    }

    pub(crate) fn guess(&mut self, how: Name) {
        self.degree = self.degree.min(Confidence::Likely);
        self.guess.get_or_insert(how);
    }

    /// Those of the way whom a layer of filters lets through; two ways where more pass perhaps
    /// than surely.
    fn through(&self, admission: &Admission, proxied: bool) -> Vec<Way> {
        if proxied {
            return self.proxied_through(admission);
        }
        let mut out = Vec::new();
        let sure = self.crowd.intersection(&admission.sure);
        let may = self.crowd.intersection(&admission.may);
        if !sure.is_empty() {
            let mut way = self.clone();
            way.steps.extend(admission.story(&sure));
            way.crowd = sure.clone();
            if let Some(how) = &admission.guess {
                way.guess(how.clone());
            }
            out.push(way);
        }
        if may.circle() > sure.circle() {
            let mut way = self.clone();
            way.steps.extend(admission.story(&may));
            way.crowd = may;
            way.degree = Confidence::Possible;
            for (why, at) in &admission.whys {
                way.doubt(why.clone(), *at);
            }
            out.push(way);
        }
        out
    }

    /// Behind a proxy the filter sees the proxy: a machine of the private network, a pod of the
    /// cluster. It lets everybody of the way through, or nobody.
    fn proxied_through(&self, admission: &Admission) -> Vec<Way> {
        let proxy = Crowd { overlay: false, local: false, ..Crowd::network() };
        let proxy = proxy.union(&Crowd::cluster());
        let admitted = admission.sure.intersection(&proxy);
        let mut way = self.clone();
        way.steps.extend(admission.story(&proxy));
        let private = admitted.addresses.circle() == Circle::PrivateNetwork;
        if private || admitted.members || admitted.pods == PodExtent::Every {
            return vec![way];
        }
        if admission.may.intersection(&proxy).is_empty() {
            return Vec::new();
        }
        if admission.whys.is_empty() {
            let why = Why::NotHere("the address that the proxy comes from".into());
            way.doubt(why, way.steps.last().map_or_else(|| self.place(), |s| s.place));
        }
        for (why, at) in &admission.whys {
            way.doubt(why.clone(), *at);
        }
        vec![way]
    }

    fn place(&self) -> Place {
        self.steps
            .last()
            .map_or(Place { file: crate::source::FileId(0), start: 0, end: 0 }, |step| step.place)
    }

    /// Those who may use an account that is for certain addresses only.
    pub(crate) fn admitted_by(&self, networks: &Addresses) -> Option<Way> {
        let mut way = self.clone();
        way.crowd = if self.inside {
            let local = networks.intersection(&Addresses::loopback());
            if local.is_empty() { Crowd::nobody() } else { self.crowd.clone() }
        } else if self.proxied {
            // The server sees the proxy's address, which is a private one.
            let private = networks.intersection(Addresses::private()).circle();
            if private == Circle::PrivateNetwork { self.crowd.clone() } else { Crowd::nobody() }
        } else {
            self.crowd.with_addresses(networks)
        };
        (!way.crowd.is_empty()).then_some(way)
    }
}

/// The circles that some ways amount to, in three degrees.
pub(crate) fn reach(ways: &[Way]) -> Reach {
    let tier = |least: Confidence| {
        let chosen: Vec<&Way> = ways.iter().filter(|w| w.degree >= least).collect();
        let all = chosen.iter().fold(Crowd::nobody(), |c, w| c.union(&w.crowd));
        // Of equally wide ways the firmest and then the shortest tells the story.
        let teller = chosen
            .iter()
            .max_by_key(|w| (w.crowd.circle(), w.degree, std::cmp::Reverse(w.steps.len())));
        (all.circle(), teller.copied())
    };
    // Most ways are certain; then the wider tiers are the same.
    let some = |degree: Confidence| ways.iter().any(|w| w.degree == degree);
    let certain = tier(Confidence::Certain);
    let likely = if some(Confidence::Likely) { tier(Confidence::Likely) } else { certain };
    let may = if some(Confidence::Possible) { tier(Confidence::Possible) } else { likely };
    let ((sure, sure_teller), (likely, likely_teller), (may, may_teller)) = (certain, likely, may);
    let steps = |way: Option<&Way>| -> Shared<Evidence> {
        way.map_or_else(Shared::empty, |w| w.steps.clone().into())
    };
    Reach {
        sure,
        likely,
        may,
        sure_way: steps(sure_teller),
        likely_way: steps(likely_teller),
        may_way: steps(may_teller),
        guess: likely_teller.and_then(|w| w.guess.clone()),
        whys: may_teller.map(|w| w.whys.clone()).unwrap_or_default(),
    }
}
