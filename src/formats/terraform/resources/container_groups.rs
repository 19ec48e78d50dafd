//! Azure's container groups: containers that share a machine and, unless told otherwise, a public
//! address (provider docs, `container_group`).

use super::nodes;
use super::serverless::words;
use super::world::World;
use crate::formats::terraform::value::{Resource, Val, ValKind};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Address, Container, Env, EnvValue, Fragment, NodeKind, PortEnd, PortMap, PortPair, Ref,
};

const SEE: &str = "provider docs, container_group";

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for group in world.of("azurerm_container_group") {
        lower_group(group, out);
    }
}

fn lower_group(group: &Resource, out: &mut Fragment) {
    let title = nodes::title("container group", group, &["name"]);
    out.nodes.push(nodes::node(group, NodeKind::Pod));
    let kind = group.body.text("ip_address_type").or_default("Public".into(), SEE);
    let open = kind.map(|kind| kind.eq_ignore_ascii_case("Public"));
    let (place, say) = (open.place(), format!("{title} has a public address"));
    let way = nodes::way(Ref::Internet, &group.address, open, place, &say);
    out.hops.push(crate::model::fragment::Hop { ports: PortMap::Pairs(exposed(group)), ..way });
    out.hops.push(nodes::network_way(&group.address, &title, group.head));
    let containers = group.body.list("container").items;
    out.containers.extend(containers.into_iter().map(|body| container(group, body, &title)));
}

/// The group's `exposed_port`s; all ports of its containers where it names none.
fn exposed(group: &Resource) -> Vec<PortPair> {
    let mut ports = group.body.list("exposed_port").items;
    if ports.is_empty() {
        let containers = group.body.list("container").items;
        ports = containers.into_iter().flat_map(|c| c.list("ports").items).collect();
    }
    ports.into_iter().filter_map(pair).collect()
}

fn pair(block: &Val) -> Option<PortPair> {
    let port = u16::try_from(*block.int("port").known()?).ok()?;
    let udp = block.text("protocol").known().is_some_and(|p| p.eq_ignore_ascii_case("udp"));
    Some(PortPair { from: Some((port, port)), to: PortEnd::Number(port), udp, place: block.at })
}

fn container(group: &Resource, body: &Val, title: &Name) -> Container {
    let name = super::facts::word(&body.text("name"), &group.name);
    Container {
        address: Address::new(format!("{}/container/{name}", group.address)),
        title: format!("container `{name}` of {title}").into(),
        name,
        node: group.address.clone(),
        place: body.at,
        whole: body.at,
        exists: group.exists.clone(),
        image: body.text("image"),
        command: words(body, "commands"),
        args: Fact::Unset(body.at),
        env: variables(body),
        env_from: Vec::new(),
        ports: Vec::new(),
        mounts: Vec::new(),
    }
}

/// Plain variables, and secure ones, which nobody can read afterwards.
fn variables(body: &Val) -> Vec<Env> {
    let mut out = Vec::new();
    for (key, secure) in [("environment_variables", false), ("secure_environment_variables", true)]
    {
        let Some(ValKind::Map { entries, .. }) = body.get(key).map(|value| &value.kind) else {
            continue;
        };
        for (name, value) in entries.iter() {
            let told = match value.as_text() {
                Fact::Known(..) if !secure => value.as_text(),
                _ => Fact::Unknown(Why::Environment(name.clone()), value.at),
            };
            out.push(Env { name: name.clone(), value: EnvValue::Fact(told), place: value.at });
        }
    }
    out
}
