//! What an account may do once it is in, in words that have an order.

/// From nothing to everything: what grants name, what is meant for everybody, reading, rows but no
/// tables, all but what is taken away by name, all data, accounts too.
const ORDER: [&str; 8] = ["nothing", "some", "website", "read", "data", "most", "write", "admin"];

/// How much rights give; words that nobody knows give most.
pub(crate) fn rank(rights: &str) -> usize {
    ORDER.iter().position(|r| *r == rights).unwrap_or(ORDER.len())
}

/// The rights as the rest of a sentence: "user `x` may only read".
pub(crate) fn may(rights: &str) -> &'static str {
    match rights {
        "nothing" => "may do nothing that these files grant",
        "some" => "may do what is granted by name",
        "website" => "may only read what is declared a website",
        "read" => "may only read",
        "data" => "may read and change rows, but not tables",
        "most" => "may do everything but what is taken away by name",
        "admin" => "may read and change everything, accounts too",
        _ => "may read and change everything",
    }
}
