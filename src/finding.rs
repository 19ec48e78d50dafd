//! What a run comes to.

use std::fmt;

use crate::model::concept::Model;
use crate::model::fact::{Evidence, Name, Why};
use crate::model::truth::Confidence;
use crate::source::{Place, Sources};

/// The topic of a rule; exactly one each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Category {
    Exposure,
    Authentication,
    Encryption,
    Logging,
    Retention,
    Secrets,
    Residency,
    Hygiene,
}

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Category {
    pub(crate) const ALL: [Category; 8] = [
        Category::Exposure,
        Category::Authentication,
        Category::Encryption,
        Category::Logging,
        Category::Retention,
        Category::Secrets,
        Category::Residency,
        Category::Hygiene,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Category::Exposure => "exposure",
            Category::Authentication => "authentication",
            Category::Encryption => "encryption",
            Category::Logging => "logging",
            Category::Retention => "retention",
            Category::Secrets => "secrets",
            Category::Residency => "residency",
            Category::Hygiene => "hygiene",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Category> {
        Category::ALL.into_iter().find(|c| c.name() == name)
    }
}

impl Severity {
    pub(crate) const ALL: [Severity; 5] =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|s| s.name() == name)
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something wrong, with its proof.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) rule: Name,
    pub(crate) category: Category,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    /// One sentence: who can do what to which store, and why.
    pub(crate) message: String,
    /// Where a person would edit.
    pub(crate) at: Place,
    /// The way there, in the order an attacker or a log line would travel.
    pub(crate) evidence: Vec<Evidence>,
    /// What decides, where the finding is only possible.
    pub(crate) whys: Vec<(Why, Place)>,
    /// What was guessed, where it is only likely.
    pub(crate) guesses: Vec<Name>,
    /// What to change, in one line.
    pub(crate) help: Name,
    /// Stable name of the entity.
    pub(crate) about: Name,
    /// The store or thing it belongs to, for containment.
    pub(crate) subject: Name,
    /// All of the entity's text, for suppressions at the head of its block.
    pub(crate) whole: Place,
    /// Other instances (of a module, of a `for_each`) with the same fault at the same place.
    pub(crate) instances: Vec<Name>,
    /// 16 hexadecimal digits; stable when lines move.
    pub(crate) fingerprint: String,
    pub(crate) suppressed: Option<Suppressed>,
}

/// Who hid a finding, and why.
#[derive(Clone, Debug)]
pub(crate) struct Suppressed {
    pub(crate) reason: Name,
    pub(crate) place: Place,
}

/// What reports say of a rule.
#[derive(Clone, Debug)]
pub(crate) struct RuleInfo {
    pub(crate) name: Name,
    pub(crate) category: Category,
    /// The card's heading.
    pub(crate) title: Name,
    /// The card's first paragraph.
    pub(crate) summary: Name,
    /// The text under "Fix".
    pub(crate) fix: Name,
    /// The whole page without its metadata and example markers, in Markdown.
    pub(crate) page: Name,
    /// The worst severity it can give.
    pub(crate) severity: Severity,
    /// Topic and contained categories.
    pub(crate) tags: Vec<Name>,
    /// Further reading: CWE numbers, documents.
    pub(crate) see: Vec<Name>,
    /// `stable`, `preview`, `retired`.
    pub(crate) status: Name,
}

/// The result of a run, before anything is filtered for show.
pub(crate) struct Run {
    pub(crate) sources: Sources,
    pub(crate) model: Model,
    /// Sorted by file, place, rule; suppressed ones included.
    pub(crate) findings: Vec<Finding>,
    /// The rules that ran.
    pub(crate) rules: Vec<RuleInfo>,
    /// What was seen and not understood.
    pub(crate) not_understood: Vec<(Place, Name)>,
    /// What could not be read at all: path and reason.
    pub(crate) unreadable: Vec<(String, String)>,
    /// How many files a front end claimed.
    pub(crate) claimed: usize,
}
