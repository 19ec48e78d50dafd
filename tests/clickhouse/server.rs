//! A real server on loopback addresses: started in a folder of its own, asked, stopped.

use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use seawall::clickhouse_verdict::canonical_document;

use crate::generate::{Case, WRONG};

/// Addresses from which the questions come.
pub(crate) const LOCAL: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

const START: Duration = Duration::from_secs(60);
const ANSWER: Duration = Duration::from_secs(30);

/// One attempt to get in.
pub(crate) struct Login {
    pub(crate) account: String,
    pub(crate) password: &'static str,
    pub(crate) client: IpAddr,
    pub(crate) protocol: &'static str,
    pub(crate) accepted: bool,
    /// Whether it made a database, where that was tried.
    pub(crate) wrote: Option<bool>,
}

/// What a server showed of itself.
#[derive(Default)]
pub(crate) struct Server {
    open: Vec<(u16, IpAddr)>,
    pub(crate) logins: Vec<Login>,
    /// Whether the port for replicas refuses who shows nothing.
    pub(crate) replicas_asked: Option<bool>,
    pub(crate) log: String,
}

pub(crate) struct Answers {
    pub(crate) started: bool,
    /// Documents as the server wrote them down, by the name of the main file of each.
    pub(crate) documents: Vec<(String, String)>,
    pub(crate) server: Server,
}

/// Every address that a case may listen on.
fn addresses() -> Vec<IpAddr> {
    let mut out: Vec<IpAddr> = (1..=5).map(|n| Ipv4Addr::new(127, 0, 0, n).into()).collect();
    if std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        out.push(Ipv6Addr::LOCALHOST.into());
    }
    out
}

impl Server {
    pub(crate) fn ask(binary: &Path, folder: &Path, case: &Case) -> Answers {
        let here = folder.to_str().unwrap();
        for (path, text) in case.files_in(here) {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::create_dir_all(folder.join("data/tmp")).unwrap();
        let log = fs::File::create(folder.join("log")).unwrap();
        let child = Command::new(binary)
            .arg(format!("--config-file={here}/{}", case.main))
            .args(&case.arguments)
            .current_dir(folder)
            .env_clear()
            .envs(case.variables.iter().map(|(n, v)| (n, v)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut running = Running(child);
        let mut server = Server::default();
        let started = server.wait(&mut running.0, case);
        if started {
            server.log_in(case);
            let replicas = server.open.iter().find(|(port, _)| *port == case.replicas);
            let stream = replicas.and_then(|(port, address)| connect(*port, *address));
            server.replicas_asked = stream.and_then(asks_replicas);
        }
        drop(running);
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        server.log = log.lines().take(8).collect::<Vec<_>>().join("\n");
        Answers { started, documents: documents(folder), server }
    }

    pub(crate) fn asked(case: &Case) -> Vec<(u16, IpAddr)> {
        let addresses = addresses();
        case.ports.iter().flat_map(|p| addresses.iter().map(|a| (*p, *a))).collect()
    }

    pub(crate) fn is_open(&self, port: u16, address: IpAddr) -> bool {
        self.open.contains(&(port, address))
    }

    /// Waits until a port opens or the server gives up.
    fn wait(&mut self, child: &mut Child, case: &Case) -> bool {
        let until = Instant::now() + START;
        let asked = Server::asked(case);
        while Instant::now() < until {
            let opened = asked.iter().any(|(port, address)| connect(*port, *address).is_some());
            if opened {
                // Ports are opened one after the other.
                sleep(Duration::from_millis(80));
                self.open = asked.into_iter().filter(|(p, a)| connect(*p, *a).is_some()).collect();
                return true;
            }
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            sleep(Duration::from_millis(20));
        }
        // Alive, and nothing to ask it by.
        true
    }

    fn log_in(&mut self, case: &Case) {
        for account in &case.accounts {
            for password in ["", WRONG] {
                for (port, address) in self.open.clone() {
                    // Loopback clients have the address that they ask, on a system of one host
                    // 127.0.0.1 for all of 127.0.0.0/8.
                    let ask: fn(TcpStream, &str, &str) -> Option<bool> = match () {
                        () if !LOCAL.contains(&address) => continue,
                        () if case.http.contains(&port) => http,
                        () if case.native.contains(&port) => native,
                        () => continue,
                    };
                    let protocol = if case.http.contains(&port) { "HTTP" } else { "native" };
                    let accepted =
                        connect(port, address).and_then(|stream| ask(stream, account, password));
                    if let Some(accepted) = accepted {
                        let account = account.clone();
                        let client = address;
                        let tried = accepted && protocol == "HTTP" && password.is_empty();
                        let stream = tried.then(|| connect(port, address)).flatten();
                        let wrote = stream.and_then(|stream| writes(stream, &account));
                        let login = Login { account, password, client, protocol, accepted, wrote };
                        self.logins.push(login);
                    }
                }
            }
        }
    }
}

/// A process that does not outlive its case.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn connect(port: u16, address: IpAddr) -> Option<TcpStream> {
    let address = SocketAddr::new(address, port);
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(2)).ok()?;
    // A port that nobody listens on may be given to the client itself.
    (stream.local_addr().ok()? != address).then_some(stream)
}

/// Whether an account may make a database.
fn writes(mut stream: TcpStream, account: &str) -> Option<bool> {
    let query = "CREATE DATABASE IF NOT EXISTS made";
    let head = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\
         X-ClickHouse-User: {account}\r\n\r\n{query}",
        query.len()
    );
    Some(status(&mut stream, &head)? == *b"200")
}

/// Whether a replica must show credentials: without them any answer but 401 comes.
fn asks_replicas(mut stream: TcpStream) -> Option<bool> {
    let request = "GET /?endpoint=DataPartsExchange%3Ax&compress=false HTTP/1.1\r\nHost: a\r\n\
                   Connection: close\r\n\r\n";
    Some(status(&mut stream, request)? == *b"401")
}

fn status(stream: &mut TcpStream, request: &str) -> Option<[u8; 3]> {
    stream.set_read_timeout(Some(ANSWER)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).ok()?;
    answer[9..].try_into().ok()
}

fn http(mut stream: TcpStream, account: &str, password: &str) -> Option<bool> {
    let request = format!(
        "GET /?query=SELECT%201 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         X-ClickHouse-User: {account}\r\nX-ClickHouse-Key: {password}\r\n\r\n"
    );
    Some(status(&mut stream, &request)? == *b"200")
}

/// The native protocol's greeting: the server answers with its own, or with an exception.
fn native(mut stream: TcpStream, account: &str, password: &str) -> Option<bool> {
    stream.set_read_timeout(Some(ANSWER)).ok()?;
    let mut hello = vec![0];
    let text = |out: &mut Vec<u8>, text: &str| {
        out.push(u8::try_from(text.len()).unwrap());
        out.extend(text.as_bytes());
    };
    text(&mut hello, "seawall");
    // Version 18.16, revision 54412 in seven bits a byte.
    hello.extend([18, 16, 0x8c, 0xa9, 0x03]);
    for part in ["", account, password] {
        text(&mut hello, part);
    }
    stream.write_all(&hello).ok()?;
    let mut answer = [0];
    stream.read_exact(&mut answer).ok()?;
    Some(answer[0] == 0)
}

/// What the server wrote of its documents when it read them.
fn documents(folder: &Path) -> Vec<(String, String)> {
    let Ok(entries) = fs::read_dir(folder.join("data/preprocessed_configs")) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let text = fs::read_to_string(&path).ok()?;
            let name = path.file_name()?.to_str()?.to_owned();
            Some((name, canonical_document(&text)?))
        })
        .collect()
}
