//! The face of the language in Rust.

pub(in crate::segment) mod conditions;
pub(in crate::segment) mod events;
pub mod expr;
pub(in crate::segment) mod logic;
