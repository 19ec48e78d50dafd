//! Secrets that SQL files hold for other servers: in engines, dictionaries, named collections, and
//! in the table functions of queries.

use std::collections::BTreeMap;

use super::tables::statements;
use super::users::{is_known, is_to_be_filled_in};
use crate::model::concept::{Identity, Secret};
use crate::model::fact::{Fact, Name, Origin};
use crate::model::fragment::{Address, ConfigFile};
use crate::source::Place;
use crate::tree::sql::{Credential, Credentials, StatementKind};

/// Each value that can be read, once for what it is shown to.
pub(super) fn secrets(files: &[&ConfigFile], store: Option<(&Address, &Name)>) -> Vec<Secret> {
    let mut out: BTreeMap<Name, Secret> = BTreeMap::new();
    for file in files {
        // One password of many queries is one secret of their file.
        let mut shown_by_queries: Vec<(&str, &str)> = Vec::new();
        for statement in statements(file) {
            let StatementKind::Credentials(shown) = &statement.kind else { continue };
            for credential in shown.found.iter().filter(|c| !is_placeholder(&c.value)) {
                let told = (&*credential.name, &*credential.value);
                let number = if shown.name.is_some() {
                    0
                } else if shown_by_queries.contains(&told) || shown_by_queries.len() == MAX_QUERIES
                {
                    continue;
                } else {
                    shown_by_queries.push(told);
                    shown_by_queries.iter().filter(|(name, _)| *name == told.0).count()
                };
                let made = secret(shown, credential, (file, number), statement.place, store);
                out.entry(made.identity.address.clone()).or_insert(made);
            }
        }
    }
    out.into_values().collect()
}

/// Secrets of one file's queries that are told one by one.
const MAX_QUERIES: usize = 100;

/// Whether a value only marks a place, or is the name of what belongs there.
fn is_placeholder(value: &str) -> bool {
    let words = ["aws", "s3", "my", "the", "access", "secret", "key", "id", "account", "storage"];
    let lower = value.to_ascii_lowercase();
    let mut parts = lower.split(['_', '-', ' ']).filter(|part| !part.is_empty());
    let named = lower.ends_with("key") && parts.all(|part| words.contains(&part));
    named || lower.ends_with("-here") || lower.ends_with("_here") || is_to_be_filled_in(value)
}

fn secret(
    shown: &Credentials,
    credential: &Credential,
    (file, number): (&ConfigFile, usize),
    whole: Place,
    store: Option<(&Address, &Name)>,
) -> Secret {
    let kind = if is_key(&credential.name) { "key" } else { "password" };
    let (name, suffix, title) = if let Some(name) = &shown.name {
        let name = match &name.database {
            Some(database) => format!("{database}.{}", name.table),
            None => name.table.to_string(),
        };
        let suffix = format!("secret/{name}/{}", credential.name);
        let title = format!("the {kind} in the definition of `{name}`");
        (name, suffix, title)
    } else {
        let nth = if number > 1 { format!("[{number}]") } else { String::new() };
        let suffix = format!("secret/{}/{}{nth}", file.address, credential.name);
        let title = format!("the {kind} that a query hands to `{}`", credential.name);
        (credential.name.to_string(), suffix, title)
    };
    let address: Name = match store {
        Some((store, _)) => format!("{store}/sql/{suffix}").into(),
        None => format!("sql:{suffix}").into(),
    };
    let at = credential.place;
    let mut out = Secret::new(Identity {
        subject: store.map_or_else(|| address.clone(), |(s, _)| s.0.clone()),
        address,
        title: title.into(),
        place: at,
        whole,
        exists: Fact::written(true, at),
    });
    let origin = || Origin::written(at);
    out.name = Fact::Known(name.into(), origin());
    out.kind = Fact::Known(kind.into(), origin());
    out.engine = Fact::Known("clickhouse".into(), origin());
    out.in_clear = Fact::Known(true, origin());
    out.well_known = Fact::Known(is_known(&credential.value, ""), origin());
    out
}

/// Keys of stores of objects; what else is shown is a password.
fn is_key(name: &str) -> bool {
    let keys = [
        "gcs",
        "oss",
        "cosn",
        "iceberg",
        "icebergs3",
        "icebergazure",
        "deltalake",
        "hudi",
        "azureblobstorage",
    ];
    name.contains("key")
        || name.starts_with("s3")
        || name.starts_with("S3")
        || keys.contains(&name.to_ascii_lowercase().trim_end_matches("cluster"))
}
