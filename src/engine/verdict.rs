//! One rule, one entity: whether there is a finding, how bad and how sure.

use super::rule::{Condition, Rule, Subject};
use super::say::{self, Teller};
use super::scope::{Degree, EntityScope};
use crate::finding::{Finding, Severity};
use crate::model::concept::Concept;
use crate::model::fact::{Basis, Fact};
use crate::model::truth::{Answer, Confidence, Truth};

/// The finding, if the answer is not No.
pub(super) fn ask(rule: &Rule, entity: &dyn Concept) -> Option<Finding> {
    let scope = EntityScope { entity, degree: None };
    let refuted = |condition: Option<&Condition>| condition.is_some_and(|c| c.expr.refuted(&scope));
    if refuted(rule.when.as_ref()) || rule.grades.iter().all(|(_, c)| refuted(c.as_ref())) {
        debug_assert!(decide(rule, entity, &scope).is_none(), "{} at a glance", rule.info.name);
        return None;
    }
    decide(rule, entity, &scope)
}

fn decide(rule: &Rule, entity: &dyn Concept, scope: &EntityScope) -> Option<Finding> {
    let base = exists(entity).and(holds(rule.when.as_ref(), scope));
    if base.answer == Answer::No {
        return None;
    }
    let mut decided = Decided { rule, entity, base, worse: None };
    let (grade, truth) = decided.grade(scope)?;
    Some(decided.finding(grade, truth))
}

/// The answers of one entity to every part of a rule's condition.
pub(super) fn clauses(rule: &Rule, entity: &dyn Concept) -> Vec<Answer> {
    let scope = EntityScope { entity, degree: None };
    let mut answers = Vec::new();
    if let Some(when) = &rule.when {
        answers.extend(when.expr.clauses().iter().map(|part| part.truth(&scope).answer));
    }
    if rule.grades.iter().all(|(_, condition)| condition.is_some()) {
        let any = rule.grades.iter().map(|(_, c)| holds(c.as_ref(), &scope)).reduce(Truth::or);
        answers.extend(any.map(|any| any.answer));
    }
    answers
}

fn holds(condition: Option<&Condition>, scope: &EntityScope) -> Truth {
    condition.map_or_else(|| Truth::plain(true), |condition| condition.expr.truth(scope))
}

/// Whether there is such a thing at all. Nobody writes that down, so it counts as no grounds.
fn exists(entity: &dyn Concept) -> Truth {
    match &entity.identity().exists {
        Fact::Known(yes, origin) => {
            let mut truth = Truth::plain(*yes);
            if let Basis::Guessed(how) = &origin.basis {
                truth.guesses.push(how.clone());
            }
            truth
        }
        Fact::Unset(_) => Truth::plain(true),
        Fact::Unknown(why, place) => Truth::unknown(why.clone(), *place),
    }
}

struct Decided<'a> {
    rule: &'a Rule,
    entity: &'a dyn Concept,
    base: Truth,
    /// A worse severity that cannot be told.
    worse: Option<(Severity, Truth)>,
}

impl Decided<'_> {
    /// The first grade that holds; else the first that may.
    fn grade(&mut self, scope: &EntityScope) -> Option<(usize, Truth)> {
        let mut open: Option<(usize, Truth)> = None;
        for (index, (_, condition)) in self.rule.grades.iter().enumerate() {
            let truth = self.base.clone().and(holds(condition.as_ref(), scope));
            match truth.answer {
                Answer::Yes => {
                    self.worse = open.map(|(i, truth)| (self.rule.grades[i].0, truth));
                    return Some((index, truth));
                }
                Answer::Unknown if open.is_none() => open = Some((index, truth)),
                _ => {}
            }
        }
        open
    }

    fn finding(&self, grade: usize, truth: Truth) -> Finding {
        let (rule, identity) = (self.rule, self.entity.identity());
        let (severity, condition) = &rule.grades[grade];
        let teller = Teller {
            entity: self.entity,
            degree: self.degree(condition.as_ref(), truth.answer),
            fields: &truth.fields,
        };
        let confidence = truth.confidence().unwrap_or(Confidence::Possible);
        let mut message = teller.message(&rule.say);
        if confidence == Confidence::Possible {
            say::depending(&mut message, &truth.whys);
        } else if let Some((worse, open)) = &self.worse {
            let than = self.capped(*severity, &truth);
            say::may_be(&mut message, *worse, than, &open.whys);
        }
        Finding {
            rule: rule.info.name.clone(),
            category: rule.info.category,
            severity: self.capped(*severity, &truth),
            confidence,
            message,
            at: match &rule.at {
                Subject::Entity => identity.place,
                Subject::Field(name) => teller.place(name),
            },
            evidence: teller.evidence(&rule.evidence),
            fingerprint: super::contain::fingerprint(
                &rule.info.name,
                &identity.address,
                &truth.fields,
            ),
            whys: truth.whys,
            guesses: truth.guesses,
            help: rule.help.clone(),
            about: identity.address.clone(),
            subject: identity.subject.clone(),
            whole: identity.whole,
            instances: Vec::new(),
            suppressed: None,
        }
    }

    /// What follows only from a product's own defaults is at most low.
    fn capped(&self, severity: Severity, truth: &Truth) -> Severity {
        if truth.written || self.rule.even_by_default {
            severity
        } else {
            severity.min(Severity::Low)
        }
    }

    /// How much of what is known of the reach the answer needs: the least that still gives it.
    fn degree(&self, condition: Option<&Condition>, answer: Answer) -> Degree {
        let gives = |degree: &Degree| {
            let scope = EntityScope { entity: self.entity, degree: Some(*degree) };
            let when = holds(self.rule.when.as_ref(), &scope);
            let narrowed = exists(self.entity).and(when).and(holds(condition, &scope)).answer;
            // What is open on the whole may be settled for one circle of its span.
            narrowed == answer || (answer == Answer::Unknown && narrowed != Answer::No)
        };
        Degree::ALL.into_iter().find(gives).unwrap_or(Degree::May)
    }
}
