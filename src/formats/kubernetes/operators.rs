//! Custom resources of operators: the manifests that an operator makes of one, as its card says.

pub(super) mod clickhouse;
mod hba;
mod look;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod vmauth;

use super::object::Object;
use super::{container, lower as lower_object, workload};
use crate::catalog::Catalog;
use crate::catalog::operator::{EndpointCard, Looks, OperatorCard, StoreCard};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, EndpointDraft, Fragment, Login, Settled};
use crate::model::net::Addresses;
use crate::tree::node::Node;
use look::Looker;
use template::Scope;

/// Whether a card knows the kind, and then what the operator makes of the object.
pub(super) fn lower(object: &Object, catalog: &Catalog, path: &str, out: &mut Fragment) -> bool {
    let Some(card) = catalog.operator(object.group, object.kind) else { return false };
    let resolved = (card.handled_by.as_deref() == Some("clickhouse-altinity"))
        .then(|| clickhouse::resolved(object, out));
    if card.handled_by.as_deref() == Some("victoriametrics-auth") {
        vmauth::ways(object, out);
    }
    let root = resolved.as_ref().unwrap_or(object.node);
    let unique = unique(object);
    let scope = Scope { root, name: &object.name, unique: &unique, item: None, at: object.place };
    let mut made = Vec::new();
    for template in card.templates() {
        template::fill(template, scope, &mut made);
    }
    for (node, scope) in &made {
        let kind = node.get("kind").and_then(Node::str).unwrap_or_default();
        let name = node.get("name").and_then(Node::text).unwrap_or_else(|| object.name.clone());
        let own = |group, kind| Object {
            group,
            kind,
            name: name.clone(),
            node,
            annotations: node.at(&["metadata", "annotations"]).map_or(&[][..], Node::entries),
            ..object.clone()
        };
        match kind {
            "Pods" => {
                let before = out.containers.len();
                pods(&own("", object.kind), card, scope, out);
                let made = out.containers.get_mut(before..).unwrap_or_default();
                for container in &mut *made {
                    container.whole = object.whole();
                }
                // The first is what the resource is about.
                if let Some(main) = made.first_mut() {
                    (main.name, main.title) = (name.clone(), own("", object.kind).title());
                }
            }
            "Ingress" | "NetworkPolicy" => {
                lower_object(&own("networking.k8s.io", kind), catalog, path, out);
            }
            _ => lower_object(&own("", kind), catalog, path, out),
        }
    }
    true
}

/// A name for what an operator makes of this very object; several files, or one, may hold as many
/// versions of it.
fn unique(object: &Object) -> String {
    format!("{}@{}.{}", object.name, object.place.file.0, object.place.start)
}

/// Pods under the resource's own name, so that messages speak of what somebody wrote.
fn pods(object: &Object, card: &OperatorCard, scope: &Scope, out: &mut Fragment) {
    let Some(template) = object.node.get("template") else { return };
    workload::made(object, template, out);
    let containers = template.get("spec").map(container::all).unwrap_or_default();
    for store in &card.store {
        let named = |c: &&&Node| c.get("name").and_then(Node::str) == Some(&store.container);
        if containers.iter().any(|c| named(&c)) {
            out.settled.push(settled(object, card, store, scope));
        }
    }
}

fn settled(object: &Object, card: &OperatorCard, store: &StoreCard, scope: &Scope) -> Settled {
    let looker = Looker { scope: *scope, see: &card.see };
    let facts = &store.facts;
    Settled {
        container: Address::new(format!("{}/{}", object.address(), store.container)),
        whole: object.whole(),
        logins: store
            .login
            .iter()
            .map(|login| self::login(object, &looker, &login.proof))
            // Where nothing is told, the image's own ways stay.
            .filter(|login| !login.proof.is_unset())
            .collect(),
        endpoints: store.endpoint.iter().flat_map(|e| endpoints(e, &looker)).collect(),
        tls: looker.bool(facts.tls.as_ref()),
        tls_required: looker.bool(facts.tls_required.as_ref()),
        node_tls: looker.bool(facts.node_tls.as_ref()),
        audit_log: looker.bool(facts.audit_log.as_ref()),
        backup_days: looker.int(facts.backup_days.as_ref()),
        encrypted_at_rest: looker.bool(facts.encrypted_at_rest.as_ref()),
        tells_clients_apart: looker.bool(facts.tells_clients_apart.as_ref()),
    }
}

fn login(object: &Object, looker: &Looker, proof: &Looks) -> Login {
    let proof = looker.text(proof);
    let at = proof.place();
    Login {
        name: "*".into(),
        networks: Fact::default(Addresses::all(), looker.see, at),
        password_in_clear: Fact::default(false, looker.see, at),
        admin: Fact::default(true, looker.see, at),
        rights: Fact::Unset(at),
        place: at,
        whole: object.whole(),
        proof,
    }
}

fn endpoints(card: &EndpointCard, looker: &Looker) -> Vec<EndpointDraft> {
    let scopes = match &card.each {
        Some(path) => looker.scope.each(path),
        None => vec![looker.scope],
    };
    let drafts = scopes.into_iter().map(|scope| endpoint(card, &Looker { scope, see: looker.see }));
    drafts.flatten().collect()
}

fn endpoint(card: &EndpointCard, looker: &Looker) -> Option<EndpointDraft> {
    let at = looker.scope.at;
    let number = |n: i64| {
        u16::try_from(n).map_err(|_| Why::NotUnderstood(Name::from("a port out of range")))
    };
    let port = looker.int(Some(&card.port)).try_map(number);
    let port = match looker.bool(card.on.as_ref()) {
        Fact::Known(false, _) => return None,
        Fact::Unknown(why, at) => Fact::Unknown(why, at),
        _ => port,
    };
    let tls = match looker.bool(card.tls.as_ref()) {
        Fact::Unset(at) => Fact::Unknown(Why::NoDefault("encryption".into()), at),
        tls => tls,
    };
    let asks = match looker.bool(card.asks.as_ref()) {
        Fact::Unset(_) => Fact::default(card.role != "metrics", looker.see, at),
        asks => asks,
    };
    Some(EndpointDraft {
        port,
        udp: false,
        protocol: card.protocol.as_str().into(),
        role: card.role.as_str().into(),
        tls,
        bind: Fact::default(Addresses::all(), looker.see, at),
        asks,
        place: at,
    })
}
