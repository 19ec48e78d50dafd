//! Expressions.

use std::sync::Arc;

use super::super::value::{Reference, Val, ValKind, number_text};
use super::functions;
use super::ops;
use super::scope::{Repetition, Scope};
use super::stop::{Outcome, Stop, fails};
use super::trail;
use super::world::World;
use crate::model::fact::{Name, Why};
use crate::source::Place;
use crate::tree::hcl::{Expr, ExprKind, For, ObjectKey, Op};

/// Keys and values to go through, and why there may be more.
pub(super) type Pairs = (Vec<(Val, Val)>, Option<Why>);

/// Larger collections come from something that doubles itself.
const MAX_ELEMENTS: usize = 50_000;

impl World<'_> {
    /// The value of an expression.
    pub(super) fn eval(&mut self, expr: &Expr, scope: &mut Scope) -> Outcome {
        self.enter()?;
        let outcome = self.eval_kind(expr, scope);
        self.leave();
        outcome
    }

    fn eval_kind(&mut self, expr: &Expr, scope: &mut Scope) -> Outcome {
        let at = expr.place;
        let kind = match &expr.kind {
            ExprKind::Null => ValKind::Null,
            ExprKind::Bool(b) => ValKind::Bool(*b),
            ExprKind::Number(n) => ValKind::Number(*n),
            ExprKind::String(text, pieces) => ValKind::String(text.clone(), pieces.clone()),
            ExprKind::Template(parts) => return self.template(parts, scope, at),
            ExprKind::List(items) => {
                let items: Result<Vec<Val>, Stop> =
                    items.iter().map(|item| self.soft(item, scope)).collect();
                ValKind::List { items: items?.into(), more: None }
            }
            ExprKind::Object(items) => return self.object(items, scope, at),
            ExprKind::Variable(name) => return Self::word(name, scope, at),
            ExprKind::Attr(base, name) => return self.attr(base, name, scope, at),
            ExprKind::Index(base, index) => {
                let index = self.soft(index, scope)?;
                let base = self.eval(base, scope)?;
                return self.index(&base, &index, at);
            }
            ExprKind::Splat { base, each, .. } => {
                return self.splat(base, each, scope, at);
            }
            ExprKind::SplatItem => {
                let item = scope.splat.last().cloned();
                return item.ok_or(Stop::Unknown(Why::Broken));
            }
            ExprKind::Conditional(cond, yes, no) => {
                return self.conditional(cond, yes, no, scope, at);
            }
            ExprKind::Call { name, args, expand } => {
                return functions::call(self, name, args, *expand, scope, at);
            }
            ExprKind::Not(inner) => return ops::not(&self.eval(inner, scope)?, at),
            ExprKind::Negate(inner) => return ops::negate(&self.eval(inner, scope)?, at),
            ExprKind::Binary(op @ (Op::And | Op::Or), a, b) => {
                let (a, b) = (self.eval(a, scope), self.eval(b, scope));
                return ops::logic(*op, a, b, at);
            }
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (self.soft(a, scope)?, self.soft(b, scope)?);
                return ops::binary(*op, &a, &b, at);
            }
            ExprKind::For(inner) => return self.for_expr(inner, scope, at),
            ExprKind::Broken => return Err(Stop::Unknown(Why::Broken)),
        };
        Ok(Val::new(kind, at))
    }

    fn object(&mut self, items: &[(ObjectKey, Expr)], scope: &mut Scope, at: Place) -> Outcome {
        let mut entries = Vec::with_capacity(items.len());
        let mut more = None;
        for (key, value) in items {
            let key = match key {
                ObjectKey::Name(name, _) => Ok(name.clone()),
                ObjectKey::Expr(expr) => ops::text(&self.soft(expr, scope)?),
            };
            let value = self.soft(value, scope)?;
            match key {
                Ok(key) => entries.push((key, value)),
                Err(Stop::Unknown(why)) => more = Some(why),
                Err(stop) => return Err(stop),
            }
        }
        Ok(Val::new(ValKind::Map { entries: ops::sorted(entries), more }, at))
    }

    /// A word alone: a name of a `for` or a template.
    fn word(name: &Name, scope: &Scope, at: Place) -> Outcome {
        if let Some(val) = scope.get(name) {
            return Ok(val.clone());
        }
        let named = match (&**name, &scope.me) {
            ("self", Some(me)) => Some(me.clone()),
            _ => None,
        };
        if let Some(resource) = named {
            let reference = Reference { resource, attribute: "".into(), spelled: "self".into() };
            return Ok(Val::new(ValKind::Ref(reference), at));
        }
        Err(Stop::Unknown(Why::NotHere(name.clone())))
    }

    fn attr(&mut self, base: &Expr, name: &Name, scope: &mut Scope, at: Place) -> Outcome {
        if let ExprKind::Variable(root) = &base.kind
            && scope.get(root).is_none()
            && &**root != "self"
        {
            return self.root(root, name, scope, at);
        }
        if let ExprKind::Attr(data, kind) = &base.kind
            && let ExprKind::Variable(root) = &data.kind
            && &**root == "data"
            && let Some(instance) = scope.instance
        {
            return self.named(instance, &Name::from(format!("data.{kind}.{name}")), at);
        }
        let base = self.eval(base, scope)?;
        self.field(&base, name, at)
    }

    /// The first two words of a reference.
    fn root(&mut self, root: &Name, name: &Name, scope: &Scope, at: Place) -> Outcome {
        let outside = || Err(Stop::Unknown(Why::NotHere(format!("{root}.{name}").into())));
        let element = |val: &Val| {
            Ok(trail::arrive(val.clone(), at, || "it is repeated for these elements".into()))
        };
        match (&**root, &**name, &scope.repetition) {
            ("each", "key", Repetition::Each(pair)) => element(&pair.0),
            ("each", "value", Repetition::Each(pair)) => element(&pair.1),
            ("count", "index", Repetition::Count(index)) => Ok(trail::moved(index.clone(), at)),
            ("each" | "count", _, Repetition::Unknown(why)) => Err(Stop::Unknown(why.clone())),
            ("each" | "count", ..) => outside(),
            ("path", "module", _) => {
                let Some(instance) = scope.instance else { return outside() };
                Ok(Val::string(self.module_path(instance), at))
            }
            ("path", "root" | "cwd", _) => Ok(Val::string(".", at)),
            ("terraform" | "tofu" | "path", ..) => {
                Err(Stop::Unknown(Why::DataSource(format!("{root}.{name}").into())))
            }
            _ => {
                let Some(instance) = scope.instance else { return outside() };
                match &**root {
                    "var" => Ok(self.variable(instance, name, at)),
                    "local" => self.local(instance, name, at),
                    _ => self.named(instance, &Name::from(format!("{root}.{name}")), at),
                }
            }
        }
    }

    /// A resource, a data source or a module call.
    fn named(&mut self, instance: usize, name: &Name, at: Place) -> Outcome {
        let val = self.instances_value(instance, name, at);
        val.ok_or_else(|| Stop::Unknown(Why::NotHere(name.clone())))
    }

    /// `base.name`
    pub(super) fn field(&mut self, base: &Val, name: &Name, at: Place) -> Outcome {
        if let (ValKind::Ref(reference), Some(handle)) = (&base.kind, self.handle(base)) {
            return self.member(reference, &handle, name, at);
        }
        match &base.kind {
            ValKind::Map { entries, more } => match (ops::find(entries, name), more, &base.whose) {
                (Some(val), ..) => Ok(owned(drilled(base, val, at), base, &format!(".{name}"))),
                (None, Some(why), _) => Err(Stop::Unknown(why.clone())),
                (None, None, Some(whose)) => Ok(further(whose, &format!(".{name}"), at)),
                _ => fails(format!("no attribute {name}")),
            },
            ValKind::Ref(reference) => Ok(further(reference, &format!(".{name}"), at)),
            ValKind::Unknown(why) => Err(Stop::Unknown(why.clone())),
            // `list.0` and, in old configurations, `list.name` of one block.
            ValKind::List { items, .. } if base.whose.is_some() && items.len() == 1 => {
                let only = trail::child(base, &items[0]);
                self.field(&only, name, at)
            }
            _ => fails(format!("no attribute {name}")),
        }
    }

    /// `base[index]`
    pub(super) fn index(&mut self, base: &Val, index: &Val, at: Place) -> Outcome {
        match (&base.kind, &index.kind) {
            (ValKind::Unknown(why), _) | (_, ValKind::Unknown(why)) => {
                Err(Stop::Unknown(why.clone()))
            }
            (ValKind::List { items, more: Some(_) }, _) if stands_for_all(items) => {
                Ok(trail::moved(items[0].clone(), at))
            }
            (ValKind::List { more: Some(why), .. }, ValKind::String(..)) => {
                Err(Stop::Unknown(why.clone()))
            }
            (ValKind::List { items, more }, _) => {
                let number = ops::number(index)?;
                if number.fract() != 0.0 {
                    return fails("an index that is a fraction");
                }
                let found = (number >= 0.0).then(|| items.get(number as usize)).flatten();
                match (found, more, &base.whose) {
                    (Some(val), ..) => {
                        Ok(owned(drilled(base, val, at), base, &format!("[{number}]")))
                    }
                    (None, Some(why), _) => Err(Stop::Unknown(why.clone())),
                    (None, None, Some(whose)) => Ok(further(whose, &format!("[{number}]"), at)),
                    _ => fails("an index outside the list"),
                }
            }
            (ValKind::Map { entries, more }, _) => {
                let key = ops::text(index)?;
                match (ops::find(entries, &key), more) {
                    (Some(val), _) => {
                        let val = trail::decided(drilled(base, val, at), index);
                        Ok(owned(val, base, &format!("[\"{key}\"]")))
                    }
                    (None, Some(why)) => Err(Stop::Unknown(why.clone())),
                    (None, None) => match self.handle(base) {
                        Some(_) => fails("an index of a single resource"),
                        None => fails(format!("no key {key}")),
                    },
                }
            }
            (ValKind::Ref(reference), ValKind::Number(n)) => {
                Ok(further(reference, &format!("[{}]", number_text(*n)), at))
            }
            (ValKind::Ref(reference), ValKind::String(key, _)) => {
                Ok(further(reference, &format!("[\"{key}\"]"), at))
            }
            (_, ValKind::Ref(_) | ValKind::Partial(_)) => Err(ops::unknown(index)),
            _ => fails("an index of what is no collection"),
        }
    }

    fn splat(&mut self, base: &Expr, each: &Expr, scope: &mut Scope, at: Place) -> Outcome {
        let base = self.eval(base, scope)?;
        let (items, more) = match &base.kind {
            ValKind::Null => (Vec::new(), None),
            ValKind::Unknown(why) => return Err(Stop::Unknown(why.clone())),
            ValKind::List { items, more } => {
                (items.iter().map(|i| trail::child(&base, i)).collect(), more.clone())
            }
            // A computed list of objects: the path goes on.
            ValKind::Ref(reference) if !reference.attribute.is_empty() => {
                (vec![further(reference, "[*]", at)], None)
            }
            _ => (vec![base.clone()], None),
        };
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            scope.splat.push(item);
            let val = self.soft(each, scope);
            scope.splat.pop();
            out.push(val?);
        }
        Ok(Val::new(ValKind::List { items: out.into(), more }, at))
    }

    fn conditional(
        &mut self,
        cond: &Expr,
        yes: &Expr,
        no: &Expr,
        scope: &mut Scope,
        at: Place,
    ) -> Outcome {
        let cond = self.soft(cond, scope)?;
        match ops::boolean(&cond) {
            Ok(true) => Ok(trail::decided(self.eval(yes, scope)?, &cond)),
            Ok(false) => Ok(trail::decided(self.eval(no, scope)?, &cond)),
            Err(Stop::Unknown(why)) => {
                let (yes, no) = (self.known(yes, scope), self.known(no, scope));
                Ok(ops::either(&yes, &no, why, at))
            }
            Err(stop) => Err(stop),
        }
    }

    fn for_expr(&mut self, expr: &For, scope: &mut Scope, at: Place) -> Outcome {
        let over = self.soft(&expr.over, scope)?;
        let (pairs, mut more) = pairs(&over)?;
        let mut items = Vec::new();
        let mut entries: Vec<(Name, Val)> = Vec::new();
        for (key, value) in pairs {
            scope.push(expr.key.as_ref(), key, &expr.value, value);
            let round = self.round(expr, scope);
            scope.pop(expr.key.as_ref());
            match round {
                Ok(None) => {}
                Ok(Some((Some(key), value))) => entries.push((key, value)),
                Ok(Some((None, value))) => items.push(value),
                Err(Stop::Unknown(why)) => more = Some(why),
                Err(stop) => return Err(stop),
            }
            if items.len() + entries.len() > MAX_ELEMENTS {
                return Err(Stop::Unknown(Why::NotUnderstood("a very large collection".into())));
            }
        }
        let kind = match (&expr.key_expr, expr.group) {
            (None, _) => ValKind::List { items: items.into(), more },
            (Some(_), false) => {
                let given = entries.len();
                let entries = ops::sorted(entries);
                if entries.len() < given {
                    return fails("two elements of one key");
                }
                ValKind::Map { entries, more }
            }
            (Some(_), true) => ValKind::Map { entries: grouped(entries, at), more },
        };
        Ok(Val::new(kind, at))
    }

    /// One element: nothing where the condition drops it, an error where key or condition is not
    /// known.
    fn round(
        &mut self,
        expr: &For,
        scope: &mut Scope,
    ) -> Result<Option<(Option<Name>, Val)>, Stop> {
        if let Some(cond) = &expr.cond
            && !ops::boolean(&self.eval(cond, scope)?)?
        {
            return Ok(None);
        }
        let key = match &expr.key_expr {
            Some(key) => Some(ops::text(&self.eval(key, scope)?)?),
            None => None,
        };
        Ok(Some((key, self.soft(&expr.value_expr, scope)?)))
    }
}

/// The elements of a collection with their keys: indexes of a list, elements of a set.
pub(super) fn pairs(val: &Val) -> Result<Pairs, Stop> {
    match &val.kind {
        ValKind::List { items, more } => {
            let pairs = items.iter().enumerate().map(|(index, item)| {
                let item = trail::child(val, item);
                let index = || Val::new(ValKind::Number(index as f64), item.at);
                (if val.is_set { item.clone() } else { index() }, item)
            });
            Ok((pairs.collect(), more.clone()))
        }
        ValKind::Map { entries, more } => {
            let pairs = entries.iter().map(|(key, item)| {
                let item = trail::child(val, item);
                let key = Val { via: item.via.clone(), ..Val::string(key.clone(), item.at) };
                (key, item)
            });
            Ok((pairs.collect(), more.clone()))
        }
        ValKind::Unknown(why) => Ok((Vec::new(), Some(why.clone()))),
        ValKind::Ref(_) => Ok((Vec::new(), val.why())),
        _ => fails("something to go through that is no collection"),
    }
}

/// An element at the place of the expression that takes it out.
fn drilled(base: &Val, val: &Val, at: Place) -> Val {
    let out = trail::child(base, val);
    if out.at == base.at && at.contains(out.at) { trail::moved(out, at) } else { out }
}

/// An element of what belongs to a resource belongs to it as well.
fn owned(val: Val, base: &Val, step: &str) -> Val {
    match (&base.whose, &val.whose) {
        (Some(whose), None) => Val { whose: Some(Arc::new(longer(whose, step))), ..val },
        _ => val,
    }
}

fn longer(reference: &Reference, step: &str) -> Reference {
    let attribute = format!("{}{step}", reference.attribute);
    Reference {
        resource: reference.resource.clone(),
        attribute: attribute.trim_start_matches('.').into(),
        spelled: format!("{}{step}", reference.spelled).into(),
    }
}

/// What is known only after apply, one step further in.
fn further(reference: &Reference, step: &str, at: Place) -> Val {
    Val::new(ValKind::Ref(longer(reference, step)), at)
}

/// A single whole resource in a list whose length nobody knows.
fn stands_for_all(items: &[Val]) -> bool {
    matches!(items, [Val { kind: ValKind::Ref(r), .. }] if r.attribute.is_empty())
}

/// `{for … : key => value...}`
fn grouped(entries: Vec<(Name, Val)>, at: Place) -> Arc<[(Name, Val)]> {
    let mut groups: std::collections::BTreeMap<Name, Vec<Val>> = std::collections::BTreeMap::new();
    for (key, value) in entries {
        groups.entry(key).or_default().push(value);
    }
    let list = |items: Vec<Val>| Val::new(ValKind::List { items: items.into(), more: None }, at);
    groups.into_iter().map(|(key, items)| (key, list(items))).collect()
}
