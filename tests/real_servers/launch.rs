//! How each image starts its server, as its start script documentedly does it.

use std::fs;
use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compose::{SECRET, Service};
use crate::servers::{Listen, Room, is_root, program as program_named, words};

/// docker-library/redis: `redis-server` with the command's words; a first word that names a file is
/// the configuration. The image is compiled with protected mode off, here a line that all others
/// overrule says so.
pub(crate) fn redis(program: &Path, service: &Service, room: &Room) -> Result<Command, String> {
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
pub(crate) fn memcached(program: &Path, service: &Service, room: &Room) -> Result<Command, String> {
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
pub(crate) fn postgresql(
    program: &Path,
    service: &Service,
    room: &Room,
) -> Result<Command, String> {
    let words = words(service, &["postgres"])?;
    let method = service.variable(&["POSTGRES_HOST_AUTH_METHOD"]);
    let password = service.variable(&["POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE"]);
    if password.is_none() && method != Some("trust") {
        return Err("the start script stops without a password".into());
    }
    let user = service.variable(&["POSTGRES_USER"]).unwrap_or("postgres");
    let data = room.path("data");
    if let Some((user, group)) = room.servant {
        chown(&room.folder, Some(user), Some(group)).unwrap();
    }
    copy(&cluster(program, room, user)?, Path::new(&data), room.servant).unwrap();
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

/// What `initdb` makes, once for each superuser in the folder that all examples share.
fn cluster(program: &Path, room: &Room, user: &str) -> Result<PathBuf, String> {
    let data = room.folder.ancestors().nth(2).unwrap().join(format!("made-{user}"));
    if data.is_dir() {
        return Ok(data);
    }
    let secret = room.folder.join("password");
    fs::write(&secret, SECRET).unwrap();
    fs::create_dir_all(&data).unwrap();
    let beside = program.with_file_name("initdb");
    let initdb = if beside.is_file() { Some(beside) } else { program_named("initdb") };
    let mut init = Command::new(initdb.ok_or("no initdb")?);
    init.arg("-D").arg(&data).args(["-U", user, "--no-sync", "-A", "scram-sha-256"]);
    init.arg("--pwfile").arg(&secret);
    if let Some((user, group)) = room.servant {
        chown(&data, Some(user), Some(group)).unwrap();
        chown(&secret, Some(user), Some(group)).unwrap();
        init.uid(user).gid(group);
    }
    succeed(init.current_dir(&room.folder))?;
    Ok(data)
}

/// MariaDB/mariadb-docker, docker-entrypoint.sh: an empty database, `root` from everywhere with the
/// password or, if that is allowed, without, then `mariadbd` with the command's words and the files
/// of `/etc/mysql/conf.d`. The image resolves no names; a client on loopback is nobody special then.
pub(crate) fn mariadb(program: &Path, service: &Service, room: &Room) -> Result<Command, String> {
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
    let user = if is_root() { &["--user=root"][..] } else { &[] };
    let host = service.variable(&["MARIADB_ROOT_HOST", "MYSQL_ROOT_HOST"]).unwrap_or("%");
    let data = room.path("data");
    copy(&accounts(program, room, user, password, host)?, Path::new(&data), None).unwrap();
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
    command.args(user);
    Ok(command)
}

/// An empty database with the accounts that the start script makes. Made once for each password, in
/// the folder that all examples share: it takes longer than everything else.
fn accounts(
    program: &Path,
    room: &Room,
    user: &[&str],
    password: &str,
    host: &str,
) -> Result<PathBuf, String> {
    let shared = room.folder.ancestors().nth(2).unwrap();
    let data = shared.join(format!("made-{}-{}", password.len(), host.replace('%', "all")));
    if data.is_dir() {
        return Ok(data);
    }
    let install = program_named("mariadb-install-db").ok_or("no mariadb-install-db")?;
    let mut install = Command::new(install);
    install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
    install.arg(format!("--datadir={}", data.display())).args(user);
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
    succeed(first.args(user).stdin(fs::File::open(&sql).unwrap()))?;
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

/// Copies a folder, and gives it to somebody else.
fn copy(from: &Path, to: &Path, owner: Option<(u32, u32)>) -> io::Result<()> {
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    let give =
        |path: &Path| owner.map_or(Ok(()), |(user, group)| chown(path, Some(user), Some(group)));
    give(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, owner)?;
        } else if entry.file_type()?.is_file() {
            fs::copy(entry.path(), &target)?;
            give(&target)?;
        }
    }
    Ok(())
}
