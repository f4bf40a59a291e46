//! Batches on their way: sessions, outcomes, and the ledger of one audience.

pub(super) mod audience_ledger;
mod batch;
mod owner_tracker;
pub(super) mod removal;
pub(super) mod row_set;
pub(super) mod scan;
mod send;
pub(super) mod session_ids;
mod sessions;
pub(super) mod staging;
pub(super) mod stored_rows;
pub(super) mod survey;
pub(super) mod uploader;
pub(super) mod withdrawal;
