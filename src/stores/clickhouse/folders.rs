//! Which files of a project make one server, told by where they lie.
//!
//! A main file is `config.*`, or any file that opens ports and says where things lie. Its merge
//! folders are named after it; the users file is the one that it names, or `users.*`.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::read::{all, at};
use crate::model::fact::Name;
use crate::model::fragment::{ConfigBody, ConfigFile};
use crate::paths;
use crate::source::Place;
use crate::tree::xml::Element;

/// Folders whose files are laid over a main file that need not be there.
const MERGED: [&str; 3] = ["config.d", "users.d", "conf.d"];
/// Main files in one folder that share what lies there; nobody writes more.
const MAX_SHARED: usize = 64;

/// Files of one server, under the paths at which it would find them.
#[derive(Default)]
pub(super) struct Group<'a> {
    pub(super) files: Vec<(Name, &'a Element, Place)>,
    /// Path of the main file, if it is here.
    pub(super) main: Option<Name>,
    pub(super) folder: String,
    /// "`etc/`", or the file alone.
    pub(super) title: String,
    /// A coordination service without a database.
    pub(super) keeper: bool,
}

/// One file and what its path and its content say of it.
struct Entry<'a> {
    path: String,
    root: &'a Element,
    place: Place,
    /// A ConfigMap or Secret whose keys lie side by side.
    object: bool,
    whole: bool,
    keeper: bool,
}

impl Entry<'_> {
    fn folder(&self) -> &str {
        paths::folder(&self.path)
    }

    fn name(&self) -> &str {
        paths::split(&self.path).1
    }

    fn stem(&self) -> &str {
        stem(self.name())
    }

    /// The folder that this one lies in, and its own name.
    fn above(&self) -> (&str, &str) {
        let folder = self.folder();
        paths::split(folder)
    }
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(s, _)| s)
}

/// What is called what, by folder and name; each leads to the keys of the groups it belongs to.
#[derive(Default)]
struct Known<'a> {
    /// Stems of the files that lie directly in a folder.
    stems: FxHashSet<(&'a str, &'a str)>,
    /// Main files by their folders: stem and key.
    mains: FxHashMap<&'a str, Vec<(&'a str, &'a str)>>,
    /// Users files that a main file names, by folder and stem.
    users: FxHashMap<(&'a str, String), Vec<&'a str>>,
    /// Documents to include from, by folder and name.
    included: FxHashSet<(&'a str, String)>,
}

pub(super) fn groups<'a>(files: &[&'a ConfigFile]) -> BTreeMap<String, Group<'a>> {
    let entries: Vec<Entry> = files.iter().filter_map(|file| entry(file)).collect();
    let known = known(&entries);
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for entry in &entries {
        for (key, path) in known.belongs(entry) {
            let address = format!("ch:{}", if key.is_empty() { "." } else { &key });
            let group = groups.entry(address).or_default();
            if group.title.is_empty() {
                let alone = known.is_main(&key) || key == entry.path;
                let inside = paths::folder(&key);
                group.folder = if known.is_main(&key) { inside.into() } else { key.clone() };
                group.title = match (&*key, alone) {
                    ("", _) => "the project's root".into(),
                    (key, _) if entry.object => titled(key),
                    (key, true) => format!("`{key}`"),
                    (key, false) => format!("`{key}/`"),
                };
            }
            let here: Name = path.into();
            let is_main = known.leads(entry, &key);
            if is_main {
                group.main = Some(here.clone());
                group.keeper |= entry.keeper;
            }
            group.files.push((here, entry.root, entry.place));
        }
    }
    groups
}

fn entry(file: &ConfigFile) -> Option<Entry<'_>> {
    let ConfigBody::ClickHouse(root) = &file.body else { return None };
    let root: &Element = root;
    let path = file.address.0.strip_prefix("file:").unwrap_or(&file.address.0);
    let object = path.starts_with("k8s:") || path.starts_with("k8s@");
    let path = if object { path.replace('#', "/") } else { path.to_owned() };
    let keeper = is_keeper(root);
    Some(Entry {
        path,
        root,
        place: file.place,
        object,
        whole: is_whole_server(root) || keeper,
        keeper,
    })
}

fn known<'a>(entries: &'a [Entry]) -> Known<'a> {
    let mut known = Known::default();
    for entry in entries {
        known.stems.insert((entry.folder(), entry.stem()));
    }
    let leads = |e: &&Entry| e.whole && !known.stems.contains(&merged_over(e));
    for entry in entries.iter().filter(leads) {
        if MERGED.contains(&entry.above().1) {
            continue;
        }
        let key = if entry.stem() == "config" { entry.folder() } else { &entry.path };
        let mains = known.mains.entry(entry.folder()).or_default();
        if mains.len() < MAX_SHARED {
            mains.push((entry.stem(), key));
        }
    }
    for entry in entries {
        let (above, last) = entry.above();
        let over = last.strip_suffix(".d").filter(|_| !entry.folder().is_empty());
        // A file beside the main file may be merged with it, and name things for it.
        let folders = [Some((entry.folder(), entry.stem())), over.map(|stem| (above, stem))];
        for (folder, stem) in folders.into_iter().flatten() {
            let Some(mains) = known.mains.get(folder) else { continue };
            let mine = mains.iter().filter(|(s, _)| *s == stem || stem == "conf");
            let keys: Vec<&str> = mine.map(|(_, key)| *key).collect();
            if let Some(name) = named_users(entry.root) {
                known.users.entry((folder, name)).or_default().extend(keys);
            }
        }
        for include in all(entry.root, "include_from").take(1) {
            let text = include.text();
            let name = text.rsplit('/').next().unwrap_or(&text).to_owned();
            known.included.insert((entry.folder(), name.clone()));
            if over.is_some() {
                known.included.insert((above, name));
            }
        }
    }
    for keys in known.users.values_mut() {
        keys.sort_unstable();
        keys.dedup();
    }
    known
}

/// The file over which one is laid that lies in a folder called `NAME.d`.
fn merged_over<'a>(entry: &'a Entry) -> (&'a str, &'a str) {
    let (above, last) = entry.above();
    match last.strip_suffix(".d") {
        Some(stem) if !entry.folder().is_empty() => (above, stem),
        _ => ("", "\0"),
    }
}

/// The stem of the users file that a server document names.
fn named_users(root: &Element) -> Option<String> {
    let named = at(root, &["users_config"])
        .or_else(|| at(root, &["user_directories", "users_xml", "path"]))
        .or_else(|| at(root, &["user_directories", "users_config", "path"]))?;
    let text = named.text();
    Some(stem(text.trim().rsplit('/').next()?).to_owned())
}

impl Known<'_> {
    /// Whether a file is the main one of a group.
    fn leads(&self, entry: &Entry, key: &str) -> bool {
        let mains = self.mains.get(entry.folder()).filter(|_| entry.whole);
        mains.is_some_and(|m| m.iter().any(|(s, k)| *s == entry.stem() && *k == key))
    }

    /// Whether a group is called after its main file.
    fn is_main(&self, key: &str) -> bool {
        let folder = paths::folder(key);
        self.mains.get(folder).is_some_and(|m| m.iter().any(|(_, k)| *k == key && *k != folder))
    }

    /// Keys of the groups that a file belongs to, and its path in each.
    fn belongs(&self, entry: &Entry) -> Vec<(String, String)> {
        let (above, last) = entry.above();
        let as_it_is = |keys: Vec<&str>| {
            keys.into_iter().map(|key| (key.to_owned(), entry.path.clone())).collect()
        };
        let over = last.strip_suffix(".d").filter(|_| !entry.folder().is_empty());
        if let Some(over) = over {
            let mut keys = self.merged_into(above, over);
            if keys.is_empty() && MERGED.contains(&last) {
                keys.push(above);
            }
            if !keys.is_empty() {
                return as_it_is(keys);
            }
        }
        let (folder, name) = (entry.folder(), entry.name());
        if self.leads(entry, folder) {
            return as_it_is(vec![folder]);
        }
        if self.leads(entry, &entry.path) {
            return as_it_is(vec![&entry.path]);
        }
        let keys = self.users.get(&(folder, entry.stem().to_owned())).cloned().unwrap_or_default();
        if !keys.is_empty() {
            return as_it_is(keys);
        }
        if self.included.contains(&(folder, name.to_owned())) {
            let mains = self.mains.get(folder).map_or(&[][..], Vec::as_slice);
            let keys: Vec<&str> = mains.iter().map(|(_, key)| *key).collect();
            return as_it_is(if keys.is_empty() { vec![folder] } else { keys });
        }
        match entry.stem() {
            "config" => vec![(folder.to_owned(), paths::join(folder, &format!("config.d/{name}")))],
            "users" => as_it_is(vec![folder]),
            _ => {
                let kind = if concerns_users(entry.root) { "users.d" } else { "config.d" };
                vec![(entry.path.clone(), format!("{}/{kind}/{name}", entry.path))]
            }
        }
    }

    /// Groups whose main or users file has merge folders of that name.
    fn merged_into<'k>(&'k self, folder: &str, over: &str) -> Vec<&'k str> {
        let mains = self.mains.get(folder).map_or(&[][..], Vec::as_slice);
        let mine = mains.iter().filter(|(stem, _)| *stem == over || over == "conf");
        let mut keys: Vec<&str> = mine.map(|(_, key)| *key).collect();
        if let Some(users) = self.users.get(&(folder, over.to_owned())) {
            keys.extend(users);
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// `k8s:ConfigMap/shop/settings` in words.
fn titled(object: &str) -> String {
    let mut parts = object.split_once(':').map_or(object, |(_, rest)| rest).splitn(4, '/');
    let kind = parts.next().unwrap_or_default();
    format!("{kind} `{}`", parts.nth(1).unwrap_or_default())
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
