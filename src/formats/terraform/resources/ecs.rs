//! Containers of Amazon ECS: services, and the task definitions that they run.

use super::facts::and;
use super::json;
use super::network;
use super::nodes;
use super::security_groups;
use super::world::World;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{
    Address, Container, Env, EnvValue, Fragment, Hop, NodeKind, PortEnd, PortMap, PortPair, Ref,
};

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for service in world.of("aws_ecs_service") {
        lower_service(world, service, out);
    }
}

fn lower_service(world: &World, service: &Resource, out: &mut Fragment) {
    let title = nodes::title("ECS service", service, &["name"]);
    out.nodes.push(nodes::node(service, NodeKind::Pod));
    if let Some(own) = service.body.block("network_configuration") {
        let told = own.bool("assign_public_ip");
        let mut public = told.or_default(false, "provider docs, ecs_service");
        let subnets = network::subnets(world, own, "subnets");
        if let Some(route) = subnets.and_then(|s| network::any_internet_route(world, &s)) {
            public = and(public, route);
        }
        nodes::ways(service, &title, public, "gives its tasks public addresses", out);
        security_groups::attach(world, service, &["network_configuration.security_groups"], out);
    } else {
        out.hops.push(nodes::network_way(&service.address, &title, service.head));
    }
    for entry in service.body.list("load_balancer").items {
        out.hops.extend(behind(service, entry, &title));
    }
    containers(world, service, &title, out);
}

/// From a target group to the container that a `load_balancer` block names.
fn behind(service: &Resource, entry: &Val, title: &Name) -> Option<Hop> {
    let group = entry.target("target_group_arn").known()?.clone();
    let port = entry
        .int("container_port")
        .try_map(|n| u16::try_from(n).map_err(|_| Why::NotUnderstood(format!("port {n}").into())));
    let to = match port {
        Fact::Known(port, _) => PortEnd::Number(port),
        Fact::Unset(_) => PortEnd::Same,
        Fact::Unknown(why, _) => PortEnd::Unknown(why),
    };
    let pair = PortPair { from: None, to, udp: false, place: entry.at };
    let to = Ref::To(service.address.clone());
    let say = format!("{title} stands behind the target group");
    Some(Hop {
        ports: PortMap::Pairs(vec![pair]),
        open: service.exists.clone(),
        ..Hop::new(Ref::To(group), to, entry.at, say)
    })
}

fn containers(world: &World, service: &Resource, title: &Name, out: &mut Fragment) {
    let task = world.named(&service.body, "task_definition", &["aws_ecs_task_definition"]);
    let Some(value) = task.and_then(|t| t.body.get("container_definitions")) else { return };
    match json::read(value) {
        Ok(list) => {
            let found = list.items().items.into_iter();
            out.containers.extend(found.map(|body| container(service, body, title)));
        }
        Err(_) => {
            out.not_understood.push((value.at, "container definitions that are not known".into()));
        }
    }
}

fn container(service: &Resource, body: &Val, title: &Name) -> Container {
    let name = super::facts::word(&body.text("name"), &service.name);
    Container {
        address: Address::new(format!("{}/container/{name}", service.address)),
        title: format!("container `{name}` of {title}").into(),
        name,
        node: service.address.clone(),
        place: body.at,
        whole: body.at,
        exists: service.exists.clone(),
        image: body.text("image"),
        command: words(body, "entryPoint"),
        args: words(body, "command"),
        env: variables(body),
        env_from: Vec::new(),
        ports: Vec::new(),
        mounts: Vec::new(),
    }
}

fn words(body: &Val, key: &str) -> Fact<Vec<Fact<Name>>> {
    let list = body.list(key);
    match list.more {
        Some((why, at)) => Fact::Unknown(why, at),
        None if list.items.is_empty() => Fact::Unset(body.at),
        None => Fact::written(list.items.iter().map(|i| i.as_text()).collect(), list.items[0].at),
    }
}

/// Plain variables, and those whose value comes from a secret store.
fn variables(body: &Val) -> Vec<Env> {
    let mut out = Vec::new();
    for (key, secret) in [("environment", false), ("secrets", true)] {
        for entry in body.list(key).items {
            let Fact::Known(name, _) = entry.text("name") else { continue };
            let value = if secret {
                Fact::Unknown(Why::Environment(name.clone()), entry.at)
            } else {
                entry.text("value")
            };
            out.push(Env { name, value: EnvValue::Fact(value), place: entry.at });
        }
    }
    out
}
