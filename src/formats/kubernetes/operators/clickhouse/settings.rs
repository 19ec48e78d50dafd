//! Settings written as paths (`admin/networks/ip: […]`), as the XML that the operator makes of them.

use super::super::super::object::Object;
use super::{entry, map, text};
use crate::source::Place;
use crate::tree::node::{Entry, Kind, Node};
use crate::tree::xml::{Attribute, Content, Element, Run};

/// Elements within elements; the server's own settings stay far below.
const MAX_DEPTH: usize = 16;

/// What the operator writes for every user before the user's own addresses
/// (`config/config.yaml`, `clickhouse.configuration.user.default.networksIP`). It adds a pattern for
/// the installation's own pods, which are the store itself.
const NETWORKS: [&str; 2] = ["::1", "127.0.0.1"];

/// What makes a password of a user; without any, the operator gives one.
const PROOFS: [&str; 8] = [
    "no_password",
    "password",
    "password_sha256_hex",
    "password_double_sha1_hex",
    "ssl_certificates",
    "ssh_keys",
    "ldap",
    "kerberos",
];

/// The password of users that have none (`clickhouse.configuration.user.default.password`).
const PASSWORD: &str = "default";

pub(super) struct Settings<'a> {
    object: &'a Object<'a>,
    at: Place,
    /// Variables by which Secrets come into the files.
    pub(super) variables: Vec<Node>,
}

impl<'a> Settings<'a> {
    pub(super) fn new(object: &'a Object<'a>) -> Settings<'a> {
        Settings { object, at: object.place, variables: Vec::new() }
    }

    /// `spec.configuration.settings`.
    pub(super) fn server(&mut self) -> Element {
        let mut root = empty("clickhouse", self.at);
        self.section("settings", &mut root);
        root
    }

    /// Users with what the operator adds to them, profiles and quotas.
    pub(super) fn users(&mut self) -> Element {
        let mut root = empty("clickhouse", self.at);
        let mut users = empty("users", self.at);
        self.section("users", &mut users);
        child(&mut users, "default", self.at);
        for content in &mut users.children {
            if let Content::Element(user) = content {
                complete(user, self.at);
            }
        }
        root.children.push(Content::Element(users));
        for name in ["profiles", "quotas"] {
            let mut section = empty(name, self.at);
            self.section(name, &mut section);
            if !section.children.is_empty() {
                root.children.push(Content::Element(section));
            }
        }
        root
    }

    fn section(&mut self, name: &str, root: &mut Element) {
        let Some(section) = self.object.spec(&["configuration", name]) else { return };
        self.entries(section, root);
    }

    /// Settings of a cluster, a shard or a replica.
    pub(super) fn within(&mut self, section: &Node) -> Element {
        let mut root = empty("clickhouse", self.at);
        self.entries(section, &mut root);
        root
    }

    fn entries(&mut self, section: &Node, root: &mut Element) {
        for entry in section.entries() {
            self.setting(root, entry);
        }
    }

    /// One path; the value is a text, a list of texts, or taken from a Secret.
    fn setting(&mut self, root: &mut Element, setting: &Entry) {
        let parts: Vec<&str> = setting.key.split('/').filter(|p| !p.is_empty()).collect();
        let Some((last, above)) = parts.split_last() else { return };
        let at = setting.key_place;
        let mut holder = root;
        for part in above.iter().take(MAX_DEPTH) {
            holder = child(holder, part, at);
        }
        let place = setting.place();
        match &setting.value.kind {
            Kind::List(items) => {
                // The operator leaves nulls out.
                for item in items.iter().filter(|item| !matches!(item.kind, Kind::Null)) {
                    holder.children.push(Content::Element(leaf(last, item, item.place)));
                }
            }
            Kind::Map(_) => {
                let reference = setting.value.at(&["valueFrom", "secretKeyRef"]);
                if let Some(reference) = reference {
                    let variable = self.variable(reference.clone());
                    holder.children.push(Content::Element(from(last, &variable, place)));
                } else {
                    let inner = child(holder, last, at);
                    for entry in setting.value.entries() {
                        self.setting(inner, entry);
                    }
                }
            }
            Kind::Scalar(scalar) if matches!(&*scalar.text, "_removed_" | "_remove_") => {
                let mut gone = empty(last, place);
                gone.attributes.push(attribute("remove", "1", place));
                holder.children.push(Content::Element(gone));
            }
            // An older way to name a Secret: `[namespace/]name/key`.
            Kind::Scalar(scalar) if last.starts_with("k8s_secret_") => {
                let mut names = scalar.text.rsplit('/');
                let (key, name) = (names.next().unwrap_or(""), names.next().unwrap_or(""));
                let at = setting.value.place;
                let reference = [entry("name", text(name, at)), entry("key", text(key, at))];
                let variable = self.variable(map(reference.into(), at));
                let plain = last.trim_start_matches("k8s_secret_");
                let plain = plain.strip_prefix("env_").unwrap_or(plain);
                holder.children.push(Content::Element(from(plain, &variable, place)));
            }
            _ => holder.children.push(Content::Element(leaf(last, &setting.value, place))),
        }
    }

    /// A variable of the container that holds a key of a Secret.
    fn variable(&mut self, reference: Node) -> String {
        let name = format!("CONFIGURATION_SECRET_{}", self.variables.len());
        let at = reference.place;
        let source = map(vec![entry("secretKeyRef", reference)], at);
        let entries = vec![entry("name", text(&name, at)), entry("valueFrom", source)];
        self.variables.push(map(entries, at));
        name
    }
}

/// What the normalizer adds to a user (`normalizer-configuration-user.go`).
fn complete(user: &mut Element, at: Place) {
    let has = |name: &str| user.child(name).is_some();
    let proved = PROOFS.iter().any(|proof| has(proof));
    let hashed = has("password_sha256_hex") || has("password_double_sha1_hex");
    if &*user.name == "default" {
        // The image's empty password would stand beside it.
        if proved && !has("password") && hashed {
            let mut gone = empty("password", at);
            gone.attributes.push(attribute("remove", "1", at));
            user.children.push(Content::Element(gone));
        }
        // Whoever writes about this user and gives no password leaves it without.
        if !proved && user.tag != at {
            user.children.push(Content::Element(empty("password", user.tag)));
        }
    } else if !proved {
        // Whoever writes a user and no password for it chooses this one.
        let mut password = empty("password", user.tag);
        password.children.push(run(PASSWORD, user.tag));
        user.children.push(Content::Element(password));
    }
    if hashed && &*user.name != "default" {
        user.children.retain(|c| !matches!(c, Content::Element(e) if &*e.name == "password"));
    }
    let networks = child(user, "networks", at);
    let own = NETWORKS.map(|ip| {
        let mut element = empty("ip", at);
        element.children.push(run(ip, at));
        Content::Element(element)
    });
    networks.children.splice(0..0, own);
}

/// The child of a name, made where there is none.
fn child<'e>(parent: &'e mut Element, name: &str, at: Place) -> &'e mut Element {
    let is = |c: &Content| matches!(c, Content::Element(e) if &*e.name == name);
    let index = parent.children.iter().position(is).unwrap_or_else(|| {
        parent.children.push(Content::Element(empty(name, at)));
        parent.children.len() - 1
    });
    match &mut parent.children[index] {
        Content::Element(element) => element,
        Content::Text(_) => unreachable!("only elements are looked for"),
    }
}

fn leaf(name: &str, value: &Node, place: Place) -> Element {
    let mut out = empty(name, place);
    if let Some(scalar) = value.scalar() {
        out.children.push(Content::Text(Run {
            text: scalar.text.clone(),
            place: value.place,
            cdata: false,
            pieces: scalar.pieces(value.place),
        }));
    }
    out
}

fn from(name: &str, variable: &str, place: Place) -> Element {
    let mut out = empty(name, place);
    out.attributes.push(attribute("from_env", variable, place));
    out
}

fn run(text: &str, at: Place) -> Content {
    Content::Text(Run {
        text: text.into(),
        place: at,
        cdata: false,
        pieces: crate::shared::Shared::empty(),
    })
}

fn attribute(name: &str, value: &str, place: Place) -> Attribute {
    Attribute { name: name.into(), value: value.into(), place }
}

fn empty(name: &str, at: Place) -> Element {
    Element { name: name.into(), place: at, tag: at, attributes: Vec::new(), children: Vec::new() }
}
