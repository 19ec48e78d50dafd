//! seawall reads infrastructure as code and proves who can reach every data store, what it asks
//! of them, what is recorded in clear, and how long it is kept.
//!
//! The modules stand in the order of the pipeline: texts, trees, front ends, the common model,
//! the join, what is derived from it, the rules, the reports. `ARCHITECTURE.md` is the map.

// Texts and trees.
mod glob;
mod paths;
mod shared;
mod source;
mod spelling;
#[allow(dead_code, reason = "trees hold what texts say, whether anybody asks yet or not")]
mod tree;
mod workspace;
// The vocabulary that everything meets in.
mod model;
// Knowledge: pages, conditions, cards.
mod cards;
mod catalog;
mod embedded;
mod expr;
// From files to the model.
mod derive;
mod formats;
mod link;
mod stores;
// From the model to findings.
mod engine;
mod finding;
mod suppress;
// What the project says about itself.
mod config;
// From findings to people.
pub mod cli;
#[doc(hidden)]
pub mod clickhouse_verdict;
pub mod rendered;
mod report;
mod session;
#[doc(hidden)]
pub mod timing;
