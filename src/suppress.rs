//! Suppressions: comments, annotations, and what they hide.
