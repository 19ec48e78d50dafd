//! What a front end says about its files, before anybody has joined it with the rest.
//!
//! Names ([`Address`]) and wants ([`Ref`]) are all that front ends share. `link` looks each want
//! up once; one that finds nothing is unknown with [`Why::NotHere`](super::fact::Why), never "no".

use std::fmt;
use std::sync::Arc;

use super::fact::{Fact, Name};
use super::net::{Addresses, Ports};
use super::routing::Routing;
use crate::source::{FileId, Place, Problem, Text};
use crate::tree::xml::Element;

/// What others may call a thing. One string, so that formats can name one another's things:
/// `tf:ROOT/aws_security_group.db`, `k8s:ConfigMap/NAMESPACE/NAME`, `file:PATH`,
/// `aws:target-group-name/NAME`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Address(pub(crate) Name);

impl Address {
    pub(crate) fn new(text: impl Into<Name>) -> Address {
        Address(text.into())
    }

    /// A file of the project, by its path relative to the root.
    pub(crate) fn file(path: &str) -> Address {
        Address(format!("file:{path}").into())
    }

    /// An object of Kubernetes, `KIND/NAMESPACE/NAME`: as it stands in a file, or (with the name of
    /// an environment) as an overlay renders it.
    pub(crate) fn of_object(environment: &str, object: &str) -> Address {
        match environment {
            "" => Address(format!("k8s:{object}").into()),
            name => Address(format!("k8s@{}:{object}", name.replace(':', "_")).into()),
        }
    }

    /// What stands behind the kind of address: `KIND/NAMESPACE/NAME` of an object.
    pub(crate) fn object(&self) -> &str {
        self.0.split_once(':').map_or(&self.0, |(_, object)| object)
    }

    /// The environment that the thing belongs to, if it is part of one.
    pub(crate) fn environment(&self) -> Option<&str> {
        environment(&self.0)
    }

    /// The same name without the environment.
    pub(crate) fn bare(&self) -> Address {
        match self.environment() {
            None => self.clone(),
            Some(name) => Address(self.0.replacen(&format!("k8s@{name}:"), "k8s:", 1).into()),
        }
    }
}

/// The environment in an address or in a name made of one: `ch:k8s@overlays/prod:ConfigMap/…`.
pub(crate) fn environment(address: &str) -> Option<&str> {
    // Most addresses have no `@` at all.
    let at = address.find('@').and_then(|_| address.find("k8s@"))?;
    let inside = &address[at + 4..];
    let begins = at == 0 || address[..at].ends_with([':', '/']);
    inside.split_once(':').map(|(name, _)| name).filter(|_| begins)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

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
    Unknown(super::fact::Why, Place),
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
    Unknown(super::fact::Why),
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
    pub(crate) more: Option<(super::fact::Why, Place)>,
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

/// A container, wherever it is described: a Pod, a Compose service, a task definition, a
/// `docker run` in user data.
#[derive(Clone, Debug)]
pub(crate) struct Container {
    pub(crate) address: Address,
    pub(crate) name: Name,
    /// "container `redis` of Deployment `cache`".
    pub(crate) title: Name,
    /// The node whose ports it answers on.
    pub(crate) node: Address,
    pub(crate) place: Place,
    pub(crate) whole: Place,
    pub(crate) exists: Fact<bool>,
    pub(crate) image: Fact<Name>,
    /// Replaces the image's entry point.
    pub(crate) command: Fact<Vec<Fact<Name>>>,
    pub(crate) args: Fact<Vec<Fact<Name>>>,
    pub(crate) env: Vec<Env>,
    /// Whole bundles of variables; later ones win over earlier ones, `env` over all.
    pub(crate) env_from: Vec<EnvFrom>,
    pub(crate) ports: Vec<(u16, Option<Name>, Place)>,
    pub(crate) mounts: Vec<Mount>,
}

#[derive(Clone, Debug)]
pub(crate) struct Env {
    pub(crate) name: Name,
    pub(crate) value: EnvValue,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) enum EnvValue {
    Fact(Fact<Name>),
    /// A key of a bundle (ConfigMap, Secret, env file).
    Key {
        bundle: Address,
        key: Name,
        secret: bool,
        optional: bool,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct EnvFrom {
    pub(crate) bundle: Address,
    pub(crate) prefix: Name,
    pub(crate) secret: bool,
    pub(crate) place: Place,
}

/// Files put into a container.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    /// Where in the container.
    pub(crate) path: Name,
    pub(crate) source: MountSource,
    /// One entry of the source instead of all.
    pub(crate) sub_path: Option<Name>,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) enum MountSource {
    /// Entries of a bundle; `items` renames some and hides the rest.
    Bundle { address: Address, items: Option<Vec<(Name, Name)>>, secret: bool, optional: bool },
    /// A file or folder of the project, by its path relative to the root.
    Path(Name),
    /// Several sources in one folder (a projected volume).
    Several(Vec<MountSource>),
    /// Empty folders, claims, disks: no file of the project.
    Opaque,
}

/// Named texts that containers take in: a ConfigMap, a Secret, an env file.
#[derive(Clone, Debug)]
pub(crate) struct Bundle {
    pub(crate) address: Address,
    pub(crate) title: Name,
    pub(crate) place: Place,
    pub(crate) secret: bool,
    pub(crate) entries: Vec<BundleEntry>,
}

#[derive(Clone, Debug)]
pub(crate) struct BundleEntry {
    pub(crate) key: Name,
    /// Decoded where it was base64.
    pub(crate) value: Fact<Name>,
    pub(crate) place: Place,
    /// What a front end made of the text, if one claimed it.
    pub(crate) file: Option<ConfigFile>,
}

/// A configuration file of a store, on disk or in a bundle.
#[derive(Clone, Debug)]
pub(crate) struct ConfigFile {
    /// `file:PATH` or `BUNDLE#KEY`.
    pub(crate) address: Address,
    /// Its last path component, as far as that tells the role.
    pub(crate) name: Name,
    pub(crate) place: Place,
    pub(crate) body: ConfigBody,
}

#[derive(Clone, Debug)]
pub(crate) enum ConfigBody {
    /// A ClickHouse configuration, from XML or YAML.
    ClickHouse(Arc<Element>),
    /// SQL statements of ClickHouse, parsed.
    ClickHouseSql(Arc<Vec<crate::tree::sql::Statement>>),
    /// Anything else that a card's settings may be read from.
    Text(Text),
}

/// A store that a cloud runs, or that a front end knows for sure.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) address: Address,
    pub(crate) name: Name,
    /// "RDS instance `orders`".
    pub(crate) title: Name,
    pub(crate) engine: Fact<Name>,
    pub(crate) kind: Name,
    pub(crate) managed: bool,
    pub(crate) place: Place,
    pub(crate) whole: Place,
    pub(crate) exists: Fact<bool>,
    /// The node whose ports it answers on.
    pub(crate) node: Address,
    pub(crate) endpoints: Vec<EndpointDraft>,
    /// Who may come in with what. None at all: nobody told, so unknown.
    pub(crate) logins: Vec<Login>,
    pub(crate) encrypted_at_rest: Fact<bool>,
    pub(crate) audit_log: Fact<bool>,
    pub(crate) product_log: Fact<bool>,
    pub(crate) backup_days: Fact<i64>,
    pub(crate) guard_off: Fact<bool>,
    pub(crate) tenants_admitted: Fact<bool>,
    pub(crate) public_switch: Fact<bool>,
    pub(crate) tls_required: Fact<bool>,
    pub(crate) node_tls: Fact<bool>,
    pub(crate) upstream_tls: Fact<bool>,
    pub(crate) tls_version: Fact<Name>,
}

impl Store {
    /// A store of which nothing is known but its names.
    pub(crate) fn new(address: Address, name: Name, title: Name, place: Place) -> Store {
        Store {
            node: address.clone(),
            address,
            name,
            title,
            engine: Fact::Unset(place),
            kind: "database".into(),
            managed: false,
            place,
            whole: place,
            exists: Fact::written(true, place),
            endpoints: Vec::new(),
            logins: Vec::new(),
            encrypted_at_rest: Fact::Unset(place),
            audit_log: Fact::Unset(place),
            product_log: Fact::Unset(place),
            backup_days: Fact::Unset(place),
            guard_off: Fact::Unset(place),
            tenants_admitted: Fact::Unset(place),
            public_switch: Fact::Unset(place),
            tls_required: Fact::Unset(place),
            node_tls: Fact::Unset(place),
            upstream_tls: Fact::Unset(place),
            tls_version: Fact::Unset(place),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct EndpointDraft {
    pub(crate) port: Fact<u16>,
    pub(crate) udp: bool,
    pub(crate) protocol: Name,
    pub(crate) role: Name,
    pub(crate) tls: Fact<bool>,
    /// The addresses it listens on: `Addresses::all()`, loopback, some.
    pub(crate) bind: Fact<Addresses>,
    /// Whether logins apply here; a metrics or cluster port may ask nothing.
    pub(crate) asks: Fact<bool>,
    pub(crate) place: Place,
}

/// One way to log in.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    /// `*` where the store knows no accounts.
    pub(crate) name: Name,
    /// `none`, `default-password`, `password`, `certificate`, `iam`, `external`.
    pub(crate) proof: Fact<Name>,
    /// Client addresses that the account is for.
    pub(crate) networks: Fact<Addresses>,
    pub(crate) password_in_clear: Fact<bool>,
    pub(crate) admin: Fact<bool>,
    pub(crate) place: Place,
    pub(crate) whole: Place,
}

/// What somebody other than the image decides about the store in a container: an operator that
/// sets the server up. What is unset or empty stays as the image has it.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub(crate) container: Address,
    /// Where it is decided: several files may hold as many versions of a resource.
    pub(crate) whole: Place,
    pub(crate) logins: Vec<Login>,
    pub(crate) endpoints: Vec<EndpointDraft>,
    /// Of every port that serves data.
    pub(crate) tls: Fact<bool>,
    pub(crate) tls_required: Fact<bool>,
    pub(crate) node_tls: Fact<bool>,
    pub(crate) audit_log: Fact<bool>,
    pub(crate) backup_days: Fact<i64>,
    pub(crate) encrypted_at_rest: Fact<bool>,
}

/// Something kept, before it is known whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Keep {
    /// The store that keeps it, if that is known.
    pub(crate) store: Option<Address>,
    pub(crate) retention: super::concept::Retention,
}

/// A log, before it is known whose it is.
#[derive(Clone, Debug)]
pub(crate) struct LogDraft {
    pub(crate) store: Option<Address>,
    pub(crate) log: super::concept::LogPipeline,
}

/// A Kubernetes namespace that the project declares, with its labels.
#[derive(Clone, Debug)]
pub(crate) struct NamespaceDraft {
    pub(crate) name: Name,
    pub(crate) labels: Vec<(Name, Fact<Name>)>,
}

/// A chart that is installed with values. What it makes is worked out when all files are read.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    pub(crate) name: Name,
    pub(crate) namespace: Fact<Name>,
    pub(crate) chart: ChartRef,
    pub(crate) version: Option<Name>,
    /// The later wins.
    pub(crate) values: Vec<Values>,
    /// The overlay that its object is rendered by, if one is.
    pub(crate) environment: Name,
    /// "`HelmRelease` `cache`", as its object calls itself.
    pub(crate) title: Name,
    /// Where the chart is named: whatever the chart decides is placed here.
    pub(crate) place: Place,
    pub(crate) whole: Place,
    pub(crate) exists: Fact<bool>,
}

/// Which chart.
#[derive(Clone, Debug)]
pub(crate) enum ChartRef {
    /// By its name, with the address of its repository or, for want of that, the name.
    Named { name: Name, repository: Option<Name> },
    /// By its name, from a repository that another object describes.
    From { name: Name, source: Address },
    /// An object that stands for the chart itself.
    Source(Address),
    /// A folder of the project.
    Folder(Name),
}

/// One layer of a release's values.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    Tree(crate::tree::node::Node),
    /// One value by its path, as `--set` writes it.
    Set(Name, crate::tree::node::Node),
    /// A YAML file of the project.
    File(Name, Place),
    /// A key of a ConfigMap or Secret; with a path it is a single value.
    Bundle {
        address: Address,
        key: Name,
        target: Option<Name>,
        place: Place,
    },
    /// Something that these files do not tell.
    Unknown(super::fact::Why, Place),
}

/// A `Chart.yaml` of the project.
#[derive(Clone, Debug)]
pub(crate) struct LocalChart {
    /// Its folder, without a slash at the end; empty for the root.
    pub(crate) folder: Name,
    pub(crate) name: Name,
    pub(crate) version: Option<Name>,
    pub(crate) dependencies: Vec<Dependency>,
    /// Made for others to install: it presents itself as such.
    pub(crate) published: bool,
    pub(crate) place: Place,
    pub(crate) whole: Place,
}

/// A chart that a local one brings along.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    pub(crate) name: Name,
    /// The key of its values in those of the parent.
    pub(crate) alias: Name,
    pub(crate) repository: Option<Name>,
    pub(crate) version: Option<Name>,
    /// Paths of values that switch it, the first that is there decides.
    pub(crate) condition: Vec<Name>,
    pub(crate) tags: Vec<Name>,
    pub(crate) place: Place,
}

/// One rendering of shared files: an overlay of kustomize. Renderings that share a file are
/// alternatives (staging and production); others may stand in one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// As in the addresses of what it holds.
    pub(crate) name: Name,
    /// The files that it is made of.
    pub(crate) files: Vec<FileId>,
}

/// Everything a front end found in its files.
#[derive(Default, Debug)]
pub(crate) struct Fragment {
    pub(crate) nodes: Vec<Node>,
    pub(crate) hops: Vec<Hop>,
    /// Steps that only a look at other objects decides.
    pub(crate) routing: Routing,
    pub(crate) filters: Vec<Filter>,
    pub(crate) rules: Vec<RuleFor>,
    pub(crate) attaches: Vec<Attach>,
    pub(crate) containers: Vec<Container>,
    pub(crate) bundles: Vec<Bundle>,
    pub(crate) namespaces: Vec<NamespaceDraft>,
    pub(crate) releases: Vec<Release>,
    /// Objects that tell where charts come from: their addresses and URLs.
    pub(crate) chart_sources: Vec<(Address, Name, Place)>,
    pub(crate) local_charts: Vec<LocalChart>,
    /// Heads of files that are templates, which somebody has to render first.
    pub(crate) templates: Vec<Place>,
    /// Configuration files on disk.
    pub(crate) files: Vec<ConfigFile>,
    /// Files that became entries of bundles, and are judged there.
    pub(crate) contents: Vec<Address>,
    pub(crate) environments: Vec<Environment>,
    pub(crate) stores: Vec<Store>,
    pub(crate) settled: Vec<Settled>,
    pub(crate) keeps: Vec<Keep>,
    pub(crate) logs: Vec<LogDraft>,
    pub(crate) secrets: Vec<super::concept::Secret>,
    pub(crate) defects: Vec<super::concept::Defect>,
    pub(crate) problems: Vec<Problem>,
    /// What was seen and not understood: a resource without a card, a chart without a renderer.
    pub(crate) not_understood: Vec<(Place, Name)>,
    /// Suppressions that a format has words of its own for (annotations): rules, whole block.
    pub(crate) ignores: Vec<(Place, Place, Vec<Name>)>,
}

impl Fragment {
    /// Takes over everything of another fragment.
    pub(crate) fn absorb(&mut self, other: Fragment) {
        self.nodes.extend(other.nodes);
        self.hops.extend(other.hops);
        self.routing.absorb(other.routing);
        self.filters.extend(other.filters);
        self.rules.extend(other.rules);
        self.attaches.extend(other.attaches);
        self.containers.extend(other.containers);
        self.bundles.extend(other.bundles);
        self.namespaces.extend(other.namespaces);
        self.releases.extend(other.releases);
        self.chart_sources.extend(other.chart_sources);
        self.local_charts.extend(other.local_charts);
        self.templates.extend(other.templates);
        self.files.extend(other.files);
        self.contents.extend(other.contents);
        self.environments.extend(other.environments);
        self.stores.extend(other.stores);
        self.settled.extend(other.settled);
        self.keeps.extend(other.keeps);
        self.logs.extend(other.logs);
        self.secrets.extend(other.secrets);
        self.defects.extend(other.defects);
        self.problems.extend(other.problems);
        self.not_understood.extend(other.not_understood);
        self.ignores.extend(other.ignores);
    }
}
