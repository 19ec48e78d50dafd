//! The cards against the real thing: every Compose example on the pages of Redis, Valkey,
//! `PostgreSQL`, `MariaDB` and memcached, and those of `cases.md` beside this file, is judged by seawall and then
//! started with the same settings. A client without a password knocks; the server's answer and
//! seawall's have to agree.
//!
//! - Servers are the machine's own (Debian's packages). One that is missing is skipped, loudly;
//!   with `SEAWALL_REAL_SERVERS=require` that fails.
//! - Servers listen on loopback. With `SEAWALL_REAL_SERVERS` set they listen where the example says,
//!   for a moment and empty, and are knocked at through the machine's own address too: only that
//!   shows what `bind` and protected mode do.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test makes its own files")]

mod compose;
mod examples;
mod knock;
mod launch;
mod nginx;
mod servers;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

use examples::Example;
use knock::Answer;
use servers::{Listen, Server};

/// Pages of the catalog whose examples are started, and what starts them.
const SERVERS: &[Server] =
    &[servers::REDIS, servers::VALKEY, servers::POSTGRESQL, servers::MARIADB, servers::MEMCACHED];

#[derive(Default)]
struct Tally {
    /// Examples that agreed, by page.
    proven: BTreeMap<String, usize>,
    /// Servers that let somebody in, and that refused somebody.
    seen: BTreeSet<(&'static str, Answer)>,
    left_out: Vec<String>,
    missing: Vec<&'static str>,
    wrong: Vec<String>,
}

#[test]
fn real_servers_let_in_whom_the_cards_say() {
    let mode = std::env::var("SEAWALL_REAL_SERVERS").unwrap_or_default();
    let scratch = Scratch::new("stores");
    let mut tally = Tally::default();
    // One thread for each server: most of the time is waiting for them to start.
    let parts: Vec<Tally> = std::thread::scope(|scope| {
        let threads: Vec<_> = SERVERS
            .iter()
            .map(|server| {
                let (own, folder) = (own_address(&mode), scratch.0.join(server.page));
                scope.spawn(move || check(server, own, &folder))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for part in parts {
        for (page, count) in part.proven {
            *tally.proven.entry(page).or_default() += count;
        }
        tally.seen.extend(part.seen);
        tally.left_out.extend(part.left_out);
        tally.missing.extend(part.missing);
        tally.wrong.extend(part.wrong);
    }
    // Not `eprintln!`: the test harness hides that of a test that passes.
    std::io::stderr().write_all(tally.story().as_bytes()).unwrap();
    assert!(tally.wrong.is_empty(), "\n{}", tally.wrong.join("\n"));
    if mode == "require" {
        assert!(tally.missing.is_empty(), "missing: {}", tally.missing.join(", "));
    }
    let tried = |server: &&Server| {
        mode == "require" && server.in_debian
            || tally.seen.iter().any(|(page, _)| *page == server.page)
    };
    for server in SERVERS.iter().filter(tried) {
        for answer in [Answer::LetIn, Answer::Refused] {
            assert!(
                tally.seen.contains(&(server.page, answer)),
                "no example showed {answer:?} with {}: the test proves nothing of it",
                server.page
            );
        }
    }
}

/// All examples of one server.
fn check(server: &Server, own: Option<IpAddr>, folder: &Path) -> Tally {
    let mut tally = Tally::default();
    if server.found().is_none() {
        if server.in_debian {
            tally.missing.push(server.page);
        }
        tally.left_out.push(format!("{}: no such server on this machine", server.page));
        return tally;
    }
    for (number, example) in examples::of(server.page).iter().enumerate() {
        let folder = folder.join(number.to_string());
        match one(server, example, own, &folder) {
            Ok(answer) => {
                *tally.proven.entry(example.page.clone()).or_default() += 1;
                tally.seen.insert((server.page, answer));
            }
            Err(Fault::LeftOut(why)) => tally.left_out.push(format!("{}: {why}", example.title)),
            Err(Fault::Wrong(what)) => tally.wrong.push(format!("{}: {what}", example.title)),
        }
    }
    tally
}

/// Why an example proves nothing.
enum Fault {
    /// This machine cannot tell.
    LeftOut(String),
    /// The card says what the server does not do.
    Wrong(String),
}

/// Judges one example, starts it and compares.
fn one(
    server: &Server,
    example: &Example,
    own: Option<IpAddr>,
    folder: &Path,
) -> Result<Answer, Fault> {
    let verdict = verdict::of(&example.files, &folder.join("judged")).map_err(Fault::LeftOut)?;
    let service = compose::read(&example.files).map_err(Fault::LeftOut)?;
    let listen = if own.is_some() { Listen::AsWritten } else { Listen::Loopback };
    let running = server.start(&service, &folder.join("run"), listen).map_err(Fault::LeftOut)?;
    let expected = if verdict.asks { Answer::Refused } else { Answer::LetIn };
    let near = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), running.port);
    compare("on the machine itself", expected, knock::patiently(server.knock, near))?;
    if let Some(own) = own {
        let expected = if verdict.loopback { Answer::Refused } else { expected };
        let far = SocketAddr::new(own, running.port);
        compare("through the network interface", expected, knock::patiently(server.knock, far))?;
    }
    Ok(expected)
}

fn compare(from: &str, expected: Answer, got: std::io::Result<Answer>) -> Result<(), Fault> {
    let got = got.map_err(|error| Fault::Wrong(format!("{from}: {error}")))?;
    if got == expected {
        return Ok(());
    }
    Err(Fault::Wrong(format!("{from}: seawall expects {expected:?}, the server answers {got:?}")))
}

impl Tally {
    fn story(&self) -> String {
        let mut out = String::new();
        for skipped in &self.missing {
            writeln!(out, "real servers: SKIPPED, {skipped} is not installed").unwrap();
        }
        for example in &self.left_out {
            writeln!(out, "real servers: left out: {example}").unwrap();
        }
        let cards: Vec<_> =
            self.proven.keys().filter(|page| *page != examples::CASES).cloned().collect();
        let count: usize = self.proven.values().sum();
        writeln!(
            out,
            "real servers: {} cards ({}) proven by {count} examples, {} left out, {} servers missing",
            cards.len(),
            cards.join(", "),
            self.left_out.len(),
            self.missing.len()
        )
        .unwrap();
        out
    }
}

/// An address of this machine that is not loopback, asked of the routing table: no packet leaves.
/// The address is one that nobody has (RFC 5737).
fn own_address(mode: &str) -> Option<IpAddr> {
    if mode.is_empty() {
        return None;
    }
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("198.51.100.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback())
}

/// A folder that goes when the test ends. Short, since paths of sockets are; under the system's
/// own, since PostgreSQL runs as another user who has to come in.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("seawall-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
