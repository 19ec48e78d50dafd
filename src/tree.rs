//! What the parsers make of a text: trees whose every part knows its place.
//!
//! Three shapes, because the formats differ in what must not be lost: maps and lists with scalars
//! that keep their spelling (YAML, JSON), elements with attributes and text in document order
//! (XML), bodies with blocks and expressions (HCL). Parsing never fails; it gives a smaller tree
//! and a list of problems.

pub(crate) mod hcl;
pub(crate) mod node;
pub(crate) mod sql;
pub(crate) mod toml;
pub(crate) mod xml;
pub(crate) mod yaml;
