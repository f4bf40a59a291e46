//! Ledger and journal in one SQLite file, in one transaction.

mod audiences;
mod checked_json;
pub(in crate::sync) mod error;
pub(in crate::sync) mod file;
pub(in crate::sync) mod ledger;
mod members;
mod open;
mod queries;
mod schema;
mod verify;
