//! Ledger and journal in one SQLite file, in one transaction.

mod audiences;
mod checksum;
mod file;
mod members;
mod open;
mod outbox;
mod schema;
mod store;

pub(crate) use file::failed;
pub use file::{SqliteFile, SqliteSettings};
pub use outbox::SqliteOutbox;
pub use store::SqliteLedger;
