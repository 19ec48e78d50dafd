//! The server in a container: the image's own files, what is mounted over them, and what the entry
//! point makes of the variables.
//!
//! `docker/server/entrypoint.sh` and `docker/server/docker_related_config.xml` of ClickHouse;
//! `libclickhouse.sh` of Bitnami.

use std::borrow::Cow;

use super::super::{Parts, Program};
use super::layers::{Layers, UsersFile, merge_folders};
use super::merge::same;
use super::names::Names;
use super::read::Reader;
use super::server::Server;
use super::{shipped, sql_users, tables};
use crate::model::fact::{Basis, Evidence, Fact, Name, Origin, Why};
use crate::model::fragment::{ConfigBody, ConfigFile, Container};
use crate::model::net::Addresses;
use crate::source::Place;
use crate::tree::xml::{Content, Element};

/// What the entry point does about users before the server starts.
enum Setup {
    /// Nothing: the files decide. Where that is written, and how.
    Untouched(Place, &'static str),
    /// Creates one user for every address, and removes `default`.
    Account {
        user: Name,
        admin: Name,
        at: Place,
    },
    /// Limits `default` to the server itself.
    Guarded,
    /// Refuses to start.
    Refused(Place),
    Unknown(Why, Place),
}

/// Whether a release limits an untouched `default` to the server itself.
enum Guard {
    Yes,
    No,
    Unclear,
}

/// One image's way.
struct Image {
    folders: &'static [&'static str],
    bitnami: bool,
    guard: Guard,
}

const OFFICIAL: [&str; 1] = ["/etc/clickhouse-server"];
const BITNAMI: [&str; 2] = ["/bitnami/clickhouse/etc", "/opt/bitnami/clickhouse/etc"];
const INITDB: &str = "/docker-entrypoint-initdb.d/";

pub(super) fn parts(program: &Program) -> Parts {
    let container = program.container;
    let reference = container.image.known().map_or("", |n| &**n);
    if reference.contains("clickhouse-keeper") {
        return Parts::default();
    }
    let image = Image::of(reference);
    let at = container.place;
    let mut layers = image.layers(program, at);
    let hidden = image.hides(container, "");
    let base = shipped::server(at);
    let mut root = layers.document(&layers.main, &base);
    for (path, value, place) in overrides(container) {
        shipped::set(&mut root, &path, &value, place);
    }
    let env = |name: &str| password_of(program, name).unwrap_or_else(|| program.env(name));
    let users_path = match layers.users_file(&root) {
        UsersFile::Main => Some(layers.main.clone()),
        UsersFile::Path(path) => Some(path),
        UsersFile::Elsewhere => None,
    };
    let mut users_open = users_path.as_ref().and_then(|p| open(program, p));
    let mut refused = None;
    let mut unclear = None;
    let mut untouched = None;
    let mut users = None;
    if let Some(path) = &users_path {
        let ships = path.ends_with("/users.xml") && !hidden;
        let base = if ships || layers.file(path).is_some() {
            shipped::users(at)
        } else {
            users_open.get_or_insert((Why::NotHere(path.as_str().into()), at));
            shipped::users(at)
        };
        let before = layers.file(path).unwrap_or(&base).clone();
        let changed = changes_default(&before, &layers.document(path, &base));
        match image.setup(program, changed.as_ref()) {
            Setup::Untouched(place, say) => untouched = Some(Evidence::new(place, say)),
            Setup::Account { user, admin, at } => {
                let variable = image.password_variable(program);
                layers.add(generated(path), account(&user, &admin, variable, at));
            }
            Setup::Guarded => {
                let file = guarded(at);
                layers.add(generated(path), file);
                if matches!(image.guard, Guard::Unclear) {
                    let what = "whether this release limits `default` to the server itself";
                    unclear = Some((Why::NoDefault(what.into()), at));
                }
            }
            Setup::Refused(at) => refused = Some(at),
            Setup::Unknown(why, place) => users_open = Some((why, place)),
        }
        users = Some(layers.document(path, &base));
    }
    let config_open = open(program, &layers.main).or_else(|| {
        let missing = hidden && layers.file(&layers.main).is_none();
        missing.then(|| (Why::NotHere(layers.main.as_str().into()), at))
    });
    let server = Server {
        names: Names {
            store: container.address.clone(),
            is_store: true,
            title: container.title.clone(),
            exists: container.exists.clone(),
        },
        name: container.name.clone(),
        node: container.node.clone(),
        engine: Fact::Known("clickhouse".into(), image_origin(container)),
        place: at,
        whole: container.whole,
        reader: Reader { env: &env, shipped: at, assumed: false },
        root: &root,
        users: users.as_ref(),
        listens: true,
        only_written: false,
        config_open,
        users_open,
    };
    let mut out = server.parts();
    let scripts: Vec<&ConfigFile> = program
        .files
        .iter()
        .filter(|(path, _)| path.starts_with(INITDB))
        .map(|(_, file)| *file)
        .collect();
    let run = tables::parts(&scripts, Some((&container.address, &container.title)));
    out.keeps.extend(run.keeps);
    out.secrets.extend(run.secrets);
    if let Some(store) = out.stores.first_mut() {
        if refused.is_some() {
            store.logins.clear();
        }
        if let Some((why, place)) = unclear
            && let Some(login) = store.logins.iter_mut().find(|l| &*l.name == "default")
        {
            login.networks = Fact::Unknown(why, place);
        }
        if let Some(step) = untouched
            && let Some(login) = store.logins.iter_mut().find(|l| &*l.name == "default")
            && let Fact::Known(networks, origin) = &mut login.networks
            && matches!(origin.basis, Basis::Default(_))
            && *networks == Addresses::all()
        {
            // That nothing limits the shipped user is what somebody wrote.
            let shipped = Evidence::new(origin.at, "the image's `default` is for every address");
            *origin = Origin::written(step.place).with_via([shipped, step]);
        }
        // A name that the users file has already is taken from there.
        let mut made = sql_users::logins(&scripts);
        for login in &store.logins {
            made.remove(&login.name);
        }
        store.logins.extend(made.into_values());
    }
    if let Some(at) = refused {
        let here = shipped::element("clickhouse", at, Vec::new());
        let message = "the image does not start without a password".to_owned();
        out.defects.push(server.names.defect(&here, "no-start", message));
    }
    out
}

fn image_origin(container: &Container) -> Origin {
    match &container.image {
        Fact::Known(_, origin) => origin.clone(),
        other => Origin::guessed("that this is ClickHouse's image", other.place()),
    }
}

impl Image {
    fn of(reference: &str) -> Image {
        let last = reference.rsplit('/').next().unwrap_or(reference);
        let tag = last.split_once('@').map_or(last, |(t, _)| t).split_once(':').map(|(_, t)| t);
        let bitnami = reference.contains("bitnami");
        let old = reference.contains("yandex/");
        let guard = if old { Guard::No } else { guard(tag.unwrap_or("latest")) };
        let folders: &[&str] = if bitnami { &BITNAMI } else { &OFFICIAL };
        Image { folders, bitnami, guard }
    }

    /// The files in the container that are configuration, under the image's first folder.
    fn layers<'a>(&self, program: &Program<'a>, at: Place) -> Layers<'a> {
        let folder = self.folders[0];
        let main = match program.env("CLICKHOUSE_CONFIG") {
            Fact::Known(path, _) if !self.bitnami && !path.is_empty() => path.to_string(),
            _ => format!("{folder}/config.xml"),
        };
        let mut files: Vec<(Name, Cow<'a, Element>)> = Vec::new();
        if !self.hides(program.container, "") && !self.hides(program.container, "/config.d") {
            let path = format!("{folder}/config.d/docker_related_config.xml");
            files.push((path.into(), Cow::Owned(shipped::image(at))));
        }
        for (path, file) in &program.files {
            let ConfigBody::ClickHouse(root) = &file.body else { continue };
            let root: &'a Element = root;
            let path: Name = match self.folders.iter().find_map(|f| path.strip_prefix(*f)) {
                Some(rest) => format!("{folder}{rest}").into(),
                None => path.clone(),
            };
            files.retain(|(p, _)| *p != path);
            files.push((path, Cow::Borrowed(root)));
        }
        Layers::new(main, files, at)
    }

    /// Whether a mount lies over a whole folder of the image, so that the image's files are gone.
    fn hides(&self, container: &Container, below: &str) -> bool {
        container.mounts.iter().any(|mount| {
            let path = mount.path.trim_end_matches('/');
            self.folders.iter().any(|f| path.strip_prefix(*f) == Some(below))
        })
    }

    fn setup(&self, program: &Program, changed: Option<&Place>) -> Setup {
        if self.bitnami {
            return bitnami(program);
        }
        let container = program.container;
        match runs_entry_point(container) {
            Fact::Known(true, _) | Fact::Unset(_) => {}
            Fact::Known(false, origin) => {
                let say = "the image's entry point, which looks after users, does not run";
                return Setup::Untouched(origin.at, say);
            }
            Fact::Unknown(why, at) => return Setup::Unknown(why, at),
        }
        match program.env("CLICKHOUSE_SKIP_USER_SETUP") {
            Fact::Known(v, origin) if &*v == "1" => {
                return Setup::Untouched(origin.at, "the entry point is told to leave users alone");
            }
            Fact::Unknown(why, at) => return Setup::Unknown(why, at),
            _ => {}
        }
        let user = program.env("CLICKHOUSE_USER");
        let admin = program.env("CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT");
        let password = password_of(program, "CLICKHOUSE_PASSWORD")
            .unwrap_or_else(|| program.env("CLICKHOUSE_PASSWORD"));
        let name = match &user {
            Fact::Known(name, _) if !name.is_empty() => name.clone(),
            Fact::Unknown(..) => "$CLICKHOUSE_USER".into(),
            _ => "default".into(),
        };
        let rights: Name = match &admin {
            Fact::Known(value, _) if !value.is_empty() => value.clone(),
            _ => "0".into(),
        };
        let made = |at: Place| Setup::Account { user: name.clone(), admin: rights.clone(), at };
        if &*name != "default" {
            return match &user {
                Fact::Unknown(why, at) if program.env_open.is_some() => {
                    Setup::Unknown(why.clone(), *at)
                }
                other => made(other.place()),
            };
        }
        match (&password, &admin) {
            (Fact::Known(value, origin), _) if !value.is_empty() => return made(origin.at),
            (_, Fact::Known(..)) if &*rights != "0" => {
                return made(admin.place());
            }
            (Fact::Unknown(Why::Environment(what), at), _) if what.starts_with("secret ") => {
                return made(*at);
            }
            (Fact::Unknown(why, at), _) => {
                // Empty, it leaves `default` to the server itself; otherwise it is asked for.
                return match (changed, &self.guard) {
                    (None, Guard::Yes) => made(*at),
                    _ => Setup::Unknown(why.clone(), *at),
                };
            }
            (_, Fact::Unknown(why, at)) => return Setup::Unknown(why.clone(), *at),
            _ => {}
        }
        match (&self.guard, changed) {
            (_, Some(at)) => {
                let say = "this changes `default`, so the entry point leaves it as it is";
                Setup::Untouched(*at, say)
            }
            (Guard::No, _) => {
                let say = "this release does not limit `default` to the server itself";
                Setup::Untouched(container.image.place(), say)
            }
            _ => Setup::Guarded,
        }
    }

    fn password_variable(&self, program: &Program) -> &'static str {
        if !self.bitnami {
            return "CLICKHOUSE_PASSWORD";
        }
        let set = |n: &str| !program.env(n).is_unset() || password_of(program, n).is_some();
        if set("CLICKHOUSE_ADMIN_PASSWORD") {
            "CLICKHOUSE_ADMIN_PASSWORD"
        } else {
            "CLICKHOUSE_PASSWORD"
        }
    }
}

impl Layers<'_> {
    fn add(&mut self, path: String, root: Element) {
        let path: Name = path.into();
        self.files.retain(|(p, _)| *p != path);
        self.files.push((path, Cow::Owned(root)));
        self.files.sort_by(|a, b| a.0.cmp(&b.0));
    }
}

/// The file that the entry point writes, beside the users file.
fn generated(users: &str) -> String {
    format!("{}default-user.xml", merge_folders(users)[0])
}

/// A password that lies in a file named by a variable: there, and not empty.
fn password_of(program: &Program, name: &str) -> Option<Fact<Name>> {
    if !name.starts_with("CLICKHOUSE_") || !name.ends_with("PASSWORD") {
        return None;
    }
    let file = program.env.iter().find(|(n, _)| **n == *format!("{name}_FILE"))?;
    let at = file.1.place();
    match &file.1 {
        Fact::Known(path, _) if path.is_empty() => None,
        Fact::Unset(_) => None,
        _ => Some(Fact::Unknown(Why::Environment(format!("secret {name}_FILE").into()), at)),
    }
}

/// The entry point looks at variables only if nothing but options follows it.
fn runs_entry_point(container: &Container) -> Fact<bool> {
    match &container.command {
        Fact::Known(words, origin) => match words.first() {
            None => {}
            Some(Fact::Known(word, _)) if word.ends_with("entrypoint.sh") => {}
            Some(_) => return Fact::Known(false, origin.clone()),
        },
        Fact::Unknown(why, at) => return Fact::Unknown(why.clone(), *at),
        Fact::Unset(_) => {}
    }
    match &container.args {
        Fact::Known(words, origin) => match words.first() {
            None => Fact::Known(true, origin.clone()),
            Some(Fact::Known(word, _)) => Fact::Known(word.starts_with("--"), origin.clone()),
            Some(Fact::Unknown(why, at)) => Fact::Unknown(why.clone(), *at),
            Some(Fact::Unset(at)) => Fact::Unset(*at),
        },
        Fact::Unknown(why, at) => Fact::Unknown(why.clone(), *at),
        Fact::Unset(at) => Fact::Unset(*at),
    }
}

/// Options behind a lone `--` replace the first element of their path.
fn overrides(container: &Container) -> Vec<(Vec<Name>, Name, Place)> {
    let words = [&container.command, &container.args];
    let words = words.into_iter().filter_map(Fact::known).flatten().filter_map(|word| match word {
        Fact::Known(text, origin) => Some((text, origin.at)),
        _ => None,
    });
    let behind = words.skip_while(|(text, _)| &***text != "--").skip(1);
    behind
        .filter_map(|(text, at)| {
            let (path, value) = text.strip_prefix("--")?.split_once('=')?;
            Some((path.split('.').map(Name::from).collect(), value.into(), at))
        })
        .collect()
}

/// Bitnami: an administrator for every address; an empty password only if that is allowed.
fn bitnami(program: &Program) -> Setup {
    let first =
        |names: [&str; 2]| names.into_iter().map(|n| program.env(n)).find(|f| !f.is_unset());
    let user = first(["CLICKHOUSE_ADMIN_USER", "CLICKHOUSE_USER"]);
    let name = match &user {
        Some(Fact::Known(name, _)) if !name.is_empty() => name.clone(),
        Some(Fact::Unknown(..)) => "$CLICKHOUSE_ADMIN_USER".into(),
        _ => "default".into(),
    };
    let names = ["CLICKHOUSE_ADMIN_PASSWORD", "CLICKHOUSE_PASSWORD"];
    let password = names.iter().find_map(|n| password_of(program, n)).or_else(|| first(names));
    let empty = match &password {
        None => true,
        Some(fact) => fact.known().is_some_and(|v| v.is_empty()),
    };
    let at = password.as_ref().map_or(program.container.place, Fact::place);
    match program.env("ALLOW_EMPTY_PASSWORD") {
        Fact::Known(v, origin) if empty && is_yes(&v) => {
            Setup::Account { user: name, admin: "1".into(), at: origin.at }
        }
        Fact::Unknown(why, at) if empty => Setup::Unknown(why, at),
        _ if empty => Setup::Refused(at),
        _ => Setup::Account { user: name, admin: "1".into(), at },
    }
}

fn is_yes(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "yes" | "true" | "1")
}

/// Where what is mounted changes `default` against the users file itself.
fn changes_default(before: &Element, after: &Element) -> Option<Place> {
    let default = |root: &Element| root.child("users").and_then(|u| u.child("default")).cloned();
    match (default(before), default(after)) {
        (Some(a), Some(b)) => (!same(&a, &b)).then_some(b.tag),
        (None, Some(b)) => Some(b.tag),
        (Some(a), None) => Some(a.tag),
        (None, None) => None,
    }
}

fn in_users(user: &str, children: Vec<Content>, before: Vec<Content>, at: Place) -> Element {
    let mut users = before;
    users.push(Content::Element(shipped::element(user, at, children)));
    let section = shipped::element("users", at, users);
    shipped::element("clickhouse", at, vec![Content::Element(section)])
}

fn account(user: &str, admin: &str, variable: &str, at: Place) -> Element {
    let networks = shipped::element("networks", at, vec![shipped::leaf("ip", "::/0", at)]);
    let children = vec![
        Content::Element(networks),
        shipped::marked("password", "from_env", variable, at),
        shipped::leaf("access_management", admin, at),
    ];
    in_users(user, children, vec![shipped::marked("default", "remove", "remove", at)], at)
}

fn guarded(at: Place) -> Element {
    let ips = vec![shipped::leaf("ip", "::1", at), shipped::leaf("ip", "127.0.0.1", at)];
    let networks = Content::Element(shipped::element("networks", at, ips));
    in_users("default", vec![networks], Vec::new(), at)
}

/// A folder or file of a document's that is filled from outside the project, or that nobody
/// could read.
fn open(program: &Program, main: &str) -> Option<(Why, Place)> {
    let folders = merge_folders(main);
    let concerns = |path: &str| {
        let path = path.trim_end_matches('/');
        path == main
            || folders.iter().any(|f| {
                let folder = f.trim_end_matches('/');
                path == folder || path.starts_with(f.as_str()) || is_above(path, folder)
            })
    };
    let outside = program.files_open.iter().find(|(path, ..)| concerns(path));
    if let Some((_, why, place)) = outside {
        return Some((why.clone(), *place));
    }
    let is_config = |p: &str| {
        let extension = p.rsplit_once('.').map_or("", |(_, e)| e);
        ["xml", "yaml", "yml", "conf"].iter().any(|e| extension.eq_ignore_ascii_case(e))
    };
    program.files.iter().find_map(|(path, file)| {
        let unread = matches!(file.body, ConfigBody::Text(_)) && is_config(path) && concerns(path);
        unread.then_some((Why::Broken, file.place))
    })
}

fn is_above(path: &str, folder: &str) -> bool {
    folder.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// Changed in ClickHouse#75259 (25.2), taken back into 24.3, 24.12 and 25.1.
fn guard(tag: &str) -> Guard {
    let mut numbers = tag.split(['.', '-']).map_while(|p| p.parse::<u32>().ok());
    let (major, minor, patch) = (numbers.next(), numbers.next(), numbers.next());
    match (major, minor, patch) {
        (Some(24), Some(3 | 12), Some(_)) => Guard::Unclear,
        (Some(24), Some(3 | 12) | None, None) => Guard::Yes,
        (Some(25), Some(1), Some(0..=2)) | (Some(..=24), ..) => Guard::No,
        // `latest`, `head`, a digest: taken as current.
        _ => Guard::Yes,
    }
}
