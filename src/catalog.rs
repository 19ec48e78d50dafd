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

use rustc_hash::FxHashMap;

use chart::ChartCard;
use image::{Head, ImageCard};
use module::{ModuleCard, Origin};
use operator::OperatorCard;
use reference::{Match, Reference};
use resource::ResourceCard;
use shelf::{Pages, Read, Shelf};

use crate::source::Place;
use crate::tree::hcl::Body;

/// All cards. Those in the binary have been checked by tests.
#[derive(Default, Debug)]
pub(crate) struct Catalog {
    pub(crate) images: Shelf<ImageCard>,
    /// What is asked of all image cards, in their order.
    heads: Vec<Head<'static>>,
    /// The image cards by the last part of their images' names.
    by_name: FxHashMap<&'static str, Vec<usize>>,
    /// Those whose last part holds a `*`.
    by_pattern: Vec<usize>,
    pub(crate) resources: Shelf<ResourceCard>,
    pub(crate) operators: Shelf<OperatorCard>,
    pub(crate) charts: Shelf<ChartCard>,
    pub(crate) modules: Shelf<ModuleCard>,
}

/// Why a page is not a card.
#[cfg(test)]
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

fn image_card(path: &str, text: &str) -> Read<ImageCard> {
    let name = path.strip_prefix(IMAGES)?;
    Some(ImageCard::parse(name.strip_suffix(".md").unwrap_or(name), text))
}

impl Catalog {
    /// The cards among some pages.
    pub(crate) fn of(pages: Pages) -> Catalog {
        let mut catalog = Catalog {
            images: Shelf::of(pages, IMAGES, image_card),
            resources: Shelf::of(pages, RESOURCES, |_, text| Some(ResourceCard::parse(text))),
            operators: Shelf::of(pages, OPERATORS, |path, text| {
                Some(OperatorCard::parse(path, text))
            }),
            charts: Shelf::of(pages, CHARTS, |_, text| Some(ChartCard::parse(text))),
            modules: Shelf::of(pages, MODULES, |path, text| Some(ModuleCard::parse(path, text))),
            ..Catalog::default()
        };
        catalog.heads = catalog.images.texts().map(Head::read).collect();
        catalog.index();
        catalog
    }

    /// What is wrong with which pages.
    #[cfg(test)]
    pub(crate) fn problems(&self) -> Vec<CardProblem> {
        let mut out: Vec<CardProblem> = self.images.problems().collect();
        out.extend(self.resources.problems());
        out.extend(self.operators.problems());
        out.extend(self.charts.problems());
        out.extend(self.modules.problems());
        out
    }

    fn index(&mut self) {
        for (at, head) in self.heads.iter().enumerate() {
            for image in &head.images {
                let name = reference::last_part(image);
                let known = if name.contains('*') {
                    &mut self.by_pattern
                } else {
                    self.by_name.entry(name).or_default()
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
        let met =
            near.into_iter().filter_map(|at| Some((at, reference.among(&self.heads[at].images)?)));
        let best = met.reduce(|best, next| if next.1.1 > best.1.1 { next } else { best });
        best.and_then(|(at, (how, _))| Some((self.images.get(at)?, how)))
    }

    /// The card of a Terraform resource type.
    pub(crate) fn resource(&self, kind: &str) -> Option<&ResourceCard> {
        self.resources.naming([kind]).find(|card| card.is_for(kind))
    }

    /// The card of an operator's resource.
    pub(crate) fn operator(&self, group: &str, kind: &str) -> Option<&OperatorCard> {
        let name = format!("{group}/{kind}");
        self.operators.naming([name.as_str()]).find(|card| card.is_for(group, kind))
    }

    /// What a call of a published module makes, by the newest card that speaks of its version; all
    /// of it stands at the call.
    pub(crate) fn module(&self, source: &str, version: Option<&str>, at: Place) -> Option<Body> {
        let origin = Origin::read(source)?;
        let called = origin.version(version);
        let cards = self.modules.iter().filter(|card| card.is_for(&origin, called));
        cards.max_by_key(|card| card.from).map(|card| card.body(&origin, called, at))
    }

    /// The card of a chart, and whether its repository says so. `origin` is the address of the
    /// repository, or its name where nobody tells the address. A name that several publishers use
    /// has no card without one.
    pub(crate) fn chart(&self, name: &str, origin: Option<&str>) -> Option<(&ChartCard, bool)> {
        let named = || self.charts.naming([name]).filter(|c| c.charts.iter().any(|n| n == name));
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

    /// The cards of products that some command tells, whatever the image is called.
    pub(crate) fn told_by_command(&self) -> impl Iterator<Item = &ImageCard> {
        let heads = self.heads.iter().enumerate().filter(|(_, head)| head.told_by);
        heads.filter_map(|(at, _)| self.images.get(at))
    }

    /// Every port that tells an engine, in order, then those of file shares.
    pub(crate) fn known_ports(&self) -> Vec<(u16, &str)> {
        let cards = self.heads.iter().flat_map(|head| &head.ports).copied();
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
        let mut heads = self.heads.iter().filter(|head| head.well_known);
        heads.find(|head| head.ports.contains(&port)).map(|head| head.engine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        let catalog = Catalog::of(crate::embedded::pages());
        assert_eq!(catalog.problems(), []);
        catalog
    }

    #[test]
    fn every_built_in_card_loads() {
        assert!(catalog().images.iter().count() > 5);
    }

    #[test]
    fn heads_say_what_their_cards_say() {
        let catalog = catalog();
        for (card, head) in catalog.images.iter().zip(&catalog.heads) {
            let images = card.images.iter().map(String::as_str).collect();
            let ports = card.ports.iter().map(|p| p.port).collect();
            let told_by = !card.command.told_by.is_empty();
            let said =
                Head { engine: &card.engine, images, well_known: card.well_known, ports, told_by };
            assert_eq!(*head, said, "{}", card.key);
        }
    }

    #[test]
    fn cards_are_found_by_every_name_they_have() {
        let catalog = catalog();
        for card in catalog.resources.iter() {
            for kind in card.also.iter().chain([&card.kind]) {
                assert!(catalog.resource(kind).is_some(), "{kind}");
            }
        }
        for kind in catalog.operators.iter().flat_map(|card| &card.kinds) {
            let (group, kind) = kind.split_once('/').unwrap();
            assert!(catalog.operator(group, kind).is_some(), "{group}/{kind}");
        }
        for card in catalog.charts.iter() {
            for name in &card.charts {
                assert!(
                    catalog.chart(name, card.from.first().map(String::as_str)).is_some(),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn an_image_has_one_card() {
        let catalog = catalog();
        for card in catalog.images.iter() {
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
        const PAGE: &str =
            "# x\n\n```toml\nengine = \"x\"\nkind = \"cache\"\nimage = [\"x\"]\nprots = 1\n```\n";
        let catalog = Catalog::of(&[("catalog/images/x.md", PAGE)]);
        assert_eq!(catalog.images.iter().count(), 0);
        assert_eq!(&PAGE[catalog.problems()[0].at.clone()], "prots");
    }
}
