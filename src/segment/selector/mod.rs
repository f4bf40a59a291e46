//! Selectors: ready-made groups of contacts that a segment includes or excludes.

pub(super) mod constructors;
pub(super) mod message;
pub(super) mod selector;
