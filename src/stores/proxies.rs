//! Proxies in containers: whom they pass on to, and what they ask of their clients.
//!
//! A proxy in front of a store is a step of its own in the way to it, with the check that its own
//! files or arguments describe. What they do not tell stays unknown; a proxy never makes a store
//! that listens on every address less reachable.

mod caddy;
mod envoy;
mod flags;
mod haproxy;
mod nginx;
mod pomerium;
mod target;
#[cfg(test)]
mod tests;
mod traefik;

use crate::catalog::proxy::ProxyKind;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::ConfigBody;
use crate::model::net::Addresses;
use crate::source::{Place, Text};
use crate::stores::Program;

pub(crate) use target::Host;

/// One way through a proxy.
#[derive(Clone, Debug)]
pub(crate) struct Forward {
    /// The port that it answers on; `None`: any.
    pub(crate) listens: Option<u16>,
    pub(crate) host: Host,
    pub(crate) port: Option<u16>,
    pub(crate) udp: bool,
    pub(crate) open: Fact<bool>,
    pub(crate) asks: Option<Fact<Name>>,
    pub(crate) only_from: Option<Fact<Addresses>>,
    pub(crate) ends_tls: bool,
    pub(crate) place: Place,
    /// "nginx passes `/` on to port 3000 of the same machine".
    pub(crate) say: Name,
}

/// What a proxy's settings tell.
#[derive(Debug)]
pub(crate) enum Reading {
    Forwards(Vec<Forward>),
    /// They are not in the files, or nobody understands them.
    Unknown(Why, Place),
}

/// More steps than this through one proxy are cut; nobody writes them by hand.
const MOST: usize = 512;

/// Reads the proxy in a container.
pub(crate) fn read(program: &Program, kind: ProxyKind) -> Reading {
    let mut reading = match kind {
        ProxyKind::Caddy => caddy::read(program),
        ProxyKind::Envoy => envoy::read(program),
        ProxyKind::Haproxy => haproxy::read(program),
        ProxyKind::Nginx => nginx::read(program),
        ProxyKind::Pomerium => pomerium::read(program),
        ProxyKind::Traefik => traefik::read(program),
        ProxyKind::Gatekeeper | ProxyKind::KubeRbacProxy | ProxyKind::Oauth2Proxy => {
            flags::read(program, kind)
        }
    };
    if let Reading::Forwards(list) = &mut reading {
        list.truncate(MOST);
    }
    reading
}

/// The text of a file of the project that lies at a path in the container.
fn file_at<'a>(program: &Program<'a>, path: &str) -> Option<&'a Text> {
    let (_, file) = program.files.iter().find(|(at, _)| &**at == path)?;
    match &file.body {
        ConfigBody::Text(text) => Some(text),
        _ => None,
    }
}

/// The texts among a program's files, by their paths in the container.
fn texts<'p, 'a>(program: &'p Program<'a>) -> impl Iterator<Item = (&'p str, &'a Text)> {
    program.files.iter().filter_map(|(path, file)| match &file.body {
        ConfigBody::Text(text) => Some((&**path, text)),
        _ => None,
    })
}

/// Why nobody can tell what a file says that is not among the project's.
fn missing(program: &Program, path: &str) -> Reading {
    let filled = |folder: &str| {
        path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let open = program.files_open.iter().find(|(at, ..)| filled(at.trim_end_matches('/')));
    match open {
        Some((_, why, place)) => Reading::Unknown(why.clone(), *place),
        None => Reading::Unknown(Why::NotHere(path.into()), program.container.place),
    }
}

/// The first of some files that is there, or why none can be read.
fn first_file<'a>(program: &Program<'a>, paths: &[&str]) -> Result<&'a Text, Reading> {
    let found = paths.iter().find_map(|path| file_at(program, path));
    found.ok_or_else(|| missing(program, paths.first().copied().unwrap_or("its configuration")))
}
