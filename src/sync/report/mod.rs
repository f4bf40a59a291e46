//! What a run did, and how far it is.

pub(super) mod counts;
pub(super) mod progress;
pub(super) mod sync_report;
pub(super) mod table;
