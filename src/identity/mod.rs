//! From contacts to match keys: normalize, hash, never send in clear.
//!
//! This is the only way from a person's data to the network: [`KeyMap`] turns a [`Contact`](crate::Contact) into
//! rows of [`MatchRows`], which hold SHA-256 digests and the few keys that Facebook wants in clear. [`Normalizer`]
//! holds the settings and explains what it does to a value.

mod body;
mod bytes;
mod coverage;
mod dedup;
mod explain;
mod hashed;
mod key;
mod keymap;
mod mapper;
mod normalize;
mod parallel;
mod phone;
mod reject;
mod rows;
mod steps;
mod trail;

pub use coverage::{Coverage, KeyCoverage};
pub use dedup::RowDeduplicator;
pub use explain::NormalizationTrace;
pub use hashed::Hashed;
pub use key::MatchKey;
pub use keymap::{KeyMap, KeyMapBuilder, ValueEncoding};
pub use mapper::RowMapper;
pub use normalize::country::Region;
pub use normalize::settings::{
    Accents, Domains, ExternIds, NameDigits, NameSpaces, NonUsStates, Normalizer, PhoneNumbers, Postcodes,
};
pub use phone::metadata_version as phone_metadata_version;
pub use reject::Reject;
pub use rows::{Cell, MatchRow, MatchRows};
pub use steps::{NormalizationSteps, Step};
