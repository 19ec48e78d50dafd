//! Settings in layers: the topmost that sets a value decides, and one that cannot be read leaves
//! everything below it open.

use super::arguments::{Launch, Started};
use super::words::is_secret;
use crate::catalog::image::{DefaultCard, ImageCard, Version, normal};
use crate::catalog::reference::Reference;
use crate::expr::Scope;
use crate::model::fact::{Basis, Fact, Name, Origin, Why};
use crate::model::value::{SECRET, Value};
use crate::source::Place;
use crate::stores::Program;

/// Settings that stand together: a command line, the variables, a file.
#[derive(Default, Debug)]
pub(crate) struct Layer {
    /// By normal name; the last of a name counts.
    pub(crate) entries: Vec<(String, Fact<Value>)>,
    /// Anything else may be set here as well.
    pub(crate) open: Option<(Why, Place)>,
    /// The beginnings of the only names that can be set here; none: all can.
    pub(crate) only: Vec<String>,
}

impl Layer {
    fn get(&self, name: &str, nowhere: Place) -> Fact<Value> {
        match (self.entries.iter().rev().find(|(n, _)| n == name), &self.open) {
            (Some((_, fact)), _) => fact.clone(),
            (None, Some((why, place))) if self.may_set(name) => Fact::Unknown(why.clone(), *place),
            (None, _) => Fact::Unset(nowhere),
        }
    }

    fn may_set(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|start| name.starts_with(start.as_str()))
    }
}

/// Everything that a card's conditions may ask about one container.
pub(crate) struct Settings<'a> {
    program: &'a Program<'a>,
    card: &'a ImageCard,
    version: Fact<(i64, i64)>,
    entrypoint: Fact<bool>,
    started: Started,
    /// The topmost first.
    layers: Vec<Layer>,
}

impl<'a> Settings<'a> {
    pub(crate) fn new(
        program: &'a Program<'a>,
        card: &'a ImageCard,
        launch: Launch,
        started: Started,
    ) -> Settings<'a> {
        let version = version(&program.container.image);
        let variables = variables(program, card, &launch.entrypoint);
        let entrypoint = launch.entrypoint;
        let layers = vec![launch.options, variables];
        Settings { program, card, version, entrypoint, started, layers }
    }

    /// Puts a layer below all others.
    pub(crate) fn push(&mut self, layer: Layer) {
        self.layers.push(layer);
    }

    /// The effective value of a setting.
    pub(crate) fn setting(&self, name: &str) -> Fact<Value> {
        let name = normal(name);
        let nowhere = self.place();
        let known = self.layers.iter().map(|layer| layer.get(&name, nowhere));
        let top = known.into_iter().find(|fact| !fact.is_unset());
        top.unwrap_or_else(|| self.default(&name))
    }

    fn default(&self, name: &str) -> Fact<Value> {
        let defaults = self.card.settings.get(name).map_or(&[][..], Vec::as_slice);
        let place = self.place();
        let given = |d: &DefaultCard| {
            Fact::default(Value::Text(d.value.as_str().into()), d.see.as_str(), place)
        };
        if let [only] = defaults
            && only.from.is_none()
            && only.below.is_none()
        {
            return given(only);
        }
        match &self.version {
            _ if defaults.is_empty() => Fact::Unset(place),
            Fact::Known(version, origin) => {
                let met = defaults.iter().find(|d| applies(d, *version));
                let fact = met.map_or(Fact::Unset(place), given);
                match (&origin.basis, fact) {
                    (Basis::Guessed(how), Fact::Known(value, _)) => {
                        Fact::guessed(value, how.clone(), place)
                    }
                    (_, fact) => fact,
                }
            }
            Fact::Unknown(why, at) => Fact::Unknown(why.clone(), *at),
            Fact::Unset(at) => Fact::Unset(*at),
        }
    }

    fn variable(&self, name: &str) -> Fact<Value> {
        match value(self.program.env(name)) {
            Fact::Unset(_) => Fact::Unset(self.place()),
            fact => fact,
        }
    }

    fn tag(&self) -> Fact<Value> {
        let image = self.program.container.image.clone();
        let tag = image.map(|text| Reference::parse(&text).tag.map(|tag| Value::Text(tag.into())));
        match tag {
            Fact::Known(Some(tag), origin) => Fact::Known(tag, origin),
            Fact::Unknown(why, at) => Fact::Unknown(why, at),
            Fact::Known(None, _) | Fact::Unset(_) => Fact::Unset(self.place()),
        }
    }

    fn secret(&self, fact: Fact<Value>) -> Fact<Value> {
        match fact {
            Fact::Known(Value::Secret, origin) => {
                let how = "nobody keeps a public default in a secret store";
                Fact::guessed(Value::Bool(true), how, origin.at)
            }
            Fact::Unknown(why, at) => Fact::Unknown(why, at),
            other => Fact::default(Value::Bool(false), self.card.see.clone(), other.place()),
        }
    }

    /// Whether something is there and not empty.
    fn filled(&self, fact: Fact<Value>, name: &str) -> Fact<Value> {
        match fact {
            Fact::Known(value, origin) => {
                let empty = matches!(&value, Value::Text(text) if text.is_empty());
                Fact::Known(Value::Bool(!empty), origin)
            }
            Fact::Unset(at) => {
                let see = format!("{}; `{name}` is not set", self.card.see);
                Fact::Known(Value::Bool(false), Origin::default(see, at))
            }
            Fact::Unknown(why, at) => Fact::Unknown(why, at),
        }
    }
}

impl Scope for Settings<'_> {
    fn get(&self, path: &[&str]) -> Fact<Value> {
        match path {
            ["set", name] => self.setting(name),
            ["env", name] => self.variable(name),
            ["filled", "set", name] => self.filled(self.setting(name), name),
            ["filled", "env", name] => self.filled(self.variable(name), name),
            ["secret", "set", name] => self.secret(self.setting(name)),
            ["secret", "env", name] => self.secret(self.variable(name)),
            ["started", word] => self.started.with(word).map(Value::Bool),
            ["image", "tag"] => self.tag(),
            ["image", "major"] => self.version.clone().map(|v| Value::Int(v.0)),
            ["image", "minor"] => self.version.clone().map(|v| Value::Int(v.1)),
            ["run", "entrypoint"] => self.entrypoint.clone().map(Value::Bool),
            // `unknown`
            _ => Fact::Unset(self.place()),
        }
    }

    /// What nobody wrote follows from the image.
    fn place(&self) -> Place {
        self.program.container.image.place()
    }
}

fn value(fact: Fact<Name>) -> Fact<Value> {
    match fact {
        Fact::Unknown(why, place) if is_secret(&why) => Fact::written(Value::Secret, place),
        Fact::Known(text, origin) if text.contains(SECRET) => Fact::Known(Value::Secret, origin),
        other => other.map(Value::Text),
    }
}

/// The variables that the server, or the image's start script, takes as settings.
fn variables(program: &Program, card: &ImageCard, entrypoint: &Fact<bool>) -> Layer {
    let names = &card.env;
    let mut layer = Layer::default();
    let reads = !names.names.is_empty() || !names.prefixes.is_empty() || names.dotted;
    if !reads {
        return layer;
    }
    if names.by_entrypoint {
        match entrypoint {
            Fact::Known(false, _) => return layer,
            Fact::Unknown(why, place) => layer.open = Some((why.clone(), *place)),
            _ => {}
        }
    }
    for (name, fact) in &program.env {
        let prefix = names.prefixes.iter().find_map(|p| name.strip_prefix(p.as_str()));
        let setting = match (names.names.get(&**name), prefix) {
            (Some(setting), _) => setting.as_str(),
            (None, Some(rest)) => rest,
            (None, None) if names.dotted && name.contains('.') => name,
            _ => continue,
        };
        layer.entries.push((normal(setting), value(fact.clone())));
    }
    if layer.open.is_none() {
        layer.open.clone_from(&program.env_open);
    }
    layer
}

/// The version that the tag tells. No tag, or one like `latest`, means a current one only as long as nobody
/// holds an old copy.
fn version(image: &Fact<Name>) -> Fact<(i64, i64)> {
    let at = image.place();
    if image.known().is_some_and(|text| Reference::parse(text).newest()) {
        return Fact::guessed(NEWEST, "an image without a version is a current one", at);
    }
    let version = image.clone().try_map(|text| {
        let version = Reference::parse(&text).version();
        version.ok_or_else(|| Why::NotHere(format!("the version of image `{text}`").into()))
    });
    match version {
        // Whoever pins a version has not written what that version then does.
        Fact::Known(version, _) => Fact::default(version, "the version in the image's tag", at),
        other => other,
    }
}

/// Later than any version that a card speaks of.
const NEWEST: (i64, i64) = (i64::MAX, 0);

fn applies(default: &DefaultCard, version: (i64, i64)) -> bool {
    let version = Version(version.0, version.1);
    default.from.is_none_or(|from| version >= from)
        && default.below.is_none_or(|below| version < below)
}
