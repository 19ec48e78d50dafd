//! Tables as a sequence of statements leaves them, and how long each keeps its rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::Parts;
use super::holds::Rows;
use super::{holds, migrations, sql_secrets, sql_users};
use crate::model::class::Declared;
use crate::model::concept::{Identity, Retention};
use crate::model::fact::{Basis, Evidence, Fact, Name, Origin, Why};
use crate::model::fragment::{Address, ConfigBody, ConfigFile, Keep};
use crate::source::Place;
use crate::tree::sql::{
    Alter, AlterAction, Base, Column, Create, Statement, StatementKind, TableName, Ttl,
};

/// A table as the statements so far have made it.
#[derive(Clone)]
struct Table {
    name: TableName,
    head: Place,
    whole: Place,
    engine: Option<Name>,
    columns: Vec<Column>,
    comment: Option<Name>,
    key: Vec<Name>,
    ttl: Option<Ttl>,
    /// The `ALTER` that set or took away the TTL last.
    altered: Option<Place>,
    /// Where the TTL stood that was taken away.
    removed: Option<Place>,
    view: bool,
    temporary: bool,
}

/// Tables by database and name, in the order of their names.
type Tables = BTreeMap<(Name, Name), Table>;

/// The tables of some files.
pub(super) fn parts(
    files: &[&ConfigFile],
    store: Option<(&Address, &Name)>,
    declared: &[Declared],
) -> Parts {
    let mut secrets = sql_users::secrets(files, store);
    secrets.extend(sql_secrets::secrets(files, store));
    let mut out = Parts { secrets, ..Parts::default() };
    if let Some((address, title)) = store {
        let mut tables = Tables::new();
        for file in files {
            apply(statements(file), &mut tables);
        }
        for (key, table) in &tables {
            let identity = Identity {
                address: format!("{address}/table/{}.{}", key.0, key.1).into(),
                subject: address.0.clone(),
                ..identity(table, &format!(" of {title}"))
            };
            out.keeps.extend(keep(table, identity, Some(address.clone()), declared));
        }
        return out;
    }
    let (schemas, scripts): (Vec<&ConfigFile>, Vec<&ConfigFile>) =
        files.iter().partition(|file| file.name.ends_with(".hcl"));
    let folders = by_folder(&scripts);
    let wanted = migrations::still_wanted(by_folder(&schemas), &folders);
    let mut seen: BTreeMap<(Name, Name), usize> = BTreeMap::new();
    for key in folders.values().chain(wanted.values()).flat_map(Tables::keys) {
        *seen.entry(key.clone()).or_default() += 1;
    }
    for (folder, tables) in folders.iter().chain(&wanted) {
        for (key, table) in tables {
            // The folder is part of the name only where it must be.
            let scope = if seen[key] > 1 { format!("{folder}/") } else { String::new() };
            let address: Name = format!("sql:{scope}{}.{}", key.0, key.1).into();
            let identity = Identity { subject: address.clone(), address, ..identity(table, "") };
            out.keeps.extend(keep(table, identity, None, declared));
        }
    }
    out
}

/// Each folder's tables, its files in the order in which migration tools run them.
fn by_folder<'a>(files: &[&'a ConfigFile]) -> BTreeMap<&'a str, Tables> {
    let made = |files: Vec<&ConfigFile>| {
        let mut tables = Tables::new();
        for file in files {
            apply(statements(file), &mut tables);
        }
        tables
    };
    let folders = migrations::folders(files).into_iter();
    folders.map(|(folder, files)| (folder, made(files))).collect()
}

pub(super) fn statements(file: &ConfigFile) -> &[Statement] {
    match &file.body {
        ConfigBody::ClickHouseSql(statements) => statements,
        _ => &[],
    }
}

fn apply(statements: &[Statement], tables: &mut Tables) {
    let mut database: Name = "default".into();
    for statement in statements {
        let key = |name: &TableName| {
            (name.database.clone().unwrap_or_else(|| database.clone()), name.table.clone())
        };
        match &statement.kind {
            StatementKind::Use(name) => database = name.clone(),
            StatementKind::Create(create) => {
                let at = key(&create.name);
                if create.if_not_exists && !create.replace && tables.contains_key(&at) {
                    continue;
                }
                let like = create.like.as_ref().and_then(|n| tables.get(&key(n)));
                let table = made(create, like, statement.place);
                tables.insert(at, table);
            }
            StatementKind::Alter(alter) => {
                if let Some(table) = tables.get_mut(&key(&alter.name)) {
                    change(table, alter);
                }
            }
            StatementKind::Drop(name) => {
                tables.remove(&key(name));
            }
            StatementKind::DropDatabase(name) => tables.retain(|(db, _), _| db != name),
            StatementKind::Rename(pairs) => {
                for (from, to) in pairs {
                    if let Some(mut table) = tables.remove(&key(from)) {
                        table.name = TableName { place: table.name.place, ..to.clone() };
                        tables.insert(key(to), table);
                    }
                }
            }
            StatementKind::Exchange(a, b) => {
                if let (Some(one), Some(two)) = (tables.remove(&key(a)), tables.remove(&key(b))) {
                    tables.insert(key(a), Table { name: a.clone(), ..two });
                    tables.insert(key(b), Table { name: b.clone(), ..one });
                }
            }
            StatementKind::User(_)
            | StatementKind::DropUser(_)
            | StatementKind::Grant(_)
            | StatementKind::Credentials(_) => {}
        }
    }
}

/// `CREATE TABLE b AS a` copies columns, engine and TTL.
fn made(create: &Create, like: Option<&Table>, whole: Place) -> Table {
    let own_columns = !create.columns.is_empty();
    let columns = match like {
        Some(like) if !own_columns => like.columns.clone(),
        _ => create.columns.clone(),
    };
    let engine = create.engine.as_ref().map(|e| e.name.clone());
    Table {
        name: create.name.clone(),
        head: create.head,
        whole,
        engine: engine.or_else(|| like.and_then(|l| l.engine.clone())),
        columns,
        comment: create.comment.clone(),
        key: if create.key.is_empty() {
            like.map_or_else(Vec::new, |l| l.key.clone())
        } else {
            create.key.clone()
        },
        ttl: create.ttl.clone().or_else(|| like.and_then(|l| l.ttl.clone())),
        altered: None,
        removed: None,
        // Rows of a view with `TO` lie in that table, rows of other views in an inner one.
        view: create.view && (create.to.is_some() || create.engine.is_none()),
        // Of a table that is copied from one which is not here nothing is known.
        temporary: create.temporary
            || (create.like.is_some() && like.is_none() && create.engine.is_none()),
    }
}

fn change(table: &mut Table, alter: &Alter) {
    for action in &alter.actions {
        match action {
            AlterAction::ModifyTtl(ttl) => {
                table.altered = Some(alter.head.to(ttl.place));
                table.ttl = Some(ttl.clone());
            }
            AlterAction::RemoveTtl(at) => {
                table.removed = table.ttl.take().map(|t| t.place);
                table.altered = Some(alter.head.to(*at));
            }
            AlterAction::AddColumn(column) => table.columns.push(column.clone()),
            AlterAction::ModifyColumn(new) => {
                if let Some(old) = table.columns.iter_mut().find(|c| c.name == new.name)
                    && !new.kind.is_empty()
                {
                    old.kind = new.kind.clone();
                }
            }
            AlterAction::DropColumn(name) => table.columns.retain(|c| c.name != *name),
            AlterAction::RenameColumn(from, to) => {
                if let Some(column) = table.columns.iter_mut().find(|c| c.name == *from) {
                    column.name = to.clone();
                }
            }
        }
    }
}

/// Whether an engine keeps rows of its own that stay. No engine means `MergeTree`.
fn stores_rows(engine: Option<&str>) -> bool {
    let Some(engine) = engine else { return true };
    engine.ends_with("MergeTree")
        || matches!(engine, "Log" | "TinyLog" | "StripeLog" | "EmbeddedRocksDB")
        || engine.contains(['{', '$'])
        || in_bucket(engine)
}

/// Whether rows lie as files in somebody's store of objects, whose own rules say how long.
fn in_bucket(engine: &str) -> bool {
    matches!(engine, "S3" | "GCS" | "OSS" | "COSN" | "AzureBlobStorage" | "HDFS")
}

fn shown(name: &TableName) -> String {
    match &name.database {
        Some(database) => format!("{database}.{}", name.table),
        None => name.table.to_string(),
    }
}

fn identity(table: &Table, of: &str) -> Identity {
    Identity {
        address: "".into(),
        subject: "".into(),
        title: format!("table `{}`{of}", shown(&table.name)).into(),
        place: table.head,
        whole: table.whole,
        exists: Fact::written(true, table.head),
    }
}

fn keep(
    table: &Table,
    identity: Identity,
    store: Option<Address>,
    declared: &[Declared],
) -> Option<Keep> {
    let engine = table.engine.as_deref();
    if table.view || table.temporary || !stores_rows(engine) {
        return None;
    }
    let what = match engine {
        Some(e) if e.contains("Aggregating") || e.contains("Summing") => Rows::Sums,
        Some(e) if e.contains("Replacing") || e.contains("Collapsing") => {
            holds::one_for_each(&table.key, &table.columns)
        }
        _ => Rows::Any,
    };
    let holds = holds::of(&table.name, &table.columns, table.comment.as_deref(), what, declared);
    let mut out = Retention::new(identity);
    let head = || Origin::written(table.head);
    out.name = Fact::Known(shown(&table.name).into(), head());
    out.engine = Fact::Known("clickhouse".into(), head());
    out.what = match holds.log {
        Some(origin) => Fact::Known("log-table".into(), origin),
        None => Fact::Known("table".into(), head()),
    };
    out.holds = Fact::Known(holds.facts, head());
    (out.days, out.forever) = match engine.filter(|e| in_bucket(e)) {
        Some(_) => {
            let why = || Why::NotHere("how long the bucket keeps its objects".into());
            (Fact::Unknown(why(), table.head), Fact::Unknown(why(), table.head))
        }
        None => lifetime(table),
    };
    if let (Fact::Known(true, origin), Some(held)) = (&mut out.forever, out.holds.known()) {
        *origin = declared_first(origin.clone(), held);
    }
    Some(Keep { store, retention: out })
}

/// The way of a value, behind the places where somebody wrote down what lies there.
fn declared_first(origin: Origin, held: &[Fact<Name>]) -> Origin {
    let written = held.iter().filter_map(|fact| match fact {
        Fact::Known(class, Origin { basis: Basis::Written, at, .. }) => {
            let say = format!("what it holds is declared: {class}");
            Some(Evidence { joins: true, ..Evidence::new(*at, say) })
        }
        _ => None,
    });
    let via: Vec<Evidence> = written.chain(origin.via.iter().cloned()).collect();
    origin.with_via(via)
}

fn lifetime(table: &Table) -> (Fact<i64>, Fact<bool>) {
    let create = || Evidence::new(table.head, format!("`{}` is created", table.name.table));
    let Some(ttl) = &table.ttl else {
        let origin = match (table.altered, table.removed) {
            (Some(at), before) => {
                let mut via = vec![create()];
                via.extend(before.map(|p| Evidence::new(p, "its TTL stood here")));
                Origin::written(at).with_via(via)
            }
            (None, _) => Origin::written(table.head),
        };
        return (Fact::Unset(origin.at), Fact::Known(true, origin));
    };
    let at = table.altered.unwrap_or(ttl.place);
    let via: Vec<Evidence> = table.altered.map(|_| create()).into_iter().collect();
    let origin = Origin::written(at).with_via(via);
    let Some(deletion) = ttl.deletions().next() else {
        return (Fact::Unset(at), Fact::Known(true, origin));
    };
    let kind = |name: &str| -> Option<Arc<str>> {
        table.columns.iter().find(|c| &*c.name == name).map(|c| c.kind.clone())
    };
    let days = match deletion.age.as_ref().map(|age| age.days(kind)) {
        Some(Some(days)) => Fact::Known(days, origin.clone()),
        Some(None) => {
            let what = match deletion.age.as_ref().map(|a| &a.base) {
                Some(Base::Column(name)) => name.clone(),
                _ => "what the TTL counts from".into(),
            };
            Fact::Unknown(Why::DataSource(what), deletion.place)
        }
        None if deletion.template => Fact::Unknown(Why::Template, deletion.place),
        None => Fact::Unknown(Why::NotUnderstood("this TTL".into()), deletion.place),
    };
    (days, Fact::Known(false, origin))
}
