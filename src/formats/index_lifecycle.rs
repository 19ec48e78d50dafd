//! Lifecycle policies of search indices: Elasticsearch's ILM and OpenSearch's ISM, the bodies of
//! the requests that make them.

use super::{Claim, Format, Parsed, Unit};
use crate::model::concept::{Identity, Retention};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Fragment, Keep};
use crate::source::{Place, Problem, Text};
use crate::tree::node::{Entry, Node};
use crate::tree::yaml;

/// The front end.
pub(crate) struct IndexLifecycle;

impl Format for IndexLifecycle {
    fn name(&self) -> &'static str {
        "index-lifecycle"
    }

    fn claims(&self, path: &str, text: &str) -> Claim {
        let has = |key: &str| text.contains(key);
        let elastic = has("phases") && (has("min_age") || has("rollover"));
        let open = has("states") && has("default_state") && has("transitions");
        if !(has("actions") && (elastic || open)) {
            return Claim::No;
        }
        let sign = match extension(path) {
            "json" => has("\"policy\""),
            "yaml" | "yml" => text.lines().any(|l| l.starts_with("policy:")),
            _ => false,
        };
        if sign { Claim::Surely } else { Claim::No }
    }

    fn parse(&self, text: &Text, path: &str) -> (Parsed, Vec<Problem>) {
        if extension(path) == "json" {
            let (node, problems) = yaml::parse_json(text);
            return (Parsed::Nodes(node.into_iter().collect()), problems);
        }
        let (nodes, problems) = yaml::parse(text);
        (Parsed::Nodes(nodes), problems)
    }

    fn lower(&self, unit: &Unit, out: &mut Fragment) {
        for (file, parsed) in &unit.files {
            let Parsed::Nodes(nodes) = parsed else { continue };
            let policy = nodes.first().and_then(|n| n.map()?.entry("policy"));
            if let Some(policy) = policy {
                out.keeps.extend(keep(policy, unit.sources.path(*file)));
            }
        }
    }
}

fn extension(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}

/// When a policy deletes.
enum End {
    /// With the place that says so, and the age as it is written.
    Deletes(Place, Option<Fact<Name>>),
    /// With the place where it would stand.
    Never(Place),
}

fn keep(policy: &Entry, path: &str) -> Option<Keep> {
    let (engine, end) = match policy.value.map()?.entry("phases") {
        Some(phases) => ("elasticsearch", phased(phases)),
        None => ("opensearch", stated(policy.value.map()?.entry("states")?)),
    };
    let file = path.rsplit('/').next().unwrap_or(path);
    let name = file.split('.').next().unwrap_or(file);
    let address = Address::new(format!("file:{path}#policy"));
    let at = policy.key_place;
    let identity = Identity {
        address: address.0.clone(),
        subject: address.0.clone(),
        title: format!("lifecycle policy `{name}`").into(),
        place: at,
        whole: policy.place(),
        exists: Fact::written(true, at),
    };
    Some(kept(identity, name, engine, end))
}

/// What OpenSearch's operator makes a policy of: `states` in the spelling of Kubernetes.
/// opensearch-project/opensearch-k8s-operator, `OpenSearchISMPolicy`
pub(super) fn of_operator(identity: Identity, name: &str, states: &Entry) -> Keep {
    kept(identity, name, "opensearch", stated(states))
}

fn kept(identity: Identity, name: &str, engine: &str, end: End) -> Keep {
    let at = identity.place;
    let mut keep = Retention::new(identity);
    keep.name = Fact::written(name.into(), at);
    keep.what = Fact::written("index".into(), at);
    keep.engine = Fact::written(engine.into(), at);
    let how = "an index with a lifecycle holds records by time";
    keep.holds = Fact::written(vec![Fact::guessed("logs".into(), how, at)], at);
    (keep.forever, keep.days) = match end {
        End::Never(at) => (Fact::written(true, at), Fact::Unset(at)),
        End::Deletes(at, age) => {
            let age = age.unwrap_or(Fact::Unset(at));
            (Fact::written(false, at), age.try_map(|age| days(&age)))
        }
    };
    Keep { store: None, retention: keep }
}

/// Indices go where a `delete` phase has the action of that name (Elasticsearch's guide, "Delete").
fn phased(phases: &Entry) -> End {
    let deletes = phases.value.map().and_then(|m| m.entry("delete"));
    let acts = deletes.is_some_and(|d| d.value.at(&["actions", "delete"]).is_some());
    match deletes {
        Some(phase) if acts => {
            End::Deletes(phase.place(), phase.value.get("min_age").and_then(age))
        }
        Some(phase) => End::Never(phase.place()),
        None => End::Never(phases.key_place),
    }
}

/// Indices go where some state that a transition leads to has the action `delete`.
fn stated(states: &Entry) -> End {
    for state in states.value.items() {
        let acts = |n: &&Node| n.get("delete").is_some();
        let actions = state.get("actions").map_or(&[][..], Node::items);
        let Some(action) = actions.iter().find(acts) else { continue };
        let Some(name) = state.get("name").and_then(Node::str) else { continue };
        let all = states.value.items().iter().filter_map(|s| s.get("transitions"));
        let into = all
            .flat_map(Node::items)
            .find(|t| either(t, ["state_name", "stateName"]).and_then(Node::str) == Some(name));
        if let Some(into) = into {
            let conditions = into.get("conditions");
            let after = conditions.and_then(|c| either(c, ["min_index_age", "minIndexAge"]));
            let after = after.and_then(age);
            return End::Deletes(action.place, after);
        }
    }
    End::Never(states.key_place)
}

fn either<'a>(node: &'a Node, keys: [&str; 2]) -> Option<&'a Node> {
    keys.iter().find_map(|key| node.get(key))
}

fn age(node: &Node) -> Option<Fact<Name>> {
    node.text().map(|text| Fact::written(text, node.place))
}

/// `30d`, `36h`.
fn days(text: &str) -> Result<i64, Why> {
    let odd = || Why::NotUnderstood(format!("the age `{text}`").into());
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(odd)?;
    let number: i64 = text[..split].parse().map_err(|_| odd())?;
    match &text[split..] {
        "d" => Ok(number),
        "h" => Ok(number / 24),
        "m" => Ok(number / 1440),
        "s" => Ok(number / 86_400),
        _ => Err(odd()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::dump::{fact, lowered};

    fn check(policy: &str, expected: &str) {
        let text = format!("{{\"policy\": {policy}}}");
        let (out, _) = lowered(&IndexLifecycle, &[("ilm.json", &text)]);
        let kept = out.keeps.iter().map(|k| &k.retention);
        let kept: Vec<_> =
            kept.map(|r| format!("{} {}", fact(&r.forever), fact(&r.days))).collect();
        assert_eq!(kept, [expected], "{policy}");
    }

    #[test]
    fn only_the_action_deletes() {
        const HOT: &str = "\"hot\": {\"actions\": {\"rollover\": {\"max_age\": \"1d\"}}}";
        let phases = |more: &str, expected: &str| {
            check(&format!("{{\"phases\": {{{HOT}{more}}}}}"), expected);
        };
        phases("", "true -");
        phases(", \"delete\": {\"min_age\": \"30d\", \"actions\": {\"delete\": {}}}", "false 30");
        phases(", \"delete\": {\"min_age\": \"30d\", \"actions\": {}}", "true -");
    }

    #[test]
    fn a_state_that_nothing_leads_to_deletes_nothing() {
        let states = |next: &str, expected: &str| {
            check(
                &format!(
                    "{{\"default_state\": \"hot\", \"states\": [{{\"name\": \"hot\", \"actions\": \
                     [{{\"rollover\": {{}}}}], \"transitions\": [{next}]}}, {{\"name\": \"gone\", \
                     \"actions\": [{{\"delete\": {{}}}}], \"transitions\": []}}]}}"
                ),
                expected,
            );
        };
        states("", "true -");
        states(
            "{\"state_name\": \"gone\", \"conditions\": {\"min_index_age\": \"7d\"}}",
            "false 7",
        );
    }
}
