//! Where automation keeps its state: ordered keys in memory or in SQLite, and how values are written.

pub(super) mod codec;
pub(super) mod memory;
#[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
pub(super) mod sqlite;
pub(super) mod store;
