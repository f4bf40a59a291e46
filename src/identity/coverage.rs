//! What was lost on the way, counted by key and reason and never by value.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::key::MatchKey;

/// Why a cell was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reject {
    /// Nothing is left after the rules.
    Empty,
    /// Not of the key's form.
    Malformed,
    /// Longer than the key can be.
    TooLong,
    /// Shorter than the key can be.
    TooShort,
    /// A word that stands for nothing, such as `n/a`.
    Placeholder,
    /// A national phone number, and no country to read it in.
    NoRegion,
    /// No number of this plan looks so.
    NotANumber,
    /// Two values in one cell.
    Several,
    /// A digest in a column declared as raw.
    AlreadyHashed,
    /// Not a SHA-256 in a column declared as hashed.
    NotHashed,
}

impl Reject {
    /// The word for it in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::Placeholder => "placeholder",
            Self::NoRegion => "no_region",
            Self::NotANumber => "not_a_number",
            Self::Several => "several",
            Self::AlreadyHashed => "already_hashed",
            Self::NotHashed => "not_hashed",
        }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Counts of one key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyCoverage {
    /// Cells that held something: sent and rejected.
    pub present: u64,
    /// Cells that became part of a row.
    pub sent: u64,
    /// Cells that did not, by reason.
    pub rejected: BTreeMap<Reject, u64>,
}

/// What became of the cells, per key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Coverage {
    /// Counts by key; a key without a cell is absent.
    pub keys: BTreeMap<MatchKey, KeyCoverage>,
}

impl Coverage {
    pub(super) fn sent(&mut self, key: MatchKey) {
        let counts = self.keys.entry(key).or_default();
        counts.present += 1;
        counts.sent += 1;
    }

    pub(super) fn rejected(&mut self, key: MatchKey, reason: Reject) {
        let counts = self.keys.entry(key).or_default();
        counts.present += 1;
        *counts.rejected.entry(reason).or_default() += 1;
    }

    /// Adds the counts of another part of the same run.
    pub fn merge(&mut self, other: &Self) {
        for (key, counts) in &other.keys {
            let mine = self.keys.entry(*key).or_default();
            mine.present += counts.present;
            mine.sent += counts.sent;
            for (reason, count) in &counts.rejected {
                *mine.rejected.entry(*reason).or_default() += count;
            }
        }
    }
}
