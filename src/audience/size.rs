//! Two sizes: the one that Facebook estimates, and the number of people that can be sent.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, FieldError, Result};
use crate::facebook::CustomAudience;

/// The number of people that Facebook estimates for an audience.
///
/// The bounds are a rounded range, never exact, and 1,000 may stand for any smaller number. Source: Custom Audience
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
    /// A range, both bounds included.
    Between {
        /// The lower bound.
        lower: u64,
        /// The upper bound.
        upper: u64,
    },
    /// Facebook returned -1 or no bounds. The audience may be usable nevertheless.
    Unknown,
}

impl EstimatedSize {
    /// Creates an estimate from Facebook's two bounds, where -1 means unknown.
    ///
    /// ```
    /// use audiencekit::audience::EstimatedSize;
    ///
    /// let size = EstimatedSize::from_bounds(Some(1_000), None);
    /// assert_eq!(size, EstimatedSize::Between { lower: 1_000, upper: 1_000 });
    /// ```
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

/// A minimum number of reachable people, and whether a smaller audience is an error or a warning.
///
/// Reachable people are those that can be sent (with at least one key), not those that Facebook matched.
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
    /// The default minimum: 1,000 people.
    pub const DEFAULT: u64 = 1_000;
    /// A lower minimum that is common too: 100 people.
    pub const OLDER: u64 = 100;

    /// Creates a policy that warns if fewer than `people` are reachable.
    ///
    /// ```
    /// use audiencekit::audience::MinimumSize;
    ///
    /// assert!(MinimumSize::warn_below(10).check(9)?.is_some());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn warn_below(people: u64) -> Self {
        Self { people, refuse: false }
    }

    /// Creates a policy that refuses to send if fewer than `people` are reachable.
    ///
    /// ```
    /// use audiencekit::audience::MinimumSize;
    ///
    /// assert!(MinimumSize::refuse_below(10).check(9).is_err());
    /// ```
    #[must_use]
    pub fn refuse_below(people: u64) -> Self {
        Self { people, refuse: true }
    }

    /// Returns the minimum number of people.
    #[must_use]
    pub fn people(self) -> u64 {
        self.people
    }

    /// Returns a warning if `reachable` is below the minimum, else `None`.
    ///
    /// # Errors
    /// [`ErrorKind::TooSmall`] if `reachable` is below the minimum and the policy refuses.
    pub fn check(self, reachable: u64) -> Result<Option<FieldError>> {
        if reachable >= self.people {
            return Ok(None);
        }
        let message = format!("{reachable} reachable people, fewer than {}", self.people);
        if self.refuse {
            return Err(Error::new(ErrorKind::TooSmall, "minimum size", message)
                .with_help("widen the group, or use MinimumSize::warn_below"));
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
