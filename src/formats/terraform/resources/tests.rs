//! HCL in, a compact dump of the fragment out.

mod cases;
mod clouds;
mod defaults;
mod estate;
mod logs;
mod neighbours;
mod virtual_servers;
mod websites;
mod whole;

use std::fmt::Write;

use super::lower;
use crate::catalog::Catalog;
use crate::formats::Unit;
use crate::model::fact::Fact;
use crate::model::fragment::{Fragment, PortEnd, PortMap, Ref};
use crate::source::Sources;

pub(super) fn fragment(source: &str, provider_major: Option<u32>) -> Fragment {
    let (catalog, sources) = (Catalog::of(crate::embedded::pages()), Sources::default());
    let unit = Unit { files: Vec::new(), sources: &sources, catalog: &catalog };
    let mut out = Fragment::default();
    lower(&estate::read(source, provider_major), &unit, &mut out);
    out
}

/// Compares the dump line by line, without the addresses' common front.
pub(super) fn check(source: &str, expected: &str) {
    check_with(source, None, expected);
}

pub(super) fn check_with(source: &str, provider_major: Option<u32>, expected: &str) {
    let got = dump(&fragment(source, provider_major));
    let trim = |text: &str| {
        text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(trim(&got), trim(expected), "\n{got}");
}

fn short(fact: &Fact<impl ToString>) -> String {
    match fact {
        Fact::Known(value, origin) => match &origin.basis {
            crate::model::fact::Basis::Guessed(_) => format!("~{}", value.to_string()),
            _ => value.to_string(),
        },
        Fact::Unset(_) => "-".to_owned(),
        Fact::Unknown(..) => "?".to_owned(),
    }
}

fn end(reference: &Ref) -> String {
    match reference {
        Ref::To(address) => address.0.trim_start_matches("tf:/").to_owned(),
        other => format!("{other:?}"),
    }
}

fn dump(out: &Fragment) -> String {
    let mut text = String::new();
    // Every ordinary thing stands in the private network; a line about each would hide the rest.
    for hop in out.hops.iter().filter(|h| h.from != Ref::Network) {
        let ports = match &hop.ports {
            PortMap::Same => String::new(),
            PortMap::Unknown(..) => " ports ?".to_owned(),
            PortMap::Pairs(pairs) => pairs.iter().fold(String::new(), |text, p| {
                let from = p.from.map_or("any".to_owned(), |(a, _)| a.to_string());
                let to = match &p.to {
                    PortEnd::Same => "same".to_owned(),
                    PortEnd::Number(n) => n.to_string(),
                    other => format!("{other:?}"),
                };
                text + &format!(" {from}>{to}")
            }),
        };
        let proxy = if hop.proxy { " proxy" } else { "" };
        let (from, to) = (end(&hop.from), end(&hop.to));
        writeln!(text, "{from} -> {to}{ports}{proxy} open={}", short(&hop.open)).unwrap();
    }
    for filter in &out.filters {
        let says: Vec<&str> = filter.rules.iter().map(|r| &*r.say).collect();
        writeln!(text, "{}: {}", filter.title, says.join("; ")).unwrap();
    }
    for apart in &out.rules {
        let filter = apart.filter.known().map_or("?".to_owned(), |a| end(&Ref::To(a.clone())));
        writeln!(text, "rule for {filter}: {}", apart.rule.say).unwrap();
    }
    for attach in &out.attaches {
        let filter = attach.filter.known().map_or("?".to_owned(), |a| end(&Ref::To(a.clone())));
        writeln!(text, "{filter} before {}", end(&attach.to)).unwrap();
    }
    for c in &out.containers {
        let image = short(&c.image);
        writeln!(text, "{}: image={image} env={} mounts={}", c.title, c.env.len(), c.mounts.len())
            .unwrap();
    }
    for s in &out.stores {
        let proofs: Vec<_> = s.logins.iter().map(|l| short(&l.proof)).collect();
        let ports: Vec<_> = s.endpoints.iter().map(|e| short(&e.port)).collect();
        writeln!(
            text,
            "{}: {} on {} asks {} encrypted={} audit={} log={} backup={} guard_off={} tls={} {}",
            s.title,
            short(&s.engine),
            ports.join(","),
            proofs.join(","),
            short(&s.encrypted_at_rest),
            short(&s.audit_log),
            short(&s.product_log),
            short(&s.backup_days),
            short(&s.guard_off),
            short(&s.tls_required),
            short(&s.tls_version),
        )
        .unwrap();
    }
    for k in &out.keeps {
        let r = &k.retention;
        let holds = r.holds.known().map_or(Vec::new(), |h| h.iter().map(short).collect());
        let (days, forever) = (short(&r.days), short(&r.forever));
        writeln!(
            text,
            "{} holds [{}] days={days} forever={forever}",
            r.identity.title,
            holds.join(",")
        )
        .unwrap();
    }
    for s in &out.secrets {
        writeln!(text, "secret {} in_clear={}", s.identity.title, short(&s.in_clear)).unwrap();
    }
    for (_, kind) in &out.not_understood {
        writeln!(text, "not understood: {kind}").unwrap();
    }
    text
}
