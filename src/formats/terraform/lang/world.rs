//! All module instances of one root, and the values that they name: each evaluated once, when
//! somebody first asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::manifest::{self, Manifest};
use super::super::roots;
use super::super::value::{Reference, Val, ValKind};
use super::environments::{self, Environment};
use super::expand::Expansion;
use super::fetched::Home;
use super::module::{Module, literal};
use super::registry;
use super::scope::{Repetition, Scope};
use super::stop::{Outcome, Stop, fails, settle};
use super::trail;
use super::types::Type;
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::Address;
use crate::paths;
use crate::source::{FileId, Place, Sources};
use crate::tree::hcl::{Attribute, Block, Expr, Part};

/// Expressions evaluated for one root; no configuration that people write comes near.
const MAX_STEPS: u32 = 3_000_000;

/// Expressions within expressions, through all names: bounds the stack.
const MAX_DEPTH: u32 = 160;

/// Module instances of one root.
const MAX_MODULES: usize = 5_000;

/// One instance of a module.
pub(super) struct Instance<'a> {
    pub(super) module: &'a Module<'a>,
    /// `module.a["x"].`, empty for the root.
    pub(super) prefix: String,
    pub(super) exists: Fact<bool>,
    call: Option<Call<'a>>,
}

/// The call that made an instance.
struct Call<'a> {
    caller: usize,
    name: Name,
    block: &'a Block,
    repetition: Repetition,
}

/// What a reference to a whole resource or module leads to.
#[derive(Clone)]
pub(super) enum Handle<'a> {
    Resource { instance: usize, block: &'a Block, repetition: Repetition },
    Module { instance: usize, name: Name },
    Missing(Name),
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Variable(usize, Name),
    Local(usize, Name),
    Output(usize, Name),
    Attribute(Name, Name),
}

/// A root module with all that it calls.
pub(super) struct World<'a> {
    pub(super) sources: &'a Sources,
    pub(super) root: &'a str,
    /// What stands in front of addresses: the root's folder and the environment.
    pub(super) label: String,
    environment: &'a Environment<'a>,
    /// Folders of modules that are no folders of the project.
    downloaded: Manifest,
    pub(super) modules: &'a BTreeMap<Name, Module<'a>>,
    pub(super) instances: Vec<Instance<'a>>,
    pub(super) expansions: FxHashMap<(usize, Name), Option<Arc<Expansion>>>,
    pub(super) handles: FxHashMap<Name, Handle<'a>>,
    pub(super) missing: Vec<(Place, Name)>,
    pub(super) templates: FxHashMap<FileId, Arc<Vec<Part>>>,
    /// `None` while it is being evaluated.
    values: FxHashMap<Key, Option<Val>>,
    types: FxHashMap<(Name, Name), Arc<Type>>,
    steps: u32,
    depth: u32,
}

impl<'a> World<'a> {
    pub(super) fn new(
        sources: &'a Sources,
        modules: &'a BTreeMap<Name, Module<'a>>,
        module: &'a Module<'a>,
        environment: &'a Environment<'a>,
        at: Place,
    ) -> World<'a> {
        let exists = Fact::written(true, at);
        World {
            sources,
            root: &module.folder,
            label: format!("{}{}", module.folder, environment.suffix),
            environment,
            downloaded: manifest::read(sources, &module.folder),
            modules,
            instances: vec![Instance { module, prefix: String::new(), exists, call: None }],
            expansions: FxHashMap::default(),
            handles: FxHashMap::default(),
            missing: Vec::new(),
            templates: FxHashMap::default(),
            values: FxHashMap::default(),
            types: FxHashMap::default(),
            steps: 0,
            depth: 0,
        }
    }

    /// Counts one step, one level down; [`World::leave`] goes up again.
    pub(super) fn enter(&mut self) -> Result<(), Stop> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(Stop::Unknown(Why::NotUnderstood("a very large configuration".into())));
        }
        if self.depth >= MAX_DEPTH {
            return Err(Stop::Unknown(Why::NotUnderstood("a very deep expression".into())));
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The value behind a name, from memory if it was asked for before. Who asks for his own value
    /// on the way gets an unknown one.
    fn once(&mut self, key: Key, at: Place, make: impl FnOnce(&mut Self) -> Val) -> Val {
        match self.values.get(&key) {
            Some(Some(val)) => return val.clone(),
            Some(None) => {
                return Val::unknown(Why::NotUnderstood("a value that needs itself".into()), at);
            }
            None => {}
        }
        self.values.insert(key.clone(), None);
        let val = make(self);
        self.values.insert(key, Some(val.clone()));
        val
    }

    pub(super) fn local(&mut self, instance: usize, name: &Name, at: Place) -> Outcome {
        let module = self.instances[instance].module;
        let Some(attribute) = module.locals.get(name) else {
            return Err(Stop::Unknown(Why::NotHere(format!("local.{name}").into())));
        };
        let val = self.once(Key::Local(instance, name.clone()), at, |world| {
            let mut scope = Scope::of(instance, Repetition::None);
            world.known(&attribute.expr, &mut scope)
        });
        Ok(trail::arrive(val, at, || format!("`local.{name}` is defined here")))
    }

    pub(super) fn variable(&mut self, instance: usize, name: &Name, at: Place) -> Val {
        let val = self.once(Key::Variable(instance, name.clone()), at, |world| {
            world.variable_value(instance, name, at)
        });
        let say = || match &self.instances[instance].call {
            _ if val.at == at => String::new(),
            Some(call) if call.block.place.contains(val.at) => {
                format!("module `{}` is given `{name}` here", call.name)
            }
            None if val.at == self.head(instance, name) => {
                format!("the command line sets `var.{name}`")
            }
            _ => format!("`var.{name}` is set here"),
        };
        let say = say();
        trail::arrive(val, at, || say)
    }

    /// Where a variable is declared.
    fn head(&self, instance: usize, name: &Name) -> Place {
        let declared = self.instances[instance].module.variables.get(name);
        declared.map_or(Place::new(FileId(u32::MAX), 0..0), |block| block.head)
    }

    fn variable_value(&mut self, instance: usize, name: &Name, at: Place) -> Val {
        let module = self.instances[instance].module;
        let declared = module.variables.get(name);
        let attribute = |wanted: &str| declared.and_then(|b| b.body.attribute(wanted));
        let given = match &self.instances[instance].call {
            Some(call) => {
                let (caller, repetition) = (call.caller, call.repetition.clone());
                let block = call.block;
                block.body.attribute(name).map(|a| {
                    let mut scope = Scope::of(caller, repetition);
                    self.known(&a.expr, &mut scope)
                })
            }
            None => self.given_value(module, name, declared.map_or(at, |b| b.head)),
        };
        let nullable = attribute("nullable").is_none_or(|a| {
            let val = self.known(&a.expr, &mut Scope::default());
            !matches!(val.kind, ValKind::Bool(false))
        });
        let given = given.filter(|val| nullable || !val.is_null());
        let default = attribute("default").filter(|_| given.is_none());
        let val = given
            .or_else(|| default.map(|a| self.known(&a.expr, &mut Scope::default())))
            .unwrap_or_else(|| {
                let at = declared.map_or(at, |b| b.head);
                Val::unknown(Why::Variable(name.clone()), at)
            });
        match attribute("type") {
            Some(constraint) => self.type_of(module, name, &constraint.expr).convert(val),
            None => val,
        }
    }

    /// What the root's variable is set to: the command line's last word, or the last file's.
    fn given_value(&mut self, module: &Module, name: &Name, at: Place) -> Option<Val> {
        let environment = self.environment;
        if let Some(given) = environment.given(name) {
            let declared = module.variables.get(name).and_then(|b| b.body.attribute("type"));
            let constraint = declared.map(|a| &a.expr);
            return Some(match given {
                Ok(attribute) => self.known(&attribute.expr, &mut Scope::default()),
                Err(text) => environments::of_option(text, constraint, at, |expr| {
                    self.known(expr, &mut Scope::default())
                }),
            });
        }
        let files = environment.files.iter().chain(module.values.iter().rev());
        let attribute = files.copied().find_map(|body| body.attribute(name))?;
        Some(self.known(&attribute.expr, &mut Scope::default()))
    }

    fn type_of(&mut self, module: &'a Module<'a>, name: &Name, expr: &Expr) -> Arc<Type> {
        let key = (module.folder.clone(), name.clone());
        if let Some(known) = self.types.get(&key) {
            return known.clone();
        }
        let read = Type::read(expr, &mut |default| self.known(default, &mut Scope::default()));
        let read = Arc::new(read);
        self.types.insert(key, read.clone());
        read
    }

    /// What a whole resource or module leads to.
    pub(super) fn handle(&self, val: &Val) -> Option<Handle<'a>> {
        match &val.kind {
            ValKind::Ref(reference) if reference.attribute.is_empty() => {
                self.handles.get(&reference.resource.0).cloned()
            }
            _ => None,
        }
    }

    /// `base.name` where `base` is a whole resource or module.
    pub(super) fn member(
        &mut self,
        base: &Reference,
        handle: &Handle<'a>,
        name: &Name,
        at: Place,
    ) -> Outcome {
        match handle {
            Handle::Module { instance, name: call } => self.output(*instance, call, name, at),
            Handle::Missing(call) => {
                Err(Stop::Unknown(Why::NotHere(format!("module.{call}").into())))
            }
            Handle::Resource { instance, block, repetition } => {
                let key = Key::Attribute(base.resource.0.clone(), name.clone());
                let reference = Reference {
                    resource: base.resource.clone(),
                    attribute: name.clone(),
                    spelled: format!("{}.{name}", base.spelled).into(),
                };
                let val = self.once(key, at, |world| {
                    let mut scope = Scope::of(*instance, repetition.clone());
                    scope.me = Some(base.resource.clone());
                    world.attribute(block, name, &mut scope, at)
                });
                Ok(match &val.kind {
                    ValKind::Null => Val::new(ValKind::Ref(reference), at),
                    // Another thing's identity stays that thing's.
                    ValKind::Ref(_) => {
                        trail::arrive(val, at, || format!("`{}`", reference.spelled))
                    }
                    ValKind::Unknown(_) => {
                        let whose = Some(Arc::new(reference));
                        Val { whose, ..trail::moved(val, at) }
                    }
                    _ => {
                        let say = || format!("`{}` is set here", reference.spelled);
                        let arrived = trail::arrive(val, at, say);
                        let keeps = arrived.whose.is_some();
                        let whose = Some(Arc::new(reference));
                        if keeps { arrived } else { Val { whose, ..arrived } }
                    }
                })
            }
        }
    }

    /// A written attribute or block of a resource; null where nobody wrote it.
    fn attribute(&mut self, block: &Block, name: &str, scope: &mut Scope, at: Place) -> Val {
        let repeats = matches!(name, "count" | "for_each" | "provider" | "depends_on");
        if let Some(attribute) = block.body.attribute(name).filter(|_| !repeats) {
            return self.known(&attribute.expr, scope);
        }
        if let Some(val) = self.computed(block, name, scope) {
            return val;
        }
        let blocks = self.blocks_named(&block.body, name, scope);
        blocks.unwrap_or_else(|| Val::new(ValKind::Null, at))
    }

    fn output(&mut self, instance: usize, call: &Name, name: &Name, at: Place) -> Outcome {
        let module = self.instances[instance].module;
        let value: Option<&Attribute> =
            module.outputs.get(name).and_then(|b| b.body.attribute("value"));
        let Some(value) = value else {
            if registry::is_card(&module.folder) {
                let name = format!("module.{call}.{name}").into();
                return Err(Stop::Unknown(Why::NotHere(name)));
            }
            return fails(format!("module.{call} has no output {name}"));
        };
        let val = self.once(Key::Output(instance, name.clone()), at, |world| {
            let mut scope = Scope::of(instance, Repetition::None);
            let val = world.known(&value.expr, &mut scope);
            match world.fetched_by(instance).filter(|_| registry::is_card(&module.folder)) {
                Some(call) => Home::new(world.sources, call).value(&val, 0),
                None => val,
            }
        });
        Ok(trail::arrive(val, at, || format!("output `{name}` of module `{call}`")))
    }

    /// The instance that a call makes, once per address.
    pub(super) fn call(
        &mut self,
        caller: usize,
        name: &Name,
        block: &'a Block,
        member: (&Address, &str),
        repetition: Repetition,
        exists: Fact<bool>,
    ) {
        let (address, suffix) = member;
        if self.handles.contains_key(&address.0) {
            return;
        }
        let source = block.body.attribute("source");
        let called_from = &self.instances[caller].module.folder;
        let local = source.and_then(|a| literal(&a.expr)).filter(|s| roots::is_local(s));
        let folder = match local {
            Some(local) => paths::resolve(called_from, local),
            None if self.downloaded.is_empty() => None,
            None => self.downloaded.get(&self.calls_to(caller, name)).cloned(),
        };
        let module = folder.and_then(|folder| self.modules.get(&*folder));
        let by_card = || self.modules.get(&*registry::folder(called_from, name));
        let module = module.or_else(|| by_card().filter(|_| local.is_none()));
        let handle = match module {
            Some(module)
                if self.instances.len() < MAX_MODULES && !self.is_within(caller, module) =>
            {
                let prefix = format!("{}module.{name}{suffix}.", self.instances[caller].prefix);
                let exists = registry::doubted(exists, module, block);
                let call = Call { caller, name: name.clone(), block, repetition };
                self.instances.push(Instance { module, prefix, exists, call: Some(call) });
                Handle::Module { instance: self.instances.len() - 1, name: name.clone() }
            }
            _ => {
                let text = source.and_then(|a| literal(&a.expr));
                let text = text.cloned().unwrap_or_else(|| name.clone());
                if self.missing.iter().all(|(place, _)| *place != block.head) {
                    self.missing.push((block.head, text));
                }
                Handle::Missing(name.clone())
            }
        };
        self.handles.insert(address.0.clone(), handle);
    }

    /// Who calls a module instance, and with which block.
    pub(super) fn caller(&self, instance: usize) -> Option<(usize, &'a Block)> {
        self.instances[instance].call.as_ref().map(|call| (call.caller, call.block))
    }

    /// The names of all calls from the root to one: `vpc.endpoints`.
    fn calls_to(&self, caller: usize, name: &str) -> String {
        let mut names = vec![name];
        let mut at = caller;
        while let Some(call) = &self.instances[at].call {
            names.push(&call.name);
            at = call.caller;
        }
        names.reverse();
        names.join(".")
    }

    /// Whether an instance is of a module, or called by one that is: a module cannot hold itself.
    fn is_within(&self, instance: usize, module: &Module) -> bool {
        let mut at = Some(instance);
        while let Some(index) = at {
            if self.instances[index].module.folder == module.folder {
                return true;
            }
            at = self.instances[index].call.as_ref().map(|call| call.caller);
        }
        false
    }

    /// The expression's value, unknown where it has none.
    pub(super) fn known(&mut self, expr: &Expr, scope: &mut Scope) -> Val {
        let outcome = self.eval(expr, scope);
        settle(outcome, expr.place)
    }

    /// The expression's value, unknown where it is not known; errors stay errors.
    pub(super) fn soft(&mut self, expr: &Expr, scope: &mut Scope) -> Outcome {
        let outcome = self.eval(expr, scope);
        super::stop::soften(outcome, expr.place)
    }
}
