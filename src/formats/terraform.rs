//! Terraform and `OpenTofu`: root modules, evaluated, then every resource met by its card or code.

pub(crate) mod lang;
mod manifest;
mod plan;
pub(crate) mod resources;
mod roots;
pub(crate) mod value;

use std::collections::BTreeSet;

use rayon::prelude::*;

use self::value::Estate;

use super::{Claim, Format, Parsed, Unit};
use crate::model::fact::Name;
use crate::model::fragment::Fragment;
use crate::paths;
use crate::source::{FileId, Problem, Sources, Text};
use crate::tree::hcl::Body;
use crate::tree::node::Node;
use crate::tree::{hcl, yaml};

/// The front end.
pub(crate) struct Terraform;

impl Format for Terraform {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn claims(&self, path: &str, text: &str) -> Claim {
        let (folder, name) = paths::split(path);
        // Names that Terraform passes over
        // (internal/configs/parser_config_dir.go).
        let ignored = name.starts_with('.') || name.ends_with('~') || name.starts_with('#');
        let claimed = if roots::is_configuration(name) {
            true
        } else if roots::is_downloaded(folder) {
            false
        } else {
            roots::is_values(name) || plan::is_one(name, text)
        };
        if claimed && !ignored { Claim::Surely } else { Claim::No }
    }

    fn parse(&self, text: &Text, path: &str) -> (Parsed, Vec<Problem>) {
        let (_, name) = paths::split(path);
        if !roots::is_configuration(name) && !roots::is_values(name) {
            let (root, problems) = yaml::parse_json(text);
            return (Parsed::Nodes(root.into_iter().collect()), problems);
        }
        let (body, problems) =
            if roots::is_json(path) { from_json(text) } else { hcl::parse(text) };
        (Parsed::Hcl(body), problems)
    }

    fn group(&self, files: &[FileId], sources: &Sources) -> Vec<Vec<FileId>> {
        roots::group(files, sources)
    }

    fn lower(&self, unit: &Unit, out: &mut Fragment) {
        let plans: Vec<_> = unit.files.iter().filter_map(|file| planned(*file)).collect();
        if plans.is_empty() {
            return lower_all(&lang::evaluate(unit), unit, out);
        }
        let mut met: BTreeSet<Name> = BTreeSet::new();
        for (index, (file, root)) in plans.iter().enumerate() {
            let document = plan::Document::read(root);
            if document.is_empty() {
                continue;
            }
            // Several plans of one root are several estates.
            let path = unit.sources.path(*file);
            let suffix = if index == 0 { String::new() } else { format!("#{path}") };
            let mut of_root = false;
            for source in lang::evaluate_as(unit, &suffix) {
                let label = format!("{}{suffix}", source.folder);
                let planned = document.estate(root, &label);
                if let Some(merged) = plan::merge(&source, &document, &planned) {
                    resources::lower(&merged, unit, out);
                    met.insert(source.folder);
                    of_root = true;
                }
            }
            if !of_root {
                resources::lower(&document.estate(root, path), unit, out);
            }
        }
        for estate in lang::evaluate(unit) {
            if !met.contains(&estate.folder) {
                resources::lower(&estate, unit, out);
            }
        }
    }
}

fn lower_all(estates: &[Estate], unit: &Unit, out: &mut Fragment) {
    if let [estate] = estates {
        return resources::lower(estate, unit, out);
    }
    let lowered = estates.par_iter().map(|estate| {
        let mut part = Fragment::default();
        resources::lower(estate, unit, &mut part);
        part
    });
    lowered.collect::<Vec<_>>().into_iter().for_each(|part| out.absorb(part));
}

/// A file that holds a plan or a state.
fn planned((file, parsed): (FileId, &Parsed)) -> Option<(FileId, &Node)> {
    match parsed {
        Parsed::Nodes(nodes) => Some((file, nodes.first()?)),
        _ => None,
    }
}

fn from_json(text: &Text) -> (Body, Vec<Problem>) {
    let (root, mut problems) = yaml::parse_json(text);
    let Some(root) = root else { return (Body::default(), problems) };
    let (body, more) = hcl::from_json(&root);
    problems.extend(more);
    (body, problems)
}
