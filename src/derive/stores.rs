//! Datastores, their endpoints and users: reach, what is asked, who gets in without proof.

use std::borrow::Cow;
use std::sync::Arc;

use rayon::prelude::*;

use super::ways::{self, Way, Ways};
use crate::link::Estate;
use crate::model::concept::{Datastore, Endpoint, Identity, Model, User};
use crate::model::fact::{Basis, Evidence, Fact, Name, Why};
use crate::model::fragment::{EndpointDraft, Login, Store};
use crate::model::net::Addresses;
use crate::model::reach::{Circle, Reach};
use crate::model::rights;
use crate::model::truth::Confidence;
use crate::source::Place;

/// What a login may ask, the weakest first.
const PROOFS: [&str; 6] =
    ["none", "default-password", "password", "external", "iam", "certificate"];

/// Stores that one thread works through with a memory of ways of its own; two stores rarely share
/// any, so a common memory would cost more than it saves.
const CHUNK: usize = 64;

pub(crate) fn derive(estate: &Estate, model: &mut Model) {
    let stores: Vec<_> = estate.stores.iter().zip(&estate.store_nodes).collect();
    let parts: Vec<Model> = stores
        .par_chunks(CHUNK)
        .map(|chunk| {
            let ways = Ways::new(estate);
            let mut part = Model::default();
            for (store, node) in chunk {
                derive_one(store, **node, &ways, &mut part);
            }
            part
        })
        .collect();
    for part in parts {
        model.datastores.extend(part.datastores);
        model.endpoints.extend(part.endpoints);
        model.users.extend(part.users);
    }
}

fn derive_one(store: &Store, node: Option<usize>, ways: &Ways, model: &mut Model) {
    let doors: Vec<Door> = store.endpoints.iter().map(|e| Door::new(e, node, ways)).collect();
    model.datastores.push(datastore(store, &doors));
    model.endpoints.extend(doors.iter().map(|door| endpoint(store, door)));
    model.users.extend(store.logins.iter().map(|login| user(store, login, &doors)));
}

/// Logs, retentions and the rest get the exact store they belong to.
pub(crate) fn belongings(mut estate: Estate, model: &mut Model) {
    for keep in std::mem::take(&mut estate.keeps) {
        let mut retention = keep.retention;
        if let Some(store) = keep.store {
            retention.identity.subject = store.0;
        }
        model.retentions.push(retention);
    }
    for draft in std::mem::take(&mut estate.logs) {
        let mut log = draft.log;
        if let Some(store) = draft.store {
            log.identity.subject = store.0;
        }
        model.logs.push(log);
    }
    model.secrets = std::mem::take(&mut estate.secrets);
    model.defects = std::mem::take(&mut estate.defects);
    // As with what the cards say (`session::run_timed`): the process ends soon.
    std::mem::forget(estate);
}

/// An endpoint with the ways that lead to it.
struct Door<'a> {
    draft: &'a EndpointDraft,
    ways: Vec<Way>,
}

impl<'a> Door<'a> {
    fn new(draft: &'a EndpointDraft, node: Option<usize>, ways: &Ways) -> Door<'a> {
        let Some(node) = node else {
            return Door { draft, ways: Vec::new() };
        };
        let (port, doubt) = match &draft.port {
            Fact::Known(port, _) => (Some(*port), None),
            Fact::Unset(_) => (None, None),
            Fact::Unknown(why, at) => (None, Some((why.clone(), *at))),
        };
        let arriving = ways.to_port(node, port, draft.udp);
        let mut through: Vec<Way> = Vec::with_capacity(arriving.len());
        for way in arriving.iter() {
            let Some(mut way) = bound(way, &draft.bind) else { continue };
            if let Some((why, at)) = &doubt {
                way.doubt(why.clone(), *at);
            }
            through.push(way);
        }
        Door { draft, ways: through }
    }
}

/// Those who reach the addresses that a program listens on.
fn bound(way: &Way, bind: &Fact<Addresses>) -> Option<Way> {
    let mut way = way.clone();
    match bind {
        Fact::Known(addresses, origin) => {
            if addresses.circle() <= Circle::Loopback {
                // What a program of the same machine passes on comes from the machine itself.
                if way.inside && !addresses.is_empty() {
                    return Some(way);
                }
                // Loopback, or nothing at all: only the machine itself comes in.
                if addresses.is_empty() || !way.crowd.local {
                    return None;
                }
                way.crowd = super::crowd::Crowd::local();
            } else {
                if let Basis::Guessed(how) = &origin.basis {
                    way.guess(how.clone());
                }
                if origin.basis == Basis::Written && !way.published {
                    way.steps.extend(origin.via.iter().cloned());
                    way.steps.push(Evidence::new(origin.at, "it listens on every address"));
                }
            }
        }
        Fact::Unset(_) => {}
        // Nobody publishes a port on which nothing answers.
        Fact::Unknown(Why::NotHere(_), _) if way.published => {
            way.guess("a port that is published is listened on".into());
        }
        Fact::Unknown(why, at) => {
            if way.inside {
                return Some(way);
            }
            if !way.crowd.local || way.crowd.circle() > Circle::Loopback {
                way.doubt(why.clone(), *at);
            }
        }
    }
    Some(way)
}

fn identity(store: &Store) -> Identity {
    Identity {
        address: store.address.0.clone(),
        subject: store.address.0.clone(),
        title: store.title.clone(),
        place: store.place,
        whole: store.whole,
        exists: store.exists.clone(),
    }
}

fn known_reach(ways: &[Way], at: Place) -> Fact<Arc<Reach>> {
    let reach = ways::reach(ways);
    let at = reach.likely_way.last().map_or(at, |step| step.place);
    Fact::written(Arc::new(reach), at)
}

fn datastore(store: &Store, doors: &[Door]) -> Datastore {
    let mut out = Datastore::new(identity(store));
    // Where somebody asks for a login in front of the store, no stranger gets as far as the store.
    let ways = doors.iter().flat_map(|d| &d.ways).filter(|way| !way.asked);
    let all: Vec<Way> = ways.cloned().collect();
    out.name = Fact::written(store.name.clone(), store.place);
    out.engine = store.engine.clone();
    out.kind = Fact::written(store.kind.clone(), store.place);
    out.managed = Fact::written(store.managed, store.place);
    out.auth = auth(store);
    out.reach = known_reach(&all, store.place);
    out.open_to = known_reach(&open_ways(store, doors), auth_place(store));
    out.open_rights = open_rights(store);
    out.encrypted_at_rest = store.encrypted_at_rest.clone();
    out.audit_log = store.audit_log.clone();
    out.product_log = store.product_log.clone();
    out.public_switch = store.public_switch.clone();
    out.node_tls = store.node_tls.clone();
    out.upstream_tls = store.upstream_tls.clone();
    out.backup_days = store.backup_days.clone();
    out.on_every_address = match everybody_kept_out(store) {
        Some(at) => Fact::written(false, at),
        None => on_every_address(&all, store.place),
    };
    out.guard_off = store.guard_off.clone();
    out.tenants_admitted = store.tenants_admitted.clone();
    out.tls_required = store.tls_required.clone();
    out.set_apart = store.set_apart.clone();
    out.tells_clients_apart = store.tells_clients_apart.clone();
    out.tls_version = store.tls_version.clone();
    out
}

/// The ways that end inside without any proof, each with the login that asks for none.
///
/// Ports on which members of a cluster talk to one another trust everybody by design. Inside the
/// network that they were made for that is no news; from the internet it is a way in like any.
fn open_ways(store: &Store, doors: &[Door]) -> Vec<Way> {
    let mut out = Vec::new();
    for door in doors {
        let role = &*door.draft.role;
        if role == "metrics" {
            continue;
        }
        let inside = |way: &&Way| role == "cluster" && !from_internet(way);
        for way in door.ways.iter().filter(|w| !w.asked && !inside(w)) {
            let way: &Way = &perhaps_asked(way);
            match &door.draft.asks {
                Fact::Known(false, origin) => {
                    let mut way = way.clone();
                    way.steps.push(Evidence::new(origin.at, "this port asks for no login"));
                    out.push(way);
                }
                Fact::Unknown(why, at) => {
                    let mut way = way.clone();
                    way.doubt(why.clone(), *at);
                    out.push(way);
                }
                _ => out.extend(store.logins.iter().filter_map(|l| logs_in(way, l))),
            }
        }
    }
    out
}

/// The most that an account without proof may do that is not for the machine alone.
fn open_rights(store: &Store) -> Fact<Name> {
    let is_open = |login: &&Login| {
        login.proof.known().is_some_and(|p| &**p == "none")
            && login.networks.known().is_none_or(|n| n.circle() > Circle::Loopback)
    };
    let much = |rights: &&Fact<Name>| rights.known().map_or(usize::MAX, |r| rights::rank(r));
    // A port without login has no account whose rights could limit what is done there.
    let free = |e: &EndpointDraft| e.asks.known() != Some(&true) && e.role.starts_with("data");
    let all = store.logins.iter().filter(is_open).map(|l| &l.rights);
    match all.max_by_key(much) {
        Some(rights) if !store.endpoints.iter().any(free) => rights.clone(),
        _ => Fact::Unset(store.place),
    }
}

/// A way on which something that nobody can read may ask for proof is no sure way in.
fn perhaps_asked(way: &Way) -> Cow<'_, Way> {
    let Some((why, at)) = &way.perhaps_asked else { return Cow::Borrowed(way) };
    let mut way = way.clone();
    way.doubt(why.clone(), *at);
    Cow::Owned(way)
}

/// Where it is written that every account is for some addresses only.
fn everybody_kept_out(store: &Store) -> Option<Place> {
    let limits = store.logins.iter().map(|login| match &login.networks {
        Fact::Known(networks, origin) if networks.circle() < Circle::Internet => Some(origin.at),
        _ => None,
    });
    limits.collect::<Option<Vec<Place>>>()?.first().copied()
}

/// Whether a host that nobody describes lets everybody in who reaches one of its addresses.
fn on_every_address(ways: &[Way], at: Place) -> Fact<bool> {
    let wide = ways.iter().filter(|w| w.wide && w.crowd.circle() >= Circle::PrivateNetwork);
    let Some(way) = wide.max_by_key(|w| w.degree) else { return Fact::written(false, at) };
    let at = way.steps.last().map_or(at, |step| step.place);
    match (way.degree, way.whys.first(), &way.guess) {
        (Confidence::Certain, ..) => Fact::written(true, at),
        (Confidence::Likely, _, Some(how)) => Fact::guessed(true, how.clone(), at),
        (_, Some((why, place)), _) => Fact::Unknown(why.clone(), *place),
        _ => Fact::written(false, at),
    }
}

/// Whether an account is for every address, on a server that may answer more than its own machine.
fn from_anywhere(store: &Store, login: &Login, ways: &[Way]) -> Fact<bool> {
    let answers = ways.iter().any(|w| w.crowd.circle() > Circle::Loopback);
    match &login.networks {
        Fact::Known(networks, origin) => {
            Fact::Known(answers && networks.circle() == Circle::Internet, origin.clone())
        }
        Fact::Unset(_) => Fact::written(answers, store.place),
        Fact::Unknown(why, at) => Fact::Unknown(why.clone(), *at),
    }
}

fn from_internet(way: &Way) -> bool {
    matches!(way.crowd.circle(), Circle::Internet | Circle::InternetRestricted)
}

/// The way continued through a login that asks for nothing, or perhaps for nothing.
fn logs_in(way: &Way, login: &Login) -> Option<Way> {
    let mut way = match &login.networks {
        Fact::Known(networks, origin) => {
            let mut way = way.admitted_by(networks)?;
            way.steps.extend(origin.via.iter().cloned());
            way
        }
        Fact::Unset(_) => way.clone(),
        Fact::Unknown(why, at) => {
            let mut way = way.clone();
            way.doubt(why.clone(), *at);
            way
        }
    };
    match &login.proof {
        Fact::Known(proof, origin) if &**proof == "none" => {
            way.steps.extend(origin.via.iter().cloned());
            let who = if &*login.name == "*" {
                Name::from("nothing is asked of a client")
            } else {
                format!("user `{}` has no password", login.name).into()
            };
            let say = match &origin.basis {
                Basis::Default(see) => format!("{who} by default ({see})").into(),
                _ => who,
            };
            way.steps.push(Evidence::new(origin.at, say));
            if let Fact::Known(word, origin) = &login.rights
                && origin.basis == Basis::Written
            {
                let user = match &*login.name {
                    "*" => "strangers".to_owned(),
                    name => format!("user `{name}`"),
                };
                let say = format!("{user} {}", rights::may(word));
                way.steps.push(Evidence::new(origin.at, say));
            }
            if let Basis::Guessed(how) = &origin.basis {
                way.guess(how.clone());
            }
        }
        Fact::Known(..) => return None,
        Fact::Unknown(why, at) => way.doubt(why.clone(), *at),
        Fact::Unset(at) => way.doubt(Why::NoDefault("what it asks of clients".into()), *at),
    }
    Some(way)
}

/// The weakest thing that somebody from outside the machine has to show.
fn auth(store: &Store) -> Fact<Name> {
    let outside: Vec<&Login> = store
        .logins
        .iter()
        .filter(|l| l.networks.known().is_none_or(|n| n.circle() > Circle::Loopback))
        .collect();
    if outside.is_empty() && !store.logins.is_empty() {
        let at = store.logins[0].place;
        return Fact::written("local-only".into(), at);
    }
    let rank = |l: &&&Login| {
        let proof = l.proof.known()?;
        PROOFS.iter().position(|p| *p == &**proof)
    };
    let weakest = outside.iter().filter(|l| rank(l).is_some()).min_by_key(|l| rank(l));
    let unknown = outside.iter().find(|l| !matches!(l.proof, Fact::Known(..)));
    match (weakest, unknown) {
        (Some(login), _) if rank(&login) == Some(0) => login.proof.clone(),
        (_, Some(login)) => match &login.proof {
            Fact::Unset(at) => Fact::Unknown(Why::NoDefault("what it asks of clients".into()), *at),
            other => other.clone(),
        },
        (Some(login), None) => login.proof.clone(),
        (None, None) => {
            Fact::Unknown(Why::NotUnderstood("what it asks of clients".into()), store.place)
        }
    }
}

/// Where a person would close the door.
fn auth_place(store: &Store) -> Place {
    auth(store).place()
}

fn endpoint(store: &Store, door: &Door) -> Endpoint {
    let draft = door.draft;
    let port = draft.port.known().map_or_else(|| "?".to_string(), ToString::to_string);
    let mut out = Endpoint::new(Identity {
        address: format!("{}/port/{}/{port}", store.address, draft.protocol).into(),
        subject: store.address.0.clone(),
        title: format!("port {port} of {}", store.title).into(),
        place: draft.place,
        whole: store.whole,
        exists: store.exists.clone(),
    });
    out.engine = store.engine.clone();
    out.store = Fact::written(store.title.clone(), store.place);
    out.port = draft.port.clone().map(i64::from);
    out.protocol = Fact::written(draft.protocol.clone(), draft.place);
    out.tls = draft.tls.clone();
    out.reach = known_reach(&door.ways, draft.place);
    out.in_clear = if door.ways.iter().any(|w| w.encrypted) {
        let clear: Vec<Way> = door.ways.iter().filter(|w| !w.encrypted).cloned().collect();
        known_reach(&clear, draft.place)
    } else {
        out.reach.clone()
    };
    out.role = Fact::written(draft.role.clone(), draft.place);
    out
}

fn user(store: &Store, login: &Login, doors: &[Door]) -> User {
    let mut out = User::new(Identity {
        address: format!("{}/user/{}", store.address, login.name).into(),
        subject: store.address.0.clone(),
        title: match &*login.name {
            "*" => store.title.clone(),
            name => format!("user `{name}` of {}", store.title).into(),
        },
        place: login.place,
        whole: login.whole,
        exists: store.exists.clone(),
    });
    // Where nothing is asked nobody comes as this account.
    let ways: Vec<Way> = doors
        .iter()
        .filter(|d| d.draft.asks.known() != Some(&false))
        .flat_map(|d| &d.ways)
        .filter_map(|way| match &login.networks {
            Fact::Known(networks, _) => way.admitted_by(networks),
            Fact::Unset(_) => Some(way.clone()),
            Fact::Unknown(why, at) => {
                let mut way = way.clone();
                way.doubt(why.clone(), *at);
                Some(way)
            }
        })
        .collect();
    out.name = Fact::written(login.name.clone(), login.place);
    out.engine = store.engine.clone();
    out.store = Fact::written(store.title.clone(), store.place);
    out.proof = login.proof.clone();
    out.reach = known_reach(&ways, login.place);
    out.from_anywhere = from_anywhere(store, login, &ways);
    out.password_in_clear = login.password_in_clear.clone();
    out.admin = login.admin.clone();
    out
}
