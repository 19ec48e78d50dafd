//! Gateways, the routes that attach to them, and what is asked on the way, before they are joined.
//!
//! A gateway, its routes, the permission to cross a namespace and the policy that asks for a
//! password are objects of their own, often in files of their own. A front end says here what each
//! of them wants; `link` decides and makes [`Hop`]s of it.

use std::sync::Arc;

use super::fact::{Fact, Name};
use super::fragment::{Address, Hop, LabelTerm, Namespaces, PodSelector};
use super::net::Addresses;
use crate::source::Place;

/// Everything about routing that a front end found in its files.
#[derive(Default, Debug)]
pub(crate) struct Routing {
    pub(crate) listeners: Vec<Listener>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) forks: Vec<Fork>,
    pub(crate) crossings: Vec<Crossing>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) checks: Vec<Check>,
    pub(crate) borrowed: Vec<Borrowed>,
    pub(crate) passings: Vec<Passing>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) named_ports: Vec<NamedPort>,
}

impl Routing {
    /// Takes over everything of another one.
    pub(crate) fn absorb(&mut self, other: Routing) {
        self.listeners.extend(other.listeners);
        self.attachments.extend(other.attachments);
        self.forks.extend(other.forks);
        self.crossings.extend(other.crossings);
        self.grants.extend(other.grants);
        self.checks.extend(other.checks);
        self.borrowed.extend(other.borrowed);
        self.passings.extend(other.passings);
        self.policies.extend(other.policies);
        self.named_ports.extend(other.named_ports);
    }
}

/// A thing that policies may choose by its labels.
#[derive(Clone, Debug)]
pub(crate) struct Labelled {
    /// `Gateway`, `HTTPRoute`, …
    pub(crate) kind: Name,
    pub(crate) address: Address,
    pub(crate) namespace: Fact<Name>,
    pub(crate) labels: Vec<(Name, Fact<Name>)>,
}

/// A port of a gateway that routes attach to; a node of the graph.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    pub(crate) gateway: Arc<Labelled>,
    /// The node; the way from the gateway's node to it is the front end's.
    pub(crate) address: Address,
    pub(crate) name: Option<Name>,
    pub(crate) port: Option<u16>,
    /// Names of hosts; none at all: every host.
    pub(crate) hosts: Vec<Name>,
    /// Namespaces whose routes it takes.
    pub(crate) takes: Namespaces,
    /// Kinds of routes that it takes.
    pub(crate) kinds: Vec<Name>,
    pub(crate) place: Place,
}

/// A route that wants to attach to a gateway.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub(crate) route: Arc<Labelled>,
    pub(crate) hosts: Arc<[Name]>,
    pub(crate) gateway: Address,
    /// Only the listener of that name.
    pub(crate) section: Option<Name>,
    /// Only listeners on that port.
    pub(crate) port: Option<u16>,
    pub(crate) place: Place,
    pub(crate) say: Name,
    /// What is there if the gateway is not in these files.
    pub(crate) otherwise: Vec<Hop>,
}

/// Steps that depend on whether something is in these files.
#[derive(Clone, Debug)]
pub(crate) struct Fork {
    pub(crate) on: ForkOn,
    pub(crate) place: Place,
    pub(crate) here: Vec<Hop>,
    pub(crate) otherwise: Vec<Hop>,
}

#[derive(Clone, Debug)]
pub(crate) enum ForkOn {
    Node(Address),
    /// Steps that are there begin at each of these pods, whatever their `from` says.
    Pods(PodSelector),
}

/// A step into another namespace, which somebody there has to permit.
#[derive(Clone, Debug)]
pub(crate) struct Crossing {
    pub(crate) hop: Hop,
    pub(crate) group: Name,
    pub(crate) kind: Name,
    pub(crate) from: Name,
    pub(crate) to: Name,
    /// The Service at the far side.
    pub(crate) service: Name,
}

/// The permission to refer to things of a namespace from others.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) namespace: Name,
    pub(crate) from: Vec<Grantee>,
    pub(crate) to: Vec<Granted>,
    pub(crate) place: Place,
    pub(crate) title: Name,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Grantee {
    pub(crate) group: Name,
    pub(crate) kind: Name,
    pub(crate) namespace: Name,
}

/// What others may refer to.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    pub(crate) kind: Name,
    /// None: all of that kind.
    pub(crate) name: Option<Name>,
}

impl Grant {
    /// Whether it lets somebody refer to the thing of that kind and name.
    pub(crate) fn lets(&self, who: &Grantee, kind: &str, name: &str) -> bool {
        let named = |to: &Granted| to.name.as_deref().is_none_or(|granted| granted == name);
        self.from.contains(who) && self.to.iter().any(|to| &*to.kind == kind && named(to))
    }
}

/// A check of another namespace, which holds only if somebody there permits it.
#[derive(Clone, Debug)]
pub(crate) struct Borrowed {
    /// The name under which steps go through it.
    pub(crate) alias: Address,
    pub(crate) check: Address,
    pub(crate) who: Grantee,
    pub(crate) kind: Name,
    pub(crate) namespace: Name,
    pub(crate) name: Name,
}

/// Something with a name that routes send their clients through: a middleware, a policy, a plugin.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) address: Address,
    /// What others call it too.
    pub(crate) aliases: Vec<Address>,
    pub(crate) asks: Option<Fact<Name>>,
    pub(crate) only_from: Option<Fact<Addresses>>,
    /// Further checks that it stands for.
    pub(crate) parts: Vec<(Address, Place)>,
    pub(crate) place: Place,
    pub(crate) title: Name,
}

/// A step through checks.
#[derive(Clone, Debug)]
pub(crate) struct Passing {
    pub(crate) hop: Hop,
    pub(crate) through: Vec<(Address, Place)>,
    /// Checks that the step does not name, and that hold if somebody describes them.
    pub(crate) beside: Vec<(Address, Place)>,
}

impl Passing {
    pub(crate) fn new(hop: Hop, through: Vec<(Address, Place)>) -> Passing {
        Passing { hop, through, beside: Vec::new() }
    }
}

/// What somebody says about a gateway or a route from outside of it.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) target: Target,
    /// Only that listener, or only that rule of a route.
    pub(crate) section: Option<Name>,
    /// Of policies of one family the most specific holds alone.
    pub(crate) family: Name,
    /// It adds to the less specific ones.
    pub(crate) merges: bool,
    pub(crate) asks: Option<Fact<Name>>,
    pub(crate) only_from: Option<Fact<Addresses>>,
    pub(crate) place: Place,
    pub(crate) title: Name,
}

#[derive(Clone, Debug)]
pub(crate) enum Target {
    Named(Address),
    Labels { kind: Name, namespace: Namespaces, labels: Vec<LabelTerm> },
}

/// A rule of a filter that names a container's port; its number is that of the pods behind it.
#[derive(Clone, Debug)]
pub(crate) struct NamedPort {
    pub(crate) filter: Address,
    pub(crate) name: Name,
    pub(crate) udp: bool,
    /// Of the rule's ports.
    pub(crate) place: Place,
}
