//! Whether a Service of type LoadBalancer gets a public address: the clouds' own annotations.
//!
//! Without a word every provider makes a public one, except the AWS Load Balancer Controller.
//! Sources: the annotation tables of each cloud controller's documentation, and their code where
//! the two differ.

mod markers;
mod ranges;

use super::front::{Front, stop};
use super::object::{Object, is_placeholder};
use super::status;
use crate::model::fact::{Fact, Why};
use crate::model::fragment::{Fragment, Hop, NodeKind, Ref};
use crate::model::net::Addresses;
use crate::model::routing::{Fork, ForkOn};
use crate::source::Place;
use crate::tree::node::{Entry, Node};
pub(super) use ranges::united;

/// What was decided, and by which words.
struct Verdict {
    side: Side,
    place: Place,
    /// "annotation `key: value`"; nothing where the type alone decides.
    by: Option<String>,
}

enum Side {
    Public,
    /// On AWS, where one of two controllers serves the Service and nobody tells which.
    PublicUnlessOther,
    Private,
    /// Private because the controller makes private ones unless told; its documentation.
    PrivateByDefault(&'static str),
    Tailnet,
    /// What is in an address pool of that name decides.
    Pool(String),
    Undecided(Why),
}

impl Verdict {
    /// Whether the internet gets to the load balancer.
    fn internet(&self) -> Fact<bool> {
        match &self.side {
            Side::Public => Fact::written(true, self.place),
            Side::PublicUnlessOther => Fact::guessed(true, AWS_GUESS, self.place),
            Side::Private | Side::Tailnet => Fact::written(false, self.place),
            Side::PrivateByDefault(see) => Fact::default(false, *see, self.place),
            Side::Undecided(why) => Fact::Unknown(why.clone(), self.place),
            Side::Pool(name) => {
                Fact::Unknown(Why::NotHere(format!("address pool {name}").into()), self.place)
            }
        }
    }
}

/// The AWS Load Balancer Controller takes over Services that are made while its webhook is on, and
/// makes internal balancers unless told (its documentation, "Legacy Cloud Provider").
const AWS_GUESS: &str = "that the cloud's own controller serves it, for the AWS Load Balancer \
     Controller would keep it internal without `aws-load-balancer-scheme`";

/// Whether annotations make a load balancer public; nothing where none of them tells.
pub(super) fn by_annotations(object: &Object) -> Option<Fact<bool>> {
    told(object).map(|verdict| verdict.internet())
}

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    let at = object.spec_entry("type").map_or(object.place, Entry::place);
    let verdict = decide(object, at);
    let title = object.title();
    let plain = format!("{title} is of type LoadBalancer");
    let told = match &verdict.by {
        Some(by) => format!("{plain}, and {by}"),
        None => plain.clone(),
    };
    let to = || Ref::To(object.address());
    let only_from = ranges::only_from(object);
    let step = |from: Ref, open: Fact<bool>, say: &str| {
        let hop = Hop::new(from, to(), at, say);
        Hop { open, only_from: only_from.clone(), ..hop }
    };
    if matches!(verdict.side, Side::Tailnet) {
        out.hops.push(step(Ref::Overlay, Fact::written(true, at), &told));
        return;
    }
    // The step stands where the type does; `open` knows the place that decided it.
    let outside = vec![
        step(Ref::Internet, verdict.internet(), &told),
        step(Ref::Network, Fact::written(true, at), &plain),
    ];
    match &verdict.side {
        Side::Pool(name) => {
            let pool = object.of_cluster(POOL, name);
            let here = vec![step(Ref::To(pool.clone()), Fact::written(true, at), &told)];
            let on = ForkOn::Node(pool);
            out.routing.forks.push(Fork { on, place: at, here, otherwise: outside });
        }
        _ => out.hops.extend(outside),
    }
}

const POOL: &str = "IPAddressPool";

/// The addresses that MetalLB hands out, as networks or from one to another.
pub(super) fn pool(object: &Object, out: &mut Fragment) {
    let address = object.of_cluster(POOL, &object.name);
    out.nodes.push(stop(address.clone(), NodeKind::Relay, object.place));
    let list = object.spec(&["addresses"]);
    let ends = texts(list).filter_map(|n| n.str()).flat_map(|range| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        [status::is_public(from.trim()), status::is_public(to.trim())]
    });
    let ends: Vec<Option<bool>> = ends.collect();
    let place = list.map_or(object.place, |l| l.place);
    let say = format!("{} hands out these addresses", object.title());
    let front = if ends.contains(&Some(true)) {
        Front::told(true, place, place, say)
    } else if ends.is_empty() || ends.contains(&None) {
        let addresses = format!("the addresses of {}", object.title());
        Front::unknown(&Why::NotHere(addresses.into()), place, say)
    } else {
        Front::told(false, place, place, say)
    };
    out.hops.extend(front.hops(&address, None));
}

/// The Tailscale operator publishes any Service that asks for it in the tailnet.
pub(super) fn tailnet(object: &Object, out: &mut Fragment) {
    let Some(entry) = object.annotation("tailscale.com/expose") else { return };
    if entry.value.str() == Some("true") {
        let say = format!("{} is published in the tailnet", object.title());
        out.hops.push(Hop::new(Ref::Overlay, Ref::To(object.address()), entry.place(), say));
    }
}

fn decide(object: &Object, at: Place) -> Verdict {
    if let Some((public, place)) = status::public(object) {
        let side = if public { Side::Public } else { Side::Private };
        let by = Some("its status tells the address that it got".to_owned());
        return Verdict { side, place, by };
    }
    told(object).unwrap_or_else(|| {
        let either = markers::shows(object, "aws");
        let side = if either { Side::PublicUnlessOther } else { Side::Public };
        Verdict { side, place: at, by: None }
    })
}

/// What fields and annotations say.
fn told(object: &Object) -> Option<Verdict> {
    if let Some(class) = object.spec_entry("loadBalancerClass")
        && let Some(name) = class.value.str()
    {
        return Some(by_class(object, class, name));
    }
    let kind = "service.beta.kubernetes.io/aws-load-balancer-type";
    if let Some(entry) = object.annotation(kind) {
        let target = "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type";
        match entry.value.str() {
            Some("nlb-ip") => return Some(aws_controller(object, entry.place())),
            Some("external") if object.annotation(target).is_some() => {
                return Some(aws_controller(object, entry.place()));
            }
            // The cloud's own controller leaves these alone, the other one wants a target type.
            Some("external") => {
                let why = Why::NotHere("the controller of this type".into());
                return Some(annotated(Side::Undecided(why), entry));
            }
            _ => {}
        }
    }
    markers::decide(object).or_else(|| address_pool(object))
}

fn annotated(side: Side, entry: &Entry) -> Verdict {
    let by = format!("`{}` is `{}`", entry.key, entry.value.str().unwrap_or("?"));
    Verdict { side, place: entry.place(), by: Some(by) }
}

/// Named implementations. One that nobody knows may publish or not.
fn by_class(object: &Object, entry: &Entry, name: &str) -> Verdict {
    let side = match name {
        "service.k8s.aws/nlb" | "eks.amazonaws.com/nlb" => {
            return aws_controller(object, entry.place());
        }
        "networking.gke.io/l4-regional-internal-legacy"
        | "networking.gke.io/l4-regional-internal" => Side::Private,
        "networking.gke.io/l4-regional-external-legacy"
        | "networking.gke.io/l4-regional-external" => Side::Public,
        "tailscale" => Side::Tailnet,
        "ngrok" => {
            let keys = ["k8s.ngrok.com/bindings", "ngrok.com/bindings"];
            match keys.iter().find_map(|key| object.annotation_text(key)) {
                Some("internal" | "kubernetes") => Side::Private,
                _ => Side::Public,
            }
        }
        _ if is_placeholder(name) => Side::Undecided(Why::Template),
        _ => Side::Undecided(Why::NotHere(format!("load balancer class {name}").into())),
    };
    annotated(side, entry)
}

/// The AWS Load Balancer Controller and EKS Auto Mode: internal unless the scheme says otherwise
/// (Load Balancer Controller documentation, "Service annotations").
fn aws_controller(object: &Object, at: Place) -> Verdict {
    let scheme = "service.beta.kubernetes.io/aws-load-balancer-scheme";
    if let Some(entry) = object.annotation(scheme) {
        let side = match entry.value.str() {
            Some("internal") => Side::Private,
            Some("internet-facing") => Side::Public,
            _ => Side::Undecided(Why::NotUnderstood("this scheme".into())),
        };
        return annotated(side, entry);
    }
    if let Some(entry) = object.annotation("service.beta.kubernetes.io/aws-load-balancer-internal")
    {
        let side = match entry.value.str() {
            Some("true") => Side::Private,
            Some("false") => Side::Public,
            _ => Side::Undecided(Why::NotUnderstood("this value".into())),
        };
        return annotated(side, entry);
    }
    let see = "AWS Load Balancer Controller: the scheme is `internal` unless set";
    Verdict { side: Side::PrivateByDefault(see), place: at, by: None }
}

/// Clusters without a cloud hand out addresses of a pool.
fn address_pool(object: &Object) -> Option<Verdict> {
    const ADDRESSES: [&str; 5] = [
        "metallb.io/loadBalancerIPs",
        "metallb.universe.tf/loadBalancerIPs",
        "kube-vip.io/loadbalancerIPs",
        "lbipam.cilium.io/ips",
        "io.cilium/lb-ipam-ips",
    ];
    const POOLS: [&str; 2] = ["metallb.io/address-pool", "metallb.universe.tf/address-pool"];
    if let Some(entry) = ADDRESSES.iter().find_map(|key| object.annotation(key)) {
        let parsed: Option<Vec<Addresses>> =
            entry.value.str().unwrap_or("").split(',').map(Addresses::parse).collect();
        let side = match parsed {
            None => {
                Side::Undecided(Why::NotHere(format!("the addresses in `{}`", entry.key).into()))
            }
            Some(ips) if ips.iter().all(is_private) => Side::Private,
            Some(_) => Side::Public,
        };
        return Some(annotated(side, entry));
    }
    if let Some(entry) = POOLS.iter().find_map(|key| object.annotation(key)) {
        let pool = entry.value.str().unwrap_or("?");
        return Some(annotated(Side::Pool(pool.to_owned()), entry));
    }
    // A deprecated field that some providers ignore: a private address is a hint, no proof.
    let ip = object.spec_entry("loadBalancerIP")?;
    let private = Addresses::parse(ip.value.str()?).is_some_and(|a| is_private(&a));
    let why = Why::NotHere("the pool that the load balancer's address is from".into());
    private.then(|| annotated(Side::Undecided(why), ip))
}

fn is_private(ip: &Addresses) -> bool {
    ip.without(Addresses::private()).is_empty()
}

/// The elements of a list of texts.
fn texts(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    node.map_or(&[][..], Node::items).iter()
}

#[cfg(test)]
mod tests;
