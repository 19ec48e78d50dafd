//! Configuration files: which of them the server loads, and what stands in them.

use super::hcl_file;
use super::layers::{Layer, Settings};
use super::words::Word;
use crate::catalog::image::{FileCard, FileStyle, Loaded, normal};
use crate::catalog::reference::glob;
use crate::model::fact::{Fact, Why};
use crate::model::fragment::{ConfigBody, ConfigFile};
use crate::model::value::Value;
use crate::source::{Place, Text};
use crate::stores::Program;
use crate::tree::node::{Kind, Node};
use crate::tree::xml::{self, Element};
use crate::tree::yaml;

/// What the server loads of a card's file, each text as a layer, the one that wins first. `words`
/// are the command line's words that are no options.
pub(crate) fn layers(
    program: &Program,
    file: &FileCard,
    words: &[Word],
    settings: &Settings,
) -> Vec<Layer> {
    let mut layers = loaded(program, file, words, settings);
    if matches!(file.how, FileStyle::Yaml) {
        let only: Vec<String> = file.section.iter().map(|name| normal(name)).collect();
        for layer in &mut layers {
            layer.only.clone_from(&only);
        }
    }
    layers
}

fn loaded(program: &Program, file: &FileCard, words: &[Word], settings: &Settings) -> Vec<Layer> {
    match file.loaded {
        Loaded::Always => always(program, file),
        Loaded::FirstWord => words
            .first()
            .map(|word| named(program, file, word.why(), &word.text, word.place))
            .into_iter()
            .collect(),
        Loaded::Setting => {
            let mut paths = file.setting.iter().map(|name| settings.setting(name));
            let path = paths.find(|fact| !fact.is_unset());
            path.map(|path| by_setting(program, file, &path)).into_iter().collect()
        }
    }
}

fn by_setting(program: &Program, file: &FileCard, path: &Fact<Value>) -> Layer {
    match path {
        Fact::Known(Value::Text(text), origin) => named(program, file, None, text, origin.at),
        Fact::Unknown(why, place) => named(program, file, Some(why.clone()), "", *place),
        other => open(Why::NotUnderstood("the path of a configuration file".into()), other.place()),
    }
}

/// A file whose path the user gave.
fn named(program: &Program, card: &FileCard, why: Option<Why>, path: &str, place: Place) -> Layer {
    if let Some(why) = why {
        return open(why, place);
    }
    if let Some((_, file)) = program.files.iter().find(|(at, _)| &**at == path) {
        return read(file, card);
    }
    match filled_from_outside(program, path) {
        Some((why, place)) => open(why, place),
        // The image's own, which the card's defaults describe.
        None if card.path.as_ref().is_some_and(|own| glob(own, path)) => Layer::default(),
        // The image has it, or nobody does; either way its text is not in the project.
        None => open(Why::NotHere(path.into()), place),
    }
}

/// A file that is loaded wherever it lies; without one the image's own applies, which the card's
/// defaults describe.
fn always(program: &Program, card: &FileCard) -> Vec<Layer> {
    let mut out = Vec::new();
    let Some(pattern) = &card.path else { return out };
    if let Some((why, place)) = filled_from_outside(program, pattern) {
        out.push(open(why, place));
    }
    // Later files win over earlier ones.
    let met = program.files.iter().rev().filter(|(path, _)| glob(pattern, path));
    out.extend(met.map(|(_, file)| read(file, card)));
    out
}

/// Whether something outside the project is put where this path lies.
fn filled_from_outside(program: &Program, path: &str) -> Option<(Why, Place)> {
    let fixed = path.split('*').next().unwrap_or(path);
    let met = program.files_open.iter().find(|(folder, _, _)| {
        let folder = folder.trim_end_matches('/');
        let inside = fixed.strip_prefix(folder).is_some_and(|r| r.is_empty() || r.starts_with('/'));
        inside || (path.contains('*') && glob(path, folder))
    });
    let mounted = met.map(|(_, why, place)| (why.clone(), *place));
    mounted.or_else(|| written_at_start(program, fixed.trim_end_matches('/')))
}

/// Whether the container's own start command writes the file: `echo … >> /etc/x.conf && x-server`.
fn written_at_start(program: &Program, path: &str) -> Option<(Why, Place)> {
    const WRITERS: [&str; 5] = [">", "tee ", "sed -i", "cp ", "envsubst"];
    let container = program.container;
    let words = [&container.command, &container.args];
    let mut scripts = words.into_iter().filter_map(Fact::known).flatten();
    scripts.find_map(|word| {
        let Fact::Known(text, origin) = word else { return None };
        let writes =
            path.len() > 1 && text.contains(path) && WRITERS.iter().any(|w| text.contains(w));
        let what = format!("what the start command writes into `{path}`");
        writes.then(|| (Why::NotUnderstood(what.into()), origin.at))
    })
}

fn open(why: Why, place: Place) -> Layer {
    Layer { open: Some((why, place)), ..Layer::default() }
}

fn read(file: &ConfigFile, card: &FileCard) -> Layer {
    let mut layer = Layer::default();
    if let (ConfigBody::ClickHouse(root), FileStyle::Xml) = (&file.body, card.how) {
        root.elements().for_each(|element| elements(element, "", &mut layer));
        return layer;
    }
    let ConfigBody::Text(text) = &file.body else {
        return open(Why::NotUnderstood(format!("`{}`", file.name).into()), file.place);
    };
    match card.how {
        FileStyle::RedisConf => lines(text, |line| redis_line(&line, &mut layer)),
        FileStyle::Assignments => lines(text, |line| assignment(&line, &mut layer)),
        FileStyle::Ini => ini(text, card, &mut layer),
        FileStyle::Yaml => yaml_file(text, &mut layer),
        FileStyle::Xml => xml_file(text, &mut layer),
        FileStyle::Hcl if file.name.ends_with(".json") => yaml_file(text, &mut layer),
        FileStyle::Hcl => hcl_file::read(text, &mut layer),
    }
    layer
}

/// A line without its comment, and where each part of it stands.
struct Line<'a> {
    text: &'a str,
    start: usize,
    source: &'a Text,
}

impl Line<'_> {
    fn place(&self) -> Place {
        self.source.place(self.start..self.start + self.text.len())
    }
}

fn lines<'a>(source: &'a Text, mut each: impl FnMut(Line<'a>)) {
    let mut start = 0;
    for raw in source.as_str().split_inclusive('\n') {
        let text = raw.trim();
        let indent = raw.len() - raw.trim_start().len();
        if !text.is_empty() && !text.starts_with(['#', ';']) {
            each(Line { text, start: start + indent, source });
        }
        start += raw.len();
    }
}

/// `name value …`. An account's line keeps its account's name: `user default` is `user_default`.
fn redis_line(line: &Line, layer: &mut Layer) {
    let (name, rest) = line.text.split_once(char::is_whitespace).unwrap_or((line.text, ""));
    let (mut name, mut rest) = (name.to_owned(), rest.trim());
    if name.eq_ignore_ascii_case("include") {
        let why = Why::NotUnderstood(format!("`include {rest}`").into());
        layer.open.get_or_insert((why, line.place()));
        return;
    }
    if name.eq_ignore_ascii_case("user")
        && let Some((account, rights)) = rest.split_once(char::is_whitespace)
    {
        name = format!("user_{account}");
        rest = rights.trim();
    }
    layer.add(&name, unquoted(rest), line.place());
}

/// `name = value`, `name: value`, or `name value`, which `PostgreSQL` takes too.
fn assignment(line: &Line, layer: &mut Layer) {
    let split = line.text.split_once(['=', ':']);
    let (name, value) =
        split.or_else(|| line.text.split_once(char::is_whitespace)).unwrap_or((line.text, "true"));
    let value = value.trim();
    let value = match value.strip_prefix('\'').and_then(|v| v.split_once('\'')) {
        Some((quoted, _)) => quoted,
        None => {
            value.split(" #").next().unwrap_or(value).split("\t#").next().unwrap_or(value).trim()
        }
    };
    if name.trim_end().starts_with("include") {
        let why = Why::NotUnderstood(format!("`{}`", line.text).into());
        layer.open.get_or_insert((why, line.place()));
        return;
    }
    layer.add(name.trim(), unquoted(value), line.place());
}

fn ini(source: &Text, card: &FileCard, layer: &mut Layer) {
    let mut section = String::new();
    lines(source, |line| {
        if let Some(name) = line.text.strip_prefix('[').and_then(|t| t.split_once(']')) {
            name.0.trim().clone_into(&mut section);
            return;
        }
        if card.section.is_empty() {
            let (name, value) = line.text.split_once('=').unwrap_or((line.text, "true"));
            layer.add(&format!("{section}.{}", name.trim()), unquoted(value.trim()), line.place());
        } else if card.section.iter().any(|s| glob(s, &section)) && !line.text.starts_with('!') {
            assignment(&line, layer);
        }
    });
}

fn yaml_file(source: &Text, layer: &mut Layer) {
    let (documents, problems) = yaml::parse(source);
    if let Some(problem) = problems.first() {
        layer.open = Some((Why::Broken, problem.place));
    }
    for document in &documents {
        flatten(document, "", layer);
    }
}

/// Nested names become dotted ones. The parser bounds the depth.
fn flatten(node: &Node, path: &str, layer: &mut Layer) {
    for entry in node.entries() {
        let name =
            if path.is_empty() { entry.key.to_string() } else { format!("{path}.{}", entry.key) };
        match &entry.value.kind {
            Kind::Map(map) => {
                // By its own name it is the list of its keys: `basic_auth_users`.
                let keys: Vec<&str> = map.entries.iter().map(|e| &*e.key).collect();
                if !keys.is_empty() {
                    layer.add(&name, &keys.join(","), entry.place());
                }
                flatten(&entry.value, &name, layer);
            }
            Kind::Scalar(scalar) => layer.add(&name, &scalar.text, entry.place()),
            Kind::List(items) => {
                let texts: Vec<&str> = items.iter().filter_map(Node::str).collect();
                layer.add(&name, &texts.join(","), entry.place());
            }
            Kind::Null => {}
        }
    }
}

fn xml_file(source: &Text, layer: &mut Layer) {
    let (root, problems) = xml::parse(source);
    if let Some(problem) = problems.first() {
        layer.open = Some((Why::Broken, problem.place));
    }
    for element in root.iter().flat_map(Element::elements) {
        elements(element, "", layer);
    }
}

/// Nested elements become dotted names. The parser bounds the depth.
fn elements(element: &Element, path: &str, layer: &mut Layer) {
    let name =
        if path.is_empty() { element.name.to_string() } else { format!("{path}.{}", element.name) };
    let mut inside = element.elements().peekable();
    if inside.peek().is_none() {
        layer.add(&name, element.text().trim(), element.place);
    }
    inside.for_each(|child| elements(child, &name, layer));
}

fn unquoted(text: &str) -> &str {
    let quoted = |q: char| text.strip_prefix(q).and_then(|t| t.strip_suffix(q));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(text)
}

impl Layer {
    pub(super) fn add(&mut self, name: &str, value: &str, place: Place) {
        let fact = if value.contains("{{") {
            Fact::Unknown(Why::Template, place)
        } else if value.contains("${") {
            // Filled in when the server starts, by itself or by whoever writes the file.
            Fact::Unknown(Why::Environment(value.into()), place)
        } else {
            Fact::written(Value::Text(value.into()), place)
        };
        self.entries.push((normal(name), fact));
    }
}
