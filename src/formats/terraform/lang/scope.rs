//! The names that an expression may use beside the module's own.

use std::sync::Arc;

use super::super::value::Val;
use crate::model::fact::{Name, Why};
use crate::model::fragment::Address;

/// Which of several instances an expression is evaluated for.
#[derive(Clone, Debug, Default)]
pub(super) enum Repetition {
    #[default]
    None,
    Count(Val),
    /// Key and value.
    Each(Arc<(Val, Val)>),
    /// Nobody can tell which.
    Unknown(Why),
}

/// Where an expression stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// The module instance; `None` for text of its own, such as a template file.
    pub(super) instance: Option<usize>,
    pub(super) repetition: Repetition,
    /// The resource instance that `self` means.
    pub(super) me: Option<Address>,
    /// Names of `for` expressions, iterators, template variables; the innermost last.
    names: Vec<(Name, Val)>,
    /// Elements of the splats around.
    pub(super) splat: Vec<Val>,
}

impl Scope {
    pub(super) fn of(instance: usize, repetition: Repetition) -> Scope {
        Scope { instance: Some(instance), repetition, ..Scope::default() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Val> {
        self.names.iter().rev().find(|(n, _)| &**n == name).map(|(_, v)| v)
    }

    pub(super) fn set(&mut self, name: Name, val: Val) {
        self.names.push((name, val));
    }

    pub(super) fn unset(&mut self) {
        self.names.pop();
    }

    /// The names of one round of a `for`.
    pub(super) fn push(&mut self, key: Option<&Name>, k: Val, name: &Name, v: Val) {
        if let Some(key) = key {
            self.set(key.clone(), k);
        }
        self.set(name.clone(), v);
    }

    pub(super) fn pop(&mut self, key: Option<&Name>) {
        self.unset();
        if key.is_some() {
            self.unset();
        }
    }
}
