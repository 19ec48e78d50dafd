//! What an Ingress asks of its clients, by the annotations of the common controllers.

use super::controllers;
use super::google;
use super::ingress;
use super::load_balancer::united;
use super::object::Object;
use super::traefik;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Fragment};
use crate::model::routing::Check;
use crate::source::Place;
use crate::tree::node::{Entry, Node};

/// How an annotation makes a controller ask for something.
enum Asks {
    /// Always, with this proof.
    Proof(&'static str),
    /// If it has one of these values, and that other annotation is there too.
    If(&'static [&'static str], Option<&'static str>, &'static str),
    /// A list of an ALB's listeners, each with a mode of its own.
    Listeners,
    /// Something outside the Ingress decides: a plugin, a policy, a middleware.
    Elsewhere,
}

/// What clients have to show; nothing at all where no annotation asks.
pub(super) fn asks(object: &Object) -> Option<Fact<Name>> {
    if is_optional(object) {
        return None;
    }
    let sure = TABLE.iter().find_map(|(key, asks)| {
        let entry = object.annotation(key).filter(|e| has_text(e))?;
        proof(object, entry, asks)
    });
    sure.or_else(|| snippet(object))
}

/// The checks that annotations name, objects of their own.
pub(super) fn through(object: &Object) -> Vec<(Address, Place)> {
    const MIDDLEWARES: &str = "traefik.ingress.kubernetes.io/router.middlewares";
    let mut out = object.annotation(MIDDLEWARES).map(traefik::named).unwrap_or_default();
    out.extend(controllers::kong_plugins(object));
    out.extend(object.annotation("nginx.org/policies").into_iter().flat_map(|entry| {
        let names = entry.value.str().unwrap_or("").split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty());
        names.map(|name| (nginx_policy(object, name), entry.place())).collect::<Vec<_>>()
    }));
    out
}

/// Checks that an Ingress does not name, and that its controller applies all the same.
pub(super) fn beside(object: &Object, service: &str, place: Place) -> Vec<(Address, Place)> {
    match ingress::class(object) {
        "kong" => vec![(controllers::kong_everywhere(object), place)],
        // GKE serves an Ingress without a class too.
        "gce" | "gce-internal" | "" => {
            vec![(google::before(object, object.namespace_name(), service), place)]
        }
        _ => Vec::new(),
    }
}

/// `NAMESPACE/NAME`, or a name of the same namespace.
pub(super) fn nginx_policy(object: &Object, name: &str) -> Address {
    match name.split_once('/') {
        Some((namespace, name)) => object.elsewhere("Policy", namespace, name),
        None => object.neighbour("Policy", name),
    }
}

/// A policy of F5's controller (its reference, "Policy resources").
pub(super) fn policy(object: &Object, out: &mut Fragment) {
    let spec = object.node.get("spec").map_or(&[][..], Node::entries);
    let asks = spec.iter().find_map(|entry| {
        let proof = match &*entry.key {
            "basicAuth" | "apiKey" => "password",
            "jwt" | "oidc" | "externalAuth" => "external",
            "ingressMTLS" => match entry.value.get("verifyClient").and_then(Node::str) {
                None | Some("on") => "certificate",
                Some(_) => return None,
            },
            _ => return None,
        };
        Some(Fact::written(proof.into(), entry.place()))
    });
    let allowed = object.spec(&["accessControl", "allow"]).map(|list| {
        let nets: Vec<&str> = list.items().iter().map(|n| n.str().unwrap_or("?")).collect();
        united(&nets, list.place)
    });
    out.routing.checks.push(Check {
        address: object.address(),
        aliases: Vec::new(),
        asks,
        only_from: allowed,
        parts: Vec::new(),
        place: object.place,
        title: object.title(),
    });
}

const TABLE: [(&str, Asks); 16] = [
    // ingress-nginx: without a type, the secret alone configures nothing.
    (
        "nginx.ingress.kubernetes.io/auth-type",
        Asks::If(&["basic", "digest"], Some("nginx.ingress.kubernetes.io/auth-secret"), "password"),
    ),
    ("nginx.ingress.kubernetes.io/auth-url", Asks::Proof("external")),
    ("nginx.ingress.kubernetes.io/auth-tls-secret", Asks::Proof("certificate")),
    (
        "haproxy.org/auth-type",
        Asks::If(&["basic-auth"], Some("haproxy.org/auth-secret"), "password"),
    ),
    ("haproxy.org/client-ca", Asks::Proof("certificate")),
    ("haproxy-ingress.github.io/auth-secret", Asks::Proof("password")),
    ("haproxy-ingress.github.io/auth-url", Asks::Proof("external")),
    ("haproxy-ingress.github.io/auth-tls-secret", Asks::Proof("certificate")),
    ("haproxy-ingress.github.io/oauth", Asks::Proof("external")),
    ("nginx.org/basic-auth-secret", Asks::Proof("password")),
    ("nginx.com/jwt-key", Asks::Proof("external")),
    ("alb.ingress.kubernetes.io/auth-type", Asks::If(&["oidc", "cognito"], None, "external")),
    ("alb.ingress.kubernetes.io/jwt-validation", Asks::Proof("external")),
    ("alb.ingress.kubernetes.io/mutual-authentication", Asks::Listeners),
    ("k8s.apisix.apache.org/plugin-config-name", Asks::Elsewhere),
    ("k8s.ngrok.com/traffic-policy", Asks::Elsewhere),
];

fn has_text(entry: &Entry) -> bool {
    entry.value.str().is_some_and(|value| !value.is_empty())
}

fn proof(object: &Object, entry: &Entry, asks: &Asks) -> Option<Fact<Name>> {
    let at = entry.place();
    match asks {
        Asks::Proof(proof) => Some(Fact::written((*proof).into(), at)),
        Asks::If(values, beside, proof) => {
            let value = entry.value.str().is_some_and(|v| values.contains(&v));
            let beside = beside.is_none_or(|key| object.annotation(key).is_some_and(has_text));
            (value && beside).then(|| Fact::written((*proof).into(), at))
        }
        Asks::Listeners => certificates(entry),
        Asks::Elsewhere => {
            let named = entry.value.str().unwrap_or("?");
            Some(Fact::Unknown(Why::NotHere(named.into()), at))
        }
    }
}

/// `[{"port": 443, "mode": "verify"}]`: the other modes, `passthrough` and `off`, ask nobody (AWS
/// Load Balancer Controller, "Ingress annotations").
fn certificates(entry: &Entry) -> Option<Fact<Name>> {
    let text = entry.value.str().unwrap_or("");
    let listeners: Vec<serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
    let verifies = |listener: &serde_json::Value| listener["mode"] == "verify";
    if !listeners.is_empty() && listeners.iter().all(verifies) {
        return Some(Fact::written("certificate".into(), entry.place()));
    }
    let some = listeners.is_empty() || listeners.iter().any(verifies);
    let why = Why::NotUnderstood("which of its listeners ask for a certificate".into());
    some.then(|| Fact::Unknown(why, entry.place()))
}

/// Words that let clients through although something else asks.
fn is_optional(object: &Object) -> bool {
    const LAX: [(&str, &[&str]); 4] = [
        (
            "nginx.ingress.kubernetes.io/auth-tls-verify-client",
            &["optional", "optional_no_ca", "off"],
        ),
        // Whoever stands in the allow-list needs no password.
        ("nginx.ingress.kubernetes.io/satisfy", &["any"]),
        ("haproxy.org/client-crt-optional", &["true"]),
        ("alb.ingress.kubernetes.io/auth-on-unauthenticated-request", &["allow"]),
    ];
    let lax = LAX.iter().filter_map(|(key, values)| {
        let value = object.annotation_text(key)?;
        values.contains(&value).then_some(*key)
    });
    let other = |key: &str| object.annotation(key).is_some_and(has_text);
    lax.into_iter().any(|key| match key {
        // A lax certificate check is no matter if a password is asked for as well.
        "nginx.ingress.kubernetes.io/auth-tls-verify-client" => {
            !(other("nginx.ingress.kubernetes.io/auth-url")
                || other("nginx.ingress.kubernetes.io/auth-type"))
        }
        "nginx.ingress.kubernetes.io/satisfy" => [
            "nginx.ingress.kubernetes.io/whitelist-source-range",
            "nginx.ingress.kubernetes.io/allowlist-source-range",
        ]
        .iter()
        .any(|list| other(list)),
        "haproxy.org/client-crt-optional" => !other("haproxy.org/auth-type"),
        _ => true,
    })
}

/// Snippets go into the controller's configuration as they are; some ask for something.
fn snippet(object: &Object) -> Option<Fact<Name>> {
    const SNIPPETS: [&str; 3] = [
        "nginx.ingress.kubernetes.io/configuration-snippet",
        "nginx.ingress.kubernetes.io/server-snippet",
        "nginx.ingress.kubernetes.io/auth-snippet",
    ];
    const WORDS: [&str; 5] = ["auth_basic", "auth_request", "deny ", "return 40", "access_by_lua"];
    let entry = SNIPPETS.iter().find_map(|key| {
        let entry = object.annotation(key)?;
        let text = entry.value.str()?;
        WORDS.iter().any(|word| text.contains(word)).then_some(entry)
    })?;
    let why = Why::NotUnderstood(format!("`{}`", entry.key).into());
    Some(Fact::Unknown(why, entry.place()))
}
