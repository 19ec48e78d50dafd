//! Suppressions: comments, annotations, and what they hide.

pub(crate) fn apply(
    _findings: &mut Vec<crate::finding::Finding>,
    _ignores: &[(crate::source::Place, crate::source::Place, Vec<crate::model::fact::Name>)],
    _sources: &crate::source::Sources,
    _today: (i32, u32, u32),
    _rules: &crate::engine::RuleSet,
) {
}
