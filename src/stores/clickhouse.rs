//! ClickHouse servers: configuration merged as the server does it, then read as the server would.

mod container;
mod disk;
mod holds;
mod layers;
mod listen;
mod merge;
mod names;
mod read;
mod records;
mod server;
mod shipped;
mod sql_users;
mod tables;
#[cfg(test)]
mod tests;
mod users;

use super::{Parts, Program};
use crate::catalog::Catalog;
use crate::model::fact::Name;
use crate::model::fragment::{Address, ConfigFile};

/// The server in a container whose image is known to be ClickHouse's.
pub(crate) fn in_container(program: &Program, _catalog: &Catalog) -> Parts {
    container::parts(program)
}

/// Servers whose configuration lies in the project without a container that mounts it. Gets all
/// such files; which of them make one server is decided by the folder layout.
pub(crate) fn on_disk(files: &[&ConfigFile]) -> Parts {
    disk::parts(files)
}

/// Tables of SQL files, statements applied in the order given. `store` is the server that runs
/// them, where one is known: its address and title. Without one, each folder is a database of its
/// own, and its files are ordered by their names, numbers as numbers.
pub(crate) fn tables(files: &[&ConfigFile], store: Option<(&Address, &Name)>) -> Parts {
    tables::parts(files, store)
}
