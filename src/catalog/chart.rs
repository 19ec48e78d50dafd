//! Cards of Helm charts: what a chart makes of its values, as far as that decides who reaches a
//! store, what it asks and what it keeps.
//!
//! A card is no renderer. It names the workloads, Services, Ingresses and policies of a chart and
//! the values that fill them, and the defaults of those values with their source.

mod page;

use serde::Deserialize;

use crate::expr::Expr;
use crate::model::fact::Name;

/// What is known of one chart.
#[derive(Default, Debug)]
pub(crate) struct ChartCard {
    /// Names of the chart.
    pub(crate) charts: Vec<String>,
    /// Words of which one stands in the address of the chart's repository. More than one publisher
    /// may use a name.
    pub(crate) from: Vec<String>,
    /// The source of the defaults.
    pub(crate) see: Name,
    /// Defaults by the value's path.
    pub(crate) defaults: Vec<(Vec<String>, Literal)>,
    pub(crate) workloads: Vec<WorkloadCard>,
    pub(crate) services: Vec<ServiceCard>,
    pub(crate) ingresses: Vec<IngressCard>,
    pub(crate) policies: Vec<PolicyCard>,
    /// Custom resources of an operator.
    pub(crate) resources: Vec<ResourceCard>,
    /// Charts that this one depends on.
    pub(crate) parts: Vec<PartCard>,
}

/// A default as TOML writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Literal {
    Bool(bool),
    Int(i64),
    Text(String),
    Texts(Vec<String>),
}

/// Something that makes pods.
#[derive(Debug)]
pub(crate) struct WorkloadCard {
    /// Stands behind the release's full name.
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) on: Option<Expr>,
    /// The image where the values name none.
    pub(crate) image: String,
    /// Where the image is told: a text, or `registry`, `repository` and `tag`.
    pub(crate) image_at: Vec<String>,
    /// Where its tag is told, if not beside the image.
    pub(crate) tag_at: Vec<String>,
    /// The card says everything in the words of this image, whatever build of the product the
    /// values name.
    pub(crate) fixed_image: bool,
    /// The label `app.kubernetes.io/component`.
    pub(crate) component: Option<String>,
    pub(crate) env: Vec<EnvCard>,
    /// Lists of variables, or maps of them.
    pub(crate) env_at: Vec<Vec<String>>,
    /// Names of Secrets and ConfigMaps that hold variables.
    pub(crate) env_from_secret: Vec<Vec<String>>,
    pub(crate) env_from_config: Vec<Vec<String>>,
    pub(crate) command: Vec<String>,
    pub(crate) command_at: Vec<String>,
    pub(crate) args: Vec<ArgCard>,
    pub(crate) args_at: Vec<Vec<String>>,
    pub(crate) host_network_at: Vec<String>,
    pub(crate) files: Vec<FileCard>,
}

/// A variable of the container.
#[derive(Debug)]
pub(crate) struct EnvCard {
    pub(crate) name: String,
    pub(crate) when: Option<Expr>,
    /// Its value, if that is always the same.
    pub(crate) value: Option<String>,
    /// Values that it is taken from, the one that wins first.
    pub(crate) at: Vec<Vec<String>>,
    /// It comes from a Secret where the values do not write it.
    pub(crate) secret: bool,
    /// It is a key or password: whoever leaves it to a tool to fill in fills it in.
    pub(crate) key: bool,
}

#[derive(Debug)]
pub(crate) struct ArgCard {
    pub(crate) value: String,
    pub(crate) when: Option<Expr>,
}

/// A file of the container that the values write.
#[derive(Debug)]
pub(crate) struct FileCard {
    pub(crate) path: String,
    pub(crate) when: Option<Expr>,
    /// The value that holds it: a text, or a map that is written down as YAML.
    pub(crate) at: Vec<String>,
    /// Its text, with `${a.b}` for values.
    pub(crate) text: Option<String>,
    /// How a map is written down.
    pub(crate) written: Style,
    /// The value is a map of file names and texts, and `path` their folder.
    pub(crate) folder: bool,
    /// The value names a ConfigMap or Secret that holds the files.
    pub(crate) config_map: bool,
}

/// How a map becomes the text of a file.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Style {
    #[default]
    Yaml,
    /// Sections of `name = value`.
    Ini,
}

#[derive(Debug)]
pub(crate) struct ServiceCard {
    pub(crate) name: String,
    /// Which workload it leads to.
    pub(crate) workload: String,
    pub(crate) on: Option<Expr>,
    /// Where its values stand: `type`, `annotations`, `loadBalancerSourceRanges`, …
    pub(crate) at: Vec<String>,
    /// Its type where the values name none.
    pub(crate) kind: String,
    pub(crate) type_at: Option<Vec<String>>,
    /// Where its annotations stand, if not among its other values.
    pub(crate) annotations_at: Option<Vec<String>>,
    pub(crate) ports: Vec<PortCard>,
}

#[derive(Debug)]
pub(crate) struct PortCard {
    pub(crate) name: Option<String>,
    pub(crate) port: u16,
    pub(crate) target: Option<u16>,
    /// The value that moves the Service's port.
    pub(crate) at: Option<Vec<String>>,
    pub(crate) on: Option<Expr>,
}

#[derive(Debug)]
pub(crate) struct IngressCard {
    pub(crate) name: String,
    pub(crate) at: Vec<String>,
    pub(crate) on: Option<Expr>,
    pub(crate) service: String,
    pub(crate) port: u16,
}

/// A network policy for a workload's pods.
#[derive(Debug)]
pub(crate) struct PolicyCard {
    pub(crate) workload: String,
    pub(crate) at: Vec<String>,
    pub(crate) on: Expr,
    /// Whether it admits everybody.
    pub(crate) external: Option<Expr>,
    pub(crate) ports: Vec<u16>,
}

/// A custom resource whose fields the values give.
#[derive(Debug)]
pub(crate) struct ResourceCard {
    pub(crate) api: String,
    pub(crate) kind: String,
    pub(crate) on: Option<Expr>,
    /// Fields of `spec`, each with the path of its value.
    pub(crate) fields: Vec<(String, Vec<String>)>,
}

/// A chart that comes with this one.
#[derive(Debug)]
pub(crate) struct PartCard {
    pub(crate) chart: String,
    pub(crate) from: String,
    pub(crate) at: String,
    pub(crate) on: Option<Expr>,
}

/// `auth.enabled` as a path; `\.` is a dot within a part.
pub(crate) fn split(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match (c, parts.last_mut()) {
            ('\\', Some(last)) => last.extend(chars.next()),
            ('.', _) => parts.push(String::new()),
            (c, Some(last)) => last.push(c),
            _ => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}
