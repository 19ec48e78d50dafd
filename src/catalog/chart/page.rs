//! A chart's page as it is written, and how it becomes a card.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::{
    ArgCard, ChartCard, EnvCard, FileCard, IngressCard, Literal, PartCard, PolicyCard, PortCard,
    ResourceCard, ServiceCard, Style, WorkloadCard, split,
};
use crate::catalog::toml_block;
use crate::expr::{self, Expr, Names};
use crate::model::value::Type;

/// A card as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    chart: Spanned<Vec<String>>,
    #[serde(default)]
    from: Vec<String>,
    see: String,
    #[serde(default)]
    defaults: std::collections::BTreeMap<String, Literal>,
    #[serde(default)]
    workload: Vec<WrittenWorkload>,
    #[serde(default)]
    service: Vec<WrittenService>,
    #[serde(default)]
    ingress: Vec<WrittenIngress>,
    #[serde(default)]
    policy: Vec<WrittenPolicy>,
    #[serde(default)]
    resource: Vec<WrittenResource>,
    #[serde(default)]
    part: Vec<WrittenPart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenWorkload {
    #[serde(default)]
    name: String,
    #[serde(default = "stateful_set")]
    kind: String,
    on: Option<Spanned<String>>,
    image: String,
    #[serde(default = "image")]
    image_at: String,
    #[serde(default)]
    tag_at: String,
    #[serde(default)]
    fixed_image: bool,
    component: Option<String>,
    #[serde(default)]
    env: Vec<WrittenEnv>,
    #[serde(default)]
    env_at: Vec<String>,
    #[serde(default)]
    env_from_secret: Vec<String>,
    #[serde(default)]
    env_from_config: Vec<String>,
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    command_at: String,
    #[serde(default)]
    args: Vec<WrittenArg>,
    #[serde(default)]
    args_at: Vec<String>,
    #[serde(default = "host_network")]
    host_network_at: String,
    #[serde(default)]
    file: Vec<WrittenFile>,
}

fn stateful_set() -> String {
    "StatefulSet".to_owned()
}

fn image() -> String {
    "image".to_owned()
}

fn host_network() -> String {
    "hostNetwork".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenEnv {
    name: String,
    when: Option<Spanned<String>>,
    value: Option<String>,
    #[serde(default)]
    at: Vec<String>,
    #[serde(default)]
    secret: bool,
    #[serde(default)]
    key: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenArg {
    value: String,
    when: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenFile {
    path: String,
    when: Option<Spanned<String>>,
    #[serde(default)]
    at: String,
    text: Option<String>,
    #[serde(default)]
    written: Style,
    #[serde(default)]
    folder: bool,
    #[serde(default)]
    config_map: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenService {
    #[serde(default)]
    name: String,
    #[serde(default)]
    workload: String,
    on: Option<Spanned<String>>,
    #[serde(default = "service")]
    at: String,
    #[serde(default = "cluster_ip", rename = "type")]
    kind: String,
    type_at: Option<String>,
    annotations_at: Option<String>,
    ports: Vec<WrittenPort>,
}

fn service() -> String {
    "service".to_owned()
}

fn cluster_ip() -> String {
    "ClusterIP".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenPort {
    name: Option<String>,
    port: u16,
    target: Option<u16>,
    at: Option<String>,
    on: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenIngress {
    #[serde(default)]
    name: String,
    #[serde(default = "ingress")]
    at: String,
    on: Option<Spanned<String>>,
    #[serde(default)]
    service: String,
    port: u16,
}

fn ingress() -> String {
    "ingress".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenPolicy {
    #[serde(default)]
    workload: String,
    #[serde(default = "network_policy")]
    at: String,
    on: Spanned<String>,
    external: Option<Spanned<String>>,
    ports: Vec<u16>,
}

fn network_policy() -> String {
    "networkPolicy".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenResource {
    api: String,
    kind: String,
    on: Option<Spanned<String>>,
    fields: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenPart {
    chart: String,
    #[serde(default)]
    from: String,
    at: String,
    on: Option<Spanned<String>>,
}

/// What is wrong, and where on the page.
type Problem = (Range<usize>, String);

impl ChartCard {
    /// Reads a page. The first `toml` block is the card.
    pub(crate) fn parse(page: &str) -> Result<ChartCard, Problem> {
        let block =
            toml_block(page).ok_or_else(|| (0..page.len().min(1), "no `toml` block".to_owned()))?;
        let shift = |span: Range<usize>| span.start + block.start..span.end + block.start;
        let written: Written = toml::from_str(&page[block.clone()])
            .map_err(|e| (shift(e.span().unwrap_or(0..0)), e.message().to_owned()))?;
        build(written).map_err(|(span, message)| (shift(span), message))
    }
}

fn build(card: Written) -> Result<ChartCard, Problem> {
    let charts_at = card.chart.span();
    let defaults: Vec<(Vec<String>, Literal)> =
        card.defaults.into_iter().map(|(path, value)| (split(&path), value)).collect();
    let names = CardNames { defaults: &defaults };
    let workloads: Vec<WorkloadCard> =
        card.workload.into_iter().map(|w| workload(w, &names)).collect::<Result<_, _>>()?;
    let services: Vec<ServiceCard> =
        card.service.into_iter().map(|s| service_card(s, &names)).collect::<Result<_, _>>()?;
    for service in &services {
        if !workloads.iter().any(|w| w.name == service.workload) {
            let message = format!("no workload is named `{}`", service.workload);
            return Err((charts_at, message));
        }
    }
    let ingresses = card.ingress.into_iter().map(|i| ingress_card(i, &names));
    let policies = card.policy.into_iter().map(|p| policy(p, &names));
    let resources = card.resource.into_iter().map(|r| {
        let on = names.condition(r.on.as_ref())?;
        let fields = r.fields.into_iter().map(|(field, at)| (field, split(&at))).collect();
        Ok(ResourceCard { api: r.api, kind: r.kind, on, fields })
    });
    let parts = card.part.into_iter().map(|p| {
        let on = names.condition(p.on.as_ref())?;
        Ok(PartCard { chart: p.chart, from: p.from, at: p.at, on })
    });
    Ok(ChartCard {
        charts: card.chart.into_inner(),
        from: card.from,
        see: card.see.into(),
        workloads,
        services,
        ingresses: ingresses.collect::<Result<_, _>>()?,
        policies: policies.collect::<Result<_, _>>()?,
        resources: resources.collect::<Result<_, Problem>>()?,
        parts: parts.collect::<Result<_, Problem>>()?,
        defaults,
    })
}

fn paths(list: &[String]) -> Vec<Vec<String>> {
    list.iter().map(|path| split(path)).collect()
}

fn workload(card: WrittenWorkload, names: &CardNames) -> Result<WorkloadCard, Problem> {
    let env = card.env.into_iter().map(|env| {
        let when = names.condition(env.when.as_ref())?;
        let at = paths(&env.at);
        let key = env.key || env.secret;
        Ok(EnvCard { name: env.name, when, value: env.value, at, secret: env.secret, key })
    });
    let args = card
        .args
        .into_iter()
        .map(|arg| Ok(ArgCard { when: names.condition(arg.when.as_ref())?, value: arg.value }));
    let files = card.file.into_iter().map(|file| {
        Ok(FileCard {
            when: names.condition(file.when.as_ref())?,
            path: file.path,
            at: split(&file.at),
            text: file.text,
            written: file.written,
            folder: file.folder,
            config_map: file.config_map,
        })
    });
    Ok(WorkloadCard {
        on: names.condition(card.on.as_ref())?,
        image_at: split(&card.image_at),
        tag_at: split(&card.tag_at),
        fixed_image: card.fixed_image,
        env: env.collect::<Result<_, Problem>>()?,
        env_at: paths(&card.env_at),
        env_from_secret: paths(&card.env_from_secret),
        env_from_config: paths(&card.env_from_config),
        command: card.command,
        command_at: split(&card.command_at),
        args: args.collect::<Result<_, Problem>>()?,
        args_at: paths(&card.args_at),
        host_network_at: split(&card.host_network_at),
        files: files.collect::<Result<_, Problem>>()?,
        name: card.name,
        kind: card.kind,
        image: card.image,
        component: card.component,
    })
}

fn service_card(card: WrittenService, names: &CardNames) -> Result<ServiceCard, Problem> {
    let ports = card.ports.into_iter().map(|port| {
        Ok(PortCard {
            on: names.condition(port.on.as_ref())?,
            name: port.name,
            port: port.port,
            target: port.target,
            at: port.at.as_deref().map(split),
        })
    });
    Ok(ServiceCard {
        on: names.condition(card.on.as_ref())?,
        at: split(&card.at),
        type_at: card.type_at.as_deref().map(split),
        annotations_at: card.annotations_at.as_deref().map(split),
        ports: ports.collect::<Result<_, Problem>>()?,
        name: card.name,
        workload: card.workload,
        kind: card.kind,
    })
}

fn ingress_card(card: WrittenIngress, names: &CardNames) -> Result<IngressCard, Problem> {
    Ok(IngressCard {
        on: names.condition(card.on.as_ref())?,
        at: split(&card.at),
        name: card.name,
        service: card.service,
        port: card.port,
    })
}

fn policy(card: WrittenPolicy, names: &CardNames) -> Result<PolicyCard, Problem> {
    let on = names.condition(Some(&card.on))?;
    Ok(PolicyCard {
        on: on.ok_or_else(|| (card.on.span(), "a policy needs a condition".to_owned()))?,
        external: names.condition(card.external.as_ref())?,
        at: split(&card.at),
        workload: card.workload,
        ports: card.ports,
    })
}

/// The names that conditions of chart cards may use.
///
/// - `on.PATH`: whether a value counts as true for a template: neither absent, empty, zero nor false
/// - `value.PATH`: the value; may be unset unless the card gives a default
/// - `chart.major`: the chart's version
struct CardNames<'a> {
    defaults: &'a [(Vec<String>, Literal)],
}

impl CardNames<'_> {
    fn condition(&self, text: Option<&Spanned<String>>) -> Result<Option<Expr>, Problem> {
        let Some(text) = text else { return Ok(None) };
        let compiled = expr::condition(text.get_ref(), self, None);
        compiled.map(Some).map_err(|e| (text.span(), e.message))
    }
}

impl Names for CardNames<'_> {
    fn kind(&self, path: &[&str]) -> Option<(Type, bool)> {
        match path {
            ["on", _, ..] => Some((Type::Bool, false)),
            ["value", rest @ ..] if !rest.is_empty() => {
                let always = self.defaults.iter().any(|(path, _)| path.iter().eq(rest.iter()));
                Some((Type::Any, !always))
            }
            ["chart", "major"] => Some((Type::Int, false)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_a_card_has_a_place() {
        let page = "# x\n\n```toml\nchart = [\"x\"]\nsee = \"x\"\n[[part]]\nchart = \"y\"\nat = \"y\"\non = \"enabled\"\n```\n";
        let (at, _) = ChartCard::parse(page).expect_err("`enabled` is no name");
        assert_eq!(&page[at], "\"enabled\"");
    }

    #[test]
    fn a_service_leads_to_a_workload_of_the_card() {
        let page = "# x\n\n```toml\nchart = [\"x\"]\nsee = \"x\"\n[[service]]\nworkload = \"y\"\nports = []\n```\n";
        assert!(ChartCard::parse(page).is_err());
    }
}
