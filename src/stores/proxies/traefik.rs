//! Traefik's file provider: routers, their middlewares, and the servers that they lead to.
//!
//! doc.traefik.io: "File" (providers), "Routers", "Services", "Middlewares", "`EntryPoints`". What
//! labels and Kubernetes' objects route is read where those are read.

mod dynamic;
mod fixed;

use super::{Forward, Reading, missing};
use crate::source::Text;
use crate::stores::Program;
use crate::tree::node::Node;
use crate::tree::{toml, yaml};

use dynamic::Dynamic;
use fixed::Fixed;

/// Files of one folder; more are generated.
const MOST_FILES: usize = 64;

pub(super) fn read(program: &Program) -> Reading {
    let fixed = Fixed::read(program);
    let named = [&fixed.file, &fixed.folder];
    let Some(first) = named.into_iter().flatten().next() else {
        return Reading::Forwards(Vec::new());
    };
    let mut roots = Vec::new();
    for (path, text) in super::texts(program) {
        let own = fixed.file.as_deref() == Some(path);
        let below = |folder: &String| {
            let rest = path.strip_prefix(folder.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        if (own || fixed.folder.as_ref().is_some_and(below)) && roots.len() < MOST_FILES {
            roots.extend(document(path, text));
        }
    }
    if roots.is_empty() {
        return missing(program, first);
    }
    Reading::Forwards(Dynamic::new(&roots).forwards(&fixed))
}

/// The tree of a file: YAML, or TOML where its name says so. Traefik takes nothing else.
fn document(path: &str, text: &Text) -> Option<Node> {
    let extension = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match &*extension {
        "yml" | "yaml" => yaml::parse(text).0.into_iter().next(),
        "toml" => Some(toml::parse(text).0),
        _ => None,
    }
}

/// An entry of a map: Traefik takes its names in any case.
fn child<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    node.entries().iter().find(|e| e.key.eq_ignore_ascii_case(key)).map(|e| &e.value)
}

fn descend<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(node, |node, key| child(node, key))
}
