//! Policies that attach to gateways and routes: Envoy Gateway's, and others' as far as they look
//! like authentication.

use super::load_balancer::united;
use super::object::Object;
use super::selector;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Fragment, Namespaces};
use crate::model::net::Addresses;
use crate::model::routing::{Policy, Target};
use crate::tree::node::{Entry, Node};

/// Envoy Gateway's `SecurityPolicy` (its API reference): the most specific one holds alone, unless
/// it merges.
pub(super) fn security(object: &Object, out: &mut Fragment) {
    let Some(spec) = object.node.get("spec") else { return };
    let merges = spec.get("mergeType").is_some_and(|m| !m.is_null());
    let (asks, only_from) = (security_asks(spec), allowed_addresses(spec));
    push(object, "SecurityPolicy", merges, asks.as_ref(), only_from.as_ref(), out);
}

fn security_asks(spec: &Node) -> Option<Fact<Name>> {
    let written = |proof: &str, entry: &Entry| Fact::written(proof.into(), entry.place());
    let entries = || spec.entries().iter().filter(|e| !e.value.is_null());
    let lax = |e: &Entry, key: &str| {
        e.value.get(key).and_then(Node::bool) == Some(true)
            || e.value.at(&["http", key]).and_then(Node::bool) == Some(true)
    };
    let sure = entries().find_map(|e| match &*e.key {
        "basicAuth" | "apiKeyAuth" => Some(written("password", e)),
        "oidc" => Some(written("external", e)),
        "jwt" if !lax(e, "optional") => Some(written("external", e)),
        "extAuth" if !lax(e, "failOpen") => Some(written("external", e)),
        _ => None,
    });
    sure.or_else(|| claims(spec))
}

/// An authorization that admits only those with a token that says so.
fn claims(spec: &Node) -> Option<Fact<Name>> {
    let rules = allowing(spec)?;
    let by_token =
        |rule: &&Node| ["jwt", "headers"].iter().any(|key| rule.at(&["principal", key]).is_some());
    let all = !rules.is_empty() && rules.iter().all(by_token);
    let at = spec.get("authorization")?.place;
    let token = rules.iter().all(|rule| rule.at(&["principal", "jwt"]).is_some());
    match (all, token) {
        (true, true) => Some(Fact::written("external".into(), at)),
        (true, false) => Some(Fact::Unknown(Why::NotUnderstood("this authorization".into()), at)),
        _ => None,
    }
}

/// The addresses that an authorization admits, where it speaks of nothing else.
fn allowed_addresses(spec: &Node) -> Option<Fact<Addresses>> {
    let rules = allowing(spec)?;
    let at = spec.get("authorization")?.place;
    let mut nets: Vec<&str> = Vec::new();
    for rule in &rules {
        let list = rule.at(&["principal", "clientCIDRs"])?;
        nets.extend(list.items().iter().map(|n| n.str().unwrap_or("?")));
    }
    (!rules.is_empty()).then(|| united(&nets, at))
}

/// The rules that allow, where everything else is denied, which is the default.
fn allowing(spec: &Node) -> Option<Vec<&Node>> {
    let authorization = spec.get("authorization")?;
    if authorization.get("defaultAction").and_then(Node::str) == Some("Allow") {
        return None;
    }
    let rules = authorization.get("rules").map_or(&[][..], Node::items).iter();
    let denies = |rule: &&Node| rule.get("action").and_then(Node::str) == Some("Deny");
    Some(rules.filter(|rule| !denies(rule)).collect())
}

/// Envoy Gateway's `ClientTrafficPolicy`: certificates of clients.
pub(super) fn client_traffic(object: &Object, out: &mut Fragment) {
    let Some(validation) = object.spec(&["tls", "clientValidation"]) else { return };
    if validation.get("optional").and_then(Node::bool) == Some(true) {
        return;
    }
    let asks = Fact::written("certificate".into(), validation.place);
    push(object, "ClientTrafficPolicy", false, Some(&asks), None, out);
}

/// A policy of another implementation. If it looks like authentication, nobody here can tell
/// whether it asks for something.
pub(super) fn other(object: &Object, out: &mut Fragment) {
    const WORDS: [&str; 8] = ["auth", "jwt", "oidc", "oauth", "apikey", "iap", "rbac", "mtls"];
    let spec = object.node.get("spec").map_or(&[][..], Node::entries);
    let inner = spec.iter().flat_map(|e| e.value.entries());
    let found = spec.iter().chain(inner).find(|e| {
        let key = e.key.to_ascii_lowercase();
        WORDS.iter().any(|word| key.contains(word))
    });
    let Some(entry) = found else { return };
    let why = Why::NotUnderstood(format!("what {} asks", object.title()).into());
    let asks = Fact::Unknown(why, entry.place());
    push(object, object.kind, true, Some(&asks), None, out);
}

/// Whether an object is a policy that attaches to gateways or routes.
pub(super) fn attaches(object: &Object) -> bool {
    let of_gateway = |reference: &Node| {
        let kind = reference.get("kind").and_then(Node::str).unwrap_or("");
        kind.ends_with("Gateway") || kind.ends_with("Route")
    };
    references(object).any(of_gateway)
}

/// `targetRefs`, and `targetRef` of older versions.
fn references<'a>(object: &Object<'a>) -> impl Iterator<Item = &'a Node> + use<'a> {
    let many = object.spec(&["targetRefs"]).map_or(&[][..], Node::items);
    many.iter().chain(object.spec(&["targetRef"]))
}

fn push(
    object: &Object,
    family: &str,
    merges: bool,
    asks: Option<&Fact<Name>>,
    only_from: Option<&Fact<Addresses>>,
    out: &mut Fragment,
) {
    let mut add = |target, section| {
        out.routing.policies.push(Policy {
            target,
            section,
            family: family.into(),
            merges,
            asks: asks.cloned(),
            only_from: only_from.cloned(),
            place: object.place,
            title: object.title(),
        });
    };
    for reference in references(object) {
        let Some(kind) = reference.get("kind").and_then(Node::str) else { continue };
        let Some(address) = object.referred(kind, reference) else { continue };
        add(Target::Named(address), reference.get("sectionName").and_then(Node::text));
    }
    for chosen in object.spec(&["targetSelectors"]).map_or(&[][..], Node::items) {
        let Some(kind) = chosen.get("kind").and_then(Node::text) else { continue };
        let namespace = Namespaces::Named(object.namespace.clone());
        add(Target::Labels { kind, namespace, labels: selector::terms(chosen) }, None);
    }
}
