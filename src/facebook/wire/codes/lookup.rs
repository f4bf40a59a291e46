//! The row of an answer, and what follows for answers without one.

use super::row::{CodeRow, RetryClass};
use super::table::TABLE;
use crate::error::{ApiError, ErrorKind};

/// Returns the row for an answer: by code and subcode, then by code and words of the message, then by code.
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

/// Returns the kind, retry class and remedy of an answer, including answers that the table does not have.
///
/// An unknown code from 200 to 299 is a missing permission. After the code, `is_transient` and the statuses 429 and 5xx
/// decide.
///
/// ```
/// use audiencekit::facebook::codes::{RetryClass, classify};
/// use audiencekit::{ApiError, ErrorKind};
///
/// let (kind, retry, _) = classify(&ApiError::new(503, 987_654));
/// assert_eq!((kind, retry), (ErrorKind::Unavailable, RetryClass::Backoff));
/// ```
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
