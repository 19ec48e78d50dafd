//! Plans and states in, estates out.
