//! ConfigMaps and Secrets.

use super::object::{Object, is_placeholder, text};
use super::{tcp_services, tunnel};
use crate::formats::base64;
use crate::formats::clear_text::{self, Holder};
use crate::formats::{config_file, log_pipeline};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Bundle, BundleEntry, Fragment};
use crate::source::Text;
use crate::tree::node::{Entry, Node};

pub(super) fn lower(object: &Object, out: &mut Fragment) {
    let secret = object.kind == "Secret";
    let mut bundle = Bundle {
        address: object.address(),
        title: object.title(),
        place: object.place,
        secret,
        entries: Vec::new(),
    };
    let section = |key| object.node.get(key).map_or(&[][..], Node::entries).iter();
    // SOPS leaves the keys and encrypts the values.
    let sealed = object.node.get("sops").is_some();
    if secret {
        // `stringData` overrides `data` (Kubernetes API reference, `Secret`).
        let plain: Vec<&Entry> = section("stringData").collect();
        let hidden = |e: &&Entry| plain.iter().any(|p| p.key == e.key);
        // Text that is filled in later is the secret itself.
        let filled = |e: &Entry| e.value.str().is_some_and(is_placeholder);
        for entry in section("data").filter(|e| !hidden(e)) {
            add(&mut bundle, entry, decoded(entry, sealed || filled(entry)), out);
        }
        for entry in plain {
            add(&mut bundle, entry, literal(entry, sealed || filled(entry)), out);
        }
    } else {
        for entry in section("data") {
            add(&mut bundle, entry, literal(entry, sealed), out);
            tunnel::of_config_map(object, entry, out);
        }
        for entry in section("binaryData") {
            add(&mut bundle, entry, decoded(entry, sealed), out);
        }
        secrets(object, &bundle, out);
        tcp_services::of_config_map(object, out);
    }
    out.bundles.push(bundle);
}

/// A value with the text that a configuration in it would be parsed from.
type Read = (Fact<Name>, Option<Text>);

fn literal(entry: &Entry, sealed: bool) -> Read {
    if sealed {
        return encrypted(entry);
    }
    let see = "Kubernetes: null is the empty text";
    (text(&entry.value).or_default("".into(), see), entry.value.nested_text())
}

fn decoded(entry: &Entry, sealed: bool) -> Read {
    if sealed {
        return encrypted(entry);
    }
    let at = entry.value.place;
    let value = text(&entry.value).or_default("".into(), "Kubernetes: null is the empty text");
    let value = value.try_map(|digits| {
        let bytes = base64::decode(&digits).and_then(|bytes| String::from_utf8(bytes).ok());
        bytes.map(Name::from).ok_or_else(|| Why::NotUnderstood("data that is no text".into()))
    });
    let nested = value.known().map(|v| Text::nested(v.clone(), at, [].into()));
    (value, nested)
}

fn encrypted(entry: &Entry) -> Read {
    (kept_elsewhere(entry), None)
}

/// What a secret store holds: there and not empty, nothing else is known.
fn kept_elsewhere(entry: &Entry) -> Fact<Name> {
    let name = format!("secret {}", entry.key);
    Fact::Unknown(Why::Environment(name.into()), entry.value.place)
}

fn add(bundle: &mut Bundle, entry: &Entry, (value, nested): Read, out: &mut Fragment) {
    let address = Address::new(format!("{}#{}", bundle.address, entry.key));
    let file = nested
        .filter(|text| value.known().is_some() && is_file(&entry.key, text.as_str()))
        .map(|text| {
            log_pipeline(&address, &entry.key, &text, out);
            config_file(address, &entry.key, &text, &mut out.problems)
        });
    bundle.entries.push(BundleEntry { key: entry.key.clone(), value, place: entry.place(), file });
}

/// Whether an entry is there to be mounted as a file, by its name or by having lines.
fn is_file(key: &str, text: &str) -> bool {
    const EXTENSIONS: [&str; 10] =
        ["xml", "sql", "conf", "cnf", "yaml", "yml", "json", "ini", "properties", "toml"];
    let extension = key.rsplit_once('.').map_or("", |(_, e)| e);
    EXTENSIONS.contains(&extension) || text.trim_end().contains('\n')
}

/// ConfigMaps are not guarded as Secrets are: a secret in one is readable.
fn secrets(object: &Object, bundle: &Bundle, out: &mut Fragment) {
    let exists = Fact::written(true, object.place);
    let holder = Holder {
        address: &bundle.address,
        title: &bundle.title,
        whole: object.whole(),
        exists: &exists,
    };
    for entry in bundle.entries.iter().filter(|e| e.file.is_none()) {
        if let Some(value) = entry.value.known() {
            out.secrets.extend(clear_text::secret(&holder, &entry.key, value, entry.place));
        }
    }
}
