//! What a product makes of its settings: who may log in, where it listens, what it records.
//!
//! `link` hands over a container with everything that is put into it; the image's card or, for
//! ClickHouse, code of its own says what the server inside then does.

pub(crate) mod clickhouse;
pub(crate) mod proxies;
pub(crate) mod settings;

use crate::model::class::Declared;
use crate::model::concept::{Defect, Secret};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{ConfigFile, Container, Keep, LogDraft, Store};
use crate::source::Place;

/// A container with its variables and files resolved.
pub(crate) struct Program<'a> {
    pub(crate) container: &'a Container,
    /// Effective variables, each name once.
    pub(crate) env: Vec<(Name, Fact<Name>)>,
    /// Variables that nobody here can see may be set as well.
    pub(crate) env_open: Option<(Why, Place)>,
    /// Files of the project that lie in the container, by their path there, in byte order.
    pub(crate) files: Vec<(Name, &'a ConfigFile)>,
    /// Folders or files in the container that are filled from outside the project.
    pub(crate) files_open: Vec<(Name, Why, Place)>,
    /// What seawall's configuration says of tables.
    pub(crate) declared: &'a [Declared],
}

impl Program<'_> {
    /// The effective value of a variable: unset only if surely nobody sets it.
    pub(crate) fn env(&self, name: &str) -> Fact<Name> {
        match (self.env.iter().find(|(n, _)| &**n == name), &self.env_open) {
            (Some((_, value)), _) => value.clone(),
            (None, Some((why, place))) => Fact::Unknown(why.clone(), *place),
            (None, None) => Fact::Unset(self.container.place),
        }
    }
}

/// What came out of one program or one group of configuration files.
#[derive(Default, Debug)]
pub(crate) struct Parts {
    pub(crate) stores: Vec<Store>,
    pub(crate) keeps: Vec<Keep>,
    pub(crate) logs: Vec<LogDraft>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) defects: Vec<Defect>,
}
