//! A syntax tree to its canonical text.

pub(in crate::segment) mod events;
pub(in crate::segment) mod printer;
