//! The examples on rule cards, run as tests through the whole pipeline.

use std::fmt::Write as _;
use std::path::Path;

use super::*;
use crate::cards::example::{Example, Expectation, Kind, Section};
use crate::finding::Run;
use crate::model::truth::Confidence;
use crate::source::{Source, Sources};

/// All built-in rule cards, from disk, so that editing one needs no rebuild.
#[expect(clippy::disallowed_methods, reason = "a test reads the cards beside the sources")]
pub(crate) fn built_in() -> RuleSet {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut pages = Vec::new();
    for category in Category::ALL {
        let Ok(folder) = std::fs::read_dir(root.join(category.name())) else {
            continue;
        };
        for entry in folder {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            pages.push((format!("rules/{}/{name}", category.name()), text));
        }
    }
    let loaded = RuleSet::load(pages.into_iter());
    loaded.unwrap_or_else(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

#[test]
fn every_built_in_card_loads() {
    assert!(built_in().infos().count() > 20);
}

#[test]
fn every_rule_is_tagged_with_the_categories_that_it_contains() {
    let rules = built_in();
    for info in rules.infos() {
        for other in rules.contained(&info.name) {
            let category = rules.info(other).unwrap().category;
            let tagged = info.tags.iter().any(|tag| **tag == *category.name());
            assert!(tagged || category == info.category, "{} contains {category}", info.name);
        }
    }
}

/// Topics of the contract, one of which every rule of these categories carries.
#[test]
fn every_rule_has_the_topic_that_its_category_asks_for() {
    let topics = |category| match category {
        Category::Exposure => &["public", "cidr", "guard", "network"][..],
        Category::Encryption => &["at-rest", "in-transit", "tls-version", "node-to-node"],
        Category::Logging => &["sensitive", "audit", "disabled"],
        Category::Retention => &["log", "data", "backup"],
        _ => &[],
    };
    for info in built_in().infos() {
        let wanted = topics(info.category);
        let found = wanted.is_empty() || info.tags.iter().any(|tag| wanted.contains(&&**tag));
        assert!(found, "{} has none of {wanted:?}", info.name);
    }
}

/// Runs `check` over the examples of every rule; the sum of what it tells fails the test.
fn over_examples(check: impl Fn(&RuleSet, &Name, &[Example], &mut String)) {
    let all = built_in();
    let mut told = String::new();
    for (name, category, examples) in all.examples() {
        let mut alone = all.clone();
        alone.retain(|info| info.name == *name);
        let before = told.len();
        check(&alone, name, examples, &mut told);
        if told.len() > before {
            let page = format!("rules/{category}/{name}.md");
            told.insert_str(before, &format!("{page}\n"));
        }
    }
    assert!(told.is_empty(), "\n{told}");
}

/// Stands for `crate::session::check_texts(&example.files, rules)`, which is not there yet; the
/// tests that need it are ignored until then.
fn run(example: &Example, rules: &RuleSet) -> Run {
    let files = example
        .files
        .iter()
        .map(|(path, text)| Source { path: path.as_str().into(), text: text.as_str().into() });
    let model = Model::default();
    Run {
        sources: Sources::new(files.collect()),
        findings: rules.run(&model),
        model,
        rules: rules.infos().cloned().collect(),
        not_understood: Vec::new(),
        unreadable: Vec::new(),
    }
}

#[test]
#[ignore = "waits for the session"]
fn examples_give_what_they_announce_and_nothing_else() {
    over_examples(|rules, name, examples, told| {
        for example in examples {
            judge(example, name, &run(example, rules), told);
        }
    });
}

/// Without this, a good example may be good for another reason than the one it shows.
#[test]
#[ignore = "waits for the session"]
fn every_clause_is_the_only_one_that_saves_some_good_example() {
    over_examples(|rules, name, examples, told| {
        let good: Vec<&Example> = examples.iter().filter(|e| e.section == Section::Good).collect();
        if good.is_empty() {
            return;
        }
        let mut clauses = Vec::new();
        let mut rows = Vec::new();
        for example in good {
            let (texts, answers) = rules.clause_answers(name, &run(example, rules).model);
            clauses = texts;
            rows.extend(answers);
        }
        for (i, clause) in clauses.iter().enumerate() {
            let saves = |row: &ClauseAnswers| {
                row.iter().enumerate().all(|(j, answer)| (*answer == Answer::No) == (i == j))
            };
            if !rows.iter().any(saves) {
                writeln!(told, "  no good example is saved by `{clause}` alone").unwrap();
            }
        }
    });
}

fn judge(example: &Example, rule: &Name, run: &Run, told: &mut String) {
    let mut open: Vec<&Expectation> = example.expectations.iter().collect();
    let found: Vec<&Finding> = run.findings.iter().filter(|f| f.rule == *rule).collect();
    for finding in &found {
        let possible = finding.confidence == Confidence::Possible;
        let kind = if possible { Kind::Possible } else { Kind::Finding };
        let (file, line) = position(run, finding.at);
        let expected = |e: &Expectation| {
            e.kind == kind
                && (e.file.as_str(), e.line) == (file, line)
                && finding.message.contains(&e.words)
        };
        match open.iter().position(|e| expected(e)) {
            Some(index) => {
                open.remove(index);
            }
            None => {
                writeln!(
                    told,
                    "  line {}: unannounced {kind:?} at {file}:{line}: {}",
                    example.line, finding.message
                )
                .unwrap();
            }
        }
    }
    for expectation in open {
        let proven = expectation.kind == Kind::Evidence
            && found.iter().flat_map(|f| &f.evidence).any(|step| {
                position(run, step.place) == (expectation.file.as_str(), expectation.line)
                    && step.say.contains(&expectation.words)
            });
        if !proven {
            writeln!(
                told,
                "  line {}: no {:?} at {}:{}: {}",
                example.line,
                expectation.kind,
                expectation.file,
                expectation.line,
                expectation.words
            )
            .unwrap();
        }
    }
}

/// File and line, counted from 1.
fn position(run: &Run, place: crate::source::Place) -> (&str, usize) {
    let before = &run.sources.str(place.file)[..place.start as usize];
    (run.sources.path(place.file), before.matches('\n').count() + 1)
}
