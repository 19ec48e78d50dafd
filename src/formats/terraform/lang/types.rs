//! Type constraints of variables, and values converted to them.

use super::super::value::{Val, ValKind, number_text};
use super::ops;
use crate::model::fact::Name;
use crate::shared::Shared;
use crate::source::Text;
use crate::tree::hcl::{self, Expr, ExprKind, ObjectKey};

/// A type constraint.
#[derive(Clone, Debug)]
pub(super) enum Type {
    Any,
    String,
    Number,
    Bool,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    Tuple(Vec<Type>),
    Object(Vec<Field>),
}

/// One attribute of an object type.
#[derive(Clone, Debug)]
pub(super) struct Field {
    name: Name,
    of: Type,
    optional: bool,
    default: Option<Val>,
}

impl Type {
    /// Reads a constraint. `constant` evaluates the defaults of optional attributes.
    pub(super) fn read(expr: &Expr, constant: &mut dyn FnMut(&Expr) -> Val) -> Type {
        match &expr.kind {
            ExprKind::Variable(name) => match &**name {
                "string" => Type::String,
                "number" => Type::Number,
                "bool" => Type::Bool,
                "list" => Type::List(Box::new(Type::Any)),
                "set" => Type::Set(Box::new(Type::Any)),
                "map" => Type::Map(Box::new(Type::Any)),
                _ => Type::Any,
            },
            // JSON syntax writes the constraint as a string.
            ExprKind::String(text, pieces) => {
                let nested = Text::nested(text.clone(), expr.place, pieces.clone());
                let wrapped = Text::nested(
                    format!("t = {}", nested.as_str()).into(),
                    expr.place,
                    Shared::empty(),
                );
                let (body, _) = hcl::parse(&wrapped);
                body.attribute("t")
                    .filter(|a| !matches!(a.expr.kind, ExprKind::String(..)))
                    .map_or(Type::Any, |a| Type::read(&a.expr, constant))
            }
            ExprKind::Call { name, args, .. } => Type::call(name, args, constant),
            _ => Type::Any,
        }
    }

    fn call(name: &str, args: &[Expr], constant: &mut dyn FnMut(&Expr) -> Val) -> Type {
        let Some(first) = args.first() else { return Type::Any };
        match (name, &first.kind) {
            ("list", _) => Type::List(Box::new(Type::read(first, constant))),
            ("set", _) => Type::Set(Box::new(Type::read(first, constant))),
            ("map", _) => Type::Map(Box::new(Type::read(first, constant))),
            ("tuple", ExprKind::List(items)) => {
                Type::Tuple(items.iter().map(|item| Type::read(item, constant)).collect())
            }
            ("object", ExprKind::Object(items)) => {
                let fields = items.iter().filter_map(|(key, value)| {
                    let name = match key {
                        ObjectKey::Name(name, _) => name.clone(),
                        ObjectKey::Expr(key) => match &key.kind {
                            ExprKind::String(name, _) => name.clone(),
                            _ => return None,
                        },
                    };
                    Some(Field::read(name, value, constant))
                });
                Type::Object(fields.collect())
            }
            _ => Type::Any,
        }
    }

    /// The value converted; what does not fit stays as it is.
    pub(super) fn convert(&self, val: Val) -> Val {
        match (self, &val.kind) {
            (Type::String, ValKind::Number(n)) => {
                let kind = ValKind::String(number_text(*n).into(), Shared::empty());
                Val { kind, ..val }
            }
            (Type::String, ValKind::Bool(b)) => {
                let kind = ValKind::String(b.to_string().into(), Shared::empty());
                Val { kind, ..val }
            }
            (Type::Number, ValKind::String(text, _)) => match text.trim().parse() {
                Ok(n) => Val { kind: ValKind::Number(n), ..val },
                Err(_) => val,
            },
            (Type::Bool, ValKind::String(text, _)) => match &**text {
                "true" | "1" => Val { kind: ValKind::Bool(true), ..val },
                "false" | "0" => Val { kind: ValKind::Bool(false), ..val },
                _ => val,
            },
            (Type::List(of), ValKind::List { items, more }) => {
                let items = items.iter().map(|i| of.convert(i.clone())).collect();
                let kind = ValKind::List { items, more: more.clone() };
                Val { kind, is_set: false, ..val }
            }
            (Type::Set(of), ValKind::List { items, more }) => {
                let items = items.iter().map(|i| of.convert(i.clone())).collect();
                let kind = ValKind::List { items: ops::set(items), more: more.clone() };
                Val { kind, is_set: true, ..val }
            }
            (Type::Tuple(of), ValKind::List { items, more }) => {
                let of = of.iter().chain(std::iter::repeat(&Type::Any));
                let items = items.iter().zip(of).map(|(i, of)| of.convert(i.clone())).collect();
                Val { kind: ValKind::List { items, more: more.clone() }, ..val }
            }
            (Type::Map(of), ValKind::Map { entries, more }) => {
                let entries = entries.iter().map(|(k, v)| (k.clone(), of.convert(v.clone())));
                let kind = ValKind::Map { entries: entries.collect(), more: more.clone() };
                Val { kind, ..val }
            }
            (Type::Object(fields), ValKind::Map { entries, more }) => {
                let mut out: Vec<(Name, Val)> = Vec::with_capacity(fields.len());
                for field in fields {
                    let given = entries.iter().find(|(k, _)| *k == field.name).map(|(_, v)| v);
                    let value = field.value(given, more.is_some(), &val);
                    out.extend(value.map(|v| (field.name.clone(), v)));
                }
                out.sort_by(|a, b| a.0.cmp(&b.0));
                let kind = ValKind::Map { entries: out.into(), more: more.clone() };
                Val { kind, ..val }
            }
            _ => val,
        }
    }
}

impl Field {
    fn read(name: Name, value: &Expr, constant: &mut dyn FnMut(&Expr) -> Val) -> Field {
        match &value.kind {
            ExprKind::Call { name: call, args, .. } if &**call == "optional" => Field {
                name,
                of: args.first().map_or(Type::Any, |of| Type::read(of, constant)),
                optional: true,
                default: args.get(1).map(constant),
            },
            _ => Field { name, of: Type::read(value, constant), optional: false, default: None },
        }
    }

    /// The default also replaces an explicit null (Terraform, language/expressions/types).
    fn value(&self, given: Option<&Val>, open: bool, object: &Val) -> Option<Val> {
        match (given, &self.default) {
            (Some(value), _) if !value.is_null() => Some(self.of.convert(value.clone())),
            (None, _) if open => None,
            (_, Some(default)) => Some(self.of.convert(default.clone())),
            (Some(null), None) => Some(null.clone()),
            (None, None) => self.optional.then(|| Val::new(ValKind::Null, object.at)),
        }
    }
}
