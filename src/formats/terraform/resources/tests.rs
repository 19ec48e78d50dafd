//! HCL in, a compact dump of the fragment out.
