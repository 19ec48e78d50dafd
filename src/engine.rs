//! Rules, compiled once and asked of every entity of their concept.

pub(crate) mod contain;
mod rule;
mod say;
mod scope;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

#[cfg(test)]
use crate::cards::example::Example;
use crate::cards::{CardError, Page};
#[cfg(test)]
use crate::finding::Category;
use crate::finding::{Finding, RuleInfo};
use crate::model::concept::{Concept, Model};
use crate::model::fact::Name;
#[cfg(test)]
use crate::model::truth::Answer;
use rule::Rule;

/// All rules of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleSet {
    /// By name.
    rules: Vec<Rule>,
}

#[cfg(test)]
/// What one entity answers to the parts of a rule's condition, for the test that each part saves
/// some good example.
pub(crate) type ClauseAnswers = Vec<Answer>;

impl RuleSet {
    /// Reads rule cards; every mistake of every card is told.
    pub(crate) fn load<P: AsRef<str>, T: AsRef<str>>(
        pages: impl Iterator<Item = (P, T)>,
    ) -> Result<RuleSet, Vec<CardError>> {
        let mut rules: BTreeMap<Name, (Rule, Page)> = BTreeMap::new();
        let mut errors = Vec::new();
        for (path, text) in pages {
            let read = Page::read(path.as_ref(), text.as_ref())
                .map_err(|error| vec![error])
                .and_then(|page| Ok((Rule::compile(&page)?, page)));
            match read {
                Err(found) => errors.extend(found),
                Ok((rule, page)) => {
                    if let Some((_, other)) = rules.get(&rule.info.name) {
                        let message = format!("`{}` is the same rule", other.path);
                        errors.push(page.error(0, message));
                    } else {
                        rules.insert(rule.info.name.clone(), (rule, page));
                    }
                }
            }
        }
        let names: BTreeSet<Name> = rules.keys().cloned().collect();
        for (rule, page) in rules.values() {
            let strange = rule.replaces.iter().filter(|name| !names.contains(*name));
            errors.extend(strange.map(|name| {
                page.error_in(&format!("\"{name}\""), 1, format!("there is no rule `{name}`"))
            }));
        }
        if errors.is_empty() {
            Ok(RuleSet { rules: rules.into_values().map(|(rule, _)| rule).collect() })
        } else {
            errors.sort();
            Err(errors)
        }
    }

    /// Lets only the rules run that are wanted; the others stay known by name.
    pub(crate) fn retain(&mut self, mut wanted: impl FnMut(&RuleInfo) -> bool) {
        for rule in &mut self.rules {
            rule.skipped = !wanted(&rule.info);
        }
    }

    /// What reports say of the rules that run, by name.
    pub(crate) fn infos(&self) -> impl Iterator<Item = &RuleInfo> {
        self.rules.iter().filter(|rule| rule.runs()).map(|rule| &rule.info)
    }

    /// Whether a rule of that name runs.
    pub(crate) fn runs(&self, name: &str) -> bool {
        self.rule(name).is_some_and(Rule::runs)
    }

    /// A rule by its name or a former one, whether it runs or not.
    pub(crate) fn info(&self, name: &str) -> Option<&RuleInfo> {
        self.rule(name).map(|rule| &rule.info)
    }

    /// The rules whose findings a rule's finding contains.
    pub(crate) fn contained(&self, name: &str) -> &[Name] {
        self.rule(name).map_or(&[], |rule| rule.replaces.as_slice())
    }

    #[cfg(test)]
    /// Name, category and examples of every rule.
    pub(crate) fn examples(&self) -> impl Iterator<Item = (&Name, Category, &[Example])> {
        self.rules.iter().map(|r| (&r.info.name, r.info.category, r.examples.as_slice()))
    }

    /// Everything that is wrong, sorted by file, place and rule.
    pub(crate) fn run(&self, model: &Model) -> Vec<Finding> {
        let mut concepts: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
        for rule in self.rules.iter().filter(|rule| rule.runs()) {
            concepts.entry(rule.concept.name).or_default().push(rule);
        }
        let mut found = Vec::new();
        for (concept, rules) in concepts {
            let entities = model.of(concept);
            found.par_extend(entities.par_iter().flat_map_iter(|entity: &&dyn Concept| {
                rules.iter().filter_map(|rule| verdict::ask(rule, *entity))
            }));
        }
        let once = |name: &str| self.rule(name).is_some_and(|rule| rule.once_for_copies);
        contain::settle(found, |name| self.contained(name), once, &model.environments)
    }

    #[cfg(test)]
    /// The parts of a rule's condition: its text and, for each entity, the answer.
    pub(crate) fn clause_answers(
        &self,
        rule: &str,
        model: &Model,
    ) -> (Vec<String>, Vec<ClauseAnswers>) {
        let Some(rule) = self.rule(rule) else {
            return (Vec::new(), Vec::new());
        };
        let answers = model.of(rule.concept.name).into_iter();
        (rule.clauses(), answers.map(|entity| verdict::clauses(rule, entity)).collect())
    }

    fn rule(&self, name: &str) -> Option<&Rule> {
        let by_name = self.rules.binary_search_by(|rule| (*rule.info.name).cmp(name));
        match by_name {
            Ok(index) => Some(&self.rules[index]),
            Err(_) => self.rules.iter().find(|rule| rule.was.iter().any(|was| &**was == name)),
        }
    }
}

#[cfg(test)]
mod conventions;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;
