//! The server in a container: the image's own files, what is mounted over them, and what the entry
//! point makes of the variables.
//!
//! `docker/server/entrypoint.sh` and `docker/server/docker_related_config.xml` of ClickHouse;
//! `libclickhouse.sh` of Bitnami.

use super::super::Program;
use super::entry_point::{Setup, account, changes_default, generated, guarded, password_of};
use super::image::{Guard, Image};
use super::layers::{UsersFile, merge_folders};
use super::names::Names;
use super::read::Reader;
use super::server::{Built, Server};
use super::{hygiene, shipped, sql_users, tables};
use crate::model::fact::{Basis, Evidence, Fact, Name, Origin, Why};
use crate::model::fragment::{ConfigBody, ConfigFile, Container};
use crate::model::net::Addresses;
use crate::source::Place;

const INITDB: &str = "/docker-entrypoint-initdb.d/";

/// The server that runs in a container; `None` for the coordination service alone.
pub(super) fn built(program: &Program) -> Option<Built> {
    let container = program.container;
    let reference = container.image.known().map_or("", |n| &**n);
    if reference.contains("clickhouse-keeper") {
        return None;
    }
    let image = Image::of(reference);
    let at = container.place;
    let env = |name: &str| password_of(program, name).unwrap_or_else(|| program.env(name));
    let mut layers = image.layers(program, at, &env);
    let hidden = image.hides(container, "");
    let base = image.server(at);
    let mut root = layers.document(&layers.main, &base);
    for (path, value, place) in overrides(container) {
        shipped::set(&mut root, &path, &value, place);
    }
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
            exists: exists(container),
        },
        name: container.name.clone(),
        node: container.node.clone(),
        engine: Fact::Known("clickhouse".into(), image_origin(container)),
        place: at,
        whole: container.whole,
        reader: Reader { env: &env, shipped: at, assumed: false },
        root: &root,
        users: users.as_ref(),
        users_whole: true,
        listens: true,
        only_written: false,
        config_open,
        users_open,
    };
    let mut out = server.parts();
    let files = program.files.iter().filter_map(|(path, file)| match &file.body {
        ConfigBody::ClickHouse(root) => Some((&**path, &**root)),
        _ => None,
    });
    let found = hygiene::defects(files, &layers.main, users_path.as_deref(), &server.names);
    out.defects.extend(found);
    let scripts: Vec<&ConfigFile> = program
        .files
        .iter()
        .filter(|(path, _)| path.starts_with(INITDB))
        .map(|(_, file)| *file)
        .collect();
    let run =
        tables::parts(&scripts, Some((&container.address, &container.title)), program.declared);
    out.keeps.extend(run.keeps);
    out.secrets.extend(run.secrets);
    let allowed = sql_users::Allowed::of(&server.reader, &root);
    out.defects.extend(sql_users::refused(&scripts, &allowed, &server.names));
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
        let mut made = sql_users::logins(&scripts, &allowed);
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
    Some(Built { parts: out, server: root, users })
}

/// A script in place of the entry point may start the server or only ask another one.
fn exists(container: &Container) -> Fact<bool> {
    let words = [&container.command, &container.args];
    let mut words = words.into_iter().filter_map(Fact::known).flatten().filter_map(Fact::known);
    let first = words.next().map_or("", |w| w.rsplit('/').next().unwrap_or(w));
    let script = words.next().filter(|_| matches!(first, "sh" | "bash" | "ash"));
    let elsewhere = script.filter(|s| {
        !s.starts_with('-')
            && s.ends_with(".sh")
            && !s.contains("entrypoint")
            && !s.contains("server")
    });
    match (elsewhere, &container.exists) {
        (Some(script), Fact::Known(true, _)) => {
            let what = format!("whether `{script}` starts a server");
            Fact::Unknown(Why::NotHere(what.into()), container.command.place())
        }
        (_, exists) => exists.clone(),
    }
}

fn image_origin(container: &Container) -> Origin {
    match &container.image {
        Fact::Known(_, origin) => origin.clone(),
        other => Origin::guessed("that this is ClickHouse's image", other.place()),
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
