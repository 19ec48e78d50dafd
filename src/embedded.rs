//! The built-in pages, taken into the binary by the build script.

/// Every page under `rules/`, as path relative to that folder and text, in the order of paths.
pub(crate) fn pages() -> &'static [(&'static str, &'static str)] {
    PAGES
}

const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));
