//! One thing known about the estate, and the place where it was learned.

use std::fmt;
use std::sync::Arc;

use crate::shared::Shared;
use crate::source::Place;

/// A name shared by many facts; cheap to copy.
pub(crate) type Name = Arc<str>;

/// How a chart is judged whose templates somebody has to render first.
pub(crate) const RENDER: &str =
    "`helm template … | seawall check - --stdin-filename rendered.yaml`";

/// A value with the place that decided it, or the honest lack of one.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Fact<T> {
    /// Applies here.
    Known(T, Origin),
    /// Nobody wrote it and no documented default applies; the place of the parent.
    Unset(Place),
    /// Written, but decided elsewhere.
    Unknown(Why, Place),
}

/// How a known value came about.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Origin {
    pub(crate) basis: Basis,
    /// Where it is written, or where it would be.
    pub(crate) at: Place,
    /// The way the value took before it arrived at `at`: a variable's default, a `tfvars` line, a
    /// ConfigMap key. In order, the farthest first.
    pub(crate) via: Shared<Evidence>,
    /// Where a person would edit it, if not at `at`: a variable's default, a module's argument.
    pub(crate) edit: Option<Place>,
}

/// What a known value rests on, the firmest first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Basis {
    /// Somebody wrote it.
    Written,
    /// A documented default; the text names the source.
    Default(Name),
    /// A heuristic took part; the text says which.
    Guessed(Name),
}

/// One step of a proof.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Evidence {
    pub(crate) place: Place,
    /// A short sentence without a full stop, in the user's own names.
    pub(crate) say: Name,
    /// It only says which things belong together: whoever wants to shut the way looks elsewhere.
    pub(crate) joins: bool,
}

/// Why a value cannot be told. `Display` completes "this depends on …".
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Why {
    /// A Terraform variable without a value.
    Variable(Name),
    /// A data source, another state, a resource attribute known after apply.
    DataSource(Name),
    /// An environment variable, a Secret's content.
    Environment(Name),
    /// A function that is not evaluated.
    Function(Name),
    /// Text that a tool such as Helm still has to render.
    Template,
    /// Nobody wrote it, and no card says what then applies.
    NoDefault(Name),
    /// Something outside the project: its name, or a description of it.
    NotHere(Name),
    /// In a part that does not parse.
    Broken,
    /// Understood by nobody yet; the text says what.
    NotUnderstood(Name),
}

impl Evidence {
    pub(crate) fn new(place: Place, say: impl Into<Name>) -> Evidence {
        Evidence { place, say: say.into(), joins: false }
    }
}

impl Origin {
    pub(crate) fn written(at: Place) -> Origin {
        Origin { basis: Basis::Written, at, via: Shared::empty(), edit: None }
    }

    /// `see` names the source of the default: a document, a file of the product.
    pub(crate) fn default(see: impl Into<Name>, at: Place) -> Origin {
        Origin { basis: Basis::Default(see.into()), at, via: Shared::empty(), edit: None }
    }

    pub(crate) fn guessed(how: impl Into<Name>, at: Place) -> Origin {
        Origin { basis: Basis::Guessed(how.into()), at, via: Shared::empty(), edit: None }
    }

    pub(crate) fn with_via(mut self, via: impl Into<Shared<Evidence>>) -> Origin {
        self.via = via.into();
        self
    }
}

impl<T> Fact<T> {
    pub(crate) fn written(value: T, at: Place) -> Fact<T> {
        Fact::Known(value, Origin::written(at))
    }

    pub(crate) fn default(value: T, see: impl Into<Name>, at: Place) -> Fact<T> {
        Fact::Known(value, Origin::default(see, at))
    }

    pub(crate) fn guessed(value: T, how: impl Into<Name>, at: Place) -> Fact<T> {
        Fact::Known(value, Origin::guessed(how, at))
    }

    /// Where it is written, would be written, or is decided elsewhere.
    pub(crate) fn place(&self) -> Place {
        match self {
            Fact::Known(_, origin) => origin.at,
            Fact::Unset(at) | Fact::Unknown(_, at) => *at,
        }
    }

    /// Where a person would edit.
    pub(crate) fn edit_place(&self) -> Place {
        match self {
            Fact::Known(_, Origin { edit: Some(place), .. }) => *place,
            _ => self.place(),
        }
    }

    pub(crate) fn known(&self) -> Option<&T> {
        match self {
            Fact::Known(value, _) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn is_unset(&self) -> bool {
        matches!(self, Fact::Unset(_))
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Fact::Unknown(..))
    }

    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Fact::Known(value, origin) => Fact::Known(f(value), origin),
            Fact::Unset(at) => Fact::Unset(at),
            Fact::Unknown(why, at) => Fact::Unknown(why, at),
        }
    }

    pub(crate) fn as_ref(&self) -> Fact<&T> {
        match self {
            Fact::Known(value, origin) => Fact::Known(value, origin.clone()),
            Fact::Unset(at) => Fact::Unset(*at),
            Fact::Unknown(why, at) => Fact::Unknown(why.clone(), *at),
        }
    }

    /// The documented default where nobody wrote a value.
    pub(crate) fn or_default(self, value: T, see: &str) -> Fact<T> {
        match self {
            Fact::Unset(at) => Fact::default(value, see, at),
            other => other,
        }
    }

    /// The value turned into another that may turn out not to be understood.
    pub(crate) fn try_map<U>(self, f: impl FnOnce(T) -> Result<U, Why>) -> Fact<U> {
        match self {
            Fact::Known(value, origin) => match f(value) {
                Ok(value) => Fact::Known(value, origin),
                Err(why) => Fact::Unknown(why, origin.at),
            },
            Fact::Unset(at) => Fact::Unset(at),
            Fact::Unknown(why, at) => Fact::Unknown(why, at),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Variable(name) => write!(f, "`var.{name}`"),
            Why::DataSource(name) => write!(f, "`{name}`, which is known only outside these files"),
            Why::Environment(name) => write!(f, "`{name}` in the environment"),
            Why::Function(name) => write!(f, "the result of `{name}()`"),
            Why::Template => write!(f, "text that is still to be rendered"),
            Why::NoDefault(name) => write!(f, "{name}, which is not set here"),
            // A description has spaces, a name has none.
            Why::NotHere(what) if what.contains(' ') => {
                write!(f, "{what}, which these files do not tell")
            }
            Why::NotHere(name) => write!(f, "`{name}`, which is not in these files"),
            Why::Broken => write!(f, "a part that does not parse"),
            Why::NotUnderstood(what) => write!(f, "{what}, which seawall does not understand yet"),
        }
    }
}
