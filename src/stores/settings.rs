//! Stores whose settings a card describes: variables, arguments and configuration files in layers.

mod arguments;
pub(crate) mod client;
mod defects;
mod files;
mod hcl_file;
mod layers;
mod listen;
mod records;
pub(crate) mod words;

use layers::Settings;

use super::{Parts, Program};
use crate::catalog::image::{ImageCard, PortCard};
use crate::catalog::reference::{Match, Reference};
use crate::expr::{Expr, Scope};
use crate::model::fact::{Basis, Fact, Name, Why};
use crate::model::fragment::{EndpointDraft, Login, Store};
use crate::model::net::Addresses;
use crate::model::truth::Answer;
use crate::model::value::Value;

/// The store in a container whose image meets a card.
pub(crate) fn in_container(program: &Program, card: &ImageCard) -> Parts {
    let started = arguments::started(program);
    let starts = started.starts_one_of(&card.command.started_by);
    if starts.known() == Some(&false) {
        return Parts::default();
    }
    let launch = arguments::launch(program, &card.command);
    let words = launch.words.clone();
    let mut settings = Settings::new(program, card, launch, started);
    // A file may be named in another that is loaded before it.
    for file in &card.files {
        for layer in files::layers(program, file, &words, &settings) {
            settings.push(layer);
        }
    }
    let server = Server { program, card, settings, starts, guess: guess(program, card) };
    Parts {
        stores: vec![server.store()],
        keeps: card.keeps.iter().filter_map(|keep| server.keep(keep)).collect(),
        logs: card.logs.iter().map(|log| server.log(log)).collect(),
        defects: server.defects(),
        ..Parts::default()
    }
}

/// What makes it uncertain that the image is the card's.
fn guess(program: &Program, card: &ImageCard) -> Option<Name> {
    let Fact::Known(image, origin) = &program.container.image else { return None };
    if let Basis::Guessed(how) = &origin.basis {
        return Some(how.clone());
    }
    match Reference::parse(image).among(&card.images) {
        Some((Match::Same, _)) => None,
        None => Some(format!("the container starts {}, as its command says", card.engine).into()),
        _ => Some(format!("image `{image}` is {}, as its name says", card.engine).into()),
    }
}

/// A server as its container sets it up.
struct Server<'a> {
    program: &'a Program<'a>,
    card: &'a ImageCard,
    settings: Settings<'a>,
    /// Whether the container starts this program at all.
    starts: Fact<bool>,
    guess: Option<Name>,
}

impl Server<'_> {
    fn store(&self) -> Store {
        let container = self.program.container;
        let place = self.settings.place();
        let auth = self.auth();
        Store {
            engine: self.by_image(self.card.engine.as_str().into()),
            kind: self.card.kind.as_str().into(),
            whole: container.whole,
            exists: self.exists(),
            node: container.node.clone(),
            endpoints: self.card.ports.iter().filter_map(|port| self.endpoint(port)).collect(),
            logins: vec![Login {
                name: "*".into(),
                password_in_clear: self.password_in_clear(&auth),
                networks: self.by_image(Addresses::all()),
                admin: self.by_image(true),
                rights: Fact::Unset(auth.place()),
                place: auth.place(),
                whole: container.whole,
                proof: auth,
            }],
            audit_log: self.flag(self.card.audit_log.as_ref()),
            tls_required: self.flag(self.card.tls_required.as_ref()),
            encrypted_at_rest: self.flag(self.card.encrypted_at_rest.as_ref()),
            node_tls: self.flag(self.card.node_tls.as_ref()),
            upstream_tls: self.flag(self.card.upstream_tls.as_ref()),
            ..Store::new(
                container.address.clone(),
                container.name.clone(),
                container.title.clone(),
                place,
            )
        }
    }

    /// Whether there is such a server: the container, and in it this program.
    fn exists(&self) -> Fact<bool> {
        match &self.starts {
            Fact::Unknown(..) => self.starts.clone(),
            _ => self.program.container.exists.clone(),
        }
    }

    /// Something that the card says of the image itself.
    fn by_image<T>(&self, value: T) -> Fact<T> {
        self.judged(Fact::default(value, self.card.see.clone(), self.settings.place()))
    }

    /// What rests on the image being the card's is as sure as that.
    fn judged<T>(&self, fact: Fact<T>) -> Fact<T> {
        let Fact::Known(value, mut origin) = fact else { return fact };
        match (&origin.basis, &self.guess) {
            (Basis::Default(_), Some(guess)) => origin.basis = Basis::Guessed(guess.clone()),
            (Basis::Default(see), None) if see.is_empty() => {
                origin.basis = Basis::Default(self.card.see.clone());
            }
            _ => {}
        }
        Fact::Known(value, origin)
    }

    fn eval(&self, expr: Option<&Expr>) -> Fact<Value> {
        match expr {
            Some(expr) => self.judged(expr.eval(&self.settings)),
            None => Fact::Unset(self.settings.place()),
        }
    }

    fn text(&self, expr: Option<&Expr>) -> Fact<Name> {
        self.eval(expr).try_map(|value| match value {
            Value::Text(text) => Ok(text),
            Value::Secret => Err(Why::Environment("a secret".into())),
            other => Ok(other.to_string().into()),
        })
    }

    fn flag(&self, expr: Option<&Expr>) -> Fact<bool> {
        let Some(expr) = expr else { return Fact::Unset(self.settings.place()) };
        let truth = expr.truth(&self.settings);
        if let (Answer::Unknown, Some((why, place))) = (truth.answer, truth.whys.first()) {
            return Fact::Unknown(why.clone(), *place);
        }
        // A bare path evaluates to its own text (`'true'`); the answer is what is wanted.
        self.eval(Some(expr)).map(|_| truth.is_yes())
    }

    fn auth(&self) -> Fact<Name> {
        match self.text(self.card.auth.as_ref()) {
            Fact::Unset(at) => Fact::Unknown(Why::NoDefault("what it asks of clients".into()), at),
            auth => auth,
        }
    }

    /// Whether a password that decides stands in a file of the project.
    fn password_in_clear(&self, auth: &Fact<Name>) -> Fact<bool> {
        let no = self.by_image(false);
        if auth.known().is_some_and(|a| !matches!(&**a, "password" | "default-password")) {
            return no;
        }
        let mut unknown = None;
        for path in &self.card.passwords {
            let path: Vec<&str> = path.split('.').collect();
            match self.settings.get(&path) {
                Fact::Known(Value::Text(text), origin) if !text.is_empty() => {
                    return Fact::Known(origin.basis == Basis::Written, origin);
                }
                Fact::Unknown(why, place) => unknown = Some(Fact::Unknown(why, place)),
                _ => {}
            }
        }
        unknown.unwrap_or(no)
    }

    fn endpoint(&self, card: &PortCard) -> Option<EndpointDraft> {
        let on = match &card.on {
            Some(on) => self.flag(Some(on)),
            None => self.by_image(true),
        };
        let port = match on {
            Fact::Known(false, _) => return None,
            // It may answer there; derive says "possible".
            Fact::Unknown(why, place) => Fact::Unknown(why, place),
            _ => self.port(card),
        };
        // Redis and others take 0 for "not at all".
        if port.known() == Some(&0) {
            return None;
        }
        let tls = card.tls.as_ref().or(self.card.tls.as_ref());
        let bind = card.bind.as_ref().or(self.card.bind.as_ref());
        let asks = match &card.asks {
            Some(asks) => self.flag(Some(asks)),
            // Cluster and metrics ports trust everybody unless the card says otherwise.
            None => self.by_image(!matches!(card.role.as_str(), "cluster" | "metrics")),
        };
        Some(EndpointDraft {
            place: port.place(),
            port,
            udp: card.udp,
            protocol: card.protocol.as_str().into(),
            role: card.role.as_str().into(),
            tls: match self.flag(tls) {
                Fact::Unset(at) => Fact::Unknown(Why::NoDefault("encryption".into()), at),
                tls => tls,
            },
            bind: self.declared(card, Addresses::all(), self.bind(bind)),
            asks,
        })
    }

    /// Where it listens. A card that says `unknown` has not said "everywhere".
    fn bind(&self, says: Option<&Expr>) -> Fact<Addresses> {
        let addresses = self.text(says).try_map(|text| listen::addresses(&text));
        match (addresses, says) {
            (Fact::Unset(at), Some(_)) => {
                Fact::Unknown(Why::NoDefault("where it listens".into()), at)
            }
            (addresses, _) => addresses,
        }
    }

    fn port(&self, card: &PortCard) -> Fact<u16> {
        let settings = card.setting.iter().map(|name| self.settings.setting(name));
        let Some(moved) = settings.into_iter().find(|fact| !fact.is_unset()) else {
            return self.by_image(card.port);
        };
        let port = self.judged(moved).try_map(|value| listen::port(&value.to_string()));
        self.declared(card, card.port, port.map(|port| port.unwrap_or(card.port)))
    }

    /// Where files do not tell, a container that declares the usual port means to answer there.
    fn declared<T>(&self, card: &PortCard, usual: T, fact: Fact<T>) -> Fact<T> {
        let declared = self.program.container.ports.iter().find(|(p, _, _)| *p == card.port);
        match (&fact, declared) {
            (Fact::Unknown(..), Some((port, _, place))) => {
                Fact::guessed(usual, format!("the container declares port {port}"), *place)
            }
            _ => fact,
        }
    }
}

#[cfg(test)]
mod tests;
