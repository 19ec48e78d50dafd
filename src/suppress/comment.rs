//! `seawall: ignore[rule] until=2031-01-31 reason`, in the comments of any format.

use crate::config::Ignore;
use crate::model::fact::Name;
use crate::source::{FileId, Place};

const MARK: &str = "seawall: ignore[";

/// How comments begin.
const OPENERS: [&str; 5] = ["#", "//", "--", "<!--", "/*"];

/// A suppression as it is written.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Comment {
    /// From its opener to the end of its line.
    pub(super) place: Place,
    pub(super) rules: Vec<Name>,
    pub(super) until: Option<Name>,
    pub(super) reason: Name,
}

impl Comment {
    /// An entry of seawall's configuration says the same things.
    pub(super) fn configured(place: Place, ignore: &Ignore) -> Comment {
        Comment {
            place,
            rules: vec![ignore.rule.value.as_str().into()],
            until: ignore.until.as_deref().map(Name::from),
            reason: ignore.reason.as_deref().unwrap_or("").into(),
        }
    }

    /// An annotation is reason enough.
    pub(super) fn annotation(place: Place, rules: &[Name]) -> Comment {
        Comment { place, rules: rules.to_vec(), until: None, reason: "annotated".into() }
    }
}

/// All suppressions of a file, in its order.
pub(super) fn comments(file: FileId, text: &str) -> Vec<Comment> {
    let mut found = Vec::new();
    // Most files have none, and to tell that is several times quicker than to look for the place.
    if !text.contains(MARK) {
        return found;
    }
    let mut at = 0;
    while let Some(next) = text[at..].find(MARK) {
        let mark = at + next;
        at = mark + MARK.len();
        let line_start = text[..mark].rfind('\n').map_or(0, |i| i + 1);
        let before = text[line_start..mark].trim_end();
        let Some(opener) = OPENERS.iter().filter(|o| before.ends_with(**o)).max_by_key(|o| o.len())
        else {
            continue;
        };
        let start = line_start + before.len() - opener.len();
        let end = text[at..].find('\n').map_or(text.len(), |i| at + i);
        let line = text[at..end].trim_end();
        let place = Place::new(file, start..at + line.len());
        found.push(read(place, line));
        at = end;
    }
    found
}

fn read(place: Place, line: &str) -> Comment {
    let (names, rest) = line.split_once(']').unwrap_or((line, ""));
    let names = names.split(',').map(str::trim);
    let rules = names.filter(|n| !n.is_empty() && *n != "*").map(Name::from).collect();
    let rest = rest.trim().trim_end_matches("-->").trim_end_matches("*/").trim();
    let (until, reason) = match rest.strip_prefix("until=") {
        Some(rest) => {
            let (date, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            (Some(date.into()), reason.trim())
        }
        None => (None, rest),
    };
    Comment { place, rules, until, reason: reason.into() }
}
