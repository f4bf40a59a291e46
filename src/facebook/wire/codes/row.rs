//! One row of the table, and when to send again.

use std::time::Duration;

use crate::error::ErrorKind;

/// When the same call may be sent again.
///
/// ```
/// use audiencekit::facebook::codes::RetryClass;
///
/// assert!(RetryClass::Throttle.is_resent() && RetryClass::Throttle.is_retryable());
/// assert!(!RetryClass::Long.is_resent() && RetryClass::Long.is_retryable());
/// assert!(!RetryClass::Never.is_retryable());
/// ```
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
    /// Soon, a few times: Facebook has not yet caught up with an earlier call.
    Briefly,
    /// Smaller: fewer rows, a lower limit.
    Shrink,
    /// When the usage headers allow it.
    Throttle,
    /// After an hour or more. Calls in the meantime extend the block.
    Long,
    /// When another operation on the audience has ended.
    Wait,
    /// When the replace has ended, and then by adding what is missing.
    WaitThenAdd,
    /// With a new session, from its first batch.
    RestartSession,
}

impl RetryClass {
    /// Returns `true` if [`GraphClient`](crate::facebook::GraphClient) itself sends the same call again.
    #[must_use]
    pub fn is_resent(self) -> bool {
        matches!(self, Self::Backoff | Self::Once | Self::Briefly | Self::Throttle | Self::Wait)
    }

    /// Returns `true` if the same call may succeed later without a change by the caller.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        self.is_resent() || self == Self::Long
    }

    /// Returns how long to wait if Facebook names no time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use audiencekit::facebook::codes::RetryClass;
    ///
    /// assert_eq!(RetryClass::Throttle.default_wait(), Some(Duration::from_secs(60)));
    /// ```
    #[must_use]
    pub fn default_wait(self) -> Option<Duration> {
        match self {
            Self::Throttle => Some(Duration::from_secs(60)),
            Self::Long => Some(Duration::from_secs(60 * 60)),
            _ => None,
        }
    }
}

/// A row of the table of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeRow {
    /// `code`.
    pub code: i64,
    /// `error_subcode`. `None` stands for every subcode without a row of its own.
    pub subcode: Option<i64>,
    /// The words, in lower case, that the message must contain. Empty matches any message.
    pub message: &'static str,
    /// The meaning of the code.
    pub meaning: &'static str,
    /// The kind of the error.
    pub kind: ErrorKind,
    /// When the same call may be sent again.
    pub retry: RetryClass,
    /// What to do about it. Empty if waiting is enough.
    pub remedy: &'static str,
}
