//! Reports: human, json, sarif.
