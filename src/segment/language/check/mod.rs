//! A syntax tree held against a schema: names, types, operators.

pub(in crate::segment) mod checker;
pub(in crate::segment) mod comparison;
pub(in crate::segment) mod events;
pub(in crate::segment) mod operators;
pub(in crate::segment) mod scope;
