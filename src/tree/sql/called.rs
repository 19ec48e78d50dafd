//! Credentials that queries hand to table functions: `SELECT … FROM remote(…)`, `INSERT INTO
//! FUNCTION s3(…)`, `BACKUP … TO S3(…)`.
//!
//! Which argument is secret is what the server hides in its own log
//! (`src/Parsers/FunctionSecretArgumentsFinder.h`); the order of `redis` is the documentation's.

use super::cursor::Cursor;
use super::lex::Kind;
use super::shown::{NAMES, credential};
use super::{Credential, Credentials};

/// Names are told apart by case, as the server does: `s3` is a function, `S3` an engine.
const FUNCTIONS: [(&str, Order); 28] = [
    ("remote", Order::Remote),
    ("remoteSecure", Order::Remote),
    ("mysql", Order::At(4)),
    ("postgresql", Order::At(4)),
    ("mongodb", Order::At(4)),
    ("redis", Order::At(4)),
    ("s3", Order::Key(2)),
    ("gcs", Order::Key(2)),
    ("oss", Order::Key(2)),
    ("cosn", Order::Key(2)),
    ("deltaLake", Order::Key(2)),
    ("hudi", Order::Key(2)),
    ("iceberg", Order::Key(2)),
    ("icebergS3", Order::Key(2)),
    ("s3Cluster", Order::Key(3)),
    ("deltaLakeCluster", Order::Key(3)),
    ("hudiCluster", Order::Key(3)),
    ("icebergS3Cluster", Order::Key(3)),
    ("azureBlobStorage", Order::Account(4)),
    ("icebergAzure", Order::Account(4)),
    ("azureBlobStorageCluster", Order::Account(5)),
    ("icebergAzureCluster", Order::Account(5)),
    ("url", Order::Address),
    ("urlCluster", Order::Address),
    ("jdbc", Order::Address),
    ("URL", Order::Address),
    ("MongoDB", Order::Address),
    ("S3", Order::Backup),
];

/// Where a function's secret stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Behind an address, a table in one, two or a function's words, and a user.
    Remote,
    At(usize),
    /// Behind a key's name, where a format's columns stand if there is none.
    Key(usize),
    /// Behind an account's name, where a compression stands if there is none.
    Account(usize),
    /// Only within a URL.
    Address,
    /// An engine's name, where a backup goes.
    Backup,
}

/// Headers by which somebody proves who he is.
const HEADERS: [&str; 5] = ["authorization", "x-api-key", "api-key", "x-auth-token", "cookie"];

/// More functions than anybody writes into one statement.
const MAX_CALLS: usize = 1_000;

/// Looks through a statement of any kind.
pub(super) fn read(c: &Cursor) -> Option<Credentials> {
    let backup = c.is_word_at(0, "backup") || c.is_word_at(0, "restore");
    let mut found = Vec::new();
    let mut calls = 0;
    for at in 0..c.len() {
        if c.kind_at(at + 1) != Some(Kind::Punct(b'('))
            || c.kind_at(at) != Some(Kind::Word { quoted: false })
        {
            continue;
        }
        let Some((name, order)) = FUNCTIONS.iter().find(|(name, _)| *name == c.str_at(at)) else {
            continue;
        };
        calls += 1;
        if calls > MAX_CALLS {
            break;
        }
        if *order != Order::Backup || backup {
            let args = c.commas(at + 2, c.behind_bracket(at + 1).saturating_sub(1));
            call(c, name, *order, &args, &mut found);
        }
    }
    found.sort_by_key(|credential| credential.place.start);
    found.dedup_by_key(|credential| credential.place.start);
    (!found.is_empty()).then_some(Credentials { name: None, found })
}

fn call(
    c: &Cursor,
    function: &str,
    order: Order,
    args: &[(usize, usize)],
    out: &mut Vec<Credential>,
) {
    let text = |index: usize| {
        let (from, to) = *args.get(index)?;
        (to == from + 1).then(|| c.part(from, to).string()).flatten()
    };
    let secret = |index: usize| {
        // Before it stands somebody's name, in quotes as well.
        let user = text(index - 1)?;
        text(index)?;
        (!user.is_empty()).then(|| credential(c, args[index].0, function)).flatten()
    };
    let word = |text: &str| !text.contains(char::is_whitespace) && text != "auto";
    match order {
        Order::Remote => out.extend(remote_user(c, args).and_then(|user| secret(user + 1))),
        Order::At(index) if function == "redis" => {
            out.extend(args.get(index).and_then(|(at, to)| {
                (*to == at + 1).then(|| credential(c, *at, function)).flatten()
            }));
        }
        Order::At(index) => out.extend(secret(index)),
        Order::Key(index) => {
            let unsigned = text(index - 1).is_some_and(|name| name.eq_ignore_ascii_case("nosign"));
            let fits = text(index).is_some_and(|key| word(&key)) && !unsigned;
            out.extend(fits.then(|| secret(index)).flatten());
        }
        Order::Account(index) => {
            // Keys of accounts are 64 bytes in base64.
            let fits = text(index).is_some_and(|key| word(&key) && key.len() > 40);
            out.extend(fits.then(|| secret(index)).flatten());
        }
        Order::Backup => out.extend(secret(2)),
        Order::Address => {}
    }
    for (from, to) in args {
        if let Some(text) = (*to == from + 1).then(|| c.part(*from, *to).string()).flatten() {
            if let Some(password) = in_address(&text) {
                let place = c.place(*from, *to);
                out.push(Credential { name: function.into(), value: password.into(), place });
            }
        } else {
            named(c, *from, *to, out);
        }
    }
}

/// The user among the arguments of `remote`: behind `db.table`, `db, table` or another function.
fn remote_user(c: &Cursor, args: &[(usize, usize)]) -> Option<usize> {
    let (from, to) = *args.get(1)?;
    let called = c.kind_at(from + 1) == Some(Kind::Punct(b'('));
    let dotted = (from..to).any(|at| c.kind_at(at) == Some(Kind::Punct(b'.')));
    let text = c.part(from, to).string();
    let both = called || dotted || text.is_some_and(|text| text.contains('.'));
    Some(if both { 2 } else { 3 })
}

/// `password = 'x'` behind a named collection, and `headers('Authorization' = 'x')`.
fn named(c: &Cursor, from: usize, to: usize, out: &mut Vec<Credential>) {
    let equals = |at: usize| c.kind_at(at) == Some(Kind::Punct(b'='));
    let name = c.str_at(from).to_ascii_lowercase();
    if to == from + 3 && equals(from + 1) && NAMES.contains(&&*name) {
        out.extend(credential(c, from + 2, &name));
    }
    if name == "headers" && c.kind_at(from + 1) == Some(Kind::Punct(b'(')) {
        for at in from + 2..to.saturating_sub(2) {
            let header = c.part(at, at + 1).string().unwrap_or_default().to_ascii_lowercase();
            if equals(at + 1) && HEADERS.contains(&&*header) {
                out.extend(credential(c, at + 2, &header));
            }
        }
    }
}

/// The password of `scheme://user:password@host`, or the key of an Azure connection string.
fn in_address(text: &str) -> Option<&str> {
    let filled_in =
        |value: &str| ["{{", "${", "{%", "[HIDDEN]", "<"].iter().any(|m| value.contains(m));
    let secret = match text.split_once("://") {
        Some((_, rest)) if !text.contains("AccountKey=") => {
            let authority = rest.split(['/', '?', '#']).next()?;
            authority.rsplit_once('@')?.0.split_once(':')?.1
        }
        _ => text.split_once("AccountKey=")?.1.split(';').next()?,
    };
    (!secret.is_empty() && !filled_in(secret)).then_some(secret)
}
