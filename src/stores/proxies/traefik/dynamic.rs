//! Routers, middlewares and services of Traefik's dynamic configuration.

use super::fixed::{Answers, EntryPoint, Fixed};
use super::{Forward, child, descend};
use crate::model::fact::{Fact, Name, Why};
use crate::model::net::Addresses;
use crate::source::Place;
use crate::stores::proxies::target::{self, Target};
use crate::tree::node::{Entry, Node};

/// Names that one router leads through; more are generated.
const MOST_NAMES: usize = 64;

/// Steps that one file gives; more are generated.
const MOST: usize = 256;

pub(super) struct Dynamic<'a> {
    roots: &'a [Node],
}

/// What a router's middlewares make of its clients.
#[derive(Clone, Default)]
struct Guard {
    /// Clients in clear are sent elsewhere.
    redirects: bool,
    asks: Option<Fact<Name>>,
    only_from: Option<Fact<Addresses>>,
}

impl<'a> Dynamic<'a> {
    /// All files are one configuration.
    pub(super) fn new(roots: &'a [Node]) -> Dynamic<'a> {
        Dynamic { roots }
    }

    pub(super) fn forwards(&self, fixed: &'a Fixed) -> Vec<Forward> {
        let mut out = Vec::new();
        for protocol in ["http", "tcp", "udp"] {
            for router in self.all(protocol, "routers") {
                self.router(protocol, router, fixed, &mut out);
            }
        }
        out.truncate(MOST);
        out
    }

    fn router(&self, protocol: &str, router: &'a Entry, fixed: &'a Fixed, out: &mut Vec<Forward>) {
        let Some(service) = child(&router.value, "service").and_then(Node::str) else { return };
        let mut targets = Vec::new();
        self.targets(protocol, service, &mut Vec::new(), &mut targets);
        let place = router.place();
        for point in points(protocol, &router.value, fixed) {
            let tls = child(&router.value, "tls");
            let passes_tls = tls.and_then(|tls| child(tls, "passthrough")?.bool()) == Some(true);
            let Some(guard) = self.guard(protocol, router, point) else { continue };
            let answers = point.map_or(Answers::InClear, |point| point.answers);
            let tls_here = tls.is_some() || answers == Answers::WithTls;
            let sent_away = guard.redirects && !tls_here || answers == Answers::Elsewhere;
            if protocol == "http" && sent_away {
                continue;
            }
            for target in &targets {
                let listens = point.and_then(|point| point.port);
                out.push(Forward {
                    listens,
                    host: target.host.clone(),
                    port: target.port,
                    udp: protocol == "udp",
                    open: Fact::written(true, place),
                    asks: guard.asks.clone(),
                    only_from: guard.only_from.clone(),
                    ends_tls: !passes_tls && tls_here,
                    place,
                    say: Name::from(format!(
                        "Traefik's router `{}` passes clients on to {}",
                        router.key,
                        target.shown()
                    )),
                });
            }
        }
    }

    /// What a router asks; `None` where nobody passes.
    fn guard(
        &self,
        protocol: &str,
        router: &'a Entry,
        point: Option<&'a EntryPoint>,
    ) -> Option<Guard> {
        let mut guard = Guard { asks: self.certificate(&router.value), ..Guard::default() };
        let first = point.filter(|_| protocol == "http").map_or(&[][..], |p| &p.middlewares);
        let own = child(&router.value, "middlewares").map_or(&[][..], Node::items);
        let names = first.iter().map(|name| (name.as_str(), router.place()));
        let names = names.chain(own.iter().filter_map(|n| Some((n.str()?, n.place))));
        let mut seen = Vec::new();
        for (name, at) in names {
            self.pass(protocol, (name, at), &mut seen, &mut guard);
        }
        let shut = guard.only_from.as_ref().and_then(Fact::known).is_some_and(Addresses::is_empty);
        (!shut).then_some(guard)
    }

    fn pass(
        &self,
        protocol: &str,
        (name, at): (&'a str, Place),
        seen: &mut Vec<&'a str>,
        guard: &mut Guard,
    ) {
        let (plain, provider) = name.split_once('@').unwrap_or((name, "file"));
        if seen.contains(&name) || seen.len() >= MOST_NAMES {
            return;
        }
        seen.push(name);
        let found = self.all(protocol, "middlewares").find(|m| *m.key == *plain);
        let Some(middleware) = found.filter(|_| provider == "file") else {
            let why = Why::NotHere(format!("middleware `{name}`").into());
            guard.asks.get_or_insert(Fact::Unknown(why, at));
            return;
        };
        for part in middleware.value.entries() {
            let at = part.place();
            let told: Option<Fact<Name>> = match &*part.key.to_ascii_lowercase() {
                "basicauth" | "digestauth" => Some(Fact::written("password".into(), at)),
                "forwardauth" => Some(Fact::written("external".into(), at)),
                "plugin" => {
                    let why = Why::NotUnderstood("what this plugin asks".into());
                    Some(Fact::Unknown(why, at))
                }
                "ipallowlist" | "ipwhitelist" => {
                    restrict(guard, part);
                    None
                }
                "redirectscheme" => {
                    guard.redirects = true;
                    None
                }
                "chain" => {
                    let list = child(&part.value, "middlewares").map_or(&[][..], Node::items);
                    for node in list {
                        let Some(name) = node.str() else { continue };
                        self.pass(protocol, (name, node.place), seen, guard);
                    }
                    None
                }
                _ => None,
            };
            // A proof that is known counts more than one that nobody can tell.
            if let Some(told) = told.filter(|t| !t.is_unknown() || guard.asks.is_none()) {
                guard.asks = Some(told);
            }
        }
    }

    /// Certificates of clients that a router's options of TLS demand, or those for all routers.
    fn certificate(&self, router: &Node) -> Option<Fact<Name>> {
        let tls = child(router, "tls")?;
        let named = child(tls, "options").and_then(Node::str).unwrap_or("default");
        let (plain, provider) = named.split_once('@').unwrap_or((named, "file"));
        if provider != "file" {
            let why = Why::NotHere(format!("the options `{named}` of TLS").into());
            return Some(Fact::Unknown(why, tls.place));
        }
        let options =
            self.roots.iter().find_map(|root| descend(root, &["tls", "options", plain]))?;
        let kind = descend(options, &["clientAuth", "clientAuthType"])?;
        (kind.str() == Some("RequireAndVerifyClientCert"))
            .then(|| Fact::written("certificate".into(), kind.place))
    }

    fn targets(
        &self,
        protocol: &str,
        service: &'a str,
        seen: &mut Vec<&'a str>,
        out: &mut Vec<Target>,
    ) {
        let (plain, provider) = service.split_once('@').unwrap_or((service, "file"));
        if provider != "file" || seen.contains(&plain) || seen.len() >= MOST_NAMES {
            return;
        }
        seen.push(plain);
        let Some(service) = self.all(protocol, "services").find(|s| *s.key == *plain) else {
            return;
        };
        let servers = descend(&service.value, &["loadBalancer", "servers"]);
        for server in servers.map_or(&[][..], Node::items) {
            let address = child(server, "url").or_else(|| child(server, "address"));
            out.extend(address.and_then(Node::str).and_then(target::target));
        }
        let weighted = descend(&service.value, &["weighted", "services"]);
        let weighted = weighted.map_or(&[][..], Node::items).iter();
        let others = [
            &["mirroring", "service"][..],
            &["failover", "service"][..],
            &["failover", "fallback"][..],
        ];
        let named = weighted.filter_map(|part| child(part, "name"));
        let named = named.chain(others.iter().filter_map(|path| descend(&service.value, path)));
        for name in named.filter_map(Node::str) {
            self.targets(protocol, name, seen, out);
        }
    }

    fn all(&self, protocol: &str, what: &str) -> impl Iterator<Item = &'a Entry> {
        let maps = self.roots.iter().filter_map(move |root| descend(root, &[protocol, what]));
        maps.flat_map(Node::entries).collect::<Vec<_>>().into_iter()
    }
}

/// The entry points of a router: those that it names, or all of its protocol. Without a word about
/// them anywhere, any port.
fn points<'f>(protocol: &str, router: &Node, fixed: &'f Fixed) -> Vec<Option<&'f EntryPoint>> {
    let named = child(router, "entryPoints").map_or(&[][..], Node::items);
    let is_named = |point: &EntryPoint| {
        let same = |n: &Node| n.str().is_some_and(|n| n.eq_ignore_ascii_case(&point.name));
        named.is_empty() || named.iter().any(same)
    };
    let fits = |point: &&EntryPoint| point.udp == (protocol == "udp") && is_named(point);
    let found: Vec<&EntryPoint> = fixed.entry_points.iter().filter(fits).collect();
    if found.is_empty() {
        return vec![None];
    }
    found.into_iter().filter(|point| !point.local).map(Some).collect()
}

/// A list of addresses that narrows what others before it left.
fn restrict(guard: &mut Guard, list: &Entry) {
    let ranges = child(&list.value, "sourceRange").map_or(&[][..], Node::items);
    let at = list.place();
    let parsed: Option<Vec<Addresses>> =
        ranges.iter().map(|range| Addresses::parse(range.str()?)).collect();
    let own = match parsed {
        Some(parsed) if !parsed.is_empty() => {
            let all = parsed.iter().fold(Addresses::default(), |a, b| a.union(b));
            Fact::written(all, at)
        }
        _ => Fact::Unknown(Why::NotUnderstood("a list of addresses".into()), at),
    };
    guard.only_from = Some(match (guard.only_from.take(), own) {
        (Some(Fact::Known(before, _)), Fact::Known(own, _)) => {
            Fact::written(before.intersection(&own), at)
        }
        (Some(before @ Fact::Unknown(..)), _) => before,
        (_, own) => own,
    });
}
