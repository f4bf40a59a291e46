//! The language: one syntax tree, its three faces (text, Rust, JSON), and what is checked of it.

pub(crate) mod accents;
pub mod ast;
pub(crate) mod ast_against;
pub(crate) mod ast_events;
pub(crate) mod ast_time;
pub(crate) mod builder;
pub(crate) mod builder_events;
pub(crate) mod canonical;
pub(crate) mod check;
pub(crate) mod check_against;
pub(crate) mod check_events;
pub(crate) mod fits;
pub(crate) mod json;
pub(crate) mod kind;
pub(crate) mod lex;
pub(crate) mod limits;
pub(crate) mod literal;
pub(crate) mod parse;
pub(crate) mod parse_check;
pub(crate) mod parse_events;
pub(crate) mod parse_words;
pub(crate) mod print;
pub(crate) mod print_events;
pub(crate) mod problem;
