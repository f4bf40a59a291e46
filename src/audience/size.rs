//! Two sizes that are easily mixed up: what Facebook estimates, and how many people this side can send.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, FieldError, Result};
use crate::facebook::CustomAudience;

/// How many people Facebook says an audience reaches.
///
/// The bounds are a rounding band, never exact, and 1,000 may stand for anything below. Source: Custom Audience
/// reference, developers.facebook.com (read 2026-09-12).
///
/// ```
/// use audiencekit::audience::EstimatedSize;
///
/// let size = EstimatedSize::from_bounds(Some(-1), Some(-1));
/// assert_eq!(size, EstimatedSize::Unknown);
/// assert_eq!(EstimatedSize::from_bounds(Some(4900), Some(5100)).to_string(), "4900 to 5100");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EstimatedSize {
    /// Between two bounds, both included.
    Between {
        /// At least so many.
        lower: u64,
        /// At most so many.
        upper: u64,
    },
    /// Facebook could not or would not say: it answered -1 or nothing. The audience may be usable all the same.
    Unknown,
}

impl EstimatedSize {
    /// The size from Facebook's two numbers, of which -1 means unknown.
    #[must_use]
    pub fn from_bounds(lower: Option<i64>, upper: Option<i64>) -> Self {
        let known = |bound: Option<i64>| bound.and_then(|bound| u64::try_from(bound).ok());
        match (known(lower), known(upper)) {
            (Some(lower), Some(upper)) => Self::Between { lower: lower.min(upper), upper: upper.max(lower) },
            (Some(one), None) | (None, Some(one)) => Self::Between { lower: one, upper: one },
            (None, None) => Self::Unknown,
        }
    }
}

impl From<&CustomAudience> for EstimatedSize {
    fn from(audience: &CustomAudience) -> Self {
        Self::from_bounds(audience.count_lower_bound, audience.count_upper_bound)
    }
}

impl fmt::Display for EstimatedSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Between { lower, upper } => write!(f, "{lower} to {upper}"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// How many reachable people an audience should have before it is sent, and what to do when it has fewer.
///
/// It counts people that can be sent (with at least one key), not people that Facebook matched.
///
/// ```
/// use audiencekit::{ErrorKind, audience::MinimumSize};
///
/// assert!(MinimumSize::default().check(1_000)?.is_none());
/// assert_eq!(MinimumSize::default().check(999)?.unwrap().code, "too_small");
/// assert_eq!(MinimumSize::refuse_below(1_000).check(999).unwrap_err().kind(), ErrorKind::TooSmall);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinimumSize {
    people: u64,
    refuse: bool,
}

impl MinimumSize {
    /// The size that the audience page of the seed product asks for.
    pub const DEFAULT: u64 = 1_000;
    /// The size that its older page asked for.
    pub const OLDER: u64 = 100;

    /// Warns below `people`.
    #[must_use]
    pub fn warn_below(people: u64) -> Self {
        Self { people, refuse: false }
    }

    /// Refuses to send below `people`.
    #[must_use]
    pub fn refuse_below(people: u64) -> Self {
        Self { people, refuse: true }
    }

    /// The size asked for.
    #[must_use]
    pub fn people(self) -> u64 {
        self.people
    }

    /// Nothing when `reachable` people are enough, else a warning.
    ///
    /// # Errors
    /// [`ErrorKind::TooSmall`] when they are too few and the policy refuses.
    pub fn check(self, reachable: u64) -> Result<Option<FieldError>> {
        if reachable >= self.people {
            return Ok(None);
        }
        let message = format!("{reachable} reachable people, fewer than {}", self.people);
        if self.refuse {
            return Err(Error::new(ErrorKind::TooSmall, "minimum size", message)
                .expected("a wider group, or a policy that only warns"));
        }
        Ok(Some(FieldError {
            field: "group".into(),
            code: "too_small",
            message: format!("has {message}").into(),
        }))
    }
}

impl Default for MinimumSize {
    fn default() -> Self {
        Self::warn_below(Self::DEFAULT)
    }
}
