//! How traffic from outside the cluster gets to something that takes it in.

use super::object::Object;
use super::workload::nodes_addresses;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Fragment, Hop, Node as Stop, NodeKind, Ref};
use crate::model::net::Addresses;
use crate::source::Place;

/// The charts and operators of the common controllers make a public load balancer.
pub(super) const GUESS: &str = "that the controller has a public load balancer, as is usual";

/// What is known about the outer side of something.
#[derive(Clone, Debug)]
pub(super) struct Front {
    /// Whether the internet gets to it.
    pub(super) internet: Fact<bool>,
    /// Whether the private network does.
    pub(super) network: Fact<bool>,
    pub(super) place: Place,
    pub(super) say: Name,
}

impl Front {
    /// One that has a public load balancer, as is usual.
    pub(super) fn usual(place: Place, say: impl Into<Name>) -> Front {
        let guess = || Fact::guessed(true, GUESS, place);
        Front { internet: guess(), network: guess(), place, say: say.into() }
    }

    /// One of which nobody knows whether it is open to the internet.
    pub(super) fn unknown(why: &Why, place: Place, say: impl Into<Name>) -> Front {
        let open = || Fact::Unknown(why.clone(), place);
        Front { internet: open(), network: open(), place, say: say.into() }
    }

    /// One with an address in the private network, or in the internet.
    pub(super) fn told(public: bool, at: Place, place: Place, say: impl Into<Name>) -> Front {
        let network = Fact::written(true, place);
        Front { internet: Fact::written(public, at), network, place, say: say.into() }
    }

    /// The ports of machines, whose addresses nobody knows.
    pub(super) fn machines(place: Place, say: impl Into<Name>) -> Front {
        let internet = Fact::Unknown(nodes_addresses(), place);
        Front { internet, network: Fact::written(true, place), place, say: say.into() }
    }

    /// The steps from outside.
    pub(super) fn hops(&self, to: &Address, only_from: Option<&Fact<Addresses>>) -> Vec<Hop> {
        let hop = |from, open: &Fact<bool>| {
            let hop = Hop::new(from, Ref::To(to.clone()), self.place, self.say.clone());
            Hop { open: open.clone(), only_from: only_from.cloned(), ..hop }
        };
        vec![hop(Ref::Internet, &self.internet), hop(Ref::Network, &self.network)]
    }
}

/// A node of something that takes traffic in or passes it on.
pub(super) fn stop(address: Address, kind: NodeKind, place: Place) -> Stop {
    let exists = Fact::written(true, place);
    Stop { address, aliases: Vec::new(), kind, place, exists, pod: None }
}

/// The node of an object that is a balancer of some kind.
pub(super) fn balancer(object: &Object, out: &mut Fragment) {
    out.nodes.push(stop(object.address(), NodeKind::Balancer, object.place));
}
