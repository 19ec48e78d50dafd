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
    /// Sorted.
    names: Vec<&'static str>,
    /// With the number of the type that each holds, alone or in a list or a map.
    fields: FxHashMap<&'static str, Option<usize>>,
}

#[derive(Default)]
struct Table {
    kinds: FxHashMap<(&'static str, &'static str), usize>,
    types: Vec<Type>,
}

/// A field that is there.
pub(super) struct Field {
    /// The type that it holds; `None` where everything below is free.
    pub(super) holds: Option<&'static Type>,
}

/// The type of an object; `None` for what the table does not speak of.
pub(super) fn of_kind(version: &str, kind: &str) -> Option<&'static Type> {
    let table = &*TABLE;
    table.kinds.get(&(version, kind)).map(|number| &table.types[*number])
}

impl Type {
    pub(super) fn field(&self, name: &str) -> Option<Field> {
        let holds = self.fields.get(name)?.map(|number| &TABLE.types[number]);
        Some(Field { holds })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().copied()
    }
}

impl Table {
    fn read(text: &'static str) -> Table {
        let lines = || text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        let types = || lines().filter(|words| !matches!(words[..], ["=" | "#" | "", ..] | [_]));
        let numbers: FxHashMap<&str, usize> =
            types().enumerate().map(|(number, words)| (words[0], number)).collect();
        let mut table = Table::default();
        for words in lines() {
            if let ["=", version, kind, name, ..] = words[..]
                && let Some(number) = numbers.get(name)
            {
                table.kinds.insert((version, kind), *number);
            }
        }
        for words in types() {
            let fields = || words[1..].iter().map(|word| field(word));
            let number = |holds: Option<&str>| holds.and_then(|name| numbers.get(name).copied());
            table.types.push(Type {
                name: words[0],
                names: fields().map(|(name, _)| name).collect(),
                fields: fields().map(|(name, holds)| (name, number(holds))).collect(),
            });
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
        let text = include_str!("fields.txt");
        assert_eq!(text.lines().filter(|l| l.starts_with("= ")).count(), TABLE.kinds.len());
        for told in &TABLE.types {
            assert!(told.names.is_sorted(), "{}", told.name);
            let line = text.lines().find(|l| l.split(' ').next() == Some(told.name)).unwrap();
            for (name, holds) in line.split(' ').skip(1).map(field) {
                let known = told.fields[name].map(|number| TABLE.types[number].name);
                assert_eq!(known, holds, "{} {name}", told.name);
            }
        }
    }
}
