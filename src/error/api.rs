//! Facebook's error object.

use std::fmt;

/// The error object of a Facebook response, as it was received.
///
/// Source: Graph API error handling, developers.facebook.com/docs/graph-api/guides/error-handling (read 2026-09-12).
///
/// ```
/// use audiencekit::ApiError;
///
/// let mut api = ApiError::new(400, 190);
/// api.subcode = Some(463);
/// api.message = "Session has expired".into();
/// assert_eq!(api.to_string(), "Facebook says \"Session has expired\" (code 190, subcode 463)");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// HTTP status of the answer.
    pub status: u16,
    /// `code`: the stable number to branch on.
    pub code: i64,
    /// `error_subcode`: narrows the code.
    pub subcode: Option<i64>,
    /// `type`, such as `OAuthException`. Never classify by it alone.
    pub kind: String,
    /// `message`, in English, for developers.
    pub message: String,
    /// `error_user_title`, in the language of the token's owner.
    pub user_title: Option<String>,
    /// `error_user_msg`, in the language of the token's owner.
    pub user_message: Option<String>,
    /// `is_transient`; absent means unknown.
    pub is_transient: Option<bool>,
    /// `fbtrace_id`, to quote to Facebook's support; it expires soon.
    pub trace_id: Option<String>,
    /// What to do about it, from this crate's table of codes.
    pub remedy: Option<&'static str>,
}

impl ApiError {
    /// Creates an error with this status and code and nothing else.
    #[must_use]
    pub fn new(status: u16, code: i64) -> Self {
        Self { status, code, ..Self::default() }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Facebook says {:?} (code {}", self.message, self.code)?;
        if let Some(subcode) = self.subcode {
            write!(f, ", subcode {subcode}")?;
        }
        if let Some(trace) = &self.trace_id {
            write!(f, ", trace {trace}")?;
        }
        f.write_str(")")
    }
}
