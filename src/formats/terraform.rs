//! Terraform and `OpenTofu`: root modules, evaluated, then every resource met by its card or code.

pub(crate) mod lang;
pub(crate) mod resources;
mod roots;
pub(crate) mod value;

use super::{Claim, Format, Parsed, Unit};
use crate::model::fragment::Fragment;
use crate::source::{FileId, Problem, Sources, Text};
use crate::tree::hcl::Body;
use crate::tree::{hcl, yaml};

/// The front end.
pub(crate) struct Terraform;

impl Format for Terraform {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn claims(&self, path: &str, _text: &str) -> Claim {
        let (folder, name) = roots::split(path);
        // Downloaded modules and providers, and names that Terraform passes over
        // (internal/configs/parser_config_dir.go).
        let ignored = folder.split('/').any(|part| part == ".terraform")
            || name.starts_with('.')
            || name.ends_with('~')
            || name.starts_with('#');
        if !ignored && (roots::is_configuration(name) || roots::is_values(name)) {
            Claim::Surely
        } else {
            Claim::No
        }
    }

    fn parse(&self, text: &Text, path: &str) -> (Parsed, Vec<Problem>) {
        let (body, problems) =
            if roots::is_json(path) { from_json(text) } else { hcl::parse(text) };
        (Parsed::Hcl(body), problems)
    }

    fn group(&self, files: &[FileId], sources: &Sources) -> Vec<Vec<FileId>> {
        roots::group(files, sources)
    }

    fn lower(&self, unit: &Unit, out: &mut Fragment) {
        for estate in lang::evaluate(unit) {
            resources::lower(&estate, unit, out);
        }
    }
}

fn from_json(text: &Text) -> (Body, Vec<Problem>) {
    let (root, mut problems) = yaml::parse_json(text);
    let Some(root) = root else { return (Body::default(), problems) };
    let (body, more) = hcl::from_json(&root);
    problems.extend(more);
    (body, problems)
}
