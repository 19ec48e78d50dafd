//! Client rules of `PostgreSQL` (`pg_hba.conf`) in a custom resource: the first line that matches a
//! client decides.

use crate::model::net::Addresses;
use crate::source::Place;
use crate::tree::node::Node;

/// The line, of a list or alone, that lets clients of other machines in without asking, if there is one.
pub(super) fn trusts(rules: &Node) -> Option<Place> {
    let single = std::slice::from_ref(rules);
    for line in if rules.scalar().is_some() { single } else { rules.items() } {
        let words: Vec<&str> = line.str().unwrap_or_default().split_whitespace().collect();
        let &[kind, database, user, address, ref rest @ ..] = &words[..] else { continue };
        if !kind.starts_with("host") || user == "streaming_replica" {
            continue;
        }
        // Address and mask may stand apart.
        let method = rest.iter().find(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()));
        if method == Some(&"trust") && is_foreign(address) {
            return Some(line.place);
        }
        // Nobody gets past this line.
        if (database, user) == ("all", "all") && is_everybody(address) && kind == "host" {
            return None;
        }
    }
    None
}

fn is_everybody(address: &str) -> bool {
    matches!(address, "all" | "0.0.0.0/0")
}

fn is_foreign(address: &str) -> bool {
    let own =
        Addresses::parse(address).is_some_and(|a| a.without(&Addresses::loopback()).is_empty());
    !own && !matches!(address, "localhost" | "samehost")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Text};
    use crate::tree::yaml;

    #[track_caller]
    fn check(lines: &[&str], expected: bool) {
        let yaml = format!("- \"{}\"\n", lines.join("\"\n- \""));
        let (nodes, _) = yaml::parse(&Text::of_file(FileId(0), yaml.into()));
        assert_eq!(trusts(&nodes[0]).is_some(), expected, "{lines:?}");
    }

    #[test]
    fn a_line_that_trusts_another_machine_opens_the_server() {
        check(&["host all all 0.0.0.0/0 trust"], true);
        check(&["host all all 10.0.0.0 255.0.0.0 trust"], true);
        check(&["host all all 127.0.0.1/32 trust", "local all all trust"], false);
        check(&["hostssl all all 0.0.0.0/0 md5"], false);
    }

    #[test]
    fn a_line_behind_one_for_everybody_is_never_reached() {
        check(&["host all all all scram-sha-256", "host all all 0.0.0.0/0 trust"], false);
        check(&["hostssl all all all cert", "host all all 0.0.0.0/0 trust"], true);
    }
}
