//! Under which configuration of its provider a resource stands: `aws`, or `aws.west` of an alias.

use std::collections::BTreeMap;

use super::module;
use super::scope::{Repetition, Scope};
use super::world::World;
use crate::formats::terraform::value::Val;
use crate::model::fact::Name;
use crate::tree::hcl::{Block, Expr, ExprKind, ObjectKey};

/// The name that a `provider` block goes by.
pub(super) fn configured(block: &Block) -> Option<Name> {
    let provider = &block.labels.first()?.text;
    let alias = block.body.attribute("alias").and_then(|a| module::literal(&a.expr));
    Some(alias.map_or_else(|| provider.clone(), |alias| format!("{provider}.{alias}").into()))
}

impl World<'_> {
    /// What the root says of each configuration.
    pub(super) fn providers(&mut self) -> BTreeMap<Name, Val> {
        let module = self.instances[0].module;
        let mut out = BTreeMap::new();
        for (name, block) in &module.providers {
            let mut scope = Scope::of(0, Repetition::None);
            out.insert(name.clone(), self.resource_body(block, &mut scope));
        }
        out
    }

    /// The root's configuration for a block of a module instance. Without a word about it a module
    /// gets its caller's configuration without an alias (Terraform, language/modules/develop/providers).
    pub(super) fn provider(&self, instance: usize, block: &Block) -> Option<Name> {
        let kind = block.labels.first().map(|l| &*l.text)?;
        let told = block.body.attribute("provider").and_then(|a| spelled(&a.expr));
        let mut name = told.unwrap_or_else(|| kind.split('_').next().unwrap_or(kind).to_owned());
        let mut at = instance;
        while let Some((caller, call)) = self.caller(at) {
            if self.instances[at].module.providers.contains_key(name.as_str()) {
                // A module's own configuration, which only old modules have.
                return None;
            }
            name = match call.body.attribute("providers").map(|a| &a.expr.kind) {
                Some(ExprKind::Object(items)) => {
                    match items.iter().find(|(key, _)| key_is(key, &name)) {
                        Some((_, value)) => spelled(value)?,
                        None => name,
                    }
                }
                _ => name,
            };
            at = caller;
        }
        Some(name.into())
    }
}

fn key_is(key: &ObjectKey, wanted: &str) -> bool {
    match key {
        ObjectKey::Name(name, _) => &**name == wanted,
        ObjectKey::Expr(expr) => spelled(expr).is_some_and(|name| name == wanted),
    }
}

/// `aws.west`, also in quotes as old configurations have it.
fn spelled(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Variable(name) => Some(name.to_string()),
        ExprKind::String(text, _) => Some(text.to_string()),
        ExprKind::Attr(base, alias) => match &base.kind {
            ExprKind::Variable(name) => Some(format!("{name}.{alias}")),
            _ => None,
        },
        _ => None,
    }
}
