//! ClickHouse servers: configuration merged as the server does it, then read as the server would.

mod container;
mod declared;
mod disk;
mod entry_point;
mod folders;
mod granted;
mod handlers;
mod holds;
mod hygiene;
mod image;
mod layers;
mod listen;
mod masking;
mod merge;
mod migrations;
mod names;
mod read;
mod records;
mod rights;
mod server;
mod server_secrets;
mod shipped;
mod sql_secrets;
mod sql_users;
mod startup;
mod substitute;
mod tables;
#[cfg(test)]
mod tests;
mod transport;
mod users;

pub(crate) use server::Built;

use super::{Parts, Program};
use crate::catalog::Catalog;
use crate::model::class::Declared;
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Address, ConfigFile};
use crate::tree::xml::Element;

/// The server in a container whose image is known to be ClickHouse's.
pub(crate) fn in_container(program: &Program, _catalog: &Catalog) -> Parts {
    container::built(program).map(|b| b.parts).unwrap_or_default()
}

/// Servers whose configuration lies in the project without a container that mounts it. Gets all
/// such files; which of them make one server is decided by the folder layout.
pub(crate) fn on_disk(files: &[&ConfigFile]) -> Parts {
    disk::parts(files)
}

/// Tables of SQL files, statements applied in the order given. `store` is the server that runs
/// them, where one is known: its address and title. Without one, each folder is a database of its
/// own, and its files are ordered by their names, numbers as numbers. `declared` tells what some of
/// them hold.
pub(crate) fn tables(
    files: &[&ConfigFile],
    store: Option<(&Address, &Name)>,
    declared: &[Declared],
) -> Parts {
    tables::parts(files, store, declared)
}

/// What [`on_disk`] makes of files, server by server.
pub(crate) fn disk(files: &[&ConfigFile]) -> Vec<Built> {
    disk::built(files)
}

/// What [`in_container`] makes of a container.
pub(crate) fn mounted(program: &Program) -> Option<Built> {
    container::built(program)
}

/// A merged document with the variables' values in it.
pub(crate) fn resolved(document: &Element, env: &dyn Fn(&str) -> Fact<Name>) -> Element {
    read::resolved(document, env)
}
