//! Contacts to rows: read, select, normalize and hash, on one thread or several.

pub(super) mod prepare;
pub(super) mod reader;
pub(super) mod select;
pub(super) mod workers;
