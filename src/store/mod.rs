//! Persistence: one small trait, [`Store`], over memory, SQLite, Postgres or a database of your own.
//!
//! A store is an ordered map of byte keys in named [spaces](Space). It reads keys, scans ranges in pages, and commits
//! writes all or nothing, under [expectations](Commit::expect): "this key has this value", "this key is absent". That one
//! primitive is enough for leases, fences, run numbers and versions, so a database of your own needs four methods and
//! nothing else.
//!
//! ```
//! use audiencekit::store::{Commit, CommitOutcome, Durability, MemoryStore, Space, Store};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> audiencekit::Result<()> {
//! const COUNTERS: Space = Space::new("counters");
//!
//! let store = MemoryStore::new();
//! let create = || Commit::new().expect_absent(COUNTERS, b"runs").put(COUNTERS, b"runs", b"1");
//! assert_eq!(store.commit(create(), Durability::Immediate).await?, CommitOutcome::Applied);
//! assert_eq!(store.commit(create(), Durability::Immediate).await?, CommitOutcome::Conflict { expectation: 0 });
//! assert_eq!(store.get(COUNTERS, &[b"runs"]).await?, [Some(b"1".to_vec())]);
//! # Ok(())
//! # }
//! ```
//!
//! In this version a store is for your own data and for leases between your processes. Ledgers
//! ([`MemoryLedger`](crate::MemoryLedger) and `SqliteLedger`) and the state of automation still have storage of their own.
//!
//! A value can be [sealed](seal): it then carries a version and a checksum over its space, its key and
//! its content, so that a damaged, moved or exchanged value is noticed by the reader, in any database.

pub(crate) mod checksum;
pub(crate) mod codec;
mod commit;
mod frame;
mod lease;
mod lease_records;
mod memory;
#[cfg(any(feature = "sqlite", feature = "sqlite-unbundled", feature = "postgres"))]
mod outbox_key;
mod page;
#[cfg(feature = "postgres")]
mod postgres;
mod range;
pub(crate) mod reply;
mod space;
#[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
pub(crate) mod sqlite;
#[expect(clippy::module_inception, reason = "the file holds the trait of that name")]
mod store;

pub use commit::{Commit, CommitOutcome, Durability, Expectation, Write};
pub use frame::{Opened, open, seal};
pub use lease::Lease;
pub use memory::MemoryStore;
pub use page::{Entry, Page, PageBuilder, PageLimit};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresSettings, PostgresStore};
pub use range::KeyRange;
pub use space::Space;
#[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
pub use sqlite::SqliteStore;
pub use store::Store;
