//! Which rules are meant by a name, a category or a glob; and what a mistyped name was meant to be.

use super::Stop;
use crate::finding::{Category, RuleInfo};
use crate::glob::matches;
use crate::spelling::distance;

/// The names of all rules that the patterns mean; a pattern that means none is a usage error.
pub(super) fn names(
    option: &str,
    patterns: &[String],
    rules: &[RuleInfo],
) -> Result<Vec<String>, Stop> {
    let mut names: Vec<String> = Vec::new();
    for pattern in patterns {
        let told = |why| Stop::Usage(format!("{option} {pattern}: {why}"));
        names.extend(meant(pattern, rules).map_err(told)?);
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// The rules that one pattern means, or why there are none.
pub(super) fn meant(pattern: &str, rules: &[RuleInfo]) -> Result<Vec<String>, String> {
    let category = Category::named(pattern);
    let means = |rule: &&RuleInfo| {
        category.map_or_else(|| matches(pattern, &rule.name), |c| rule.category == c)
    };
    let names: Vec<String> = rules.iter().filter(means).map(|r| r.name.to_string()).collect();
    match category {
        _ if !names.is_empty() => Ok(names),
        Some(_) => Err("no rule has this category".to_owned()),
        None => Err(unknown(pattern, rules)),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn check(patterns: &[&str], meant: Result<&[&str], &str>) {
        let patterns: Vec<String> = patterns.iter().map(|p| (*p).to_owned()).collect();
        let found = names("--rule", &patterns, &sample::clean().rules).map_err(|stop| match stop {
            Stop::Usage(message) => message,
            Stop::Faults(drawn) => drawn,
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
