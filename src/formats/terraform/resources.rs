//! From evaluated resources to the model.

use super::super::Unit;
use super::value::Estate;
use crate::model::fragment::Fragment;

pub(crate) fn lower(_estate: &Estate, _unit: &Unit, _out: &mut Fragment) {}
