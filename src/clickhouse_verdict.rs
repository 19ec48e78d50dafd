//! What is made of a ClickHouse server's files, for the comparison with a real server.
//!
//! `tests/clickhouse_server.rs` asks the same things of both.

use std::fmt::Write as _;
use std::net::IpAddr;

use crate::formats::clickhouse::config_body;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, ConfigBody, ConfigFile, Container, Mount, MountSource};
use crate::source::{FileId, Place, Text};
use crate::stores::Program;
use crate::stores::clickhouse::{Built, disk, mounted, resolved};
use crate::tree::sql::{self, Create, StatementKind, TtlAction};
use crate::tree::xml::{self, Content, Element};

/// A server as the files and the variables make it.
pub struct Verdict {
    built: Built,
    /// Documents after merging and substitution, in a canonical spelling; the users document is
    /// absent where the main file holds the users.
    pub server: String,
    pub users: Option<String>,
}

/// Where the files lie in the container.
const FOLDER: &str = "/etc/clickhouse-server";
const HERE: Place = Place { file: FileId(u32::MAX), start: 0, end: 1 };

/// The servers of a folder of files, by path and text; nothing is known of variables.
pub fn on_disk(files: &[(String, String)]) -> Vec<Verdict> {
    let files = config_files(files);
    let files: Vec<&ConfigFile> = files.iter().collect();
    let env = |name: &str| disk_variable(&files, name);
    disk(&files).into_iter().map(|built| verdict(built, &env)).collect()
}

/// What the project's `.env` says of a variable.
fn disk_variable(files: &[&ConfigFile], name: &str) -> Fact<Name> {
    let told = files.iter().find_map(|file| match &file.body {
        ConfigBody::Variables(list) => list.iter().find(|(n, ..)| &**n == name),
        _ => None,
    });
    match told {
        Some((_, value, _)) => value.clone(),
        None => Fact::Unknown(Why::Environment(name.into()), HERE),
    }
}

/// The server of a container in which the files lie in place of all of the image's, and whose
/// entry point leaves users alone. Paths are given as they are beside the main file.
pub fn in_container(
    main: &str,
    files: &[(String, String)],
    variables: &[(String, String)],
    arguments: &[String],
) -> Option<Verdict> {
    let bodies = config_files(files);
    let words = arguments.iter().map(|w| Fact::written(w.as_str().into(), HERE)).collect();
    let container = Container {
        address: Address::new("c"),
        name: "server".into(),
        title: "the server".into(),
        node: Address::new("n"),
        place: HERE,
        whole: HERE,
        exists: Fact::written(true, HERE),
        image: Fact::written("clickhouse/clickhouse-server:25.8".into(), HERE),
        command: Fact::Unset(HERE),
        args: Fact::written(words, HERE),
        env: Vec::new(),
        env_from: Vec::new(),
        ports: Vec::new(),
        mounts: vec![Mount {
            path: FOLDER.into(),
            source: MountSource::Opaque,
            sub_path: None,
            place: HERE,
        }],
    };
    let setup = [
        ("CLICKHOUSE_SKIP_USER_SETUP".to_owned(), "1".to_owned()),
        ("CLICKHOUSE_CONFIG".to_owned(), format!("{FOLDER}/{main}")),
    ];
    let variables = variables.iter().chain(&setup);
    let mut placed: Vec<(Name, &ConfigFile)> = files
        .iter()
        .zip(&bodies)
        .map(|((path, _), file)| (format!("{FOLDER}/{path}").into(), file))
        .collect();
    placed.sort_by(|a, b| a.0.cmp(&b.0));
    let program = Program {
        container: &container,
        env: variables
            .map(|(n, v)| (n.as_str().into(), Fact::written(v.as_str().into(), HERE)))
            .collect(),
        env_open: None,
        declared: &[],
        files: placed,
        files_open: Vec::new(),
    };
    let built = mounted(&program)?;
    Some(verdict(built, &|name| program.env(name)))
}

fn config_files(files: &[(String, String)]) -> Vec<ConfigFile> {
    let one = |(index, (path, text)): (usize, &(String, String))| {
        let text = Text::of_file(FileId(index as u32), text.as_str().into());
        let body = match path.rsplit('/').next() {
            Some(".env") => ConfigBody::Variables(crate::formats::env_file(&text).into()),
            _ => config_body(path, &text, &mut Vec::new())?,
        };
        let name = path.rsplit('/').next().unwrap_or(path).into();
        Some(ConfigFile { address: Address::file(path), name, place: text.whole(), body })
    };
    files.iter().enumerate().filter_map(one).collect()
}

fn verdict(built: Built, env: &dyn Fn(&str) -> Fact<Name>) -> Verdict {
    let server = canonical(&resolved(&built.server, env));
    let users = built.users.as_ref().map(|users| canonical(&resolved(users, env)));
    Verdict { built, server, users }
}

impl Verdict {
    /// Whether nothing was found that keeps the server from starting.
    pub fn starts(&self) -> bool {
        let stops = |kind: &Fact<Name>| kind.known().is_some_and(|k| &**k == "no-start");
        !self.built.parts.defects.iter().any(|d| stops(&d.kind))
    }

    /// What the server is called in the project: by its folder, or by its main file.
    pub fn address(&self) -> &str {
        self.built.parts.stores.first().map_or("", |s| &s.address.0)
    }

    /// Names of the accounts.
    pub fn accounts(&self) -> Vec<&str> {
        self.built.parts.stores.iter().flat_map(|s| &s.logins).map(|l| &*l.name).collect()
    }

    /// Ports that speak, as the configuration names their protocols.
    pub fn ports(&self) -> Vec<(u16, &str)> {
        let endpoints = self.built.parts.stores.iter().flat_map(|s| &s.endpoints);
        endpoints.filter_map(|e| Some((*e.port.known()?, &*e.protocol))).collect()
    }

    /// Whether a port is open on one of the server's addresses; `None` where nobody can tell.
    pub fn listens(&self, port: u16, address: IpAddr) -> Option<bool> {
        let endpoints = self.built.parts.stores.iter().flat_map(|s| &s.endpoints);
        let mut open = Some(false);
        for endpoint in endpoints {
            let bind = match endpoint.port.known() {
                Some(known) if *known != port => continue,
                Some(_) => endpoint.bind.known(),
                None => None,
            };
            match bind {
                Some(bind) if contains(bind, address) => return Some(true),
                Some(_) => {}
                None => open = None,
            }
        }
        open
    }

    /// Whether an account opens without a password.
    pub fn opens(&self, account: &str) -> Option<bool> {
        let login = self.login(account)?;
        login.proof.known().map(|proof| &**proof == "none")
    }

    /// Whether a client at that address may be the account at all.
    pub fn admits(&self, account: &str, client: IpAddr) -> Option<bool> {
        let login = self.login(account)?;
        login.networks.known().map(|networks| contains(networks, client))
    }

    /// Whether an account may make databases; `None` where nobody can tell.
    pub fn writes(&self, account: &str) -> Option<bool> {
        match &**self.login(account)?.rights.known()? {
            "nothing" | "read" | "data" => Some(false),
            "some" => None,
            _ => Some(true),
        }
    }

    /// Whether a port asks for a login.
    pub fn asks(&self, port: u16) -> Option<bool> {
        let endpoints = self.built.parts.stores.iter().flat_map(|s| &s.endpoints);
        let mut endpoints = endpoints.filter(|e| e.port.known() == Some(&port));
        endpoints.next()?.asks.known().copied()
    }

    fn login(&self, account: &str) -> Option<&crate::model::fragment::Login> {
        let logins = self.built.parts.stores.iter().flat_map(|s| &s.logins);
        logins.into_iter().find(|l| &*l.name == account)
    }
}

fn contains(set: &crate::model::net::Addresses, address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => set.v4.contains(ip.to_bits()),
        IpAddr::V6(ip) => set.v6.contains(ip.to_bits()),
    }
}

/// The canonical spelling of a document that a server wrote: `None` where it is none.
pub fn canonical_document(text: &str) -> Option<String> {
    let text = Text::of_file(FileId(0), text.into());
    xml::parse(&text).0.map(|root| canonical(&root))
}

/// Attributes that steer the merge, and say nothing when it is done.
const STEERING: [&str; 5] = ["replace", "remove", "incl", "from_env", "from_zk"];

/// One element a line, deeper ones further in; the root has no name.
fn canonical(root: &Element) -> String {
    let mut out = String::new();
    for child in root.elements() {
        line(child, 0, &mut out);
    }
    out
}

fn line(element: &Element, depth: usize, out: &mut String) {
    // Newer servers drop it when the element above is new.
    if element.attribute("remove").is_some() {
        return;
    }
    let mut attributes: Vec<_> = element
        .attributes
        .iter()
        .filter(|a| !STEERING.contains(&&*a.name))
        .map(|a| format!(" {}={:?}", a.name, a.value))
        .collect();
    attributes.sort();
    let (indent, leaf) = (depth * 2, element.elements().next().is_none());
    // Blanks between elements say nothing.
    let text: String =
        if leaf { element.text() } else { element.text().split_whitespace().collect() };
    let _ = writeln!(out, "{:indent$}{}{} {text:?}", "", element.name, attributes.concat());
    for content in &element.children {
        if let Content::Element(child) = content {
            line(child, depth + 1, out);
        }
    }
}

/// A table as a statement declares it.
#[derive(Debug, PartialEq)]
pub struct Table {
    pub engine: Option<String>,
    /// Names and types, as they are spelled.
    pub columns: Vec<(String, String)>,
    /// What each element of the table's TTL does, and after how many days where that is known.
    pub ttl: Vec<(&'static str, Option<i64>)>,
}

/// The tables that a script creates.
pub fn tables(script: &str) -> Vec<Table> {
    let text = Text::of_file(FileId(0), script.into());
    let (statements, _) = sql::parse(&text);
    let creates = statements.into_iter().filter_map(|s| match s.kind {
        StatementKind::Create(create) => Some(table(&create)),
        _ => None,
    });
    creates.collect()
}

fn table(create: &Create) -> Table {
    let type_of = |name: &str| {
        let column = create.columns.iter().find(|c| &*c.name == name);
        column.map(|c| c.kind.clone())
    };
    let elements = create.ttl.iter().flat_map(|t| &t.elements);
    let ttl = elements.map(|element| {
        let days = element.age.as_ref().and_then(|age| age.days(type_of));
        let action = match element.action {
            TtlAction::Delete => "delete",
            TtlAction::DeleteWhere => "delete-where",
            TtlAction::Move => "move",
            TtlAction::Group => "group",
            TtlAction::Recompress => "recompress",
        };
        (action, days)
    });
    Table {
        engine: create.engine.as_ref().map(|e| e.name.to_string()),
        columns: create.columns.iter().map(|c| (c.name.to_string(), c.kind.to_string())).collect(),
        ttl: ttl.collect(),
    }
}
