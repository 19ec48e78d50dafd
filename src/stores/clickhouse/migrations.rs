//! Which files of a folder are applied, and in which order, by the rules of migration tools.
//!
//! golang-migrate `1_x.up.sql` and `.down.sql`; dbmate, goose and sql-migrate by numbers, their
//! backward halves left out by the reader of SQL; Flyway `V1.2__x.sql`, `U1.2__x.sql` (undo),
//! `B1__x.sql` (baseline), `R__x.sql` (repeated, last of all); Diesel and others a folder each with
//! `up.sql` and `down.sql`. Atlas's schema files say what its migrations shall lead to.

use std::collections::BTreeMap;

use crate::model::fact::Name;
use crate::model::fragment::ConfigFile;
use crate::paths;

/// Where a file stands among its neighbours. Files without a number come behind, by their names.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    last: bool,
    numbers: Vec<u64>,
    name: Name,
}

/// Each folder's files that are applied, in the order in which they are.
pub(super) fn folders<'a>(files: &[&'a ConfigFile]) -> BTreeMap<&'a str, Vec<&'a ConfigFile>> {
    let mut out: BTreeMap<&str, Vec<(Turn, &ConfigFile)>> = BTreeMap::new();
    for file in files {
        let path = file.address.0.strip_prefix("file:").unwrap_or(&file.address.0);
        let (mut folder, _) = path.rsplit_once(['/', '#']).unwrap_or(("", path));
        let mut step: &str = &file.name;
        if takes_back(step) {
            continue;
        }
        // `migrations/0001_init/up.sql`: the folder is the step.
        if matches!(step.to_ascii_lowercase().as_str(), "up.sql" | "deploy.sql") {
            let (parent, own) = paths::split(folder);
            (folder, step) = (parent, own);
        }
        out.entry(folder).or_default().push((turn(step), file));
    }
    let in_order = |mut files: Vec<(Turn, &'a ConfigFile)>| {
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files.into_iter().map(|(_, file)| file).collect()
    };
    out.into_iter().map(|(folder, files)| (folder, in_order(files))).collect()
}

/// What schema files make that no migration makes. A schema file says what shall be; the statements
/// beside it, below it or beside its folder are what is run to get there (atlasgo.io, "Declarative
/// vs Versioned Workflows").
pub(super) fn still_wanted<'a, T>(
    mut schemas: BTreeMap<&'a str, BTreeMap<(Name, Name), T>>,
    scripts: &BTreeMap<&str, BTreeMap<(Name, Name), T>>,
) -> BTreeMap<&'a str, BTreeMap<(Name, Name), T>> {
    for (folder, tables) in &mut schemas {
        let around = paths::folder(folder);
        let beside = |other: &str| is_in(other, folder) || paths::folder(other) == around;
        let near = scripts.iter().filter(|(other, _)| beside(other));
        for (database, table) in near.flat_map(|(_, made)| made.keys()) {
            // A migration for one database does not name it.
            if &**database == "default" {
                tables.retain(|(_, name), _| name != table);
            } else {
                tables.remove(&(database.clone(), table.clone()));
            }
        }
    }
    schemas
}

fn is_in(folder: &str, around: &str) -> bool {
    around.is_empty()
        || folder.strip_prefix(around).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a file only takes back what another one did.
fn takes_back(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let stem = lower.strip_suffix(".sql").unwrap_or(&lower);
    let back = ["down", "rollback", "undo", "revert"];
    let ends = |word: &str| {
        stem.strip_suffix(word).is_some_and(|s| s.is_empty() || s.ends_with(['.', '_', '-']))
    };
    back.into_iter().any(ends) || flyway(name).is_some_and(|(kind, _)| kind == 'U')
}

/// Flyway's kind of a file, and its version.
fn flyway(name: &str) -> Option<(char, &str)> {
    let kind = name.chars().next().filter(|c| matches!(c, 'V' | 'v' | 'U' | 'B' | 'R'))?;
    let (version, _) = name.get(1..)?.split_once("__")?;
    let numbered = version.starts_with(|c: char| c.is_ascii_digit())
        && version.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '_'));
    (numbered || kind == 'R' && version.is_empty()).then_some((kind, version))
}

/// `2_b.sql` comes before `10_a.sql`, `V1.2__b.sql` before `V1.10__a.sql`.
fn turn(name: &str) -> Turn {
    let numbers =
        |text: &str| -> Vec<u64> { text.split(['.', '_']).map_while(|n| n.parse().ok()).collect() };
    let leading = || {
        let text = name.strip_prefix(['V', 'v']).unwrap_or(name);
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        numbers(&text[..end])
    };
    let numbers = match flyway(name) {
        Some((_, version)) => numbers(version),
        None => leading(),
    };
    Turn { last: numbers.is_empty(), numbers, name: name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fragment::{Address, ConfigBody};
    use crate::source::{FileId, Text};

    fn check(paths: &[&str], expected: &[&str]) {
        let file = |path: &&str| {
            let text = Text::of_file(FileId(0), "".into());
            let name = path.rsplit('/').next().unwrap().into();
            let (place, body) = (text.whole(), ConfigBody::Text(text));
            ConfigFile { address: Address::file(path), name, place, body }
        };
        let files: Vec<ConfigFile> = paths.iter().map(file).collect();
        let files: Vec<&ConfigFile> = files.iter().collect();
        let found: Vec<String> = folders(&files)
            .into_values()
            .flatten()
            .map(|f| f.address.0.trim_start_matches("file:").to_owned())
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_tool_s_files_come_in_its_order() {
        check(
            &["m/10_a.up.sql", "m/2_b.up.sql", "m/2_b.down.sql"],
            &["m/2_b.up.sql", "m/10_a.up.sql"],
        );
        check(
            &[
                "m/R__views.sql",
                "m/V1.10__c.sql",
                "m/V1.2__b.sql",
                "m/U1.2__b.sql",
                "m/V1_1__a.sql",
            ],
            &["m/V1_1__a.sql", "m/V1.2__b.sql", "m/V1.10__c.sql", "m/R__views.sql"],
        );
        check(
            &["m/0002_b/up.sql", "m/0001_a/up.sql", "m/0001_a/down.sql", "m/schema.sql"],
            &["m/0001_a/up.sql", "m/0002_b/up.sql", "m/schema.sql"],
        );
        check(
            &["m/shutdown.sql", "m/1_a-rollback.sql", "m/Users.sql"],
            &["m/Users.sql", "m/shutdown.sql"],
        );
    }
}
