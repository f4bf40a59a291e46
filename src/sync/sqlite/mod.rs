//! Ledger and journal in one SQLite file, in one transaction.

mod file;
mod members;
mod schema;
mod store;

pub use file::SqliteFile;
pub(crate) use file::failed;
pub use store::SqliteLedger;
