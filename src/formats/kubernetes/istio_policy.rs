//! Istio's policies: what is asked at the edge of the mesh, and what a pod's proxy lets through.
//!
//! At a gateway they always hold, since gateways are proxies. Before other pods they hold if those
//! are in the mesh, which manifests rarely tell; such a policy makes a way doubtful, not closed, and
//! one for a whole mesh does not even that.
//! A `RequestAuthentication` alone lets requests without a token pass (Istio reference,
//! "Request Authentication"), so it changes nothing here.

use super::istio::GATEWAY;
use super::load_balancer::united;
use super::object::{Object, port};
use super::selector;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Address, Attach, Filter, Fragment, LabelTerm, Layer, Namespaces, PodSelector, Ref, Rule,
    SourceSet,
};
use crate::model::net::{Addresses, Ports};
use crate::model::routing::{Policy, Target};
use crate::source::Place;
use crate::tree::node::Node;

/// Policies here are for the whole mesh (Istio's default `rootNamespace`).
const ROOT: &str = "istio-system";

type Effect = (Option<Fact<Name>>, Option<Fact<Addresses>>);

pub(super) fn authorization(object: &Object, out: &mut Fragment) {
    let action = object.spec(&["action"]).and_then(Node::str).unwrap_or("ALLOW");
    let rules = object.spec(&["rules"]).map_or(&[][..], Node::items);
    at_gateways(object, action, rules, out);
    let targeted = ["targetRef", "targetRefs"].iter().any(|key| object.spec(&[key]).is_some());
    if !targeted {
        before_pods(object, action, rules, out);
    }
}

fn labels(object: &Object) -> Vec<LabelTerm> {
    object.spec(&["selector"]).map(selector::terms).unwrap_or_default()
}

fn is_root(object: &Object) -> bool {
    object.namespace_name() == ROOT
}

fn at_gateways(object: &Object, action: &str, rules: &[Node], out: &mut Fragment) {
    let at = object.place;
    let (mut asks, only_from) = match action {
        "ALLOW" => allow(rules, at),
        "DENY" => deny(rules),
        "CUSTOM" => (custom(rules), None),
        _ => return,
    };
    if action != "ALLOW" && asks.is_none() && only_from.is_none() {
        return;
    }
    let labels = labels(object);
    // Which namespace the proxies are in is told by nobody but the root.
    if labels.is_empty() && !is_root(object) && asks.is_some() {
        asks = Some(Fact::Unknown(Why::NotHere("the namespace of the proxies".into()), at));
    }
    let family: Name = match action {
        "ALLOW" => "istio-allow".into(),
        _ => format!("istio/{}/{}", object.namespace_name(), object.name).into(),
    };
    let namespace = if labels.is_empty() && !is_root(object) {
        Namespaces::Named(object.namespace.clone())
    } else {
        Namespaces::All
    };
    let mut add = |target| {
        out.routing.policies.push(Policy {
            target,
            section: None,
            family: family.clone(),
            merges: false,
            asks: asks.clone(),
            only_from: only_from.clone(),
            place: at,
            title: object.title(),
        });
    };
    let many = object.spec(&["targetRefs"]).map_or(&[][..], Node::items);
    let references: Vec<&Node> = many.iter().chain(object.spec(&["targetRef"])).collect();
    for reference in &references {
        let kind = reference.get("kind").and_then(Node::str).unwrap_or("?");
        if let Some(address) = object.referred(kind, reference) {
            add(Target::Named(address));
        }
    }
    if references.is_empty() {
        add(Target::Labels { kind: GATEWAY.into(), namespace, labels });
    }
}

/// Only what a rule describes is let through; without rules nothing is.
fn allow(rules: &[Node], at: Place) -> Effect {
    if rules.is_empty() {
        return (None, Some(Fact::written(Addresses::default(), at)));
    }
    if rules.iter().all(wants_token) {
        return (Some(Fact::written("external".into(), at)), None);
    }
    let blocks: Option<Vec<Vec<&str>>> = rules.iter().map(|r| blocks(r, IP_BLOCKS)).collect();
    if let Some(blocks) = blocks {
        return (None, Some(united(&blocks.concat(), at)));
    }
    let open = |rule: &Node| sources(rule).next().is_none() && rule.get("when").is_none();
    if rules.iter().any(open) {
        return (None, None);
    }
    let why = Why::NotUnderstood("whom this authorization admits".into());
    (Some(Fact::Unknown(why, at)), None)
}

const IP_BLOCKS: [&str; 2] = ["ipBlocks", "remoteIpBlocks"];
const NOT_IP_BLOCKS: [&str; 2] = ["notIpBlocks", "notRemoteIpBlocks"];

/// Those without a token, or from other addresses, are turned away.
fn deny(rules: &[Node]) -> Effect {
    let mut out = (None, None);
    for rule in rules {
        let whole = rule.get("to").is_none() && rule.get("when").is_none();
        let tokenless = sources(rule).any(|s| s.get("notRequestPrincipals").is_some());
        if tokenless {
            let sure = whole.then(|| Fact::written("external".into(), rule.place));
            let why = || Why::NotUnderstood("for which requests this asks for a token".into());
            out.0 = Some(sure.unwrap_or_else(|| Fact::Unknown(why(), rule.place)));
        }
        if whole && let Some(blocks) = blocks(rule, NOT_IP_BLOCKS) {
            out.1 = Some(united(&blocks, rule.place));
        }
    }
    out
}

/// An external authorizer is asked about the requests that a rule describes.
fn custom(rules: &[Node]) -> Option<Fact<Name>> {
    let rule = rules.first()?;
    if let Some(every) = rules.iter().find(|r| r.entries().is_empty()) {
        return Some(Fact::written("external".into(), every.place));
    }
    let why = Why::NotUnderstood("which requests need external authorization".into());
    Some(Fact::Unknown(why, rule.place))
}

fn sources(rule: &Node) -> impl Iterator<Item = &Node> {
    let from = rule.get("from").map_or(&[][..], Node::items);
    from.iter().filter_map(|f| f.get("source"))
}

/// Whether only requests with a token that was checked meet a rule.
fn wants_token(rule: &Node) -> bool {
    let mut from = sources(rule).peekable();
    let by_source = from.peek().is_some()
        && from.all(|s| s.get("requestPrincipals").is_some_and(|p| !p.items().is_empty()));
    let when = rule.get("when").map_or(&[][..], Node::items);
    by_source
        || when.iter().any(|w| {
            let key = w.get("key").and_then(Node::str).unwrap_or("");
            key.starts_with("request.auth.") && w.get("values").is_some()
        })
}

/// The networks of a rule that speaks of nothing else.
fn blocks<'a>(rule: &'a Node, keys: [&str; 2]) -> Option<Vec<&'a str>> {
    let mut out = Vec::new();
    let mut any = false;
    for source in sources(rule) {
        let list = keys.iter().find_map(|key| source.get(key))?;
        out.extend(list.items().iter().map(|n| n.str().unwrap_or("?")));
        any = true;
    }
    any.then_some(out)
}

/// What the proxies of the pods themselves let through, if they have any.
fn before_pods(object: &Object, action: &str, rules: &[Node], out: &mut Fragment) {
    let opens = |rule: &Node| rule.entries().is_empty();
    let rules = match action {
        // An empty rule admits everybody.
        "ALLOW" if rules.iter().any(opens) => vec![everybody(object, Ports::all(), object.place)],
        "ALLOW" => Vec::new(),
        "DENY" | "CUSTOM" if !rules.is_empty() => Vec::new(),
        _ => return,
    };
    // Denials stand above permissions.
    let layer = if action == "ALLOW" { Layer::Mesh } else { Layer::ClusterPolicy };
    put(object, layer, rules, out);
}

fn everybody(object: &Object, ports: Ports, at: Place) -> Rule {
    let say = format!("{} admits everybody", object.title());
    let sources = vec![SourceSet::Everybody(at)];
    rule(sources, ports, say, at)
}

fn rule(sources: Vec<SourceSet>, ports: Ports, say: String, at: Place) -> Rule {
    Rule {
        allow: true,
        priority: 0,
        sources,
        ports: Fact::written(ports, at),
        place: at,
        whole: at,
        exists: Fact::written(true, at),
        say: say.into(),
    }
}

/// A filter before the pods that an object selects. Without a proxy in the pod it does nothing.
fn put(object: &Object, layer: Layer, rules: Vec<Rule>, out: &mut Fragment) {
    let at = object.place;
    let address = Address::new(format!("{}#{layer:?}", object.address()));
    let labels = labels(object);
    // A word for a whole mesh, or for wherever it is applied, tells nothing about these pods.
    let written = object.node.at(&["metadata", "namespace"]).is_some();
    if labels.is_empty() && (is_root(object) || !written) {
        return;
    }
    let namespace =
        if is_root(object) { Namespaces::All } else { Namespaces::Named(object.namespace.clone()) };
    let opens = |r: &Rule| {
        matches!(r.sources[..], [SourceSet::Everybody(_)]) && r.ports.known() == Some(&Ports::all())
    };
    let closed = !rules.iter().any(opens);
    out.attaches.push(Attach {
        filter: Fact::written(address.clone(), at),
        layer,
        to: Ref::Pods(PodSelector { namespace, labels }),
        place: at,
    });
    let why = Why::NotHere("whether the pods are in the mesh".into());
    out.filters.push(Filter {
        address,
        layer,
        title: object.title(),
        place: at,
        whole: object.whole(),
        exists: Fact::written(true, at),
        rules,
        more: closed.then_some((why, at)),
        stands_alone: false,
    });
}

fn mode(node: Option<&Node>) -> Option<&str> {
    node?.get("mode")?.str()
}

/// Whether pods take connections without a certificate of the mesh: yes, unless it is `STRICT`
/// (Istio reference, "Peer Authentication").
pub(super) fn peers(object: &Object, out: &mut Fragment) {
    let strict = mode(object.spec(&["mtls"])) == Some("STRICT");
    let workload = !labels(object).is_empty();
    let at = object.place;
    if !strict {
        // The more specific word holds against a strict mesh.
        let told = mode(object.spec(&["mtls"])).is_some_and(|m| m != "UNSET");
        if workload && told {
            let rules = vec![everybody(object, Ports::all(), at)];
            put(object, Layer::MeshIdentity, rules, out);
        }
        return;
    }
    let say = format!("{} asks for a certificate of the mesh", object.title());
    let mut rules = vec![rule(vec![SourceSet::EveryPod(at)], Ports::all(), say, at)];
    for entry in object.spec(&["portLevelMtls"]).map_or(&[][..], Node::entries) {
        let number = entry.key.parse::<u16>().ok().or_else(|| port(&entry.value));
        if let Some(number) = number.filter(|_| mode(Some(&entry.value)) != Some("STRICT")) {
            rules.push(everybody(object, Ports::tcp(number, number), entry.place()));
        }
    }
    put(object, Layer::MeshIdentity, rules, out);
}
