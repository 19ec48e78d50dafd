//! Joins what the front ends said into one estate.
