//! From a card to a rule that can be asked.

use serde::Deserialize;

use super::say::Template;
use super::scope::SchemaNames;
use crate::cards::example;
#[cfg(test)]
use crate::cards::example::Example;
use crate::cards::{CardError, Page, unfold};
use crate::expr::{self, Expr};
use crate::finding::{Category, RuleInfo, Severity};
use crate::model::concept::{SCHEMAS, Schema};
use crate::model::fact::Name;

/// A compiled rule card.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) info: RuleInfo,
    pub(super) concept: &'static Schema,
    pub(super) when: Option<Condition>,
    /// The first that holds decides.
    pub(super) grades: Vec<(Severity, Option<Condition>)>,
    pub(super) at: Subject,
    pub(super) evidence: Vec<Subject>,
    pub(super) say: Template,
    pub(super) help: Name,
    pub(super) replaces: Vec<Name>,
    pub(super) even_by_default: bool,
    /// Copies of one thing, the nodes of a cluster, are told of once.
    pub(super) once_for_copies: bool,
    pub(super) was: Vec<Name>,
    #[cfg(test)]
    pub(super) examples: Vec<Example>,
    /// The user does not want it.
    pub(super) skipped: bool,
}

/// A condition with its text.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) expr: Expr,
    #[cfg_attr(not(test), expect(dead_code, reason = "tests name clauses by their text"))]
    pub(super) text: Name,
}

/// What a finding points at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Subject {
    /// `it`: the entity's own place.
    Entity,
    /// `it.auth`
    Field(Name),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    severity: Severities,
    about: String,
    when: Option<String>,
    at: String,
    #[serde(default)]
    evidence: Vec<String>,
    say: String,
    help: Option<String>,
    #[serde(default)]
    replaces: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    since: String,
    #[serde(default)]
    see: Vec<String>,
    status: Option<String>,
    #[serde(default)]
    even_by_default: bool,
    #[serde(default)]
    once_for_copies: bool,
    #[serde(default)]
    was: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a severity, or a list of [severity, condition]")]
enum Severities {
    One(String),
    List(Vec<(String, String)>),
}

impl Rule {
    pub(super) fn compile(page: &Page) -> Result<Rule, Vec<CardError>> {
        let metadata: Metadata = page.metadata().map_err(|error| vec![error])?;
        let mut reader = Reader { page, errors: Vec::new() };
        let rule = reader.rule(metadata);
        match rule {
            Some(rule) if reader.errors.is_empty() => Ok(rule),
            _ => Err(reader.errors),
        }
    }

    /// Retired rules keep their name, and nothing else.
    pub(super) fn runs(&self) -> bool {
        !self.skipped && &*self.info.status != "retired"
    }

    #[cfg(test)]
    /// The parts that must all hold; the severities together are one.
    pub(super) fn clauses(&self) -> Vec<String> {
        let mut clauses = Vec::new();
        if let Some(when) = &self.when {
            let parts = when.expr.clauses();
            clauses.extend(parts.iter().map(|part| when.text[part.range.clone()].to_owned()));
        }
        if let Some(texts) = self.grade_texts() {
            clauses.push(texts.join(" || "));
        }
        clauses
    }

    #[cfg(test)]
    /// The conditions of the severities; `None` if one of them always holds.
    fn grade_texts(&self) -> Option<Vec<&str>> {
        self.grades.iter().map(|(_, c)| c.as_ref().map(|c| &*c.text)).collect()
    }
}

/// Collects every mistake instead of stopping at the first.
struct Reader<'a> {
    page: &'a Page,
    errors: Vec<CardError>,
}

impl Reader<'_> {
    fn rule(&mut self, metadata: Metadata) -> Option<Rule> {
        let category = self.category();
        let concept = self.concept(&metadata.about)?;
        let when = match &metadata.when {
            Some(text) => Some(self.condition(text, concept, None)?),
            None => None,
        };
        let grades = self.grades(&metadata.severity, concept, when.as_ref())?;
        let at = self.subject(&metadata.at, concept);
        let evidence = metadata.evidence.iter().filter_map(|e| self.subject(e, concept)).collect();
        let say = Template::compile(&metadata.say, concept)
            .map_err(|(at, message)| self.report(&metadata.say, at, message));
        let status = self.status(metadata.status);
        if metadata.since.is_empty() {
            self.errors.push(self.page.error_in("since", 0, "since which version?"));
        }
        let fix = self.fix();
        let help = metadata.help.map_or_else(|| first_sentence(&fix), Name::from);
        let worst = grades.iter().map(|(severity, _)| *severity).max()?;
        Some(Rule {
            info: RuleInfo {
                name: self.name(),
                category: category?,
                title: self.page.title.clone(),
                summary: self.page.summary.clone(),
                fix,
                page: example::readable(self.page).into(),
                severity: worst,
                tags: named(metadata.tags),
                see: named(metadata.see),
                status,
            },
            concept,
            when,
            grades,
            at: at?,
            evidence,
            say: say.ok()?,
            help,
            replaces: named(metadata.replaces),
            even_by_default: metadata.even_by_default,
            once_for_copies: metadata.once_for_copies,
            was: named(metadata.was),
            #[cfg(test)]
            examples: example::examples(self.page),
            skipped: false,
        })
    }

    fn report(&mut self, text: &str, into: usize, message: impl Into<String>) {
        self.errors.push(self.page.error_in(text, into, message));
    }

    fn name(&mut self) -> Name {
        let name = self.page.stem();
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(kebab) {
            let message = format!("`{name}` is no name for a rule: small letters, digits and `-`");
            self.errors.push(self.page.error(0, message));
        }
        name.into()
    }

    fn category(&mut self) -> Option<Category> {
        let folder = self.page.folder();
        let category = Category::named(folder);
        if category.is_none() {
            let all: Vec<&str> = Category::ALL.iter().map(|c| c.name()).collect();
            let message =
                format!("the folder is the category; `{folder}` is none of {}", all.join(", "));
            self.errors.push(self.page.error(0, message));
        }
        category
    }

    fn concept(&mut self, name: &str) -> Option<&'static Schema> {
        let found = SCHEMAS.iter().find(|schema| schema.name == name).copied();
        if found.is_none() {
            let names = SCHEMAS.iter().map(|s| s.name.to_owned()).collect();
            let hint = hint(name, names);
            self.report(&format!("\"{name}\""), 1, format!("there is no `{name}`{hint}"));
        }
        found
    }

    fn condition(
        &mut self,
        text: &str,
        concept: &'static Schema,
        given: Option<&Expr>,
    ) -> Option<Condition> {
        match expr::condition(text, &SchemaNames(concept), given) {
            Ok(expr) => Some(Condition { expr, text: text.into() }),
            Err(error) => {
                self.report(text, error.range.start, error.message);
                None
            }
        }
    }

    fn grades(
        &mut self,
        severities: &Severities,
        concept: &'static Schema,
        when: Option<&Condition>,
    ) -> Option<Vec<(Severity, Option<Condition>)>> {
        let list = match severities {
            Severities::One(name) => return Some(vec![(self.severity(name)?, None)]),
            Severities::List(list) => list,
        };
        let given = when.map(|when| &when.expr);
        let mut grades = Vec::new();
        for (name, text) in list {
            let severity = self.severity(name);
            let condition = self.condition(text, concept, given);
            grades.push((severity?, Some(condition?)));
        }
        if grades.is_empty() {
            self.errors.push(self.page.error_in("severity", 0, "no severity"));
        }
        Some(grades)
    }

    fn severity(&mut self, name: &str) -> Option<Severity> {
        let severity = Severity::named(name);
        if severity.is_none() {
            let all: Vec<&str> = Severity::ALL.iter().map(|s| s.name()).collect();
            let message = format!("`{name}` is no severity; there are {}", all.join(", "));
            self.report(&format!("\"{name}\""), 1, message);
        }
        severity
    }

    fn subject(&mut self, text: &str, concept: &'static Schema) -> Option<Subject> {
        let quoted = format!("\"{text}\"");
        match text.strip_prefix("it.") {
            None if text == "it" => Some(Subject::Entity),
            None => {
                self.report(&quoted, 1, format!("`{text}` is neither `it` nor one of its fields"));
                None
            }
            Some(name) if concept.field(name).is_some() => Some(Subject::Field(name.into())),
            Some(name) => {
                let hint = hint(name, field_names(concept));
                self.report(&quoted, 4, format!("{} has no `{name}`{hint}", concept.name));
                None
            }
        }
    }

    fn status(&mut self, status: Option<String>) -> Name {
        let status = status.unwrap_or_else(|| "stable".to_owned());
        if !matches!(&*status, "stable" | "preview" | "retired") {
            let message = format!("`{status}` is none of stable, preview, retired");
            self.report(&format!("\"{status}\""), 1, message);
        }
        status.into()
    }

    fn fix(&mut self) -> Name {
        let Some(section) = self.page.section("Fix") else {
            self.errors.push(self.page.error(0, "no section `## Fix`"));
            return "".into();
        };
        self.page.slice(&section.range).trim().into()
    }
}

/// ", did you mean …" where something is near.
pub(super) fn hint(name: &str, candidates: Vec<String>) -> String {
    let near = expr::nearest(name, candidates);
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

pub(super) fn field_names(concept: &Schema) -> Vec<String> {
    concept.fields.iter().map(|field| field.name.to_owned()).collect()
}

fn named(texts: Vec<String>) -> Vec<Name> {
    texts.into_iter().map(Name::from).collect()
}

fn first_sentence(text: &str) -> Name {
    let paragraph = unfold(text.split("\n\n").next().unwrap_or(""));
    match paragraph.find(". ") {
        Some(end) => paragraph[..end].into(),
        None => paragraph.trim_end_matches('.').into(),
    }
}
