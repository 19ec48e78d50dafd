//! Cards of datastore images: which images they are, how the program inside takes its settings,
//! and what follows from them.

mod head;
mod page;

use std::collections::BTreeMap;

pub(super) use head::Head;
use serde::Deserialize;

use crate::expr::Expr;
use crate::model::fact::Name;

/// What is known of one product's image.
#[derive(Debug)]
pub(crate) struct ImageCard {
    /// The page's name: `redis`, `bitnami-redis`.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests name cards by their page"))]
    pub(crate) key: String,
    /// `redis`, `clickhouse`, …: the engine's name in the model.
    pub(crate) engine: String,
    /// `database`, `cache`, …
    pub(crate) kind: String,
    /// Names of the image, without tags.
    pub(crate) images: Vec<String>,
    /// Whether the ports below are known for this engine and no other.
    #[cfg_attr(not(test), expect(dead_code, reason = "its head says so without the card"))]
    pub(crate) well_known: bool,
    /// Code of its own reads this product (`clickhouse`); the card only recognises it.
    pub(crate) handled_by: Option<String>,
    /// The source of what follows from the image itself.
    pub(crate) see: Name,
    pub(crate) command: Command,
    pub(crate) env: EnvNames,
    pub(crate) files: Vec<FileCard>,
    /// Defaults, by the setting's normal name.
    pub(crate) settings: BTreeMap<String, Vec<DefaultCard>>,
    pub(crate) auth: Option<Expr>,
    pub(crate) bind: Option<Expr>,
    pub(crate) tls: Option<Expr>,
    pub(crate) tls_required: Option<Expr>,
    pub(crate) audit_log: Option<Expr>,
    pub(crate) encrypted_at_rest: Option<Expr>,
    pub(crate) node_tls: Option<Expr>,
    pub(crate) upstream_tls: Option<Expr>,
    /// Settings that name a certificate and its key; one without the other is no use.
    pub(crate) key_pairs: Vec<(String, String)>,
    /// Variables that look as if they guarded the server and do not.
    pub(crate) no_effect: Vec<NoEffectCard>,
    /// Settings and variables that hold the password (`set.requirepass`, `env.X`).
    pub(crate) passwords: Vec<String>,
    pub(crate) ports: Vec<PortCard>,
    pub(crate) logs: Vec<LogCard>,
    pub(crate) keeps: Vec<KeepCard>,
}

/// How the program is started and takes options.
#[derive(Default, Debug)]
pub(crate) struct Command {
    pub(crate) style: Style,
    /// The server's programs, without folders.
    pub(crate) server: Vec<String>,
    /// The image's start script, which also knows variables.
    pub(crate) entrypoint: Vec<String>,
    /// Words one of which has to stand on the command line, for images that hold several programs.
    pub(crate) started_by: Vec<String>,
    /// Names of the program that no other has: started from an image that nobody knows, it is most
    /// likely the card's.
    pub(crate) told_by: Vec<String>,
    /// One-letter options and the settings they are.
    pub(crate) short: BTreeMap<String, String>,
    /// Options that take no value.
    pub(crate) switches: Vec<String>,
    /// Variables whose words are appended to the command line.
    pub(crate) variables: Vec<String>,
}

/// The shape of options.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Style {
    /// `--name value` or `--name=value`.
    #[default]
    LongOptions,
    /// `--name value value …`, as Redis reads its command line.
    ManyValues,
    /// `-c name=value` and `--name=value`, as `PostgreSQL`.
    Assignments,
    /// `-Ename=value`, as Elasticsearch.
    Properties,
    /// `-name value` and `--name value`, as Go's flag package.
    GoFlags,
}

/// Variables that the server itself reads as settings.
#[derive(Default, Debug)]
pub(crate) struct EnvNames {
    pub(crate) names: BTreeMap<String, String>,
    /// What stands before a setting's name.
    pub(crate) prefixes: Vec<String>,
    /// A variable with a dot in its name is a setting.
    pub(crate) dotted: bool,
    /// Only the image's start script reads them.
    pub(crate) by_entrypoint: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileCard {
    /// Where the server looks for it, or where the image has its own; `*` within one part.
    #[serde(default)]
    pub(crate) path: Option<String>,
    pub(crate) how: FileStyle,
    pub(crate) loaded: Loaded,
    /// The settings that name the file, for `loaded = "setting"`.
    #[serde(default)]
    pub(crate) setting: Vec<String>,
    /// The only section that counts, for files with sections.
    #[serde(default)]
    pub(crate) section: Vec<String>,
}

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FileStyle {
    /// `name value`, as redis.conf.
    RedisConf,
    /// `name = value`.
    Assignments,
    /// Sections of `name = value`.
    Ini,
    /// Nested or dotted names; JSON is read the same way.
    Yaml,
    /// Elements within elements, below one root.
    Xml,
    /// Blocks and their values in `HashiCorp`'s language, or the same as JSON.
    Hcl,
}

/// When the server reads a file at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Loaded {
    Always,
    /// Its path is the first word of the command line.
    FirstWord,
    /// A setting names it.
    Setting,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefaultCard {
    pub(crate) value: String,
    pub(crate) see: String,
    /// First version that has it: `8.0`.
    #[serde(default)]
    pub(crate) from: Option<Version>,
    /// First version that no longer has it.
    #[serde(default)]
    pub(crate) below: Option<Version>,
}

/// Major and minor version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Version(pub(crate) i64, pub(crate) i64);

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Version, String> {
        let (major, minor) = text.split_once('.').unwrap_or((&text, "0"));
        match (major.parse(), minor.parse()) {
            (Ok(major), Ok(minor)) => Ok(Version(major, minor)),
            _ => Err(format!("`{text}` is no version; write `8.0`")),
        }
    }
}

/// A variable that people set and that the program does not read.
#[derive(Debug)]
pub(crate) struct NoEffectCard {
    pub(crate) variable: String,
    /// Always, where nothing is said.
    pub(crate) when: Option<Expr>,
    /// What it does instead: "the image reads no password from variables".
    pub(crate) because: String,
}

/// A port on which the product answers.
#[derive(Debug)]
pub(crate) struct PortCard {
    pub(crate) port: u16,
    pub(crate) udp: bool,
    pub(crate) protocol: String,
    pub(crate) role: String,
    /// The settings that move it, the one that wins first.
    pub(crate) setting: Vec<String>,
    pub(crate) on: Option<Expr>,
    pub(crate) tls: Option<Expr>,
    pub(crate) bind: Option<Expr>,
    pub(crate) asks: Option<Expr>,
}

/// A log that the product writes.
#[derive(Debug)]
pub(crate) struct LogCard {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) content: Vec<String>,
    /// Always, where nothing is said.
    pub(crate) enabled: Option<Expr>,
    pub(crate) scrubbed: Option<Expr>,
    pub(crate) level: Option<Expr>,
    pub(crate) see: Name,
}

/// Something that the product keeps.
#[derive(Debug)]
pub(crate) struct KeepCard {
    pub(crate) name: String,
    pub(crate) what: String,
    /// Always, where nothing is said.
    pub(crate) on: Option<Expr>,
    pub(crate) holds: Vec<String>,
    /// Settings that bound it, the one that wins first.
    pub(crate) setting: Vec<String>,
    /// What their numbers count, where no unit is written.
    pub(crate) unit: Vec<Unit>,
    /// Values that mean "never deleted".
    pub(crate) never: Vec<String>,
}

/// A span of time that numbers count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unit {
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
    Days,
    /// `15d`, `36h`, `1y`.
    Written,
}

/// The name under which cards speak of a setting: lower case, `_` for anything but letters and
/// digits, one at a time. `xpack.security.enabled` and `XPACK__SECURITY__ENABLED` are the same.
pub(crate) fn normal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.trim_start_matches('-').chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.ends_with('_') {
            out.push('_');
        }
    }
    out
}
