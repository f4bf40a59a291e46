//! The checks that a set of definitions must pass.

mod graph;
mod triggers;
mod validate;
