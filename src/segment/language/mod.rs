//! The language: one syntax tree, its three faces (text, Rust, JSON), and what is checked of it.

pub(crate) mod accents;
pub mod ast;
pub(super) mod builder;
pub(crate) mod canonical;
pub(super) mod check;
pub(crate) mod error;
pub(crate) mod function;
pub(crate) mod json;
pub(crate) mod kind;
pub(crate) mod limits;
pub(crate) mod literal;
pub(super) mod parse;
pub(super) mod pattern;
pub(super) mod print;
pub(crate) mod redact;
pub(crate) mod time_dependence;
