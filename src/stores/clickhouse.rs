//! ClickHouse servers: configuration merged as the server does it, then read as the server would.

use super::{Parts, Program};
use crate::catalog::Catalog;
use crate::model::fact::Name;
use crate::model::fragment::{Address, ConfigFile};

/// The server in a container whose image is known to be ClickHouse's.
pub(crate) fn in_container(_program: &Program, _catalog: &Catalog) -> Parts {
    Parts::default()
}

/// Servers whose configuration lies in the project without a container that mounts it. Gets all
/// such files; which of them make one server is decided by the folder layout.
pub(crate) fn on_disk(_files: &[&ConfigFile]) -> Parts {
    Parts::default()
}

/// Tables of SQL files, statements applied in the order given. `store` is the server that runs
/// them, where one is known: its address and title.
pub(crate) fn tables(_files: &[&ConfigFile], _store: Option<(&Address, &Name)>) -> Parts {
    Parts::default()
}
