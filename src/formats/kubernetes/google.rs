//! Identity-Aware Proxy: Google's balancers ask for a login before they lead to a Service.
//!
//! `BackendConfig`, which a Service names for Ingresses, and `GCPBackendPolicy`, which names a
//! Service for gateways (Google Cloud documentation, "Enabling IAP for GKE").

use super::object::Object;
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Address, Fragment};
use crate::model::routing::Check;
use crate::source::Place;
use crate::tree::node::Node;

/// What stands before a Service at Google's balancers, if anything.
pub(super) fn before(object: &Object, namespace: &str, service: &str) -> Address {
    object.elsewhere("BackendOf", namespace, service)
}

/// The configurations that an annotation of a Service names: `{"default": NAME}`, or by port.
pub(super) fn of_service(object: &Object, out: &mut Fragment) {
    const KEYS: [&str; 2] =
        ["cloud.google.com/backend-config", "beta.cloud.google.com/backend-config"];
    let Some(entry) = KEYS.iter().find_map(|key| object.annotation(key)) else { return };
    let text = entry.value.str().unwrap_or("");
    let Ok(named) = serde_json::from_str::<serde_json::Value>(text) else { return };
    // Of several ports nobody here knows which one an Ingress leads to.
    let Some(name) = named["default"].as_str() else { return };
    let parts = vec![(object.neighbour("BackendConfig", name), entry.place())];
    let address = before(object, object.namespace_name(), &object.name);
    push(object, address, None, parts, entry.place(), out);
}

pub(super) fn backend_config(object: &Object, out: &mut Fragment) {
    push(object, object.address(), login(object.spec(&["iap"])), Vec::new(), object.place, out);
}

pub(super) fn backend_policy(object: &Object, out: &mut Fragment) {
    let Some(target) = object.spec(&["targetRef"]) else { return };
    if target.get("kind").and_then(Node::str) != Some("Service") {
        return;
    }
    let Some(name) = target.get("name").and_then(Node::str) else { return };
    let asks = login(object.spec(&["default", "iap"]));
    let address = before(object, object.namespace_name(), name);
    push(object, address, asks, Vec::new(), object.place, out);
}

fn login(iap: Option<&Node>) -> Option<Fact<Name>> {
    let enabled = iap?.get("enabled").filter(|n| n.bool() == Some(true))?;
    Some(Fact::written("external".into(), enabled.place))
}

fn push(
    object: &Object,
    address: Address,
    asks: Option<Fact<Name>>,
    parts: Vec<(Address, Place)>,
    place: Place,
    out: &mut Fragment,
) {
    let title = object.title();
    out.routing.checks.push(Check {
        address,
        aliases: Vec::new(),
        asks,
        only_from: None,
        parts,
        place,
        title,
    });
}
