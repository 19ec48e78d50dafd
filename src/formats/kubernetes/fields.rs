//! The kinds and fields of the API, from a table that `tools/kubernetes-fields` writes.
//!
//! It holds what any of several versions of Kubernetes has: a field of another version is no
//! mistake in itself.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("fields.txt")));

/// What has fields.
pub(super) struct Type {
    /// `core.v1.ServiceSpec`.
    pub(super) name: &'static str,
    /// Sorted by name, with the type that each holds, alone or in a list or a map.
    fields: Vec<(&'static str, Option<&'static str>)>,
}

#[derive(Default)]
struct Table {
    kinds: FxHashMap<(&'static str, &'static str), &'static str>,
    types: FxHashMap<&'static str, Type>,
}

/// A field that is there.
pub(super) struct Field {
    /// The type that it holds; `None` where everything below is free.
    pub(super) holds: Option<&'static Type>,
}

/// The type of an object; `None` for what the table does not speak of.
pub(super) fn of_kind(version: &str, kind: &str) -> Option<&'static Type> {
    let table = &*TABLE;
    table.kinds.get(&(version, kind)).and_then(|name| table.types.get(name))
}

impl Type {
    pub(super) fn field(&self, name: &str) -> Option<Field> {
        let at = self.fields.binary_search_by(|(field, _)| (*field).cmp(name)).ok()?;
        let holds = self.fields[at].1.and_then(|name| TABLE.types.get(name));
        Some(Field { holds })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|(name, _)| *name)
    }
}

impl Table {
    fn read(text: &'static str) -> Table {
        let mut table = Table::default();
        for line in text.lines() {
            let mut words = line.split(' ');
            match (words.next(), words.next(), words.next(), words.next()) {
                (Some("="), Some(version), Some(kind), Some(name)) => {
                    table.kinds.insert((version, kind), name);
                }
                (Some(name), Some(_), ..) if name != "#" => {
                    let fields = line.split(' ').skip(1).map(field).collect();
                    table.types.insert(name, Type { name, fields });
                }
                _ => {}
            }
        }
        table
    }
}

/// `name`, `name:TYPE`, with marks for the versions behind it.
fn field(word: &'static str) -> (&'static str, Option<&'static str>) {
    let word = word.split(['<', '>']).next().unwrap_or(word);
    word.split_once(':').map_or((word, None), |(name, holds)| (name, Some(holds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_leads_from_kinds_to_fields() {
        let service = of_kind("v1", "Service").expect("a Service is in the table");
        let spec = service.field("spec").and_then(|f| f.holds).expect("its spec has a type");
        assert_eq!(spec.name, "core.v1.ServiceSpec");
        assert!(spec.field("loadBalancerSourceRanges").is_some());
        assert!(spec.field("loadBalancerSourceRange").is_none());
        assert!(service.field("status").is_some_and(|f| f.holds.is_none()));
        assert!(of_kind("v1beta1", "Service").is_none());
    }

    #[test]
    fn every_type_is_there_and_sorted() {
        for kind in TABLE.kinds.values() {
            assert!(TABLE.types.contains_key(kind), "{kind}");
        }
        for (name, told) in &TABLE.types {
            assert!(told.fields.is_sorted(), "{name}");
            let mut held = told.fields.iter().filter_map(|(_, holds)| *holds);
            assert!(held.all(|h| TABLE.types.contains_key(h)), "{name}");
        }
    }
}
