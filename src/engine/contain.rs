//! The same cause is reported once: containment, instances, order, fingerprints.

mod overlays;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use rustc_hash::FxHashMap;

use crate::finding::{Finding, Severity};
use crate::model::fact::Name;
use crate::model::fragment::{Environment, environment as overlay};
use crate::source::Place;

/// Drops what others contain, joins instances, sorts, and makes fingerprints unique.
/// `replaces` tells the rules whose findings a rule's finding makes superfluous, `once` those whose
/// findings about copies are one.
pub(super) fn settle<'a>(
    found: Vec<Finding>,
    replaces: impl Fn(&str) -> &'a [Name],
    once: impl Fn(&str) -> bool,
    environments: &[Environment],
) -> Vec<Finding> {
    let mut found = overlays::join(merge(contain(found, replaces), once), environments);
    found.iter_mut().for_each(conditioned);
    sort(&mut found);
    distinguish(&mut found);
    found
}

/// By file, place and rule.
pub(crate) fn sort(found: &mut [Finding]) {
    found.sort_by(|a, b| (a.at, &a.rule, &a.message).cmp(&(b.at, &b.rule, &b.message)));
}

/// Within one subject, the worst first: nothing that is itself contained drops others, and nothing
/// drops what is worse or surer.
fn contain<'a>(found: Vec<Finding>, replaces: impl Fn(&str) -> &'a [Name]) -> Vec<Finding> {
    let mut subjects: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
    for (index, finding) in found.iter().enumerate() {
        subjects.entry(finding.subject.clone()).or_default().push(index);
    }
    let mut dropped = vec![false; found.len()];
    for mut group in subjects.into_values() {
        group.sort_by_key(|&i| std::cmp::Reverse((found[i].severity, found[i].confidence)));
        // Few rules contain any, and the inner loop runs only for those.
        for &i in &group {
            let contained = replaces(&found[i].rule);
            if dropped[i] || contained.is_empty() {
                continue;
            }
            for &j in &group {
                let milder = found[j].severity <= found[i].severity;
                let as_unsure = found[j].confidence <= found[i].confidence;
                if milder && as_unsure && contained.contains(&found[j].rule) {
                    dropped[j] = true;
                }
            }
        }
    }
    let mut dropped = dropped.into_iter();
    found.into_iter().filter(|_| !dropped.next().unwrap_or(false)).collect()
}

/// Findings of one rule at one place that say the same (from several instances) or that are about
/// one thing (its ports, its logs) have one cause and are one finding, the worst of them. What is
/// low is one finding for a thing and a file: nobody wants to hear of ten log tables one by one.
fn merge(found: Vec<Finding>, once: impl Fn(&str) -> bool) -> Vec<Finding> {
    let single = found.into_iter().map(|finding| (finding, 0)).collect();
    let said = join(single, |f| (f.rule.clone(), f.at, Name::from(f.message.as_str())));
    let said = said.into_iter().map(|(finding, _)| (finding, 0)).collect();
    let told = join(said, |f| {
        let whole_file = Place { start: 0, end: 0, ..f.at };
        let at = if f.severity <= Severity::Low { whole_file } else { f.at };
        (f.rule.clone(), at, f.subject.clone())
    });
    // `clickhouse-01` and `clickhouse-02`, or `blue` and `green`, side by side: what is said of them
    // is the same but for their names.
    let copies = join(told, |f| {
        if f.severity <= Severity::Low && once(&f.rule) {
            (f.rule.clone(), None, of_any_copy(&f.subject, &f.message))
        } else {
            (f.rule.clone(), Some(f.at), f.subject.clone())
        }
    });
    // One line that several things take (an anchor, a chart's value, a shared variable) is mended
    // once.
    let shared = join(copies, |f| {
        let overlay = overlay(&f.about).map(Name::from);
        (f.rule.clone(), f.at, f.severity, overlay, unnamed(&f.message))
    });
    let counted = shared.into_iter().map(|(mut finding, more)| {
        if more > 0 {
            finding.message = format!("{} (and {more} more of the kind)", finding.message);
        }
        finding
    });
    counted.collect()
}

/// Parts of a subject in which no machine's name stands: what is in it, and where files usually lie.
const PLACES: [&str; 6] =
    ["container", "etc", "clickhouse-server", "config", "config.d", "users.d"];

/// What is said of a machine, as it would be said of its copies. Kubernetes makes the copies of a
/// machine from one object, so only services of Compose and folders have any.
fn of_any_copy(subject: &str, message: &str) -> Name {
    let parts = || subject.split([':', '/']).skip(1);
    let beside = subject.starts_with("compose:") || subject.starts_with("ch:");
    let named = parts().filter(|part| beside && !PLACES.contains(part)).last();
    let named = named.unwrap_or_default();
    unnumbered(&[without(subject, named, &[':', '/']), without(message, named, &[' '])])
}

/// A text without one of its words.
fn without(text: &str, word: &str, between: &[char]) -> String {
    let around = |c: char| !c.is_alphanumeric();
    let other = |part: &&str| word.is_empty() || part.trim_matches(around) != word;
    text.split(between).map(|p| if other(&p) { p } else { "" }).collect::<Vec<_>>().join("/")
}

/// Texts in which every number is the same.
fn unnumbered(texts: &[String]) -> Name {
    let mut out = String::new();
    for text in texts {
        for c in text.chars() {
            match c.is_ascii_digit() {
                true if out.ends_with('#') => {}
                true => out.push('#'),
                false => out.push(c),
            }
        }
        out.push('\0');
    }
    out.into()
}

/// A message without the names in it.
fn unnamed(message: &str) -> String {
    message.split('`').step_by(2).collect()
}

/// Findings, each with the number of those that it stands for as well; the worst of a key stays.
fn join<K: Eq + Hash>(
    mut found: Vec<(Finding, usize)>,
    key: impl Fn(&Finding) -> K,
) -> Vec<(Finding, usize)> {
    found.sort_by_key(|(f, _)| (std::cmp::Reverse((f.severity, f.confidence)), f.at));
    let mut first: HashMap<K, usize> = HashMap::new();
    let mut merged: Vec<(Finding, usize)> = Vec::with_capacity(found.len());
    for (finding, more) in found {
        let Some(&index) = first.get(&key(&finding)) else {
            first.insert(key(&finding), merged.len());
            merged.push((finding, more));
            continue;
        };
        let (kept, stands_for) = &mut merged[index];
        *stands_for += more + 1;
        kept.instances.extend(finding.instances);
        if finding.about != kept.about {
            kept.instances.push(finding.about);
        }
    }
    for (finding, _) in &mut merged {
        finding.instances.sort();
        finding.instances.dedup();
    }
    merged
}

/// A finding that holds only with certain values of variables says so. Entities of such an
/// environment have its name in their address.
fn conditioned(finding: &mut Finding) {
    let all = std::iter::once(&finding.about).chain(&finding.instances);
    let names: Option<BTreeSet<&str>> = all.map(|about| environment(about)).collect();
    if let Some(names) = names {
        let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
        finding.message = format!("{} (with the values of {})", finding.message, names.join(", "));
    }
}

/// `prod` of `tf:infra#prod#/aws_db_instance.db`.
fn environment(about: &str) -> Option<&str> {
    let (_, rest) = about.strip_prefix("tf:")?.split_once('#')?;
    Some(rest.split_once("#/")?.0)
}

/// Findings that nothing but their place tells apart are numbered in the order of their places.
fn distinguish(found: &mut [Finding]) {
    let mut seen: FxHashMap<String, u32> = FxHashMap::default();
    for finding in found {
        let count = seen.entry(finding.fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            let base = finding.fingerprint.clone();
            finding.fingerprint = hash([base.as_str(), &count.to_string()].into_iter());
        }
    }
}

/// 16 hexadecimal digits of rule, entity and deciding fields; nothing of lines.
pub(super) fn fingerprint(rule: &str, about: &str, fields: &[Name]) -> String {
    let mut fields: Vec<&str> = fields.iter().map(|field| &**field).collect();
    fields.sort_unstable();
    hash([rule, about].into_iter().chain(fields))
}

/// FNV-1a, 64 bits: the same on every platform and in every version.
fn hash<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{state:016x}")
}

#[cfg(test)]
mod tests {
    use super::of_any_copy;

    fn check(one: (&str, &str), other: (&str, &str), copies: bool) {
        let same = of_any_copy(one.0, one.1) == of_any_copy(other.0, other.1);
        assert_eq!(same, copies, "{one:?} {other:?}");
    }

    #[test]
    fn machines_side_by_side_of_which_the_same_is_said_are_copies() {
        let of = |name: &str| format!("the machines of `{name}` tell one another everything");
        let (blue, green, third) = (of("ch-blue"), of("ch-green"), of("ch-03"));
        let service = |name: &str| format!("compose:a/compose.yaml/{name}/container");
        let (x, y) = (service("ch-blue"), service("ch-green"));
        check((&x, &blue), (&y, &green), true);
        check((&x, &blue), (&service("ch-03"), &third), true);
        check((&x, &blue), (&y, &of("ch-blue")), false);
        check((&x, &blue), ("compose:b/compose.yaml/ch-green/container", &green), false);
        check(("ch:nodes/a/etc", "it is said"), ("ch:nodes/b/etc", "it is said"), true);
        check(("ch:a", "it is said"), ("ch:b", "it is said"), true);
        check(("ch:nodes/a", "it is said"), ("ch:others/b", "it is said"), false);
        let (x, y) = ("k8s:StatefulSet/ns/a", "k8s:StatefulSet/ns/b");
        check((x, "it is said"), (y, "it is said"), false);
    }
}
