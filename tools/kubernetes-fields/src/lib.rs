//! The table of kinds and fields of the Kubernetes API, from the schemas of `k8s-openapi`.
//!
//! A line tells a kind (`= VERSION KIND TYPE`) or a type (`TYPE field field:TYPE field>1.34`).
//! `>` stands before the first version of Kubernetes that has a field and `<` before the last;
//! those without either are in all that the first line of the table names.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::Resource;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

/// Minor versions of Kubernetes.
pub type Minor = u32;

/// Of one field: the type that it holds, if that has fields, and the versions that have it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Field {
    pub holds: Option<String>,
    pub since: Option<Minor>,
    pub until: Option<Minor>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Table {
    /// The first and the last version.
    pub versions: (Minor, Minor),
    /// API version and kind, and the type.
    pub kinds: BTreeMap<(String, String), String>,
    pub types: BTreeMap<String, BTreeMap<String, Field>>,
}

macro_rules! kinds {
    ($generator:ident, $table:ident, $($kind:path),* $(,)?) => {
        $(add::<$kind>(&mut $generator, &mut $table);)*
    };
}

/// What the schemas of the version say that this package is built for.
pub fn current() -> Table {
    use k8s_openapi::api::{apps, autoscaling, batch, core, networking, policy, rbac, storage};
    let mut generator = SchemaGenerator::default();
    let minor = minor();
    let mut table = Table { versions: (minor, minor), ..Table::default() };
    kinds!(
        generator, table,
        apps::v1::DaemonSet, apps::v1::Deployment, apps::v1::ReplicaSet, apps::v1::StatefulSet,
        autoscaling::v2::HorizontalPodAutoscaler,
        batch::v1::CronJob, batch::v1::Job,
        core::v1::ConfigMap, core::v1::Endpoints, core::v1::LimitRange, core::v1::Namespace,
        core::v1::PersistentVolume, core::v1::PersistentVolumeClaim, core::v1::Pod,
        core::v1::PodTemplate, core::v1::ReplicationController, core::v1::ResourceQuota,
        core::v1::Secret, core::v1::Service, core::v1::ServiceAccount,
        networking::v1::Ingress, networking::v1::IngressClass, networking::v1::NetworkPolicy,
        policy::v1::PodDisruptionBudget,
        rbac::v1::ClusterRole, rbac::v1::ClusterRoleBinding, rbac::v1::Role, rbac::v1::RoleBinding,
        storage::v1::StorageClass,
    );
    let definitions = generator.definitions().clone();
    for (name, schema) in &definitions {
        let fields = fields(schema, &definitions);
        if !fields.is_empty() {
            table.types.insert(short(name), fields);
        }
    }
    table.prune();
    table
}

/// The version of the API that `k8s-openapi` was told to have.
fn minor() -> Minor {
    const ON: [(bool, Minor); 5] = [
        (cfg!(feature = "v1_33"), 33),
        (cfg!(feature = "v1_34"), 34),
        (cfg!(feature = "v1_35"), 35),
        (cfg!(feature = "v1_36"), 36),
        (cfg!(feature = "v1_37"), 37),
    ];
    ON.iter().find(|(on, _)| *on).expect("one version is switched on").1
}

fn add<T: Resource + JsonSchema>(generator: &mut SchemaGenerator, table: &mut Table) {
    generator.subschema_for::<T>();
    let key = (T::API_VERSION.to_owned(), T::KIND.to_owned());
    table.kinds.insert(key, short(&T::schema_name()));
}

/// `io.k8s.api.core.v1.Service` as `core.v1.Service`.
fn short(name: &str) -> String {
    let name = name.strip_prefix("io.k8s.").unwrap_or(name);
    let name = name.strip_prefix("api.").unwrap_or(name);
    name.strip_prefix("apimachinery.pkg.apis.").unwrap_or(name).to_owned()
}

type Definitions = serde_json::Map<String, Value>;

fn fields(schema: &Value, all: &Definitions) -> BTreeMap<String, Field> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return BTreeMap::new();
    };
    properties
        .iter()
        .map(|(name, property)| {
            // What the server writes is nobody's setting.
            let holds = if name == "status" { None } else { holds(property, all) };
            (name.clone(), Field { holds, since: None, until: None })
        })
        .collect()
}

/// The type with fields that a property leads to, through lists and maps.
fn holds(property: &Value, all: &Definitions) -> Option<String> {
    if let Some(target) = property.get("$ref").and_then(Value::as_str) {
        let name = target.rsplit('/').next()?;
        all.get(name)?.get("properties")?;
        return Some(short(name));
    }
    for key in ["items", "additionalProperties"] {
        if let Some(found) = property.get(key).and_then(|inner| holds(inner, all)) {
            return Some(found);
        }
    }
    ["allOf", "anyOf", "oneOf"].iter().find_map(|key| {
        property.get(key)?.as_array()?.iter().find_map(|inner| holds(inner, all))
    })
}

impl Table {
    /// Keeps the types that something written by hand can hold.
    fn prune(&mut self) {
        let mut kept = BTreeSet::new();
        let mut open: Vec<String> = self.kinds.values().cloned().collect();
        while let Some(name) = open.pop() {
            let Some(fields) = self.types.get(&name) else { continue };
            if kept.insert(name) {
                open.extend(fields.values().filter_map(|field| field.holds.clone()));
            }
        }
        self.types.retain(|name, _| kept.contains(name));
    }

    /// What one version of a table has, without marks.
    pub fn at(&self, minor: Minor) -> Table {
        let there = |field: &&Field| {
            field.since.is_none_or(|since| since <= minor)
                && field.until.is_none_or(|until| minor <= until)
        };
        let mut out = Table { versions: (minor, minor), ..Table::default() };
        for (name, fields) in &self.types {
            let fields: BTreeMap<String, Field> = fields
                .iter()
                .filter(|(_, field)| there(field))
                .map(|(name, field)| (name.clone(), Field { since: None, until: None, ..field.clone() }))
                .collect();
            if !fields.is_empty() {
                out.types.insert(name.clone(), fields);
            }
        }
        out.kinds = self.kinds.clone();
        out
    }

    /// This table with what one version has. Versions come in order, from the oldest.
    pub fn with(mut self, new: &Table) -> Table {
        let minor = new.versions.0;
        if self.types.is_empty() {
            return new.clone();
        }
        let (first, last) = self.versions;
        self.versions = (first.min(minor), last.max(minor));
        self.kinds.extend(new.kinds.clone());
        let names: BTreeSet<String> = self.types.keys().chain(new.types.keys()).cloned().collect();
        for name in names {
            let old = self.types.entry(name.clone()).or_default();
            let empty = BTreeMap::new();
            let now = new.types.get(&name).unwrap_or(&empty);
            for (field, value) in now {
                let since = (minor > last).then_some(minor);
                old.entry(field.clone()).or_insert_with(|| Field { since, ..value.clone() });
            }
            for (field, value) in old.iter_mut() {
                if minor > last && !now.contains_key(field) && value.until.is_none() {
                    value.until = Some(last);
                }
            }
        }
        self
    }

    pub fn write(&self) -> String {
        let (first, last) = self.versions;
        let mut out = format!(
            "# Kubernetes 1.{first} to 1.{last}. Written by tools/kubernetes-fields; see there.\n"
        );
        for ((version, kind), name) in &self.kinds {
            out += &format!("= {version} {kind} {name}\n");
        }
        for (name, fields) in &self.types {
            out += name;
            for (field, told) in fields {
                out += &format!(" {field}");
                if let Some(holds) = &told.holds {
                    out += &format!(":{holds}");
                }
                if let Some(since) = told.since {
                    out += &format!(">1.{since}");
                }
                if let Some(until) = told.until {
                    out += &format!("<1.{until}");
                }
            }
            out.push('\n');
        }
        out
    }

    pub fn read(text: &str) -> Table {
        let mut out = Table::default();
        for line in text.lines() {
            let mut words = line.split(' ');
            match words.next() {
                Some("#") => {
                    let mut minors = words.filter_map(|w| {
                        w.trim_end_matches('.').strip_prefix("1.")?.parse().ok()
                    });
                    out.versions = (minors.next().unwrap_or(0), minors.next().unwrap_or(0));
                }
                Some("=") => {
                    let mut word = || words.next().unwrap_or_default().to_owned();
                    let (version, kind) = (word(), word());
                    out.kinds.insert((version, kind), word());
                }
                Some(name) if !name.is_empty() => {
                    let fields = words.map(read_field).collect();
                    out.types.insert(name.to_owned(), fields);
                }
                _ => {}
            }
        }
        out
    }
}

fn read_field(word: &str) -> (String, Field) {
    let (word, until) = word.split_once("<1.").map_or((word, None), |(w, v)| (w, v.parse().ok()));
    let (word, since) = word.split_once(">1.").map_or((word, None), |(w, v)| (w, v.parse().ok()));
    let (name, holds) = word.split_once(':').map_or((word, None), |(n, h)| (n, Some(h.to_owned())));
    (name.to_owned(), Field { holds, since, until })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/formats/kubernetes/fields.txt");

    #[test]
    fn the_table_is_what_the_api_has() {
        let written = std::fs::read_to_string(PATH).unwrap_or_default();
        let (table, now) = (Table::read(&written), current());
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(PATH, table.with(&now).write()).expect("the table can be written");
            return;
        }
        assert_eq!(table.write(), written, "the table is written as this package writes it");
        let (there, now) = (table.at(now.versions.0).write(), now.write());
        assert!(there == now, "other than the API has it; run with UPDATE=1 from 1.33 upward");
    }
}
