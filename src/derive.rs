//! Works out what rules ask about: reach, effective authentication, retention.
//!
//! Everything here is a pure function of the linked estate. Each derived fact keeps the steps it
//! came from, so a finding can tell its story.

mod crowd;
mod filters;
mod openings;
mod stores;
#[cfg(test)]
mod tests;
mod ways;

use crate::catalog::Catalog;
use crate::link::Estate;
use crate::model::concept::Model;

/// Every entity that rules can ask about.
pub(crate) fn derive(mut estate: Estate, catalog: &Catalog) -> Model {
    let environments = std::mem::take(&mut estate.environments);
    let mut model = Model { environments, ..Model::default() };
    stores::derive(&estate, &mut model);
    openings::derive(&estate, catalog, &mut model);
    stores::belongings(estate, &mut model);
    model
}
