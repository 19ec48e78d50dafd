//! What products are told to listen on.

use crate::model::fact::Why;
use crate::model::net::Addresses;

/// The addresses of a list of hosts, URLs or `host:port` pairs.
pub(crate) fn addresses(text: &str) -> Result<Addresses, Why> {
    let mut out = Addresses::default();
    let mut named = text.split([',', ' ', '\t', ';']).filter(|t| !t.is_empty()).peekable();
    if named.peek().is_none() {
        // Everywhere an empty list is "no restriction" (mysql, memcached, dragonfly, grafana).
        return Ok(Addresses::all());
    }
    for one in named {
        out = out.union(&host(one)?);
    }
    Ok(out)
}

fn host(text: &str) -> Result<Addresses, Why> {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    // Redis: a leading `-` lets a missing address pass.
    let text = text.strip_prefix('-').unwrap_or(text).trim_matches('"');
    let host = without_port(text.split('/').next().unwrap_or(text));
    match host {
        "" | "*" | "0.0.0.0" | "::" | "::*" | "0" | "_global_" => Ok(Addresses::all()),
        "localhost" | "_local_" | "ip6-localhost" => Ok(Addresses::loopback()),
        "_site_" => Ok(Addresses::private().clone()),
        _ => Addresses::parse(host)
            .ok_or_else(|| Why::NotUnderstood(format!("the address `{host}`").into())),
    }
}

fn without_port(text: &str) -> &str {
    if let Some((inside, _)) = text.strip_prefix('[').and_then(|t| t.split_once(']')) {
        return inside;
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.parse::<u16>().is_ok() => host,
        _ => text,
    }
}

/// The port in `6379`, `:9000`, `0.0.0.0:9000`, `http://host:2379`; `None` where none is written.
pub(crate) fn port(text: &str) -> Result<Option<u16>, Why> {
    let first = text.split(',').next().unwrap_or(text).trim().trim_end_matches('/');
    if let Ok(port) = first.parse() {
        return Ok(Some(port));
    }
    match first.rsplit_once(':') {
        Some((_, port)) if !port.is_empty() && !port.starts_with("//") => port
            .parse()
            .map(Some)
            .map_err(|_| Why::NotUnderstood(format!("the port of `{first}`").into())),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &Addresses) {
        assert_eq!(addresses(text).as_ref(), Ok(expected), "{text}");
    }

    #[test]
    fn products_name_addresses_in_many_ways() {
        let (all, local) = (Addresses::all(), Addresses::loopback());
        for text in ["*", "0.0.0.0", "* -::*", "::", "", "http://0.0.0.0:2379", ":8086", "[::]:80"]
        {
            check(text, &all);
        }
        check("localhost", &local);
        check("http://localhost:2379,http://127.0.0.1:2379", &local);
        check(
            "127.0.0.1 -::1",
            &Addresses::parse("127.0.0.1").unwrap().union(&Addresses::parse("::1").unwrap()),
        );
        assert!(addresses("eth0").is_err());
    }

    #[test]
    fn ports_stand_alone_or_behind_a_host() {
        assert_eq!(port("6380"), Ok(Some(6380)));
        assert_eq!(port(":9001"), Ok(Some(9001)));
        assert_eq!(port("http://0.0.0.0:2379/"), Ok(Some(2379)));
        assert_eq!(port("0.0.0.0"), Ok(None));
        assert!(port("0.0.0.0:x").is_err());
    }
}
