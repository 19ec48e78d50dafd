//! dbt projects: what `dbt_project.yml` and the property files beside models say of their tables.
//!
//! dbt's documentation, "Model configurations": what a model says itself wins over its properties,
//! and those over the project, where the deepest folder wins. dbt-clickhouse takes `MergeTree()`
//! where no engine is named.

use crate::source::Sources;
use crate::tree::node::Node;
use crate::tree::sql::dbt::Defaults;

/// The project's own file.
pub(super) const PROJECT: &str = "dbt_project.yml";

/// Folders of a project that are looked down.
const MAX_DEPTH: usize = 16;

/// Whether a YAML file is a dbt project's, or has properties of models that make tables.
pub(super) fn claims(path: &str, text: &str) -> bool {
    let has = |word: &str| text.contains(word);
    let name = path.rsplit('/').next().unwrap_or(path);
    has("models:") && (name == PROJECT || has("config:") && (has("engine:") || has("ttl:")))
}

/// Whether a script is a model: it speaks in dbt's braces.
pub(super) fn is_model(path: &str, text: &str) -> bool {
    let has = |word: &str| text.contains(word);
    path.contains("models/") && has("{{") && (has("ref(") || has("source(") || has("config("))
}

/// A project: the folder of its file, the file, and the property files below.
pub(super) struct Project<'a> {
    folder: &'a str,
    root: &'a Node,
    properties: Vec<&'a Node>,
}

impl<'a> Project<'a> {
    /// `None` where nothing says that the project's database is ClickHouse.
    pub(super) fn new(
        files: &[(&'a str, &'a Node)],
        models: &[&str],
        sources: &Sources,
    ) -> Option<Project<'a>> {
        let is_project = |path: &str| path.rsplit('/').next() == Some(PROJECT);
        let (path, root) = files.iter().copied().find(|(path, _)| is_project(path))?;
        let folder = path.strip_suffix(PROJECT)?;
        let profile = sources.find(&format!("{folder}profiles.yml"));
        let text = profile.map(|id| sources.text(id));
        let named = text.is_some_and(|text| text.as_str().contains("type: clickhouse"));
        let merges = |text: &str| text.contains("MergeTree");
        let own = sources.find(path).is_some_and(|id| merges(sources.text(id).as_str()));
        let told = named || own || models.iter().any(|text| merges(text));
        let properties = files.iter().filter(|(path, _)| !is_project(path)).map(|(_, n)| *n);
        told.then(|| Project { folder, root, properties: properties.collect() })
    }

    /// What a model has that does not say so itself; `None` for a script that is no model.
    pub(super) fn defaults(&self, path: &str) -> Option<Defaults> {
        let inside = path.strip_prefix(self.folder)?;
        let paths = self.root.get("model-paths").or_else(|| self.root.get("source-paths"));
        let named = paths.map_or(&[][..], Node::items).iter().filter_map(Node::str);
        let named: Vec<&str> = named.collect();
        let folders = if named.is_empty() { vec!["models"] } else { named };
        let inside = folders
            .into_iter()
            .find_map(|folder| inside.strip_prefix(folder)?.strip_prefix('/'))?;
        let (above, name) = inside.rsplit_once('/').unwrap_or(("", inside));
        let name = name.trim_end_matches(".sql");
        let mut out = Defaults { engine: None, ttl: None, materialized: None, known: true };
        let models = self.root.get("models");
        let own = self.root.get("name").and_then(Node::str);
        let project = own.and_then(|own| models?.get(own));
        let mut levels: Vec<&Node> = models.into_iter().chain(project).collect();
        let mut at = project;
        for part in above.split('/').chain([name]).take(MAX_DEPTH) {
            at = at.and_then(|node| node.get(part));
            levels.extend(at);
        }
        for level in levels {
            set(&mut out, level, true);
        }
        let listed =
            self.properties.iter().flat_map(|p| p.get("models").map_or(&[][..], Node::items));
        let mine = listed.filter(|model| model.get("name").and_then(Node::str) == Some(name));
        for config in mine.filter_map(|model| model.get("config")) {
            set(&mut out, config, false);
        }
        Some(out)
    }
}

/// Takes over one level; in the project's file keys may stand with a `+`, and those without may be
/// folders.
fn set(out: &mut Defaults, level: &Node, project: bool) {
    let get = |key: &str| {
        let marked = level.get(&format!("+{key}")).filter(|_| project);
        marked.or_else(|| level.get(key)).filter(|node| node.str().is_some())
    };
    if let Some(engine) = get("engine") {
        out.engine = engine.nested_text();
    }
    if let Some(ttl) = get("ttl") {
        out.ttl = ttl.nested_text();
    }
    if let Some(kind) = get("materialized") {
        out.materialized = kind.text();
    }
}
