//! The declared fields of a contact, the fields that every schema has, and interned text.

pub(super) mod event_types;
pub(super) mod field;
pub(super) mod schema;
pub(super) mod standard;
pub(super) mod symbol_cache;
pub(super) mod symbols;
