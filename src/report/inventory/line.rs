//! A store on one line, for the examples of catalog pages.

use crate::model::concept::Datastore;
use crate::model::fact::Fact;
use crate::model::reach::Reach;
use crate::model::value::{IntoValue, Value};

/// A store on one line, as catalog pages expect it: unknown is `?`, unset is `-`, and a circle that
/// may be wider says how wide.
pub(crate) fn line(store: &Datastore) -> String {
    fn word<T: IntoValue>(fact: &Fact<T>) -> String {
        match fact {
            Fact::Known(value, _) => match value.value() {
                Value::Reach(reach) => span(&reach),
                value => value.to_string(),
            },
            Fact::Unset(_) => "-".to_owned(),
            Fact::Unknown(..) => "?".to_owned(),
        }
    }
    format!(
        "Datastore {}: engine = {}, auth = {}, reach = {}, open_to = {}",
        word(&store.name),
        word(&store.engine),
        word(&store.auth),
        word(&store.reach),
        word(&store.open_to)
    )
}

/// The likely circle, and the widest if that is another.
fn span(reach: &Reach) -> String {
    if reach.may > reach.likely {
        format!("{}, perhaps {}", reach.likely, reach.may)
    } else {
        reach.likely.to_string()
    }
}
