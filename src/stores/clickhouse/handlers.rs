//! `http_handlers`: rules that run queries as a user of their own choice, for whoever asks.
//!
//! `src/Server/HTTPHandlerFactory.cpp`: with `handler.user` the request carries no credentials of
//! its own; the networks of that user still apply. The same key counts in the rules of
//! `prometheus.handlers`, which may be called anything.

use super::read::{Reader, at};
use crate::model::fact::{Fact, Origin};
use crate::model::fragment::{EndpointDraft, Login};
use crate::model::reach::Circle;
use crate::tree::xml::Element;

/// Rules that are looked at; nobody writes more by hand.
const MAX_RULES: usize = 256;

/// Takes the login from HTTP ports on which a rule gives data without one. An entry of `protocols`
/// may name a section of its own for its rules (`handlers`).
pub(super) fn open(
    reader: &Reader,
    root: &Element,
    logins: &[Login],
    endpoints: &mut [EndpointDraft],
) {
    let data = endpoints.iter_mut().filter(|e| e.role.starts_with("data"));
    for endpoint in data.filter(|e| matches!(&*e.protocol, "http" | "https")) {
        let section = own_section(root, endpoint).unwrap_or_else(|| "http_handlers".into());
        let rules = root.child(&section).into_iter().flat_map(Element::elements);
        let rules = rules.filter(|rule| rule.name.starts_with("rule"));
        if let Some(origin) = opening(reader, rules, logins) {
            endpoint.asks = Fact::Known(false, origin);
        }
    }
    let Some(handlers) = at(root, &["prometheus", "handlers"]) else { return };
    let Some(origin) = opening(reader, handlers.elements(), logins) else { return };
    let keeper = at(root, &["keeper_server", "http_control", "port"]).map(|port| port.place);
    let metrics = endpoints.iter_mut().filter(|e| &*e.role == "metrics");
    for endpoint in metrics.filter(|e| Some(e.place) != keeper) {
        endpoint.role = "data".into();
        endpoint.asks = Fact::Known(false, origin.clone());
    }
}

fn own_section(root: &Element, endpoint: &EndpointDraft) -> Option<String> {
    let entries = root.child("protocols")?.elements();
    let mut mine = entries.filter(|e| e.child("port").is_some_and(|p| p.place == endpoint.place));
    let text = mine.next()?.child("handlers")?.text();
    Some(text.trim().to_owned()).filter(|name| !name.is_empty())
}

fn opening<'a>(
    reader: &Reader,
    rules: impl Iterator<Item = &'a Element>,
    logins: &[Login],
) -> Option<Origin> {
    rules.take(MAX_RULES).find_map(|rule| {
        let handler = rule.child("handler")?;
        let user = handler.child("user")?;
        let gives = match handler.child("type").map(Element::text).as_deref().map(str::trim) {
            Some("dynamic_query_handler" | "remote_write" | "remote_read" | "query_api") => true,
            Some("predefined_query_handler") => {
                at(handler, &["query"]).is_some_and(|query| reads(&query.text()))
            }
            _ => false,
        };
        let name = reader.text(user);
        let login = logins.iter().find(|l| Some(&l.name) == name.known());
        let local = login
            .and_then(|l| l.networks.known())
            .is_some_and(|networks| matches!(networks.circle(), Circle::Loopback | Circle::None));
        (gives && !local).then(|| Origin::written(user.tag))
    })
}

/// Whether a query says more than a constant: one without `FROM` reads nothing.
fn reads(query: &str) -> bool {
    let mut words = query.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.');
    let tables = words.clone().zip(words.by_ref().skip(1));
    let mut read = tables.filter(|(word, _)| word.eq_ignore_ascii_case("from"));
    let first = query.split_whitespace().next().unwrap_or_default();
    match first.to_ascii_lowercase().as_str() {
        // What tells how the server does is its own affair.
        "select" | "with" => read.any(|(_, table)| !table.starts_with("system.")),
        _ => !first.is_empty(),
    }
}
