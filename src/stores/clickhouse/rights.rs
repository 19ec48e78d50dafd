//! What an account may do once it is in: its profile, its grants, its switches
//! (`UsersConfigAccessStorage.cpp`, "Permissions for queries" of the documentation).

use super::read::{Reader, all, at};
use crate::model::fact::{Fact, Name, Origin};
use crate::model::rights::rank;
use crate::tree::xml::Element;

/// Profiles that one may stand on.
const MAX_PROFILES: usize = 16;

/// The rights of an account of the users document `root`.
pub(super) fn of(reader: &Reader, root: &Element, user: &Element) -> Fact<Name> {
    if let Some((why, at)) = reader.elsewhere(user) {
        return Fact::Unknown(why, at);
    }
    let named = user.child("profile").map_or_else(
        || Fact::default("default".into(), "an account without profile has `default`", user.tag),
        |profile| reader.text(profile),
    );
    let setting = |name: &str| setting(reader, root, named.known()?, name);
    if let Some(readonly) = setting("readonly") {
        match reader.number::<u64>(readonly) {
            Fact::Known(0, _) | Fact::Unset(_) => {}
            Fact::Known(_, origin) => return Fact::Known("read".into(), origin),
            Fact::Unknown(why, at) => return Fact::Unknown(why, at),
        }
    }
    if let Some(grants) = user.child("grants") {
        return granted(reader, grants);
    }
    let admin = user.child("access_management").map(|e| reader.bool(e));
    let rights = |text: &str, origin: Origin| Fact::Known(Name::from(text), origin);
    if let Some(Fact::Known(true, origin)) = admin {
        return rights("admin", origin);
    }
    if let Some(ddl) = setting("allow_ddl")
        && let Fact::Known(false, origin) = reader.bool(ddl)
    {
        return rights("data", origin);
    }
    if let Some(some) = user.child("allow_databases") {
        return rights("some", reader.origin(some));
    }
    match named {
        Fact::Unknown(why, at) => Fact::Unknown(why, at),
        _ => Fact::default("write".into(), "without grants an account may do everything", user.tag),
    }
}

/// A setting of a profile, or of those that it stands on; what it says itself comes first, and what
/// `default` says holds for all (`SettingsProfilesCache.cpp`).
fn setting<'a>(
    reader: &Reader,
    root: &'a Element,
    profile: &str,
    name: &str,
) -> Option<&'a Element> {
    let profiles = all(root, "profiles").next()?;
    let mut open: Vec<&Element> = profiles.child("default").into_iter().collect();
    open.extend(profiles.child(profile));
    for _ in 0..MAX_PROFILES {
        let current = open.pop()?;
        if let Some(found) = current.child(name) {
            return Some(found);
        }
        let below = all(current, "profile")
            .filter_map(|p| reader.text(p).known().and_then(|name| profiles.child(name)));
        open.extend(below.take(MAX_PROFILES));
    }
    None
}

/// `<grants><query>GRANT SELECT ON db.*</query>…</grants>`
fn granted(reader: &Reader, grants: &Element) -> Fact<Name> {
    let queries: Vec<Fact<Name>> = all(grants, "query").map(|q| reader.text(q)).collect();
    if let Some(Fact::Unknown(why, at)) = queries.iter().find(|q| q.is_unknown()) {
        return Fact::Unknown(why.clone(), *at);
    }
    let of = |text: &Name| {
        let text = text.trim();
        let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        privileges(if first.eq_ignore_ascii_case("grant") { rest } else { text })
    };
    let widest = queries.iter().filter_map(Fact::known).map(of).max_by_key(|r| rank(r));
    let rights = widest.unwrap_or("nothing");
    Fact::Known(
        rights.into(),
        at(grants, &["query"]).map_or(reader.origin(grants), |q| reader.origin(q)),
    )
}

/// What privileges in the spelling of `GRANT` amount to.
pub(super) fn privileges(text: &str) -> &'static str {
    let words: Vec<&str> = text.split_whitespace().collect();
    let upper = words.join(" ").to_ascii_uppercase();
    let (what, on) = upper.split_once(" ON ").unwrap_or((&upper, ""));
    let on: String = on.split(" TO ").next().unwrap_or("").split_whitespace().collect();
    let everywhere = on.starts_with("*.*") || on == "*";
    let mut words = what.split([',', ' ']).filter(|w| !w.is_empty());
    let all = words.clone().any(|w| w == "ALL");
    let reads = what.split(',').map(str::trim).all(|p| p == "SHOW" || p.starts_with("SELECT"));
    // `ALL` holds `ACCESS MANAGEMENT` (`AccessType.h`), the option to hand it on or not.
    let manages = ["ACCESS MANAGEMENT", "CREATE USER", "ALTER USER", "CURRENT GRANTS"];
    match () {
        () if !everywhere && !what.contains("CURRENT GRANTS") => "some",
        () if all || manages.iter().any(|m| what.contains(m)) => "admin",
        () if reads && words.any(|w| w == "SELECT") => "read",
        () => "some",
    }
}
