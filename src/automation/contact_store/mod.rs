//! Where automation finds contacts and writes what it changes of them: the trait, and one in memory.

pub(super) mod memory;
pub(super) mod store;
