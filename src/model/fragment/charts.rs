//! Charts of Helm, before it is worked out what they make.

use super::Address;
use crate::model::fact::{Fact, Name, Why};
use crate::source::Place;
use crate::tree::node::Node;

/// A chart that is installed with values. What it makes is worked out when all files are read.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    pub(crate) name: Name,
    pub(crate) namespace: Fact<Name>,
    pub(crate) chart: ChartRef,
    pub(crate) version: Option<Name>,
    /// The later wins.
    pub(crate) values: Vec<Values>,
    /// The overlay that its object is rendered by, if one is.
    pub(crate) environment: Name,
    /// "`HelmRelease` `cache`", as its object calls itself.
    pub(crate) title: Name,
    /// Where the chart is named: whatever the chart decides is placed here.
    pub(crate) place: Place,
    pub(crate) whole: Place,
    pub(crate) exists: Fact<bool>,
    /// A person or a script installs it; no controller keeps it as it is written.
    pub(crate) by_hand: bool,
}

/// Which chart.
#[derive(Clone, Debug)]
pub(crate) enum ChartRef {
    /// By its name, with the address of its repository or, for want of that, the name.
    Named { name: Name, repository: Option<Name> },
    /// By its name, from a repository that another object describes.
    From { name: Name, source: Address },
    /// An object that stands for the chart itself.
    Source(Address),
    /// A folder of the project.
    Folder(Name),
}

/// One layer of a release's values.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    Tree(Node),
    /// One value by its path, as `--set` writes it.
    Set(Name, Node),
    /// A YAML file of the project.
    File(Name, Place),
    /// A key of a ConfigMap or Secret; with a path it is a single value.
    Bundle {
        address: Address,
        key: Name,
        target: Option<Name>,
        place: Place,
    },
    /// Something that these files do not tell.
    Unknown(Why, Place),
}

/// A `Chart.yaml` of the project.
#[derive(Clone, Debug)]
pub(crate) struct LocalChart {
    /// Its folder, without a slash at the end; empty for the root.
    pub(crate) folder: Name,
    pub(crate) name: Name,
    pub(crate) version: Option<Name>,
    pub(crate) dependencies: Vec<Dependency>,
    /// Made for others to install: it presents itself as such.
    pub(crate) published: bool,
    pub(crate) place: Place,
    pub(crate) whole: Place,
}

/// A chart that a local one brings along.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    pub(crate) name: Name,
    /// The key of its values in those of the parent.
    pub(crate) alias: Name,
    pub(crate) repository: Option<Name>,
    pub(crate) version: Option<Name>,
    /// Paths of values that switch it, the first that is there decides.
    pub(crate) condition: Vec<Name>,
    pub(crate) tags: Vec<Name>,
    pub(crate) place: Place,
}

/// A custom resource as it stands, with the overlay that it is rendered by.
#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) node: Node,
    pub(crate) environment: Name,
}
