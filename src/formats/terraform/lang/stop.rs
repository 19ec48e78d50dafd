//! Why an evaluation ends without a value.

use super::super::value::Val;
use crate::model::fact::Why;
use crate::source::Place;

/// What an expression comes to.
pub(super) type Outcome = Result<Val, Stop>;

/// No value.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// Terraform would report an error that `try` and `can` catch: no such index, no such key.
    Fails(String),
    /// Something is not known.
    Unknown(Why),
}

impl Stop {
    pub(super) fn why(self) -> Why {
        match self {
            Stop::Fails(message) => Why::NotUnderstood(message.into()),
            Stop::Unknown(why) => why,
        }
    }
}

/// An error of the configuration.
pub(super) fn fails<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Fails(message.into()))
}

/// The value, or an unknown one.
pub(super) fn settle(outcome: Outcome, at: Place) -> Val {
    outcome.unwrap_or_else(|stop| Val::unknown(stop.why(), at))
}

/// The value, or an unknown one; errors stay errors.
pub(super) fn soften(outcome: Outcome, at: Place) -> Outcome {
    match outcome {
        Err(Stop::Unknown(why)) => Ok(Val::unknown(why, at)),
        other => other,
    }
}
