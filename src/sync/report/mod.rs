//! Reports of runs, and their progress.

pub(super) mod counts;
pub(super) mod progress;
pub(super) mod sync_report;
pub(super) mod table;
