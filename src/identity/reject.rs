//! Why a cell was not sent.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// A word or number that stands for nothing, such as `n/a`.
    Placeholder,
    /// A national phone number, and no country to read it in.
    NoRegion,
    /// No number of this plan looks so.
    NotANumber,
    /// Two values in one cell.
    Several,
    /// A SHA-256 in a column declared as raw.
    AlreadyHashed,
    /// Not a SHA-256 in a column declared as hashed.
    NotHashed,
    /// A digest other than SHA-256, such as MD5 or SHA-1: Facebook takes SHA-256 only.
    OtherDigest,
    /// Outside the documented range, or a day that is not in the calendar.
    OutOfRange,
    /// A date whose order of day and month is not declared.
    Ambiguous,
    /// A name that is in no list: a country, a state, a month.
    Unknown,
    /// A value that the key cannot carry, such as a gender other than `m` and `f`.
    NotCarried,
    /// More values than one contact may have.
    Surplus,
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
            Self::OtherDigest => "other_digest",
            Self::OutOfRange => "out_of_range",
            Self::Ambiguous => "ambiguous",
            Self::Unknown => "unknown",
            Self::NotCarried => "not_carried",
            Self::Surplus => "surplus",
        }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
