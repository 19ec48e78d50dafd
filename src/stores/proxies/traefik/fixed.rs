//! What Traefik is started with: entry points, and where its dynamic configuration lies.
//!
//! doc.traefik.io, "Configuration Introduction": a file, or arguments, or variables; the first that
//! is there counts alone.

use super::{child, descend, document};
use crate::stores::Program;
use crate::stores::proxies::{file_at, target};
use crate::tree::node::Node;

/// Where Traefik looks for its file.
const FILES: [&str; 3] =
    ["/etc/traefik/traefik.toml", "/etc/traefik/traefik.yaml", "/etc/traefik/traefik.yml"];

#[derive(Default)]
pub(super) struct Fixed {
    pub(super) entry_points: Vec<EntryPoint>,
    pub(super) file: Option<String>,
    pub(super) folder: Option<String>,
}

/// How an entry point answers HTTP.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Answers {
    #[default]
    InClear,
    WithTls,
    /// It sends its clients to another entry point.
    Elsewhere,
}

#[derive(Default)]
pub(super) struct EntryPoint {
    pub(super) name: String,
    pub(super) port: Option<u16>,
    pub(super) udp: bool,
    pub(super) local: bool,
    pub(super) answers: Answers,
    /// What every router of it goes through first.
    pub(super) middlewares: Vec<String>,
}

impl Fixed {
    pub(super) fn read(program: &Program) -> Fixed {
        let flags = flags(program);
        let named = flags.iter().find(|(name, _)| name == "configfile").map(|(_, path)| &**path);
        let mut paths = named.into_iter().chain(FILES);
        let found = paths.find_map(|path| Some((path, file_at(program, path)?)));
        if let Some(root) = found.and_then(|(path, text)| document(path, text)) {
            return Fixed::of_file(&root);
        }
        let mut out = Fixed::default();
        for (name, value) in &flags {
            out.set(name, value);
        }
        if flags.is_empty() {
            for (name, value) in &program.env {
                let Some(name) = name.strip_prefix("TRAEFIK_") else { continue };
                let Some(value) = value.known() else { continue };
                out.set(&name.to_ascii_lowercase().replace('_', "."), value);
            }
        }
        out
    }

    fn of_file(root: &Node) -> Fixed {
        let text = |path: &[&str]| descend(root, path).and_then(Node::str).map(str::to_owned);
        let points = child(root, "entryPoints").map_or(&[][..], Node::entries);
        let point = |entry: &crate::tree::node::Entry| {
            let mut point = EntryPoint { name: entry.key.to_string(), ..EntryPoint::default() };
            point.listen(child(&entry.value, "address").and_then(Node::str).unwrap_or_default());
            let list = descend(&entry.value, &["http", "middlewares"]).map_or(&[][..], Node::items);
            point.middlewares = list.iter().filter_map(Node::str).map(str::to_owned).collect();
            if descend(&entry.value, &["http", "redirections"]).is_some() {
                point.answers = Answers::Elsewhere;
            } else if descend(&entry.value, &["http", "tls"]).is_some() {
                point.answers = Answers::WithTls;
            }
            point
        };
        Fixed {
            entry_points: points.iter().map(point).collect(),
            file: text(&["providers", "file", "filename"]),
            folder: text(&["providers", "file", "directory"]),
        }
    }

    /// One setting, by its name in lower case.
    fn set(&mut self, name: &str, value: &str) {
        match name {
            "providers.file.filename" => self.file = Some(value.to_owned()),
            "providers.file.directory" => self.folder = Some(value.to_owned()),
            _ => {
                let Some((point, rest)) =
                    name.strip_prefix("entrypoints.").and_then(|rest| rest.split_once('.'))
                else {
                    return;
                };
                let point = self.entry_point(point);
                match rest {
                    "address" => point.listen(value),
                    "http.middlewares" => {
                        point.middlewares =
                            value.split(',').map(|name| name.trim().to_owned()).collect();
                    }
                    _ if rest.starts_with("http.redirections.") => {
                        point.answers = Answers::Elsewhere;
                    }
                    _ if rest.starts_with("http.tls")
                        && value != "false"
                        && point.answers == Answers::InClear =>
                    {
                        point.answers = Answers::WithTls;
                    }
                    _ => {}
                }
            }
        }
    }

    fn entry_point(&mut self, name: &str) -> &mut EntryPoint {
        let at = self.entry_points.iter().position(|point| point.name == name);
        let at = at.unwrap_or_else(|| {
            let name = name.to_owned();
            self.entry_points.push(EntryPoint { name, ..EntryPoint::default() });
            self.entry_points.len() - 1
        });
        &mut self.entry_points[at]
    }
}

impl EntryPoint {
    /// `:80`, `127.0.0.1:80`, `:53/udp`.
    fn listen(&mut self, address: &str) {
        let (address, protocol) = address.split_once('/').unwrap_or((address, "tcp"));
        let (host, port) = target::listen(address);
        self.port = port;
        self.udp = protocol == "udp";
        self.local = target::is_loopback(host);
    }
}

/// `--name=value`, `--name value`, `--name`; names in lower case.
fn flags(program: &Program) -> Vec<(String, String)> {
    let lists = [program.container.command.known(), program.container.args.known()];
    let words = lists.into_iter().flatten().flatten().filter_map(|word| word.known());
    let mut words = words.map(|word| &**word).peekable();
    let mut out = Vec::new();
    while let Some(word) = words.next() {
        let Some(word) = word.strip_prefix("--") else { continue };
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, value),
            None => (word, words.next_if(|next| !next.starts_with("--")).unwrap_or("true")),
        };
        out.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    out
}
