//! The same configurations given to a real server and to seawall, and the same questions asked of
//! both: does it start, what are its merged documents, which ports are open where, who gets in
//! without a password.
//!
//! The server is Debian's `clickhouse-server`, release 18.16, from `SEAWALL_CLICKHOUSE_SERVER` or
//! the `PATH`. What that release does otherwise than today's is left out by the rules in
//! `generate.rs` and `left_out`, each with its reason. Where there is no server, this says so and
//! passes, unless `SEAWALL_REQUIRE_CLICKHOUSE` is set.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests read and write files and may panic"
)]

#[path = "clickhouse/generate.rs"]
mod generate;
#[path = "clickhouse/server.rs"]
mod server;

use std::env;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use generate::Case;
use seawall::clickhouse_verdict::{self as ours, Verdict};
use server::{Answers, LOCAL, Server};

const SEED: u64 = 0x5ea_0a11;
const CASES: u64 = 300;
const WORKERS: u64 = 4;

/// Not captured as `println!` is: a skipped comparison must be seen.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn number(variable: &str, otherwise: u64) -> u64 {
    env::var(variable).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

fn binary() -> Option<PathBuf> {
    if let Some(path) = env::var_os("SEAWALL_CLICKHOUSE_SERVER").filter(|p| !p.is_empty()) {
        return Some(path.into());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join("clickhouse-server")).find(|p| p.is_file())
}

/// What was compared.
#[derive(Default)]
struct Tally {
    /// Answers on which both agree.
    agreed: u64,
    /// Answers that seawall leaves open, for what is not in the files.
    open: u64,
    /// Configurations that the server refuses, as seawall said.
    refused: u64,
    different: Vec<String>,
    /// The configurations of some of those.
    shown: Vec<String>,
}

impl Tally {
    fn add(&mut self, what: &str, server: bool, ours: Option<bool>) {
        match ours {
            None => self.open += 1,
            Some(ours) if ours == server => self.agreed += 1,
            Some(ours) => {
                self.different.push(format!("{what}: the server says {server}, seawall {ours}"));
            }
        }
    }

    fn add_document(&mut self, what: &str, server: &str, ours: &str) {
        if server == ours {
            self.agreed += 1;
            return;
        }
        let mut text = format!("{what} differs\n");
        let _ = writeln!(text, "--- server\n{server}--- seawall\n{ours}");
        self.different.push(text);
    }
}

#[test]
fn seawall_agrees_with_the_server() {
    let Some(binary) = binary() else {
        let required = env::var_os("SEAWALL_REQUIRE_CLICKHOUSE").is_some_and(|v| v == "1");
        assert!(!required, "no clickhouse-server in SEAWALL_CLICKHOUSE_SERVER or the PATH");
        say("SKIPPED: no clickhouse-server; install Debian's to compare seawall with it");
        return;
    };
    let (seed, cases) = (number("SEAWALL_SEED", SEED), number("SEAWALL_CASES", CASES));
    let only = env::var("SEAWALL_CASE").ok().and_then(|v| v.parse::<u64>().ok());
    let next = AtomicU64::new(0);
    let total = Mutex::new(Tally::default());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= cases {
                        break;
                    }
                    if only.is_some_and(|only| only != index) {
                        continue;
                    }
                    let found = compare(&binary, seed, index);
                    let mut total = total.lock().unwrap();
                    total.agreed += found.agreed;
                    total.open += found.open;
                    total.refused += found.refused;
                    total.different.extend(found.different);
                    total.shown.extend(found.shown);
                }
            });
        }
    });
    let mut total = total.into_inner().unwrap();
    let all = total.agreed + total.different.len() as u64;
    say(&format!(
        "clickhouse-server and seawall agree on {} of {all} answers about {cases} configurations \
         ({} of them refused by both); {} more are open, being told in no file; seed {seed:#x}",
        total.agreed, total.refused, total.open
    ));
    let heads = total.different.iter().filter_map(|d| d.lines().next()).take(60);
    let heads: Vec<&str> = heads.collect();
    total.shown.truncate(2);
    let shown = total.shown.join("\n");
    assert!(total.different.is_empty(), "{}\n\n{shown}", heads.join("\n"));
}

/// One configuration, given to the server and twice to seawall: as a folder and as mounts.
fn compare(binary: &std::path::Path, seed: u64, index: u64) -> Tally {
    let mut tally = Tally::default();
    let case = Case::generate(seed, index);
    let folder = env::temp_dir().join(format!("seawall-ch-{}-{index}", std::process::id()));
    let Answers { started, documents, server } = Server::ask(binary, &folder, &case);
    let here = folder.to_str().unwrap();
    let mounted = ours::in_container(
        &case.main,
        &case.files_in("/etc/clickhouse-server"),
        &case.variables,
        &case.arguments,
    );
    let on_disk = ours::on_disk(&case.files_in(here));
    let label = |way: &str| format!("case {index}, {way}");
    // A main file of another name does not stand for its folder.
    let address = if case.main == "config.xml" { "ch:." } else { "ch:server.xml" };
    let on_disk = on_disk.iter().find(|v| v.address() == address);
    let views = [(mounted.as_ref(), "as mounts"), (on_disk, "as a folder")];
    for (verdict, way) in views {
        let Some(verdict) = verdict else {
            tally.different.push(format!("{}: no server found", label(way)));
            continue;
        };
        // A folder says nothing of arguments.
        if way == "as a folder" && !case.arguments.is_empty() {
            continue;
        }
        tally.add(&format!("{}: starts", label(way)), started, Some(verdict.starts()));
        if !started || !verdict.starts() {
            tally.refused += u64::from(!started && !verdict.starts() && way == "as mounts");
            continue;
        }
        let folders = ["/etc/clickhouse-server", here];
        let neutral = |text: &str| folders.iter().fold(text.to_owned(), |t, f| t.replace(f, "DIR"));
        // Arguments are no part of the document that the server writes down, and a folder tells no
        // variable.
        let with_variables = case.uses_variables() && !case.tells_variables();
        if way == "as mounts" || !with_variables {
            let find = |name: &str| documents.iter().find(|(n, _)| *n == name);
            if case.arguments.is_empty()
                && let Some((_, text)) = find(&case.main)
            {
                let what = format!("{}: server document", label(way));
                tally.add_document(&what, &neutral(text), &neutral(&verdict.server));
            }
            if let Some((_, text)) = case.users.as_ref().and_then(|u| find(u))
                && let Some(users) = &verdict.users
            {
                let what = format!("{}: users document", label(way));
                tally.add_document(&what, &neutral(text), &neutral(users));
            }
        }
        ports(&mut tally, &label(way), verdict, &case, &server);
        if let Some(asked) = server.replicas_asked {
            let what = format!("{}: the port for replicas asks", label(way));
            tally.add(&what, asked, verdict.asks(case.replicas));
        }
        logins(&mut tally, &label(way), verdict, &case, &server, &documents);
    }
    if !tally.different.is_empty() {
        let mut shown = tally.different.join("\n") + "\n";
        for (path, text) in case.files_in(here) {
            let _ = writeln!(shown, "== {path}\n{text}");
        }
        let (variables, arguments) = (&case.variables, &case.arguments);
        let _ = writeln!(shown, "== {variables:?} {arguments:?}\n{}", server.log);
        tally.shown.push(shown);
    }
    let _ = std::fs::remove_dir_all(&folder);
    tally
}

fn ports(tally: &mut Tally, label: &str, verdict: &Verdict, case: &Case, server: &Server) {
    for (port, address) in Server::asked(case) {
        let what = format!("{label}: port {port} open on {address}");
        tally.add(&what, server.is_open(port, address), verdict.listens(port, address));
    }
}

fn logins(
    tally: &mut Tally,
    label: &str,
    verdict: &Verdict,
    case: &Case,
    server: &Server,
    documents: &[(String, String)],
) {
    let users = case.users.as_ref().unwrap_or(&case.main);
    let document = documents.iter().find(|(n, _)| n == users).map_or("", |(_, t)| t.as_str());
    for login in &server.logins {
        let client: IpAddr = LOCAL[usize::from(login.client.is_ipv6())];
        let account = &login.account;
        if left_out(document, account, client) {
            continue;
        }
        let known = verdict.accounts().contains(&account.as_str());
        let ours = match (verdict.opens(account), verdict.admits(account, client)) {
            _ if !known => Some(false),
            (_, Some(false)) => Some(false),
            // A wrong password is refused by whoever has one, the empty one among them.
            _ if login.password == generate::WRONG => Some(false),
            (Some(false), _) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        let what = format!(
            "{label}: `{account}` from {client} with `{}` by {}",
            login.password, login.protocol
        );
        tally.add(&what, login.accepted, ours);
        if let Some(wrote) = login.wrote {
            tally.add(&format!("{what} makes a database"), wrote, verdict.writes(account));
        }
    }
}

/// Clients that 18.16 judges otherwise than today's servers do.
fn left_out(users: &str, account: &str, client: IpAddr) -> bool {
    // The second account of a name is called `app[1]`.
    let (name, nth) = match account.split_once('[') {
        Some((name, rest)) => (name, rest.trim_end_matches(']').parse().unwrap_or(0)),
        None => (account, 0),
    };
    let head = format!("\n  {name} ");
    let mut heads = users.match_indices(&head).map(|(at, _)| at + 1);
    let Some(start) = heads.nth(nth) else { return false };
    let block: Vec<&str> =
        users[start..].lines().skip(1).take_while(|l| l.starts_with("    ")).collect();
    // Without networks: nobody then, anybody now.
    if !block.iter().any(|l| l.starts_with("    networks")) {
        return true;
    }
    // One loopback address means both families now.
    let has = |text: &str| block.iter().any(|l| l.trim_end().ends_with(text));
    let (four, six) = (has("\"127.0.0.1\""), has("\"::1\""));
    let any = has("\"::/0\"");
    // What a name leads to is the machine's business.
    let named = has("host \"localhost\"") && client.is_ipv6();
    !any && (named || four != six && (if client.is_ipv6() { four } else { six }))
}
