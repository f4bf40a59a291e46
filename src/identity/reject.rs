//! Reasons why a value is not sent.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The reason why a value was not sent.
///
/// ```
/// use audiencekit::{MatchKey, identity::{Normalizer, Reject}};
///
/// let trace = Normalizer::new().explain(MatchKey::Phone, "601 234 567", None);
/// assert_eq!(trace.normalized(), Err(Reject::NoRegion));
/// assert_eq!(Reject::NoRegion.as_str(), "no_region");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reject {
    /// Nothing is left after normalization.
    Empty,
    /// Not in a format of the key.
    Malformed,
    /// Longer than any value of the key.
    TooLong,
    /// Shorter than any value of the key.
    TooShort,
    /// A placeholder such as `n/a` or `000000`.
    Placeholder,
    /// A national phone number without a country to read it in. Remedy: a country column, or
    /// [`default_region`](crate::identity::KeyMapBuilder::default_region), or a plus and the country code in the data.
    NoRegion,
    /// A number in scientific notation such as `4.915E+12`, whose last digits are lost. Remedy: export the column as text.
    ScientificNotation,
    /// Not a number of the country's numbering plan.
    NotANumber,
    /// Two values in one cell.
    Several,
    /// A SHA-256 digest in a column declared as plain.
    AlreadyHashed,
    /// Not a SHA-256 digest, in a column declared as SHA-256.
    NotHashed,
    /// A digest other than SHA-256, such as MD5 or SHA-1. Facebook accepts only SHA-256.
    OtherDigest,
    /// Outside the documented range, or a date that does not exist.
    OutOfRange,
    /// A date whose order of day and month is not declared.
    Ambiguous,
    /// An unknown name of a country, state or month.
    Unknown,
    /// A value that the key cannot represent, such as a gender other than `m` and `f`.
    NotCarried,
    /// More values than a contact may have.
    Surplus,
    /// The contact has opted out of the channel that the value is for, such as a phone number for text messages and calls.
    OptedOut,
}

impl Reject {
    /// Returns the reason as a snake-case word, as in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::Placeholder => "placeholder",
            Self::NoRegion => "no_region",
            Self::ScientificNotation => "scientific_notation",
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
            Self::OptedOut => "opted_out",
        }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
