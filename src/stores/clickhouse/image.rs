//! ClickHouse's images: where their files lie, and which release limits whom.
//!
//! `docker/server/docker_related_config.xml` of ClickHouse; `libclickhouse.sh` of Bitnami.

use std::borrow::Cow;

use super::super::Program;
use super::layers::Layers;
use super::read::Environment;
use super::shipped;
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{ConfigBody, Container};
use crate::source::Place;
use crate::tree::xml::{Content, Element};

/// Whether a release limits an untouched `default` to the server itself.
pub(super) enum Guard {
    Yes,
    No,
    Unclear,
}

/// One image's way.
pub(super) struct Image {
    pub(super) folders: &'static [&'static str],
    pub(super) bitnami: bool,
    pub(super) guard: Guard,
    /// Whether a release includes from `/etc/metrika.xml` without being told; up to 26.7.
    implicit_include: bool,
    /// Whether a release ships `text_log` switched on; since 24.8 (ClickHouse#67428).
    text_log: bool,
}

const OFFICIAL: [&str; 1] = ["/etc/clickhouse-server"];
const BITNAMI: [&str; 2] = ["/bitnami/clickhouse/etc", "/opt/bitnami/clickhouse/etc"];

impl Image {
    pub(super) fn of(reference: &str) -> Image {
        let last = reference.rsplit('/').next().unwrap_or(reference);
        let tag = last.split_once('@').map_or(last, |(t, _)| t).split_once(':').map(|(_, t)| t);
        let bitnami = reference.contains("bitnami");
        let old = reference.contains("yandex/");
        let guard = if old { Guard::No } else { guard(tag.unwrap_or("latest")) };
        let folders: &[&str] = if bitnami { &BITNAMI } else { &OFFICIAL };
        let implicit_include = old || tag.is_some_and(|t| release(t).is_some_and(|r| r < (26, 8)));
        let text_log = !old && tag.is_none_or(|t| release(t).is_none_or(|r| r >= (24, 8)));
        Image { folders, bitnami, guard, implicit_include, text_log }
    }

    /// The main file that this release ships.
    pub(super) fn server(&self, at: Place) -> Element {
        let mut shipped = shipped::server(at);
        shipped.children.retain(|child| match child {
            Content::Element(element) => self.text_log || &*element.name != "text_log",
            Content::Text(_) => true,
        });
        shipped
    }

    /// The files in the container that are configuration, under the image's first folder.
    pub(super) fn layers<'a>(
        &self,
        program: &Program<'a>,
        at: Place,
        env: &'a Environment<'a>,
    ) -> Layers<'a> {
        let folder = self.folders[0];
        let main = match (config_file(program.container), program.env("CLICKHOUSE_CONFIG")) {
            (Some(path), _) => path,
            (_, Fact::Known(path, _)) if !self.bitnami && !path.is_empty() => path.to_string(),
            _ => format!("{folder}/config.xml"),
        };
        let mut files: Vec<(Name, Cow<'a, Element>)> = Vec::new();
        if !self.hides(program.container, "") && !self.hides(program.container, "/config.d") {
            let path = format!("{folder}/config.d/docker_related_config.xml");
            files.push((path.into(), Cow::Owned(shipped::image(at))));
        }
        for (path, file) in &program.files {
            let ConfigBody::ClickHouse(root) = &file.body else { continue };
            let root: &'a Element = root;
            let path: Name = match self.folders.iter().find_map(|f| path.strip_prefix(*f)) {
                Some(rest) => format!("{folder}{rest}").into(),
                None => path.clone(),
            };
            files.retain(|(p, _)| *p != path);
            files.push((path, Cow::Borrowed(root)));
        }
        let mut layers = Layers::new(main, files, at, env);
        layers.implicit = self.implicit_include.then_some("/etc/metrika.xml");
        layers
    }

    /// Whether a mount lies over a whole folder of the image, so that the image's files are gone.
    pub(super) fn hides(&self, container: &Container, below: &str) -> bool {
        container.mounts.iter().any(|mount| {
            let path = mount.path.trim_end_matches('/');
            self.folders.iter().any(|f| path.strip_prefix(*f) == Some(below))
        })
    }
}

/// Changed in ClickHouse#75259 (25.2), taken back into 24.3, 24.12 and 25.1.
fn guard(tag: &str) -> Guard {
    let mut numbers = tag.split(['.', '-']).map_while(|p| p.parse::<u32>().ok());
    let (major, minor, patch) = (numbers.next(), numbers.next(), numbers.next());
    match (major, minor, patch) {
        (Some(24), Some(3 | 12), Some(_)) => Guard::Unclear,
        (Some(24), Some(3 | 12) | None, None) => Guard::Yes,
        (Some(25), Some(1), Some(0..=2)) | (Some(..=24), ..) => Guard::No,
        // `latest`, `head`, a digest: taken as current.
        _ => Guard::Yes,
    }
}

/// Year and month of a release.
fn release(tag: &str) -> Option<(u32, u32)> {
    let mut numbers = tag.split(['.', '-']).map_while(|p| p.parse::<u32>().ok());
    numbers.next().zip(numbers.next())
}

/// The main file that the command line names: `--config-file=x`, `--config x`, `-C x`.
fn config_file(container: &Container) -> Option<String> {
    let words = [&container.command, &container.args];
    let words = words.into_iter().filter_map(Fact::known).flatten();
    // What stands behind `--` is configuration itself.
    let mut words = words.map_while(|w| w.known()).take_while(|w| &***w != "--");
    while let Some(word) = words.next() {
        let word: &str = word;
        let (name, value) = word.split_once('=').map_or((word, None), |(n, v)| (n, Some(v)));
        match (name, value) {
            ("--config-file" | "--config", Some(value)) => return Some(value.into()),
            ("--config-file" | "--config" | "-C", None) => {
                return words.next().map(ToString::to_string);
            }
            (short, None) if short.starts_with("-C/") => return Some(short[2..].into()),
            _ => {}
        }
    }
    None
}
