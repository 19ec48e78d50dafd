//! Servers whose configuration lies in the project: which files belong together, and how much may
//! be said where only some of them are there.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::super::Parts;
use super::folders::{Group, groups};
use super::layers::{Layers, UsersFile};
use super::names::Names;
use super::read::Reader;
use super::server::{Built, Server};
use super::{hygiene, shipped, users};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, ConfigBody, ConfigFile};
use crate::paths;
use crate::source::Place;
use crate::tree::xml::{Content, Element};

/// Every server of a project, and what lies there without one.
pub(super) fn built(files: &[&ConfigFile]) -> Vec<Built> {
    let groups = groups(files);
    let variables = Variables::of(files);
    groups.iter().filter_map(|(address, group)| group.built(address, &variables)).collect()
}

pub(super) fn parts(files: &[&ConfigFile]) -> Parts {
    let mut out = Parts::default();
    for one in built(files).into_iter().map(|b| b.parts) {
        out.stores.extend(one.stores);
        out.keeps.extend(one.keeps);
        out.logs.extend(one.logs);
        out.secrets.extend(one.secrets);
        out.defects.extend(one.defects);
    }
    out
}

/// The variables of `.env` files, by the folders in which these lie.
struct Variables<'a>(FxHashMap<&'a str, &'a [Variable]>);

/// Name, value, the line that sets it.
type Variable = (Name, Fact<Name>, Place);

impl<'a> Variables<'a> {
    fn of(files: &[&'a ConfigFile]) -> Variables<'a> {
        let read = files.iter().filter_map(|file| {
            let ConfigBody::Variables(list) = &file.body else { return None };
            let path = file.address.0.strip_prefix("file:")?;
            Some((path.rsplit_once('/').map_or("", |(folder, _)| folder), list.as_slice()))
        });
        Variables(read.collect())
    }

    /// What the nearest `.env` says: in the configuration's folder, or beside that. That the server
    /// is started with it is a guess. The key of a file by itself ends in the file's name.
    fn get(&self, folder: &str, file: &str, name: &str) -> Option<Fact<Name>> {
        let alone = !file.is_empty() && folder.rsplit('/').next() == Some(file);
        let up = |folder: &str| folder.rsplit_once('/').map_or("", |(above, _)| above).to_owned();
        let inside = if alone { up(folder) } else { folder.to_owned() };
        let beside = up(&inside);
        [inside, beside].iter().find_map(|folder| {
            let list = self.0.get(folder.as_str())?;
            let (_, value, at) = list.iter().rev().find(|(n, ..)| &**n == name)?;
            Some(match value {
                Fact::Known(value, _) => {
                    Fact::guessed(value.clone(), "that the server gets this file's variables", *at)
                }
                other => other.clone(),
            })
        })
    }
}

/// The name of a group's first file.
fn first_name<'a>(files: &'a [(Name, &Element, Place)]) -> &'a str {
    files.first().map_or("", |(path, ..)| path.rsplit('/').next().unwrap_or(path))
}

fn concerns_listeners(root: &Element) -> bool {
    root.elements().any(|e| {
        matches!(&*e.name, "listen_host" | "protocols" | "interserver_listen_host")
            || e.name.ends_with("_port")
            || e.name.ends_with("_port_secure")
    })
}

impl Group<'_> {
    fn built(&self, address: &str, variables: &Variables) -> Option<Built> {
        let is_main = |(path, ..): &&(Name, _, _)| Some(path) == self.main.as_ref();
        let first = self.files.iter().find(is_main).or(self.files.first());
        let (_, first, whole) = first?;
        let at = first.tag;
        let folder = &*self.folder;
        let main: String = match &self.main {
            Some(main) => main.to_string(),
            None => paths::join(folder, "config.xml"),
        };
        let files = self.files.iter().map(|(p, e, _)| (p.clone(), Cow::Borrowed(*e))).collect();
        let env = |name: &str| {
            let told = variables.get(&self.folder, first_name(&self.files), name);
            told.unwrap_or_else(|| Fact::Unknown(Why::Environment(name.into()), at))
        };
        let mut layers = Layers::new(main, files, at, &env);
        layers.exact = false;
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
            reader: Reader { env: &env, shipped: at, assumed: true },
            root: &root,
            users: users.as_ref(),
            users_whole: self.main.is_some()
                || users_path.as_deref().is_some_and(|p| layers.file(p).is_some()),
            listens,
            only_written: !has_main || self.keeper,
            config_open: unseen.then(|| (Why::NotHere("config.xml".into()), at)),
            users_open: None,
        };
        let mut out = server.parts();
        let files = self.files.iter().map(|(path, root, _)| (&**path, *root));
        out.defects.extend(hygiene::defects(
            files,
            &layers.main,
            users_path.as_deref(),
            &server.names,
        ));
        Some(Built { parts: out, server: root, users })
    }

    /// The users file that lies in this folder, or the place where it would.
    fn users_beside(&self, folder: &str, name: &str) -> String {
        let here = |name: &str| self.files.iter().find(|(p, ..)| **p == *paths::join(folder, name));
        let found = [name, "users.xml", "users.yaml", "users.yml"].into_iter().find_map(here);
        found.map_or_else(|| paths::join(folder, "users.xml"), |(p, ..)| p.to_string())
    }

    /// The users document; `None` where no file speaks of users.
    fn users(&self, layers: &Layers, path: &str, at: Place) -> Option<Element> {
        let written = layers.file(path).filter(|e| e.child("users").is_some());
        let named =
            written.is_some() || layers.merged_into(path).any(|(_, e)| e.child("users").is_some());
        if !named {
            return None;
        }
        let mut base = shipped::users(at);
        let speaks =
            |root: &Element| root.child("users").is_some_and(|u| u.child("default").is_some());
        // Pieces for a server that is not here say nothing of the shipped user if they do not name
        // it: the image may have limited it, an operator may have.
        if self.main.is_none()
            && !written.is_some_and(speaks)
            && !layers.merged_into(path).any(|(_, e)| speaks(e))
            && let Some(Content::Element(users)) = base
                .children
                .iter_mut()
                .find(|c| matches!(c, Content::Element(e) if &*e.name == "users"))
        {
            users.children.clear();
        }
        // A users file without profiles is a piece that somebody lays over the shipped one, and so
        // is one with which no server would start.
        let complete = written.is_some_and(|e| {
            let whole = e.child("profiles").is_some() || e.child("quotas").is_some();
            self.main.is_some() || whole && !users::leans_on_another(e)
        });
        if complete || written.is_none() {
            return Some(layers.document(path, &base));
        }
        let mut out = base;
        super::merge::merge(&mut out, written?, at);
        for (_, over) in layers.merged_into(path) {
            super::merge::merge(&mut out, over, at);
        }
        layers.complete(&mut out);
        Some(out)
    }
}
