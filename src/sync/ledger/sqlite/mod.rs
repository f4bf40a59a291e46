//! Ledger and journal in one SQLite file, in one transaction.

pub(in crate::sync) mod audiences;
pub(in crate::sync) mod checksum;
pub(in crate::sync) mod file;
pub(in crate::sync) mod ledger;
pub(in crate::sync) mod members;
pub(in crate::sync) mod open;
pub(in crate::sync) mod schema;
