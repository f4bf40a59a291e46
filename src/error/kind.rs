//! The kinds of errors.

/// The kind of an error, to branch on.
///
/// ```
/// use audiencekit::{AccountId, ErrorKind};
///
/// let error = "1234".parse::<AccountId>().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Invalid);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument or a definition breaks a rule of this crate; [`Error::problems`](crate::Error::problems) may list each problem. **Not retryable.**
    Invalid,
    /// A filter does not parse or does not fit the schema. **Not retryable.**
    Filter,
    /// The schema does not have the field, column or type. **Not retryable.**
    Schema,
    /// Contacts could not be read: a malformed row, a truncated file. **Not retryable.**
    Source,
    /// The operating system refused to read or write. **Not retryable.**
    Io,
    /// The access token is missing, expired, revoked or of another app. **Not retryable.**
    Token,
    /// The token is valid but does not permit the call. **Not retryable.**
    Permission,
    /// Facebook's terms have not been accepted by a person who can accept them. **Not retryable.**
    Terms,
    /// The object does not exist or is not visible with this token. **Not retryable.**
    NotFound,
    /// A rate limit was reached; [`Error::retry_after`](crate::Error::retry_after) returns when to call again, if Facebook said so. **Retryable.**
    Throttled,
    /// Facebook blocked the action for policy reasons for a time. Further calls extend the block. **Not retryable.**
    Blocked,
    /// Another operation on the same audience must end first. **Retryable.**
    Busy,
    /// Facebook's integrity check flagged the audience; it cannot be changed. **Not retryable.**
    Flagged,
    /// The operation would leave, or start from, too few people. **Not retryable.**
    TooSmall,
    /// Facebook rejected the request for another reason, and will reject it again. **Not retryable.**
    Rejected,
    /// Facebook failed to process a valid request. **Retryable.**
    Unavailable,
    /// No usable response: connection refused or closed, time-out, or not JSON. Whether the
    /// request took effect is unknown. **Retryable.**
    Transport,
    /// A JSON response does not have the documented shape. **Not retryable.**
    Decode,
    /// A limit of this crate or of Facebook was exceeded: depth, length, size, rows. **Not retryable.**
    Limit,
    /// A guard refused a harmful change, such as emptying an audience. **Not retryable.**
    Guard,
    /// A stored file does not hold what was written to it. **Not retryable.**
    Corrupt,
    /// The run was cancelled; another run resumes it. **Not retryable.**
    Cancelled,
}
