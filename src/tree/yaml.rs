//! YAML and JSON into [`Node`]s.

mod build;
mod indent;
mod json;
mod pieces;
#[cfg(test)]
mod tests;

use granit_parser::{ErrorKind, Event, Options, Parser, ScanError};

use super::node::Node;
use crate::source::{Problem, Text};
use build::Builder;

pub(crate) use json::parse_json;

/// Collections within collections, by nesting or by aliases. Kubernetes' own deepest schemas stay
/// under 30; readers recurse over what is built here.
const MAX_DEPTH: usize = 128;

/// Errors reported for one text; a text with more is no YAML.
const MAX_PROBLEMS: usize = 50;

/// How often a text is read again with quoted texts indented.
const MAX_MENDS: usize = 8;

/// Bytes that are read again in all.
const MAX_MENDED: usize = 64 << 20;

/// Reads all documents of a stream. A broken document costs itself; the next `---` begins anew.
pub(crate) fn parse(text: &Text) -> (Vec<Node>, Vec<Problem>) {
    let mut best = read(text);
    let mut mended = text.clone();
    let times = MAX_MENDS.min(MAX_MENDED / text.as_str().len().max(1));
    for _ in 0..times {
        if best.stumbled.is_empty() {
            break;
        }
        let Some(again) = indent::mended(&mended, &best.stumbled) else { break };
        let next = read(&again);
        if next.problems.len() > best.problems.len() {
            break;
        }
        (best, mended) = (next, again);
    }
    (best.documents, best.problems)
}

/// What one reading gave.
struct Reading {
    documents: Vec<Node>,
    problems: Vec<Problem>,
    /// Offsets of lines of quoted texts that are not indented.
    stumbled: Vec<usize>,
}

fn read(text: &Text) -> Reading {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let mut parser = Parser::new_from_str_with_options(text.as_str(), options);
    let mut builder = Builder::new(text);
    let mut documents = Vec::new();
    let mut problems = Vec::new();
    let mut stumbled = Vec::new();
    while let Some(next) = parser.next_event() {
        // By reference: an event is large, and there is one for every word.
        let failed = match &next {
            Ok((Event::DocumentEnd, _)) => {
                documents.extend(builder.finish());
                continue;
            }
            Ok((event, span)) => builder.event(event, span).err(),
            Err(error) => {
                if *error.kind() == ErrorKind::InvalidQuotedScalarIndent {
                    stumbled.extend(error.marker().byte_offset());
                }
                Some(problem(text, error))
            }
        };
        let Some(failed) = failed else { continue };
        problems.push(failed);
        builder.abandon();
        if problems.len() >= MAX_PROBLEMS || !matches!(parser.proceed_next_document(), Ok(true)) {
            break;
        }
    }
    problems.append(&mut builder.problems);
    problems.sort();
    Reading { documents, problems, stumbled }
}

fn problem(text: &Text, error: &ScanError) -> Problem {
    let content = text.as_str();
    let start = error.marker().byte_offset().unwrap_or(0).min(content.len());
    let width = content.get(start..).and_then(|s| s.chars().next()).map_or(0, char::len_utf8);
    Problem { place: text.place(start..start + width), message: error.info().clone() }
}

/// Whether a text is a template of Helm or Jinja that is no YAML before it is rendered: a line
/// that begins with an action, or a value that does.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("{{") && text.lines().any(line_holds_action)
        || text.contains("{%") && text.lines().any(|line| line.trim_start().starts_with("{%"))
}

fn line_holds_action(line: &str) -> bool {
    let line = line.trim_start();
    if line.starts_with('#') {
        return false;
    }
    // Behind `- ` and `key: ` alike, before any quote.
    let mut rest = line;
    while let Some(item) = rest.strip_prefix("- ") {
        rest = item.trim_start();
    }
    if rest.starts_with("{{") {
        return true;
    }
    rest.match_indices(": ").any(|(at, _)| {
        let (before, after) = rest.split_at(at);
        !before.contains(['"', '\'', '#']) && after[1..].trim_start().starts_with("{{")
    })
}
