//! Who leads to whom: nodes, hops, filters and what they are put in front of.

use super::Address;
use crate::model::fact::{Fact, Name, Why};
use crate::model::net::{Addresses, Ports};
use crate::source::Place;

/// Another thing, by name or by description.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Ref {
    To(Address),
    /// Pods whose labels match, within a namespace.
    Pods(PodSelector),
    /// The whole internet, as an origin of traffic.
    Internet,
    /// The private network in which the target stands, as an origin of traffic.
    Network,
    /// Whatever network the target's host stands in, and nobody describes: every address that the
    /// host has leads to the target.
    AnyNetwork,
    /// Any pod of the cluster, as an origin of traffic.
    Cluster,
    /// The few that share a private network with the target by name (services of one Compose
    /// project), as an origin of traffic.
    Neighbours,
    /// The machine or pod itself, as an origin of traffic.
    Local,
    /// Members of a tunnel with an access layer of its own, as an origin of traffic.
    Overlay,
}

/// Pods by labels. An unknown part may match anything.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct PodSelector {
    /// The space that pods are chosen from; several clusters' manifests may lie in one project.
    pub(crate) namespace: Namespaces,
    /// All must hold; none at all matches every pod.
    pub(crate) labels: Vec<LabelTerm>,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Namespaces {
    Named(Fact<Name>),
    /// Namespaces by their own labels.
    Matching(Vec<LabelTerm>),
    All,
}

/// `key in values`, `key exists` (`values` empty), or the negation of either.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct LabelTerm {
    pub(crate) key: Name,
    pub(crate) values: Vec<Fact<Name>>,
    pub(crate) negated: bool,
}

/// A place that traffic passes or ends at: a balancer, a Service, a pod, a machine, a service.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) address: Address,
    /// Other names of the same thing: `aws:target-group-name/NAME`.
    pub(crate) aliases: Vec<Address>,
    pub(crate) kind: NodeKind,
    /// Its head.
    pub(crate) place: Place,
    pub(crate) exists: Fact<bool>,
    /// Where it is, as link's selectors see it; pods only.
    pub(crate) pod: Option<Pod>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NodeKind {
    /// Containers run here.
    Pod,
    /// A virtual or real machine.
    Machine,
    /// A load balancer, an ingress, a gateway.
    Balancer,
    /// A Kubernetes Service.
    Service,
    /// A listener, a target group, a forwarding rule: something that only passes traffic on.
    Relay,
    /// A store that a cloud runs.
    Managed,
}

#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) namespace: Fact<Name>,
    pub(crate) labels: Vec<(Name, Fact<Name>)>,
    /// Labels nobody can tell (a template's include) may match anything.
    pub(crate) open_labels: bool,
    /// Container ports by name.
    pub(crate) ports: Vec<(Name, u16)>,
    /// It has no network of its own but its machine's.
    pub(crate) on_host: bool,
}

/// One step that traffic can take.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    pub(crate) from: Ref,
    pub(crate) to: Ref,
    pub(crate) ports: PortMap,
    /// Whether the step is there: a public address, an internet-facing scheme.
    pub(crate) open: Fact<bool>,
    /// The far side sees the near node's own address, not the client's.
    pub(crate) proxy: bool,
    /// The near node ends its clients' TLS here, and goes on in clear or with a TLS of its own.
    pub(crate) ends_tls: bool,
    /// Filters of this step alone (source ranges of a Service, an allow-list annotation).
    pub(crate) only_from: Option<Fact<Addresses>>,
    /// Somebody who passes here has shown who he is (an Ingress with authentication).
    pub(crate) asks: Option<Fact<Name>>,
    pub(crate) place: Place,
    /// "Service `cache` is of type LoadBalancer".
    pub(crate) say: Name,
}

impl Hop {
    /// A step that is surely there and lets every port through, for the caller to narrow.
    pub(crate) fn new(from: Ref, to: Ref, place: Place, say: impl Into<Name>) -> Hop {
        Hop {
            from,
            to,
            ports: PortMap::Same,
            open: Fact::written(true, place),
            proxy: false,
            ends_tls: false,
            only_from: None,
            asks: None,
            place,
            say: say.into(),
        }
    }
}

/// How ports of the near side become ports of the far side.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum PortMap {
    /// Every port stays what it is.
    Same,
    /// Only these pass.
    Pairs(Vec<PortPair>),
    /// Something passes; which port leads where is not told.
    Unknown(Why, Place),
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct PortPair {
    /// On the near side; `None`: any port leads there.
    pub(crate) from: Option<(u16, u16)>,
    pub(crate) to: PortEnd,
    pub(crate) udp: bool,
    pub(crate) place: Place,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum PortEnd {
    /// The same port as came in.
    Same,
    Number(u16),
    /// A container port's name.
    Named(Name),
    Unknown(Why),
}

/// Filters of one layer are united, layers are intersected.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Layer {
    /// AWS security groups, and other groups attached to an interface.
    SecurityGroup,
    /// Kubernetes NetworkPolicy and its relatives.
    NetworkPolicy,
    /// Subnet filters: AWS network ACLs, Azure NSGs of a subnet.
    Subnet,
    /// Azure NSGs of an interface.
    Interface,
    /// Google firewall rules of a network.
    Firewall,
    /// A service's own list of addresses.
    AllowList,
    /// Policies that stand above those of Kubernetes: Cilium's denials, Calico, administrators'.
    ClusterPolicy,
    /// What a service mesh's proxies let through to a pod.
    Mesh,
    /// Whether those proxies take connections without a certificate of the mesh.
    MeshIdentity,
}

/// A packet filter or an allow-list. Without rules it admits nobody.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) address: Address,
    pub(crate) layer: Layer,
    /// "security group `db`".
    pub(crate) title: Name,
    pub(crate) place: Place,
    pub(crate) whole: Place,
    pub(crate) exists: Fact<bool>,
    /// Rules written inside it.
    pub(crate) rules: Vec<Rule>,
    /// Something unknown may add rules: a `dynamic` over an unknown list.
    pub(crate) more: Option<(Why, Place)>,
    /// Whether an unattached filter that opens a store's port is worth a finding of its own.
    pub(crate) stands_alone: bool,
}

/// A rule of a filter, written inside it or apart.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) allow: bool,
    /// Lower is looked at first; rules of equal priority are united, denials first.
    pub(crate) priority: i64,
    pub(crate) sources: Vec<SourceSet>,
    pub(crate) ports: Fact<Ports>,
    pub(crate) place: Place,
    pub(crate) whole: Place,
    pub(crate) exists: Fact<bool>,
    /// "admits 0.0.0.0/0 on port 8123".
    pub(crate) say: Name,
}

/// Whom a rule speaks of; several are united.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum SourceSet {
    Addresses(Fact<Addresses>),
    /// Addresses as far as they are outside the cluster; no pod comes with one of them.
    Outside(Fact<Addresses>),
    /// Whatever stands behind that filter (a security group named as source).
    MembersOf(Address, Place),
    /// Members of the same filter.
    Itself(Place),
    Pods(PodSelector, Place),
    /// Every pod of the cluster.
    EveryPod(Place),
    /// Everybody, whatever the address.
    Everybody(Place),
}

/// A rule written apart from its filter.
#[derive(Clone, Debug)]
pub(crate) struct RuleFor {
    pub(crate) filter: Fact<Address>,
    pub(crate) rule: Rule,
}

/// A filter put in front of nodes.
#[derive(Clone, Debug)]
pub(crate) struct Attach {
    pub(crate) filter: Fact<Address>,
    pub(crate) layer: Layer,
    pub(crate) to: Ref,
    pub(crate) place: Place,
}
