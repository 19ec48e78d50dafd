//! Containers with what they are given, and the texts that are mounted into them.

use std::sync::Arc;

use super::Address;
use crate::model::fact::{Fact, Name};
use crate::source::{Place, Text};
use crate::tree::xml::Element;

/// A container, wherever it is described: a Pod, a Compose service, a task definition, a
/// `docker run` in user data.
#[derive(Clone, Debug)]
pub(crate) struct Container {
    pub(crate) address: Address,
    pub(crate) name: Name,
    /// "container `redis` of Deployment `cache`".
    pub(crate) title: Name,
    /// The node whose ports it answers on.
    pub(crate) node: Address,
    pub(crate) place: Place,
    pub(crate) whole: Place,
    pub(crate) exists: Fact<bool>,
    pub(crate) image: Fact<Name>,
    /// Replaces the image's entry point.
    pub(crate) command: Fact<Vec<Fact<Name>>>,
    pub(crate) args: Fact<Vec<Fact<Name>>>,
    pub(crate) env: Vec<Env>,
    /// Whole bundles of variables; later ones win over earlier ones, `env` over all.
    pub(crate) env_from: Vec<EnvFrom>,
    pub(crate) ports: Vec<(u16, Option<Name>, Place)>,
    pub(crate) mounts: Vec<Mount>,
}

#[derive(Clone, Debug)]
pub(crate) struct Env {
    pub(crate) name: Name,
    pub(crate) value: EnvValue,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) enum EnvValue {
    Fact(Fact<Name>),
    /// A key of a bundle (ConfigMap, Secret, env file).
    Key {
        bundle: Address,
        key: Name,
        secret: bool,
        optional: bool,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct EnvFrom {
    pub(crate) bundle: Address,
    pub(crate) prefix: Name,
    pub(crate) secret: bool,
    pub(crate) place: Place,
}

/// Files put into a container.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    /// Where in the container.
    pub(crate) path: Name,
    pub(crate) source: MountSource,
    /// One entry of the source instead of all.
    pub(crate) sub_path: Option<Name>,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) enum MountSource {
    /// Entries of a bundle; `items` renames some and hides the rest.
    Bundle { address: Address, items: Option<Vec<(Name, Name)>>, secret: bool, optional: bool },
    /// A file or folder of the project, by its path relative to the root.
    Path(Name),
    /// Several sources in one folder (a projected volume).
    Several(Vec<MountSource>),
    /// Empty folders, claims, disks: no file of the project.
    Opaque,
}

/// Named texts that containers take in: a ConfigMap, a Secret, an env file.
#[derive(Clone, Debug)]
pub(crate) struct Bundle {
    pub(crate) address: Address,
    pub(crate) title: Name,
    pub(crate) place: Place,
    pub(crate) secret: bool,
    pub(crate) entries: Vec<BundleEntry>,
}

#[derive(Clone, Debug)]
pub(crate) struct BundleEntry {
    pub(crate) key: Name,
    /// Decoded where it was base64.
    pub(crate) value: Fact<Name>,
    pub(crate) place: Place,
    /// What a front end made of the text, if one claimed it.
    pub(crate) file: Option<ConfigFile>,
}

/// A configuration file of a store, on disk or in a bundle.
#[derive(Clone, Debug)]
pub(crate) struct ConfigFile {
    /// `file:PATH` or `BUNDLE#KEY`.
    pub(crate) address: Address,
    /// Its last path component, as far as that tells the role.
    pub(crate) name: Name,
    pub(crate) place: Place,
    pub(crate) body: ConfigBody,
}

#[derive(Clone, Debug)]
pub(crate) enum ConfigBody {
    /// A ClickHouse configuration, from XML or YAML.
    ClickHouse(Arc<Element>),
    /// SQL statements of ClickHouse, parsed.
    ClickHouseSql(Arc<Vec<crate::tree::sql::Statement>>),
    /// The variables of an env file, with the lines that set them.
    Variables(Arc<Vec<(Name, Fact<Name>, Place)>>),
    /// Anything else that a card's settings may be read from.
    Text(Text),
}

/// A Kubernetes namespace that the project declares, with its labels.
#[derive(Clone, Debug)]
pub(crate) struct NamespaceDraft {
    pub(crate) name: Name,
    pub(crate) labels: Vec<(Name, Fact<Name>)>,
}
