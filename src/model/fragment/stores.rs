//! What is known of a store by the files alone.

use super::Address;
use crate::model::concept::{LogPipeline, Retention};
use crate::model::fact::{Fact, Name};
use crate::model::net::Addresses;
use crate::source::Place;

/// A store that a cloud runs, or that a front end knows for sure.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) address: Address,
    pub(crate) name: Name,
    /// "RDS instance `orders`".
    pub(crate) title: Name,
    pub(crate) engine: Fact<Name>,
    pub(crate) kind: Name,
    pub(crate) managed: bool,
    pub(crate) place: Place,
    pub(crate) whole: Place,
    pub(crate) exists: Fact<bool>,
    /// The node whose ports it answers on.
    pub(crate) node: Address,
    pub(crate) endpoints: Vec<EndpointDraft>,
    /// Who may come in with what. None at all: nobody told, so unknown.
    pub(crate) logins: Vec<Login>,
    pub(crate) encrypted_at_rest: Fact<bool>,
    pub(crate) audit_log: Fact<bool>,
    pub(crate) product_log: Fact<bool>,
    pub(crate) backup_days: Fact<i64>,
    pub(crate) guard_off: Fact<bool>,
    pub(crate) tenants_admitted: Fact<bool>,
    pub(crate) public_switch: Fact<bool>,
    pub(crate) tls_required: Fact<bool>,
    pub(crate) node_tls: Fact<bool>,
    pub(crate) upstream_tls: Fact<bool>,
    /// Whether a private network, or a list of networks, stands between it and everybody.
    pub(crate) set_apart: Fact<bool>,
    /// Whether it knows who asks and keeps clients from one another's data.
    pub(crate) tells_clients_apart: Fact<bool>,
    pub(crate) tls_version: Fact<Name>,
}

impl Store {
    /// A store of which nothing is known but its names.
    pub(crate) fn new(address: Address, name: Name, title: Name, place: Place) -> Store {
        Store {
            node: address.clone(),
            address,
            name,
            title,
            engine: Fact::Unset(place),
            kind: "database".into(),
            managed: false,
            place,
            whole: place,
            exists: Fact::written(true, place),
            endpoints: Vec::new(),
            logins: Vec::new(),
            encrypted_at_rest: Fact::Unset(place),
            audit_log: Fact::Unset(place),
            product_log: Fact::Unset(place),
            backup_days: Fact::Unset(place),
            guard_off: Fact::Unset(place),
            tenants_admitted: Fact::Unset(place),
            public_switch: Fact::Unset(place),
            tls_required: Fact::Unset(place),
            node_tls: Fact::Unset(place),
            upstream_tls: Fact::Unset(place),
            set_apart: Fact::Unset(place),
            tells_clients_apart: Fact::Unset(place),
            tls_version: Fact::Unset(place),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct EndpointDraft {
    pub(crate) port: Fact<u16>,
    pub(crate) udp: bool,
    pub(crate) protocol: Name,
    pub(crate) role: Name,
    pub(crate) tls: Fact<bool>,
    /// The addresses it listens on: `Addresses::all()`, loopback, some.
    pub(crate) bind: Fact<Addresses>,
    /// Whether logins apply here; a metrics or cluster port may ask nothing.
    pub(crate) asks: Fact<bool>,
    pub(crate) place: Place,
}

/// One way to log in.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    /// `*` where the store knows no accounts.
    pub(crate) name: Name,
    /// `none`, `default-password`, `password`, `certificate`, `iam`, `external`.
    pub(crate) proof: Fact<Name>,
    /// Client addresses that the account is for.
    pub(crate) networks: Fact<Addresses>,
    pub(crate) password_in_clear: Fact<bool>,
    pub(crate) admin: Fact<bool>,
    /// What it may do, in the words of `model::rights`.
    pub(crate) rights: Fact<Name>,
    pub(crate) place: Place,
    pub(crate) whole: Place,
}

/// What somebody other than the image decides about the store in a container: an operator that
/// sets the server up. What is unset or empty stays as the image has it.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub(crate) container: Address,
    /// Where it is decided: several files may hold as many versions of a resource.
    pub(crate) whole: Place,
    pub(crate) logins: Vec<Login>,
    pub(crate) endpoints: Vec<EndpointDraft>,
    /// Of every port that serves data.
    pub(crate) tls: Fact<bool>,
    pub(crate) tls_required: Fact<bool>,
    pub(crate) node_tls: Fact<bool>,
    pub(crate) audit_log: Fact<bool>,
    pub(crate) backup_days: Fact<i64>,
    pub(crate) encrypted_at_rest: Fact<bool>,
    pub(crate) tells_clients_apart: Fact<bool>,
}

/// Something kept, before it is known whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Keep {
    /// The store that keeps it, if that is known.
    pub(crate) store: Option<Address>,
    pub(crate) retention: Retention,
}

/// A log, before it is known whose it is.
#[derive(Clone, Debug)]
pub(crate) struct LogDraft {
    pub(crate) store: Option<Address>,
    pub(crate) log: LogPipeline,
}
