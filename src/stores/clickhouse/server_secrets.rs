//! Secrets of the server document: what it shows to other servers, disks and stores.

use rustc_hash::{FxHashMap, FxHashSet};

use super::names::Names;
use super::read::{Reader, value_place};
use super::users::{is_known, is_to_be_filled_in};
use crate::model::concept::Secret;
use crate::model::fact::{Fact, Name, Origin};
use crate::tree::xml::Element;

/// Elements deeper than this are not looked at.
const MAX_DEPTH: usize = 16;

/// Sections that hold credentials, and the elements of theirs that are secret.
const SECTIONS: [&str; 9] = [
    "remote_servers",
    "interserver_http_credentials",
    "storage_configuration",
    "s3",
    "named_collections",
    "encryption_codecs",
    "kafka",
    "rabbitmq",
    "openSSL",
];
const SECRETS: [&str; 11] = [
    "password",
    "secret",
    "secret_access_key",
    "key_hex",
    "account_key",
    "connection_string",
    "sasl_password",
    "ssl_key_password",
    "session_token",
    "server_side_encryption_customer_key_base64",
    "access_token",
];

/// Secrets that can be read in the server document itself, one for each value and use.
pub(super) fn secrets(reader: &Reader, root: &Element, names: &Names) -> Vec<Secret> {
    let mut walk = Walk {
        reader,
        names,
        seen: FxHashSet::default(),
        times: FxHashMap::default(),
        out: Vec::new(),
    };
    for section in root.elements().filter(|e| SECTIONS.contains(&&*e.name)) {
        walk.section(section, &section.name, 0);
    }
    // `<identity>user:password</identity>`
    let identity = root.child("zookeeper").and_then(|z| z.child("identity"));
    if let Some(identity) = identity {
        walk.secret(identity, "zookeeper/identity", "password");
    }
    walk.out
}

struct Walk<'a> {
    reader: &'a Reader<'a>,
    names: &'a Names,
    /// Paths with their values; one replica's password is every replica's.
    seen: FxHashSet<(String, Name)>,
    times: FxHashMap<String, usize>,
    out: Vec<Secret>,
}

impl Walk<'_> {
    fn section(&mut self, element: &Element, path: &str, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let encrypted = element.child("type").is_some_and(|t| t.text().trim() == "encrypted");
        for child in element.elements() {
            let path = format!("{path}/{}", child.name);
            let key = encrypted && matches!(&*child.name, "key" | "key_hex");
            if key || SECRETS.contains(&&*child.name) {
                let kind = if child.name.contains("key") { "key" } else { "password" };
                self.secret(child, &path, kind);
            } else {
                self.section(child, &path, depth + 1);
            }
        }
    }

    fn secret(&mut self, element: &Element, path: &str, kind: &str) {
        let taken = ["from_env", "from_zk", "encrypted_by", "incl"];
        if self.reader.is_shipped(element)
            || taken.iter().any(|name| element.attribute(name).is_some())
        {
            return;
        }
        let value = self.reader.text(element);
        let told = |t: &&Name| !t.trim().is_empty() && !is_to_be_filled_in(t);
        let Some(text) = value.known().filter(told) else { return };
        if !self.seen.insert((path.to_owned(), text.clone())) {
            return;
        }
        let times = self.times.entry(path.to_owned()).or_default();
        *times += 1;
        let suffix = match *times {
            1 => format!("secret/{path}"),
            n => format!("secret/{path}[{n}]"),
        };
        let at = value_place(element);
        let title = format!("`{path}` of {}", self.names.title);
        let mut out = Secret::new(self.names.identity(&suffix, title, at, element.place));
        let origin = || Origin::written(at);
        out.name = Fact::Known(path.into(), origin());
        out.kind = Fact::Known(kind.into(), origin());
        out.engine = Fact::Known("clickhouse".into(), origin());
        out.in_clear = Fact::Known(true, origin());
        out.well_known = Fact::Known(is_known(text, ""), origin());
        self.out.push(out);
    }
}
