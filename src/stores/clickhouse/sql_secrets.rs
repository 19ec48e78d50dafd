//! Secrets that SQL files hold for other servers: in engines, dictionaries, named collections.

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
    for statement in files.iter().flat_map(|f| statements(f)) {
        let StatementKind::Credentials(shown) = &statement.kind else { continue };
        for credential in shown.found.iter().filter(|c| !is_to_be_filled_in(&c.value)) {
            let secret = secret(shown, credential, statement.place, store);
            out.entry(secret.identity.address.clone()).or_insert(secret);
        }
    }
    out.into_values().collect()
}

fn secret(
    shown: &Credentials,
    credential: &Credential,
    whole: Place,
    store: Option<(&Address, &Name)>,
) -> Secret {
    let name = match &shown.name.database {
        Some(database) => format!("{database}.{}", shown.name.table),
        None => shown.name.table.to_string(),
    };
    let kind = if is_key(&credential.name) { "key" } else { "password" };
    let suffix = format!("secret/{name}/{}", credential.name);
    let address: Name = match store {
        Some((store, _)) => format!("{store}/sql/{suffix}").into(),
        None => format!("sql:{suffix}").into(),
    };
    let at = credential.place;
    let mut out = Secret::new(Identity {
        subject: store.map_or_else(|| address.clone(), |(s, _)| s.0.clone()),
        address,
        title: format!("the {kind} in the definition of `{name}`").into(),
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
    let keys = ["gcs", "oss", "cosn", "iceberg", "deltalake", "hudi", "azureblobstorage"];
    name.contains("key") || name.starts_with("s3") || keys.contains(&name)
}
