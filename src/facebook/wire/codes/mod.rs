//! What Facebook's codes mean: kind, when to send again, and what to do. One table, and nothing else decides.
//!
//! The HTTP status says little (throttles and missing permissions both come as 400), and `type` says less
//! (`OAuthException` is on nearly everything), so only code, subcode and, for code 100 and 1, a few words of the
//! message are looked at.
//!
//! Source: error reference, Graph API error handling, rate limiting and the reference pages of each edge,
//! developers.facebook.com (read 2026-09-12), and bodies seen in public traffic.

use std::time::Duration;

use crate::error::{ApiError, ErrorKind};

pub(in crate::facebook) mod table;

pub use table::TABLE;

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

/// The row for an answer, if the table has one: by code and subcode, then by code and words, then by code.
///
/// ```
/// use audiencekit::ApiError;
/// use audiencekit::facebook::codes::{RetryClass, lookup};
///
/// let row = lookup(&ApiError::new(400, 80003)).unwrap();
/// assert_eq!(row.retry, RetryClass::Throttle);
/// ```
#[must_use]
pub fn lookup(api: &ApiError) -> Option<&'static CodeRow> {
    let of_code = || TABLE.iter().filter(|row| row.code == api.code);
    let message = api.message.to_ascii_lowercase();
    of_code()
        .find(|row| row.subcode.is_some() && row.subcode == api.subcode)
        .or_else(|| of_code().find(|row| !row.message.is_empty() && message.contains(row.message)))
        .or_else(|| of_code().find(|row| row.subcode.is_none() && row.message.is_empty()))
        .or_else(|| {
            // "Negative codes are internal, look at error_subcode", and some subcodes arrive as the code.
            let by_subcode = |subcode| TABLE.iter().find(|row| row.subcode == Some(subcode));
            if api.code < 0 {
                by_subcode(api.subcode?)
            } else {
                by_subcode(api.code).filter(|_| api.code > 100_000)
            }
        })
}

/// Kind, retry class and remedy of an answer, also of those that the table does not have.
///
/// An unknown code from 200 to 299 is a permission; `is_transient`, status 5xx and 429 count after the code.
#[must_use]
pub fn classify(api: &ApiError) -> (ErrorKind, RetryClass, Option<&'static str>) {
    let transient = api.is_transient == Some(true);
    match lookup(api) {
        // A generic refusal that Facebook itself calls passing is passing.
        Some(row) if transient && row.retry == RetryClass::Never && row.kind == ErrorKind::Rejected => {
            (ErrorKind::Unavailable, RetryClass::Backoff, None)
        }
        Some(row) => (row.kind, row.retry, Some(row.remedy).filter(|remedy| !remedy.is_empty())),
        None if (200..300).contains(&api.code) => (
            ErrorKind::Permission,
            RetryClass::Never,
            Some("grant the app ads_management and the token's owner access to the ad account"),
        ),
        None if api.status == 429 => (ErrorKind::Throttled, RetryClass::Throttle, None),
        None if transient || api.status >= 500 => (ErrorKind::Unavailable, RetryClass::Backoff, None),
        None if api.status == 401 => {
            (ErrorKind::Token, RetryClass::Reauthenticate, Some("get a new access token"))
        }
        None => (ErrorKind::Rejected, RetryClass::Never, None),
    }
}
