//! One service of a Compose file: a container and the ways to it.

use super::build::{self, Built};
use super::interpolate::Interpolation;
use super::ports::{self, On, hosts_address, published};
use super::project::{self, Project};
use super::{networks, traefik, volumes, words};
use crate::formats::clear_text::{self, Holder};
use crate::model::concept::Secret;
use crate::model::fact::{Fact, Name, Origin, Why};
use crate::model::fragment::{
    Address, Container, Env, EnvFrom, EnvValue, Fragment, Hop, Node as Stop, NodeKind, PortEnd,
    PortMap, Ref,
};
use crate::model::reach::CAN_REACH;
use crate::source::Place;
use crate::tree::node::{Entry, Node};

pub(super) fn lower(project: &Project, entry: &Entry, proxies: &[&Entry], out: &mut Fragment) {
    if entry.value.map().is_none() {
        return;
    }
    let host = networks::host(project, &entry.value);
    let service = Service {
        project,
        node: &entry.value,
        address: project.address(&entry.key),
        stands: project.address(host.map_or(&entry.key, |host| &host.key)),
        title: title(project, entry).into(),
        place: entry.key_place,
    };
    let exists = runs(project, entry);
    // What shares another's network answers on that one's ports.
    if host.is_none() {
        out.nodes.push(Stop {
            address: service.address.clone(),
            aliases: networks::aliases(project, entry),
            kind: NodeKind::Pod,
            place: entry.key_place,
            exists: exists.clone(),
            // No selector of Kubernetes finds it.
            pod: None,
        });
        service.network(out);
    }
    service.ports(out);
    networks::links(project, &entry.value, out);
    if let Some(extends) = service.node.map().and_then(|m| m.entry("extends")) {
        let what = format!("what {} takes over from elsewhere", service.title);
        out.not_understood.push((extends.place(), what.into()));
    }
    let container = service.container(entry, exists, out);
    let inner: Vec<u16> = container.ports.iter().map(|(port, ..)| *port).collect();
    let to = Ref::To(service.stands.clone());
    let routes = traefik::routes(project, proxies, service.node, &service.title, &to, &inner);
    out.hops.extend(routes);
    service.secrets(&container, out);
    out.containers.push(container);
}

struct Service<'a> {
    project: &'a Project<'a>,
    node: &'a Node,
    address: Address,
    /// The node whose ports it answers on: its own, or that of a service whose network it shares.
    stands: Address,
    title: Name,
    place: Place,
}

impl Service<'_> {
    fn hop(&self, from: Ref, place: Place, say: String) -> Hop {
        Hop::new(from, Ref::To(self.stands.clone()), place, say)
    }

    fn network(&self, out: &mut Fragment) {
        let title = &self.title;
        let say = format!("programs in the container of {title} reach it");
        out.hops.push(self.hop(Ref::Local, self.place, say));
        let mode = self.node.get("network_mode");
        let fill = mode.map(|m| (self.project.fill.fact(m), m.place));
        let known = fill.as_ref().and_then(|(fact, at)| Some((fact.known()?, *at)));
        match known.map(|(mode, at)| (&**mode, at)) {
            Some(("none", _)) => {}
            Some(("host", at)) => {
                let say = format!("{title} uses the network of its host");
                out.hops.push(self.hop(Ref::AnyNetwork, at, say.clone()));
                out.hops.push(Hop { open: hosts_address(at), ..self.hop(Ref::Internet, at, say) });
            }
            // A service of a file that is included; those of its own file are told by `host`.
            Some((shared, at)) if shared.starts_with("service:") => {
                let other = &shared["service:".len()..];
                let say = format!("{title} shares the network of service `{other}`");
                out.hops.push(self.hop(Ref::To(self.project.address(other)), at, say));
            }
            Some((shared, at)) if shared.starts_with("container:") => {
                let why = Why::NotHere(format!("the network of `{shared}`").into());
                let say = format!("{title} shares the network of `{shared}`");
                let hop = self.hop(Ref::Neighbours, at, say);
                out.hops.push(Hop { open: Fact::Unknown(why, at), ..hop });
            }
            _ => {
                let say = [&networks::neighbours(self.node), CAN_REACH, title].concat();
                out.hops.push(self.hop(Ref::Neighbours, self.place, say));
            }
        }
    }

    fn ports(&self, out: &mut Fragment) {
        if networks::isolated(self.project, self.node) {
            return;
        }
        for port in published(&self.project.fill, self.node) {
            let at = port.place;
            let say = format!("{} is published on the host (`{}`)", self.title, port.shown);
            let ports = PortMap::Pairs(port.pairs);
            let mut add = |from, open| {
                let hop = self.hop(from, at, say.clone());
                out.hops.push(Hop { ports: ports.clone(), open, ..hop });
            };
            match port.on {
                On::Loopback => {}
                On::Every => {
                    add(Ref::AnyNetwork, Fact::written(true, at));
                    add(Ref::Internet, hosts_address(at));
                }
                On::Private => add(Ref::Network, Fact::written(true, at)),
                On::Public => add(Ref::Internet, Fact::written(true, at)),
                On::Unknown(why) => {
                    add(Ref::Network, Fact::Unknown(why.clone(), at));
                    add(Ref::Internet, Fact::Unknown(why, at));
                }
            }
        }
    }

    fn container(&self, entry: &Entry, exists: Fact<bool>, out: &mut Fragment) -> Container {
        let fill = &self.project.fill;
        let built = build::of(self.project, self.node);
        let named = || self.node.get("image").map_or(Fact::Unset(self.place), |n| fill.image(n));
        let entrypoint = command(fill, self.node, "entrypoint");
        let mut args = command(fill, self.node, "command");
        // An entry point of the service takes the image's arguments away.
        if args.is_unset() && entrypoint.is_unset() {
            args = built.as_ref().and_then(Built::command).unwrap_or(args);
        }
        let command = match &built {
            Some(built) if entrypoint.is_unset() => built.entrypoint().unwrap_or(entrypoint),
            _ => entrypoint,
        };
        let mut mounts: Vec<_> = built.iter().flat_map(Built::mounts).collect();
        mounts.extend(volumes::mounts(self.project, self.node, out));
        Container {
            address: Address::new(format!("{}/container", self.address)),
            name: entry.key.clone(),
            title: self.title.clone(),
            node: self.stands.clone(),
            place: entry.key_place,
            whole: entry.place(),
            exists,
            image: built.as_ref().map_or_else(named, Built::image),
            command,
            args,
            env: self.image_env(built.as_ref()).into_iter().chain(self.env()).collect(),
            env_from: self.env_from(),
            ports: self.inner_ports(),
            mounts,
        }
    }

    /// What the Dockerfile sets and no env file of the service sets otherwise (Compose documentation,
    /// "Environment variables precedence": the image's `ENV` is the weakest).
    fn image_env(&self, built: Option<&Built>) -> Vec<Env> {
        let Some(built) = built else { return Vec::new() };
        let mut env: Vec<Env> = built.env().collect();
        let set: Vec<Name> = project::env_files(self.project, self.node)
            .iter()
            .flat_map(|(path, _)| project::read_variables(self.project.sources, path).list)
            .map(|(name, _)| name)
            .collect();
        env.retain(|variable| !set.contains(&variable.name));
        env
    }

    /// A list of `NAME=value` or a map. A name alone is handed on from the project's environment.
    fn env(&self) -> Vec<Env> {
        let fill = &self.project.fill;
        let Some(node) = self.node.get("environment") else { return Vec::new() };
        let env = |name: &str, value, place| Env {
            name: name.into(),
            value: EnvValue::Fact(value),
            place,
        };
        let of_map = node.entries().iter().map(|entry| {
            let at = entry.value.place;
            let value = if entry.value.is_null() {
                fill.variable(&entry.key, at)
            } else {
                fill.word(&entry.value)
            };
            env(&entry.key, value, entry.place())
        });
        let of_list = node.items().iter().filter_map(|item| {
            let (text, at) = (item.str()?, item.place);
            Some(match text.split_once('=') {
                Some((name, value)) => {
                    let filled = fill.text(value);
                    env(name, filled.word(&filled.text, at), at)
                }
                None => env(text, fill.variable(text, at), at),
            })
        });
        of_map.chain(of_list).collect()
    }

    fn env_from(&self) -> Vec<EnvFrom> {
        let files = project::env_files(self.project, self.node).into_iter();
        let from = |(path, node): (Name, &Node)| EnvFrom {
            bundle: Address::file(&path),
            prefix: "".into(),
            secret: false,
            place: node.place,
        };
        files.map(from).collect()
    }

    /// The container's side of what is published or exposed.
    fn inner_ports(&self) -> Vec<(u16, Option<Name>, Place)> {
        let mut out = Vec::new();
        for port in ports::published(&self.project.fill, self.node) {
            out.extend(port.pairs.iter().filter_map(|pair| match pair.to {
                PortEnd::Number(number) => Some((number, None, pair.place)),
                _ => None,
            }));
        }
        let exposed = self.node.get("expose").map_or(&[][..], Node::items).iter();
        let number = |text: &str| text.split('/').next().and_then(|port| port.parse().ok());
        out.extend(exposed.filter_map(|n| Some((number(n.str()?)?, None, n.place))));
        out
    }

    /// Secrets that stand as literals in the file.
    fn secrets(&self, container: &Container, out: &mut Fragment) {
        let holder = Holder {
            address: &container.address,
            title: &self.title,
            whole: container.whole,
            exists: &container.exists,
        };
        for variable in &container.env {
            if let EnvValue::Fact(Fact::Known(value, origin)) = &variable.value
                && origin.via.is_empty()
            {
                let found = clear_text::secret(&holder, &variable.name, value, variable.place);
                // A fallback holds only where nobody sets the variable.
                out.secrets.extend(found.map(|secret| {
                    let origin = Origin { at: variable.place, ..origin.clone() };
                    let known = secret.well_known.known() == Some(&true);
                    let well_known = Fact::Known(known, origin.clone());
                    Secret { in_clear: Fact::Known(true, origin), well_known, ..secret }
                }));
            }
        }
    }
}

/// Whether any container of it runs: `scale: 0` and `deploy.replicas: 0` start none.
fn runs(project: &Project, entry: &Entry) -> Fact<bool> {
    let counts = [entry.value.get("scale"), entry.value.at(&["deploy", "replicas"])];
    for node in counts.into_iter().flatten() {
        if project.fill.fact(node).known().is_some_and(|count| count.trim() == "0") {
            return Fact::written(false, node.place);
        }
    }
    Fact::written(true, entry.key_place)
}

/// A service of a profile runs where somebody asks for the profile.
fn title(project: &Project, entry: &Entry) -> String {
    let profiles = entry.value.get("profiles").map_or(&[][..], Node::items).iter();
    let profiles: Vec<String> = profiles
        .filter_map(|node| project.fill.fact(node).known().map(|name| format!("`{name}`")))
        .collect();
    match profiles.as_slice() {
        [] => format!("service `{}`", entry.key),
        [one] => format!("service `{}` of profile {one}", entry.key),
        many => format!("service `{}` of profiles {}", entry.key, many.join(", ")),
    }
}

/// A list of words, or a line that is split into words.
fn command(fill: &Interpolation, service: &Node, key: &str) -> Fact<Vec<Fact<Name>>> {
    let Some(node) = service.get(key).filter(|n| !n.is_null()) else {
        return Fact::Unset(service.place);
    };
    let words = match node.str() {
        Some(line) => {
            let filled = fill.text(line);
            let words = words::split(&filled.text).into_iter();
            words.map(|word| filled.word(&word, node.place)).collect()
        }
        None => node.items().iter().map(|n| fill.word(n)).collect(),
    };
    Fact::written(words, node.place)
}
