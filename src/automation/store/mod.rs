//! Storage of the engine's state: ordered keys in memory or in SQLite.

pub(super) mod memory;
pub(super) mod read;
#[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
pub(super) mod sqlite;
pub(super) mod store;
