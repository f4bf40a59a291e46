//! Contacts in columns, for counting in bulk: a count per keystroke over contacts that are in memory already.

pub(super) mod column;
pub(super) mod contact_table;
pub(super) mod row;
pub(super) mod runs;
pub(super) mod select;
pub(super) mod store;
