//! Terraform's language: from the parsed files of a unit to evaluated resources.
//!
//! Every value is worked out once, when somebody first asks for it, and keeps the way that it took.
//! What nobody can tell is unknown and says why; what is known only after apply stays a reference.

mod aliases;
mod body;
mod environments;
mod eval;
mod expand;
mod fetched;
mod functions;
mod module;
mod ops;
mod providers;
mod registry;
mod scope;
mod stop;
mod template;
#[cfg(test)]
pub(super) mod tests;
mod trail;
mod types;
mod unify;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::roots;
use super::value::{Estate, Resource, Val, ValKind};
use crate::formats::Unit;
use crate::model::fact::Name;
use crate::paths;
use crate::source::{Place, Text};
use crate::tree::hcl::Block;
use crate::tree::node::Node;
use crate::tree::yaml;
use environments::{Environment, Environments, Left};
use module::Module;
use providers::Providers;
use scope::Scope;
use world::World;

/// Resource instances of one root.
const MAX_RESOURCES: usize = 50_000;

/// The value of a JSON text, each part at its place in the file.
pub(super) fn json(text: &Text) -> Option<Val> {
    yaml::parse_json(text).0.map(|node| functions::encoding::value(&node, 0))
}

pub(super) use providers::only_major;

/// A parsed value, each part at its place.
pub(super) fn of_node(node: &Node) -> Val {
    functions::encoding::value(node, 0)
}

/// One estate for each root module of the unit and each environment that it has.
pub(super) fn evaluate(unit: &Unit) -> Vec<Estate> {
    let environments = Environments::new(unit);
    of_roots(unit, |root| environments.of(unit, root))
}

/// One estate for each root module of the unit, as its plan has it: no environment but the plan's.
/// `suffix` tells the estates of several plans apart.
pub(super) fn evaluate_as(unit: &Unit, suffix: &str) -> Vec<Estate> {
    let environments = Environments::new(unit);
    of_roots(unit, |_| (vec![environments.plain(suffix)], None))
}

/// One estate for each root module of the unit and each of the environments that it is said to
/// have; what of them is left out is told with the last.
fn of_roots<'e>(
    unit: &Unit,
    environments: impl Fn(&Module) -> (Vec<Environment<'e>>, Option<Left>) + Sync,
) -> Vec<Estate> {
    let mut modules = module::collect(unit);
    let cards = registry::bodies(unit, &modules);
    registry::join(&mut modules, &cards);
    let Some((file, _)) = unit.files.first() else { return Vec::new() };
    let at = Place::new(*file, 0..0);
    let roots = root_folders(&modules).into_par_iter();
    let estates = roots.flat_map(|root| {
        let (several, left) = environments(root);
        let several = several.par_iter();
        let mut estates: Vec<Estate> =
            several.map(|one| estate(unit, &modules, root, one, at)).collect();
        if let (Some(estate), Some(left)) = (estates.last_mut(), left) {
            estate.not_read.push(left);
        }
        estates
    });
    estates.collect()
}

/// The modules that no other module of the unit calls; all where they call each other in a circle.
fn root_folders<'m, 'a>(modules: &'m BTreeMap<Name, Module<'a>>) -> Vec<&'m Module<'a>> {
    let configured = || {
        let own = |m: &&Module| m.has_configuration && !roots::is_downloaded(&m.folder);
        modules.values().filter(own)
    };
    let mut called = BTreeSet::new();
    for module in configured() {
        for block in module.calls.values() {
            let source = block.body.attribute("source").and_then(|a| module::literal(&a.expr));
            let folder = source.filter(|s| roots::is_local(s));
            let folder = folder.and_then(|s| paths::resolve(&module.folder, s));
            called.extend(folder.filter(|f| **f != *module.folder));
        }
    }
    let roots: Vec<_> = configured().filter(|m| !called.contains(&*m.folder)).collect();
    if roots.is_empty() { configured().take(1).collect() } else { roots }
}

fn estate<'a>(
    unit: &Unit<'a>,
    modules: &'a BTreeMap<Name, Module<'a>>,
    root: &'a Module<'a>,
    environment: &'a Environment<'a>,
    at: Place,
) -> Estate {
    let mut world = World::new(unit.sources, modules, root, environment, at);
    let locked = Providers::locked(unit, &root.folder);
    let mut resources = Vec::new();
    let mut index = 0;
    // Each call met adds instances behind.
    while index < world.instances.len() {
        let module = world.instances[index].module;
        for name in module.calls.keys() {
            world.expansion(index, &format!("module.{name}").into());
        }
        let providers = locked.with(root, module);
        for (name, block) in &module.resources {
            instances(&mut world, index, name, block, &providers, &mut resources);
        }
        index += 1;
    }
    let providers = world.providers();
    let missing = world.missing.into_iter();
    let missing = missing
        .map(|(at, source)| (at, format!("module `{source}`, which is not in these files").into()));
    Estate { folder: root.folder.clone(), resources, providers, not_read: missing.collect() }
}

/// Whether anybody asks what a resource of a type says. Nobody asks accounts, roles and policies as
/// such: a value of theirs is worked out where something refers to it. They are a quarter of the
/// resources that people write for AWS (6,325 of 27,275 in public repositories).
fn asked_for(kind: &str) -> bool {
    !kind.starts_with("aws_iam_") || kind == "aws_iam_policy_document"
}

fn instances(
    world: &mut World,
    instance: usize,
    name: &Name,
    block: &Block,
    providers: &Providers,
    out: &mut Vec<Resource>,
) {
    let Some(expansion) = world.expansion(instance, name) else { return };
    let module = world.instances[instance].module;
    let label =
        |index: usize| block.labels.get(index).map_or_else(|| "".into(), |l| l.text.clone());
    for member in &expansion.members {
        if out.len() >= MAX_RESOURCES {
            return;
        }
        let mut scope = Scope::of(instance, member.repetition.clone());
        scope.me = Some(member.address.clone());
        let body = if asked_for(&label(0)) {
            world.resource_body(block, &mut scope)
        } else {
            Val::new(ValKind::Map { entries: Arc::new([]), more: None }, block.place)
        };
        let mut resource = Resource {
            address: member.address.clone(),
            spelled: member.spelled.clone(),
            kind: label(0),
            name: label(1),
            is_data: &*block.kind == "data",
            head: block.head,
            whole: block.place,
            exists: member.exists.clone(),
            body,
            provider_major: providers.major(block),
            provider: world.provider(instance, block),
        };
        if let Some(call) = world.fetched_by(instance) {
            resource.head = call.head;
            resource.whole = call.place;
            let home = fetched::Home::new(world.sources, call);
            resource.body = home.value(&resource.body, 0);
            resource.exists = home.fact(resource.exists);
            if registry::is_card(&module.folder) {
                // Nobody knows what a card calls its resources.
                resource.name = call.labels.first().map_or(resource.name, |l| l.text.clone());
            }
        }
        out.push(resource);
    }
}
