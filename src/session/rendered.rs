//! Rendered manifests name the template they came from; a finding in one tells it.
//!
//! The finding stays where the text is that was read: line numbers of a template are not known.

use std::collections::HashMap;
use std::ops::Range;

use crate::finding::Finding;
use crate::model::fact::Evidence;
use crate::source::{FileId, Place, Sources};

/// What `helm template` writes above each document.
const MARK: &str = "# Source: ";

/// A document that names its template.
struct Rendered<'a> {
    /// Of the whole document, in bytes of its file.
    range: Range<usize>,
    comment: Place,
    path: &'a str,
    /// The head of the template, where it is among the files.
    head: Option<Place>,
}

/// Adds the template as the last step of each finding in a rendered document. The step is placed
/// in the template where that is among the files, else at the comment that names it.
pub(super) fn trace(findings: &mut [Finding], sources: &Sources) {
    let mut files: HashMap<FileId, Vec<Rendered>> = HashMap::new();
    for finding in findings {
        let file = finding.at.file;
        let documents = files.entry(file).or_insert_with(|| documents(file, sources));
        if let Some(document) = holding(documents, finding.at) {
            let say = format!("rendered from `{}`", document.path);
            let place = document.head.unwrap_or(document.comment);
            finding.evidence.push(Evidence::new(place, say));
        }
    }
}

fn holding<'a, 's>(documents: &'a [Rendered<'s>], at: Place) -> Option<&'a Rendered<'s>> {
    let start = at.start as usize;
    let behind = documents.partition_point(|d| d.range.start <= start);
    documents.get(behind.checked_sub(1)?).filter(|d| d.range.contains(&start))
}

/// The documents of a file that name their templates, in order.
fn documents(file: FileId, sources: &Sources) -> Vec<Rendered<'_>> {
    let text = sources.str(file);
    let mut out: Vec<Rendered> = Vec::new();
    let mut heads: HashMap<&str, Option<Place>> = HashMap::new();
    let (mut start, mut named) = (0, false);
    if !text.contains(MARK) {
        return out;
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") {
            (start, named) = (at, false);
        }
        let path = line.strip_prefix(MARK).map(str::trim).filter(|p| is_path(p));
        if let Some(path) = path.filter(|_| !named) {
            let comment = Place::new(file, at..at + line.trim_end().len());
            let head = *heads.entry(path).or_insert_with(|| find(path, sources));
            out.push(Rendered { range: start..start, comment, path, head });
            named = true;
        }
        at += line.len();
        if let Some(last) = out.last_mut().filter(|_| named) {
            last.range.end = at;
        }
    }
    out
}

/// `chart/templates/x.yaml`
fn is_path(text: &str) -> bool {
    text.contains('/') && !text.contains(' ')
}

/// The template among the files. Helm names it from the chart's name on, which need not be that
/// of its folder: what stands behind it has to be the end of one path and of no other.
fn find(path: &str, sources: &Sources) -> Option<Place> {
    let head = |file: FileId| {
        let first = sources.str(file).lines().next().map_or(0, str::len);
        Place::new(file, 0..first)
    };
    if let Some(file) = sources.find(path) {
        return Some(head(file));
    }
    let (_, within) = path.split_once('/')?;
    let ends = |file: &FileId, end: &str| {
        let rest = sources.path(*file).strip_suffix(end);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    for end in [path, within] {
        let mut found = sources.ids().filter(|file| ends(file, end));
        if let (Some(only), None) = (found.next(), found.next()) {
            return Some(head(only));
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
        let documents = documents(file, &sources);
        let document = holding(&documents, Place::new(file, start..start + 1))?;
        let found = document.head.map(|place| sources.path(place.file).to_string());
        Some((document.path.to_owned(), found.unwrap_or_default()))
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
