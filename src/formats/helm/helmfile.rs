//! `helmfile.yaml` and the files of `helmfile.d`: releases of charts with files of values.
//!
//! helmfile fills its file in as a Go template before it reads it. What a template decides is
//! unknown here, save the names of the release and of the environment, which mostly stand in paths
//! (helmfile documentation, "Configuration", "Environments" and "Values Merging and Data Flow").

mod environments;
mod state;
mod template;

use super::{Claim, Format, Parsed, Unit};
use crate::model::fragment::Fragment;
use crate::source::{Problem, Text};
use crate::tree::yaml;
use state::State;
use template::Template;

/// The front end for helmfiles.
pub(crate) struct Helmfile;

impl Format for Helmfile {
    fn name(&self) -> &'static str {
        "helmfile"
    }

    fn claims(&self, path: &str, text: &str) -> Claim {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let bare = file.strip_suffix(".gotmpl").unwrap_or(file);
        let is_yaml = matches!(bare.rsplit_once('.'), Some((_, "yaml" | "yml")));
        if !is_yaml || !has_key(text, "releases:") {
            return Claim::No;
        }
        let named = file.starts_with("helmfile") || folder.ends_with("helmfile.d");
        // Others are named by a helmfile above them.
        let looks = || text.contains("chart:") && !has_key(text, "kind:");
        if named || looks() { Claim::Surely } else { Claim::No }
    }

    fn parse(&self, text: &Text, _path: &str) -> (Parsed, Vec<Problem>) {
        let template = Template::of(text.as_str());
        if !template.has_actions {
            let (nodes, problems) = yaml::parse(text);
            return (Parsed::Nodes(nodes), problems);
        }
        let masked = Text::of_file(text.whole().file, template.masked.into());
        let (nodes, problems) = yaml::parse(&masked);
        // What is no YAML before it is filled in is nobody's fault.
        let parsed = if problems.is_empty() { Parsed::Nodes(nodes) } else { Parsed::Text };
        (parsed, Vec::new())
    }

    fn lower(&self, unit: &Unit, out: &mut Fragment) {
        for (file, parsed) in &unit.files {
            let place = unit.sources.text(*file).whole();
            match parsed {
                Parsed::Nodes(nodes) => {
                    let template = Template::of(unit.sources.str(*file));
                    State::new(*file, nodes, &template, unit.sources).releases(out);
                }
                _ => out.not_understood.push((
                    place,
                    "a helmfile that is a template, which helmfile has to fill in first".into(),
                )),
            }
        }
    }
}

/// Whether a key stands at the head of a line.
fn has_key(text: &str, key: &str) -> bool {
    text.starts_with(key)
        || text
            .match_indices(key)
            .any(|(at, _)| text.as_bytes().get(at.wrapping_sub(1)) == Some(&b'\n'))
}
