//! Whether ads can use an audience: Facebook's codes and what they mean.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::size::EstimatedSize;
use crate::facebook::{AudienceId, CustomAudience, Status};

/// Whether ads can use an audience.
///
/// Source: `delivery_status` and `operation_status` of the Custom Audience reference, developers.facebook.com
/// (read 2026-09-12).
///
/// ```
/// use audiencekit::audience::Availability;
///
/// let ready = Availability::from_codes(Some(200), Some(200));
/// assert!(ready.is_usable());
/// let small = Availability::from_codes(Some(300), Some(200));
/// assert!(!small.is_usable() && !small.is_transient());
/// assert!(small.next_step().starts_with("send more contacts"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Availability {
    /// Ads can use the audience.
    Ready,
    /// Ads can use the audience, and its size still grows.
    Populating,
    /// Facebook is matching people. This takes up to 24 hours.
    Processing,
    /// Nothing was uploaded, or Facebook has not processed the upload yet.
    Empty,
    /// Facebook matched too few people to show ads to.
    TooSmall,
    /// Unused for two years; Facebook will delete the audience.
    Expiring,
    /// Flagged by Facebook's integrity check; neither ads nor changes are possible.
    Flagged,
    /// A replacement of all members is in progress.
    ReplaceInProgress,
    /// The last replacement of all members failed.
    ReplaceFailed,
    /// Unused for so long that Facebook no longer updates the audience.
    OutOfDate,
    /// The account that created the audience is no longer active.
    CreatorInactive,
    /// Facebook reports an error that requires action.
    Failed,
    /// Not usable for a reason unknown to this version; see the code and text of the status.
    Unusable,
    /// Facebook returned no status.
    Unknown,
}

impl Availability {
    /// Returns the availability for Facebook's delivery and operation codes.
    ///
    /// ```
    /// use audiencekit::audience::Availability;
    ///
    /// assert_eq!(Availability::from_codes(Some(200), Some(441)), Availability::Populating);
    /// assert_eq!(Availability::from_codes(None, None), Availability::Unknown);
    /// ```
    #[must_use]
    pub fn from_codes(delivery: Option<u32>, operation: Option<u32>) -> Self {
        match (delivery, operation) {
            (_, Some(471)) => Self::Flagged,
            (_, Some(414)) => Self::ReplaceInProgress,
            (_, Some(100)) => Self::Expiring,
            (_, Some(470)) => Self::CreatorInactive,
            (_, Some(500)) => Self::Failed,
            (Some(200), Some(441)) => Self::Populating,
            (Some(200), _) => Self::Ready,
            (_, Some(415)) => Self::ReplaceFailed,
            (_, Some(450)) => Self::OutOfDate,
            (_, Some(441)) => Self::Processing,
            (_, Some(410)) => Self::Empty,
            (Some(300), _) => Self::TooSmall,
            (Some(_), _) => Self::Unusable,
            (None, _) => Self::Unknown,
        }
    }

    /// Returns `true` if ads can use the audience as it is.
    ///
    /// ```
    /// use audiencekit::audience::Availability;
    ///
    /// assert!(Availability::Populating.is_usable());
    /// assert!(!Availability::TooSmall.is_usable());
    /// ```
    #[must_use]
    pub fn is_usable(self) -> bool {
        matches!(self, Self::Ready | Self::Populating | Self::Expiring)
    }

    /// Returns `true` if the audience may become usable without action.
    ///
    /// ```
    /// use audiencekit::audience::Availability;
    ///
    /// assert!(Availability::Processing.is_transient());
    /// assert!(!Availability::Flagged.is_transient());
    /// ```
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Processing | Self::Empty | Self::ReplaceInProgress | Self::Unknown)
    }

    /// Returns what to do next, as an imperative sentence without a capital or full stop.
    ///
    /// ```
    /// use audiencekit::audience::Availability;
    ///
    /// assert_eq!(Availability::ReplaceFailed.next_step(), "run the replacement again");
    /// ```
    #[must_use]
    pub fn next_step(self) -> &'static str {
        match self {
            Self::Ready => "use it in an ad set",
            Self::Populating => "use it in an ad set; its size still grows",
            Self::Processing => "wait up to 24 hours for Facebook to match people",
            Self::Empty => "send contacts, or wait until Facebook has processed those that were sent",
            Self::TooSmall => "send more contacts, with more keys each: email, phone, name, birth date",
            Self::Expiring => "use it in an active ad set, or Facebook deletes it 90 days after the notice",
            Self::Flagged => {
                "rename it without words about health or finances, or request a review in Ads Manager"
            }
            Self::ReplaceInProgress => "wait for the replacement to end before changing members",
            Self::ReplaceFailed => "run the replacement again",
            Self::OutOfDate => "use it in an ad set, so that Facebook updates it again",
            Self::CreatorInactive => "create it again with an active account",
            Self::Failed | Self::Unusable => "read the status text and look at the audience in Ads Manager",
            Self::Unknown => "read the status again later",
        }
    }

    /// Returns the availability in words, such as `too small`.
    ///
    /// ```
    /// use audiencekit::audience::Availability;
    ///
    /// assert_eq!(Availability::TooSmall.as_str(), "too small");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Populating => "populating",
            Self::Processing => "processing",
            Self::Empty => "empty",
            Self::TooSmall => "too small",
            Self::Expiring => "expiring",
            Self::Flagged => "flagged",
            Self::ReplaceInProgress => "replace in progress",
            Self::ReplaceFailed => "replace failed",
            Self::OutOfDate => "out of date",
            Self::CreatorInactive => "creator inactive",
            Self::Failed => "failed",
            Self::Unusable => "unusable",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The status of an audience, as Facebook reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudienceStatus {
    /// The id of the audience.
    pub id: AudienceId,
    /// Whether ads can use the audience.
    pub availability: Availability,
    /// The estimated number of people.
    pub size: EstimatedSize,
    /// The `delivery_status`, unchanged.
    pub delivery: Option<Status>,
    /// The `operation_status`, unchanged.
    pub operation: Option<Status>,
    /// When Facebook will delete the audience, if it is expiring.
    pub delete_time: Option<OffsetDateTime>,
}

impl From<&CustomAudience> for AudienceStatus {
    fn from(audience: &CustomAudience) -> Self {
        let code = |status: &Option<Status>| status.as_ref().map(|status| status.code);
        Self {
            id: audience.id.clone(),
            availability: Availability::from_codes(
                code(&audience.delivery_status),
                code(&audience.operation_status),
            ),
            size: audience.into(),
            delivery: audience.delivery_status.clone(),
            operation: audience.operation_status.clone(),
            delete_time: audience.delete_time,
        }
    }
}

impl fmt::Display for AudienceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, size {}", self.availability, self.size)?;
        for (name, status) in [("delivery", &self.delivery), ("operation", &self.operation)] {
            if let Some(status) = status {
                write!(f, ", {name} {} {:?}", status.code, status.description)?;
            }
        }
        write!(f, ": {}", self.availability.next_step())
    }
}
