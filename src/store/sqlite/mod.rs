//! A store in an SQLite file: one of its own, or your application's database.

mod connect;
mod connection;
mod error;
mod file_checks;
mod open;
mod outbox;
mod store;
mod tables;
mod thread;

pub(crate) use connect::connect;
#[cfg(test)]
pub(crate) use file_checks::beside;
pub(crate) use file_checks::{create_for_owner, has_foreign_log, would_be_emptied};
pub use store::SqliteStore;
