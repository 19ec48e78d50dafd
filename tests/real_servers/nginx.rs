//! The reader of nginx's files against nginx: what stands in `nginx.md` lies before a store without
//! a password in a cluster, and a stranger from the internet asks for it. nginx answers him as
//! seawall says, or one of them is wrong.
//!
//! The stranger's address is told by a header that nginx is made to believe (`real_ip_header`), for
//! all that is heard on loopback comes from loopback.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::examples;
use crate::knock::{self, Answer};
use crate::servers::{self, Running};

/// What the store answers whoever comes through.
const WORD: &str = "the store answers";

/// An address that is nobody's (RFC 5737).
const STRANGER: &str = "203.0.113.9";

/// How long a client waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// The cluster, but for nginx's file.
const MANIFEST: &str = include_str!("nginx.yaml");

/// What the test's nginx says around an example.
const AROUND: &str = "daemon off; master_process off; pid FOLDER/pid; error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path FOLDER/body; proxy_temp_path FOLDER/proxy; fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi; scgi_temp_path FOLDER/scgi;
  set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;
";

#[test]
fn nginx_lets_through_whom_its_reader_says() {
    let mode = std::env::var("SEAWALL_REAL_SERVERS").unwrap_or_default();
    let Some(program) = servers::program("nginx") else {
        // Not `eprintln!`: the test harness hides that of a test that passes.
        let _ = writeln!(io::stderr(), "real servers: SKIPPED, nginx is not installed");
        assert!(mode != "require", "nginx is not installed");
        return;
    };
    let scratch = crate::Scratch::new("nginx");
    let store = Store::open();
    let (mut wrong, mut seen) = (String::new(), Vec::new());
    let all = examples::with("nginx.md");
    for (number, example) in all.iter().enumerate() {
        let folder = scratch.0.join(number.to_string());
        let (_, text) = example.files.iter().find(|(name, _)| name == "default.conf").unwrap();
        let expected = verdict(text, &folder.join("judged"));
        let got = start(&program, text, store.port, &folder.join("run")).and_then(|running| {
            knock::patiently(knock_at, address(running.port)).map_err(|e| e.to_string())
        });
        match (expected, got) {
            (Ok(expected), Ok(got)) if expected == got => seen.push(got),
            (expected, got) => {
                let title = &example.title;
                writeln!(wrong, "{title}: seawall expects {expected:?}, nginx: {got:?}").unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(seen.contains(&Answer::LetIn) && seen.contains(&Answer::Refused));
    let _ = writeln!(io::stderr(), "real servers: nginx agrees in {} examples", seen.len());
}

/// Whether a stranger gets in, after seawall.
fn verdict(text: &str, folder: &Path) -> Result<Answer, String> {
    let mut manifest = MANIFEST.to_owned();
    for line in text.lines() {
        writeln!(manifest, "    {line}").unwrap();
    }
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("cluster.yaml"), manifest).unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_seawall"))
        .args(["inventory", "--format", "json"])
        .arg(folder)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    let facts = report["stores"][0]["facts"].as_array().ok_or("no store")?;
    let open = facts.iter().filter(|fact| fact["name"] == "open to" && fact["state"] == "known");
    let lines: Vec<&str> = open.filter_map(|fact| fact["value"].as_str()).collect();
    match lines.first().ok_or("seawall leaves open who gets in")? {
        line if line.ends_with("on the internet") => Ok(Answer::LetIn),
        _ if lines.iter().any(|line| line.starts_with("perhaps anyone on the internet")) => {
            Err("perhaps".into())
        }
        _ => Ok(Answer::Refused),
    }
}

/// nginx with the example's servers, on loopback and before the test's store.
fn start(program: &Path, text: &str, store: u16, folder: &Path) -> Result<Running, String> {
    fs::create_dir_all(folder).unwrap();
    let port = servers::free_port();
    let here = folder.to_string_lossy();
    fs::write(folder.join("users"), "reader:{PLAIN}known-to-nobody\n").unwrap();
    let text = text
        .replace("listen 80", &format!("listen 127.0.0.1:{port}"))
        .replace("store:9200", &format!("127.0.0.1:{store}"))
        .replace("/etc/nginx/users/htpasswd", &format!("{here}/users"));
    let config = folder.join("nginx.conf");
    fs::write(&config, AROUND.replace("FOLDER", &here) + &text + "}\n").unwrap();
    let log = folder.join("log");
    let mut command = Command::new(program);
    command.arg("-p").arg(folder).arg("-c").arg(&config);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&log).unwrap());
    Running::begin(&mut command, port, &log)
}

fn address(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Asks for some paths, without a password; one that is answered by the store is enough.
fn knock_at(address: SocketAddr) -> io::Result<Answer> {
    for path in ["/", "/_search", "/search/x"] {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: a\r\nX-Forwarded-For: {STRANGER}\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.contains(WORD) {
            return Ok(Answer::LetIn);
        }
    }
    Ok(Answer::Refused)
}

/// A store that asks nothing of anybody, until it is dropped.
struct Store {
    port: u16,
    closed: Arc<AtomicBool>,
}

impl Store {
    fn open() -> Store {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let closed = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&closed);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let _ = stream.set_read_timeout(Some(PATIENCE));
                let _ = stream.read(&mut [0; 4096]);
                let _ = write!(stream, "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n{WORD}\n");
            }
        });
        Store { port, closed }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(address(self.port));
    }
}
