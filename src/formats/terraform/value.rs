//! Values of Terraform expressions, with unknowns and identities.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::fact::{Evidence, Fact, Name, Origin, Why};
use crate::model::fragment::Address;
use crate::shared::Shared;
use crate::source::{Piece, Place, Text};

/// A value, where it is written, and the way it took.
#[derive(Clone, Debug)]
pub(crate) struct Val {
    pub(crate) kind: ValKind,
    /// Where the expression stands that gave the value to whoever asks (the attribute's value).
    pub(crate) at: Place,
    /// Earlier stations: a variable's default, a `tfvars` line, a local, a module's argument.
    pub(crate) via: Shared<Evidence>,
    /// The resource's attribute that this is, where it is written and thus has a value of its own:
    /// `aws_security_group.db.name` is a text and still that group.
    pub(crate) whose: Option<Arc<Reference>>,
    /// What `jsonencode` made this text of.
    pub(crate) source: Option<Arc<Val>>,
    /// Where a string's text stands, if not at `at`: a local's heredoc, a file that is read.
    pub(crate) text_at: Option<Place>,
    /// Where the value was before its first station: what a person would edit.
    pub(crate) born: Option<Place>,
    /// A list without order, whose elements are their own keys.
    pub(crate) is_set: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum ValKind {
    Null,
    Bool(bool),
    Number(f64),
    /// Pieces map a literal back to its file, for texts nested in it.
    String(Name, Shared<Piece>),
    /// A string of which parts are not known: known parts and unknown or reference parts in order.
    Partial(Arc<[Val]>),
    /// A list, set or tuple. `more`: unknown elements may follow.
    List {
        items: Arc<[Val]>,
        more: Option<Why>,
    },
    /// An object or map, sorted by key where Terraform sorts. `more`: unknown keys may be there.
    Map {
        entries: Arc<[(Name, Val)]>,
        more: Option<Why>,
    },
    /// Not known, and no identity either.
    Unknown(Why),
    /// An attribute of a resource that is known only after apply; link knows whose it is.
    Ref(Reference),
}

/// `aws_security_group.db.id`: no value before apply, but an identity.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Reference {
    /// The resource instance.
    pub(crate) resource: Address,
    /// `id`, `arn`, `endpoint`, `status[0].ip`; empty for the whole resource.
    pub(crate) attribute: Name,
    /// As the user would write it: `aws_security_group.db.id`.
    pub(crate) spelled: Name,
}

/// Elements of a list, or of a single block or value taken as a list of one.
pub(crate) struct Items<'a> {
    pub(crate) items: Vec<&'a Val>,
    /// Further elements that nobody can tell.
    pub(crate) more: Option<(Why, Place)>,
}

impl Val {
    pub(crate) fn new(kind: ValKind, at: Place) -> Val {
        let (whose, source, text_at, born) = (None, None, None, None);
        Val { kind, at, via: Shared::empty(), whose, source, text_at, born, is_set: false }
    }

    pub(crate) fn unknown(why: Why, at: Place) -> Val {
        Val::new(ValKind::Unknown(why), at)
    }

    pub(crate) fn string(text: impl Into<Name>, at: Place) -> Val {
        Val::new(ValKind::String(text.into(), Shared::empty()), at)
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.kind, ValKind::Null)
    }

    fn origin(&self) -> Origin {
        Origin { edit: self.born, ..Origin::written(self.at).with_via(self.via.clone()) }
    }

    /// Why this has no value, if it has none.
    pub(crate) fn why(&self) -> Option<Why> {
        match &self.kind {
            ValKind::Unknown(why) => Some(why.clone()),
            ValKind::Ref(reference) => Some(Why::DataSource(reference.spelled.clone())),
            ValKind::Partial(parts) => parts.iter().find_map(Val::why),
            _ => None,
        }
    }

    /// An attribute or block of a map; `None` where it is absent or null. Blocks of one name are a
    /// list of maps.
    pub(crate) fn get(&self, key: &str) -> Option<&Val> {
        match &self.kind {
            ValKind::Map { entries, .. } => {
                entries.iter().find(|(k, _)| &**k == key).map(|(_, v)| v).filter(|v| !v.is_null())
            }
            _ => None,
        }
    }

    /// The first block of a name, or the object an attribute holds.
    pub(crate) fn block(&self, key: &str) -> Option<&Val> {
        let value = self.get(key)?;
        match &value.kind {
            ValKind::List { items, .. } => items.first(),
            _ => Some(value),
        }
    }

    /// The fact of an attribute, read by `f`: unset where absent or null, unknown where unknown.
    fn fact<T>(&self, key: &str, f: impl FnOnce(&Val) -> Fact<T>) -> Fact<T> {
        match (self.get(key), &self.kind) {
            (Some(value), _) => f(value),
            (None, ValKind::Map { more: Some(why), .. } | ValKind::Unknown(why)) => {
                Fact::Unknown(why.clone(), self.at)
            }
            (None, _) => Fact::Unset(self.at),
        }
    }

    pub(crate) fn text(&self, key: &str) -> Fact<Name> {
        self.fact(key, Val::as_text)
    }

    pub(crate) fn int(&self, key: &str) -> Fact<i64> {
        self.fact(key, Val::as_int)
    }

    pub(crate) fn bool(&self, key: &str) -> Fact<bool> {
        self.fact(key, Val::as_bool)
    }

    /// The elements of a list attribute or the blocks of a name.
    pub(crate) fn list(&self, key: &str) -> Items<'_> {
        match (self.get(key), &self.kind) {
            (Some(value), _) => value.items(),
            (None, ValKind::Map { more: Some(why), .. } | ValKind::Unknown(why)) => {
                Items { items: Vec::new(), more: Some((why.clone(), self.at)) }
            }
            (None, _) => Items { items: Vec::new(), more: None },
        }
    }

    /// Whether an attribute or block is there; unknown where that cannot be told.
    pub(crate) fn has(&self, key: &str) -> Fact<bool> {
        match (self.get(key), &self.kind) {
            (Some(value), _) => match (&value.kind, value.why()) {
                (ValKind::List { items, more: Some(why) }, _) if items.is_empty() => {
                    Fact::Unknown(why.clone(), value.at)
                }
                (ValKind::Unknown(why), _) => Fact::Unknown(why.clone(), value.at),
                _ => Fact::Known(true, value.origin()),
            },
            (None, ValKind::Map { more: Some(why), .. } | ValKind::Unknown(why)) => {
                Fact::Unknown(why.clone(), self.at)
            }
            (None, _) => Fact::written(false, self.at),
        }
    }

    /// The resource that an attribute refers to: `security_group_id = aws_security_group.a.id`.
    pub(crate) fn target(&self, key: &str) -> Fact<Address> {
        self.fact(key, Val::as_target)
    }

    /// The resources that a list attribute refers to.
    pub(crate) fn targets(&self, key: &str) -> Vec<Fact<Address>> {
        let list = self.list(key);
        let mut out: Vec<_> = list.items.iter().map(|v| v.as_target()).collect();
        out.extend(list.more.map(|(why, at)| Fact::Unknown(why, at)));
        out
    }

    /// The elements of a list; a single value or block counts as a list of one.
    pub(crate) fn items(&self) -> Items<'_> {
        match &self.kind {
            ValKind::List { items, more } => Items {
                items: items.iter().collect(),
                more: more.clone().map(|why| (why, self.at)),
            },
            ValKind::Null => Items { items: Vec::new(), more: None },
            ValKind::Unknown(why) => {
                Items { items: Vec::new(), more: Some((why.clone(), self.at)) }
            }
            _ => Items { items: vec![self], more: None },
        }
    }

    /// The values of a map; the elements of anything else.
    pub(crate) fn values(&self) -> Items<'_> {
        match &self.kind {
            ValKind::Map { entries, more } => Items {
                items: entries.iter().map(|(_, value)| value).collect(),
                more: more.clone().map(|why| (why, self.at)),
            },
            _ => self.items(),
        }
    }

    /// Terraform turns numbers and booleans into strings where a string is wanted.
    pub(crate) fn as_text(&self) -> Fact<Name> {
        match &self.kind {
            ValKind::String(text, _) => Fact::Known(text.clone(), self.origin()),
            ValKind::Bool(b) => Fact::Known(b.to_string().into(), self.origin()),
            ValKind::Number(n) => Fact::Known(number_text(*n).into(), self.origin()),
            ValKind::Null => Fact::Unset(self.at),
            _ => Fact::Unknown(self.why_not("a text"), self.at),
        }
    }

    pub(crate) fn as_int(&self) -> Fact<i64> {
        match &self.kind {
            ValKind::Number(n) => Fact::Known(*n as i64, self.origin()),
            ValKind::String(text, _) => match text.trim().parse::<f64>() {
                Ok(n) => Fact::Known(n as i64, self.origin()),
                Err(_) => Fact::Unknown(Why::NotUnderstood(text.clone()), self.at),
            },
            ValKind::Null => Fact::Unset(self.at),
            _ => Fact::Unknown(self.why_not("a number"), self.at),
        }
    }

    pub(crate) fn as_bool(&self) -> Fact<bool> {
        match &self.kind {
            ValKind::Bool(b) => Fact::Known(*b, self.origin()),
            ValKind::String(text, _) => match &**text {
                "true" => Fact::Known(true, self.origin()),
                "false" => Fact::Known(false, self.origin()),
                _ => Fact::Unknown(Why::NotUnderstood(text.clone()), self.at),
            },
            ValKind::Null => Fact::Unset(self.at),
            _ => Fact::Unknown(self.why_not("a boolean"), self.at),
        }
    }

    /// The resource this value belongs to, by reference; a literal is the thing's outside name.
    pub(crate) fn as_target(&self) -> Fact<Address> {
        if let Some(reference) = &self.whose {
            return Fact::Known(reference.resource.clone(), self.origin());
        }
        match &self.kind {
            ValKind::Ref(reference) => Fact::Known(reference.resource.clone(), self.origin()),
            ValKind::String(text, _) => Fact::Unknown(Why::NotHere(text.clone()), self.at),
            ValKind::Null => Fact::Unset(self.at),
            _ => Fact::Unknown(self.why_not("a reference"), self.at),
        }
    }

    /// A string as a text of its own, whose places are those of the file.
    pub(crate) fn nested_text(&self) -> Option<Text> {
        match &self.kind {
            ValKind::String(text, pieces) => {
                let whole = self.text_at.unwrap_or(self.at);
                Some(Text::nested(text.clone(), whole, pieces.clone()))
            }
            _ => None,
        }
    }

    fn why_not(&self, wanted: &str) -> Why {
        self.why()
            .unwrap_or_else(|| Why::NotUnderstood(format!("a value that is not {wanted}").into()))
    }
}

/// A number as Terraform prints it.
pub(crate) fn number_text(n: f64) -> String {
    if n.fract() == 0.0 && n.abs() < 1e15 { format!("{}", n as i64) } else { format!("{n}") }
}

/// One instance of a resource or data source, all its expressions evaluated.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// `tf:ROOT/module.a.aws_instance.db["x"]`, ROOT being the root module's folder.
    pub(crate) address: Address,
    /// `module.a.aws_instance.db["x"]`
    pub(crate) spelled: Name,
    /// `aws_instance`
    pub(crate) kind: Name,
    /// `db`
    pub(crate) name: Name,
    pub(crate) is_data: bool,
    /// Kind and labels.
    pub(crate) head: Place,
    pub(crate) whole: Place,
    /// Unknown where `count` or `for_each` is.
    pub(crate) exists: Fact<bool>,
    /// A map of attributes and blocks; `dynamic` expanded, null attributes left out.
    pub(crate) body: Val,
    /// The provider's version constraint as major versions it admits, where one is told: for
    /// defaults that changed. Key: the provider's local name.
    pub(crate) provider_major: Option<u32>,
    /// The provider's configuration in the root module, where one is told: `aws`, `aws.west`.
    pub(crate) provider: Option<Name>,
}

/// A root module with all module instances in it, evaluated.
#[derive(Debug)]
pub(crate) struct Estate {
    /// The root module's folder.
    pub(crate) folder: Name,
    pub(crate) resources: Vec<Resource>,
    /// What the root says of each configuration of a provider, by its name.
    pub(crate) providers: BTreeMap<Name, Val>,
    /// What was not read: calls of modules that are not here, files of values beyond the bound.
    pub(crate) not_read: Vec<(Place, Name)>,
}
