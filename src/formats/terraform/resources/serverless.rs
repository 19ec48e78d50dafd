//! Containers that a cloud runs behind an address of its own: Cloud Run, Azure's container apps, App
//! Runner, Lightsail. The cloud ends the clients' TLS and passes on to one port.

use super::facts::{and, any, not};
use super::gcs::everybody;
use super::nodes;
use super::world::World;
use crate::formats::terraform::value::{Resource, Val, ValKind};
use crate::model::fact::{Fact, Name, Origin, Why};
use crate::model::fragment::{
    Address, Container, Env, EnvValue, Fragment, Hop, NodeKind, PortEnd, PortMap, PortPair, Ref,
};

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for service in world.of("google_cloud_run_service") {
        let containers =
            at(&service.body, "template.spec").map(|spec| spec.list("containers").items);
        let notes = at(&service.body, "metadata").and_then(|m| m.get("annotations"));
        let ingress =
            notes.map_or(Fact::Unset(service.head), |n| n.text("run.googleapis.com/ingress"));
        let ingress = ingress.map(|word| &*word == "all");
        let see = "provider source, cloud_run_service: `all` where nothing is written";
        run(world, service, ingress.or_default(true, see), containers.unwrap_or_default(), out);
    }
    for service in world.of("google_cloud_run_v2_service") {
        let containers = at(&service.body, "template").map(|spec| spec.list("containers").items);
        let ingress = service.body.text("ingress").map(|word| &*word == "INGRESS_TRAFFIC_ALL");
        let ingress = match ingress {
            Fact::Unset(at) => Fact::guessed(true, "Cloud Run takes all traffic unless told", at),
            told => told,
        };
        run(world, service, ingress, containers.unwrap_or_default(), out);
    }
    for app in world.of("azurerm_container_app") {
        container_app(world, app, out);
    }
    for service in world.of("aws_apprunner_service") {
        app_runner(service, out);
    }
    for version in world.of("aws_lightsail_container_service_deployment_version") {
        lightsail(version, out);
    }
}

fn at<'v>(body: &'v Val, path: &str) -> Option<&'v Val> {
    path.split('.').try_fold(body, |body, part| body.block(part))
}

/// Who may call a service without an account of Google's (provider docs, `cloud_run_service_iam`).
const CALLERS: [&str; 6] = [
    "google_cloud_run_service_iam_binding",
    "google_cloud_run_service_iam_member",
    "google_cloud_run_service_iam_policy",
    "google_cloud_run_v2_service_iam_binding",
    "google_cloud_run_v2_service_iam_member",
    "google_cloud_run_v2_service_iam_policy",
];

fn run(
    world: &World,
    service: &Resource,
    ingress: Fact<bool>,
    containers: Vec<&Val>,
    out: &mut Fragment,
) {
    let title = nodes::title("Cloud Run service", service, &["name"]);
    let key = if service.kind.contains("v2") { "name" } else { "service" };
    let (grants, open) = world.satellites(&CALLERS, key, service, &["name"]);
    let granted = grants.iter().map(|grant| everybody(world, &grant.body));
    let granted = granted.chain(open.map(|(why, at)| Fact::Unknown(why, at)));
    let unasked = service.body.bool("invoker_iam_disabled");
    let granted = granted.chain((!unasked.is_unset()).then_some(unasked));
    let see = "provider docs, cloud_run_service_iam: callers need a grant";
    let anybody = any(granted, Fact::default(false, see, service.head));
    // Of several containers the one with a port answers.
    let ports = containers.iter().find_map(|c| c.block("ports"));
    let port = ports.map_or(Fact::Unset(service.head), |ports| ports.int("container_port"));
    let port = port.or_default(8080, "provider docs, cloud_run_service: container_port");
    let pairs = pairs(&port, 443);
    let say = format!("{title} lets everybody call it");
    stand(service, and(ingress, anybody), pairs, true, &say, out);
    for body in containers {
        let name = name(&body.text("name"), service);
        let told = Said { name, image: body.text("image"), env: listed(body, "env") };
        out.containers.push(container(service, body, &title, told));
    }
}

fn container_app(world: &World, app: &Resource, out: &mut Fragment) {
    let title = nodes::title("container app", app, &["name"]);
    let ingress = app.body.block("ingress");
    let external = ingress.map_or(Fact::Unset(app.head), |i| i.bool("external_enabled"));
    let mut external = external.or_default(false, "provider docs, container_app");
    let environment = ["azurerm_container_app_environment"];
    if let Some(home) = world.named(&app.body, "container_app_environment_id", &environment) {
        let inside = home.body.bool("internal_load_balancer_enabled");
        external = and(external, not(inside.or_default(false, "provider docs")));
    }
    let target = ingress.map_or(Fact::Unset(app.head), |i| i.int("target_port"));
    let raw = ingress.is_some_and(|i| i.text("transport").known().is_some_and(|t| &**t == "tcp"));
    let exposed = ingress.filter(|_| raw).map(|i| i.int("exposed_port"));
    let front = exposed.and_then(|port| port.known().and_then(|n| u16::try_from(*n).ok()));
    let say = format!("{title} takes connections from outside of its environment");
    stand(app, external, pairs(&target, front.unwrap_or(443)), !raw, &say, out);
    for body in at(&app.body, "template").map_or(Vec::new(), |t| t.list("container").items) {
        let name = name(&body.text("name"), app);
        let told = Said { name, image: body.text("image"), env: listed(body, "env") };
        out.containers.push(container(app, body, &title, told));
    }
}

/// Whether a service without `is_publicly_accessible` is public AWS documents nowhere that these
/// pages could cite.
fn app_runner(service: &Resource, out: &mut Fragment) {
    let title = nodes::title("App Runner service", service, &["service_name"]);
    let ingress = at(&service.body, "network_configuration.ingress_configuration");
    let public = ingress.map_or(Fact::Unset(service.head), |i| i.bool("is_publicly_accessible"));
    let public = match public {
        Fact::Unset(at) => Fact::guessed(true, "services are public unless told otherwise", at),
        told => told,
    };
    let Some(image) = at(&service.body, "source_configuration.image_repository") else { return };
    let own = image.block("image_configuration");
    let port = own.map_or(Fact::Unset(service.head), |c| c.int("port"));
    let port = port.or_default(8080, "provider docs, apprunner_service: port");
    let say = format!("{title} has a public address");
    stand(service, public, pairs(&port, 443), true, &say, out);
    let env = own.map_or(Vec::new(), |own| mapped(own, "runtime_environment_variables"));
    let told = Said { name: service.name.clone(), image: image.text("image_identifier"), env };
    out.containers.push(container(service, image, &title, told));
}

fn lightsail(version: &Resource, out: &mut Fragment) {
    let title = nodes::title("Lightsail container service", version, &["service_name"]);
    let public = version.body.has("public_endpoint");
    let front = version.body.block("public_endpoint");
    let port = front.map_or(Fact::Unset(version.head), |front| front.int("container_port"));
    let say = format!("{title} has a public endpoint");
    stand(version, public, pairs(&port, 443), true, &say, out);
    for body in version.body.list("container").items {
        let name = name(&body.text("container_name"), version);
        let env = mapped(body, "environment");
        let told = Said { name, image: body.text("image"), env };
        out.containers.push(container(version, body, &title, told));
    }
}

fn pairs(port: &Fact<i64>, front: u16) -> PortMap {
    let to = match port {
        Fact::Known(n, _) => match u16::try_from(*n) {
            Ok(n) => PortEnd::Number(n),
            Err(_) => PortEnd::Unknown(Why::NotUnderstood(format!("port {n}").into())),
        },
        Fact::Unset(_) => PortEnd::Unknown(Why::NoDefault("the port".into())),
        Fact::Unknown(why, _) => PortEnd::Unknown(why.clone()),
    };
    let pair = PortPair { from: Some((front, front)), to, udp: false, place: port.place() };
    PortMap::Pairs(vec![pair])
}

/// `proxy`: it speaks HTTP and ends its clients' TLS.
fn stand(
    resource: &Resource,
    open: Fact<bool>,
    ports: PortMap,
    proxy: bool,
    say: &str,
    out: &mut Fragment,
) {
    out.nodes.push(nodes::node(resource, NodeKind::Pod));
    let place = open.place();
    let way = nodes::way(Ref::Internet, &resource.address, open, place, say);
    out.hops.push(Hop { ports, ends_tls: proxy, ..way });
}

/// What a container says, whatever its cloud calls it.
struct Said {
    name: Name,
    image: Fact<Name>,
    env: Vec<Env>,
}

fn name(told: &Fact<Name>, resource: &Resource) -> Name {
    super::facts::word(told, &resource.name)
}

fn container(resource: &Resource, body: &Val, title: &Name, told: Said) -> Container {
    Container {
        address: Address::new(format!("{}/container/{}", resource.address, told.name)),
        title: format!("container `{}` of {title}", told.name).into(),
        name: told.name,
        node: resource.address.clone(),
        place: body.at,
        whole: body.at,
        exists: resource.exists.clone(),
        image: told.image,
        command: words(body, "command"),
        args: words(body, "args"),
        env: told.env,
        env_from: Vec::new(),
        ports: Vec::new(),
        mounts: Vec::new(),
    }
}

/// The words of a command.
pub(super) fn words(body: &Val, key: &str) -> Fact<Vec<Fact<Name>>> {
    let list = body.list(key);
    match (list.more, list.items.first()) {
        (Some((why, at)), _) => Fact::Unknown(why, at),
        (None, None) => Fact::Unset(body.at),
        (None, Some(first)) => {
            let words = list.items.iter().map(|item| item.as_text()).collect();
            Fact::Known(words, Origin::written(first.at))
        }
    }
}

/// Blocks of a name and a value; what has no value comes from a store of secrets.
fn listed(body: &Val, key: &str) -> Vec<Env> {
    let entries = body.list(key).items.into_iter();
    let made = entries.filter_map(|entry| {
        let name = entry.text("name").known()?.clone();
        let told = match entry.text("value") {
            Fact::Unset(at) => Fact::Unknown(Why::Environment(name.clone()), at),
            told => told,
        };
        Some(Env { name, value: EnvValue::Fact(told), place: entry.at })
    });
    made.collect()
}

fn mapped(body: &Val, key: &str) -> Vec<Env> {
    let Some(ValKind::Map { entries, .. }) = body.get(key).map(|value| &value.kind) else {
        return Vec::new();
    };
    let made = entries.iter().map(|(name, value)| Env {
        name: name.clone(),
        value: EnvValue::Fact(value.as_text()),
        place: value.at,
    });
    made.collect()
}
