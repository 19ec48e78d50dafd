//! One run over an estate: read, parse, lower, link, derive, check.
