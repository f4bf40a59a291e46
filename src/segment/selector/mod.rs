//! Selectors: ready-made groups of contacts that a segment includes or excludes.

pub(super) mod constructors;
pub(super) mod message;
#[expect(clippy::module_inception, reason = "the file is named after its type")]
pub(super) mod selector;
