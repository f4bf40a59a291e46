//! From contacts to match keys: normalize, hash, never send in clear.
//!
//! This is the only way from a person's data to the network: [`KeyMap`] turns a [`Contact`](crate::Contact) into
//! rows of [`MatchRows`], which hold SHA-256 digests and the few keys that Facebook wants in clear.

mod coverage;
mod hashed;
mod key;
mod keymap;
mod rows;

pub use coverage::{Coverage, KeyCoverage, Reject};
pub use hashed::Hashed;
pub use key::MatchKey;
pub use keymap::{KeyMap, KeyMapBuilder, RowMapper};
pub use rows::{Cell, MatchRow, MatchRows};
