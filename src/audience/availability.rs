//! Whether ads can use an audience, in Facebook's codes and in plain words.

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
/// assert!(small.next_step().starts_with("send more people"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Availability {
    /// Ads can use it.
    Ready,
    /// Ads can use it, and its size will still grow.
    Populating,
    /// Facebook is still matching people; it takes up to 24 hours.
    Processing,
    /// Nothing was uploaded yet, or Facebook has not seen it yet.
    Empty,
    /// Facebook matched too few people to show ads to.
    TooSmall,
    /// Unused for two years: Facebook will delete it.
    Expiring,
    /// Flagged by Facebook's integrity check: neither ads nor changes are possible.
    Flagged,
    /// A replacement of all members is under way.
    ReplaceInProgress,
    /// The last replacement of all members failed.
    ReplaceFailed,
    /// Unused for so long that Facebook stopped to keep it current.
    OutOfDate,
    /// The account that made it is no longer active.
    CreatorInactive,
    /// Facebook reports an error that someone must act on.
    Failed,
    /// Not usable for a reason that this version does not know; see the code and text.
    Unusable,
    /// Facebook gave no status.
    Unknown,
}

impl Availability {
    /// The availability that Facebook's two codes stand for.
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

    /// True when ads can use the audience as it is.
    #[must_use]
    pub fn is_usable(self) -> bool {
        matches!(self, Self::Ready | Self::Populating | Self::Expiring)
    }

    /// True when waiting may make it usable.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Processing | Self::Empty | Self::ReplaceInProgress | Self::Unknown)
    }

    /// What to do next, in plain words.
    #[must_use]
    pub fn next_step(self) -> &'static str {
        match self {
            Self::Ready => "use it in an ad set",
            Self::Populating => "use it in an ad set; its size will grow by itself",
            Self::Processing => "wait: Facebook takes up to 24 hours to match people",
            Self::Empty => "send contacts, or wait until Facebook has taken those that were sent",
            Self::TooSmall => "send more people, with more keys each: e-mail, phone, name, birth date",
            Self::Expiring => {
                "use it in an active ad set, or Facebook will delete it 90 days after it was flagged"
            }
            Self::Flagged => {
                "rename it without words on health, money or other private matters, or ask for a review in Ads Manager"
            }
            Self::ReplaceInProgress => "wait until the replacement has ended before changing members",
            Self::ReplaceFailed => "run the replacement again",
            Self::OutOfDate => "use it in an ad set, then Facebook brings it up to date",
            Self::CreatorInactive => "make it again from an active account",
            Self::Failed | Self::Unusable => "read the status text and look at the audience in Ads Manager",
            Self::Unknown => "read the status again later",
        }
    }

    /// The word for it.
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

/// What Facebook says about an audience now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudienceStatus {
    /// The audience.
    pub id: AudienceId,
    /// Whether ads can use it.
    pub availability: Availability,
    /// How many people it reaches, if Facebook says.
    pub size: EstimatedSize,
    /// `delivery_status`, as it came.
    pub delivery: Option<Status>,
    /// `operation_status`, as it came.
    pub operation: Option<Status>,
    /// When Facebook will delete it, if it will.
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
