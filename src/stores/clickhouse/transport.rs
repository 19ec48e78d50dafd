//! What a server's documents say of encryption: the oldest TLS version, what nodes tell one
//! another, the disks.

use std::net::IpAddr;

use super::names::Names;
use super::read::{Reader, all, at, value_place};
use crate::model::concept::Defect;
use crate::model::fact::{Fact, Name};
use crate::source::Place;
use crate::tree::xml::Element;

/// Clusters and replicas that are looked at; nobody writes more by hand.
const MAX_REPLICAS: usize = 4096;

/// The oldest TLS version, where the document names one (`openSSL.server`). Poco's `SSLManager.cpp`
/// splits `disableProtocols` at commas and semicolons and knows its words in small letters only;
/// `tlsv1_3` is one of them since 26.9 (pull request 116170) and does not change the oldest.
pub(super) fn tls_version(reader: &Reader, root: &Element) -> Option<Fact<Name>> {
    let server = at(root, &["openSSL", "server"])?;
    let disabled = server.child("disableProtocols");
    let text = disabled.map(|element| reader.text(element));
    let text = text.as_ref().and_then(Fact::known).map_or("", |text| &**text);
    let off = |name: &str| text.split([',', ';']).any(|word| word.trim() == name);
    let required = [("requireTLSv1_2", "1.2"), ("requireTLSv1_1", "1.1"), ("requireTLSv1", "1.0")];
    let required = required.into_iter().find_map(|(name, version)| {
        let element = server.child(name)?;
        (reader.bool(element).known() == Some(&true)).then_some((element, version))
    });
    if let Some(element) = disabled
        && off("tlsv1")
        && off("tlsv1_1")
    {
        return Some(match required {
            // What is required was spoken nevertheless from 24.4 on (issue 65187).
            Some((required, "1.2")) if off("tlsv1_2") => {
                let how = "that the release speaks what is required although it is disabled";
                Fact::guessed("1.2".into(), how, required.tag)
            }
            _ if off("tlsv1_2") => Fact::Known("1.3".into(), reader.origin(element)),
            _ => Fact::Known("1.2".into(), reader.origin(element)),
        });
    }
    // Older releases speak nothing but the version that is required; newer ones take the word and
    // speak whatever their library does, measured on 26.9 (`Context.cpp`, pull request 116170). So
    // this is a guess in both.
    let (element, version) = required?;
    if version == "1.0" && off("tlsv1") {
        return Some(Fact::guessed("1.1".into(), "that the library still speaks it", element.tag));
    }
    Some(Fact::guessed(version.into(), "that the release does as it is told", element.tag))
}

/// Where `openSSL.server` asks every client for a certificate: `strict` alone does. `relaxed`, which
/// holds where nothing is written, and `once` check one that is shown (`Context.h`).
pub(super) fn wants_certificates(reader: &Reader, root: &Element) -> Option<Place> {
    let mode = at(root, &["openSSL", "server", "verificationMode"])?;
    let strict = reader.text(mode).known()?.trim().eq_ignore_ascii_case("strict");
    strict.then_some(value_place(mode))
}

/// Whether the server checks the machines that it sends queries to under TLS (`openSSL.client`).
/// `none` ignores what the check says, and so does a handler that accepts any certificate; what is
/// written nowhere checks (`SSLManager.cpp`).
pub(super) fn checks_nodes(reader: &Reader, root: &Element) -> Option<Fact<bool>> {
    let secure = |(_, replica): (&Element, &Element)| {
        is_on(reader, replica.child("secure")).known() == Some(&true)
    };
    replicas(root).any(secure).then_some(())?;
    let client = at(root, &["openSSL", "client"])?;
    let is = |element: &Element, word: &str| {
        reader.text(element).known().is_some_and(|text| text.trim().eq_ignore_ascii_case(word))
    };
    let off = client.child("verificationMode").filter(|mode| is(mode, "none"));
    let handler = at(client, &["invalidCertificateHandler", "name"]);
    let off = off.or(handler.filter(|name| is(name, "AcceptCertificateHandler")))?;
    Some(Fact::Known(false, reader.origin(off)))
}

/// Replicas of other machines, each with its cluster.
fn replicas(root: &Element) -> impl Iterator<Item = (&Element, &Element)> {
    let clusters = root.child("remote_servers").into_iter().flat_map(Element::elements);
    let found = clusters.flat_map(|cluster| {
        let direct = all(cluster, "node");
        let shards = all(cluster, "shard").flat_map(|shard| all(shard, "replica"));
        direct.chain(shards).map(move |replica| (cluster, replica))
    });
    found.filter(|(_, replica)| replica.child("host").is_some_and(is_remote)).take(MAX_REPLICAS)
}

fn is_remote(host: &Element) -> bool {
    let text = host.text();
    let text = text.trim();
    let local = text.parse().is_ok_and(|a: IpAddr| a.is_loopback());
    !(local || text.eq_ignore_ascii_case("localhost") || text.is_empty())
}

fn is_on(reader: &Reader, element: Option<&Element>) -> Fact<bool> {
    match element {
        Some(element) => reader.bool(element),
        None => Fact::Unset(reader.shipped),
    }
}

/// Whether distributed queries go out encrypted; `secure` is off unless it is set (`config.xml`).
pub(super) fn between_nodes(reader: &Reader, root: &Element) -> Option<Fact<bool>> {
    let mut sure = None;
    for (_, replica) in replicas(root) {
        match is_on(reader, replica.child("secure")) {
            Fact::Known(true, origin) => sure = sure.or(Some(Fact::Known(true, origin))),
            Fact::Unknown(why, from) => return Some(Fact::Unknown(why, from)),
            Fact::Known(false, origin) => return Some(Fact::Known(false, origin)),
            Fact::Unset(_) => {
                let host = replica.child("host").map_or(replica.tag, value_place);
                let see = "a replica without `secure` is asked in clear";
                return Some(Fact::default(false, see, host));
            }
        }
    }
    // Parts of tables take another way.
    sure.filter(|_| root.child("interserver_http_port").is_none())
}

/// Clusters whose nodes cannot tell who asks them: neither a secret nor a password.
pub(super) fn trusting_clusters(reader: &Reader, root: &Element, names: &Names) -> Vec<Defect> {
    let mut out: Vec<Defect> = Vec::new();
    let mut last = None;
    for (cluster, replica) in replicas(root) {
        let proves = cluster.child("secret").is_some() || replica.child("password").is_some();
        let told = last == Some(cluster.tag);
        if proves || told || reader.is_shipped(cluster) || cluster.attribute("incl").is_some() {
            continue;
        }
        last = Some(cluster.tag);
        let message = format!(
            "the nodes of cluster `{}` ask one another without secret or password, as the user \
             `default`",
            cluster.name
        );
        out.push(names.defect(cluster, "trusting-cluster", message));
    }
    out
}

/// Whether tables lie on an encrypted disk unless they say otherwise: the policy `default`, or the
/// one that `merge_tree` names, uses no other.
pub(super) fn at_rest(reader: &Reader, root: &Element) -> Option<Fact<bool>> {
    let storage = root.child("storage_configuration")?;
    let disks = storage.child("disks")?;
    let named = at(root, &["merge_tree", "storage_policy"]).map(Element::text);
    let name = named.as_deref().map_or("default", str::trim);
    let policy = at(storage, &["policies", name])?;
    let volumes = policy.child("volumes").into_iter().flat_map(Element::elements);
    let mut found = None;
    for disk in volumes.flat_map(|volume| all(volume, "disk")) {
        let kind = disks.child(disk.text().trim())?.child("type")?;
        if reader.text(kind).known().map(|k| k.trim()) != Some("encrypted") {
            return None;
        }
        found = found.or(Some(Fact::Known(true, reader.origin(kind))));
    }
    found
}
