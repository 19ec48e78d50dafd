//! What links the resources of a document: the expressions of its configuration where a value is
//! known only after apply, and the ids of a state.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::value::{Reference, Val, ValKind};
use super::{Planned, nothing, values, without_keys};
use crate::model::fact::{Name, Why};
use crate::model::fragment::Address;
use crate::source::Place;
use crate::tree::node::Node;

/// References through variables and outputs of modules.
const MAX_STEPS: usize = 16;

/// Targets of one expression.
const MAX_TARGETS: usize = 200;

/// Attributes that name a resource to others.
const IDENTITIES: [&str; 4] = ["id", "arn", "self_link", "resource_id"];

/// Attributes that are blocks as well. They are computed where nobody writes them, and a `dynamic`
/// that fills them leaves no expression (Terraform, internal/command/jsonconfig).
const ALSO_BLOCKS: [&str; 6] =
    ["ingress", "egress", "route", "security_rule", "subnet", "access_policy"];

/// `configuration.root_module`.
pub(super) struct Configuration<'n> {
    root: &'n Node,
}

/// The modules from the root down to one: prefix of addresses and configuration.
type Chain<'n> = Vec<(String, &'n Node)>;

impl<'n> Configuration<'n> {
    pub(super) fn new(root: &'n Node) -> Configuration<'n> {
        Configuration { root }
    }

    /// `module.a[0].module.b.` and what is around it.
    fn chain(&self, prefix: &str) -> Option<Chain<'n>> {
        let mut chain = vec![(String::new(), self.root)];
        let mut rest = prefix;
        while let Some(inner) = rest.strip_prefix("module.") {
            let end = end_of_step(inner)?;
            let name = without_keys(&inner[..end]);
            let (around, node) = chain.last()?;
            let module = node.at(&["module_calls", &name, "module"])?;
            let prefix = format!("{around}module.{}.", &inner[..end]);
            chain.push((prefix, module));
            rest = inner.get(end + 1..)?;
            if chain.len() > MAX_STEPS {
                return None;
            }
        }
        Some(chain)
    }
}

/// Where the step ends: the first dot outside brackets.
fn end_of_step(text: &str) -> Option<usize> {
    let (mut depth, mut quoted) = (0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            '.' if !quoted && depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// All that the resources of a document can name.
pub(super) struct Links<'n> {
    label: String,
    configuration: Option<&'n Configuration<'n>>,
    /// By address without the last key: `module.a[0].aws_instance.db`.
    members: HashMap<String, Vec<Name>>,
    /// Prefixes of module instances by address without the last key: `module.a`.
    modules: HashMap<String, Vec<String>>,
    /// By the value of an id; `None` where several have it.
    owners: HashMap<&'n str, Option<(&'n Planned<'n>, &'static str)>>,
}

/// What an expression leads to.
#[derive(Default)]
struct Found {
    targets: Vec<Reference>,
    open: Option<Why>,
}

impl<'n> Links<'n> {
    pub(super) fn new(
        resources: &'n [Planned<'n>],
        configuration: Option<&'n Configuration<'n>>,
        label: &str,
    ) -> Links<'n> {
        let mut links = Links {
            label: label.to_owned(),
            configuration,
            members: HashMap::new(),
            modules: HashMap::new(),
            owners: HashMap::new(),
        };
        for planned in resources {
            let mode = if planned.is_data { "data." } else { "" };
            let block = format!("{}{mode}{}.{}", planned.prefix, planned.kind, planned.name);
            links.members.entry(block).or_default().push(planned.spelled.clone());
            links.add_module(&planned.prefix);
            if !planned.is_data {
                links.add_owner(planned);
            }
        }
        links
    }

    fn add_module(&mut self, prefix: &str) {
        let mut at = 0;
        while let Some(end) = prefix[at..].strip_prefix("module.").and_then(end_of_step) {
            let step = at + "module.".len() + end;
            let call = prefix[..step]
                .rfind('[')
                .filter(|open| *open > at && prefix[..step].ends_with(']'));
            let block = prefix[..call.unwrap_or(step)].to_owned();
            let instances = self.modules.entry(block).or_default();
            let instance = &prefix[..=step];
            if instances.last().is_none_or(|last| last != instance) && instances.len() < MAX_TARGETS
            {
                instances.push(instance.to_owned());
            }
            at = step + 1;
        }
    }

    fn add_owner(&mut self, planned: &'n Planned<'n>) {
        for key in IDENTITIES {
            let Some(id) = planned.written.value.and_then(|v| v.get(key)).and_then(Node::str)
            else {
                continue;
            };
            if id.is_empty() {
                continue;
            }
            self.owners
                .entry(id)
                .and_modify(|owner| {
                    *owner = match owner.take() {
                        // Satellites have the id of what they belong to, and its name in theirs.
                        Some((known, k)) if planned.kind.starts_with(&*known.kind) => {
                            Some((known, k))
                        }
                        Some((known, _)) if known.kind.starts_with(&*planned.kind) => {
                            Some((planned, key))
                        }
                        _ => None,
                    };
                })
                .or_insert(Some((planned, key)));
        }
    }

    /// A resource's attributes and blocks.
    pub(super) fn body(&self, planned: &Planned) -> Val {
        let chain = self.configuration.and_then(|c| c.chain(&planned.prefix));
        let described = chain.as_ref().and_then(|chain| {
            let (_, module) = chain.last()?;
            module.get("resources")?.items().iter().find(|r| {
                let is = |key: &str, wanted: &str| r.get(key).and_then(Node::str) == Some(wanted);
                let mode = if planned.is_data { "data" } else { "managed" };
                is("type", &planned.kind) && is("name", &planned.name) && is("mode", mode)
            })
        });
        let unknown = |expression: Option<&Node>, at: Place| match (expression, &chain) {
            (Some(expression), Some(chain)) => self.linked(expression, chain, planned, at),
            _ => Val::unknown(Why::DataSource(planned.spelled.clone()), at),
        };
        let expressions = described.and_then(|r| r.get("expressions"));
        let body = planned.written.val(expressions, &unknown, 0);
        let body = body.unwrap_or_else(|| nothing(planned.whole));
        self.settled(body, planned, described)
    }

    /// Without what the service alone decides, and with the owners of known ids.
    fn settled(&self, body: Val, planned: &Planned, described: Option<&Node>) -> Val {
        let ValKind::Map { entries, more } = body.kind else { return nothing(planned.whole) };
        let entries = entries.iter().filter(|(key, val)| {
            let expressions = |resource: &Node| resource.at(&["expressions", key]).is_some();
            let is_written = described.is_none_or(expressions);
            let is_collection = matches!(val.kind, ValKind::List { .. } | ValKind::Map { .. });
            is_written || is_collection || ALSO_BLOCKS.contains(&&**key)
        });
        let entries = entries.map(|(key, val)| {
            let is_secret = planned.secrets.contains(&&**key);
            let secret = || values::secret(val.at);
            let val = if is_secret { secret() } else { self.owned(val, planned, key, 0) };
            (key.clone(), val)
        });
        Val::new(ValKind::Map { entries: entries.collect(), more }, planned.whole)
    }

    /// Texts that are another resource's id belong to it.
    fn owned(&self, val: &Val, planned: &Planned, key: &str, depth: usize) -> Val {
        let kind = match &val.kind {
            ValKind::String(text, _) if !IDENTITIES.contains(&key) => {
                let owner = self.owners.get(&**text).copied().flatten();
                let whose = owner
                    .filter(|(owner, _)| owner.spelled != planned.spelled)
                    .map(|(owner, attribute)| Arc::new(self.reference(&owner.spelled, attribute)));
                return Val { whose, ..val.clone() };
            }
            ValKind::List { items, more } if depth < 16 => ValKind::List {
                items: items.iter().map(|i| self.owned(i, planned, key, depth + 1)).collect(),
                more: more.clone(),
            },
            ValKind::Map { entries, more } if depth < 16 => ValKind::Map {
                entries: entries
                    .iter()
                    .map(|(k, v)| (k.clone(), self.owned(v, planned, k, depth + 1)))
                    .collect(),
                more: more.clone(),
            },
            _ => return val.clone(),
        };
        Val { kind, ..val.clone() }
    }

    fn reference(&self, spelled: &str, attribute: &str) -> Reference {
        Reference {
            resource: Address::new(format!("tf:{}/{spelled}", self.label)),
            attribute: attribute.into(),
            spelled: format!("{spelled}.{attribute}").into(),
        }
    }

    /// What an expression whose value is not known refers to.
    fn linked(&self, expression: &Node, chain: &Chain, planned: &Planned, at: Place) -> Val {
        let mut found = Found::default();
        self.follow(expression, chain, planned, &mut found, 0);
        let kind = match (found.targets.len(), found.open) {
            (1, None) => match found.targets.pop() {
                Some(target) => ValKind::Ref(target),
                None => ValKind::Null,
            },
            (0, open) => {
                ValKind::Unknown(open.unwrap_or_else(|| Why::DataSource(planned.spelled.clone())))
            }
            (_, more) => {
                let items = found.targets.into_iter().map(|t| Val::new(ValKind::Ref(t), at));
                ValKind::List { items: items.collect(), more }
            }
        };
        Val::new(kind, at)
    }

    fn follow(
        &self,
        expression: &Node,
        chain: &Chain,
        planned: &Planned,
        found: &mut Found,
        steps: usize,
    ) {
        if steps > MAX_STEPS {
            found.open = Some(Why::NotUnderstood("references through very many modules".into()));
            return;
        }
        let mut last = "";
        let references = expression.get("references").map_or(&[][..], Node::items);
        for reference in references.iter().filter_map(Node::str) {
            // Each reference is followed by its own beginnings.
            let is_beginning = last
                .strip_prefix(reference)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
            if is_beginning || found.targets.len() >= MAX_TARGETS {
                continue;
            }
            last = reference;
            self.follow_one(reference, chain, planned, found, steps);
        }
    }

    fn follow_one(
        &self,
        reference: &str,
        chain: &Chain,
        planned: &Planned,
        found: &mut Found,
        steps: usize,
    ) {
        let Some((prefix, module)) = chain.last() else { return };
        let (root, rest) = reference.split_once('.').unwrap_or((reference, ""));
        match root {
            "var" => {
                let name = without_keys(rest.split('.').next().unwrap_or(rest));
                let around = chain.len().checked_sub(2).map(|at| &chain[..=at]);
                let call = without_keys(prefix);
                let call = call.trim_end_matches('.').rsplit('.').next().unwrap_or("");
                let argument = around.and_then(|around| {
                    let (_, node) = around.last()?;
                    Some((around, node.at(&["module_calls", call, "expressions", &name])?))
                });
                match argument {
                    Some((around, argument)) => {
                        self.follow(argument, &around.to_vec(), planned, found, steps + 1);
                    }
                    None => found.open = Some(Why::Variable(name.into())),
                }
            }
            "module" => {
                let end = end_of_step(rest);
                let (call, output) = match end {
                    Some(end) => (&rest[..end], &rest[end + 1..]),
                    None => return,
                };
                let output = without_keys(output.split('.').next().unwrap_or(output));
                let inner = module.at(&["module_calls", &without_keys(call), "module"]);
                let outputs = inner.and_then(|m| m.at(&["outputs", &output, "expression"]));
                let (Some(inner), Some(expression)) = (inner, outputs) else {
                    found.open = Some(Why::NotHere(reference.into()));
                    return;
                };
                let block = format!("{prefix}module.{}", without_keys(call));
                let exact = format!("{prefix}module.{call}.");
                let has_key = call.contains('[');
                for instance in self.modules.get(&block).map_or(&[][..], Vec::as_slice) {
                    if !has_key || *instance == exact {
                        let mut chain = chain.clone();
                        chain.push((instance.clone(), inner));
                        self.follow(expression, &chain, planned, found, steps + 1);
                    }
                }
            }
            "each" | "count" | "self" | "path" | "terraform" => {}
            "local" => found.open = Some(Why::NotHere(reference.into())),
            _ => self.resource(reference, prefix, planned, found),
        }
    }

    /// `aws_security_group.db[0].id`, `data.aws_vpc.main.id`
    fn resource(&self, reference: &str, prefix: &str, planned: &Planned, found: &mut Found) {
        let words = if reference.starts_with("data.") { 3 } else { 2 };
        let mut end = 0;
        for _ in 0..words {
            let Some(step) = end_of_step(&reference[end..]) else {
                end = reference.len() + 1;
                break;
            };
            end += step + 1;
        }
        let block = &reference[..end - 1];
        let attribute = reference.get(end..).unwrap_or("");
        let plain = without_keys(block);
        let members = self.members.get(&format!("{prefix}{plain}"));
        let Some(members) = members else {
            found.open = Some(Why::DataSource(reference.into()));
            return;
        };
        let exact = format!("{prefix}{block}");
        // References lose the key of the instance where it is computed: `x[count.index]`. Where
        // there are as many of both, each has its own.
        let mode = if planned.is_data { "data." } else { "" };
        let own_block = format!("{}{mode}{}.{}", planned.prefix, planned.kind, planned.name);
        let siblings = self.members.get(&own_block).map_or(0, Vec::len);
        let own = planned.spelled.strip_prefix(&*own_block).filter(|key| !key.is_empty());
        let own = own.filter(|_| siblings == members.len());
        let own = own.map(|key| format!("{prefix}{plain}{key}"));
        let own = own.filter(|wanted| members.iter().any(|m| **m == **wanted));
        let wanted = |member: &Name| match &own {
            _ if block.ends_with(']') => **member == *exact,
            Some(own) => **member == **own,
            None => true,
        };
        for member in members.iter().filter(|m| wanted(m)) {
            found.targets.push(self.reference(member, attribute));
        }
    }
}
