//! Where `terraform init` put the modules that are not folders of the project
//! (internal/modsdir/manifest.go of Terraform).

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::paths;
use crate::source::Sources;

#[derive(Deserialize)]
struct File {
    #[serde(rename = "Modules", default)]
    modules: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "Key", default)]
    key: String,
    #[serde(rename = "Dir", default)]
    dir: String,
}

/// Folders by the names of calls from the root: `vpc`, `vpc.endpoints`.
pub(super) type Manifest = FxHashMap<String, String>;

/// The manifest of a root; empty where nothing was downloaded.
pub(super) fn read(sources: &Sources, root: &str) -> Manifest {
    let path = paths::resolve(root, ".terraform/modules/modules.json");
    let Some(file) = path.and_then(|path| sources.find(&path)) else { return Manifest::default() };
    let Ok(file) = serde_json::from_str::<File>(sources.str(file)) else {
        return Manifest::default();
    };
    let folders = file.modules.into_iter().filter(|m| !m.key.is_empty());
    folders.filter_map(|m| Some((m.key, paths::resolve(root, &m.dir)?))).collect()
}
