//! `count` and `for_each`: which instances a resource, a data source or a module call has.

use std::sync::Arc;

use super::super::value::{Reference, Val, ValKind};
use super::ops;
use super::scope::{Repetition, Scope};
use super::stop::Stop;
use super::world::{Handle, World};
use super::{eval, module, trail};
use crate::model::fact::{Fact, Name, Origin, Why};
use crate::model::fragment::Address;
use crate::source::Place;
use crate::tree::hcl::{Block, Expr};

/// More instances of one block are not told apart.
const MAX_INSTANCES: usize = 2_000;

/// The instances of one block.
pub(super) struct Expansion {
    pub(super) members: Vec<Member>,
    shape: Shape,
    more: Option<Why>,
}

enum Shape {
    One,
    List,
    Map,
}

/// One instance.
pub(super) struct Member {
    key: Name,
    /// `[0]`, `["k"]`
    suffix: String,
    pub(super) address: Address,
    pub(super) spelled: Name,
    pub(super) repetition: Repetition,
    pub(super) exists: Fact<bool>,
}

/// Instances before they have addresses.
struct Draft {
    shape: Shape,
    members: Vec<(Name, String, Repetition, Fact<bool>)>,
    more: Option<Why>,
}

impl<'a> World<'a> {
    /// The instances of `aws_instance.db`, `data.aws_ami.x` or `module.net` in a module instance.
    /// `None`: nothing of the name is declared.
    pub(super) fn expansion(&mut self, instance: usize, name: &Name) -> Option<Arc<Expansion>> {
        let key = (instance, name.clone());
        if let Some(known) = self.expansions.get(&key) {
            return Some(known.clone().unwrap_or_else(|| Arc::new(circular())));
        }
        let module = self.instances[instance].module;
        let call = name.strip_prefix("module.");
        let block: &'a Block = match call {
            Some(call) => module.calls.get(call)?,
            None => module.resources.get(name)?,
        };
        self.expansions.insert(key.clone(), None);
        let draft = self.draft(instance, block);
        let prefix = self.instances[instance].prefix.clone();
        let around = self.instances[instance].exists.clone();
        let mut members = Vec::with_capacity(draft.members.len());
        for (member, suffix, repetition, exists) in draft.members {
            let address = Address::new(format!("tf:{}/{prefix}{name}{suffix}", self.label));
            let spelled = Name::from(format!("{prefix}{}{suffix}", module::declared(name)));
            let exists = both(&around, exists);
            if let Some(call) = call {
                let (name, at) = (Name::from(call), (&address, &*suffix));
                self.call(instance, &name, block, at, repetition.clone(), exists.clone());
            } else {
                let repetition = repetition.clone();
                let handle = Handle::Resource { instance, block, repetition };
                self.handles.insert(address.0.clone(), handle);
            }
            members.push(Member { key: member, suffix, address, spelled, repetition, exists });
        }
        let expansion = Arc::new(Expansion { members, shape: draft.shape, more: draft.more });
        self.expansions.insert(key, Some(expansion.clone()));
        Some(expansion)
    }

    fn draft(&mut self, instance: usize, block: &Block) -> Draft {
        let mut scope = Scope::of(instance, Repetition::None);
        if let Some(count) = block.body.attribute("count") {
            let val = self.known(&count.expr, &mut scope);
            return counted(&val);
        }
        if let Some(each) = block.body.attribute("for_each") {
            let val = self.known(&each.expr, &mut scope);
            return for_each(&val);
        }
        let exists = match enabled(block) {
            Some(expr) => self.known(expr, &mut scope).as_bool(),
            None => Fact::written(true, block.head),
        };
        let members = match exists.known() {
            Some(false) => Vec::new(),
            _ => vec![(Name::from(""), String::new(), Repetition::None, exists)],
        };
        Draft { shape: Shape::One, members, more: None }
    }

    /// The value of a reference to a block: one instance, a list or a map of them.
    pub(super) fn instances_value(
        &mut self,
        instance: usize,
        name: &Name,
        at: Place,
    ) -> Option<Val> {
        let module = self.instances[instance].module;
        let expansion = self.expansion(instance, module.nearest(name, at.file))?;
        let whole = |member: &Member| {
            let (resource, spelled) = (member.address.clone(), member.spelled.clone());
            Val::new(ValKind::Ref(Reference { resource, attribute: "".into(), spelled }), at)
        };
        let more = expansion.more.clone();
        let kind = match expansion.shape {
            Shape::One => {
                return Some(match expansion.members.first() {
                    Some(member) => whole(member),
                    None => Val::new(ValKind::Null, at),
                });
            }
            // Where no instance is told apart, each index means the one that stands for all.
            Shape::Map if expansion.members.iter().all(|m| !m.suffix.is_empty()) => {
                let entries = expansion.members.iter().map(|m| (m.key.clone(), whole(m)));
                ValKind::Map { entries: ops::sorted(entries.collect()), more }
            }
            Shape::List | Shape::Map => {
                ValKind::List { items: expansion.members.iter().map(whole).collect(), more }
            }
        };
        Some(Val::new(kind, at))
    }
}

fn for_each(val: &Val) -> Draft {
    let pairs = match &val.kind {
        ValKind::Null => Ok((Vec::new(), None)),
        _ => eval::pairs(val),
    };
    let (pairs, mut more) = match pairs {
        Ok((pairs, more)) => (pairs, more),
        Err(stop) => (Vec::new(), Some(stop.why())),
    };
    let is_list = matches!(val.kind, ValKind::List { .. });
    let mut members = Vec::new();
    for (key, value) in pairs {
        // Of a set, the elements are the keys.
        let key = if is_list { value.clone() } else { key };
        match ops::text(&key) {
            Ok(text) if members.len() < MAX_INSTANCES => {
                let exists = Fact::Known(true, Origin::written(val.at).with_via(value.via.clone()));
                let suffix = format!("[\"{text}\"]");
                members.push((text, suffix, Repetition::Each(Arc::new((key, value))), exists));
            }
            Ok(_) => more = Some(Why::NotUnderstood("very many instances".into())),
            Err(stop) => more = Some(stop.why()),
        }
    }
    if let Some(why) = &more {
        members.push(unknown_member(why, val.at));
    }
    Draft { shape: Shape::Map, members, more }
}

fn counted(val: &Val) -> Draft {
    let count = match ops::number(val) {
        Ok(count) if count as usize <= MAX_INSTANCES => Ok(count as usize),
        Ok(_) => Err(Why::NotUnderstood("very many instances".into())),
        Err(Stop::Fails(message)) => Err(Why::NotUnderstood(message.into())),
        Err(Stop::Unknown(why)) => Err(why),
    };
    match count {
        Ok(count) => {
            let origin = Origin::written(val.at).with_via(val.via.clone());
            let member = |index: usize| {
                let key = Name::from(index.to_string());
                let count = Val::new(ValKind::Number(index as f64), val.at);
                let exists = Fact::Known(true, origin.clone());
                (key, format!("[{index}]"), Repetition::Count(count), exists)
            };
            Draft { shape: Shape::List, members: (0..count).map(member).collect(), more: None }
        }
        Err(why) => {
            let members = vec![unknown_member(&why, val.at)];
            Draft { shape: Shape::List, members, more: Some(why) }
        }
    }
}

/// The one instance that stands for those nobody can tell.
fn unknown_member(why: &Why, at: Place) -> (Name, String, Repetition, Fact<bool>) {
    let exists = Fact::Unknown(why.clone(), at);
    (Name::from(""), String::new(), Repetition::Unknown(why.clone()), exists)
}

fn circular() -> Expansion {
    let why = Why::NotUnderstood("a count that needs itself".into());
    Expansion { members: Vec::new(), shape: Shape::List, more: Some(why) }
}

/// `OpenTofu`'s `lifecycle { enabled = … }`.
fn enabled(block: &Block) -> Option<&Expr> {
    let lifecycle = block.body.blocks("lifecycle").next()?;
    lifecycle.body.attribute("enabled").map(|a| &a.expr)
}

/// Whether a thing exists within a module that may not.
fn both(around: &Fact<bool>, own: Fact<bool>) -> Fact<bool> {
    match (around, own) {
        (Fact::Unknown(..), _) => around.clone(),
        (Fact::Known(_, outer), Fact::Known(value, mut origin)) => {
            origin.via = trail::join(&outer.via, &origin.via);
            Fact::Known(value, origin)
        }
        (_, own) => own,
    }
}
