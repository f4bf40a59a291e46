//! One row of the table, and when to send again.

use std::time::Duration;

use crate::error::ErrorKind;

/// When the same call may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryClass {
    /// Never: the caller must change something.
    Never,
    /// Never with this token: a new one is needed.
    Reauthenticate,
    /// With back-off.
    Backoff,
    /// Once.
    Once,
    /// Soon, a few times: Facebook has not caught up with itself.
    Briefly,
    /// Smaller: fewer rows, a lower limit.
    Shrink,
    /// When the usage headers allow it.
    Throttle,
    /// After an hour or more: calling meanwhile makes it longer.
    Long,
    /// When another operation on the audience has ended.
    Wait,
    /// When the replace has ended, and then by adding what is missing.
    WaitThenAdd,
    /// With a new session, from its first batch.
    RestartSession,
}

impl RetryClass {
    /// True when [`GraphClient`](crate::facebook::GraphClient) itself sends the same call again.
    #[must_use]
    pub fn is_resent(self) -> bool {
        matches!(self, Self::Backoff | Self::Once | Self::Briefly | Self::Throttle | Self::Wait)
    }

    /// True when the same call may succeed later without a change by the caller.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        self.is_resent() || self == Self::Long
    }

    /// How long to stay away where Facebook gives no time.
    #[must_use]
    pub fn stay_away(self) -> Option<Duration> {
        match self {
            Self::Throttle => Some(Duration::from_secs(60)),
            Self::Long => Some(Duration::from_secs(60 * 60)),
            _ => None,
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeRow {
    /// `code`.
    pub code: i64,
    /// `error_subcode`; none is any that has no row of its own.
    pub subcode: Option<i64>,
    /// Words of the message that the row is for, in lower case; empty is any message.
    pub message: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// The kind of the error.
    pub kind: ErrorKind,
    /// When to send again.
    pub retry: RetryClass,
    /// What to do about it; empty when waiting is all there is to do.
    pub remedy: &'static str,
}
