//! Cards of modules that registries publish: what a call makes, for trees in which nobody ran
//! `terraform init`.
//!
//! The section "Makes" holds the module in Terraform's own language, in few words: the resources
//! that decide about data, over the module's variables with their defaults, and its outputs. The
//! ordinary evaluator reads it as if it were a folder of the project. It may ask
//! `local.called_major` and `local.called_minor` for the version of the call and
//! `local.called_part` for the submodule behind `//modules/`.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::OnceLock;

use serde::Deserialize;

use super::toml_block;
use crate::cards::{Page, Section};
use crate::shared::Shared;
use crate::source::{FileId, Place, Text};
use crate::tree::hcl::{self, Body};

/// What is known of one published module.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ModuleCard {
    /// `NAMESPACE/NAME/PROVIDER`, with `//modules/PART` behind it where it is a part of one; a
    /// part `*` stands for every one.
    pub(crate) modules: Vec<String>,
    /// The first major version that the card speaks of.
    #[serde(default)]
    pub(crate) from: u32,
    /// Arguments that change nothing of what the card says the module makes.
    #[serde(default)]
    pub(crate) no_effect: Vec<String>,
    /// The source of what the section "Makes" says.
    pub(crate) see: String,
    #[serde(skip)]
    makes: String,
    /// What it makes, parsed when a call first asks; it stands nowhere.
    #[serde(skip)]
    body: OnceLock<Body>,
}

/// Where a call's module comes from.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Origin {
    /// `NAMESPACE/NAME/PROVIDER`
    name: String,
    /// Behind `//`.
    folder: Option<String>,
    /// A tag or branch within the address.
    reference: Option<String>,
}

/// What is wrong, and where on the page.
type Problem = (Range<usize>, String);

/// The major and minor version that a call gets.
pub(crate) type Version = (u32, u32);

/// A version that nothing bounds: the newest.
const NEWEST: u32 = 9_999;

impl ModuleCard {
    /// Reads a page. The first `toml` block is the card.
    pub(crate) fn parse(path: &str, page: &str) -> Result<ModuleCard, Problem> {
        let block =
            toml_block(page).ok_or_else(|| (0..page.len().min(1), "no `toml` block".to_owned()))?;
        let shift = |span: Range<usize>| span.start + block.start..span.end + block.start;
        let mut card: ModuleCard = toml::from_str(&page[block.clone()])
            .map_err(|e| (shift(e.span().unwrap_or(0..0)), e.message().to_owned()))?;
        let parts = Page::read(path, page).map_err(|e| (0..1, e.message))?;
        for makes in parts.section("Makes").into_iter().flat_map(Section::blocks) {
            card.makes.push_str(parts.slice(&makes.content));
        }
        if card.makes.is_empty() || card.see.is_empty() {
            return Err((block, "a module says what it makes, and its source".to_owned()));
        }
        Ok(card)
    }

    /// Whether it speaks of a module in a version.
    pub(super) fn is_for(&self, origin: &Origin, (major, _): Version) -> bool {
        major >= self.from && self.modules.iter().any(|module| origin.is(module))
    }

    /// What a call of a version makes; all of it stands at the call.
    pub(crate) fn body(&self, origin: &Origin, (major, minor): Version, at: Place) -> Body {
        let part = origin.folder.as_deref().map_or("", last_part);
        let called = format!(
            "locals {{\n  called_major = {major}\n  called_minor = {minor}\n  called_part = {part:?}\n}}\n"
        );
        let mut body = parsed(called, at);
        body.blocks.extend(self.body.get_or_init(|| self.parsed()).moved(at).blocks);
        body
    }

    fn parsed(&self) -> Body {
        let mut text = String::with_capacity(self.makes.len() + 24 * self.no_effect.len());
        for name in &self.no_effect {
            let _ = writeln!(text, "variable {name:?} {{}}");
        }
        text.push_str(&self.makes);
        parsed(text, Place { file: FileId(0), start: 0, end: 0 })
    }
}

fn parsed(text: String, at: Place) -> Body {
    hcl::parse(&Text::nested(text.into(), at, Shared::empty())).0
}

impl Origin {
    /// Reads a `source`: a name in a registry, or the address of the repository behind it
    /// (Terraform, language/modules/sources; registries take `NAME/PROVIDER` from repositories
    /// that are called `terraform-PROVIDER-NAME`).
    pub(crate) fn read(source: &str) -> Option<Origin> {
        let (source, query) = source.split_once('?').unwrap_or((source, ""));
        let reference = query.split('&').find_map(|pair| pair.strip_prefix("ref="));
        let plain = source.strip_prefix("git::").unwrap_or(source);
        let plain = plain.split_once("://").map_or(plain, |(_, rest)| rest);
        let plain = plain.strip_prefix("git@").unwrap_or(plain);
        let (address, folder) = plain.split_once("//").map_or((plain, None), |(a, f)| (a, Some(f)));
        let host =
            |name: &str| address.strip_prefix(name).and_then(|rest| rest.strip_prefix(['/', ':']));
        let name = if let Some(repository) = host("github.com") {
            let (owner, name) = repository.split_once('/')?;
            let name = name.strip_suffix(".git").unwrap_or(name);
            let (provider, name) = name.strip_prefix("terraform-")?.split_once('-')?;
            format!("{owner}/{name}/{provider}")
        } else {
            let public = ["registry.terraform.io", "registry.opentofu.org"];
            let name = public.iter().find_map(|name| host(name)).unwrap_or(address);
            name.to_owned()
        };
        let is_host = name.split('/').next().is_some_and(|first| first.contains('.'));
        let parts = name.split('/').filter(|part| !part.is_empty()).count();
        (parts == 3 && !is_host).then(|| Origin {
            name: name.to_ascii_lowercase(),
            folder: folder.map(str::to_owned),
            reference: reference.map(str::to_owned),
        })
    }

    /// The version that a call gets: the highest that its constraint admits.
    pub(crate) fn version(&self, constraint: Option<&str>) -> Version {
        let of_tag = || {
            let tag = last_part(self.reference.as_deref()?);
            let mut digits = tag.trim_start_matches('v').split('.');
            let major = digits.next()?.parse().ok()?;
            Some((major, digits.next().and_then(|n| n.parse().ok()).unwrap_or(NEWEST)))
        };
        constraint.map_or_else(|| of_tag().unwrap_or((NEWEST, NEWEST)), highest)
    }

    fn is(&self, module: &str) -> bool {
        let (name, folder) = module.split_once("//").map_or((module, None), |(n, f)| (n, Some(f)));
        let same_folder = match (folder, self.folder.as_deref()) {
            (None, None) => true,
            (Some(known), Some(called)) => {
                let any = known.strip_suffix('*').is_some_and(|start| called.starts_with(start));
                any || known == called
            }
            _ => false,
        };
        same_folder && self.name.eq_ignore_ascii_case(name)
    }
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The highest version that a constraint admits. `~> 6` admits 7 as well, `~> 6.0` does not
/// (Terraform, language/expressions/version-constraints).
fn highest(constraint: &str) -> Version {
    let bounds = constraint.split(',').filter_map(|part| bound(part.trim()));
    bounds.fold((NEWEST, NEWEST), Version::min)
}

/// The highest version that one condition admits, if it bounds versions from above.
fn bound(condition: &str) -> Option<Version> {
    let digits = condition.find(|c: char| c.is_ascii_digit())?;
    let (operator, version) = (condition[..digits].trim(), &condition[digits..]);
    let mut numbers = version.split('.').map(|n| n.trim().parse::<u32>().ok());
    let major = numbers.next()??;
    let (minor, patch) = (numbers.next().flatten(), numbers.next().flatten());
    match (operator, minor, patch) {
        ("<", None | Some(0), None | Some(0)) => Some((major.saturating_sub(1), NEWEST)),
        ("<", Some(minor), None | Some(0)) => Some((major, minor - 1)),
        ("~>", None, _) => None,
        ("~>", Some(_), None) => Some((major, NEWEST)),
        ("" | "=" | "<" | "<=" | "~>", _, _) => Some((major, minor.unwrap_or(0))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn an_address_and_a_name_in_a_registry_are_one_module() {
        let name = |source: &str| Origin::read(source).map(|o| (o.name, o.folder));
        let rds = Some(("terraform-aws-modules/rds/aws".to_owned(), None));
        assert_eq!(name("terraform-aws-modules/rds/aws"), rds);
        assert_eq!(name("registry.terraform.io/terraform-aws-modules/rds/aws"), rds);
        assert_eq!(name("github.com/terraform-aws-modules/terraform-aws-rds?ref=v6.1.0"), rds);
        assert_eq!(
            name("git::https://github.com/terraform-aws-modules/terraform-aws-rds.git"),
            rds
        );
        assert_eq!(name("git@github.com:terraform-aws-modules/terraform-aws-rds.git"), rds);
        let part = name("terraform-aws-modules/rds/aws//modules/db_instance");
        assert_eq!(part.and_then(|p| p.1).as_deref(), Some("modules/db_instance"));
        assert_eq!(name("./modules/rds"), None);
        assert_eq!(name("git::https://git.corp/infra/terraform-aws-rds.git"), None);
        assert_eq!(name("s3::https://s3.amazonaws.com/b/rds.zip"), None);
    }

    #[test]
    fn a_call_gets_the_highest_version_that_it_admits() {
        let version = |source: &str, constraint| Origin::read(source).unwrap().version(constraint);
        let rds = "terraform-aws-modules/rds/aws";
        assert_eq!(version(rds, None), (NEWEST, NEWEST));
        assert_eq!(version(rds, Some("~> 5.0")), (5, NEWEST));
        assert_eq!(version(rds, Some("~> 5.2.1")), (5, 2));
        assert_eq!(version(rds, Some("~> 5")), (NEWEST, NEWEST));
        assert_eq!(version(rds, Some(">= 3.0, < 6.0")), (5, NEWEST));
        assert_eq!(version(rds, Some("< 3.9")), (3, 8));
        assert_eq!(version(rds, Some("4.1.3")), (4, 1));
        let tagged = "github.com/terraform-aws-modules/terraform-aws-rds?ref=v6.1.0";
        assert_eq!(version(tagged, None), (6, 1));
        let named = "git::https://github.com/cloudposse/terraform-aws-rds.git?ref=tags/0.16.0";
        assert_eq!(version(named, None), (0, 16));
    }

    #[test]
    fn what_cards_make_is_terraform_and_calls_no_strangers() {
        let catalog = Catalog::of(crate::embedded::pages());
        assert_eq!(catalog.problems(), []);
        assert!(catalog.modules.iter().count() > 5);
        for card in catalog.modules.iter() {
            let nowhere = Place { file: FileId(0), start: 0, end: 0 };
            let text = Text::nested(card.makes.as_str().into(), nowhere, Shared::empty());
            let (body, problems) = hcl::parse(&text);
            assert!(problems.is_empty(), "{:?}: {problems:?}", card.modules);
            for call in body.blocks("module") {
                let source = call.body.attribute("source").map(|a| &a.expr.kind);
                let Some(hcl::ExprKind::String(source, _)) = source else {
                    panic!("{:?}: a call without a source", card.modules)
                };
                assert!(
                    catalog.module(source, None, nowhere).is_some(),
                    "{:?}: {source}",
                    card.modules
                );
            }
        }
    }
}
