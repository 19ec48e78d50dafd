//! seawall reads infrastructure as code and proves who can reach every data store.

mod source;
mod tree;
