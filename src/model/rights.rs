//! What an account may do once it is in, in words that have an order.

/// From nothing to everything: what grants name, reading, rows but no tables, all data, accounts too.
const ORDER: [&str; 6] = ["nothing", "some", "read", "data", "write", "admin"];

/// How much rights give; words that nobody knows give most.
pub(crate) fn rank(rights: &str) -> usize {
    ORDER.iter().position(|r| *r == rights).unwrap_or(ORDER.len())
}

/// The rights as the rest of a sentence: "user `x` may only read".
pub(crate) fn may(rights: &str) -> &'static str {
    match rights {
        "nothing" => "may do nothing that these files grant",
        "some" => "may do what is granted by name",
        "read" => "may only read",
        "data" => "may read and change rows, but not tables",
        "admin" => "may read and change everything, accounts too",
        _ => "may read and change everything",
    }
}
