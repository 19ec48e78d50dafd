//! Kubernetes audit policies: whether secrets are written into the audit log.
//!
//! The first rule that matches a request decides (Kubernetes' documentation, "Auditing"). At level
//! `Request` the body of the request is written, at `RequestResponse` that of the answer as well.

use crate::model::concept::{Identity, LogPipeline};
use crate::model::fact::{Evidence, Fact, Name, Origin, Why};
use crate::model::fragment::{Fragment, LogDraft};
use crate::source::Place;
use crate::tree::node::{Entry, Node};

/// A request whose body or answer holds a secret.
struct Request {
    group: &'static str,
    resource: &'static str,
    verb: &'static str,
    /// The secret stands in the request itself, not in the answer alone.
    in_body: bool,
}

const fn request(
    group: &'static str,
    resource: &'static str,
    verb: &'static str,
    in_body: bool,
) -> Request {
    Request { group, resource, verb, in_body }
}

const REQUESTS: [Request; 7] = [
    request("", "secrets", "create", true),
    request("", "secrets", "update", true),
    request("", "secrets", "patch", true),
    request("", "secrets", "get", false),
    request("", "secrets", "list", false),
    request("authentication.k8s.io", "tokenreviews", "create", true),
    request("", "serviceaccounts/token", "create", false),
];

/// Whether a rule speaks of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    No,
    /// Of some: those of some users, namespaces or names.
    Some,
    All,
}

/// What a policy does with secrets.
pub(super) fn lower(policy: &Node, path: &str, out: &mut Fragment) {
    let Some(entry) = policy.map().and_then(|m| m.entry("rules")) else { return };
    let rules = entry.value.items();
    if rules.is_empty() {
        return;
    }
    let mut log = LogPipeline::new(Identity {
        address: format!("{path}#audit-policy").into(),
        subject: format!("{path}#audit-policy").into(),
        title: "the audit policy".into(),
        place: entry.key_place,
        whole: policy.place,
        exists: Fact::written(true, policy.place),
    });
    let known = |text: &str| Fact::written(Name::from(text), entry.key_place);
    log.name = known("audit log");
    log.source = known("audit-log");
    log.engine = known("kubernetes");
    log.content = Fact::written(vec![known("secrets"), known("requests")], entry.key_place);
    log.enabled = Fact::written(true, entry.key_place);
    log.scrubbed = scrubbed(rules, entry.key_place);
    out.logs.push(LogDraft { store: None, log });
}

fn scrubbed(rules: &[Node], at: Place) -> Fact<bool> {
    let judged = REQUESTS.iter().map(|request| recorded(rules, request));
    let mut doubt = None;
    for fact in judged.flatten() {
        match fact {
            Fact::Known(..) => return fact,
            other => doubt = doubt.or(Some(other)),
        }
    }
    doubt.unwrap_or_else(|| Fact::written(true, at))
}

/// The rule by which the secret of a request is written down, if there is one.
fn recorded(rules: &[Node], request: &Request) -> Option<Fact<bool>> {
    for (index, rule) in rules.iter().enumerate() {
        let matched = matches(rule, request);
        if matched == Match::No {
            continue;
        }
        let level = rule.get("level");
        let place = rule.map().and_then(|m| m.entry("level")).map_or(rule.place, Entry::place);
        let writes = match level.and_then(Node::str) {
            Some("None" | "Metadata") => false,
            Some("Request") => request.in_body,
            Some("RequestResponse") => true,
            _ => return Some(Fact::Unknown(Why::Template, place)),
        };
        if writes {
            return Some(Fact::Known(false, proof(rules, index, request, place)));
        }
        if matched == Match::All {
            return None;
        }
    }
    None
}

fn proof(rules: &[Node], index: usize, request: &Request, place: Place) -> Origin {
    let Request { resource, verb, .. } = request;
    let what = if request.in_body { "body" } else { "answer" };
    let say = format!("this rule meets `{verb}` of {resource} first and writes the {what}");
    let mut via = vec![Evidence::new(place, say)];
    let late = rules[index + 1..].iter().find(|rule| {
        matches(rule, request) != Match::No
            && rule.get("resources").is_some()
            && matches!(rule.get("level").and_then(Node::str), Some("None" | "Metadata"))
    });
    if let Some(late) = late {
        let say = format!("the rule that would leave out {resource} comes too late");
        via.insert(0, Evidence::new(late.get("level").map_or(late.place, |n| n.place), say));
    }
    Origin::written(place).with_via(via)
}

fn matches(rule: &Node, request: &Request) -> Match {
    let list = |key: &str| rule.get(key).map_or(&[][..], Node::items);
    let verbs = list("verbs");
    if !verbs.is_empty()
        && !verbs.iter().any(|v| matches!(v.str(), Some(v) if v == request.verb || v == "*"))
    {
        return Match::No;
    }
    let resources = list("resources");
    // A rule for paths that are no resources says nothing of resources.
    if resources.is_empty() && !list("nonResourceURLs").is_empty() {
        return Match::No;
    }
    let of_resources = match resources {
        [] => Match::All,
        some => some.iter().map(|r| resource(r, request)).fold(Match::No, |a, b| match (a, b) {
            (Match::All, _) | (_, Match::All) => Match::All,
            (Match::Some, _) | (_, Match::Some) => Match::Some,
            _ => Match::No,
        }),
    };
    let everybody = list("userGroups").iter().any(|g| g.str() == Some("system:authenticated"));
    let limited = (!everybody && (!list("users").is_empty() || !list("userGroups").is_empty()))
        || !list("namespaces").is_empty();
    if of_resources == Match::All && limited { Match::Some } else { of_resources }
}

/// `*` stands for every resource and subresource, `pods/*` for subresources of pods, `*/scale` for
/// that subresource of all (`GroupResources`, audit.k8s.io/v1).
fn resource(item: &Node, request: &Request) -> Match {
    let group = item.get("group").and_then(Node::str).unwrap_or_default();
    if group != request.group && group != "*" {
        return Match::No;
    }
    let names = item.get("resources").map_or(&[][..], Node::items);
    let (parent, sub) = request.resource.split_once('/').unwrap_or((request.resource, ""));
    let meant = |name: &str| match name.split_once('/') {
        None => name == "*" || (sub.is_empty() && name == parent),
        Some((p, s)) => !sub.is_empty() && (p == "*" || p == parent) && (s == "*" || s == sub),
    };
    if !names.is_empty() && !names.iter().filter_map(Node::str).any(meant) {
        return Match::No;
    }
    // Single objects by name: which ones hold secrets nobody can tell.
    let single = item.get("resourceNames").is_some_and(|n| !n.items().is_empty());
    if single { Match::No } else { Match::All }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Text};
    use crate::tree::yaml;

    fn check(rules: &str, expected: &str) {
        let text = Text::of_file(FileId(0), rules.into());
        let (nodes, problems) = yaml::parse(&text);
        assert!(problems.is_empty(), "{problems:?}");
        let found = match scrubbed(nodes[0].items(), nodes[0].place) {
            Fact::Known(scrubbed, _) => scrubbed.to_string(),
            _ => "?".to_owned(),
        };
        assert_eq!(found, expected, "{rules}");
    }

    const QUIET: &str = "- {level: Metadata, resources: [{group: '', resources: \
                         [secrets, serviceaccounts/token]}, {group: authentication.k8s.io}]}\n";

    #[test]
    fn the_first_rule_that_matches_decides() {
        check("- level: RequestResponse\n", "false");
        check(&format!("{QUIET}- level: RequestResponse\n"), "true");
        check(&format!("- level: Request\n{QUIET}"), "false");
        check("- level: Metadata\n- level: RequestResponse\n", "true");
        check("- level: ${LEVEL}\n", "?");
    }

    #[test]
    fn only_rules_that_meet_a_secret_count() {
        let quiet = |rule: &str, expected: &str| check(&format!("{rule}\n{QUIET}"), expected);
        quiet("- {level: RequestResponse, resources: [{group: '', resources: [pods]}]}", "true");
        quiet("- {level: RequestResponse, resources: [{group: apps}]}", "true");
        quiet("- {level: RequestResponse, resources: [{group: ''}]}", "false");
        quiet("- {level: Request, verbs: [deletecollection], users: [a]}", "true");
        quiet("- {level: Request, verbs: [get, list, watch]}", "true");
        quiet("- {level: RequestResponse, verbs: [get]}", "false");
        quiet("- {level: Request, nonResourceURLs: ['/api*']}", "true");
        quiet("- {level: Request, resources: [{group: '', resources: [configmaps]}]}", "true");
    }

    #[test]
    fn a_rule_for_some_does_not_shield_the_rest() {
        let some = "- {level: None, users: [a], resources: [{group: '', resources: [secrets]}]}\n";
        check(&format!("{some}- level: Request\n"), "false");
    }
}
