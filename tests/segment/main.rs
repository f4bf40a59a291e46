//! The filter language and the segments: what they select, refuse and print.

mod against_reference;
mod details;
mod language;
mod operators;
mod product;
mod reference;
mod selectors;
mod tables;
