//! Where a proxy passes its clients on to.

use crate::model::fact::Name;

/// The far side, as a proxy names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Host {
    /// The proxy's own machine or pod.
    Local,
    /// Another, by its name in the network.
    Named(Name),
}

/// An address to pass on to, taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Target {
    pub(super) host: Host,
    pub(super) port: Option<u16>,
    /// The path behind host and port, if one is written.
    pub(super) path: Option<String>,
}

/// `http://HOST:PORT/PATH`, `HOST:PORT`, `:PORT`; `None` where that is no host of a network.
pub(super) fn target(text: &str) -> Option<Target> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    if matches!(scheme, "unix" | "static" | "file") || text.starts_with("unix") {
        return None;
    }
    let (place, path) = match rest.find('/') {
        Some(at) => (&rest[..at], Some(rest[at..].to_owned())),
        None => (rest, None),
    };
    let place = place.rsplit_once('@').map_or(place, |(_, host)| host);
    let (host, port) = if let Some(inside) = place.strip_prefix('[') {
        let (host, rest) = inside.split_once(']')?;
        (host, rest.strip_prefix(':'))
    } else {
        match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        }
    };
    if host.contains(['$', '{', '}', '*', '%', ' ', '(']) {
        return None;
    }
    let usual = match scheme {
        "http" | "h2c" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    };
    let port = match port {
        Some(port) => Some(port.parse().ok()?),
        None => usual,
    };
    Some(Target { host: named(host), port, path })
}

fn named(host: &str) -> Host {
    let local = matches!(host, "" | "localhost" | "::1" | "0.0.0.0" | "::" | "ip6-localhost")
        || host.starts_with("127.");
    if local { Host::Local } else { Host::Named(host.to_ascii_lowercase().into()) }
}

impl Target {
    /// For messages.
    pub(super) fn shown(&self) -> String {
        let port = self.port.map_or_else(|| "?".to_owned(), |port| port.to_string());
        match &self.host {
            Host::Local => format!("port {port} of its own machine"),
            Host::Named(host) => format!("`{host}:{port}`"),
        }
    }
}

/// Whether an address to listen on is the machine's own only; `None` where nobody can tell.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}

/// `HOST:PORT`, `:PORT`, `PORT`, `[::]:PORT`, `scheme://HOST:PORT`: the host and the port.
pub(super) fn listen(text: &str) -> (&str, Option<u16>) {
    let text = text.trim();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split('/').next().unwrap_or(text);
    if let Ok(port) = text.parse() {
        return ("", Some(port));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') => {
            (host.trim_matches(['[', ']']), port.parse().ok())
        }
        _ => (text.trim_matches(['[', ']']), None),
    }
}
