//! Who is on the way: a set of addresses, and the circles that have no addresses in these files.

use crate::model::net::Addresses;
use crate::model::reach::Circle;

/// Pods of the cluster that are in a crowd.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum PodExtent {
    Nobody,
    Named,
    Every,
}

/// A set of clients.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Crowd {
    pub(crate) addresses: Addresses,
    pub(crate) pods: PodExtent,
    /// Machines that a filter admits by name (members of a security group).
    pub(crate) members: bool,
    pub(crate) overlay: bool,
    pub(crate) local: bool,
}

impl Crowd {
    pub(crate) fn nobody() -> Crowd {
        Crowd {
            addresses: Addresses::default(),
            pods: PodExtent::Nobody,
            members: false,
            overlay: false,
            local: false,
        }
    }

    pub(crate) fn internet() -> Crowd {
        Crowd { addresses: Addresses::public().clone(), ..Crowd::nobody() }
    }

    /// Everything in the private network, machines with a name of their own among it.
    pub(crate) fn network() -> Crowd {
        Crowd { addresses: Addresses::private().clone(), members: true, ..Crowd::nobody() }
    }

    pub(crate) fn cluster() -> Crowd {
        Crowd { pods: PodExtent::Every, ..Crowd::nobody() }
    }

    pub(crate) fn neighbours() -> Crowd {
        Crowd { members: true, ..Crowd::nobody() }
    }

    pub(crate) fn overlay() -> Crowd {
        Crowd { overlay: true, ..Crowd::nobody() }
    }

    pub(crate) fn local() -> Crowd {
        Crowd { local: true, ..Crowd::nobody() }
    }

    pub(crate) fn everybody() -> Crowd {
        Crowd {
            addresses: Addresses::all(),
            pods: PodExtent::Every,
            members: true,
            overlay: true,
            local: true,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Crowd::nobody()
    }

    #[must_use]
    pub(crate) fn union(&self, other: &Crowd) -> Crowd {
        Crowd {
            addresses: self.addresses.union(&other.addresses),
            pods: self.pods.max(other.pods),
            members: self.members || other.members,
            overlay: self.overlay || other.overlay,
            local: self.local || other.local,
        }
    }

    #[must_use]
    pub(crate) fn intersection(&self, other: &Crowd) -> Crowd {
        Crowd {
            addresses: self.addresses.intersection(&other.addresses),
            pods: self.pods.min(other.pods),
            members: self.members && other.members,
            overlay: self.overlay && other.overlay,
            local: self.local && other.local,
        }
    }

    /// The widest circle that stands in this crowd.
    pub(crate) fn circle(&self) -> Circle {
        let pods = match self.pods {
            PodExtent::Nobody => Circle::None,
            PodExtent::Named => Circle::Pods,
            PodExtent::Every => Circle::Cluster,
        };
        let flag = |on: bool, circle| if on { circle } else { Circle::None };
        self.addresses
            .circle()
            .max(pods)
            .max(flag(self.members, Circle::Members))
            .max(flag(self.overlay, Circle::Overlay))
            .max(flag(self.local, Circle::Loopback))
    }

    /// Those who come with an address out of `addresses`. Pods have private addresses that no file
    /// tells; they pass where private networks do.
    #[must_use]
    pub(crate) fn with_addresses(&self, addresses: &Addresses) -> Crowd {
        let private = addresses.intersection(Addresses::private()).circle();
        let loopback = !addresses.intersection(&Addresses::loopback()).is_empty();
        Crowd {
            addresses: self.addresses.intersection(addresses),
            pods: match private {
                Circle::PrivateNetwork => self.pods,
                Circle::Members => self.pods.min(PodExtent::Named),
                _ => PodExtent::Nobody,
            },
            members: self.members && private >= Circle::Members,
            overlay: self.overlay && private >= Circle::Members,
            local: self.local && loopback,
        }
    }
}
