//! nginx: servers with their ports, locations and streams, and the upstreams that they pass on to.

mod guard;
mod include;
mod parse;

use super::target::{self, Target};
use super::{Forward, Reading, missing};
use crate::model::fact::{Basis, Fact, Name, Origin};
use crate::source::Place;
use crate::stores::Program;
use guard::{Passing, Scope};
use parse::Directive;

/// Locations within locations.
const MAX_DEPTH: usize = 16;
/// More locations than this that lead to named ones are not followed.
const MOST_CALLERS: usize = 64;

pub(super) fn read(program: &Program) -> Reading {
    let Some(main) = include::main(program) else {
        return missing(program, include::MAIN);
    };
    let mut reader =
        Reader { program, upstreams: Vec::new(), callers: Vec::new(), out: Vec::new() };
    for (section, is_stream) in [("http", false), ("stream", true)] {
        for block in main.iter().filter(|d| d.name == section) {
            reader.section(block.block.as_deref().unwrap_or_default(), is_stream);
        }
    }
    Reading::Forwards(reader.out)
}

struct Reader<'a> {
    program: &'a Program<'a>,
    /// Names of upstreams with their servers.
    upstreams: Vec<(String, Vec<String>)>,
    /// Named locations of the server with what is asked where somebody is sent to them.
    callers: Vec<(String, Scope)>,
    out: Vec<Forward>,
}

/// A `listen` of a server that others can reach.
struct Listen {
    port: Option<u16>,
    tls: bool,
    udp: bool,
}

impl Reader<'_> {
    fn section(&mut self, list: &[Directive], is_stream: bool) {
        self.upstreams = list
            .iter()
            .filter(|d| d.name == "upstream")
            .map(|d| (d.arg().to_owned(), servers(d.block.as_deref().unwrap_or_default())))
            .collect();
        let mut scope = Scope::default();
        scope.enter(list);
        for server in list.iter().filter(|d| d.name == "server") {
            let Some(block) = &server.block else { continue };
            let mut scope = scope.clone();
            scope.enter(block);
            let listens: Vec<Listen> = listens(block, is_stream);
            if is_stream {
                self.pass(block, &listens, &scope, "");
            } else {
                self.callers.clear();
                self.called(block, &scope, 0);
                self.locations(block, &listens, &scope, 0);
            }
        }
    }

    fn locations(&mut self, list: &[Directive], listens: &[Listen], scope: &Scope, depth: usize) {
        for location in list.iter().filter(|d| d.name == "location") {
            let Some(block) = location.block.as_ref().filter(|_| depth < MAX_DEPTH) else {
                continue;
            };
            // One path alone is a health check or a redirect, no way to all that lies behind it.
            if location.arg() == "=" || block.iter().any(|d| d.name == "internal") {
                continue;
            }
            let mut scope = scope.clone();
            scope.enter(block);
            self.pass(block, listens, &scope, &location.args.join(" "));
            self.locations(block, listens, &scope, depth + 1);
        }
    }

    /// Finds who is sent to named locations: whoever passed the checks of the location that names
    /// one, or was turned away by them (nginx.org, `ngx_http_core_module`, "`try_files`",
    /// "`error_page`").
    fn called(&mut self, block: &[Directive], scope: &Scope, depth: usize) {
        for directive in block {
            if self.callers.len() >= MOST_CALLERS {
                return;
            }
            let hands_on = matches!(&*directive.name, "try_files" | "error_page");
            let named = directive.args.last().filter(|arg| hands_on && arg.starts_with('@'));
            if let Some(named) = named {
                let refused = |arg: &String| matches!(&**arg, "401" | "403");
                let is_refused =
                    directive.name == "error_page" && directive.args.iter().any(refused);
                let scope = if is_refused { Scope::default() } else { scope.clone() };
                self.callers.push((named.clone(), scope));
            }
            let inner = directive.block.as_ref().filter(|_| directive.name == "location");
            if let Some(inner) = inner.filter(|_| depth < MAX_DEPTH) {
                let mut scope = scope.clone();
                scope.enter(inner);
                self.called(inner, &scope, depth + 1);
            }
        }
    }

    /// Who passes into a location: into a named one only who was sent there.
    fn passing(&self, scope: &Scope, location: &str, tls: bool) -> Vec<Passing> {
        let own = scope.guards(tls);
        let sent: Vec<Passing> = self
            .callers
            .iter()
            .filter(|(named, _)| named == location)
            .flat_map(|(_, scope)| scope.guards(tls))
            .collect();
        if sent.is_empty() {
            return own;
        }
        let both = |own: &Passing, sent: &Passing| Passing {
            asks: own.asks.clone().or_else(|| sent.asks.clone()),
            only_from: own.only_from.clone().or_else(|| sent.only_from.clone()),
        };
        own.iter().flat_map(|own| sent.iter().map(move |sent| both(own, sent))).collect()
    }

    /// What a location or a stream server passes on.
    fn pass(&mut self, block: &[Directive], listens: &[Listen], scope: &Scope, location: &str) {
        let passes = |d: &&Directive| matches!(&*d.name, "proxy_pass" | "grpc_pass");
        for directive in block.iter().filter(passes) {
            let filled = scope.filled(directive.arg(), self.program);
            for target in self.targets(&filled) {
                let certain = location.is_empty() || is_whole(location, target.path.as_deref());
                for listen in listens {
                    self.forward(directive.place, &target, listen, scope, location, certain);
                }
            }
        }
    }

    fn targets(&self, filled: &str) -> Vec<Target> {
        let (scheme, rest) = filled.split_once("://").unwrap_or(("", filled));
        let (name, path) = rest.split_once('/').map_or((rest, None), |(n, p)| (n, Some(p)));
        let Some((_, servers)) = self.upstreams.iter().find(|(n, _)| n == name) else {
            return target::target(filled).into_iter().collect();
        };
        let usual = if scheme == "https" { 443 } else { 80 };
        let full = |server: &String| {
            let mut target = target::target(server)?;
            // A server of an upstream has port 80 unless it says otherwise.
            target.port = target.port.or((!scheme.is_empty()).then_some(usual));
            target.path = path.map(|path| format!("/{path}"));
            Some(target)
        };
        servers.iter().filter_map(full).collect()
    }

    fn forward(
        &mut self,
        place: Place,
        target: &Target,
        listen: &Listen,
        scope: &Scope,
        location: &str,
        certain: bool,
    ) {
        for guard in self.passing(scope, location, listen.tls) {
            let mut origin = Origin::written(place);
            if !certain {
                let how = format!("only what nginx's location `{location}` takes is passed on");
                origin.basis = Basis::Guessed(how.into());
            }
            let what = if location.is_empty() { String::new() } else { format!(" `{location}`") };
            self.out.push(Forward {
                listens: listen.port,
                host: target.host.clone(),
                port: target.port,
                udp: listen.udp,
                open: Fact::Known(true, origin),
                asks: guard.asks,
                only_from: guard.only_from,
                ends_tls: listen.tls,
                place,
                say: Name::from(format!("nginx passes{what} on to {}", target.shown())),
            });
        }
    }
}

/// Whether a location hands on every path of the store behind it.
fn is_whole(location: &str, path: Option<&str>) -> bool {
    match path {
        None => location == "/" || location.starts_with('@'),
        Some(path) => path == "/" && !location.starts_with('~'),
    }
}

/// `server ADDRESS PARAMETERS`; those that are marked `down` take nothing.
fn servers(upstream: &[Directive]) -> Vec<String> {
    let servers = upstream.iter().filter(|d| d.name == "server");
    let up = servers.filter(|d| !d.args.iter().any(|arg| arg == "down"));
    up.map(|d| d.arg().to_owned()).collect()
}

/// The ports of a server; without `listen` it is 80 (nginx.org, `ngx_http_core_module`, "listen").
fn listens(block: &[Directive], is_stream: bool) -> Vec<Listen> {
    let listed: Vec<&Directive> = block.iter().filter(|d| d.name == "listen").collect();
    if listed.is_empty() && !is_stream {
        return vec![Listen { port: Some(80), tls: false, udp: false }];
    }
    let mut out = Vec::new();
    for listen in listed {
        let has = |word: &str| listen.args.iter().any(|arg| arg == word);
        let (host, port) = target::listen(listen.arg());
        if listen.arg().starts_with("unix:") || target::is_loopback(host) {
            continue;
        }
        // An address alone means port 80; what a template fills in may be any.
        let port = if listen.arg().contains('$') { None } else { port.or(Some(80)) };
        out.push(Listen { port, tls: has("ssl"), udp: has("udp") });
    }
    let ssl = block.iter().any(|d| d.name == "ssl" && d.arg() == "on");
    for listen in &mut out {
        listen.tls |= ssl;
    }
    // The same port for both families of addresses.
    out.dedup_by(|a, b| a.port == b.port && a.udp == b.udp && a.tls == b.tls);
    out
}
