//! The servers: what each image's start script documentedly does, done with the machine's own
//! program. Arguments, variables and files are those of the example; only the port, the data's
//! folder and, on loopback, the address are the test's.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::compose::{SECRET, Service};
use crate::knock::{self, Answer};

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(20);

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
    launch: redis,
};

pub(crate) const VALKEY: Server =
    Server { page: "valkey", programs: &["valkey-server"], in_debian: false, ..REDIS };

pub(crate) const MEMCACHED: Server = Server {
    page: "memcached",
    programs: &["memcached"],
    in_debian: true,
    knock: knock::memcached,
    launch: memcached,
};

pub(crate) const POSTGRESQL: Server = Server {
    page: "postgresql",
    programs: &["postgres"],
    in_debian: true,
    knock: knock::postgresql,
    launch: postgresql,
};

pub(crate) const MARIADB: Server = Server {
    page: "mariadb",
    programs: &["mariadbd"],
    in_debian: true,
    knock: knock::mariadb,
    launch: mariadb,
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
struct Room {
    folder: PathBuf,
    port: u16,
    listen: Listen,
    /// User and group other than root's, where the test runs as root and the server refuses that.
    servant: Option<(u32, u32)>,
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
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let room = Room { folder: folder.into(), port: port.port(), listen, servant: servant() };
        let log = folder.join("log");
        let mut command = (self.launch)(&self.found().unwrap(), service, &room)?;
        let output = fs::File::create(&log).unwrap();
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        let child = command.spawn().map_err(|error| error.to_string())?;
        let mut running = Running { child, port: room.port };
        if running.answers() {
            return Ok(running);
        }
        drop(running);
        let log = fs::read_to_string(&log).unwrap_or_default();
        Err(format!("the server here does not start: {}", log.lines().last().unwrap_or("no word")))
    }
}

impl Running {
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

/// Debian keeps PostgreSQL's programs off the search path.
fn program(name: &str) -> Option<PathBuf> {
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

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The words behind the program; an image's start script puts the program before a bare option.
fn words<'a>(service: &'a Service, programs: &[&str]) -> Result<&'a [String], String> {
    let mut words = service.command.as_slice();
    if words.first().is_some_and(|word| word.ends_with("docker-entrypoint.sh")) {
        words = &words[1..];
    }
    match words.first() {
        None => Ok(words),
        Some(first) if programs.contains(&first.as_str()) => Ok(&words[1..]),
        Some(first) if first.starts_with('-') || first.ends_with(".conf") => Ok(words),
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
    fn moved(&self, service: &Service, text: &str, secret: &str) -> String {
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

    fn path(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }
}

/// docker-library/redis: `redis-server` with the command's words; a first word that names a file is
/// the configuration. The image is compiled with protected mode off, here a line that all others
/// overrule says so.
fn redis(program: &Path, service: &Service, room: &Room) -> Result<Command, String> {
    let mut words = words(service, &["redis-server", "valkey-server"])?.to_vec();
    if let Some(more) = service.variable(&["VALKEY_EXTRA_FLAGS"]) {
        words.extend(more.split_whitespace().map(str::to_owned));
    }
    let mut config = "protected-mode no\n".to_owned();
    if words.first().is_some_and(|first| !first.starts_with('-')) {
        let path = words.remove(0);
        let (_, text) =
            service.mounted.iter().find(|(to, _)| *to == path).ok_or("its file is not shown")?;
        config += &room.moved(service, text, SECRET);
    }
    let file = room.folder.join("server.conf");
    fs::write(&file, config).unwrap();
    let mut command = Command::new(program);
    command.arg(file);
    command.args(words.iter().map(|word| room.moved(service, word, SECRET)));
    command.args(["--port", &room.port.to_string(), "--dir", &room.path(""), "--save", ""]);
    command.args(["--daemonize", "no"]);
    if room.listen == Listen::Loopback {
        command.args(["--bind", "127.0.0.1"]);
    }
    Ok(command)
}

/// docker-library/memcached: `memcached` with the command's words, as another user than root.
fn memcached(program: &Path, service: &Service, room: &Room) -> Result<Command, String> {
    let words = words(service, &["memcached"])?;
    let mut command = Command::new(program);
    let mut skip = false;
    for word in words {
        // Addresses add up, so that the test's own has to stand alone.
        let address =
            room.listen == Listen::Loopback && (word == "-l" || word.starts_with("--listen"));
        if !skip && !address {
            command.arg(room.moved(service, word, &format!("reader:{SECRET}\n")));
        }
        skip = address && !word.contains('=');
    }
    // SASL wants to be told how, by a file beside it; whom it knows does not matter here.
    fs::write(room.folder.join("memcached.conf"), "mech_list: plain\n").unwrap();
    command.env("SASL_CONF_PATH", &room.folder);
    command.args(["-p", &room.port.to_string()]);
    if room.listen == Listen::Loopback {
        command.args(["-l", "127.0.0.1"]);
    }
    if is_root() {
        command.args(["-u", "root"]);
    }
    Ok(command)
}

/// docker-library/postgres, docker-entrypoint.sh: `initdb` with the password, the line for everybody
/// in `pg_hba.conf`, then `postgres` with the command's words. The lines for loopback, which trust,
/// are taken out: the test knocks from there and stands for a stranger.
fn postgresql(program: &Path, service: &Service, room: &Room) -> Result<Command, String> {
    let words = words(service, &["postgres"])?;
    let method = service.variable(&["POSTGRES_HOST_AUTH_METHOD"]);
    let password = service.variable(&["POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE"]);
    if password.is_none() && method != Some("trust") {
        return Err("the start script stops without a password".into());
    }
    let data = room.path("data");
    let secret = room.folder.join("password");
    fs::write(&secret, SECRET).unwrap();
    let user = service.variable(&["POSTGRES_USER"]).unwrap_or("postgres");
    let mut init = Command::new(program.with_file_name("initdb"));
    if !program.with_file_name("initdb").is_file() {
        init = Command::new(self::program("initdb").ok_or("no initdb")?);
    }
    init.args(["-D", &data, "-U", user, "--no-sync", "-A", "scram-sha-256"])
        .arg("--pwfile")
        .arg(&secret);
    if let Some((user, group)) = room.servant {
        chown(&room.folder, Some(user), Some(group)).unwrap();
        chown(&secret, Some(user), Some(group)).unwrap();
        init.uid(user).gid(group);
    }
    succeed(init.current_dir(&room.folder))?;
    let line = format!("host all all all {}\n", method.unwrap_or("scram-sha-256"));
    fs::write(Path::new(&data).join("pg_hba.conf"), line).unwrap();
    // The image edits the sample that `initdb` makes `postgresql.conf` of.
    let config = Path::new(&data).join("postgresql.conf");
    let sample = fs::read_to_string(&config).unwrap();
    fs::write(config, format!("{sample}listen_addresses = '*'\n")).unwrap();
    let mut command = Command::new(program);
    command.args(["-D", &data]);
    command.args(words.iter().map(|word| room.moved(service, word, SECRET)));
    command.args(["-p", &room.port.to_string(), "-c", "unix_socket_directories="]);
    if room.listen == Listen::Loopback {
        command.args(["-c", "listen_addresses=127.0.0.1"]);
    }
    if let Some((user, group)) = room.servant {
        command.uid(user).gid(group);
    }
    command.current_dir(&room.folder);
    Ok(command)
}

/// MariaDB/mariadb-docker, docker-entrypoint.sh: an empty database, `root` from everywhere with the
/// password or, if that is allowed, without, then `mariadbd` with the command's words and the files
/// of `/etc/mysql/conf.d`. The image resolves no names; a client on loopback is nobody special then.
fn mariadb(program: &Path, service: &Service, room: &Room) -> Result<Command, String> {
    let words = words(service, &["mariadbd", "mysqld"])?;
    let given = ["MARIADB_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD_FILE"];
    let random = ["MARIADB_RANDOM_ROOT_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD"];
    let empty = ["MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD"];
    let password = if service.variable(&given).or(service.variable(&random)).is_some() {
        SECRET
    } else if service.variable(&empty).is_some() {
        ""
    } else {
        return Err("the start script stops without a password".into());
    };
    let root = if is_root() { &["--user=root"][..] } else { &[] };
    let host = service.variable(&["MARIADB_ROOT_HOST", "MYSQL_ROOT_HOST"]).unwrap_or("%");
    let data = room.path("data");
    copy(&accounts(program, room, root, password, host)?, Path::new(&data)).unwrap();
    let config = room.folder.join("my.cnf");
    let mut text = "[mariadbd]\nskip-name-resolve\n".to_owned();
    let mut mounted: Vec<_> = service.mounted.iter().collect();
    mounted.sort();
    for (to, mounted) in mounted {
        if to.starts_with("/etc/mysql/conf.d/")
            && Path::new(to).extension().is_some_and(|e| e == "cnf")
        {
            text += &room.moved(service, mounted, SECRET);
        }
    }
    fs::write(&config, text).unwrap();
    let mut command = Command::new(program);
    command.arg(format!("--defaults-file={}", config.display())).args(words);
    command.arg(format!("--datadir={data}")).arg(format!("--port={}", room.port));
    command
        .arg(format!("--socket={}", room.path("s")))
        .arg(format!("--pid-file={}", room.path("pid")));
    if room.listen == Listen::Loopback {
        command.arg("--bind-address=127.0.0.1");
    }
    command.args(root);
    Ok(command)
}

/// An empty database with the accounts that the start script makes. Made once for each password, in
/// the folder that all examples share: it takes longer than everything else.
fn accounts(
    program: &Path,
    room: &Room,
    root: &[&str],
    password: &str,
    host: &str,
) -> Result<PathBuf, String> {
    let shared = room.folder.ancestors().nth(2).unwrap();
    let data = shared.join(format!("made-{}-{}", password.len(), host.replace('%', "all")));
    if data.is_dir() {
        return Ok(data);
    }
    let install = self::program("mariadb-install-db").ok_or("no mariadb-install-db")?;
    let mut install = Command::new(install);
    install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
    install.arg(format!("--datadir={}", data.display())).args(root);
    succeed(&mut install)?;
    let sql = room.folder.join("accounts.sql");
    let text = format!(
        "FLUSH PRIVILEGES;\n\
         DROP USER IF EXISTS 'root'@'127.0.0.1', 'root'@'::1';\n\
         EXECUTE IMMEDIATE CONCAT('DROP USER IF EXISTS root@`', @@hostname, '`');\n\
         SET PASSWORD FOR 'root'@'localhost' = PASSWORD('{password}');\n\
         CREATE USER 'root'@'{host}' IDENTIFIED BY '{password}';\n\
         GRANT ALL ON *.* TO 'root'@'{host}' WITH GRANT OPTION;\n"
    );
    fs::write(&sql, text).unwrap();
    let mut first = Command::new(program);
    first.args(["--no-defaults", "--bootstrap"]).arg(format!("--datadir={}", data.display()));
    succeed(first.args(root).stdin(fs::File::open(&sql).unwrap()))?;
    Ok(data)
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let out = command.output().map_err(|error| error.to_string())?;
    if out.status.success() {
        return Ok(());
    }
    let name = command.get_program().to_string_lossy();
    Err(format!("{name}: {}", String::from_utf8_lossy(&out.stderr)))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
