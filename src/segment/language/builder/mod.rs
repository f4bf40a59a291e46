//! Conditions built in Rust.

pub(in crate::segment) mod conditions;
pub(in crate::segment) mod events;
