//! A syntax tree to its canonical text.

pub(in crate::segment) mod depth;
pub(in crate::segment) mod printer;
pub(in crate::segment) mod words;
