//! Altinity's `ClickHouseInstallation`: settings written as paths, files, and templates of pods and
//! Services that are used by name.
//!
//! Altinity/clickhouse-operator: `pkg/model/chi/normalizer`, `pkg/model/chi/config`,
//! `pkg/model/chi/creator`, `config/chi`.

mod hosts;
pub(in crate::formats::kubernetes) mod installation;
mod settings;

use std::sync::Arc;

use super::super::object::Object;
use crate::formats::config_file;
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Address, Bundle, BundleEntry, ConfigBody, ConfigFile, Fragment};
use crate::source::{Place, Text};
use crate::tree::node::{Entry, Kind, Map, Node, Scalar};
use crate::tree::xml::{self, Element};
use settings::Settings;

/// `config/chi/config.d`: it listens everywhere, and three of the system logs expire.
const CONFIG: &str = "<clickhouse><listen_host>::</listen_host><listen_host>0.0.0.0</listen_host>\
<listen_try>1</listen_try><logger><level>debug</level><console>1</console></logger>\
<query_log replace=\"1\"><database>system</database><table>query_log</table><engine>Engine = \
MergeTree PARTITION BY event_date ORDER BY event_time TTL event_date + interval 30 day</engine>\
</query_log><query_thread_log remove=\"1\"/>\
<part_log replace=\"1\"><database>system</database><table>part_log</table><engine>Engine = \
MergeTree PARTITION BY event_date ORDER BY event_time TTL event_date + interval 30 day</engine>\
</part_log><trace_log replace=\"1\"><database>system</database><table>trace_log</table><engine>\
Engine = MergeTree PARTITION BY event_date ORDER BY event_time TTL event_date + interval 30 day\
</engine></trace_log></clickhouse>";

/// What operator and image take from an installation, for the card's templates: the resource
/// with `spec.chop` added.
pub(super) fn resolved(object: &Object, out: &mut Fragment) -> Node {
    let mut settings = Settings::new(object);
    bundles(object, &mut settings, out);
    let at = object.place;
    let pod = pod_template(object);
    let containers = pod.map_or(&[][..], |p| p.get("containers").map_or(&[][..], Node::items));
    let named = |c: &&Node| c.get("name").and_then(Node::str) == Some("clickhouse");
    let main = containers.iter().find(named).or(containers.first());
    let rest = containers.iter().filter(|c| main.is_none_or(|m| !std::ptr::eq(*c, m)));
    let mut chop = vec![
        entry("env", list(settings.variables, at)),
        entry("services", list(services(object), at)),
        entry("sidecars", list(rest.cloned().collect(), at)),
    ];
    chop.extend(pod.map(|pod| entry("pod", pod.clone())));
    chop.extend(main.map(|main| entry("main", main.clone())));
    with(object.node, "spec", vec![entry("chop", map(chop, at))])
}

/// The pod template that installation, or else its first cluster, names.
fn pod_template<'a>(object: &Object<'a>) -> Option<&'a Node> {
    let named = |node: &'a Node| node.at(&["templates", "podTemplate"]).and_then(Node::str);
    let clusters = object.spec(&["configuration", "clusters"]).map_or(&[][..], Node::items);
    let own = object.spec(&["defaults"]).and_then(named);
    let name = clusters.iter().find_map(named).or(own)?;
    template(object, "podTemplates", name)?.get("spec")
}

fn template<'a>(object: &Object<'a>, list: &str, name: &str) -> Option<&'a Node> {
    let templates = object.spec(&["templates", list]).map_or(&[][..], Node::items);
    templates.iter().find(|t| t.get("name").and_then(Node::str) == Some(name))
}

/// Service templates that are used, each with the name of the Service that it makes. A template
/// that nobody names makes none.
fn services(object: &Object) -> Vec<Node> {
    let mut out = Vec::new();
    let defaults = object.spec(&["defaults", "templates"]);
    let mut used = |user: Option<&Node>, key: &str, made: &str, cluster: &str| {
        let names = user.and_then(|u| u.get(key)).into_iter();
        let names = names.flat_map(|n| std::iter::once(n).chain(n.items())).filter_map(Node::str);
        for name in names {
            let Some(template) = template(object, "serviceTemplates", name) else {
                continue;
            };
            let generated = template.get("generateName").and_then(Node::str).unwrap_or(made);
            let namespace = object.namespace.known().map_or("default", |n| n);
            let name = generated
                .replace("{chi}", &object.name)
                .replace("{chiID}", &object.name)
                .replace("{namespace}", namespace)
                .replace("{cluster}", cluster)
                .replace("{clusterID}", cluster);
            let name = entry("made", text(&name, object.place));
            out.push(with(template, "", vec![name]));
        }
    };
    used(defaults, "serviceTemplate", "clickhouse-{chi}", "");
    used(defaults, "serviceTemplates", "clickhouse-{chi}", "");
    for cluster in object.spec(&["configuration", "clusters"]).map_or(&[][..], Node::items) {
        let name = cluster.get("name").and_then(Node::str).unwrap_or("cluster");
        let layout = cluster.get("layout");
        let list = |key| layout.and_then(|l| l.get(key)).map_or(&[][..], Node::items).iter();
        let shards = list("shards").chain(list("replicas"));
        let inner = shards
            .clone()
            .flat_map(|s| s.get("replicas").or(s.get("shards")).map_or(&[][..], Node::items));
        let users = [defaults, cluster.get("templates")].into_iter();
        let users = users.chain(shards.chain(inner).map(|s| s.get("templates")));
        for user in users.flatten() {
            used(Some(user), "clusterServiceTemplate", "cluster-{chi}-{cluster}", name);
            used(Some(user), "shardServiceTemplate", "shard-{chi}-{cluster}-0", name);
            used(Some(user), "replicaServiceTemplate", "service-{chi}-{cluster}-0-0", name);
        }
    }
    out
}

/// Folders that the operator lays over those of the image, each a bundle.
const FOLDERS: [&str; 3] = ["config.d", "users.d", "conf.d"];
/// The one that each host has for itself.
const HOST: usize = 2;

/// The files that the operator writes.
fn bundles(object: &Object, settings: &mut Settings, out: &mut Fragment) {
    let at = object.place;
    let mut bundles = FOLDERS.map(|folder| Bundle {
        address: object.neighbour("ConfigMap", &format!("chi-{}-{folder}", super::unique(object))),
        title: object.title(),
        place: at,
        secret: false,
        entries: Vec::new(),
    });
    let shipped = xml::parse(&Text::nested(CONFIG.into(), at, [].into())).0;
    let generated = [
        (0, "01-clickhouse-operator.xml", shipped),
        (0, "chop-generated-settings.xml", Some(settings.server())),
        (1, "chop-generated-users.xml", Some(settings.users())),
    ];
    for (folder, name, element) in generated {
        let bundle = &mut bundles[folder];
        bundle.entries.extend(element.map(|element| file(&bundle.address, name, element, at)));
    }
    for (index, level) in hosts::levels(object, out).into_iter().enumerate() {
        let bundle = &mut bundles[HOST];
        if let Some(section) = level.get("settings") {
            let (name, element) = (format!("chop-host-{index}.xml"), settings.within(section));
            bundle.entries.push(self::file(&bundle.address, &name, element, at));
        }
        // Files for the folders of all hosts are left out.
        let files = level.get("files").map_or(&[][..], Node::entries).iter();
        let own = |e: &&Entry| {
            e.key.trim_start_matches('/').split_once('/').is_none_or(|(f, _)| f == FOLDERS[HOST])
        };
        written(files.filter(own), HOST, &mut bundles, out);
    }
    let files = object.spec(&["configuration", "files"]).map_or(&[][..], Node::entries);
    written(files.iter(), 0, &mut bundles, out);
    out.bundles.extend(bundles);
}

/// Files that somebody wrote. What has no folder of these is common to all, or a host's own.
fn written<'a>(
    files: impl Iterator<Item = &'a Entry>,
    common: usize,
    bundles: &mut [Bundle; 3],
    out: &mut Fragment,
) {
    for file in files {
        let Some(text) = file.value.nested_text() else { continue };
        let key = file.key.trim_start_matches('/');
        let (folder, name) = key.split_once('/').unwrap_or(("", key));
        let index = FOLDERS.iter().position(|f| *f == folder).unwrap_or(common);
        let bundle = &mut bundles[index];
        let name: Name = name.into();
        let address = Address::new(format!("{}#{name}", bundle.address));
        let config = config_file(address, &name, &text, &mut out.problems);
        bundle.entries.push(BundleEntry {
            key: name,
            value: Fact::written(text.content().clone(), file.value.place),
            place: file.place(),
            file: Some(config),
        });
    }
}

fn file(bundle: &Address, name: &str, element: Element, at: Place) -> BundleEntry {
    let key: Name = name.into();
    BundleEntry {
        value: Fact::default("".into(), "Altinity/clickhouse-operator, config/chi", at),
        place: at,
        file: Some(ConfigFile {
            address: Address::new(format!("{bundle}#{key}")),
            name: key.clone(),
            place: at,
            body: ConfigBody::ClickHouse(Arc::new(element)),
        }),
        key,
    }
}

/// A copy of a map with more entries in it, or in the map under one of its keys.
fn with(node: &Node, under: &str, more: Vec<Entry>) -> Node {
    let mut out = node.clone();
    let target = match &mut out.kind {
        Kind::Map(map) if under.is_empty() => Some(map),
        Kind::Map(map) => map.entries.iter_mut().rev().find(|e| &*e.key == under).and_then(|e| {
            match &mut e.value.kind {
                Kind::Map(map) => Some(map),
                _ => None,
            }
        }),
        _ => None,
    };
    if let Some(map) = target {
        map.entries.extend(more);
    }
    out
}

fn entry(key: &str, value: Node) -> Entry {
    Entry { key: key.into(), key_place: value.place, value }
}

fn map(entries: Vec<Entry>, place: Place) -> Node {
    Node { place, kind: Kind::Map(Map { entries }) }
}

fn list(items: Vec<Node>, place: Place) -> Node {
    Node { place, kind: Kind::List(items) }
}

fn text(text: &str, place: Place) -> Node {
    let scalar = Scalar { text: text.into(), plain: true, pieces: Some([].into()) };
    Node { place, kind: Kind::Scalar(scalar) }
}
