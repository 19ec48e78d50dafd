//! Proxies that are told by flags: oauth2-proxy, kube-rbac-proxy, Gatekeeper.

use super::target;
use super::{Forward, Reading, file_at};
use crate::catalog::proxy::ProxyKind;
use crate::model::fact::{Fact, Name, Why};
use crate::model::net::Addresses;
use crate::model::reach::Circle;
use crate::source::Place;
use crate::stores::Program;
use crate::stores::settings::words::{self, Word};
use crate::tree::node::{Kind, Node};
use crate::tree::{toml, yaml};

/// A port on which others reach the proxy; `None` where nobody can tell which.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Listen {
    port: Option<u16>,
    tls: bool,
}

/// Settings by name in the spelling of flags, from the strongest layer to the weakest.
struct Settings {
    list: Vec<(String, Fact<Name>)>,
    /// Something that nobody can see may set more.
    open: Option<(Why, Place)>,
}

pub(super) fn read(program: &Program, kind: ProxyKind) -> Reading {
    let settings = Settings::read(program, kind);
    match kind {
        ProxyKind::Oauth2Proxy => oauth2_proxy(program, &settings),
        ProxyKind::KubeRbacProxy => kube_rbac_proxy(program, &settings),
        _ => gatekeeper(program, &settings),
    }
}

/// oauth2-proxy asks for a login at the provider on every path that no option leaves out, and
/// listens on the machine's own address unless told otherwise.
/// oauth2-proxy documentation, "Configuration", "Overview"
fn oauth2_proxy(program: &Program, settings: &Settings) -> Reading {
    if let Some((why, at)) = settings.alpha() {
        return Reading::Unknown(why, at);
    }
    let listens =
        settings.listens(&[("http-address", Some("127.0.0.1:4180")), ("https-address", None)]);
    let mut asks = settings.holes(&["skip-auth-route", "skip-auth-routes", "skip-auth-regex"]);
    let mut from = None;
    for value in settings.all(&["trusted-ip", "trusted-ips"]) {
        let Some(addresses) = value.known().and_then(|text| Addresses::parse(text)) else {
            continue;
        };
        if addresses.circle() == Circle::Internet {
            asks = None;
        }
        from = Some((addresses, value.place()));
    }
    let mut out = settings.forwards(
        program,
        "oauth2-proxy",
        &["upstream", "upstreams"],
        &listens,
        asks.as_ref(),
    );
    // Whoever comes from a trusted address need not log in.
    if let (Reading::Forwards(list), Some((addresses, at))) = (&mut out, from) {
        let trusted: Vec<Forward> = list
            .iter()
            .map(|forward| Forward {
                asks: None,
                only_from: Some(Fact::written(addresses.clone(), at)),
                ..forward.clone()
            })
            .collect();
        list.extend(trusted);
    }
    out
}

/// kube-rbac-proxy asks the cluster who a client is and whether he may, on every path that is not
/// ignored. brancz/kube-rbac-proxy, README
fn kube_rbac_proxy(program: &Program, settings: &Settings) -> Reading {
    let flags = [("secure-listen-address", None), ("insecure-listen-address", None)];
    let listens = settings.listens(&flags);
    let asks = settings.holes(&["ignore-paths"]);
    settings.forwards(program, "kube-rbac-proxy", &["upstream"], &listens, asks.as_ref())
}

/// Gatekeeper, Louketo: what no resource names is passed on, unless denial is the default; which it
/// is depends on the version. keycloak-gatekeeper documentation, "Default Denial"
fn gatekeeper(program: &Program, settings: &Settings) -> Reading {
    let listens = settings.listens(&[("listen", None)]);
    let place = program.container.place;
    let deny = settings.first("enable-default-deny");
    let whole = settings.all(&["resources"]).find_map(|fact| {
        let text = fact.known()?;
        let every = text.split('|').any(|part| part.trim() == "uri=/*");
        every.then(|| (text.contains("white-listed=true"), fact.place()))
    });
    let asks = match (whole, deny.as_ref().and_then(|d| d.known())) {
        (Some((true, _)), _) => None,
        (Some((false, at)), _) => Some(Fact::written("external".into(), at)),
        (None, Some(value)) if **value == *"true" => {
            Some(Fact::written("external".into(), deny.map_or(place, |d| d.place())))
        }
        _ => {
            let why = "whether it denies what no resource names";
            Some(Fact::Unknown(Why::NoDefault(why.into()), place))
        }
    };
    settings.forwards(program, "Gatekeeper", &["upstream-url"], &listens, asks.as_ref())
}

impl Settings {
    fn read(program: &Program, kind: ProxyKind) -> Settings {
        let container = program.container;
        let mut words = words::arguments(&container.command, program);
        words.extend(words::arguments(&container.args, program));
        let mut settings = Settings { list: Vec::new(), open: None };
        settings.flags(&words);
        let prefix = match kind {
            ProxyKind::Oauth2Proxy => "OAUTH2_PROXY_",
            ProxyKind::Gatekeeper => "PROXY_",
            _ => "",
        };
        if !prefix.is_empty() {
            settings.variables(program, prefix);
        }
        settings.file(program);
        settings
    }

    /// `--name=value`, `--name value`; a switch alone is on.
    fn flags(&mut self, words: &[Word]) {
        let mut rest = words;
        while let Some((word, after)) = rest.split_first() {
            rest = after;
            if word.is_open() {
                let why = word.why().unwrap_or(Why::NotUnderstood("an argument".into()));
                self.open.get_or_insert((why, word.place));
            }
            let Some(name) = word.text.strip_prefix('-').map(|n| n.trim_start_matches('-')) else {
                continue;
            };
            let value = match (name.split_once('='), after.first()) {
                (Some((_, value)), _) => word.part(value),
                (None, Some(next)) if !next.is_option() => {
                    rest = &after[1..];
                    next.clone()
                }
                _ => word.part("true"),
            };
            let name = name.split('=').next().unwrap_or(name);
            let fact = match value.why() {
                Some(why) => Fact::Unknown(why, value.place),
                None => Fact::written(value.text.as_str().into(), value.place),
            };
            self.list.push((name.replace('_', "-"), fact));
        }
    }

    fn variables(&mut self, program: &Program, prefix: &str) {
        for (name, value) in &program.env {
            let Some(name) = name.strip_prefix(prefix) else { continue };
            let name = name.to_ascii_lowercase().replace('_', "-");
            match value {
                // Lists are written with commas between.
                Fact::Known(text, origin) => self.list.extend(text.split(',').map(|one| {
                    (name.clone(), Fact::Known(Name::from(one.trim()), origin.clone()))
                })),
                other => self.list.push((name, other.clone())),
            }
        }
        if let Some(open) = &program.env_open {
            self.open.get_or_insert_with(|| open.clone());
        }
    }

    fn file(&mut self, program: &Program) {
        let Some(Fact::Known(path, origin)) = self.first("config") else { return };
        let Some(text) = file_at(program, &path) else {
            self.open.get_or_insert((Why::NotHere(path), origin.at));
            return;
        };
        let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
        let root = if is_yaml {
            yaml::parse(text).0.into_iter().next()
        } else {
            Some(toml::parse(text).0)
        };
        for entry in root.iter().flat_map(Node::entries) {
            let name = entry.key.replace('_', "-");
            let single = std::slice::from_ref(&entry.value);
            let values = match &entry.value.kind {
                Kind::List(items) => items,
                _ => single,
            };
            for value in values {
                if let Some(text) = value.text() {
                    self.list.push((name.clone(), Fact::written(text, value.place)));
                } else if let Some(text) = resource(value) {
                    self.list.push((name.clone(), Fact::written(text, value.place)));
                }
            }
        }
    }

    fn first(&self, name: &str) -> Option<Fact<Name>> {
        self.list.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
    }

    fn all<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a Fact<Name>> {
        self.list.iter().filter(|(n, _)| names.contains(&n.as_str())).map(|(_, value)| value)
    }

    /// Settings that name a file of another shape, which says where it passes on to.
    fn alpha(&self) -> Option<(Why, Place)> {
        let alpha = self.first("alpha-config")?;
        Some((Why::NotUnderstood("the alpha configuration".into()), alpha.place()))
    }

    /// The ports on which others reach it.
    fn listens(&self, flags: &[(&str, Option<&str>)]) -> Vec<Listen> {
        let mut out = Vec::new();
        for (flag, default) in flags {
            let tls = matches!(*flag, "https-address" | "secure-listen-address")
                || *flag == "listen" && self.first("tls-cert").is_some();
            let told = match self.first(flag) {
                Some(Fact::Known(text, _)) => text.to_string(),
                Some(_) => {
                    out.push(Listen { port: None, tls });
                    continue;
                }
                None if self.open.is_some() => {
                    out.push(Listen { port: None, tls });
                    continue;
                }
                None => match default {
                    Some(default) => (*default).to_owned(),
                    None => continue,
                },
            };
            let (host, port) = target::listen(&told);
            if !target::is_loopback(host) {
                out.push(Listen { port, tls });
            }
        }
        out.dedup();
        out
    }

    /// The login that it asks for, unless an option leaves every path out.
    fn holes(&self, options: &[&str]) -> Option<Fact<Name>> {
        const EVERYTHING: [&str; 12] =
            [".*", "^.*", "^.*$", ".+", "/", "^/", "^/.*", "^/.*$", "/.*", "*", "/*", "/**"];
        let mut asks = Fact::written(Name::from("external"), self.place());
        for value in self.all(options) {
            match value {
                // `METHOD=PATH`, `METHOD!=PATH` of oauth2-proxy; a list of kube-rbac-proxy.
                Fact::Known(text, _) => {
                    let paths = text.split(',').map(|p| p.rsplit('=').next().unwrap_or(p).trim());
                    if paths.into_iter().any(|path| EVERYTHING.contains(&path)) {
                        return None;
                    }
                }
                Fact::Unknown(why, at) => asks = Fact::Unknown(why.clone(), *at),
                Fact::Unset(_) => {}
            }
        }
        Some(asks)
    }

    fn place(&self) -> Place {
        self.list.first().map_or(Place::new(crate::source::FileId(0), 0..0), |(_, v)| v.place())
    }

    fn forwards(
        &self,
        program: &Program,
        title: &str,
        upstreams: &[&str],
        listens: &[Listen],
        asks: Option<&Fact<Name>>,
    ) -> Reading {
        let mut out = Vec::new();
        for value in self.all(upstreams) {
            let Fact::Known(text, origin) = value else {
                return unknown(value, program);
            };
            let Some(target) = target::target(text) else { continue };
            for listens in listens {
                out.push(forward(title, &target, *listens, asks.cloned(), origin.at));
            }
        }
        match &self.open {
            Some((why, at)) if out.is_empty() => Reading::Unknown(why.clone(), *at),
            _ => Reading::Forwards(out),
        }
    }
}

/// A resource of Gatekeeper's file in the spelling of its flag.
fn resource(node: &Node) -> Option<Name> {
    let uri = node.get("uri")?.str()?;
    let listed = node.get("white-listed").and_then(Node::bool) == Some(true);
    let mark = if listed { "|white-listed=true" } else { "" };
    Some(format!("uri={uri}{mark}").into())
}

fn unknown(value: &Fact<Name>, program: &Program) -> Reading {
    match value {
        Fact::Unknown(why, at) => Reading::Unknown(why.clone(), *at),
        _ => Reading::Unknown(Why::NoDefault("its upstream".into()), program.container.place),
    }
}

fn forward(
    title: &str,
    target: &target::Target,
    listens: Listen,
    asks: Option<Fact<Name>>,
    place: Place,
) -> Forward {
    Forward {
        listens: listens.port,
        host: target.host.clone(),
        port: target.port,
        udp: false,
        open: Fact::written(true, place),
        asks,
        only_from: None,
        ends_tls: listens.tls,
        place,
        say: Name::from(format!("{title} passes its clients on to {}", target.shown())),
    }
}
