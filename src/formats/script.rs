//! Shell scripts and cloud-init: `docker run`, written configuration files, started servers.

mod cloud_init;
mod docker;
mod shell;

use super::Host;
use crate::model::fragment::Fragment;
use crate::source::Text;

/// Files that a document writes; beyond that nothing is read.
const MAX_FILES: usize = 64;

/// Reads what the script sets up on the machine.
pub(crate) fn lower(host: &Host, text: &Text, out: &mut Fragment) {
    let head = text.as_str().trim_start();
    let mut names = docker::Names::default();
    if head.starts_with("#cloud-config") {
        cloud_init::lower(host, text, &mut names, out);
    } else {
        commands(host, text, &mut names, out);
    }
}

/// Reads the commands of a shell script.
fn commands(host: &Host, text: &Text, names: &mut docker::Names, out: &mut Fragment) {
    for command in shell::commands(text.as_str()) {
        docker::lower(host, text, &command, names, out);
    }
}
