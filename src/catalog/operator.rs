//! Cards of operators' custom resources: which manifests an operator makes of one, and what it
//! settles itself about the stores in them.
//!
//! The section "Makes" holds templates of manifests; they go through the same code as manifests
//! that somebody wrote, and the images in them meet their own cards. `store` says what the
//! custom resource or its operator decides over the image's head: logins, ports, encryption.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use serde::Deserialize;

use super::resource::Word;
use super::toml_block;
use crate::cards::Page;
use crate::source::{FileId, Place, Text};
use crate::tree::node::Node;
use crate::tree::yaml;

/// What is known of one operator's resources.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct OperatorCard {
    /// `GROUP/KIND`
    pub(crate) kinds: Vec<String>,
    /// The source of what follows from the operator itself.
    pub(crate) see: String,
    /// Code of its own adds to what the templates make.
    pub(crate) handled_by: Option<String>,
    #[serde(default)]
    pub(crate) store: Vec<StoreCard>,
    /// The templates, as they are written.
    #[serde(skip)]
    makes: Vec<String>,
    #[serde(skip)]
    templates: OnceLock<Vec<Node>>,
}

/// What an operator settles about a store.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct StoreCard {
    /// The container's name in the templates.
    pub(crate) container: String,
    #[serde(default)]
    pub(crate) login: Vec<LoginCard>,
    /// Instead of the image's ports, if there are any here.
    #[serde(default)]
    pub(crate) endpoint: Vec<EndpointCard>,
    #[serde(default)]
    pub(crate) facts: FactsCard,
}

/// One way to log in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LoginCard {
    /// `none`, `password`, `certificate`, …
    pub(crate) proof: Looks,
}

/// A port, or one for each item of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct EndpointCard {
    pub(crate) each: Option<String>,
    pub(crate) port: Looks,
    pub(crate) protocol: String,
    #[serde(default = "data_and_admin")]
    pub(crate) role: String,
    pub(crate) on: Option<Looks>,
    pub(crate) tls: Option<Looks>,
    pub(crate) asks: Option<Looks>,
}

fn data_and_admin() -> String {
    "data+admin".to_owned()
}

#[derive(Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct FactsCard {
    /// Of every port that serves data.
    pub(crate) tls: Option<Looks>,
    pub(crate) tls_required: Option<Looks>,
    pub(crate) node_tls: Option<Looks>,
    pub(crate) audit_log: Option<Looks>,
    pub(crate) backup_days: Option<Looks>,
    pub(crate) encrypted_at_rest: Option<Looks>,
    pub(crate) tells_clients_apart: Option<Looks>,
}

/// Where a fact comes from: a word, one look, or several of which the first that says something
/// counts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Looks {
    Word(Word),
    One(Box<Look>),
    First(Vec<Look>),
}

impl Looks {
    pub(crate) fn all(&self) -> &[Look] {
        match self {
            Looks::Word(_) => &[],
            Looks::One(one) => std::slice::from_ref(one),
            Looks::First(several) => several,
        }
    }
}

/// One look at the custom resource.
#[derive(Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Look {
    /// A path: `spec.a.b`, or `item.a` within `each`.
    pub(crate) attr: Option<String>,
    /// In every item of a list: true if it is so for any of them.
    pub(crate) each: Option<String>,
    /// A question: is it there and not empty; is it one of these.
    #[serde(default)]
    pub(crate) has: bool,
    #[serde(default)]
    pub(crate) is: Vec<Word>,
    /// A question: does a line of the client rules of `PostgreSQL` let somebody in unasked.
    #[serde(default)]
    pub(crate) trusts: bool,
    /// A question: does the text, or a text of the list, contain one of these.
    #[serde(default)]
    pub(crate) contains: Vec<String>,
    /// A question: does the text begin with one of these.
    #[serde(default)]
    pub(crate) starts: Vec<String>,
    /// The opposite of the answer.
    #[serde(default)]
    pub(crate) not: bool,
    /// What follows from a yes; a no says nothing then.
    pub(crate) then: Option<Word>,
    /// Other words for values.
    #[serde(default)]
    pub(crate) words: BTreeMap<String, String>,
    /// What holds where nobody wrote it, with its source.
    pub(crate) default: Option<Word>,
    pub(crate) see: Option<String>,
    /// Nobody can tell, and why; after a question, only if the answer is yes.
    pub(crate) unknown: Option<String>,
}

/// What is wrong, and where on the page.
type Problem = (Range<usize>, String);

impl OperatorCard {
    /// Reads a page. The first `toml` block is the card.
    pub(crate) fn parse(path: &str, page: &str) -> Result<OperatorCard, Problem> {
        let block =
            toml_block(page).ok_or_else(|| (0..page.len().min(1), "no `toml` block".to_owned()))?;
        let shift = |span: Range<usize>| span.start + block.start..span.end + block.start;
        let mut card: OperatorCard = toml::from_str(&page[block.clone()])
            .map_err(|e| (shift(e.span().unwrap_or(0..0)), e.message().to_owned()))?;
        card.check().map_err(|message| (block, message))?;
        let parts = Page::read(path, page).map_err(|e| (0..1, e.message))?;
        if let Some(makes) = parts.section("Makes") {
            card.makes = makes.blocks().map(|b| parts.slice(&b.content).to_owned()).collect();
        }
        Ok(card)
    }

    /// Whether it speaks of a kind.
    pub(crate) fn is_for(&self, group: &str, kind: &str) -> bool {
        let own = |k: &String| k.split_once('/').is_some_and(|(g, k)| g == group && k == kind);
        self.kinds.iter().any(own)
    }

    /// What the operator makes, to be filled in; parsed when the first resource asks.
    pub(crate) fn templates(&self) -> &[Node] {
        self.templates.get_or_init(|| self.makes.iter().flat_map(|text| parsed(text).0).collect())
    }

    fn check(&self) -> Result<(), String> {
        let stores = self.store.iter();
        let looks = stores.flat_map(StoreCard::looks).flat_map(Looks::all);
        for look in looks {
            if look.default.is_some() && look.see.is_none() {
                return Err("a default names its source in `see`".to_owned());
            }
        }
        Ok(())
    }
}

impl StoreCard {
    fn looks(&self) -> impl Iterator<Item = &Looks> {
        let facts = &self.facts;
        let facts = [
            &facts.tls,
            &facts.tls_required,
            &facts.node_tls,
            &facts.audit_log,
            &facts.backup_days,
            &facts.encrypted_at_rest,
            &facts.tells_clients_apart,
        ];
        let ports = self.endpoint.iter();
        let ports =
            ports.flat_map(|e| [Some(&e.port), e.on.as_ref(), e.tls.as_ref(), e.asks.as_ref()]);
        let facts = facts.into_iter().map(Option::as_ref);
        ports.chain(facts).flatten().chain(self.login.iter().map(|l| &l.proof))
    }
}

/// A template stands in no file of the project.
fn parsed(text: &str) -> (Vec<Node>, Vec<crate::source::Problem>) {
    let nowhere = Place { file: FileId(0), start: 0, end: 0 };
    yaml::parse(&Text::nested(text.into(), nowhere, crate::shared::Shared::empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn templates_are_documents_with_a_kind() {
        let catalog = Catalog::of(crate::embedded::pages());
        assert_eq!(catalog.problems(), []);
        assert!(catalog.operators.iter().count() > 5);
        for card in catalog.operators.iter() {
            for text in &card.makes {
                let (nodes, problems) = parsed(text);
                assert!(problems.is_empty(), "{:?}: {problems:?}", card.kinds);
                for node in &nodes {
                    assert!(node.get("kind").is_some(), "{:?}: no kind", card.kinds);
                }
            }
        }
    }

    #[test]
    fn a_kind_has_one_card() {
        let catalog = Catalog::of(crate::embedded::pages());
        let mut kinds: Vec<&String> = catalog.operators.iter().flat_map(|c| &c.kinds).collect();
        kinds.sort();
        let count = kinds.len();
        kinds.dedup();
        assert_eq!(kinds.len(), count);
    }

    #[test]
    fn a_default_without_a_source_is_refused() {
        let page = "# x\n\n```toml\nkinds = [\"a/B\"]\nsee = \"x\"\n[[store]]\ncontainer = \"c\"\n\
                    [store.facts]\ntls = { default = true }\n```\n";
        let error = OperatorCard::parse("catalog/operators/x.md", page).unwrap_err();
        assert_eq!(error.1, "a default names its source in `see`");
    }
}
