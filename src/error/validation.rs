//! Every problem of a definition at once.

use std::borrow::Cow;
use std::fmt;

/// Every problem of one definition, collected before any is reported.
///
/// ```
/// use audiencekit::ValidationErrors;
///
/// let mut problems = ValidationErrors::new("audience");
/// problems.push("name", "required", "is missing; give the audience a name");
/// problems.push("account", "required", "is missing; choose an ad account");
/// let error = problems.into_result().unwrap_err();
/// assert_eq!(error.problems().len(), 2);
/// assert_eq!(error.problems()[1].field, "account");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationErrors {
    pub(super) subject: &'static str,
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
