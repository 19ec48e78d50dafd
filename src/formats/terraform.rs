//! Terraform and OpenTofu: root modules, evaluated, then every resource met by its card or code.

pub(crate) mod resources;
pub(crate) mod value;

use super::{Claim, Format, Parsed, Unit};
use crate::model::fragment::Fragment;
use crate::source::{Problem, Text};

/// The front end.
pub(crate) struct Terraform;

impl Format for Terraform {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn claims(&self, _path: &str, _text: &str) -> Claim {
        Claim::No
    }

    fn parse(&self, _text: &Text, _path: &str) -> (Parsed, Vec<Problem>) {
        (Parsed::Text, Vec::new())
    }

    fn lower(&self, _unit: &Unit, _out: &mut Fragment) {}
}
