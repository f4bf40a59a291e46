//! Errors: what went wrong, what was expected, and whether to try again.
//!
//! Every fallible function returns one opaque [`Error`], one machine word wide. [`Error::kind`] is the axis to branch
//! on, [`Error::is_retryable`] and [`Error::retry_after`] say whether and when to try again, [`Error::api`] is
//! Facebook's own answer if there was one, and [`Error::problems`] lists every field that a builder refused. `Display`
//! is one line: the operation, what is wrong, and what was expected or what to do.
//!
//! ```
//! use audiencekit::{AudienceBuilder, ErrorKind};
//!
//! let error = AudienceBuilder::new().name(" ").build().unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::Invalid);
//! assert!(!error.is_retryable());
//! let fields: Vec<_> = error.problems().iter().map(|problem| problem.field.as_ref()).collect();
//! assert_eq!(fields, ["name", "description", "account"]);
//! ```
//!
//! An error never contains a value of a contact, a token or a digest: it names the field, the row and the reason. The
//! [errors](crate::_documentation::errors) guide lists every kind with its remedy.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// The result type of the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of this crate, or a refusal by Facebook.
///
/// `Display` is one line: `<operation>: <what is wrong>[; expected <what>][; <what to do>]`, followed by Facebook's
/// message, code, subcode and trace id if the response came from there.
///
/// ```
/// use audiencekit::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Schema, "segment column 17", "unknown field \"oders\"")
///     .help("did you mean \"orders\"?");
/// assert_eq!(error.to_string(), "segment column 17: unknown field \"oders\"; did you mean \"orders\"?");
/// assert!(!error.is_retryable());
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Cow<'static, str>,
    message: Cow<'static, str>,
    hint: Option<Hint>,
    after: Option<Cow<'static, str>>,
    api: Option<ApiError>,
    problems: Option<ValidationErrors>,
    retryable: Option<bool>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What would be right, as it is printed after a semicolon.
enum Hint {
    Expected(Cow<'static, str>),
    Help(Cow<'static, str>),
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected(what) => write!(f, "; expected {what}"),
            Self::Help(what) => write!(f, "; {what}"),
        }
    }
}

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
    /// An argument or a definition breaks a rule of this crate; [`Error::problems`] may list each problem. **Not retryable.**
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
    /// A rate limit was reached; [`Error::retry_after`] returns when to call again, if Facebook said so. **Retryable.**
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

impl Error {
    /// Creates an error of `kind` in `operation`, with a message that says what is wrong.
    #[must_use]
    pub fn new(
        kind: ErrorKind,
        operation: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: operation.into(),
            message: message.into(),
            hint: None,
            after: None,
            api: None,
            problems: None,
            retryable: None,
            retry_after: None,
            source: None,
        }))
    }

    /// Adds what was expected instead, as a noun phrase. It is printed as `; expected {expected}`.
    ///
    /// Replaces an earlier hint.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(Hint::Expected(expected.into()));
        self
    }

    /// Adds what the caller can do, as an imperative or a question. It is printed as `; {help}`.
    ///
    /// Replaces an earlier hint.
    ///
    /// ```
    /// use audiencekit::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Cancelled, "sync", "run cancelled").help("start another run to resume");
    /// assert_eq!(error.to_string(), "sync: run cancelled; start another run to resume");
    /// ```
    #[must_use]
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(Hint::Help(help.into()));
        self
    }

    /// Asks whether the caller meant `near`; without one, adds what was expected.
    #[must_use]
    pub(crate) fn did_you_mean(self, near: Option<&str>, otherwise: impl Into<Cow<'static, str>>) -> Self {
        match near {
            Some(near) => self.help(format!("did you mean {near:?}?")),
            None => self.expected(otherwise),
        }
    }

    /// Adds the steps that had been completed before the failure.
    #[must_use]
    pub fn after(mut self, done: impl Into<Cow<'static, str>>) -> Self {
        self.0.after = Some(done.into());
        self
    }

    /// Adds Facebook's error object.
    ///
    /// ```
    /// use audiencekit::{ApiError, Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Token, "upload", "the token is not accepted").with_api(ApiError::new(400, 190));
    /// assert_eq!(error.api().unwrap().code, 190);
    /// ```
    #[must_use]
    pub fn with_api(mut self, api: ApiError) -> Self {
        self.0.api = Some(api);
        self
    }

    /// Sets whether the same call may succeed later. Defaults to what the kind says.
    #[must_use]
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = Some(retryable);
        self
    }

    /// Sets how long to wait before the same call.
    ///
    /// ```
    /// use audiencekit::{Error, ErrorKind};
    /// use std::time::Duration;
    ///
    /// let error = Error::new(ErrorKind::Throttled, "upload", "too many calls").with_retry_after(Duration::from_secs(300));
    /// assert!(error.is_retryable());
    /// assert_eq!(error.retry_after(), Some(Duration::from_secs(300)));
    /// ```
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Adds the underlying error. It must be free of personal data and tokens.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Returns the kind, to branch on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the operation that failed, such as `upload` or `segment column 17`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// Returns `true` if the same call may succeed later without a change by the caller.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable.unwrap_or(matches!(
            self.0.kind,
            ErrorKind::Throttled | ErrorKind::Busy | ErrorKind::Unavailable | ErrorKind::Transport
        ))
    }

    /// Returns how long to wait before the same call, if it is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns Facebook's error object, if the refusal came from there.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        self.0.api.as_ref()
    }

    /// Returns every problem of a rejected definition. Empty if the error is about one thing.
    #[must_use]
    pub fn problems(&self) -> &[FieldError] {
        self.0.problems.as_ref().map_or(&[], ValidationErrors::problems)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.operation, self.0.message)?;
        if let Some(hint) = &self.0.hint {
            write!(f, "{hint}")?;
        }
        if let Some(api) = &self.0.api {
            write!(f, ": {api}")?;
            if let Some(remedy) = api.remedy {
                write!(f, "; {remedy}")?;
            }
        }
        if let Some(after) = &self.0.after {
            write!(f, "; before that: {after}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<ValidationErrors> for Error {
    fn from(problems: ValidationErrors) -> Self {
        let mut error = Self::new(ErrorKind::Invalid, problems.subject, problems.to_string());
        error.0.problems = Some(problems);
        error
    }
}

/// Every problem of one definition, collected before any is reported.
///
/// ```
/// use audiencekit::ValidationErrors;
///
/// let mut problems = ValidationErrors::new("audience");
/// problems.push("name", "required", "is missing: give the audience a name");
/// problems.push("account", "required", "is missing: choose an ad account");
/// let error = problems.into_result().unwrap_err();
/// assert_eq!(error.problems().len(), 2);
/// assert_eq!(error.problems()[1].field, "account");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationErrors {
    subject: &'static str,
    problems: Vec<FieldError>,
}

/// One problem with one field of a definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {message}")]
#[non_exhaustive]
pub struct FieldError {
    /// The field, or the path to it, such as `name` or `rules[2].actions[0]`.
    pub field: Cow<'static, str>,
    /// A stable word to branch on, such as `required` or `too_long`.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub message: Cow<'static, str>,
}

impl ValidationErrors {
    /// Creates an empty list of problems with `subject`, the thing being defined.
    #[must_use]
    pub fn new(subject: &'static str) -> Self {
        Self { subject, problems: Vec::new() }
    }

    /// Adds a problem with one field.
    pub fn push(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) {
        self.problems.push(FieldError { field: field.into(), code, message: message.into() });
    }

    /// Returns the problems, in the order in which they were found.
    #[must_use]
    pub fn problems(&self) -> &[FieldError] {
        &self.problems
    }

    /// Returns `Ok` if there is no problem, or one error that lists all of them.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], with every problem in [`Error::problems`].
    ///
    /// ```
    /// use audiencekit::ValidationErrors;
    ///
    /// assert!(ValidationErrors::new("audience").into_result().is_ok());
    /// ```
    pub fn into_result(self) -> Result<()> {
        if self.problems.is_empty() { Ok(()) } else { Err(self.into()) }
    }
}

impl<'a> IntoIterator for &'a ValidationErrors {
    type Item = &'a FieldError;
    type IntoIter = std::slice::Iter<'a, FieldError>;

    fn into_iter(self) -> Self::IntoIter {
        self.problems.iter()
    }
}

impl IntoIterator for ValidationErrors {
    type Item = FieldError;
    type IntoIter = std::vec::IntoIter<FieldError>;

    fn into_iter(self) -> Self::IntoIter {
        self.problems.into_iter()
    }
}

impl fmt::Display for ValidationErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [] => f.write_str("no problem"),
            [only] => write!(f, "{only}"),
            several => {
                write!(f, "{} problems", several.len())?;
                for (i, problem) in several.iter().enumerate() {
                    write!(f, "{} {problem}", if i == 0 { ":" } else { ";" })?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ValidationErrors {}
