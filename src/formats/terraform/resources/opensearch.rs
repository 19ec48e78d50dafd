//! Search domains of AWS: in a VPC or on the internet, and who may ask without a signature.

use super::facts::{and, any, not, or};
use super::nodes;
use super::policy::lets_anybody_in;
use super::security_groups;
use super::stores::plain_login;
use super::world::World;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{EndpointDraft, Fragment, NodeKind, Ref, Store};
use crate::model::net::Addresses;

const DOMAINS: [&str; 2] = ["aws_opensearch_domain", "aws_elasticsearch_domain"];
const POLICIES: [&str; 2] = ["aws_opensearch_domain_policy", "aws_elasticsearch_domain_policy"];
const SEE: &str = "provider docs, opensearch_domain";

/// The service's answers and its emulators show `EnforceHTTPS` false and
/// `Policy-Min-TLS-1-0-2019-07` where a request named neither; AWS documents no default.
const UNASKED: &str = "the service answers plain HTTP and TLS 1.0 unless it is told otherwise";

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for domain in world.each(&DOMAINS) {
        lower_domain(world, domain, out);
    }
}

fn lower_domain(world: &World, domain: &Resource, out: &mut Fragment) {
    let title = nodes::title("OpenSearch domain", domain, &["domain_name"]);
    out.nodes.push(nodes::node(domain, NodeKind::Managed));
    let inside = domain.body.has("vpc_options");
    if inside.known() == Some(&true) {
        out.hops.push(nodes::network_way(&domain.address, &title, domain.head));
        security_groups::attach(world, domain, &["vpc_options.security_group_ids"], out);
    } else {
        let (open, at) = (not(inside), domain.head);
        let say = format!("{title} has a public endpoint");
        out.hops.push(nodes::way(Ref::Internet, &domain.address, open, at, &say));
    }
    out.stores.push(store(world, domain, title));
}

fn store(world: &World, domain: &Resource, title: Name) -> Store {
    let at = domain.head;
    let own = domain.body.text("domain_name");
    let name = super::facts::word(&own, &domain.name);
    let engine: Name =
        if &*domain.kind == DOMAINS[0] { "opensearch" } else { "elasticsearch" }.into();
    let body = &domain.body;
    let options = body.block("domain_endpoint_options");
    Store {
        engine: Fact::default(engine, "the kind of the resource", at),
        kind: "search".into(),
        managed: true,
        whole: domain.whole,
        exists: domain.exists.clone(),
        endpoints: vec![EndpointDraft {
            port: Fact::default(443, "AWS: OpenSearch Service answers on 443", at),
            udp: false,
            protocol: "http".into(),
            role: "data+admin".into(),
            tls: Fact::default(true, "AWS: OpenSearch Service answers on 443", at),
            bind: Fact::default(Addresses::all(), "a managed service listens for its network", at),
            asks: Fact::default(true, "logins of a managed service hold on every port", at),
            place: at,
        }],
        logins: vec![plain_login(domain, proof(world, domain))],
        encrypted_at_rest: flag(body, "encrypt_at_rest", "enabled"),
        audit_log: audit(body),
        product_log: logs(body, |_| true),
        set_apart: body.has("vpc_options").or_default(false, SEE),
        node_tls: node_tls(domain),
        tls_required: match options {
            Some(options) => options.bool("enforce_https").or_default(true, SEE),
            None => Fact::guessed(false, UNASKED, at),
        },
        // Where nothing is said of HTTPS, plain HTTP is what there is to say.
        tls_version: options.map_or(Fact::Unset(at), |o| tls(o.text("tls_security_policy"))),
        tells_clients_apart: fine_grained(domain),
        ..Store::new(domain.address.clone(), name, title, at)
    }
}

/// Fine-grained access control came with Elasticsearch 6.7 (AWS docs, "Fine-grained access
/// control in Amazon OpenSearch Service"); older domains have no such switch.
fn fine_grained(domain: &Resource) -> Fact<bool> {
    let version = domain.body.text("elasticsearch_version");
    let parts = version.known().and_then(|v| {
        let mut parts = v.split('.').map_while(|part| part.parse::<u32>().ok());
        Some((parts.next()?, parts.next().unwrap_or(0)))
    });
    if parts.is_some_and(|version| version < (6, 7)) {
        return Fact::Unset(domain.head);
    }
    flag(&domain.body, "advanced_security_options", "enabled")
}

/// `Policy-Min-TLS-1-2-2019-07` and its like.
fn tls(policy: Fact<Name>) -> Fact<Name> {
    if let Fact::Unset(at) = policy {
        return Fact::guessed("1.0".into(), UNASKED, at);
    }
    policy.map(|p| {
        let version = ["1-3", "1-2", "1-1", "1-0"].iter().find(|v| p.contains(&format!("TLS-{v}")));
        version.map_or(p.clone(), |v| v.replace('-', ".").into())
    })
}

fn flag(body: &Val, block: &str, key: &str) -> Fact<bool> {
    let told = body.block(block).map_or_else(|| body.bool(block), |b| b.bool(key));
    told.or_default(false, SEE)
}

/// Versions of Elasticsearch before 6.0 cannot encrypt between nodes (AWS docs, "Node-to-node
/// encryption").
fn node_tls(domain: &Resource) -> Fact<bool> {
    let version = domain.body.text("elasticsearch_version");
    let major = version.known().and_then(|v| v.split('.').next()?.parse::<u32>().ok());
    if major.is_some_and(|major| major < 6) {
        return Fact::Unset(domain.head);
    }
    flag(&domain.body, "node_to_node_encryption", "enabled")
}

fn audit(body: &Val) -> Fact<bool> {
    logs(body, |kind| kind == "AUDIT_LOGS")
}

/// Whether a log of a wanted kind is published.
fn logs(body: &Val, wanted: fn(&str) -> bool) -> Fact<bool> {
    let options = body.list("log_publishing_options");
    let logs = options.items.iter().map(|option| {
        let kind = option.text("log_type").map(|t| wanted(&t));
        and(kind, option.bool("enabled").or_default(true, SEE))
    });
    let logs = logs.chain(options.more.map(|(why, at)| Fact::Unknown(why, at)));
    any(logs, Fact::default(false, SEE, body.at))
}

/// Fine-grained access asks for a password or a signature. Without it the access policy decides:
/// one that names everybody lets unsigned requests in; in a VPC, none at all does too.
fn proof(world: &World, domain: &Resource) -> Fact<Name> {
    let body = &domain.body;
    let fine = flag(body, "advanced_security_options", "enabled");
    let cognito = flag(body, "cognito_options", "enabled");
    let anonymous = flag(body, "advanced_security_options", "anonymous_auth_enabled");
    let mut policies: Vec<&Val> = body.get("access_policies").into_iter().collect();
    let (satellites, open) = world.satellites(&POLICIES, "domain_name", domain, &["domain_name"]);
    policies.extend(satellites.iter().filter_map(|s| s.body.get("access_policies")));
    let mut free = any(
        policies.into_iter().map(|p| lets_anybody_in(world, p)),
        Fact::default(false, SEE, domain.head),
    );
    if let Some((why, at)) = open {
        free = or(free, Fact::Unknown(why, at));
    }
    let asks = or(and(fine.clone(), not(anonymous)), cognito);
    let unasked = and(free, not(asks));
    let asked: Name = if fine.known() == Some(&true) { "password" } else { "iam" }.into();
    unasked.map(|none| if none { "none".into() } else { asked })
}
