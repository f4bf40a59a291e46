//! Named segments, in memory or in one JSON file.

pub(super) mod file;
pub(super) mod memory;
