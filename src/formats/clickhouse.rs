//! ClickHouse: configuration in XML and YAML, SQL files.
//!
//! Each file is handed on for itself; which of them make one server is decided where it is known
//! who mounts them.

mod sniff;
mod yaml;

use std::sync::Arc;

use super::{Claim, Format, Parsed, Unit};
use crate::model::fact::Name;
use crate::model::fragment::{Address, ConfigBody, ConfigFile, Fragment};
use crate::source::{Problem, Text};
use crate::tree;

/// The front end.
pub(crate) struct ClickHouse;

impl Format for ClickHouse {
    fn name(&self) -> &'static str {
        "clickhouse"
    }

    fn claims(&self, path: &str, text: &str) -> Claim {
        match sniff::extension(path).as_str() {
            "xml" | "conf" if sniff::is_xml(text) => Claim::Surely,
            "yaml" | "yml" | "conf" => sniff::yaml(path, text),
            "sql" => sniff::sql(path, text),
            _ => Claim::No,
        }
    }

    fn parse(&self, text: &Text, path: &str) -> (Parsed, Vec<Problem>) {
        if sniff::extension(path) == "sql" {
            let (mut statements, problems) = tree::sql::parse(text);
            let name = path.rsplit('/').next().unwrap_or(path);
            statements.extend(tree::sql::dbt::model(text, name.trim_end_matches(".sql")));
            return (Parsed::Sql(statements), problems);
        }
        if sniff::is_xml(text.as_str()) {
            let (root, problems) = tree::xml::parse(text);
            return (Parsed::Xml(root), problems);
        }
        let (nodes, problems) = tree::yaml::parse(text);
        (Parsed::Nodes(nodes), problems)
    }

    fn lower(&self, unit: &Unit, out: &mut Fragment) {
        for (file, parsed) in &unit.files {
            let body = match parsed {
                Parsed::Xml(Some(root)) => ConfigBody::ClickHouse(Arc::new(root.clone())),
                Parsed::Sql(statements) => ConfigBody::ClickHouseSql(Arc::new(statements.clone())),
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
