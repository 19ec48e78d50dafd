//! Services whose image is built in the project.

use super::dockerfile::{self, Image};
use super::project::{Project, resolve};
use crate::model::fact::{Evidence, Fact, Name, Origin};
use crate::model::fragment::{Env, EnvValue, Mount, MountSource};
use crate::source::{Place, Text};
use crate::tree::node::Node;

/// A built image that begins with one that a card speaks of.
pub(super) struct Built {
    image: Image,
    /// The folder that files are copied from.
    context: Name,
    place: Place,
}

/// What a service's `build` gives, if its Dockerfile is here and leads to a product that is known.
pub(super) fn of(project: &Project, service: &Node) -> Option<Built> {
    let node = service.get("build")?;
    let field = |key: &str| node.get(key).and_then(|n| project.fill.fact(n).known().cloned());
    let context = match node.str() {
        Some(_) => project.fill.fact(node).known()?.clone(),
        None => field("context").unwrap_or_else(|| ".".into()),
    };
    let context = project.resolve(&context, node.place)?;
    let text = match node.get("dockerfile_inline") {
        Some(inline) => inline.nested_text()?,
        None => file(project, &context, field("dockerfile").as_deref().unwrap_or("Dockerfile"))?,
    };
    let image = dockerfile::image(&text, field("target").as_deref(), &args(project, node))?;
    if project.catalog.image(&image.base).is_none() {
        crate::catalog::proxy::proxy(&image.base)?;
    }
    Some(Built { image, context, place: node.place })
}

fn file(project: &Project, context: &str, name: &str) -> Option<Text> {
    let id = project.sources.find(&resolve(context, name)?)?;
    Some(project.sources.text(id))
}

/// A list of `NAME=value` or a map; only values that are known.
fn args(project: &Project, build: &Node) -> Vec<(String, String)> {
    let Some(node) = build.get("args") else { return Vec::new() };
    let of_map = node.entries().iter().filter_map(|entry| {
        let value = project.fill.fact(&entry.value);
        Some((entry.key.to_string(), value.known()?.to_string()))
    });
    let of_list = node.items().iter().filter_map(|item| {
        let value = project.fill.fact(item);
        let (name, value) = value.known()?.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    });
    of_map.chain(of_list).collect()
}

impl Built {
    /// The image below, which is as sure as that nothing runs over it.
    pub(super) fn image(&self) -> Fact<Name> {
        let base = &self.image.base;
        let origin = if self.image.changed {
            let how =
                format!("the image is built from `{base}`, and what `RUN` changes is not seen");
            Origin::guessed(how, self.place)
        } else {
            Origin::written(self.place)
        };
        let say = format!("the image is built from `{base}`");
        let via: Vec<Evidence> =
            self.image.from.iter().map(|at| Evidence::new(*at, say.clone())).collect();
        Fact::Known(base.as_str().into(), origin.with_via(via))
    }

    /// What the service's own `entrypoint` or `command` replaces.
    pub(super) fn entrypoint(&self) -> Option<Fact<Vec<Fact<Name>>>> {
        self.image.entrypoint.as_ref().map(words)
    }

    pub(super) fn command(&self) -> Option<Fact<Vec<Fact<Name>>>> {
        self.image.command.as_ref().map(words)
    }

    pub(super) fn env(&self) -> impl Iterator<Item = Env> {
        self.image.env.iter().map(|(name, value, at)| Env {
            name: name.as_str().into(),
            value: EnvValue::Fact(Fact::written(value.as_str().into(), *at)),
            place: *at,
        })
    }

    /// Files of the project that are copied to a place that is told in full.
    pub(super) fn mounts(&self) -> impl Iterator<Item = Mount> {
        self.image.copies.iter().filter(|(_, to, _)| to.starts_with('/')).filter_map(|copy| {
            let (from, to, place) = copy;
            let source = MountSource::Path(resolve(&self.context, from.trim_start_matches('/'))?);
            Some(Mount { path: to.as_str().into(), source, sub_path: None, place: *place })
        })
    }
}

fn words((words, place): &(Vec<String>, Place)) -> Fact<Vec<Fact<Name>>> {
    let words = words.iter().map(|word| Fact::written(word.as_str().into(), *place)).collect();
    Fact::written(words, *place)
}
