//! What lies under the user's files: the product's own, of about release 25, and the image's.
//!
//! `programs/server/config.xml`, `programs/server/users.xml`, and
//! `docker/server/docker_related_config.xml`, reduced to what is asked about here.

use std::sync::LazyLock;

use crate::model::fact::Name;
use crate::shared::Shared;
use crate::source::{FileId, Place, Text};
use crate::tree::xml::{self, Attribute, Content, Element, Run};

const SERVER: &str = "<clickhouse>\
<logger><level>trace</level><log>/var/log/clickhouse-server/clickhouse-server.log</log>\
<errorlog>/var/log/clickhouse-server/clickhouse-server.err.log</errorlog>\
<size>1000M</size><count>10</count></logger>\
<http_port>8123</http_port><tcp_port>9000</tcp_port>\
<mysql_port>9004</mysql_port><postgresql_port>9005</postgresql_port>\
<interserver_http_port>9009</interserver_http_port>\
<path>/var/lib/clickhouse/</path>\
<user_directories><users_xml><path>users.xml</path></users_xml>\
<local_directory><path>/var/lib/clickhouse/access/</path></local_directory></user_directories>\
<query_log><database>system</database><table>query_log</table></query_log>\
<trace_log/><query_thread_log/><query_views_log/><part_log/><query_metric_log/>\
<text_log><database>system</database><table>text_log</table><level>trace</level></text_log>\
<metric_log/><latency_log/><error_log/><asynchronous_metric_log/>\
<opentelemetry_span_log><engine>engine MergeTree partition by toYYYYMM(finish_date) \
order by (finish_date, finish_time_us, trace_id)</engine></opentelemetry_span_log>\
<crash_log/>\
<processors_profile_log><ttl>event_date + INTERVAL 30 DAY DELETE</ttl></processors_profile_log>\
<asynchronous_insert_log><ttl>event_date + INTERVAL 3 DAY</ttl></asynchronous_insert_log>\
<backup_log/><s3queue_log/>\
<blob_storage_log><ttl>event_date + INTERVAL 30 DAY</ttl></blob_storage_log>\
</clickhouse>";

const USERS: &str = "<clickhouse><profiles><default/><readonly><readonly>1</readonly></readonly>\
</profiles><users><default><password></password><networks><ip>::/0</ip></networks>\
<profile>default</profile><quota>default</quota><access_management>1</access_management>\
<named_collection_control>1</named_collection_control></default></users>\
<quotas><default/></quotas></clickhouse>";

const IMAGE: &str = "<clickhouse><listen_host>::</listen_host>\
<listen_host>0.0.0.0</listen_host><listen_try>1</listen_try></clickhouse>";

/// The shipped `config.xml`; everything in it stands at `at`.
pub(super) fn server(at: Place) -> Element {
    static PARSED: LazyLock<Element> = LazyLock::new(|| parsed(SERVER));
    placed(&PARSED, at)
}

/// The shipped `users.xml`.
pub(super) fn users(at: Place) -> Element {
    static PARSED: LazyLock<Element> = LazyLock::new(|| parsed(USERS));
    placed(&PARSED, at)
}

/// The file by which the images listen on every address.
pub(super) fn image(at: Place) -> Element {
    static PARSED: LazyLock<Element> = LazyLock::new(|| parsed(IMAGE));
    placed(&PARSED, at)
}

/// Parsed once; it stands nowhere until [`placed`] puts it somewhere.
fn parsed(xml: &str) -> Element {
    let nowhere = Place { file: FileId(0), start: 0, end: 0 };
    let text = Text::nested(xml.into(), nowhere, Shared::empty());
    xml::parse(&text).0.unwrap_or_else(|| element("clickhouse", nowhere, Vec::new()))
}

/// A copy of which everything stands at one place.
fn placed(element: &Element, at: Place) -> Element {
    let children = element.children.iter().map(|child| match child {
        Content::Element(inner) => Content::Element(placed(inner, at)),
        Content::Text(run) => Content::Text(Run { place: at, ..run.clone() }),
    });
    let attributes = element.attributes.iter().map(|a| Attribute { place: at, ..a.clone() });
    Element {
        name: element.name.clone(),
        place: at,
        tag: at,
        attributes: attributes.collect(),
        children: children.collect(),
    }
}

/// An element that stands in no file.
pub(super) fn element(name: &str, at: Place, children: Vec<Content>) -> Element {
    Element { name: name.into(), place: at, tag: at, attributes: Vec::new(), children }
}

/// An element with a text.
pub(super) fn leaf(name: &str, text: &str, at: Place) -> Content {
    let run = Run { text: text.into(), place: at, cdata: false, pieces: Shared::empty() };
    Content::Element(element(name, at, vec![Content::Text(run)]))
}

/// An element with an attribute and nothing else.
pub(super) fn marked(name: &str, attribute: &str, value: &str, at: Place) -> Content {
    let mut out = element(name, at, Vec::new());
    let (name, value) = (attribute.into(), value.into());
    out.attributes.push(Attribute { name, value, place: at });
    Content::Element(out)
}

/// Sets the text of the first element under a path, as an option of the command line does.
pub(super) fn set(root: &mut Element, path: &[Name], value: &str, at: Place) {
    let Some((name, rest)) = path.split_first() else {
        let run = Run { text: value.into(), place: at, cdata: false, pieces: Shared::empty() };
        (root.children, root.place, root.tag) = (vec![Content::Text(run)], at, at);
        return;
    };
    let found = root.children.iter().position(|c| match c {
        Content::Element(child) => child.name == *name,
        Content::Text(_) => false,
    });
    let index = found.unwrap_or_else(|| {
        root.children.push(Content::Element(element(name, at, Vec::new())));
        root.children.len() - 1
    });
    if let Content::Element(child) = &mut root.children[index] {
        set(child, rest, value, at);
    }
}
