//! Statements that the server runs whenever it starts: `startup_scripts` of its document
//! ("Startup scripts" of ClickHouse's documentation).

use std::sync::Arc;

use super::names::Names;
use super::{sql_secrets, sql_users};
use crate::model::concept::Secret;
use crate::model::fragment::{ConfigBody, ConfigFile};
use crate::source::Text;
use crate::tree::sql::{self, Statement};
use crate::tree::xml::{Content, Element};

/// Statements that are looked at; nobody writes more into a configuration.
const MAX_SCRIPTS: usize = 1_000;

/// Secrets that the statements show.
pub(super) fn secrets(root: &Element, names: &Names) -> Vec<Secret> {
    let Some(section) = root.child("startup_scripts") else { return Vec::new() };
    let scripts = section.elements().filter(|e| &*e.name == "scripts").take(MAX_SCRIPTS);
    let statements: Vec<Statement> =
        scripts.filter_map(|script| script.child("query")).flat_map(statements).collect();
    let file = ConfigFile {
        address: names.store.clone(),
        name: "startup_scripts".into(),
        place: section.place,
        body: ConfigBody::ClickHouseSql(Arc::new(statements)),
    };
    let store = names.is_store.then_some((&names.store, &names.title));
    let mut out = sql_users::secrets(&[&file], store);
    out.extend(sql_secrets::secrets(&[&file], store));
    out
}

fn statements(query: &Element) -> Vec<Statement> {
    let texts = query.children.iter().filter_map(|child| match child {
        Content::Text(run) => Some(Text::nested(run.text.clone(), run.place, run.pieces.clone())),
        Content::Element(_) => None,
    });
    texts.flat_map(|text| sql::parse(&text).0).collect()
}
