//! What is known about the estate, in one vocabulary for all formats.
//!
//! Knows nothing of formats, rules or reports. Front ends fill [`fragment::Fragment`]s; `link`
//! joins them; `derive` makes the entities of [`concept`], which are all that rules can ask about.

pub(crate) mod class;
pub(crate) mod concept;
pub(crate) mod fact;
pub(crate) mod fragment;
pub(crate) mod net;
pub(crate) mod reach;
pub(crate) mod rights;
pub(crate) mod routing;
pub(crate) mod truth;
pub(crate) mod value;
