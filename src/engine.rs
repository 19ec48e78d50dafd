//! Rules, compiled once and asked of every entity of their concept.
