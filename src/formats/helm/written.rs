//! What of a release somebody wrote, and what is the chart's own.

use crate::model::fact::{Basis, Fact, Name, Why};
use crate::model::fragment::{EnvValue, Fragment, Ref, Release};
use crate::source::Place;

/// Says of settings that stand where the chart is named that they are the chart's defaults, and of
/// everything whether it is there at all.
pub(super) fn mark(
    made: &mut Fragment,
    release: &Release,
    see: &Name,
    exists: &Fact<bool>,
    open: Option<&(Why, Place)>,
) {
    for container in &mut made.containers {
        default(&mut container.image, release, see);
        for variable in &mut container.env {
            if let EnvValue::Fact(fact) = &mut variable.value {
                default(fact, release, see);
                reason(fact, open);
            }
        }
        if let Fact::Known(words, _) = &mut container.args {
            for word in words {
                default(word, release, see);
            }
        }
        container.whole = release.whole;
    }
    for hop in &mut made.hops {
        let outside = matches!(hop.from, Ref::Internet | Ref::Network | Ref::AnyNetwork);
        if outside && hop.place == release.place {
            hop.say = format!("{}, by the defaults of {}", hop.say, release.title).into();
        }
    }
    if matches!(exists, Fact::Known(true, origin) if origin.basis == Basis::Written) {
        return;
    }
    for node in &mut made.nodes {
        node.exists = exists.clone();
    }
    for container in &mut made.containers {
        container.exists = exists.clone();
    }
    for filter in &mut made.filters {
        filter.exists = exists.clone();
    }
    for hop in &mut made.hops {
        if hop.open.known() == Some(&true) {
            hop.open = exists.clone();
        }
    }
}

/// Why a value is not known that some other layer may give.
fn reason<T>(fact: &mut Fact<T>, open: Option<&(Why, Place)>) {
    if let (Fact::Unknown(why, at), Some((told, place))) = (fact, open)
        && at == place
    {
        *why = told.clone();
    }
}

fn default<T>(fact: &mut Fact<T>, release: &Release, see: &Name) {
    if let Fact::Known(_, origin) = fact
        && origin.at == release.place
        && origin.basis == Basis::Written
    {
        origin.basis = Basis::Default(see.clone());
    }
}
