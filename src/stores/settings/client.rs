//! Containers that only use a server's image for the client in it: jobs, sidecars, probes.

use super::arguments::{base, shell};
use super::words::{self, Word};
use crate::stores::Program;

/// Programs that come with server images and serve nobody.
const CLIENTS: [&str; 43] = [
    "redis-cli",
    "valkey-cli",
    "keydb-cli",
    "mongo",
    "mongosh",
    "mongodump",
    "mongorestore",
    "mongoimport",
    "mysql",
    "mysqladmin",
    "mysqldump",
    "mariadb",
    "mariadb-admin",
    "mariadb-dump",
    "psql",
    "pg_dump",
    "pg_dumpall",
    "pg_restore",
    "pg_isready",
    "createdb",
    "clickhouse-client",
    "clickhouse-local",
    "clickhouse-benchmark",
    "cqlsh",
    "nodetool",
    "etcdctl",
    "mc",
    "influx",
    "cypher-shell",
    "kafka-topics",
    "kafka-topics.sh",
    "kafka-console-consumer",
    "kafka-console-producer",
    "kafka-configs",
    "kafka-configs.sh",
    "rabbitmqadmin",
    "rpk",
    "elasticsearch-certutil",
    "memtier_benchmark",
    "redis-benchmark",
    "curl",
    "wget",
    "nc",
];

/// Commands of a shell script that start no server.
const TOOLS: [&str; 41] = [
    "sleep", "echo", "printf", "true", "false", "exit", "test", "[", "[[", "cat", "tail", "head",
    "grep", "sed", "awk", "cut", "tr", "date", "cp", "mv", "rm", "mkdir", "touch", "chmod",
    "chown", "ln", "ls", "cd", "set", "export", "trap", "wait", "break", "continue", "apt-get",
    "apk", "yum", "microdnf", "openssl", "tar", "gzip",
];

/// Words before a command.
const BEFORE: [&str; 11] =
    ["do", "then", "else", "if", "elif", "until", "while", "!", "exec", "time", "sudo"];

/// Words that are no command.
const ENDS: [&str; 4] = ["done", "fi", "esac", "for"];

/// Whether the container surely starts something that serves nobody.
pub(crate) fn is_client(program: &Program) -> bool {
    let container = program.container;
    let mut all = words::arguments(&container.command, program);
    all.extend(words::arguments(&container.args, program));
    match shell(&all) {
        Some(script) if script.why().is_none_or(|_| !script.is_open()) => {
            let lines = words::commands(script, program);
            let mut leads = lines.iter().filter_map(|line| lead(line)).peekable();
            leads.peek().is_some()
                && leads.all(|(name, next)| is(name, next, &CLIENTS) || TOOLS.contains(&name))
        }
        Some(_) => false,
        // An image's start script hands another program's line on to it.
        None => {
            let mut rest = all.iter().skip_while(|w| base(&w.text).ends_with("entrypoint.sh"));
            let (first, next) = (rest.next(), rest.next());
            let name = first.map_or("", |w| base(&w.text));
            is(name, next.map(|w| &*w.text), &CLIENTS) || matches!(name, "sleep" | "tail")
        }
    }
}

/// The command that a line begins with, and the word after it.
fn lead(line: &[Word]) -> Option<(&str, Option<&str>)> {
    let assigns = |text: &str| {
        text.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    let mut rest = line.iter().skip_while(|w| BEFORE.contains(&&*w.text) || assigns(&w.text));
    let first = base(&rest.next()?.text);
    (!ENDS.contains(&first)).then(|| (first, rest.next().map(|w| &*w.text)))
}

fn is(name: &str, next: Option<&str>, clients: &[&str]) -> bool {
    let part = matches!(next, Some("client" | "local" | "benchmark")) && name == "clickhouse";
    part || clients.contains(&name)
}
