//! Compose files: services, what they publish, and what is put into them.

mod build;
mod dockerfile;
mod env_file;
mod interpolate;
mod merge;
mod networks;
mod ports;
mod project;
mod service;
mod stock;
#[cfg(test)]
mod tests;
mod together;
mod traefik;
mod volumes;
mod words;

use rustc_hash::FxHashMap;

use super::{Claim, Format, Parsed, Unit};
use crate::model::fact::{Fact, Name};
use crate::model::fragment::Fragment;
use crate::paths;
use crate::source::{FileId, Place, Problem, Sources, Text};
use crate::tree::yaml;

/// The variables of an env file, for other formats' files beside it.
pub(super) fn variables(text: &Text) -> Vec<(Name, Fact<Name>, Place)> {
    let read = env_file::Variables::read(text);
    read.list.into_iter().map(|(name, v)| (name, v.value, v.place)).collect()
}

/// The front end.
pub(crate) struct Compose;

impl Format for Compose {
    fn name(&self) -> &'static str {
        "compose"
    }

    fn claims(&self, path: &str, text: &str) -> Claim {
        let file = path.rsplit('/').next().unwrap_or(path);
        let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
        match extension {
            "env" => Claim::Maybe,
            "yaml" | "yml" if !has_services(text) => Claim::No,
            "yaml" | "yml" if is_compose_name(stem) => Claim::Surely,
            "yaml" | "yml" if runs_images(text) => Claim::Maybe,
            _ => Claim::No,
        }
    }

    fn parse(&self, text: &Text, path: &str) -> (Parsed, Vec<Problem>) {
        if is_env_file(path) {
            return (Parsed::Text, Vec::new());
        }
        let (nodes, problems) = yaml::parse(text);
        if !problems.is_empty() && yaml::is_template(text.as_str()) {
            return (Parsed::Text, Vec::new());
        }
        (Parsed::Nodes(nodes), problems)
    }

    /// Compose files of a folder, with those that they take over or include, and with the env files
    /// of their folders and of the folders below.
    fn group(&self, files: &[FileId], sources: &Sources) -> Vec<Vec<FileId>> {
        let (env, compose): (Vec<FileId>, Vec<FileId>) =
            files.iter().partition(|f| is_env_file(sources.path(**f)));
        let mut folders = together::Folders::default();
        for file in &compose {
            folders.add(sources.path(*file), sources.str(*file));
        }
        let mut units: Vec<Vec<FileId>> = Vec::new();
        let mut of_folder: FxHashMap<usize, usize> = FxHashMap::default();
        for file in compose {
            let Some(set) = folders.set(paths::folder(sources.path(file))) else { continue };
            let unit = *of_folder.entry(set).or_insert_with(|| {
                units.push(Vec::new());
                units.len() - 1
            });
            units[unit].push(file);
        }
        for file in env {
            let mut folder = paths::folder(sources.path(file));
            loop {
                let set = folders.set(folder);
                if let Some(unit) = set.and_then(|set| of_folder.get(&set)) {
                    units[*unit].push(file);
                    break;
                }
                if folder.is_empty() {
                    break;
                }
                folder = paths::folder(folder);
            }
        }
        units
    }

    fn lower(&self, unit: &Unit, out: &mut Fragment) {
        project::lower(unit, out);
    }
}

fn is_env_file(path: &str) -> bool {
    path.rsplit('.').next() == Some("env")
}

fn is_compose_name(stem: &str) -> bool {
    stem.starts_with("docker-compose") || stem.starts_with("compose")
}

/// `services` at the top, which every Compose file has.
fn has_services(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("services:"))
}

/// A service's own words, for files that are not named as Compose files are.
fn runs_images(text: &str) -> bool {
    text.lines().any(|line| {
        let indented = line.starts_with([' ', '\t']);
        let line = line.trim_start();
        indented && (line.starts_with("image:") || line.starts_with("build:"))
    })
}
