//! The servers, started with the machine's own programs. Arguments, variables and files are those of the example; only the port, the data's
//! folder and, on loopback, the address are the test's.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::compose::Service;
use crate::knock::{self, Answer};
use crate::launch;

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(60);

/// Where a server listens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listen {
    Loopback,
    AsWritten,
}

/// One product.
pub(crate) struct Server {
    /// The card's page.
    pub(crate) page: &'static str,
    programs: &'static [&'static str],
    /// Debian 12 has a package of it, so that it can be asked for.
    pub(crate) in_debian: bool,
    pub(crate) knock: fn(SocketAddr) -> io::Result<Answer>,
    launch: fn(&Path, &Service, &Room) -> Result<Command, String>,
}

pub(crate) const REDIS: Server = Server {
    page: "redis",
    programs: &["redis-server"],
    in_debian: true,
    knock: knock::redis,
    launch: launch::redis,
};

pub(crate) const VALKEY: Server =
    Server { page: "valkey", programs: &["valkey-server"], in_debian: false, ..REDIS };

pub(crate) const MEMCACHED: Server = Server {
    page: "memcached",
    programs: &["memcached"],
    in_debian: true,
    knock: knock::memcached,
    launch: launch::memcached,
};

pub(crate) const POSTGRESQL: Server = Server {
    page: "postgresql",
    programs: &["postgres"],
    in_debian: true,
    knock: knock::postgresql,
    launch: launch::postgresql,
};

pub(crate) const MARIADB: Server = Server {
    page: "mariadb",
    programs: &["mariadbd"],
    in_debian: true,
    knock: knock::mariadb,
    launch: launch::mariadb,
};

/// A server that ends with this value.
pub(crate) struct Running {
    child: Child,
    pub(crate) port: u16,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the test gives to a server.
pub(crate) struct Room {
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    pub(crate) listen: Listen,
    /// User and group other than root's, where the test runs as root and the server refuses that.
    pub(crate) servant: Option<(u32, u32)>,
}

impl Server {
    /// The program on this machine.
    pub(crate) fn found(&self) -> Option<PathBuf> {
        self.programs.iter().find_map(|name| program(name))
    }

    /// Starts it and waits until it answers; what it cannot do here is the reason it is left out.
    pub(crate) fn start(
        &self,
        service: &Service,
        folder: &Path,
        listen: Listen,
    ) -> Result<Running, String> {
        fs::create_dir_all(folder).unwrap();
        let room = Room { folder: folder.into(), port: free_port(), listen, servant: servant() };
        let log = folder.join("log");
        let mut command = (self.launch)(&self.found().unwrap(), service, &room)?;
        let output = fs::File::create(&log).unwrap();
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        Running::begin(&mut command, room.port, &log)
    }
}

impl Running {
    /// Starts a program and waits until it answers on a port of loopback.
    pub(crate) fn begin(command: &mut Command, port: u16, log: &Path) -> Result<Running, String> {
        let child = command.spawn().map_err(|error| error.to_string())?;
        let mut running = Running { child, port };
        if running.answers() {
            return Ok(running);
        }
        drop(running);
        let log = fs::read_to_string(log).unwrap_or_default();
        Err(format!("the server here does not start: {}", log.lines().last().unwrap_or("no word")))
    }

    fn answers(&mut self) -> bool {
        let (since, address) = (Instant::now(), (Ipv4Addr::LOCALHOST, self.port));
        while since.elapsed() < START && matches!(self.child.try_wait(), Ok(None)) {
            if TcpStream::connect(address).is_ok() {
                // The port may be taken by another program just now; then the child has ended.
                std::thread::sleep(Duration::from_millis(50));
                return matches!(self.child.try_wait(), Ok(None));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

/// A port that nobody listens on just now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Where a program is; Debian keeps PostgreSQL's off the search path.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/bin".into()])
        .chain(versions.map(|version| version.path().join("bin")))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The user `postgres`, if this is root.
fn servant() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").ok()?.uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let mut fields = users.lines().find(|line| line.starts_with("postgres:"))?.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// Whether the test runs as root, whom some servers refuse.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The words behind the program; an image's start script puts the program before a bare option.
pub(crate) fn words<'a>(service: &'a Service, programs: &[&str]) -> Result<&'a [String], String> {
    let mut words = service.command.as_slice();
    if words.first().is_some_and(|word| word.ends_with("docker-entrypoint.sh")) {
        words = &words[1..];
    }
    match words.first() {
        None => Ok(words),
        Some(first) if programs.contains(&first.as_str()) => Ok(&words[1..]),
        Some(first) if first.starts_with(['-', '/']) => Ok(words),
        Some(first) => Err(format!("it starts `{first}`")),
    }
}

impl Room {
    /// Lays what the container has at this path into the room: a file of the example, or a secret,
    /// whose text the example does not have.
    fn file(&self, service: &Service, path: &str, secret: &str) -> Option<PathBuf> {
        let mounted = service.mounted.iter().find(|(to, _)| to == path);
        let text = match mounted {
            Some((_, text)) => self.moved(service, text, secret),
            None => path.starts_with("/run/secrets/").then(|| secret.to_owned())?,
        };
        let laid = self.folder.join(path.trim_matches('/').replace('/', "-"));
        fs::write(&laid, text).unwrap();
        Some(laid)
    }

    /// The same text with the paths of mounted files and secrets as they are here.
    pub(crate) fn moved(&self, service: &Service, text: &str, secret: &str) -> String {
        let mut out = text.to_owned();
        let words = text.split(|c: char| c.is_whitespace() || "='\"".contains(c));
        for path in words.filter(|word| word.starts_with('/') && *word != text) {
            if let Some(laid) = self.file(service, path, secret) {
                out = out.replace(path, &laid.to_string_lossy());
            }
        }
        match self.file(service, text, secret) {
            Some(laid) if text.starts_with('/') => laid.to_string_lossy().into_owned(),
            _ => out,
        }
    }

    /// A path in the room.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }
}
