//! Reading an image card's page: strictly, and with a place for every mistake.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::{
    Command, DefaultCard, EnvNames, FileCard, ImageCard, KeepCard, LogCard, NoEffectCard, PortCard,
    Style, Unit, normal,
};
use crate::catalog::toml_block;
use crate::expr::{self, Expr, Names};
use crate::model::value::Type;

/// A card as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    engine: String,
    kind: Spanned<String>,
    image: Vec<String>,
    #[serde(default)]
    see: String,
    #[serde(default)]
    well_known: bool,
    handled_by: Option<String>,
    #[serde(default)]
    args: Style,
    #[serde(default)]
    server: Vec<String>,
    #[serde(default)]
    started_by: Vec<String>,
    #[serde(default)]
    told_by: Vec<String>,
    #[serde(default)]
    entrypoint: Vec<String>,
    #[serde(default)]
    short: BTreeMap<String, String>,
    #[serde(default)]
    switches: Vec<String>,
    #[serde(default)]
    args_from: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    env_prefix: Vec<String>,
    #[serde(default)]
    env_dotted: bool,
    #[serde(default)]
    env_by_entrypoint: bool,
    #[serde(default)]
    file: Vec<FileCard>,
    #[serde(default)]
    settings: BTreeMap<String, Defaults>,
    #[serde(default)]
    facts: Facts,
    #[serde(default)]
    passwords: Vec<String>,
    #[serde(default)]
    port: Vec<WrittenPort>,
    #[serde(default)]
    log: Vec<WrittenLog>,
    #[serde(default)]
    keep: Vec<WrittenKeep>,
    #[serde(default)]
    no_effect: Vec<WrittenNoEffect>,
    /// Certificate and key.
    #[serde(default)]
    key_pairs: Vec<(String, String)>,
}

/// One default, or one for each range of versions.
#[derive(Deserialize)]
#[serde(untagged)]
enum Defaults {
    One(DefaultCard),
    Several(Vec<DefaultCard>),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Facts {
    auth: Option<Spanned<String>>,
    bind: Option<Spanned<String>>,
    tls: Option<Spanned<String>>,
    tls_required: Option<Spanned<String>>,
    audit_log: Option<Spanned<String>>,
    encrypted_at_rest: Option<Spanned<String>>,
    node_tls: Option<Spanned<String>>,
    upstream_tls: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenPort {
    port: u16,
    protocol: String,
    #[serde(default = "data")]
    role: Spanned<String>,
    #[serde(default)]
    udp: bool,
    #[serde(default)]
    setting: Vec<String>,
    on: Option<Spanned<String>>,
    tls: Option<Spanned<String>>,
    bind: Option<Spanned<String>>,
    asks: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenLog {
    name: String,
    source: String,
    content: Vec<String>,
    enabled: Option<Spanned<String>>,
    scrubbed: Option<Spanned<String>>,
    level: Option<Spanned<String>>,
    see: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenKeep {
    name: String,
    what: String,
    on: Option<Spanned<String>>,
    #[serde(default)]
    holds: Vec<String>,
    setting: Vec<String>,
    unit: Vec<Unit>,
    #[serde(default)]
    never: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenNoEffect {
    variable: String,
    when: Option<Spanned<String>>,
    because: String,
}

/// What is wrong, and where on the page.
type Problem = (Range<usize>, String);

const KINDS: [&str; 14] = [
    "database",
    "cache",
    "queue",
    "search",
    "vector",
    "object-store",
    "metrics",
    "logs",
    "tracing",
    "coordination",
    "ml",
    "admin-ui",
    "workflow",
    "warehouse",
];
const ROLES: [&str; 6] = ["data", "admin", "data+admin", "cluster", "metrics", "ingest"];

fn data() -> Spanned<String> {
    Spanned::new(0..0, "data+admin".to_owned())
}

impl ImageCard {
    /// Reads a page. The first `toml` block is the card.
    pub(crate) fn parse(key: &str, page: &str) -> Result<ImageCard, Problem> {
        let block =
            toml_block(page).ok_or_else(|| (0..page.len().min(1), "no `toml` block".to_owned()))?;
        let shift = |span: Range<usize>| span.start + block.start..span.end + block.start;
        let written: Written = toml::from_str(&page[block.clone()])
            .map_err(|e| (shift(e.span().unwrap_or(0..0)), e.message().to_owned()))?;
        build(key, written).map_err(|(span, message)| (shift(span), message))
    }
}

fn build(key: &str, card: Written) -> Result<ImageCard, Problem> {
    one_of(&card.kind, &KINDS)?;
    if card.handled_by.is_none() && (card.facts.auth.is_none() || card.facts.bind.is_none()) {
        return Err((card.kind.span(), "a card needs the facts `auth` and `bind`".to_owned()));
    }
    if card.handled_by.is_none() && card.see.is_empty() {
        return Err((card.kind.span(), "a card names its source in `see`".to_owned()));
    }
    let mut settings = BTreeMap::new();
    for (name, defaults) in card.settings {
        let defaults = match defaults {
            Defaults::One(one) => vec![one],
            Defaults::Several(several) => several,
        };
        settings.insert(normal(&name), defaults);
    }
    let names = CardNames { defaults: &settings };
    Ok(ImageCard {
        key: key.to_owned(),
        engine: card.engine,
        kind: card.kind.into_inner(),
        images: card.image,
        well_known: card.well_known,
        handled_by: card.handled_by,
        see: card.see.into(),
        command: Command {
            style: card.args,
            server: card.server,
            entrypoint: card.entrypoint,
            started_by: card.started_by,
            told_by: card.told_by,
            short: card.short,
            switches: card.switches.iter().map(|s| normal(s)).collect(),
            variables: card.args_from,
        },
        env: EnvNames {
            names: card.env,
            prefixes: card.env_prefix,
            dotted: card.env_dotted,
            by_entrypoint: card.env_by_entrypoint,
        },
        files: card.file,
        auth: names.value(card.facts.auth.as_ref())?,
        bind: names.value(card.facts.bind.as_ref())?,
        tls: names.condition(card.facts.tls.as_ref())?,
        tls_required: names.condition(card.facts.tls_required.as_ref())?,
        audit_log: names.condition(card.facts.audit_log.as_ref())?,
        encrypted_at_rest: names.condition(card.facts.encrypted_at_rest.as_ref())?,
        node_tls: names.condition(card.facts.node_tls.as_ref())?,
        upstream_tls: names.condition(card.facts.upstream_tls.as_ref())?,
        key_pairs: card.key_pairs,
        no_effect: card
            .no_effect
            .into_iter()
            .map(|n| no_effect(n, &names))
            .collect::<Result<_, _>>()?,
        passwords: card.passwords,
        ports: card.port.into_iter().map(|p| port(p, &names)).collect::<Result<_, _>>()?,
        logs: card.log.into_iter().map(|l| log(l, &names)).collect::<Result<_, _>>()?,
        keeps: card.keep.into_iter().map(|k| keep(k, &names)).collect::<Result<_, _>>()?,
        settings,
    })
}

fn port(port: WrittenPort, names: &CardNames) -> Result<PortCard, Problem> {
    one_of(&port.role, &ROLES)?;
    Ok(PortCard {
        port: port.port,
        udp: port.udp,
        protocol: port.protocol,
        role: port.role.into_inner(),
        setting: port.setting,
        on: names.condition(port.on.as_ref())?,
        tls: names.condition(port.tls.as_ref())?,
        bind: names.value(port.bind.as_ref())?,
        asks: names.condition(port.asks.as_ref())?,
    })
}

fn log(log: WrittenLog, names: &CardNames) -> Result<LogCard, Problem> {
    Ok(LogCard {
        name: log.name,
        source: log.source,
        content: log.content,
        enabled: names.condition(log.enabled.as_ref())?,
        scrubbed: names.condition(log.scrubbed.as_ref())?,
        level: names.value(log.level.as_ref())?,
        see: log.see.into(),
    })
}

fn keep(keep: WrittenKeep, names: &CardNames) -> Result<KeepCard, Problem> {
    Ok(KeepCard {
        name: keep.name,
        what: keep.what,
        on: names.condition(keep.on.as_ref())?,
        holds: keep.holds,
        setting: keep.setting,
        unit: keep.unit,
        never: keep.never,
    })
}

fn no_effect(written: WrittenNoEffect, names: &CardNames) -> Result<NoEffectCard, Problem> {
    Ok(NoEffectCard {
        variable: written.variable,
        when: names.condition(written.when.as_ref())?,
        because: written.because,
    })
}

fn one_of(word: &Spanned<String>, words: &[&str]) -> Result<(), Problem> {
    if words.contains(&word.get_ref().as_str()) {
        return Ok(());
    }
    Err((word.span(), format!("`{}` is none of {}", word.get_ref(), words.join(", "))))
}

/// The names that conditions of image cards may use.
///
/// - `set.NAME`: a setting's effective value; may be unset unless the card gives a default
/// - `env.NAME`: a variable
/// - `filled.set.NAME`, `filled.env.NAME`: whether it is there and not empty
/// - `secret.set.NAME`, `secret.env.NAME`: whether a secret store has it, and so no public default
/// - `image.tag`
/// - `image.major`, `image.minor`: the version in the tag
/// - `started.WORD`: whether the word stands on the command line, in its normal form
/// - `run.entrypoint`: whether the image's start script sets the server up
/// - `unknown`: what these files do not tell
struct CardNames<'a> {
    defaults: &'a BTreeMap<String, Vec<DefaultCard>>,
}

impl CardNames<'_> {
    fn value(&self, text: Option<&Spanned<String>>) -> Result<Option<Expr>, Problem> {
        compiled(text, |text| expr::compile(text, self))
    }

    fn condition(&self, text: Option<&Spanned<String>>) -> Result<Option<Expr>, Problem> {
        compiled(text, |text| expr::condition(text, self, None))
    }
}

fn compiled(
    text: Option<&Spanned<String>>,
    compile: impl Fn(&str) -> Result<Expr, expr::ExprError>,
) -> Result<Option<Expr>, Problem> {
    let Some(text) = text else { return Ok(None) };
    compile(text.get_ref()).map(Some).map_err(|e| (text.span(), e.message))
}

impl Names for CardNames<'_> {
    fn kind(&self, path: &[&str]) -> Option<(Type, bool)> {
        match path {
            // Every version has the default only if nothing bounds it.
            ["set", name] => {
                let defaults = self.defaults.get(&normal(name));
                let always = defaults
                    .is_some_and(|d| d.iter().any(|d| d.from.is_none() && d.below.is_none()));
                Some((Type::Any, !always))
            }
            ["env", _] => Some((Type::Any, true)),
            ["image", "tag"] => Some((Type::Text, true)),
            ["filled" | "secret", "set" | "env", _] | ["started", _] | ["run", "entrypoint"] => {
                Some((Type::Bool, false))
            }
            ["image", "major" | "minor"] => Some((Type::Int, false)),
            ["unknown"] => Some((Type::Any, false)),
            _ => None,
        }
    }

    fn all(&self) -> Vec<String> {
        let fixed = ["run.entrypoint", "image.tag", "image.major", "image.minor", "unknown"];
        fixed.map(str::to_owned).to_vec()
    }
}
