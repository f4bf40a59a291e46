//! The error type of the crate.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::api::ApiError;
use super::kind::ErrorKind;
use super::validation::{FieldError, ValidationErrors};

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
///     .with_help("did you mean \"orders\"?");
/// assert_eq!(error.to_string(), "segment column 17: unknown field \"oders\"; did you mean \"orders\"?");
/// assert!(!error.is_retryable());
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Cow<'static, str>,
    message: Cow<'static, str>,
    expected: Option<Cow<'static, str>>,
    help: Option<Cow<'static, str>>,
    after: Option<Cow<'static, str>>,
    api: Option<ApiError>,
    problems: Option<ValidationErrors>,
    retryable: Option<bool>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
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
            expected: None,
            help: None,
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
    /// Replaces an earlier expectation.
    #[must_use]
    pub fn with_expected(mut self, expected: impl Into<Cow<'static, str>>) -> Self {
        self.0.expected = Some(expected.into());
        self
    }

    /// Adds what the caller can do, as an imperative or a question. It is printed as `; {help}`.
    ///
    /// Replaces an earlier help, and is printed after what was expected.
    ///
    /// ```
    /// use audiencekit::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Cancelled, "sync", "run cancelled").with_help("start another run to resume");
    /// assert_eq!(error.to_string(), "sync: run cancelled; start another run to resume");
    ///
    /// let error = Error::new(ErrorKind::Limit, "ledger", "the file has version 9")
    ///     .with_expected("at most version 4")
    ///     .with_help("use a newer release of this crate");
    /// assert_eq!(
    ///     error.to_string(),
    ///     "ledger: the file has version 9; expected at most version 4; use a newer release of this crate",
    /// );
    /// ```
    #[must_use]
    pub fn with_help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Asks whether the caller meant `near`; without one, adds what was expected.
    #[must_use]
    pub(crate) fn did_you_mean(self, near: Option<&str>, otherwise: impl Into<Cow<'static, str>>) -> Self {
        match near {
            Some(near) => self.with_help(format!("did you mean {near:?}?")),
            None => self.with_expected(otherwise),
        }
    }

    /// Adds the steps that had been completed before the failure.
    #[must_use]
    pub fn with_completed_steps(mut self, done: impl Into<Cow<'static, str>>) -> Self {
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
    pub fn with_retryable(mut self, retryable: bool) -> Self {
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

    /// Adds every problem of the definition that the error is about.
    pub(crate) fn with_problems(mut self, problems: ValidationErrors) -> Self {
        self.0.problems = Some(problems);
        self
    }

    /// Puts a path in front of the operation.
    pub(crate) fn within(mut self, path: &str) -> Self {
        self.0.operation = format!("{path} {}", self.0.operation).into();
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

    /// Returns every problem of a rejected definition, with its path. Empty if the error is not about a definition.
    #[must_use]
    pub fn problems(&self) -> &[FieldError] {
        self.0.problems.as_ref().map_or(&[], ValidationErrors::problems)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.operation, self.0.message)?;
        if let Some(expected) = &self.0.expected {
            write!(f, "; expected {expected}")?;
        }
        if let Some(help) = &self.0.help {
            write!(f, "; {help}")?;
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

impl ValidationErrors {
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
        if self.problems().is_empty() { Ok(()) } else { Err(self.into()) }
    }
}
