//! What is known about the world: cards of images, of Terraform resources and modules, of operators
//! and of Helm charts.

pub(crate) mod chart;
#[cfg(test)]
mod examples;
pub(crate) mod image;
pub(crate) mod module;
pub(crate) mod operator;
pub(crate) mod proxy;
pub(crate) mod reference;
pub(crate) mod resource;
mod shelf;

use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use chart::ChartCard;
use image::ImageCard;
use module::{ModuleCard, Origin};
use operator::OperatorCard;
use reference::{Match, Reference};
use resource::ResourceCard;
use shelf::{Pages, Shelf};

/// All cards, loaded and checked once.
#[derive(Default, Debug)]
pub(crate) struct Catalog {
    pub(crate) images: Vec<ImageCard>,
    pub(crate) resources: Shelf<ResourceCard>,
    /// The image cards by the last part of their images' names.
    by_name: FxHashMap<String, Vec<usize>>,
    /// Those whose last part holds a `*`.
    by_pattern: Vec<usize>,
    pub(crate) operators: Shelf<OperatorCard>,
    pub(crate) charts: Shelf<ChartCard>,
    pub(crate) modules: Shelf<ModuleCard>,
}

/// Why a page is not a card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CardProblem {
    /// The page, relative to the folder of the rules.
    pub(crate) page: String,
    /// The stretch of the page that is wrong, in bytes.
    pub(crate) at: std::ops::Range<usize>,
    pub(crate) message: String,
}

/// The folder of image cards, within the pages.
const IMAGES: &str = "catalog/images/";

/// The folder of cards of Terraform resources, within the pages.
const RESOURCES: &str = "catalog/terraform/";

/// The folder of cards of operators' resources, within the pages.
const OPERATORS: &str = "catalog/operators/";
/// The folder of cards of Helm charts, within the pages.
const CHARTS: &str = "catalog/charts/";
/// The folder of cards of published Terraform modules, within the pages.
const MODULES: &str = "catalog/modules/";

/// Ports of stores that clouds run and that no image card names. The engines' registered ports;
/// what web servers share with them (80, 443, 8000, 8080) tells nothing.
const CLOUD_PORTS: [(u16, &str); 6] = [
    (1433, "sqlserver"),
    (1521, "oracle"),
    (5439, "redshift"),
    (6380, "redis"),
    (8182, "neptune"),
    (9142, "cassandra"),
];

/// Ports of file shares, which come after those of databases where a filter opens both.
const SHARE_PORTS: [(u16, &str); 2] = [(445, "smb"), (2049, "nfs")];

/// Ports that more than one product answers on.
const SHARED_PORTS: [u16; 15] =
    [22, 80, 443, 3000, 5000, 8000, 8080, 8081, 8088, 8443, 8888, 9000, 9001, 9090, 9100];

/// Where the text of the first `toml` block stands.
fn toml_block(page: &str) -> Option<Range<usize>> {
    let start = page.find("```toml\n")? + "```toml\n".len();
    let end = start + page[start..].find("\n```")? + 1;
    Some(start..end)
}

/// What a page of one kind gives: a card, or what is wrong at which bytes; `None`: it is of another.
type Read<T> = Option<Result<T, (Range<usize>, String)>>;

fn image_card(path: &str, text: &str) -> Read<ImageCard> {
    let name = path.strip_prefix(IMAGES)?;
    Some(ImageCard::parse(name.strip_suffix(".md").unwrap_or(name), text))
}

fn resource_card(path: &str, text: &str) -> Read<ResourceCard> {
    path.starts_with(RESOURCES).then(|| ResourceCard::parse(text))
}

fn operator_card(path: &str, text: &str) -> Read<OperatorCard> {
    path.starts_with(OPERATORS).then(|| OperatorCard::parse(path, text))
}

fn chart_card(path: &str, text: &str) -> Read<ChartCard> {
    path.starts_with(CHARTS).then(|| ChartCard::parse(text))
}

fn module_card(path: &str, text: &str) -> Read<ModuleCard> {
    path.starts_with(MODULES).then(|| ModuleCard::parse(path, text))
}

/// The cards of a kind, in the order of their pages.
fn all<T: Send>(
    pages: &[(&str, &str)],
    read: fn(&str, &str) -> Read<T>,
    problems: &mut Vec<CardProblem>,
) -> Vec<T> {
    let read = pages.par_iter().filter_map(|(path, text)| {
        let problem = |(at, message)| CardProblem { page: (*path).to_owned(), at, message };
        read(path, text).map(|card| card.map_err(problem))
    });
    let cards: Vec<Result<T, CardProblem>> = read.collect();
    cards
        .into_iter()
        .filter_map(|card| card.map_err(|problem| problems.push(problem)).ok())
        .collect()
}

impl Catalog {
    /// Reads the cards among some pages. A page with a problem costs itself only.
    #[cfg(test)]
    pub(crate) fn load(pages: &[(&str, &str)]) -> (Catalog, Vec<CardProblem>) {
        let mut problems = Vec::new();
        let mut catalog = Catalog {
            images: all(pages, image_card, &mut problems),
            resources: all(pages, resource_card, &mut problems).into(),
            operators: all(pages, operator_card, &mut problems).into(),
            charts: all(pages, chart_card, &mut problems).into(),
            modules: all(pages, module_card, &mut problems).into(),
            ..Catalog::default()
        };
        catalog.index();
        (catalog, problems)
    }

    /// Like [`Catalog::load`], for the pages in the binary, which tests have read: only the images'
    /// cards are read at once, since their ports and programs are asked for in any project.
    pub(crate) fn built_in(pages: Pages) -> (Catalog, Vec<CardProblem>) {
        let mut problems = Vec::new();
        let mut catalog = Catalog {
            images: all(pages, image_card, &mut problems),
            resources: Shelf::of_pages(pages, |path, text| resource_card(path, text)?.ok()),
            operators: Shelf::of_pages(pages, |path, text| operator_card(path, text)?.ok()),
            charts: Shelf::of_pages(pages, |path, text| chart_card(path, text)?.ok()),
            modules: Shelf::of_pages(pages, |path, text| module_card(path, text)?.ok()),
            ..Catalog::default()
        };
        catalog.index();
        (catalog, problems)
    }

    fn index(&mut self) {
        for (at, card) in self.images.iter().enumerate() {
            for image in &card.images {
                let name = reference::last_part(image);
                let known = if name.contains('*') {
                    &mut self.by_pattern
                } else {
                    self.by_name.entry(name.to_owned()).or_default()
                };
                if known.last() != Some(&at) {
                    known.push(at);
                }
            }
        }
    }

    /// The card of an image reference (`registry/name:tag@digest`), if there is one.
    pub(crate) fn image(&self, reference: &str) -> Option<&ImageCard> {
        self.recognise(reference).map(|(card, _)| card)
    }

    /// The card of an image reference, and how sure that is. A name that is published wins over
    /// a likeness, and among likenesses the one that shares more of the name.
    pub(crate) fn recognise(&self, reference: &str) -> Option<(&ImageCard, Match)> {
        let reference = Reference::parse(reference);
        // Docker's servers of the Model Context Protocol: clients of what they are called after.
        if reference.registry.is_none() && reference.repository.starts_with("mcp/") {
            return None;
        }
        let named = self.by_name.get(reference::last_part(reference.repository));
        let mut near: Vec<usize> = named.into_iter().flatten().copied().collect();
        near.extend(&self.by_pattern);
        near.sort_unstable();
        near.dedup();
        let cards = near.into_iter().map(|at| &self.images[at]);
        let met = cards.filter_map(|card| card.meets(&reference).map(|m| (card, m)));
        met.reduce(|best, next| if next.1.1 > best.1.1 { next } else { best })
            .map(|(card, (how, _))| (card, how))
    }

    /// The card of a Terraform resource type.
    pub(crate) fn resource(&self, kind: &str) -> Option<&ResourceCard> {
        self.resources.iter().find(|card| card.is_for(kind))
    }

    /// The card of an operator's resource.
    pub(crate) fn operator(&self, group: &str, kind: &str) -> Option<&OperatorCard> {
        self.operators.iter().find(|card| card.is_for(group, kind))
    }

    /// What a call of a published module makes, in Terraform's language: by the newest card that
    /// speaks of its version.
    pub(crate) fn module(&self, source: &str, version: Option<&str>) -> Option<String> {
        let origin = Origin::read(source)?;
        let called = origin.version(version);
        let cards = self.modules.iter().filter(|card| card.is_for(&origin, called));
        cards.max_by_key(|card| card.from).map(|card| card.text(&origin, called))
    }

    /// The card of a chart, and whether its repository says so. `origin` is the address of the
    /// repository, or its name where nobody tells the address. A name that several publishers use
    /// has no card without one.
    pub(crate) fn chart(&self, name: &str, origin: Option<&str>) -> Option<(&ChartCard, bool)> {
        let named = || self.charts.iter().filter(|c| c.charts.iter().any(|n| n == name));
        let of_origin = origin.and_then(|origin| {
            let origin = origin.to_ascii_lowercase();
            named().find(|c| c.from.iter().any(|word| origin.contains(word.as_str())))
        });
        if let Some(card) = of_origin {
            return Some((card, true));
        }
        let mut all = named();
        match (all.next(), all.next()) {
            (Some(only), None) => Some((only, false)),
            _ => None,
        }
    }

    /// Every port that tells an engine, in order, then those of file shares.
    pub(crate) fn known_ports(&self) -> Vec<(u16, &str)> {
        let cards = self.images.iter().flat_map(|card| card.ports.iter().map(|p| p.port));
        let mut ports: Vec<u16> = cards.chain(CLOUD_PORTS.iter().map(|(p, _)| *p)).collect();
        ports.sort_unstable();
        ports.dedup();
        let told = ports.into_iter().filter_map(|p| self.engine_of_port(p).map(|e| (p, e)));
        told.chain(SHARE_PORTS).collect()
    }

    /// The engine that a port is known for, where only one is.
    pub(crate) fn engine_of_port(&self, port: u16) -> Option<&str> {
        if SHARED_PORTS.contains(&port) {
            return None;
        }
        if let Some((_, engine)) = CLOUD_PORTS.iter().find(|(p, _)| *p == port) {
            return Some(engine);
        }
        let cards = self.images.iter().filter(|card| card.well_known);
        let mut engines = cards.filter(|c| c.ports.iter().any(|p| p.port == port));
        engines.next().map(|card| card.engine.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        let (catalog, problems) = Catalog::load(crate::embedded::pages());
        assert!(problems.is_empty(), "{problems:#?}");
        catalog
    }

    #[test]
    fn every_built_in_card_loads() {
        assert!(catalog().images.len() > 5);
    }

    #[test]
    fn cards_read_when_they_are_asked_for_are_the_same() {
        fn check<T: std::fmt::Debug>(later: &[T], at_once: &[T]) {
            assert!(!at_once.is_empty());
            assert_eq!(format!("{later:?}"), format!("{at_once:?}"));
        }
        let (later, problems) = Catalog::built_in(crate::embedded::pages());
        assert!(problems.is_empty(), "{problems:#?}");
        let at_once = catalog();
        check(&later.images, &at_once.images);
        check(&later.resources, &at_once.resources);
        check(&later.operators, &at_once.operators);
        check(&later.charts, &at_once.charts);
        check(&later.modules, &at_once.modules);
    }

    #[test]
    fn an_image_has_one_card() {
        let catalog = catalog();
        for card in &catalog.images {
            for image in card.images.iter().filter(|i| !i.contains('*')) {
                let (found, how) =
                    catalog.recognise(image).expect("bug: no card for its own image");
                assert_eq!((&found.key, how), (&card.key, Match::Same), "{image}");
            }
        }
    }

    #[test]
    fn a_likeness_shares_as_much_of_the_name_as_any() {
        let catalog = catalog();
        let key = |image| catalog.image(image).map(|c| c.key.as_str());
        assert_eq!(key("registry.corp/hub/library/redis:7"), Some("redis"));
        assert_eq!(key("registry.corp/bitnami/redis:7"), Some("bitnami-redis"));
        assert_eq!(key("oliver006/redis_exporter:v1"), None);
    }

    #[test]
    fn a_port_tells_an_engine_only_where_it_is_unambiguous() {
        let catalog = catalog();
        assert_eq!(catalog.engine_of_port(6379), Some("redis"));
        assert_eq!(catalog.engine_of_port(5432), Some("postgresql"));
        assert_eq!(catalog.engine_of_port(27017), Some("mongodb"));
        assert_eq!(catalog.engine_of_port(9200), Some("elasticsearch"));
        assert_eq!(catalog.engine_of_port(8123), Some("clickhouse"));
        assert_eq!(catalog.engine_of_port(1433), Some("sqlserver"));
        assert_eq!(catalog.engine_of_port(9000), None);
        assert_eq!(catalog.engine_of_port(8080), None);
        assert_eq!(catalog.engine_of_port(22), None);
    }

    #[test]
    fn a_mistake_in_a_card_has_a_place() {
        let page =
            "# x\n\n```toml\nengine = \"x\"\nkind = \"cache\"\nimage = [\"x\"]\nprots = 1\n```\n";
        let (catalog, problems) = Catalog::load(&[("catalog/images/x.md", page)]);
        assert!(catalog.images.is_empty());
        assert_eq!(&page[problems[0].at.clone()], "prots");
    }
}
