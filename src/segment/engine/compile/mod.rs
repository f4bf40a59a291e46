//! The checked syntax tree compiled to a plan.

pub(in crate::segment) mod comparison;
pub(in crate::segment) mod compiler;
pub(in crate::segment) mod condition;
pub(in crate::segment) mod default;
pub(in crate::segment) mod events;
pub(in crate::segment) mod number;
pub(in crate::segment) mod set;
pub(in crate::segment) mod term;
