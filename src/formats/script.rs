//! Shell scripts and cloud-init: `docker run`, written configuration files, started servers.

use super::Host;
use crate::model::fragment::Fragment;
use crate::source::Text;

/// Reads what the script sets up on the machine.
pub(crate) fn lower(_host: &Host, _text: &Text, _out: &mut Fragment) {}
