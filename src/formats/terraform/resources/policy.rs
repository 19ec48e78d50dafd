//! IAM policy documents: whether they let in people who have shown nothing.

use super::facts::{and, any, net, not};
use super::json;
use super::world::World;
use crate::formats::terraform::value::{Resource, Val, ValKind};
use crate::model::fact::{Fact, Why};
use crate::model::reach::Circle;

/// A statement, as far as it matters who may come.
struct Statement {
    allows: Fact<bool>,
    /// Speaks of everybody, with or without an account.
    anybody: Fact<bool>,
    /// A condition keeps strangers out.
    limited: Fact<bool>,
    /// It speaks of more than reading.
    changes: Fact<bool>,
}

/// Whether a policy lets in anybody at all.
pub(super) fn lets_anybody_in(world: &World, policy: &Val) -> Fact<bool> {
    open_by(world, policy, |_, open| open)
}

/// Whether a policy lets anybody do more than read.
pub(super) fn lets_anybody_change(world: &World, policy: &Val) -> Fact<bool> {
    open_by(world, policy, |statement, open| and(open, statement.changes.clone()))
}

/// Whether a policy lets in anybody by a statement that counts.
fn open_by(
    world: &World,
    policy: &Val,
    counts: impl Fn(&Statement, Fact<bool>) -> Fact<bool>,
) -> Fact<bool> {
    let statements = match statements(world, policy) {
        Ok(statements) => statements,
        Err(why) => return Fact::Unknown(why, policy.at),
    };
    let closed = Fact::written(false, policy.at);
    let (mut open, mut shut) = (Vec::new(), Vec::new());
    for statement in statements {
        let everybody = statement.anybody.clone();
        if statement.allows.known() == Some(&false) {
            // A denial of everybody who comes from elsewhere closes the policy; one that asks for
            // TLS does not.
            shut.push(and(everybody, statement.limited));
        } else {
            let free = and(everybody, not(statement.limited.clone()));
            open.push(counts(&statement, and(statement.allows.clone(), free)));
        }
    }
    let open = any(open, closed.clone());
    if open.known() == Some(&true) { and(open, not(any(shut, closed))) } else { open }
}

fn statements(world: &World, policy: &Val) -> Result<Vec<Statement>, Why> {
    if let Some(document) = policy.as_target().known().and_then(|a| world.find(a)) {
        return if &*document.kind == "aws_iam_policy_document" {
            Ok(of_document(world, document, 4))
        } else {
            Err(Why::DataSource(document.spelled.clone()))
        };
    }
    let body = json::read(policy)?;
    Ok(body.list("Statement").items.into_iter().map(of_json).collect())
}

fn of_json(statement: &Val) -> Statement {
    let anybody = match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(principal), _) => everybody(principal),
        // Everybody but those named.
        (None, Some(other)) => Fact::written(true, other.at),
        (None, None) => Fact::written(false, statement.at),
    };
    let limited = match statement.get("Condition") {
        None => Fact::written(false, statement.at),
        Some(conditions) => any(
            entries(conditions).flat_map(|(test, keys)| {
                let test = test.to_owned();
                entries(keys)
                    .map(move |(key, values)| limits(&test, key, values))
                    .collect::<Vec<_>>()
            }),
            Fact::written(false, conditions.at),
        ),
    };
    let anybody = and(anybody, not(harmless(statement)));
    let changes = changes(statement, "Action", "NotAction");
    Statement { allows: allows(statement, "Effect"), anybody, limited, changes }
}

/// Actions that neither show nor change what is kept.
const HARMLESS: [&str; 2] = ["AbortMultipartUpload", "GetBucketLocation"];

/// Whether a statement speaks of nothing else.
fn harmless(statement: &Val) -> Fact<bool> {
    let actions = statement.list("Action").items;
    let told = actions.into_iter().map(|action| match action.as_text() {
        Fact::Known(name, origin) => {
            let name = name.rsplit(':').next().unwrap_or(&name);
            Fact::Known(HARMLESS.iter().any(|h| h.eq_ignore_ascii_case(name)), origin)
        }
        _ => Fact::written(false, action.at),
    });
    told.reduce(and).unwrap_or(Fact::written(false, statement.at))
}

/// Whether a statement speaks of other actions than those that get and list.
fn changes(statement: &Val, key: &str, but: &str) -> Fact<bool> {
    if let Some(but) = statement.get(but).filter(|but| !but.items().items.is_empty()) {
        return Fact::written(true, but.at);
    }
    let told = statement.list(key).items.into_iter().map(|action| {
        action.as_text().map(|name| {
            let name = name.rsplit(':').next().unwrap_or(&name).to_ascii_lowercase();
            !(name.starts_with("get") || name.starts_with("list"))
        })
    });
    any(told, Fact::written(true, statement.at))
}

fn allows(statement: &Val, key: &str) -> Fact<bool> {
    statement.text(key).map(|e| &*e == "Allow")
}

fn entries(value: &Val) -> impl Iterator<Item = (&str, &Val)> {
    let entries = match &value.kind {
        ValKind::Map { entries, .. } => &entries[..],
        _ => &[],
    };
    entries.iter().map(|(key, value)| (&**key, value))
}

/// `"*"` or `{"AWS": "*"}`, alone or in a list.
fn everybody(principal: &Val) -> Fact<bool> {
    let aws = principal.get("AWS");
    let named = match (&principal.kind, aws) {
        (ValKind::Map { .. }, None) => return Fact::written(false, principal.at),
        (_, Some(aws)) => aws.items(),
        _ => principal.items(),
    };
    let all = named.items.iter().map(|item| match item.as_text() {
        Fact::Known(text, origin) => Fact::Known(&*text == "*", origin),
        // Whatever a resource's attribute is, it is one principal.
        _ => Fact::written(false, item.at),
    });
    any(all, Fact::written(false, principal.at))
}

/// Conditions by which strangers stay outside (AWS docs, "The meaning of public"). Alibaba Cloud
/// has the same ones and writes `acs:` (OSS docs, "Bucket policy").
const LIMITS: [&str; 11] = [
    // Amazon SNS's own default policy names the account so.
    "aws:sourceowner",
    "aws:sourcevpce",
    "aws:sourcevpc",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:principalorgid",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:userid",
    "s3:dataaccesspointaccount",
];

fn limits(test: &str, key: &str, values: &Val) -> Fact<bool> {
    let key = key.to_ascii_lowercase().replace("acs:", "aws:");
    if key == "aws:sourceip" || key == "aws:vpcsourceip" {
        if test.starts_with("Not") {
            return Fact::written(true, values.at);
        }
        let narrow = values
            .items()
            .items
            .into_iter()
            .map(|v| net(v).map(|set| set.circle() != Circle::Internet));
        return narrow.reduce(and).unwrap_or(Fact::written(true, values.at));
    }
    Fact::written(LIMITS.contains(&key.as_str()), values.at)
}

/// `data.aws_iam_policy_document`, whose result follows from its blocks.
fn of_document(world: &World, document: &Resource, depth: usize) -> Vec<Statement> {
    let mut out = Vec::new();
    for key in ["source_policy_documents", "override_policy_documents"] {
        for item in document.body.list(key).items {
            let inner = item.as_target().known().and_then(|a| world.find(a));
            if let (Some(inner), true) = (inner, depth > 0) {
                out.extend(of_document(world, inner, depth - 1));
            }
        }
    }
    out.extend(document.body.list("statement").items.into_iter().map(of_block));
    out
}

fn of_block(block: &Val) -> Statement {
    let all = |key: &str| {
        let principals = block.list(key).items;
        any(
            principals.iter().flat_map(|p| {
                let kind = p.text("type");
                let known = kind.known().is_none_or(|k| matches!(&**k, "*" | "AWS"));
                let names = p.list("identifiers").items;
                names
                    .into_iter()
                    .map(move |n| match n.as_text() {
                        Fact::Known(text, origin) => Fact::Known(known && &*text == "*", origin),
                        _ => Fact::written(false, n.at),
                    })
                    .collect::<Vec<_>>()
            }),
            Fact::written(false, block.at),
        )
    };
    let conditions = block.list("condition").items;
    let limited = any(
        conditions.iter().filter_map(|c| {
            let (test, variable) = (c.text("test"), c.text("variable"));
            Some(limits(test.known()?, variable.known()?, c.get("values")?))
        }),
        Fact::written(false, block.at),
    );
    let allows =
        block.text("effect").or_default("Allow".into(), "provider docs, iam_policy_document");
    let changes = changes(block, "actions", "not_actions");
    Statement {
        allows: allows.map(|e| &*e == "Allow"),
        anybody: all("principals"),
        limited,
        changes,
    }
}
