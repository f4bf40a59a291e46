//! The contacts that automation reads and changes: the trait, and an implementation in memory.

pub(super) mod memory;
pub(super) mod store;
