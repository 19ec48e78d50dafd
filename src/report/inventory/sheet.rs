//! What the inventory says about each store, before anybody decides how it looks.

use std::sync::Arc;

use std::fmt::Write as _;

use crate::finding::Run;
use crate::model::concept::{Datastore, Endpoint, Identity, LogPipeline, Model, Retention, User};
use crate::model::fact::{Basis, Evidence, Fact, Name};
use crate::model::reach::{Circle, Reach};
use crate::model::value::{IntoValue, Value};
use crate::source::Place;

/// One store.
pub(super) struct Sheet {
    pub(super) title: String,
    pub(super) address: String,
    pub(super) place: Place,
    pub(super) lines: Vec<Line>,
}

/// One fact, or one step of a way.
pub(super) struct Line {
    pub(super) label: &'static str,
    pub(super) state: State,
    pub(super) value: String,
    pub(super) place: Option<Place>,
}

/// What is known of a fact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Known,
    Unset,
    Unknown,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            State::Known => "known",
            State::Unset => "unset",
            State::Unknown => "unknown",
        }
    }
}

impl Line {
    /// The value as people read it.
    pub(super) fn text(&self) -> String {
        match self.state {
            State::Known => self.value.clone(),
            State::Unset => "not set".to_owned(),
            State::Unknown => format!("unknown ({})", self.value),
        }
    }
}

/// A sheet for each store, in the order of their places.
pub(super) fn sheets(run: &Run) -> Vec<Sheet> {
    let parts = Parts::new(&run.model);
    let mut stores: Vec<&Datastore> = run.model.datastores.iter().collect();
    stores.sort_by_key(|store| (store.identity.place, store.identity.address.clone()));
    stores.into_iter().map(|store| sheet(store, &parts)).collect()
}

/// What belongs to a store, by its subject.
struct Parts<'a> {
    endpoints: Grouped<'a, Endpoint>,
    users: Grouped<'a, User>,
    logs: Grouped<'a, LogPipeline>,
    retentions: Grouped<'a, Retention>,
}

type Grouped<'a, T> = rustc_hash::FxHashMap<Name, Vec<&'a T>>;

impl<'a> Parts<'a> {
    fn new(model: &'a Model) -> Parts<'a> {
        Parts {
            endpoints: group(&model.endpoints, |e| &e.identity),
            users: group(&model.users, |u| &u.identity),
            logs: group(&model.logs, |l| &l.identity),
            retentions: group(&model.retentions, |r| &r.identity),
        }
    }
}

fn group<T>(entities: &[T], identity: impl Fn(&T) -> &Identity) -> Grouped<'_, T> {
    let mut groups = Grouped::default();
    for entity in entities {
        groups.entry(identity(entity).subject.clone()).or_insert_with(Vec::new).push(entity);
    }
    groups
}

fn of<'a, T>(groups: &Grouped<'a, T>, store: &Datastore) -> Vec<&'a T> {
    groups.get(&store.identity.subject).cloned().unwrap_or_default()
}

fn sheet(store: &Datastore, parts: &Parts<'_>) -> Sheet {
    let mut lines = vec![
        fact("name", &store.name),
        fact("engine", &store.engine),
        fact("kind", &store.kind),
        fact("managed", &store.managed),
        fact("exists", &store.identity.exists),
    ];
    // That a store exists is worth a line only where it is in doubt.
    lines.retain(|line| line.label != "exists" || line.state == State::Unknown);
    lines.extend(reach("reached by", &store.reach));
    lines.extend(reach("open to", &store.open_to));
    lines.push(fact("asks for", &store.auth));
    lines.extend(of(&parts.endpoints, store).into_iter().map(endpoint));
    lines.extend(of(&parts.users, store).into_iter().map(user));
    lines.push(fact("TLS required", &store.tls_required));
    lines.push(fact("TLS version", &store.tls_version));
    lines.push(fact("encrypted", &store.encrypted_at_rest));
    lines.push(fact("audit log", &store.audit_log));
    lines.extend(of(&parts.logs, store).into_iter().map(log));
    lines.extend(of(&parts.retentions, store).into_iter().map(retention));
    lines.push(fact("backup days", &store.backup_days));
    Sheet {
        title: store.identity.title.to_string(),
        address: store.identity.address.to_string(),
        place: store.identity.place,
        lines,
    }
}

/// A fact by itself, with what it rests on where nobody wrote it.
fn fact<T: IntoValue>(label: &'static str, fact: &Fact<T>) -> Line {
    let place = Some(fact.place());
    match fact {
        Fact::Known(value, origin) => {
            let basis = match &origin.basis {
                Basis::Written => String::new(),
                Basis::Default(see) => format!(" (default: {see})"),
                Basis::Guessed(how) => format!(" (guessed: {how})"),
            };
            let value = format!("{}{basis}", said(&value.value()));
            Line { label, state: State::Known, value, place }
        }
        Fact::Unset(_) => Line { label, state: State::Unset, value: String::new(), place },
        Fact::Unknown(why, _) => {
            Line { label, state: State::Unknown, value: format!("depends on {why}"), place }
        }
    }
}

fn said(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

/// The widest circle, the steps of the way there, and how much wider it may be.
fn reach(label: &'static str, fact: &Fact<Arc<Reach>>) -> Vec<Line> {
    let Some(reach) = fact.known() else {
        return vec![self::fact(label, fact)];
    };
    let known = |value: String, place: Place| Line {
        label,
        state: State::Known,
        value,
        place: Some(place),
    };
    let mut lines = vec![known(people(reach.sure).to_owned(), fact.place())];
    lines.extend(steps(label, &reach.sure_way));
    if reach.likely > reach.sure {
        let guess = reach.guess.as_deref().unwrap_or("a name");
        let value = format!("likely {} (guessed: {guess})", people(reach.likely));
        lines.push(known(value, fact.place()));
        lines.extend(steps(label, &reach.likely_way));
    }
    if reach.may > reach.likely {
        let why = reach.whys.first().map(|(why, _)| format!(" (depends on {why})"));
        let place = reach.whys.first().map_or(fact.place(), |(_, place)| *place);
        let value = format!("perhaps {}{}", people(reach.may), why.unwrap_or_default());
        lines.push(Line { label, state: State::Known, value, place: Some(place) });
        lines.extend(steps(label, &reach.may_way));
    }
    lines
}

fn people(circle: Circle) -> &'static str {
    circle.people()
}

fn steps(label: &'static str, way: &[Evidence]) -> impl Iterator<Item = Line> {
    way.iter().map(move |step| Line {
        label,
        state: State::Known,
        value: format!("- {}", step.say),
        place: Some(step.place),
    })
}

fn endpoint(endpoint: &Endpoint) -> Line {
    let port = word(&endpoint.port);
    let mut value = format!("port {port}");
    add(&mut value, "", &endpoint.protocol);
    add(&mut value, "", &endpoint.role);
    value.push_str(match endpoint.tls.known() {
        Some(true) => ", TLS",
        Some(false) => ", no TLS",
        None => ", TLS unknown",
    });
    add(&mut value, "reached from ", &endpoint.reach);
    known("endpoint", value, &endpoint.identity, &endpoint.port)
}

fn user(user: &User) -> Line {
    let mut value = format!("`{}`", word(&user.name));
    add(&mut value, "asks for ", &user.proof);
    add(&mut value, "from ", &user.reach);
    flag(&mut value, "admin", &user.admin);
    flag(&mut value, "password readable in a file", &user.password_in_clear);
    known("user", value, &user.identity, &user.name)
}

fn log(log: &LogPipeline) -> Line {
    let mut value = word(&log.name);
    add(&mut value, "", &log.source);
    add(&mut value, "records ", &log.content);
    value.push_str(match log.enabled.known() {
        Some(true) => ", on",
        Some(false) => ", off",
        None => ", on or off unknown",
    });
    if let Some(scrubbed) = log.scrubbed.known() {
        value.push_str(if *scrubbed { ", scrubbed" } else { ", not scrubbed" });
    }
    add(&mut value, "level ", &log.level);
    known("records", value, &log.identity, &log.enabled)
}

fn retention(retention: &Retention) -> Line {
    let mut value = word(&retention.name);
    add(&mut value, "", &retention.what);
    add(&mut value, "holds ", &retention.holds);
    match (&retention.days, &retention.forever) {
        (Fact::Known(days, _), _) => {
            let _ = write!(value, ", {days} days");
        }
        (_, Fact::Known(true, _)) => value.push_str(", for ever"),
        (Fact::Unknown(why, _), _) | (_, Fact::Unknown(why, _)) => {
            let _ = write!(value, ", for how long depends on {why}");
        }
        _ => value.push_str(", no limit set"),
    }
    let place =
        if retention.days.is_unset() { retention.forever.place() } else { retention.days.place() };
    Line { label: "keeps", state: State::Known, value, place: Some(place) }
}

fn known<T>(label: &'static str, value: String, identity: &Identity, fact: &Fact<T>) -> Line {
    let place = if fact.is_unset() { identity.place } else { fact.place() };
    Line { label, state: State::Known, value, place: Some(place) }
}

fn word<T: IntoValue>(fact: &Fact<T>) -> String {
    match fact {
        Fact::Known(value, _) => value.value().to_string(),
        Fact::Unset(_) => "not set".to_owned(),
        Fact::Unknown(why, _) => format!("unknown (depends on {why})"),
    }
}

/// Appends a fact that says something; an unset one says nothing here.
fn add<T: IntoValue>(out: &mut String, before: &str, fact: &Fact<T>) {
    if !fact.is_unset() {
        let word = word(fact);
        if !word.is_empty() {
            let _ = write!(out, ", {before}{word}");
        }
    }
}

fn flag(out: &mut String, what: &str, fact: &Fact<bool>) {
    if fact.known() == Some(&true) {
        let _ = write!(out, ", {what}");
    }
}
