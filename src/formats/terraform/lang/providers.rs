//! Which major version of a provider a resource is read by.

use std::collections::BTreeMap;

use super::module::{self, Module};
use crate::formats::Unit;
use crate::model::fact::Name;
use crate::tree::hcl::{self, Block, Expr, ExprKind, ObjectKey};

/// Major versions by the provider's local name.
#[derive(Clone, Default)]
pub(super) struct Providers {
    /// From the lock file, by the last part of the provider's source.
    locked: BTreeMap<Name, u32>,
    declared: BTreeMap<Name, u32>,
}

impl Providers {
    /// The versions of a root's lock file.
    pub(super) fn locked(unit: &Unit, root: &str) -> Providers {
        let mut providers = Providers::default();
        let Some(file) = module::lock_file(unit, root) else { return providers };
        let (body, _) = hcl::parse(&unit.sources.text(file));
        for block in body.blocks("provider") {
            let version = block.body.attribute("version").and_then(|a| module::literal(&a.expr));
            let source = block.labels.first().map(|l| &*l.text);
            let name = source.and_then(|s| s.rsplit('/').next());
            if let (Some(name), Some(major)) = (name, version.and_then(|v| first_number(v))) {
                providers.locked.insert(name.into(), major);
            }
        }
        providers
    }

    /// With what a module demands, and what the root demands for it.
    pub(super) fn with(&self, root: &Module, module: &Module) -> Providers {
        let mut providers = self.clone();
        for settings in root.settings.iter().chain(&module.settings) {
            for block in settings.body.blocks("required_providers") {
                for attribute in &block.body.attributes {
                    providers.demand(&attribute.name, &attribute.expr);
                }
            }
            // JSON syntax has an object here.
            if let Some(attribute) = settings.body.attribute("required_providers")
                && let ExprKind::Object(items) = &attribute.expr.kind
            {
                for (key, value) in items {
                    if let ObjectKey::Name(name, _) = key {
                        providers.demand(name, value);
                    }
                }
            }
        }
        providers
    }

    fn demand(&mut self, name: &Name, expr: &Expr) {
        let field = |wanted: &str| match &expr.kind {
            ExprKind::Object(items) => items.iter().find_map(|(key, value)| match key {
                ObjectKey::Name(name, _) if &**name == wanted => module::literal(value),
                _ => None,
            }),
            _ => None,
        };
        let locked = field("source").and_then(|s| self.locked.get(s.rsplit('/').next()?));
        let version = field("version").or_else(|| module::literal(expr));
        if let Some(major) = locked.copied().or_else(|| version.and_then(|v| only_major(v))) {
            self.declared.insert(name.clone(), major);
        }
    }

    /// The major version for a resource, by its `provider` or its type's first word.
    pub(super) fn major(&self, block: &Block) -> Option<u32> {
        let explicit = block.body.attribute("provider").and_then(|a| first_word(&a.expr));
        let kind = block.labels.first().map(|l| &*l.text)?;
        let name = explicit.or_else(|| kind.split('_').next())?;
        self.declared.get(name).or_else(|| self.locked.get(name)).copied()
    }
}

fn first_word(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Variable(name) => Some(name),
        ExprKind::String(text, _) => text.split('.').next(),
        ExprKind::Attr(base, _) | ExprKind::Index(base, _) => first_word(base),
        _ => None,
    }
}

fn first_number(version: &str) -> Option<u32> {
    version.trim().split('.').next()?.parse().ok()
}

/// The one major version that a constraint admits. `~> 6` admits 7 as well, `~> 6.0` does not
/// (Terraform, language/expressions/version-constraints).
pub(in crate::formats::terraform) fn only_major(constraint: &str) -> Option<u32> {
    let (mut least, mut below) = (0, u32::MAX);
    for part in constraint.split(',').map(str::trim) {
        let digits = part.find(|c: char| c.is_ascii_digit())?;
        let (operator, version) = (part[..digits].trim(), &part[digits..]);
        let major = first_number(version)?;
        let rest_is_zero = version.split('.').skip(1).all(|n| n.parse() == Ok(0));
        match operator {
            "" | "=" => (least, below) = (least.max(major), below.min(major + 1)),
            "~>" if version.contains('.') => {
                (least, below) = (least.max(major), below.min(major + 1));
            }
            "~>" | ">=" | ">" => least = least.max(major),
            "<" if rest_is_zero => below = below.min(major),
            "<" | "<=" => below = below.min(major + 1),
            _ => {}
        }
    }
    (below == least + 1).then_some(least)
}
