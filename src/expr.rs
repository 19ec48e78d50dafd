//! The condition language of cards: a small subset of CEL's syntax in three values.
