//! A server's merged documents as a store with its logs.

use super::super::Parts;
use super::names::Names;
use super::read::Reader;
use super::records;
use super::users::{self, Accounts};
use super::{handlers, listen, masking, server_secrets, startup, transport};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, EndpointDraft, Login, Store};
use crate::model::net::Addresses;
use crate::source::Place;
use crate::tree::xml::Element;

/// A server with the documents that it reads, merged.
pub(crate) struct Built {
    pub(crate) parts: Parts,
    pub(crate) server: Element,
    pub(crate) users: Option<Element>,
}

/// Everything known of one server.
pub(super) struct Server<'a> {
    pub(super) names: Names,
    pub(super) name: Name,
    pub(super) node: Address,
    pub(super) engine: Fact<Name>,
    pub(super) place: Place,
    pub(super) whole: Place,
    pub(super) reader: Reader<'a>,
    /// The server document.
    pub(super) root: &'a Element,
    /// The users document; `None` where nobody wrote or ships one.
    pub(super) users: Option<&'a Element>,
    /// Whether the users document is more than a piece that lies over one which is not here.
    pub(super) users_whole: bool,
    /// Whether its ports and addresses are told.
    pub(super) listens: bool,
    /// Of logs and system tables only what somebody wrote.
    pub(super) only_written: bool,
    /// Files that nobody sees may change the server document.
    pub(super) config_open: Option<(Why, Place)>,
    /// Files that nobody sees may change the users document.
    pub(super) users_open: Option<(Why, Place)>,
}

impl Server<'_> {
    pub(super) fn parts(&self) -> Parts {
        let Accounts { logins, secrets, defects } = match self.users {
            Some(users) => users::accounts(&self.reader, users, &self.names, self.users_whole),
            None => Accounts::default(),
        };
        let mut defects = defects;
        if let Some(users) = self.users {
            defects.extend(users::forbidden(&self.reader, self.root, users, &self.names));
        }
        defects.extend(records::conflicts(&self.reader, self.root, &self.names));
        defects.extend(listen::defects(&self.reader, self.root, &self.names));
        defects.extend(masking::defects(&self.reader, self.root, &self.names));
        defects.extend(transport::trusting_clusters(&self.reader, self.root, &self.names));
        let mut parts = Parts { secrets, defects, ..Parts::default() };
        parts.secrets.extend(server_secrets::secrets(&self.reader, self.root, &self.names));
        parts.secrets.extend(startup::secrets(self.root, &self.names));
        parts.logs = records::logs(&self.reader, self.root, self.users, &self.names);
        parts.keeps = records::keeps(&self.reader, self.root, &self.names);
        if self.only_written {
            let shipped = self.reader.shipped;
            let root = self.root.tag;
            let written = |place: Place| place != shipped && place != root;
            parts.logs.retain(|l| written(l.log.identity.place));
            parts.keeps.retain(|k| written(k.retention.identity.place));
        }
        if self.names.is_store {
            parts.stores.push(self.store(logins));
        }
        parts
    }

    /// `auth_use_forwarded_address`: a client may say itself where it comes from.
    fn doubt_addresses(&self, logins: &mut [Login]) {
        let Some(setting) = self.root.child("auth_use_forwarded_address") else { return };
        if self.reader.bool(setting).known() == Some(&false) {
            return;
        }
        for login in logins {
            if login.networks.known().is_some_and(|n| *n != Addresses::all()) {
                let why = "whether a proxy in front of it tells the true address of a client";
                login.networks = Fact::Unknown(Why::NotHere(why.into()), setting.tag);
            }
        }
    }

    fn store(&self, mut logins: Vec<Login>) -> Store {
        let title = self.names.title.clone();
        let mut store = Store::new(self.names.store.clone(), self.name.clone(), title, self.place);
        if let Some((why, place)) = &self.users_open {
            for login in &mut logins {
                login.proof = Fact::Unknown(why.clone(), *place);
                login.networks = Fact::Unknown(why.clone(), *place);
            }
        }
        if self.listens {
            store.endpoints = listen::endpoints(&self.reader, self.root);
        }
        handlers::open(&self.reader, self.root, &logins, &mut store.endpoints);
        self.doubt_addresses(&mut logins);
        if let Some((why, place)) = &self.config_open {
            for endpoint in &mut store.endpoints {
                endpoint.bind = Fact::Unknown(why.clone(), *place);
            }
        }
        if let Some(place) = transport::wants_certificates(&self.reader, self.root) {
            let why = Why::NotHere("whose certificates the server takes".into());
            for endpoint in store.endpoints.iter_mut().filter(|e| e.tls.known() == Some(&true)) {
                endpoint.bind = Fact::Unknown(why.clone(), place);
            }
        }
        if let Some(required) = tls_required(&store.endpoints) {
            store.tls_required = required;
        }
        if let Some(version) = transport::tls_version(&self.reader, self.root) {
            store.tls_version = version;
        }
        if let Some(checked) = transport::checks_nodes(&self.reader, self.root) {
            store.upstream_tls = checked;
        }
        if let Some(encrypted) = transport::between_nodes(&self.reader, self.root) {
            store.node_tls = encrypted;
        }
        if let Some(encrypted) = transport::at_rest(&self.reader, self.root) {
            store.encrypted_at_rest = encrypted;
        }
        store.audit_log = match self.root.child("query_log") {
            Some(section) => Fact::Known(true, self.reader.origin(section)),
            None if self.listens && !self.only_written => Fact::written(false, self.root.tag),
            None => Fact::Unset(self.place),
        };
        store.engine = self.engine.clone();
        store.whole = self.whole;
        store.exists = self.names.exists.clone();
        store.node = self.node.clone();
        store.logins = logins;
        store
    }
}

/// Whether every port on which data is served is encrypted.
fn tls_required(endpoints: &[EndpointDraft]) -> Option<Fact<bool>> {
    let data = || endpoints.iter().filter(|e| e.role.starts_with("data"));
    let plain = data().find(|e| e.tls.known() != Some(&true));
    plain.or(data().next()).map(|e| e.tls.clone())
}
