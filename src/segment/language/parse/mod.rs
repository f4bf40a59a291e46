//! Text to a syntax tree.

pub(in crate::segment) mod condition;
pub(in crate::segment) mod events;
pub(in crate::segment) mod lexer;
pub(in crate::segment) mod parser;
pub(in crate::segment) mod predicate;
