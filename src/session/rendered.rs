//! Rendered manifests name the template they came from; a finding in one tells it.
//!
//! The finding stays where the text is that was read: line numbers of a template are not known.

use crate::finding::Finding;
use crate::model::fact::Evidence;
use crate::source::{FileId, Place, Sources};

/// What `helm template` writes above each document.
const MARK: &str = "# Source: ";

/// Adds the template as the last step of each finding in a rendered document. The step is placed
/// in the template where that is among the files, else at the comment that names it.
pub(super) fn trace(findings: &mut [Finding], sources: &Sources) {
    for finding in findings {
        let Some((comment, path)) = template(finding.at, sources) else { continue };
        let head = find(path, sources).map(|file| {
            let first = sources.str(file).lines().next().map_or(0, str::len);
            Place::new(file, 0..first)
        });
        let say = format!("rendered from `{path}`");
        finding.evidence.push(Evidence::new(head.unwrap_or(comment), say));
    }
}

/// The comment of the document that a place is in, and the path in it.
fn template(at: Place, sources: &Sources) -> Option<(Place, &str)> {
    let before = sources.str(at.file).get(..at.start as usize)?;
    let document = before.rfind("\n---").map_or(0, |n| n + 1);
    let document_text = before.get(document..)?;
    let start = document
        + document_text.find(MARK).filter(|n| {
            document_text.get(..*n).is_some_and(|front| front.is_empty() || front.ends_with('\n'))
        })?;
    let line = before.get(start..)?.lines().next()?;
    let path = line.strip_prefix(MARK)?.trim();
    let plausible = path.contains('/') && !path.contains(' ');
    plausible.then(|| (Place::new(at.file, start..start + line.len()), path))
}

/// The template among the files. Helm names it from the chart's name on, which need not be that
/// of its folder: what stands behind it has to be the end of one path and of no other.
fn find(path: &str, sources: &Sources) -> Option<FileId> {
    if let Some(file) = sources.find(path) {
        return Some(file);
    }
    let (_, within) = path.split_once('/')?;
    let ends = |file: &FileId, end: &str| {
        let rest = sources.path(*file).strip_suffix(end);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    for end in [path, within] {
        let mut found = sources.ids().filter(|file| ends(file, end));
        if let (Some(only), None) = (found.next(), found.next()) {
            return Some(only);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::in_memory;

    const RENDERED: &str =
        "---\n# Source: shop/templates/cache.yaml\nkind: Service\n---\nkind: Pod\n";

    fn at(needle: &str, files: &[(&str, &str)]) -> Option<(String, String)> {
        let files: Vec<(String, String)> =
            files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
        let sources = in_memory(&files);
        let file = sources.find("rendered.yaml").expect("bug: no such file");
        let start = sources.str(file).find(needle).expect("bug: no such text");
        let (_, path) = template(Place::new(file, start..start + 1), &sources)?;
        let found = find(path, &sources).map(|file| sources.path(file).to_string());
        Some((path.to_owned(), found.unwrap_or_default()))
    }

    #[test]
    fn a_document_belongs_to_the_template_named_above_it() {
        let found = at("Service", &[("rendered.yaml", RENDERED)]);
        assert_eq!(found, Some(("shop/templates/cache.yaml".into(), String::new())));
        assert_eq!(at("Pod", &[("rendered.yaml", RENDERED)]), None);
    }

    #[test]
    fn the_template_is_found_whatever_the_folder_of_its_chart_is_called() {
        let files = [("deploy/chart/templates/cache.yaml", "x"), ("rendered.yaml", RENDERED)];
        let found = at("Service", &files).map(|(_, file)| file);
        assert_eq!(found.as_deref(), Some("deploy/chart/templates/cache.yaml"));
    }
}
