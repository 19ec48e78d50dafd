//! The things that rules ask about, each declared once.
//!
//! The [`concept!`] macro gives the struct of facts, the schema that conditions are checked
//! against, and the access by name that the engine uses. A new fact is one line here and one
//! where `derive` fills it.

use std::sync::Arc;

use super::fact::{Fact, Name};
use super::reach::Reach;
use super::value::{IntoValue, Type, Value};
use crate::source::Place;

/// A field of a concept, as rule writers see it.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
    pub(crate) doc: &'static str,
    /// May stay unset when rules ask; everything else unset is unknown.
    pub(crate) optional: bool,
}

/// A concept as conditions are checked against it.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) fields: &'static [Field],
}

impl Schema {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }
}

/// What every entity has, whatever its concept.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Identity {
    /// Stable name: part of the fingerprint, free of lines.
    pub(crate) address: Name,
    /// The store or thing it belongs to; findings about one subject can contain one another.
    pub(crate) subject: Name,
    /// In the user's own words: "`cache` in Deployment `web`".
    pub(crate) title: Name,
    /// Its head, for findings that have no better place.
    pub(crate) place: Place,
    /// Everything of it, for suppressions at the head of a block.
    pub(crate) whole: Place,
    /// Whether it exists at all: a `count` that nobody can tell joins every verdict about it.
    pub(crate) exists: Fact<bool>,
}

/// What the engine sees of an entity.
pub(crate) trait Concept: Sync {
    fn schema(&self) -> &'static Schema;
    fn identity(&self) -> &Identity;
    /// The fact of a field; `None` for a name that the schema does not have.
    fn fact(&self, field: &str) -> Option<Fact<Value>>;
}

macro_rules! concept {
    ($(#[doc = $doc:literal])+ $name:ident {
        $($(#[doc = $fdoc:literal])+ $field:ident : $ty:ty $(= $optional:ident)? ,)+
    }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub(crate) struct $name {
            pub(crate) identity: Identity,
            $($(#[doc = $fdoc])+ pub(crate) $field: Fact<$ty>,)+
        }

        impl $name {
            pub(crate) const SCHEMA: Schema = Schema {
                name: stringify!($name),
                doc: concat!($($doc),+),
                fields: &[$(Field {
                    name: stringify!($field),
                    kind: <$ty as IntoValue>::TYPE,
                    doc: concat!($($fdoc),+),
                    optional: concept!(@optional $($optional)?),
                },)+],
            };

            /// With every fact unset, to be filled in by `derive`.
            pub(crate) fn new(identity: Identity) -> $name {
                let at = identity.place;
                $name { identity, $($field: Fact::Unset(at),)+ }
            }
        }

        impl Concept for $name {
            fn schema(&self) -> &'static Schema {
                &$name::SCHEMA
            }

            fn identity(&self) -> &Identity {
                &self.identity
            }

            fn fact(&self, field: &str) -> Option<Fact<Value>> {
                match field {
                    $(stringify!($field) => Some(self.$field.as_ref().map(IntoValue::value)),)+
                    _ => None,
                }
            }
        }
    };
    (@optional) => { false };
    (@optional optional) => { true };
}

concept! {
    /// A program or service that keeps data and answers questions about it.
    Datastore {
        /// What it is called: the container, the resource.
        name: Name,
        /// `clickhouse`, `postgresql`, `redis`, `mongodb`, `elasticsearch`, `s3`, …
        engine: Name,
        /// `database`, `cache`, `queue`, `search`, `vector`, `object-store`, `logs`, `ml`, `admin-ui`, …
        kind: Name,
        /// The weakest thing a client has to show: `none`, `default-password`, `password`, `certificate`, `iam`, `external`.
        auth: Name,
        /// The widest circle that can open a connection.
        reach: Arc<Reach>,
        /// The widest circle that gets in without proof.
        open_to: Arc<Reach>,
        /// What an account that asks for no proof may do: `nothing`, `some`, `website`, `read`, `data`, `most`, `write`, `admin`.
        open_rights: Name = optional,
        /// Every address of its host leads to it, in whatever network the host stands.
        on_every_address: bool,
        /// Run by a cloud as a service.
        managed: bool,
        /// Whether what is on its disks is encrypted.
        encrypted_at_rest: bool = optional,
        /// Whether it writes down who asked what.
        audit_log: bool = optional,
        /// Whether it hands out any log of its own.
        product_log: bool = optional,
        /// For how many days backups are kept; 0 means none.
        backup_days: i64 = optional,
        /// A switch gives it an address on the internet, whatever its packet filters say.
        public_switch: bool = optional,
        /// A switch that would keep the public out is off or missing (S3's public access block).
        guard_off: bool = optional,
        /// Its filter admits whatever runs in the same cloud, whoever pays for it.
        tenants_admitted: bool = optional,
        /// Whether it refuses connections without TLS.
        tls_required: bool = optional,
        /// Whether its own machines encrypt what they tell one another.
        node_tls: bool = optional,
        /// Whether it encrypts what it tells the store behind it, and checks whom it tells.
        upstream_tls: bool = optional,
        /// Whether a private network, or a list of networks, stands between it and everybody.
        set_apart: bool = optional,
        /// Whether it knows who asks and keeps clients from one another's data.
        tells_clients_apart: bool = optional,
        /// The oldest TLS version it speaks: `1.0`, `1.1`, `1.2`, `1.3`.
        tls_version: Name = optional,
    }
}

concept! {
    /// A port on which a datastore answers.
    Endpoint {
        /// The store's engine.
        engine: Name,
        /// The store's name.
        store: Name,
        /// Port number.
        port: i64,
        /// What is spoken: `http`, `native`, `redis`, `postgresql`, …
        protocol: Name,
        /// Whether the connection is encrypted.
        tls: bool,
        /// The widest circle that can open a connection.
        reach: Arc<Reach>,
        /// The widest circle whose way there is not encrypted by something in front of it.
        in_clear: Arc<Reach>,
        /// `data`, `admin`, `data+admin`, `cluster`, `metrics`, `ingest`.
        role: Name,
    }
}

concept! {
    /// An account of a datastore.
    User {
        /// The account's name; `*` for stores that know no accounts.
        name: Name,
        /// The store's engine.
        engine: Name,
        /// The store's name.
        store: Name,
        /// What it asks: `none`, `default-password`, `password`, `certificate`, `iam`, `external`.
        proof: Name,
        /// The widest circle that may use it.
        reach: Arc<Reach>,
        /// Whether clients may come from anywhere, as far as the account and its server tell.
        from_anywhere: bool,
        /// Whether its password stands readable in a file.
        password_in_clear: bool,
        /// Whether it may change users and settings.
        admin: bool,
    }
}

concept! {
    /// A log that somebody writes: a server's text log, a log table, a log group, a pipeline.
    LogPipeline {
        /// What it is called.
        name: Name,
        /// `query-log`, `server-log`, `audit-log`, `access-log`, `log-group`, `pipeline`, …
        source: Name,
        /// The engine or product that writes it.
        engine: Name,
        /// What it records: `queries`, `statements`, `requests`, `prompts`, `general`.
        content: Vec<Fact<Name>>,
        /// Whether it is written at all.
        enabled: bool,
        /// Whether secrets are removed before anything is stored.
        scrubbed: bool,
        /// The log level in the product's own word, lower case.
        level: Name = optional,
    }
}

concept! {
    /// How long something is kept.
    Retention {
        /// What it is called.
        name: Name,
        /// `table`, `log-table`, `system-log`, `log-group`, `bucket`, `backup`, `stream`, …
        what: Name,
        /// The engine or product that keeps it.
        engine: Name,
        /// What it holds, as far as names tell: `logs`, `prompts`, `personal`, `secrets`, `data`.
        holds: Vec<Fact<Name>>,
        /// Days until it is deleted.
        days: i64 = optional,
        /// Nothing ever deletes it.
        forever: bool,
    }
}

concept! {
    /// A packet filter that opens a datastore's well-known port, seen without what stands behind.
    Opening {
        /// The filter's name.
        name: Name,
        /// The first well-known port that is opened.
        port: i64,
        /// The engine that is known for that port.
        engine: Name,
        /// The widest circle that it admits.
        reach: Arc<Reach>,
        /// Whether something in these files stands behind it.
        attached: bool,
        /// Stores stand behind it, and nothing but it would keep the internet from them once they have an address there.
        shielded: bool,
        /// Whether it opens all ports or nearly so.
        every_port: bool,
    }
}

concept! {
    /// A secret that stands in a file.
    Secret {
        /// What holds it: a variable, an attribute, an element.
        name: Name,
        /// `password`, `token`, `key`.
        kind: Name,
        /// What it opens, where that is known.
        engine: Name = optional,
        /// Whether the value itself can be read in the file.
        in_clear: bool,
        /// Whether everybody knows it: a documented default, the user's own name.
        well_known: bool,
    }
}

concept! {
    /// Something wrong with a file itself.
    Defect {
        /// `unparsable`, `no-effect`, `unknown-field`, `unused-suppression`, …
        kind: Name,
        /// What is wrong, in one sentence fragment.
        message: Name,
    }
}

/// Every concept, for the checks of rule cards and the reference page.
pub(crate) const SCHEMAS: &[&Schema] = &[
    &Datastore::SCHEMA,
    &Endpoint::SCHEMA,
    &User::SCHEMA,
    &LogPipeline::SCHEMA,
    &Retention::SCHEMA,
    &Opening::SCHEMA,
    &Secret::SCHEMA,
    &Defect::SCHEMA,
];

/// Everything that rules can ask about, in the order in which it was derived. Immutable.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) datastores: Vec<Datastore>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) users: Vec<User>,
    pub(crate) logs: Vec<LogPipeline>,
    pub(crate) retentions: Vec<Retention>,
    pub(crate) openings: Vec<Opening>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) defects: Vec<Defect>,
    /// Overlays; what several of them render is one fault of its file.
    pub(crate) environments: Vec<super::fragment::Environment>,
}

impl Model {
    /// The entities of a concept, by its name.
    pub(crate) fn of(&self, concept: &str) -> Vec<&dyn Concept> {
        fn each<T: Concept>(entities: &[T]) -> Vec<&dyn Concept> {
            entities.iter().map(|e| e as &dyn Concept).collect()
        }
        match concept {
            "Datastore" => each(&self.datastores),
            "Endpoint" => each(&self.endpoints),
            "User" => each(&self.users),
            "LogPipeline" => each(&self.logs),
            "Retention" => each(&self.retentions),
            "Opening" => each(&self.openings),
            "Secret" => each(&self.secrets),
            "Defect" => each(&self.defects),
            _ => Vec::new(),
        }
    }
}
