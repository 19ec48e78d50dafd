//! Which rules are meant by a name, a category or a glob; and what a mistyped name was meant to be.

use super::Stop;
use crate::finding::{Category, RuleInfo};
use crate::spelling::distance;

/// The names of all rules that the patterns mean; a pattern that means none is a usage error.
pub(super) fn names(
    option: &str,
    patterns: &[String],
    rules: &[RuleInfo],
) -> Result<Vec<String>, Stop> {
    let mut names: Vec<String> = Vec::new();
    for pattern in patterns {
        let category = Category::named(pattern);
        let before = names.len();
        let meant = rules.iter().filter(|rule| {
            category.map_or_else(|| matches(pattern, &rule.name), |c| rule.category == c)
        });
        names.extend(meant.map(|rule| rule.name.to_string()));
        if names.len() == before {
            let why = match category {
                Some(_) => "no rule has this category".to_owned(),
                None => unknown(pattern, rules),
            };
            return Err(Stop::Usage(format!("{option} {pattern}: {why}")));
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// The sentence about a name that no rule has.
pub(super) fn unknown(name: &str, rules: &[RuleInfo]) -> String {
    let known = rules.iter().map(|rule| &*rule.name).chain(Category::ALL.map(Category::name));
    let nearest = known.map(|other| (distance(name, other), other)).min();
    match nearest {
        Some((distance, other)) if distance <= other.len() / 3 + 1 => {
            format!("no rule is called so; `{other}` is")
        }
        _ => "no rule is called so; `seawall rules` lists them".to_owned(),
    }
}

/// Whether a glob of `*` and `?` means the whole name. Linear but for going back to the last star.
fn matches(glob: &str, name: &str) -> bool {
    let (glob, name) = (glob.as_bytes(), name.as_bytes());
    let (mut g, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if glob.get(g) == Some(&b'*') {
            star = Some((g, n));
            g += 1;
        } else if glob.get(g).is_some_and(|c| *c == b'?' || *c == name[n]) {
            g += 1;
            n += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            g = at + 1;
            n = taken + 1;
        } else {
            return false;
        }
    }
    glob[g..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn check(patterns: &[&str], meant: Result<&[&str], &str>) {
        let patterns: Vec<String> = patterns.iter().map(|p| (*p).to_owned()).collect();
        let found = names("--rule", &patterns, &sample::clean().rules).map_err(|stop| match stop {
            Stop::Usage(message) => message,
            Stop::Write(error) => error.to_string(),
        });
        let meant = meant.map(|names| names.iter().map(|n| (*n).to_owned()).collect());
        assert_eq!(found, meant.map_err(str::to_owned));
    }

    #[test]
    fn a_pattern_is_a_name_a_category_or_a_glob() {
        check(&["open-datastore"], Ok(&["open-datastore"]));
        check(&["retention"], Ok(&["log-retention-unset"]));
        check(&["*-retention-*", "open-*"], Ok(&["log-retention-unset", "open-datastore"]));
        check(&["*", "exposure"], Ok(&["log-retention-unset", "open-datastore"]));
    }

    #[test]
    fn a_pattern_that_means_no_rule_says_what_is_near() {
        let near = "--rule open-datastor: no rule is called so; `open-datastore` is";
        check(&["*", "open-datastor"], Err(near));
        let far = "--rule zzz-*: no rule is called so; `seawall rules` lists them";
        check(&["zzz-*"], Err(far));
        check(&["residency"], Err("--rule residency: no rule has this category"));
    }
}
