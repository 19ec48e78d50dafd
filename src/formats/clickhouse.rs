//! ClickHouse: configuration in XML and YAML, SQL files, Atlas schemas.
//!
//! Each file is handed on for itself; which of them make one server is decided where it is known
//! who mounts them.

mod atlas;
mod dbt;
mod sniff;
mod yaml;

use std::sync::Arc;

use super::{Claim, Format, Parsed, Unit};
use crate::model::fact::Name;
use crate::model::fragment::{Address, ConfigBody, ConfigFile, Fragment};
use crate::source::{FileId, Problem, Sources, Text};
use crate::tree;
use crate::tree::sql::dbt::Defaults;

/// The front end.
pub(crate) struct ClickHouse;

impl Format for ClickHouse {
    fn name(&self) -> &'static str {
        "clickhouse"
    }

    fn claims(&self, path: &str, text: &str) -> Claim {
        match sniff::extension(path).as_str() {
            "xml" | "conf" if sniff::is_xml(text) => Claim::Surely,
            "hcl" if atlas::claims(text) => Claim::Maybe,
            "yaml" | "yml" if dbt::claims(path, text) => Claim::Maybe,
            "yaml" | "yml" | "conf" => sniff::yaml(path, text),
            "sql" => match sniff::sql(path, text) {
                Claim::No if dbt::is_model(path, text) => Claim::Maybe,
                claim => claim,
            },
            _ => Claim::No,
        }
    }

    fn parse(&self, text: &Text, path: &str) -> (Parsed, Vec<Problem>) {
        if sniff::extension(path) == "sql" {
            let (mut statements, problems) = tree::sql::parse(text);
            let name = path.rsplit('/').next().unwrap_or(path);
            let name = name.trim_end_matches(".sql");
            statements.extend(tree::sql::dbt::model(text, name, &Defaults::default()));
            return (Parsed::Sql(statements), problems);
        }
        if sniff::extension(path) == "hcl" {
            let (body, problems) = tree::hcl::parse(text);
            return (Parsed::Hcl(body), problems);
        }
        if sniff::is_xml(text.as_str()) {
            let (root, problems) = tree::xml::parse(text);
            return (Parsed::Xml(root), problems);
        }
        let (nodes, problems) = tree::yaml::parse(text);
        (Parsed::Nodes(nodes), problems)
    }

    /// A dbt project is read with everything below it.
    fn group(&self, files: &[FileId], sources: &Sources) -> Vec<Vec<FileId>> {
        let is_yaml = |path: &str| matches!(sniff::extension(path).as_str(), "yaml" | "yml");
        let folder = |file: &FileId| sources.path(*file).strip_suffix(dbt::PROJECT);
        let mut projects: Vec<(&str, Vec<FileId>)> =
            files.iter().filter_map(|f| Some((folder(f)?, vec![*f]))).collect();
        // The deepest first; a project inside another one is its own.
        projects.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        let mut units = Vec::new();
        for file in files.iter().filter(|f| folder(f).is_none()) {
            let path = sources.path(*file);
            let fits = is_yaml(path) || path.ends_with(".sql");
            let project = projects.iter_mut().find(|(f, _)| fits && path.starts_with(f));
            match project {
                Some((_, unit)) => unit.push(*file),
                None => units.push(vec![*file]),
            }
        }
        units.extend(projects.into_iter().map(|(_, unit)| unit));
        units
    }

    fn lower(&self, unit: &Unit, out: &mut Fragment) {
        let project = project(unit);
        for (file, parsed) in &unit.files {
            let body = match parsed {
                Parsed::Xml(Some(root)) => ConfigBody::ClickHouse(Arc::new(root.clone())),
                Parsed::Sql(statements) => {
                    let path = unit.sources.path(*file);
                    let defaults = project.as_ref().and_then(|p| p.defaults(path));
                    let model = defaults.and_then(|defaults| {
                        let name = path.rsplit('/').next()?.trim_end_matches(".sql");
                        tree::sql::dbt::model(&unit.sources.text(*file), name, &defaults)
                    });
                    // Without a project around them scripts say all that there is.
                    let statements = model.map_or_else(|| statements.clone(), |m| vec![m]);
                    ConfigBody::ClickHouseSql(Arc::new(statements))
                }
                Parsed::Hcl(body) => {
                    let tables = atlas::statements(body, &unit.sources.text(*file));
                    ConfigBody::ClickHouseSql(Arc::new(tables))
                }
                Parsed::Nodes(_) if is_dbt(unit, *file) => continue,
                Parsed::Nodes(nodes) => match nodes.first() {
                    Some(node) => ConfigBody::ClickHouse(Arc::new(yaml::element(node))),
                    None => continue,
                },
                _ => continue,
            };
            let path = unit.sources.path(*file);
            let name: Name = path.rsplit('/').next().unwrap_or(path).into();
            let place = unit.sources.text(*file).whole();
            if matches!(body, ConfigBody::ClickHouse(_))
                && unit.sources.text(*file).as_str().contains("from_env")
            {
                environments(unit, path, out);
            }
            out.files.push(ConfigFile { address: Address::file(path), name, place, body });
        }
    }
}

fn is_dbt(unit: &Unit, file: FileId) -> bool {
    dbt::claims(unit.sources.path(file), unit.sources.text(file).as_str())
}

/// The dbt project that a unit is.
fn project<'a>(unit: &'a Unit) -> Option<dbt::Project<'a>> {
    let path = |file: FileId| -> &str { unit.sources.path(file) };
    if !unit.files.iter().any(|(file, _)| path(*file).ends_with(dbt::PROJECT)) {
        return None;
    }
    let files: Vec<(&str, &crate::tree::node::Node)> = unit
        .files
        .iter()
        .filter_map(|(file, parsed)| match parsed {
            Parsed::Nodes(nodes) => Some((path(*file), nodes.first()?)),
            _ => None,
        })
        .collect();
    let sql = unit.files.iter().filter(|(_, parsed)| matches!(parsed, Parsed::Sql(_)));
    let texts: Vec<crate::source::Text> = sql.map(|(f, _)| unit.sources.text(*f)).collect();
    let texts: Vec<&str> = texts.iter().map(crate::source::Text::as_str).collect();
    dbt::Project::new(&files, &texts, unit.sources)
}

/// Folders above a file's own whose `.env` may be the server's: `etc/.env` of `etc/a/config.d/x.xml`.
const MAX_ABOVE: usize = 3;

/// The `.env` files of a file's folder and of those around it.
fn environments(unit: &Unit, path: &str, out: &mut Fragment) {
    let mut folder = path.rsplit_once('/').map(|(folder, _)| folder);
    for _ in 0..MAX_ABOVE {
        let path = folder.map_or_else(|| ".env".to_owned(), |folder| format!("{folder}/.env"));
        let known = out.files.iter().any(|f| f.address == Address::file(&path));
        if let Some(id) = unit.sources.find(&path).filter(|_| !known) {
            let text = unit.sources.text(id);
            let body = ConfigBody::Variables(Arc::new(super::env_file(&text)));
            let (name, place) = (".env".into(), text.whole());
            out.files.push(ConfigFile { address: Address::file(&path), name, place, body });
        }
        let Some(inside) = folder else { break };
        folder = inside.rsplit_once('/').map(|(above, _)| above);
    }
}

/// A ClickHouse file inside another file: `None` where the text is something else.
pub(crate) fn config_body(
    name: &str,
    text: &Text,
    problems: &mut Vec<Problem>,
) -> Option<ConfigBody> {
    if sniff::is_xml(text.as_str()) {
        let (root, found) = tree::xml::parse(text);
        problems.extend(found);
        return root.map(|root| ConfigBody::ClickHouse(Arc::new(root)));
    }
    match sniff::extension(name).as_str() {
        "sql" if sniff::sql(name, text.as_str()) > Claim::No => {
            let (statements, found) = tree::sql::parse(text);
            problems.extend(found);
            Some(ConfigBody::ClickHouseSql(Arc::new(statements)))
        }
        "yaml" | "yml" | "conf" if sniff::yaml(name, text.as_str()) > Claim::No => {
            let (nodes, found) = tree::yaml::parse(text);
            problems.extend(found);
            nodes.first().map(|node| ConfigBody::ClickHouse(Arc::new(yaml::element(node))))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: Claim) {
        assert_eq!(ClickHouse.claims(path, text), expected, "{path}: {text}");
    }

    #[test]
    fn xml_is_ours_by_its_root() {
        check("a.xml", "<clickhouse></clickhouse>", Claim::Surely);
        check(
            "a.xml",
            "<?xml version=\"1.0\"?>\n<!-- <a> -->\n<yandex replace='1'/>",
            Claim::Surely,
        );
        check("pom.xml", "<?xml version=\"1.0\"?><project><clickhouse/></project>", Claim::No);
        check("a.xml", "<clickhouse-thing/>", Claim::No);
        check("a.xml", "<!-- never closed", Claim::No);
    }

    #[test]
    fn yaml_is_ours_by_its_keys() {
        check("x/config.d/listen.yaml", "listen_host: '::'\n", Claim::Surely);
        check("x/users.d/u.yaml", "users:\n  default:\n    password: ''\n", Claim::Surely);
        check("x/config.yaml", "logger:\n  level: trace\nhttp_port: 8123\n", Claim::Maybe);
        check("x/users.yaml", "profiles:\n  default: {}\nusers:\n  a: {}\n", Claim::Maybe);
        check("x/config.d/a.yaml", "apiVersion: v1\nlisten_host: a\n", Claim::No);
        check("conf.d/disk.yaml", "init_config:\ninstances:\n  - {}\n", Claim::No);
        check("values.yaml", "users:\n  a: b\nprofiles: {}\n", Claim::No);
    }

    #[test]
    fn sql_is_ours_by_words_that_no_other_database_has() {
        let merge_tree = "CREATE TABLE a (x Int8)\nengine  = ReplicatedMergeTree ORDER BY x";
        check("a.sql", merge_tree, Claim::Surely);
        check("a.sql", "{{ config(engine='MergeTree()') }} select 1", Claim::Surely);
        check("a.sql", "CREATE TABLE a (x INT) ENGINE=InnoDB;", Claim::No);
        check("a.sql", "CREATE TABLE a (x INT) ENGINE = MEMORY; -- MergeTree", Claim::No);
        check("a.sql", "ALTER TABLE a MODIFY TTL d + INTERVAL 1 DAY", Claim::Maybe);
        check("a.sql", "INSERT INTO a SELECT * FROM remote('h', d.t, 'u', 'p')", Claim::Maybe);
        check("a.sql", "SELECT * FROM mysql('h', 'd', 't', 'u', 'p')", Claim::No);
        check("clickhouse/a.sql", "SELECT * FROM mysql('h', 'd', 't', 'u', 'p')", Claim::Maybe);
        check("clickhouse/users.sql", "CREATE USER a IDENTIFIED BY 'x'", Claim::Maybe);
        check("a.sql", "CREATE TABLE a (x INT) ENGINE TinyBase", Claim::No);
        check("a.sql", "CREATE TABLE a (t text); -- codec(zstd, x jsonb", Claim::No);
        check("postgres/a.sql", "CREATE TABLE a (t text); -- modify ttl", Claim::No);
        check("pg/users.sql", "CREATE USER a WITH PASSWORD 'x'", Claim::No);
        check("clickhouse/redshift/a.sql", "CREATE TABLE a (x int)", Claim::No);
        check("clickhouse/a.sql", "CREATE TABLE a (x int) DISTKEY (x)", Claim::No);
        check("clickhouse-to-postgres/pg.sql", "CREATE TABLE a (x serial)", Claim::No);
    }
}

#[cfg(test)]
mod dbt_tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::formats::Unit;
    use crate::source::Source;
    use crate::tree::sql::StatementKind;

    /// The tables of a project, with engine and TTL.
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let sources = Sources::new(
            files
                .iter()
                .map(|(path, text)| Source { path: (*path).into(), text: (*text).into() })
                .collect(),
        );
        let claimed: Vec<FileId> = sources
            .ids()
            .filter(|f| ClickHouse.claims(sources.path(*f), sources.text(*f).as_str()) > Claim::No)
            .collect();
        let catalog = Catalog::default();
        let mut out = Fragment::default();
        for unit in ClickHouse.group(&claimed, &sources) {
            let parsed: Vec<(FileId, Parsed)> = unit
                .iter()
                .map(|f| (*f, ClickHouse.parse(&sources.text(*f), sources.path(*f)).0))
                .collect();
            let files = parsed.iter().map(|(f, p)| (*f, p)).collect();
            ClickHouse.lower(&Unit { files, sources: &sources, catalog: &catalog }, &mut out);
        }
        let mut found = Vec::new();
        for file in &out.files {
            let ConfigBody::ClickHouseSql(statements) = &file.body else { continue };
            for statement in statements.iter() {
                let StatementKind::Create(create) = &statement.kind else { continue };
                let engine = create.engine.as_ref().map_or("", |e| &e.name);
                let ttl = create.ttl.as_ref().map_or(String::new(), |t| {
                    sources.text(t.place.file).as_str()[t.place.range()].to_owned()
                });
                found.push(format!("{} {engine} {ttl}", create.name.table));
            }
        }
        found.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_project_says_what_its_models_do_not() {
        let project = "name: shop\nmodels:\n  shop:\n    +materialized: table\n    \
                       +engine: ReplacingMergeTree()\n    logs:\n      +ttl: ts + INTERVAL 9 DAY\n";
        let bare = "select ts, message from {{ source('a', 'b') }}";
        let own = "{{ config(ttl='ts + INTERVAL 1 DAY', engine='MergeTree()') }} select ts from x";
        check(
            &[
                ("p/dbt_project.yml", project),
                ("p/models/a.sql", bare),
                ("p/models/logs/b.sql", bare),
                ("p/models/logs/c.sql", own),
                ("p/models/logs/d.sql", bare),
                ("p/models/e.sql", "{{ config(materialized='view') }} select 1"),
                ("p/analyses/models/f.sql", bare),
                (
                    "p/models/schema.yml",
                    "models:\n  - name: d\n    config:\n      ttl: ts + INTERVAL 2 DAY\n",
                ),
            ],
            &[
                "a ReplacingMergeTree ",
                "b ReplacingMergeTree ts + INTERVAL 9 DAY",
                "c MergeTree ts + INTERVAL 1 DAY",
                "d ReplacingMergeTree ts + INTERVAL 2 DAY",
            ],
        );
        let plain = "name: shop\nmodels:\n  shop:\n    +materialized: table\n";
        check(&[("dbt_project.yml", plain), ("models/a.sql", bare)], &[]);
        let profiles = ("profiles.yml", "shop:\n  outputs:\n    dev:\n      type: clickhouse\n");
        check(&[("dbt_project.yml", plain), ("models/a.sql", bare), profiles], &["a MergeTree "]);
    }
}
