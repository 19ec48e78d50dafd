//! Modules of registries that nobody fetched: what their cards say they make, read as modules.
//!
//! Such a module stands in no file of the project. All that it says is placed at the `source` of
//! the call, and what the call gives it at the call's arguments.

use std::collections::BTreeMap;

use super::module::{Module, literal};
use crate::catalog::Catalog;
use crate::formats::Unit;
use crate::model::fact::{Fact, Name};
use crate::source::Place;
use crate::tree::hcl::{Block, Body};

/// Where such modules would be, had they been fetched.
const FOLDER: &str = ".terraform/registry/";

/// Calls within what cards make.
const MAX_DEPTH: usize = 3;

/// The folder that stands for the module of a call.
pub(super) fn folder(caller: &str, call: &str) -> String {
    let caller = caller.strip_prefix(FOLDER).unwrap_or(caller);
    format!("{FOLDER}{caller}:{call}")
}

/// Whether a module comes from a card.
pub(super) fn is_card(folder: &str) -> bool {
    folder.starts_with(FOLDER)
}

/// What cards know of all calls of the modules, by folder.
pub(super) fn bodies(unit: &Unit, modules: &BTreeMap<Name, Module>) -> Vec<(String, Body)> {
    let mut out = Vec::new();
    if unit.catalog.modules.is_empty() {
        return out;
    }
    for module in modules.values() {
        for (name, block) in &module.calls {
            let at = source_place(block);
            add(unit.catalog, &module.folder, name, block, at, 0, &mut out);
        }
    }
    out
}

/// Takes what cards know among the modules.
pub(super) fn join<'a>(modules: &mut BTreeMap<Name, Module<'a>>, bodies: &'a [(String, Body)]) {
    for (folder, body) in bodies {
        modules.insert(folder.as_str().into(), Module::of_card(folder, body));
    }
}

/// Arguments that Terraform itself reads.
const META: [&str; 6] = ["source", "version", "count", "for_each", "providers", "depends_on"];

/// What a card makes of a call is a guess where the call gives the module an argument that the
/// card does not know: it may change anything but names and notes.
pub(super) fn doubted(exists: Fact<bool>, module: &Module, call: &Block) -> Fact<bool> {
    if !is_card(&module.folder) || exists.known() != Some(&true) {
        return exists;
    }
    let harmless = |name: &str| {
        META.contains(&name) || ["tags", "labels", "description"].iter().any(|w| name.ends_with(w))
    };
    let known = |name: &Name| harmless(name) || module.variables.contains_key(name);
    match call.body.attributes.iter().find(|a| !known(&a.name)) {
        Some(other) => {
            let how = format!("that `{}` changes nothing here", other.name);
            Fact::guessed(true, how, other.place)
        }
        None => exists,
    }
}

/// Where a call says which module it calls.
pub(super) fn source_place(block: &Block) -> Place {
    block.body.attribute("source").map_or(block.head, |a| a.expr.place)
}

fn add(
    catalog: &Catalog,
    caller: &str,
    name: &str,
    block: &Block,
    at: Place,
    depth: usize,
    out: &mut Vec<(String, Body)>,
) {
    let text = |wanted: &str| block.body.attribute(wanted).and_then(|a| literal(&a.expr));
    let Some(source) = text("source").filter(|_| depth < MAX_DEPTH) else { return };
    let version = text("version").map(|v| &**v);
    let Some(body) = catalog.module(source, version, at) else { return };
    let own = folder(caller, name);
    for call in body.blocks("module") {
        let Some(label) = call.labels.first() else { continue };
        add(catalog, &own, &label.text, call, at, depth + 1, out);
    }
    out.push((own, body));
}
