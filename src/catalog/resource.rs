//! Cards of Terraform resources that map plainly: stores that a cloud runs.
//!
//! A card reads attributes and gives defaults, each with its source. What needs more than that
//! has a Rust file of its own under `formats/terraform/resources`.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;

use super::toml_block;
use crate::model::fact::{Name, Why};

/// What is known of one resource type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ResourceCard {
    /// `aws_db_instance`
    #[serde(rename = "resource")]
    pub(crate) kind: String,
    /// Other types of the same shape.
    #[serde(default)]
    pub(crate) also: Vec<String>,
    /// What people call it: "RDS instance".
    pub(crate) title: String,
    /// Attributes that name it, the best first.
    #[serde(default)]
    pub(crate) name: Vec<String>,
    /// What it is only a part of: where that is in these files, its own card speaks.
    pub(crate) part_of: Option<Satellite>,
    /// The store's kind: `database`, `cache`, …
    pub(crate) store: String,
    pub(crate) engine: Source,
    /// Attributes that name security groups; absent where the service has none.
    pub(crate) groups: Option<Vec<String>>,
    /// Whether the private network leads to it.
    #[serde(default = "yes")]
    pub(crate) network: bool,
    #[serde(default)]
    pub(crate) way: Vec<WayCard>,
    #[serde(default)]
    pub(crate) endpoint: Vec<EndpointCard>,
    #[serde(default)]
    pub(crate) login: Vec<LoginCard>,
    pub(crate) allow_list: Option<AllowCard>,
    /// Attributes that hold a password.
    #[serde(default)]
    pub(crate) passwords: Vec<String>,
    #[serde(default)]
    pub(crate) facts: FactsCard,
}

fn yes() -> bool {
    true
}

/// A way in from the internet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct WayCard {
    pub(crate) when: Source,
    /// Completes "RDS instance `orders` …": "is publicly accessible".
    pub(crate) say: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct EndpointCard {
    pub(crate) port: Source,
    pub(crate) protocol: String,
    #[serde(default = "data_and_admin")]
    pub(crate) role: String,
    pub(crate) tls: Option<Source>,
}

fn data_and_admin() -> String {
    "data+admin".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LoginCard {
    /// `none`, `password`, `certificate`, `iam`, `external`.
    pub(crate) proof: Source,
}

/// The service's own list of client addresses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AllowCard {
    pub(crate) title: String,
    /// Whom the service admits where nothing is listed.
    pub(crate) empty: Empty,
    pub(crate) see: String,
    pub(crate) rule: Vec<AllowRule>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Empty {
    Everybody,
    Nobody,
}

/// Where entries of an allow-list stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AllowRule {
    /// Entries stand in resources of this type instead of the store's own.
    #[serde(flatten)]
    pub(crate) satellite: Satellite,
    /// A list of blocks or values; absent: the resource itself is the entry.
    pub(crate) attr: Option<String>,
    /// Within an entry: a network, or the first and the last address.
    pub(crate) net: Option<Names>,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    /// Values that an entry must have to count.
    #[serde(default)]
    pub(crate) only: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Names {
    One(String),
    Several(Vec<String>),
}

impl Names {
    pub(crate) fn all(&self) -> &[String] {
        match self {
            Names::One(name) => std::slice::from_ref(name),
            Names::Several(names) => names,
        }
    }
}

/// Resources of another type that speak of this one.
#[derive(Default, Debug, Deserialize)]
pub(crate) struct Satellite {
    /// Their type.
    pub(crate) of: Option<String>,
    /// Their attribute that names this resource.
    pub(crate) by: Option<String>,
    /// This resource's attributes whose literal value also counts as its name.
    #[serde(default)]
    pub(crate) names: Vec<String>,
    /// Instead of `by`: an attribute that both have and that names the same thing.
    pub(crate) shared: Option<String>,
}

#[derive(Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct FactsCard {
    pub(crate) encrypted_at_rest: Option<Source>,
    pub(crate) audit_log: Option<Source>,
    pub(crate) product_log: Option<Source>,
    pub(crate) backup_days: Option<Source>,
    pub(crate) tls_required: Option<Source>,
    pub(crate) tls_version: Option<Source>,
    pub(crate) node_tls: Option<Source>,
}

/// Where a fact comes from: a word, one reading, or several of which the first that says
/// something counts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Source {
    Word(Word),
    One(Box<Reading>),
    First(Vec<Reading>),
}

impl Source {
    pub(crate) fn readings(&self) -> &[Reading] {
        match self {
            Source::Word(_) => &[],
            Source::One(one) => std::slice::from_ref(one),
            Source::First(several) => several,
        }
    }

    /// Whether something is said whatever is written: it is a word, or its last reading has a
    /// default that no condition takes away.
    fn always_answers(&self) -> bool {
        let conditional = |last: &Reading| last.unless.is_some() || !last.only.is_empty();
        match (self, self.readings().last()) {
            (Source::Word(_), _) => true,
            (_, last) => last.is_some_and(|last| last.default.is_some() && !conditional(last)),
        }
    }
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Word {
    Bool(bool),
    Int(i64),
    Text(String),
}

impl Word {
    /// As it would be written.
    pub(crate) fn text(&self) -> Name {
        match self {
            Word::Bool(b) => b.to_string().into(),
            Word::Int(n) => n.to_string().into(),
            Word::Text(t) => t.as_str().into(),
        }
    }

    /// The other answer, where it is one.
    pub(crate) fn negated(self) -> Word {
        match self {
            Word::Bool(yes) => Word::Bool(!yes),
            other => other,
        }
    }

    /// Why it tells nothing where another kind of word is due: "a number".
    pub(crate) fn misread(&self, wanted: &str) -> Why {
        Why::NotUnderstood(format!("`{}`, which is not {wanted}", self.text()).into())
    }
}

/// One look at the resource or its satellites.
#[derive(Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Reading {
    /// A dotted path of blocks and an attribute.
    pub(crate) attr: Option<String>,
    /// In satellites: true if it is so for any of them.
    #[serde(flatten)]
    pub(crate) satellite: Satellite,
    /// In every block of this name, or with `.*` in every value of that map: true if it is so for
    /// any of them.
    pub(crate) each: Option<String>,
    /// Values that a block of `each`, a satellite, or else the resource must have to count.
    #[serde(default)]
    pub(crate) only: BTreeMap<String, String>,
    /// A question: does the list hold anything.
    #[serde(default)]
    pub(crate) some: bool,
    /// Attributes of which one, where it is there, lets this reading say nothing.
    pub(crate) unless: Option<Names>,
    /// A question: is it there, is it one of these, does the list hold one of these.
    #[serde(default)]
    pub(crate) has: bool,
    #[serde(default)]
    pub(crate) is: Vec<Word>,
    #[serde(default)]
    pub(crate) holds: Vec<String>,
    /// A question that takes more than a look.
    pub(crate) question: Option<Question>,
    /// The opposite of the answer.
    #[serde(default)]
    pub(crate) not: bool,
    /// What follows from a yes; a no says nothing then.
    pub(crate) then: Option<Word>,
    /// Other words for values: `aurora-postgresql` is `postgresql`. The rest stays.
    #[serde(default)]
    pub(crate) words: BTreeMap<String, String>,
    /// Counts of this many make one day.
    pub(crate) per_day: Option<i64>,
    /// What holds where nobody wrote it, with its source.
    pub(crate) default: Option<Word>,
    pub(crate) see: Option<String>,
    /// The default, or what follows from a yes, is a guess, for this reason; it makes nothing
    /// certain.
    pub(crate) guess: Option<String>,
    /// What held before a major version of the provider.
    pub(crate) before: Option<Before>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Question {
    /// Whether a policy document of IAM's shape lets in people who have shown nothing.
    LetsAnybodyIn,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Before {
    pub(crate) major: u32,
    pub(crate) default: Word,
}

/// What is wrong, and where on the page.
type Problem = (Range<usize>, String);

impl ResourceCard {
    /// Reads a page. The first `toml` block is the card.
    pub(crate) fn parse(page: &str) -> Result<ResourceCard, Problem> {
        let block =
            toml_block(page).ok_or_else(|| (0..page.len().min(1), "no `toml` block".to_owned()))?;
        let shift = |span: Range<usize>| span.start + block.start..span.end + block.start;
        let card: ResourceCard = toml::from_str(&page[block.clone()])
            .map_err(|e| (shift(e.span().unwrap_or(0..0)), e.message().to_owned()))?;
        card.check().map_err(|message| (block, message))?;
        Ok(card)
    }

    /// Whether it speaks of a resource type.
    pub(crate) fn is_for(&self, kind: &str) -> bool {
        self.kind == kind || self.also.iter().any(|k| k == kind)
    }

    fn check(&self) -> Result<(), String> {
        let facts = &self.facts;
        let facts = [
            &facts.encrypted_at_rest,
            &facts.audit_log,
            &facts.product_log,
            &facts.node_tls,
            &facts.backup_days,
            &facts.tls_required,
            &facts.tls_version,
        ];
        let sources = facts.into_iter().flatten().chain([&self.engine]);
        let sources = sources.chain(self.way.iter().map(|w| &w.when));
        let sources = sources.chain(self.endpoint.iter().map(|e| &e.port));
        let sources = sources.chain(self.login.iter().map(|l| &l.proof));
        for reading in sources.flat_map(Source::readings) {
            if reading.default.is_some() && reading.see.is_none() && reading.guess.is_none() {
                return Err(
                    "a default names its source in `see`, or its reason in `guess`".to_owned()
                );
            }
        }
        // A hop of which nothing is said would be taken for an open one.
        match self.way.iter().find(|way| !way.when.always_answers()) {
            Some(way) => Err(format!(
                "the last reading of the way that says \"{}\" needs a default that always holds",
                way.say
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ResourceCard;

    /// Whether a card with this way is taken, or why not.
    fn check(when: &str) -> Result<(), String> {
        let page = format!(
            "```toml\nresource = \"a_store\"\ntitle = \"store\"\nstore = \"database\"\n\
             engine = \"mysql\"\n[[way]]\nwhen = {when}\nsay = \"is open\"\n```\n"
        );
        ResourceCard::parse(&page).map(|_| ()).map_err(|(_, message)| message)
    }

    const REFUSED: &str =
        "the last reading of the way that says \"is open\" needs a default that always holds";

    #[test]
    fn a_way_that_always_has_an_answer_is_taken() {
        for when in [
            "true",
            "{ attr = \"public\", default = false, see = \"docs\" }",
            "[{ attr = \"closed\", is = [true], then = false }, { default = true, guess = \"so\" }]",
        ] {
            assert_eq!(check(when), Ok(()), "{when}");
        }
    }

    #[test]
    fn a_way_that_may_end_without_an_answer_is_refused() {
        for when in [
            "[]",
            "{ attr = \"public\" }",
            "[{ attr = \"closed\", is = [true], then = false }, { attr = \"public\" }]",
            "[{ default = false, see = \"docs\" }, { attr = \"public\" }]",
            "{ attr = \"public\", unless = \"private\", default = false, see = \"docs\" }",
            "{ attr = \"public\", only = { kind = \"a\" }, default = false, see = \"docs\" }",
        ] {
            assert_eq!(check(when), Err(REFUSED.to_owned()), "{when}");
        }
    }
}
