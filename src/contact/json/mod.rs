//! Contacts from JSON and to JSON.

pub(super) mod event;
pub(super) mod items;
pub(super) mod lists;
pub(super) mod properties;
pub(super) mod read;
pub(super) mod write;
