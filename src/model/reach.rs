//! How wide the circle is from which a client may come.

use std::fmt;

use super::fact::{Evidence, Name, Why};
use crate::shared::Shared;
use crate::source::Place;

/// Circles of clients, ordered by how many other parties stand in them. The names are those of the
/// rule language.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Circle {
    /// Nobody.
    None,
    /// The machine or pod itself.
    Loopback,
    /// Only pods that a policy names.
    Pods,
    /// Only peers that a rule names: members of a security group, single private addresses.
    Members,
    /// Public addresses, but only named ones.
    InternetRestricted,
    /// A tailnet or tunnel with an access layer of its own.
    Overlay,
    /// Any pod of the cluster.
    Cluster,
    /// A VPC, VNet or LAN, or peers of it.
    PrivateNetwork,
    /// At least a /8's worth of public IPv4 addresses, or a /16's worth of IPv6.
    Internet,
}

impl Circle {
    pub(crate) const ALL: [Circle; 9] = [
        Circle::None,
        Circle::Loopback,
        Circle::Pods,
        Circle::Members,
        Circle::InternetRestricted,
        Circle::Overlay,
        Circle::Cluster,
        Circle::PrivateNetwork,
        Circle::Internet,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Circle::None => "none",
            Circle::Loopback => "loopback",
            Circle::Pods => "pods",
            Circle::Members => "members",
            Circle::InternetRestricted => "internet-restricted",
            Circle::Overlay => "overlay",
            Circle::Cluster => "cluster",
            Circle::PrivateNetwork => "private-network",
            Circle::Internet => "internet",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Circle> {
        Circle::ALL.into_iter().find(|c| c.name() == name)
    }

    /// Who stands in it, as the subject of a message: "anyone on the internet".
    pub(crate) fn people(self) -> &'static str {
        match self {
            Circle::None => "nobody",
            Circle::Loopback => "programs on the same machine",
            Circle::Pods => "the pods that a policy names",
            Circle::Members => "the neighbours that these files name",
            Circle::InternetRestricted => "named addresses on the internet",
            Circle::Overlay => "members of the tunnel",
            Circle::Cluster => "any pod of the cluster",
            Circle::PrivateNetwork => "anyone in the private network",
            Circle::Internet => "anyone on the internet",
        }
    }
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What stands between those who are near and the thing, in the first step of a way that begins with
/// neighbours: "any container on network `back` can reach service `db`".
pub(crate) const CAN_REACH: &str = " can reach ";

/// Those who are near, where a way says who they are.
pub(crate) fn neighbours(way: &[Evidence]) -> Option<&str> {
    way.first()?.say.split_once(CAN_REACH).map(|(people, _)| people)
}

/// The widest circle that gets through, in three degrees of knowledge: `sure <= likely <= may`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Reach {
    /// Follows from what is written and from documented defaults.
    pub(crate) sure: Circle,
    /// If the guesses hold that took part.
    pub(crate) likely: Circle,
    /// If everything unknown turns out wide.
    pub(crate) may: Circle,
    /// The way of the sure circle, then of the likely and the possible one, outermost step first.
    pub(crate) sure_way: Shared<Evidence>,
    pub(crate) likely_way: Shared<Evidence>,
    pub(crate) may_way: Shared<Evidence>,
    /// What was guessed on the likely way.
    pub(crate) guess: Option<Name>,
    /// What decides the possible way.
    pub(crate) whys: Vec<(Why, Place)>,
}

impl Reach {
    #[cfg(test)]
    pub(crate) fn nobody() -> Reach {
        Reach::surely(Circle::None, Shared::empty())
    }

    pub(crate) fn surely(circle: Circle, way: Shared<Evidence>) -> Reach {
        Reach {
            sure: circle,
            likely: circle,
            may: circle,
            sure_way: way.clone(),
            likely_way: way.clone(),
            may_way: way,
            guess: None,
            whys: Vec::new(),
        }
    }
}
