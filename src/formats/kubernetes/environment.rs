//! A container's variables, and `$(NAME)` in what is written with them.

use super::object::{Object, text};
use crate::formats::clear_text::{self, Holder};
use crate::model::fact::{Evidence, Fact, Name, Why};
use crate::model::fragment::{Container, Env, EnvFrom, EnvValue, Fragment};
use crate::tree::node::Node;

/// Texts longer than this are not expanded further: each variable may hold the one before twice.
const MAX_EXPANDED: usize = 1 << 16;

/// `env`, unexpanded.
pub(super) fn variables(object: &Object, container: &Node) -> Vec<Env> {
    let entries = container.get("env").map_or(&[][..], Node::items).iter();
    entries
        .filter_map(|entry| {
            let name = entry.get("name")?.text()?;
            Some(Env { name, value: value(object, entry), place: entry.place })
        })
        .collect()
}

fn value(object: &Object, entry: &Node) -> EnvValue {
    let Some(source) = entry.get("valueFrom").filter(|s| !s.is_null()) else {
        let written = entry.get("value").map_or(Fact::Unset(entry.place), text);
        let see = "Kubernetes: a variable without a value is empty";
        return EnvValue::Fact(written.or_default("".into(), see));
    };
    for (key, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
        let Some(reference) = source.get(key) else { continue };
        let (Some(name), Some(key)) =
            (reference.get("name").and_then(Node::str), reference.get("key").and_then(Node::text))
        else {
            continue;
        };
        return EnvValue::Key {
            bundle: object.neighbour(kind, name),
            key,
            secret: kind == "Secret",
            optional: is_optional(reference),
        };
    }
    let field =
        source.at(&["fieldRef", "fieldPath"]).or(source.at(&["resourceFieldRef", "resource"]));
    let why = match field.and_then(Node::text) {
        Some(field) => Why::DataSource(field),
        None => Why::NotUnderstood("the source of this variable".into()),
    };
    EnvValue::Fact(Fact::Unknown(why, source.place))
}

pub(super) fn is_optional(reference: &Node) -> bool {
    reference.get("optional").and_then(Node::bool).unwrap_or(false)
}

/// `envFrom`.
pub(super) fn bundles(object: &Object, container: &Node) -> Vec<EnvFrom> {
    let entries = container.get("envFrom").map_or(&[][..], Node::items).iter();
    entries
        .filter_map(|entry| {
            let config = entry.at(&["configMapRef", "name"]).map(|n| (n, "ConfigMap"));
            let (name, kind) =
                config.or_else(|| entry.at(&["secretRef", "name"]).map(|n| (n, "Secret")))?;
            Some(EnvFrom {
                bundle: object.neighbour(kind, name.str()?),
                prefix: entry.get("prefix").and_then(Node::text).unwrap_or_else(|| "".into()),
                secret: kind == "Secret",
                place: entry.place,
            })
        })
        .collect()
}

/// Puts literal values in the place of `$(NAME)`: in variables those defined before, in command
/// and arguments all (Kubernetes API reference, `EnvVar.value`, `Container.command`). Names whose
/// value is not written here stay as they are, for whoever knows more.
pub(super) fn expand(container: &mut Container) {
    let mut known: Vec<(Name, Fact<Name>)> = Vec::new();
    for variable in &mut container.env {
        if let EnvValue::Fact(fact) = &mut variable.value {
            *fact = expanded(fact, &known);
            if fact.known().is_some() {
                known.push((variable.name.clone(), fact.clone()));
                continue;
            }
        }
        // A later definition hides an earlier one of the same name.
        known.retain(|(name, _)| *name != variable.name);
    }
    for words in [&mut container.command, &mut container.args] {
        if let Fact::Known(words, _) = words {
            for word in words {
                *word = expanded(word, &known);
            }
        }
    }
}

fn expanded(fact: &Fact<Name>, known: &[(Name, Fact<Name>)]) -> Fact<Name> {
    let Fact::Known(text, origin) = fact else { return fact.clone() };
    if !text.contains("$(") {
        return fact.clone();
    }
    let (mut out, mut via) = (String::new(), Vec::new());
    let mut rest = &**text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(escaped) = rest.strip_prefix("$$") {
            out.push('$');
            rest = escaped;
            continue;
        }
        let name = rest.strip_prefix("$(").and_then(|r| r.split_once(')'));
        let value = name.and_then(|(name, behind)| {
            let found = known.iter().rev().find(|(n, _)| &**n == name)?;
            Some((found, behind))
        });
        match value {
            Some(((name, Fact::Known(value, from)), behind)) if out.len() < MAX_EXPANDED => {
                out.push_str(value);
                via.push(Evidence::new(from.at, format!("variable `{name}` is set here")));
                rest = behind;
            }
            _ => {
                out.push('$');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Fact::Known(out.into(), origin.clone().with_via(via))
}

/// Secrets that stand as literals among the variables.
pub(super) fn secrets(container: &Container, out: &mut Fragment) {
    let holder = Holder {
        address: &container.address,
        title: &container.title,
        whole: container.whole,
        exists: &container.exists,
    };
    for variable in &container.env {
        if let EnvValue::Fact(Fact::Known(value, origin)) = &variable.value
            && origin.via.is_empty()
        {
            out.secrets.extend(clear_text::secret(&holder, &variable.name, value, variable.place));
        }
    }
}
