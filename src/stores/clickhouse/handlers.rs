//! `http_handlers`: rules that run queries as a user of their own choice, for whoever asks.
//!
//! `src/Server/HTTPHandlerFactory.cpp`: with `handler.user` the request carries no credentials of
//! its own; the networks of that user still apply.

use super::read::{Reader, at};
use crate::model::fact::{Fact, Origin};
use crate::model::fragment::{EndpointDraft, Login};
use crate::model::reach::Circle;
use crate::tree::xml::Element;

/// Rules that are looked at; nobody writes more by hand.
const MAX_RULES: usize = 256;

/// Takes the login from HTTP ports on which a rule gives data without one.
pub(super) fn open(
    reader: &Reader,
    root: &Element,
    logins: &[Login],
    endpoints: &mut [EndpointDraft],
) {
    let Some(origin) = opening(reader, root, logins) else { return };
    let data = endpoints.iter_mut().filter(|e| e.role.starts_with("data"));
    for endpoint in data.filter(|e| matches!(&*e.protocol, "http" | "https")) {
        endpoint.asks = Fact::Known(false, origin.clone());
    }
}

fn opening(reader: &Reader, root: &Element, logins: &[Login]) -> Option<Origin> {
    let rules = root.child("http_handlers")?.elements().take(MAX_RULES);
    rules.filter(|r| r.name.starts_with("rule")).find_map(|rule| {
        let handler = rule.child("handler")?;
        let user = handler.child("user")?;
        let gives = match handler.child("type").map(Element::text).as_deref().map(str::trim) {
            Some("dynamic_query_handler") => true,
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
