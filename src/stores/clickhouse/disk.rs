//! Servers whose configuration lies in the project: which files belong together, and how much may
//! be said where only some of them are there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::Parts;
use super::layers::{Layers, UsersFile, merge_folders};
use super::names::Names;
use super::read::Reader;
use super::server::Server;
use super::shipped;
use crate::model::concept::Defect;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, ConfigBody, ConfigFile};
use crate::source::Place;
use crate::tree::xml::Element;

/// Folders whose files are laid over a main file beside them.
const MERGED: [&str; 3] = ["config.d", "users.d", "conf.d"];

/// Files of one server, under the paths at which it would find them.
#[derive(Default)]
struct Group<'a> {
    files: Vec<(Name, &'a Element, Place)>,
    /// Path of the main file, if it is here.
    main: Option<Name>,
    /// "`etc/`", or the file alone.
    title: String,
    /// A coordination service without a database.
    keeper: bool,
}

pub(super) fn parts(files: &[&ConfigFile]) -> Parts {
    let mut out = Parts::default();
    for (address, group) in groups(files) {
        let one = group.parts(&address);
        out.stores.extend(one.stores);
        out.keeps.extend(one.keeps);
        out.logs.extend(one.logs);
        out.secrets.extend(one.secrets);
        out.defects.extend(one.defects);
    }
    out
}

fn groups<'a>(files: &[&'a ConfigFile]) -> BTreeMap<String, Group<'a>> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for file in files {
        let ConfigBody::ClickHouse(root) = &file.body else { continue };
        let root: &Element = root;
        let path = file.address.0.strip_prefix("file:").unwrap_or(&file.address.0);
        // Keys of one ConfigMap lie side by side.
        let object = is_object(path).then(|| path.replace('#', "/"));
        let path = object.as_deref().unwrap_or(path);
        let (folder, name) = path.rsplit_once('/').map_or(("", path), |(f, n)| (f, n));
        let (above, last) = folder.rsplit_once('/').map_or(("", folder), |(f, n)| (f, n));
        let stem = name.rsplit_once('.').map_or(name, |(s, _)| s);
        let keeper = is_keeper(root);
        let whole = is_whole_server(root) || keeper;
        let (key, here, main) = if MERGED.contains(&last) {
            (above, path.to_owned(), false)
        } else if stem == "config" {
            let inside = join(folder, &format!("config.d/{name}"));
            (folder, if whole { path.to_owned() } else { inside }, whole)
        } else if stem == "users" {
            (folder, path.to_owned(), false)
        } else if whole {
            (path, path.to_owned(), true)
        } else {
            let kind = if concerns_users(root) { "users.d" } else { "config.d" };
            (path, format!("{path}/{kind}/{name}"), false)
        };
        let group =
            groups.entry(format!("ch:{}", if key.is_empty() { "." } else { key })).or_default();
        group.title = match (key, key == path) {
            ("", _) => "the project's root".into(),
            (key, _) if object.is_some() => titled(key),
            (key, true) => format!("`{key}`"),
            (key, false) => format!("`{key}/`"),
        };
        group.keeper |= keeper && main;
        let here: Name = here.into();
        if main {
            group.main = Some(here.clone());
        }
        group.files.push((here, root, file.place));
    }
    groups
}

/// An object of Kubernetes, on its own or as an overlay renders it.
fn is_object(path: &str) -> bool {
    path.starts_with("k8s:") || path.starts_with("k8s@")
}

/// `k8s:ConfigMap/shop/settings` in words.
fn titled(object: &str) -> String {
    let mut parts = object.split_once(':').map_or(object, |(_, rest)| rest).splitn(4, '/');
    let kind = parts.next().unwrap_or_default();
    format!("{kind} `{}`", parts.nth(1).unwrap_or_default())
}

fn join(folder: &str, rest: &str) -> String {
    if folder.is_empty() { rest.into() } else { format!("{folder}/{rest}") }
}

/// A server's main file: it opens ports, and says where things lie.
fn is_whole_server(root: &Element) -> bool {
    let has = |names: &[&str]| names.iter().any(|n| root.child(n).is_some());
    has(&["http_port", "tcp_port", "https_port", "tcp_port_secure"])
        && has(&["path", "users_config", "user_directories", "mark_cache_size", "users"])
}

/// A keeper's main file: nothing in it serves queries.
fn is_keeper(root: &Element) -> bool {
    root.child("keeper_server").is_some_and(|k| k.child("server_id").is_some())
        && ["http_port", "tcp_port"].iter().all(|n| root.child(n).is_none())
}

fn concerns_users(root: &Element) -> bool {
    ["users", "profiles", "quotas"].iter().any(|n| root.child(n).is_some())
}

fn concerns_listeners(root: &Element) -> bool {
    root.elements().any(|e| {
        matches!(&*e.name, "listen_host" | "protocols" | "interserver_listen_host")
            || e.name.ends_with("_port")
            || e.name.ends_with("_port_secure")
    })
}

impl Group<'_> {
    fn parts(&self, address: &str) -> Parts {
        let is_main = |(path, ..): &&(Name, _, _)| Some(path) == self.main.as_ref();
        let first = self.files.iter().find(is_main).or(self.files.first());
        let Some((_, first, whole)) = first else { return Parts::default() };
        let at = first.tag;
        let key = address.strip_prefix("ch:").unwrap_or(address);
        let folder = if key == "." { "" } else { key };
        let main: String = match &self.main {
            Some(main) => main.to_string(),
            None => join(folder, "config.xml"),
        };
        let files = self.files.iter().map(|(p, e, _)| (p.clone(), Cow::Borrowed(*e))).collect();
        let layers = Layers::new(main, files, at);
        let root = layers.document(&layers.main, &shipped::server(at));
        let users_path = match layers.users_file(&root) {
            UsersFile::Main => Some(layers.main.clone()),
            // The path on the server's disk says nothing about this folder.
            UsersFile::Path(path) if layers.file(&path).is_none() => {
                let name = path.rsplit('/').next().unwrap_or("users.xml");
                Some(self.users_beside(folder, name))
            }
            UsersFile::Path(path) => Some(path),
            UsersFile::Elsewhere => None,
        };
        let users = users_path.as_deref().and_then(|path| self.users(&layers, path, at));
        let has_main = self.main.is_some();
        let listening = || layers.merged_into(&layers.main).any(|(_, e)| concerns_listeners(e));
        let listens = has_main || listening() || users.is_some();
        let unseen = !has_main && !listening();
        let engine = if self.keeper { "clickhouse-keeper" } else { "clickhouse" };
        let product = if self.keeper { "ClickHouse Keeper" } else { "ClickHouse" };
        let server = Server {
            names: Names {
                store: Address::new(address),
                is_store: listens,
                title: format!("{product} in {}", self.title).into(),
                exists: Fact::written(true, at),
            },
            name: engine.into(),
            node: Address::new(address),
            engine: Fact::written(engine.into(), at),
            place: at,
            whole: *whole,
            reader: Reader {
                env: &|name| Fact::Unknown(Why::Environment(name.into()), at),
                shipped: at,
                assumed: true,
            },
            root: &root,
            users: users.as_ref(),
            listens,
            only_written: !has_main || self.keeper,
            config_open: unseen.then(|| (Why::NotHere("config.xml".into()), at)),
            users_open: None,
        };
        let mut out = server.parts();
        out.defects.extend(self.defects(&layers, users_path.as_deref(), &server.names));
        out
    }

    /// The users file that lies in this folder, or the place where it would.
    fn users_beside(&self, folder: &str, name: &str) -> String {
        let here = |name: &str| self.files.iter().find(|(p, ..)| **p == *join(folder, name));
        let found = [name, "users.xml", "users.yaml", "users.yml"].into_iter().find_map(here);
        found.map_or_else(|| join(folder, "users.xml"), |(p, ..)| p.to_string())
    }

    /// The users document; `None` where no file speaks of users.
    fn users(&self, layers: &Layers, path: &str, at: Place) -> Option<Element> {
        let written = layers.file(path).filter(|e| e.child("users").is_some());
        let named =
            written.is_some() || layers.merged_into(path).any(|(_, e)| e.child("users").is_some());
        if !named {
            return None;
        }
        let base = shipped::users(at);
        // A users file without profiles is a piece that somebody lays over the shipped one.
        let complete = written.is_some_and(|e| {
            e.child("profiles").is_some() || e.child("quotas").is_some() || self.main.is_some()
        });
        if complete || written.is_none() {
            return Some(layers.document(path, &base));
        }
        let mut out = base;
        super::merge::merge(&mut out, written?, at);
        for (_, over) in layers.merged_into(path) {
            super::merge::merge(&mut out, over, at);
        }
        Some(out)
    }

    /// Files that say something which the server does not hear.
    fn defects(&self, layers: &Layers, users: Option<&str>, names: &Names) -> Vec<Defect> {
        let mut out = Vec::new();
        let [config_d, _] = merge_folders(&layers.main);
        for (path, root, _) in &self.files {
            if let Some(inner) = root.child("clickhouse") {
                let message = "a key `clickhouse` at the top of a YAML file: nothing below it \
                               has an effect";
                out.push(names.defect(inner, "no-effect", message.into()));
            }
            let apart = users.is_some_and(|u| u != layers.main);
            if let Some(section) = root.child("users").filter(|_| apart)
                && path.starts_with(&config_d)
            {
                let message = "users in `config.d` have no effect: they belong into `users.d`";
                out.push(names.defect(section, "no-effect", message.into()));
            }
        }
        out
    }
}
