//! A container's variables, and `$(NAME)` in what is written with them.

use rustc_hash::FxHashMap;

use super::object::{Object, text};
use crate::formats::clear_text::{self, Holder};
use crate::model::fact::{Evidence, Fact, Name, Why};
use crate::model::fragment::{Container, Env, EnvFrom, EnvValue, Fragment};
use crate::tree::node::Node;

/// Bytes that variables may add to one text: each could hold the one before twice.
const MAX_ADDED: usize = 1 << 12;

/// Longer than any name of a variable.
const MAX_NAME: usize = 256;

type Known = FxHashMap<Name, Fact<Name>>;

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

/// Puts literal values of variables in the place of `$(NAME)` in those defined after them
/// (Kubernetes API reference, `EnvVar.value`). Names whose value is not written here stay as they
/// are. Command and arguments are left to whoever knows the other values as well.
pub(super) fn expand(container: &mut Container) {
    let mut known = Known::default();
    for variable in &mut container.env {
        let fact = match &mut variable.value {
            EnvValue::Fact(fact) => {
                *fact = expanded(fact, &known);
                fact.known().is_some().then(|| fact.clone())
            }
            EnvValue::Key { .. } => None,
        };
        match fact {
            Some(fact) => known.insert(variable.name.clone(), fact),
            // It hides an earlier one of the same name.
            None => known.remove(&variable.name),
        };
    }
}

fn expanded(fact: &Fact<Name>, known: &Known) -> Fact<Name> {
    let Fact::Known(text, origin) = fact else { return fact.clone() };
    if !text.contains('$') {
        return fact.clone();
    }
    let (mut out, mut via, mut added) = (String::new(), Vec::new(), 0);
    let mut rest = &**text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(escaped) = rest.strip_prefix("$$") {
            out.push('$');
            rest = escaped;
            continue;
        }
        let found =
            reference(rest).and_then(|(name, behind)| Some((name, known.get(name)?, behind)));
        match found {
            Some((name, Fact::Known(value, from), behind)) if added + value.len() <= MAX_ADDED => {
                out.push_str(value);
                // An empty value costs nothing, and yet must not be told endlessly.
                added += value.len() + 1;
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

/// The name in `$(NAME)`, and what is behind it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix("$(")?;
    let end = inside.bytes().take(MAX_NAME).position(|b| b == b')')?;
    Some((&inside[..end], &inside[end + 1..]))
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
