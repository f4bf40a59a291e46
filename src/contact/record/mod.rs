//! One contact in memory, packed.

pub(super) mod cell;
pub(super) mod collections;
pub(super) mod compaction;
pub(super) mod contact;
pub(super) mod entries;
pub(super) mod event;
pub(super) mod overflow;
pub(super) mod packed;
pub(super) mod unknown_members;
