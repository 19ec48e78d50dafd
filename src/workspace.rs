//! Where text comes from. The only module that touches files.
