//! Who may log in: the users document (`src/Access/UsersConfigAccessStorage.cpp`).

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::listen::union;
use super::names::Names;
use super::read::{Reader, all, value_place};
use super::rights;
use crate::model::concept::{Defect, Secret};
use crate::model::fact::{Fact, Name, Origin, Why};
use crate::model::fragment::Login;
use crate::model::net::Addresses;
use crate::source::Place;
use crate::tree::xml::Element;

/// What a users document gives.
#[derive(Default)]
pub(super) struct Accounts {
    pub(super) logins: Vec<Login>,
    pub(super) secrets: Vec<Secret>,
    pub(super) defects: Vec<Defect>,
}

/// Tags that say how a user proves who he is; exactly one is allowed.
const TAGS: [&str; 11] = [
    "no_password",
    "password",
    "password_sha256_hex",
    "password_double_sha1_hex",
    "password_scram_sha256_hex",
    "ldap",
    "kerberos",
    "ssl_certificates",
    "ssh_keys",
    "http_authentication",
    "auth_methods",
];

/// SHA-256 of the empty text, and of passwords that ClickHouse's own pages show.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const EMPTY_DOUBLE_SHA1: &str = "be1bdec0aa74b4dcb079943e70528096cca985f8";
const KNOWN_SHA256: [&str; 2] = [
    "65e84be33532fb784c48129675f9eff3a682b27168c0ea744b2cf58ee02337c5",
    "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
];

/// Passwords that everybody tries first.
const KNOWN: [&str; 8] =
    ["default", "clickhouse", "password", "changeme", "qwerty", "123456", "admin", "test"];

/// The users of a merged users document.
///
/// `whole`: nothing else is laid over these users, as far as anybody sees.
pub(super) fn accounts(reader: &Reader, root: &Element, names: &Names, whole: bool) -> Accounts {
    let mut out = Accounts::default();
    let Some(section) = root.child("users") else { return out };
    let mut seen: FxHashMap<&str, usize> = FxHashMap::default();
    for user in section.elements() {
        // What nobody here can include is no account of that name.
        if &*user.name == "include" && reader.elsewhere(user).is_some() {
            continue;
        }
        let proves = user.elements().any(|e| TAGS.contains(&&*e.name));
        if !whole && !proves && reader.elsewhere(user).is_none() {
            continue;
        }
        // The server calls a second user of the same name `bob[1]`.
        let count = seen.entry(&user.name).or_default();
        *count += 1;
        let name: Name = match *count - 1 {
            0 => user.name.clone(),
            n => format!("{}[{n}]", user.name).into(),
        };
        account(reader, user, &name, names, &mut out);
        if let Some(login) = out.logins.last_mut().filter(|l| l.name == name) {
            login.rights = rights::of(reader, root, user);
        }
    }
    out
}

/// Whether the user `default` of a document has no authentication, which is an error unless another
/// document below gives it.
pub(super) fn leans_on_another(root: &Element) -> bool {
    let default = root.child("users").and_then(|users| users.child("default"));
    default.is_some_and(|user| {
        user.attribute("remove").is_none() && !user.elements().any(|e| TAGS.contains(&&*e.name))
    })
}

fn account(reader: &Reader, user: &Element, name: &Name, names: &Names, out: &mut Accounts) {
    let mut tags: Vec<&Element> = user.elements().filter(|e| TAGS.contains(&&*e.name)).collect();
    // Two ways to prove oneself, one of them shipped: what somebody wrote is what he meant.
    if tags.len() > 1 && tags.iter().any(|t| !reader.is_shipped(t)) && reader.assumed {
        tags.retain(|t| !reader.is_shipped(t));
    }
    if let (true, Some((why, at))) = (tags.is_empty(), reader.elsewhere(user)) {
        push_login(reader, user, name, Fact::Unknown(why, at), user, out);
        return;
    }
    let distinct = tags.iter().any(|t| t.name != tags[0].name);
    let Some(tag) = tags.first().filter(|_| !distinct) else {
        let message = match tags.len() {
            0 => format!("user `{name}` has no authentication, so the server does not start"),
            _ => format!("user `{name}` has two authentications, so the server does not start"),
        };
        out.defects.push(names.defect(user, "no-start", message));
        // What was laid over the rest is what was meant.
        if let Some(tag) = tags.iter().rev().find(|t| !reader.is_shipped(t)) {
            push_login(reader, user, name, proof(reader, tag, name), tag, out);
        }
        return;
    };
    out.defects.extend(refused_hash(reader, tag, name, names));
    out.defects.extend(refused_networks(reader, user, name, names));
    let secret = plain(tag).find_map(|plain| secret(reader, plain, name, names));
    let mut proof = proof(reader, tag, name);
    // What the product ships for an account stands where somebody wrote of the account.
    if let Fact::Known(_, origin) = &mut proof
        && reader.is_shipped(tag)
        && !reader.is_shipped(user)
    {
        origin.at = user.tag;
    }
    out.secrets.extend(secret);
    push_login(reader, user, name, proof, tag, out);
}

/// A password as it is, or those among several methods.
fn plain(tag: &Element) -> impl Iterator<Item = &Element> {
    let inside = tag.elements().filter(|_| &*tag.name == "auth_methods");
    let among = inside.flat_map(|method| all(method, "password"));
    Some(tag).into_iter().filter(|tag| &*tag.name == "password").chain(among)
}

/// A hash that the server does not read, so that it does not start.
fn refused_hash(reader: &Reader, tag: &Element, user: &str, names: &Names) -> Option<Defect> {
    let digits = match &*tag.name {
        "password_sha256_hex" | "password_scram_sha256_hex" => 64,
        "password_double_sha1_hex" => 40,
        _ => return None,
    };
    let fits = |h: &Name| h.len() == digits && h.bytes().all(|b| b.is_ascii_hexdigit());
    let bad = reader.text(tag).known().is_some_and(|hash| !fits(hash));
    bad.then(|| {
        let message = format!("the hash of user `{user}` has not {digits} hexadecimal digits");
        names.defect(tag, "no-start", message + ", so the server does not start")
    })
}

/// Entries of `networks` that the server does not read, so that it does not start.
fn refused_networks(reader: &Reader, user: &Element, name: &str, names: &Names) -> Vec<Defect> {
    let Some(section) = user.child("networks") else { return Vec::new() };
    let unread = |entry: &&Element| match &*entry.name {
        n if n.starts_with("ip") => {
            let holes = |text: &str| text.split_once('/').is_some_and(|m| m.1.contains(['.', ':']));
            reader.text(entry).known().is_some_and(|text| subnet(text).is_err() && !holes(text))
        }
        n => !n.starts_with("host"),
    };
    let entry = section.elements().find(unread);
    let message = |e: &Element| {
        format!("`{}` in the networks of user `{name}`: the server does not start", e.name)
    };
    entry.map(|e| names.defect(e, "no-start", message(e))).into_iter().collect()
}

fn push_login(
    reader: &Reader,
    user: &Element,
    name: &Name,
    proof: Fact<Name>,
    tag: &Element,
    out: &mut Accounts,
) {
    let readable = plain(tag).any(|t| reader.text(t).known().is_some_and(|t| !t.is_empty()));
    let admin = match user.child("access_management") {
        Some(element) => reader.bool(element),
        None => Fact::default(false, "access_management is off unless it is set", user.tag),
    };
    out.logins.push(Login {
        name: name.clone(),
        proof,
        networks: networks(reader, user),
        password_in_clear: Fact::Known(readable, reader.origin(tag)),
        admin,
        rights: Fact::Unset(user.tag),
        place: user.tag,
        whole: user.place,
    });
}

/// Users by a method that the server document forbids, so that the server does not start
/// (`AccessControl.cpp`). An empty `password` is a password to `allow_no_password`.
pub(super) fn forbidden(
    reader: &Reader,
    server: &Element,
    root: &Element,
    names: &Names,
) -> Vec<Defect> {
    let off = |name: &str| {
        let setting = server.child(name);
        setting.is_some_and(|e| reader.bool(e).known() == Some(&false))
    };
    let rules = [("allow_no_password", "no_password"), ("allow_plaintext_password", "password")];
    let mut out = Vec::new();
    for (setting, tag) in rules.into_iter().filter(|(setting, _)| off(setting)) {
        let users = root.child("users").into_iter().flat_map(Element::elements);
        for found in users.filter_map(|user| user.child(tag)) {
            let message =
                format!("`{setting}` forbids `{tag}`, so the server does not start with both");
            out.push(names.defect(found, "no-start", message));
        }
    }
    out
}

/// What a user shows who comes in by this tag.
fn proof(reader: &Reader, tag: &Element, user: &str) -> Fact<Name> {
    let fixed = |proof: &str| Fact::Known(Name::from(proof), reader.origin(tag));
    match &*tag.name {
        "no_password" => fixed("none"),
        "password" => match reader.text(tag) {
            // A Secret's content: there, and not empty.
            Fact::Unknown(Why::Environment(what), at) if what.starts_with("secret ") => {
                Fact::written("password".into(), at)
            }
            value => value.map(|v| password(&v, user)),
        },
        "password_sha256_hex" | "password_double_sha1_hex" | "password_scram_sha256_hex" => {
            match reader.text(tag) {
                Fact::Known(hash, origin) => {
                    let proof = match hash.trim().to_ascii_lowercase().as_str() {
                        EMPTY_SHA256 | EMPTY_DOUBLE_SHA1 => "none",
                        h if KNOWN_SHA256.contains(&h) => "default-password",
                        _ => "password",
                    };
                    Fact::Known(proof.into(), origin)
                }
                // Whatever a hash is taken from: an empty one would not start.
                Fact::Unset(at) | Fact::Unknown(_, at) => Fact::written("password".into(), at),
            }
        }
        "ssl_certificates" | "ssh_keys" => fixed("certificate"),
        "auth_methods" => weakest(reader, tag, user),
        _ => fixed("external"),
    }
}

/// Of several methods one is enough, so the one that asks least counts
/// (`<auth_methods><a><password/></a>…`, ClickHouse, "User settings").
fn weakest(reader: &Reader, section: &Element, user: &str) -> Fact<Name> {
    let methods = section.elements().flat_map(Element::elements);
    let methods = methods.filter(|e| TAGS.contains(&&*e.name) && &*e.name != "auth_methods");
    let found: Vec<Fact<Name>> = methods.map(|e| proof(reader, e, user)).collect();
    let asks = |fact: &Fact<Name>| match fact.known().map(|n| &**n) {
        Some("none") => 0,
        Some("default-password") => 1,
        None => 2,
        Some("password") => 3,
        Some("external") => 4,
        Some(_) => 5,
    };
    let least = found.into_iter().min_by_key(asks);
    least.unwrap_or_else(|| {
        Fact::Unknown(Why::NotUnderstood("these `auth_methods`".into()), section.tag)
    })
}

/// What a password amounts to.
pub(super) fn password(value: &str, user: &str) -> Name {
    match value {
        "" => "none".into(),
        v if is_known(v, user) => "default-password".into(),
        _ => "password".into(),
    }
}

/// Whether anybody would guess a password.
pub(super) fn is_known(value: &str, user: &str) -> bool {
    value == user || KNOWN.contains(&value)
}

/// Whether a value only marks the place of a secret: `your_secret_access_key`.
pub(super) fn is_to_be_filled_in(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    ["your", "replace", "insert", "redacted", "<"].iter().any(|mark| lower.starts_with(mark))
        || lower.chars().all(|c| c == '*' || c == 'x')
}

/// A password that can be read in the users file itself.
fn secret(reader: &Reader, tag: &Element, user: &Name, names: &Names) -> Option<Secret> {
    if &*tag.name != "password" || tag.attribute("from_env").is_some() || reader.is_shipped(tag) {
        return None;
    }
    let value = reader.text(tag);
    let text = value.known().filter(|t| !t.is_empty())?;
    let mut out = Secret::new(names.identity(
        &format!("user/{user}/password"),
        format!("the password of user `{user}`"),
        value_place(tag),
        tag.place,
    ));
    let origin = || Origin::written(value_place(tag));
    out.name = Fact::Known(user.clone(), origin());
    out.kind = Fact::Known("password".into(), origin());
    out.engine = Fact::Known("clickhouse".into(), origin());
    out.in_clear = Fact::Known(true, origin());
    out.well_known = Fact::Known(is_known(text, user), origin());
    Some(out)
}

/// The addresses that a user may come from (`src/Access/Common/AllowedClientHosts.cpp`).
fn networks(reader: &Reader, user: &Element) -> Fact<Addresses> {
    let Some(section) = user.child("networks") else {
        let see = "a user without networks may come from any host";
        let mut origin = Origin::default(see, user.tag);
        if reader.is_shipped(user) {
            origin = reader.origin(user);
        }
        return Fact::Known(Addresses::all(), origin);
    };
    let mut sets = Vec::new();
    let mut unknown: Option<(Why, Place)> = None;
    let mut origin: Option<Origin> = None;
    for entry in section.elements() {
        match reader.text(entry).try_map(|text| peer(&entry.name, &text)) {
            Fact::Known(set, from) => {
                // One entry for everybody decides alone.
                if origin.is_none() || set == Addresses::all() {
                    origin = Some(from);
                }
                sets.push(set);
            }
            Fact::Unknown(why, at) => unknown = Some((why, at)),
            Fact::Unset(_) => {}
        }
    }
    let total = union(&sets);
    let elsewhere = reader.elsewhere(section);
    let replaced = elsewhere.is_some() && section.attribute("replace").is_some();
    match unknown.or(elsewhere) {
        Some((why, at)) if replaced || total != Addresses::all() => Fact::Unknown(why, at),
        _ => Fact::Known(total, origin.unwrap_or_else(|| reader.origin(section))),
    }
}

/// One entry of `networks`, told by how its name begins.
fn peer(name: &str, text: &str) -> Result<Addresses, Why> {
    if name.starts_with("ip") {
        return subnet(text);
    }
    match text {
        ".*" if name.starts_with("host_regexp") => Ok(Addresses::all()),
        t if name.starts_with("host") && t.eq_ignore_ascii_case("localhost") => {
            Ok(Addresses::loopback())
        }
        t => Err(Why::NotHere(format!("who is called {t}").into())),
    }
}

/// A mask of length zero is any host, of both families.
pub(super) fn subnet(text: &str) -> Result<Addresses, Why> {
    let zero = text.split_once('/').is_some_and(|(_, m)| matches!(m, "0" | "0.0.0.0" | "::"));
    if zero {
        return Ok(Addresses::all());
    }
    // To the server a blank is part of the address.
    let parsed = (text.trim() == text).then(|| Addresses::parse(text).or_else(|| masked(text)));
    let set = parsed.flatten();
    let set = set.ok_or_else(|| Why::NotUnderstood(format!("the address `{text}`").into()))?;
    // The server folds its own loopback addresses of either family into one.
    let local = Addresses::loopback();
    Ok(if local.union(&set) == local { local } else { set })
}

/// `10.0.0.0/255.0.0.0`, and the same in IPv6; a mask with holes is no range.
fn masked(text: &str) -> Option<Addresses> {
    let (address, mask) = text.split_once('/')?;
    let ones = match mask.parse().ok()? {
        IpAddr::V4(mask) => {
            let ones = mask.to_bits().leading_ones();
            (ones == mask.to_bits().count_ones()).then_some(ones)?
        }
        IpAddr::V6(mask) => {
            let ones = mask.to_bits().leading_ones();
            (ones == mask.to_bits().count_ones()).then_some(ones)?
        }
    };
    Addresses::parse(&format!("{address}/{ones}"))
}

/// Whether a setting of the profile `default` is switched off.
pub(super) fn switched_off(reader: &Reader, root: &Element, setting: &str) -> Option<Origin> {
    let profile = all(root, "profiles").next()?.child("default")?;
    match reader.bool(profile.child(setting)?) {
        Fact::Known(false, origin) => Some(origin),
        _ => None,
    }
}
