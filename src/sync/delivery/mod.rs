//! Batches on their way: sessions, outcomes, and the ledger of one audience.

pub(super) mod audience_ledger;
pub(super) mod batch;
pub(super) mod owner_tracker;
pub(super) mod removal;
pub(super) mod row_set;
pub(super) mod scan;
pub(super) mod sessions;
pub(super) mod uploader;
pub(super) mod withdrawal;
