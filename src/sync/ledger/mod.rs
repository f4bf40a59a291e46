//! The store of members and calls, in memory or in SQLite.

pub(super) mod backend;
pub(super) mod lease;
pub(super) mod memory;
pub(super) mod record;
pub(super) mod row_codec;
pub(super) mod row_index;
pub(super) mod run_gate;
#[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
pub(super) mod sqlite;
pub(super) mod traits;
