//! What a Dockerfile of the project makes of the image that it begins with.
//!
//! Read are the last stage, or the one that is built, and those that it continues: their base, the
//! variables, the start, and files of the project that are copied in. What `RUN` does stays unseen
//! (Dockerfile reference).

use rustc_hash::FxHashMap;

use super::words;
use crate::source::{Place, Text};

/// Stages that continue one another.
const MAX_STAGES: usize = 16;

/// An image that is built in the project.
#[derive(Clone, Default)]
pub(super) struct Image {
    /// The image of another registry that it begins with.
    pub(super) base: String,
    pub(super) from: Option<Place>,
    /// Whether programs ran over it, whose work nobody sees here.
    pub(super) changed: bool,
    pub(super) env: Vec<(String, String, Place)>,
    pub(super) entrypoint: Option<(Vec<String>, Place)>,
    pub(super) command: Option<(Vec<String>, Place)>,
    /// Path in the context, path in the image.
    pub(super) copies: Vec<(String, String, Place)>,
}

/// The image that a target, or the last stage, gives; `None` where its base cannot be told.
pub(super) fn image(text: &Text, target: Option<&str>, args: &[(String, String)]) -> Option<Image> {
    let mut globals: FxHashMap<String, String> = FxHashMap::default();
    let given: FxHashMap<&str, &str> =
        args.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut stages: Vec<(Option<String>, Image)> = Vec::new();
    for (line, place) in lines(text) {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
        let rest = rest.trim();
        match (word.to_ascii_uppercase().as_str(), stages.last_mut()) {
            ("ARG", None) => {
                let (name, default) = rest.split_once('=').unwrap_or((rest, ""));
                let value = given.get(name).copied().unwrap_or_else(|| unquoted(default));
                globals.insert(name.to_owned(), value.to_owned());
            }
            ("FROM", _) => stages.push(stage(rest, place, &globals, &stages)?),
            (word, Some((_, image))) => image.step(word, rest, place),
            _ => {}
        }
    }
    let named =
        |(name, _): &&(Option<String>, Image)| name.as_deref().is_some_and(|n| Some(n) == target);
    let built = match target {
        Some(_) => stages.iter().find(named)?,
        None => stages.last()?,
    };
    let image = &built.1;
    let told = !image.base.is_empty() && !image.base.contains('$') && image.base != "scratch";
    told.then(|| image.clone())
}

/// `[--platform=…] IMAGE [AS NAME]`. A stage may continue one before it.
fn stage(
    rest: &str,
    place: Place,
    globals: &FxHashMap<String, String>,
    before: &[(Option<String>, Image)],
) -> Option<(Option<String>, Image)> {
    let words = rest.split_whitespace().filter(|word| !word.starts_with("--"));
    let words: Vec<&str> = words.collect();
    let name = match words.get(1) {
        Some(word) if word.eq_ignore_ascii_case("as") => words.get(2).map(|n| (*n).to_owned()),
        _ => None,
    };
    let base = filled(words.first()?, globals);
    let below = before.iter().take(MAX_STAGES).find(|(name, _)| name.as_deref() == Some(&base));
    let image = match below {
        Some((_, image)) => image.clone(),
        None => Image { base, from: Some(place), ..Image::default() },
    };
    Some((name, image))
}

impl Image {
    fn step(&mut self, word: &str, rest: &str, place: Place) {
        match word {
            "RUN" => self.changed = true,
            "ENV" => {
                let pairs = words::split(rest);
                let plain = |w: &String| !w.contains('$');
                match rest.split_once(char::is_whitespace) {
                    // The old form: one name, and the rest of the line.
                    Some((name, value)) if !name.contains('=') => {
                        self.env.push((name.to_owned(), unquoted(value.trim()).to_owned(), place));
                    }
                    _ => self.env.extend(pairs.iter().filter(|w| plain(w)).filter_map(|pair| {
                        let (name, value) = pair.split_once('=')?;
                        Some((name.to_owned(), value.to_owned(), place))
                    })),
                }
            }
            "ENTRYPOINT" => {
                self.entrypoint = Some((command(rest), place));
                // It takes the arguments of the image below away.
                self.command = None;
            }
            "CMD" => self.command = Some((command(rest), place)),
            "COPY" | "ADD" if rest.contains("--from") => self.changed = true,
            "COPY" | "ADD" => {
                let files = rest.split_whitespace().filter(|word| !word.starts_with("--"));
                let files: Vec<&str> = files.collect();
                let Some((to, from)) = files.split_last() else { return };
                for from in from {
                    let name = from.trim_end_matches('/').rsplit('/').next().unwrap_or(from);
                    // A program, never a folder with settings in it.
                    if name.rsplit_once('.').is_some_and(|(_, end)| end == "jar") {
                        continue;
                    }
                    let to = match to.strip_suffix('/') {
                        Some(folder) => format!("{folder}/{name}"),
                        None => (*to).to_owned(),
                    };
                    self.copies.push(((*from).to_owned(), to, place));
                }
            }
            _ => {}
        }
    }
}

/// The words of a JSON list, or a line for the shell.
fn command(rest: &str) -> Vec<String> {
    serde_json::from_str(rest)
        .unwrap_or_else(|_| vec!["/bin/sh".to_owned(), "-c".to_owned(), rest.to_owned()])
}

/// `$NAME`, `${NAME}` and `${NAME:-default}`; what is not known stays as it is.
fn filled(text: &str, variables: &FxHashMap<String, String>) -> String {
    let Some(at) = text.find('$') else { return text.to_owned() };
    let (before, rest) = (&text[..at], &text[at + 1..]);
    let braced = rest.strip_prefix('{').and_then(|r| r.split_once('}'));
    let (name, behind) = braced.unwrap_or_else(|| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        rest.split_at(end.unwrap_or(rest.len()))
    });
    let (name, default) = name.split_once(":-").unwrap_or((name, ""));
    let known = variables.get(name).map(String::as_str).filter(|value| !value.is_empty());
    match known.or((!default.is_empty()).then_some(default)) {
        Some(value) => format!("{before}{value}{}", filled(behind, variables)),
        None => text.to_owned(),
    }
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

/// Instructions with their continuation lines, without comments.
fn lines(text: &Text) -> Vec<(String, Place)> {
    let mut out = Vec::new();
    let (mut open, mut first) = (String::new(), 0);
    let mut start = 0;
    for raw in text.as_str().split_inclusive('\n') {
        let end = start + raw.trim_end().len();
        let line = raw.trim();
        if open.is_empty() {
            first = start + (raw.len() - raw.trim_start().len());
        }
        if !line.starts_with('#') && !line.is_empty() {
            if let Some(part) = line.strip_suffix('\\') {
                open += part;
                open.push(' ');
            } else {
                open += line;
                out.push((std::mem::take(&mut open), text.place(first..end.max(first))));
            }
        }
        start += raw.len();
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::image;
    use crate::source::{FileId, Text};

    /// Base, variables, start and copies of what is built.
    #[track_caller]
    fn check(text: &str, target: Option<&str>, expected: Option<&str>) {
        let text = Text::of_file(FileId(0), Arc::from(text));
        let args = [("BASE".to_owned(), "valkey:8".to_owned())];
        let told = image(&text, target, &args).map(|i| {
            let env: Vec<String> = i.env.iter().map(|(n, v, _)| format!("{n}={v}")).collect();
            let words = |part: &Option<(Vec<String>, _)>| {
                part.as_ref().map_or("-".to_owned(), |(words, _)| words.join(" "))
            };
            let copies: Vec<String> = i.copies.iter().map(|(a, b, _)| format!("{a}>{b}")).collect();
            let changed = if i.changed { " changed" } else { "" };
            format!(
                "{} env={} entrypoint={} command={} copies={}{changed}",
                i.base,
                env.join(","),
                words(&i.entrypoint),
                words(&i.command),
                copies.join(",")
            )
        });
        assert_eq!(told.as_deref(), expected);
    }

    #[test]
    fn the_last_stage_is_built_with_what_it_continues() {
        check(
            "# syntax\nARG BASE=redis:7\nFROM golang AS tools\nRUN make\nFROM ${BASE} as base\n\
             ENV A=1 B='two words'\nENV OLD some text\nFROM base\nCOPY --chown=1 a.conf x.jar b.conf /etc/x/\n\
             ENTRYPOINT [\"run\"]\nCMD redis-server \\\n  --save\n",
            None,
            Some(
                "valkey:8 env=A=1,B=two words,OLD=some text entrypoint=run \
                 command=/bin/sh -c redis-server  --save \
                 copies=a.conf>/etc/x/a.conf,b.conf>/etc/x/b.conf",
            ),
        );
    }

    #[test]
    fn a_target_is_built_instead_of_the_last_stage() {
        let text = "FROM redis:7 AS plain\nRUN true\nFROM nginx AS web\n";
        let built = "redis:7 env= entrypoint=- command=- copies= changed";
        check(text, Some("plain"), Some(built));
        check(text, Some("nothing"), None);
    }

    #[test]
    fn a_base_that_nobody_tells_is_none() {
        check("ARG UNSET\nFROM $UNSET\n", None, None);
        check("FROM x-${UNSET:-y}:1\n", None, Some("x-y:1 env= entrypoint=- command=- copies="));
        check("FROM scratch\n", None, None);
        check("RUN true\n", None, None);
        check("FROM\n", None, None);
    }
}
