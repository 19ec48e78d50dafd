//! Kubernetes.

use super::{Claim, Format, Parsed, Unit};
use crate::model::fragment::Fragment;
use crate::source::{Problem, Text};

/// The front end.
pub(crate) struct Kubernetes;

impl Format for Kubernetes {
    fn name(&self) -> &'static str {
        "kubernetes"
    }

    fn claims(&self, _path: &str, _text: &str) -> Claim {
        Claim::No
    }

    fn parse(&self, _text: &Text, _path: &str) -> (Parsed, Vec<Problem>) {
        (Parsed::Text, Vec::new())
    }

    fn lower(&self, _unit: &Unit, _out: &mut Fragment) {}
}
