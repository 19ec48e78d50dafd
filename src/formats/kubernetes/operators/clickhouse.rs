//! stub
use super::super::object::Object;
use crate::model::fragment::Fragment;
pub(super) fn lower(_object: &Object, _out: &mut Fragment) {}
