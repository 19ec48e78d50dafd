//! Env files: `NAME=value` lines.

use rustc_hash::FxHashMap;

use super::interpolate::Interpolation;
use crate::model::fact::{Fact, Name};
use crate::source::{Place, Text};

/// Variables by name, and the order in which they stand.
#[derive(Clone, Default)]
pub(super) struct Variables {
    pub(super) list: Vec<(Name, Variable)>,
    index: FxHashMap<Name, usize>,
}

#[derive(Clone)]
pub(super) struct Variable {
    pub(super) value: Fact<Name>,
    /// The whole line.
    pub(super) place: Place,
}

impl Variable {
    pub(super) fn is_not_empty(&self) -> bool {
        self.value.known().is_some_and(|v| !v.is_empty())
    }

    pub(super) fn is_unknown(&self) -> bool {
        self.value.is_unknown()
    }
}

impl Variables {
    /// The last value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&Variable> {
        self.index.get(name).map(|i| &self.list[*i].1)
    }

    /// Takes over another's variables, which win.
    pub(super) fn add(&mut self, other: &Variables) {
        for (name, variable) in &other.list {
            self.index.insert(name.clone(), self.list.len());
            self.list.push((name.clone(), variable.clone()));
        }
    }

    /// Reads a file; values may name variables of lines before.
    pub(super) fn read(text: &Text) -> Variables {
        let mut out = Variables::default();
        let whole = text.as_str();
        let mut start = 0;
        for line in whole.split_inclusive('\n') {
            let range = start..start + line.trim_end().len();
            start += line.len();
            let line = line.trim();
            let line = line.strip_prefix("export ").unwrap_or(line);
            if line.starts_with('#') {
                continue;
            }
            let Some((name, value)) = line.split_once('=') else { continue };
            let name: Name = name.trim().into();
            let place = text.place(range);
            let value = out.value(value.trim(), place);
            out.index.insert(name.clone(), out.list.len());
            out.list.push((name, Variable { value, place }));
        }
        out
    }

    /// Single quotes keep everything; a space and `#` begin a comment outside of quotes (Compose
    /// documentation, "Env file syntax").
    fn value(&self, written: &str, at: Place) -> Fact<Name> {
        if let Some(inside) = quoted(written, '\'') {
            return Fact::written(inside.into(), at);
        }
        let text = quoted(written, '"').unwrap_or_else(|| {
            let comment = written.find(" #").or(written.starts_with('#').then_some(0));
            written[..comment.unwrap_or(written.len())].trim_end()
        });
        Interpolation::new(self).text(text).fact(at)
    }
}

fn quoted(text: &str, quote: char) -> Option<&str> {
    let inside = text.strip_prefix(quote)?;
    inside.find(quote).map(|end| &inside[..end])
}
