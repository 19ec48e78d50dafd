//! ClickHouse.

use super::{Claim, Format, Parsed, Unit};
use crate::model::fragment::Fragment;
use crate::source::{Problem, Text};

/// The front end.
pub(crate) struct ClickHouse;

impl Format for ClickHouse {
    fn name(&self) -> &'static str {
        "clickhouse"
    }

    fn claims(&self, _path: &str, _text: &str) -> Claim {
        Claim::No
    }

    fn parse(&self, _text: &Text, _path: &str) -> (Parsed, Vec<Problem>) {
        (Parsed::Text, Vec::new())
    }

    fn lower(&self, _unit: &Unit, _out: &mut Fragment) {}
}

/// A ClickHouse file inside another file: `None` where the text is something else.
pub(crate) fn config_body(
    _name: &str,
    _text: &Text,
    _problems: &mut Vec<Problem>,
) -> Option<crate::model::fragment::ConfigBody> {
    None
}
