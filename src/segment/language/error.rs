//! Errors of filters: the place, the problem, a hint, and a picture of them.

use std::fmt;

use super::ast::span::Span;
use crate::error::{Error, ErrorKind, ValidationErrors};

/// A problem of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilterProblem {
    /// The place in the text.
    pub span: Span,
    /// The problem.
    pub message: String,
    /// A correct form, or a question such as `did you mean "country"?`.
    pub expected: Option<String>,
}

impl FilterProblem {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), expected: None }
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }
}

/// One line: the problem, and the correct form or the question behind it.
impl fmt::Display for FilterProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.expected.as_deref() {
            Some(hint) if ["did you mean ", "write ", "put "].iter().any(|word| hint.starts_with(word)) => {
                write!(f, "; {hint}")
            }
            Some(expected) => write!(f, "; expected {expected}"),
            None => Ok(()),
        }
    }
}

/// The problems of a filter that does not parse or does not fit its schema.
///
/// `Display` is one line about the first problem; [`picture`](Self::picture) shows all of them in the text. It converts to
/// an [`Error`] of kind [`ErrorKind::Filter`] or [`ErrorKind::Limit`], from which [`Error::filter_error`] returns it.
/// `Debug` leaves the text out.
///
/// ```
/// use audiencekit::{Schema, segment::Filter};
///
/// let error = Filter::parse(r#"coutry = "PL""#, &Schema::standard()).unwrap_err();
/// assert_eq!(error.picture(), "\
/// unknown field \"coutry\"
///   | coutry = \"PL\"
///   | ^^^^^^ did you mean \"country\"?
/// ");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct FilterError {
    text: String,
    problems: Vec<FilterProblem>,
    limit: bool,
}

/// Most characters of a line that a picture shows.
const WIDTH: usize = 100;

impl FilterError {
    pub(crate) fn new(text: &str, mut problems: Vec<FilterProblem>) -> Self {
        // A text beyond the limit is not kept: the picture shows a line of it anyway.
        let kept = if text.len() > (1 << 16) { "" } else { text };
        problems.sort_by_key(|problem| problem.span.start);
        Self { text: kept.to_owned(), problems, limit: false }
    }

    pub(crate) fn limit(problem: FilterProblem) -> Self {
        Self { text: String::new(), problems: vec![problem], limit: true }
    }

    /// Returns the problems in the order of their places.
    #[must_use]
    pub fn problems(&self) -> &[FilterProblem] {
        &self.problems
    }

    /// Returns all problems as text for a person: the message, the line, and carets under the place.
    #[must_use]
    pub fn picture(&self) -> String {
        let mut out = String::new();
        for problem in &self.problems {
            out.push_str(&problem.message);
            out.push('\n');
            let hint = problem.expected.as_deref().unwrap_or_default();
            if self.text.is_empty() {
                if !hint.is_empty() {
                    out.push_str("  | ");
                    out.push_str(hint);
                    out.push('\n');
                }
            } else {
                self.draw(problem.span, hint, &mut out);
            }
        }
        out
    }

    fn draw(&self, span: Span, hint: &str, out: &mut String) {
        let start = floor(&self.text, span.start);
        let end = floor(&self.text, span.end.max(start));
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let line = &self.text[line_start..line_end];
        let before = self.text[line_start..start].chars().count();
        let marked = self.text[start..end.min(line_end)].chars().count().max(1);
        // A long line is cut around the place.
        let skip = if before + marked > WIDTH { before.saturating_sub(WIDTH / 2) } else { 0 };
        let left = if skip > 0 { "... " } else { "" };
        let shown: String = line.chars().skip(skip).take(WIDTH).map(flat).collect();
        let right = if line.chars().count() > skip + WIDTH { " ..." } else { "" };
        let carets = "^".repeat(marked.min(WIDTH.saturating_sub(before - skip)).max(1));
        let indent = " ".repeat(before - skip + left.len());
        let number = self.text[..line_start].matches('\n').count() + 1;
        let edge = if self.text.contains('\n') { format!("{number} | ") } else { "  | ".to_owned() };
        let margin = format!("{:>width$}", "| ", width = edge.chars().count());
        out.push_str(&format!("{edge}{left}{shown}{right}\n"));
        out.push_str(format!("{margin}{indent}{carets} {hint}").trim_end());
        out.push('\n');
    }
}

/// Control characters would move the carets.
fn flat(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.problems.first() else { return f.write_str("filter") };
        if self.text.is_empty() {
            write!(f, "filter: {first}")?;
        } else {
            let column = self.text[..floor(&self.text, first.span.start)].chars().count() + 1;
            write!(f, "filter column {column}: {first}")?;
        }
        match self.problems.len() {
            1 => Ok(()),
            more => write!(f, " (and {} more)", more - 1),
        }
    }
}

impl fmt::Debug for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilterError").field("problems", &self.problems).finish_non_exhaustive()
    }
}

impl std::error::Error for FilterError {}

impl Error {
    /// Returns the problems of the filter that this error is about, if it is about one.
    ///
    /// ```
    /// use audiencekit::{Schema, Segment, Selector};
    ///
    /// let segment = Segment::builder("Poles").include(Selector::all()).filter(r#"coutry = "PL""#);
    /// let error = segment.build(&Schema::standard()).unwrap_err();
    /// let problem = &error.filter_error().expect("an error of a filter").problems()[0];
    /// assert_eq!(problem.span.range(), 0..6);
    /// ```
    #[must_use]
    pub fn filter_error(&self) -> Option<&FilterError> {
        std::error::Error::source(self)?.downcast_ref()
    }
}

impl FilterError {
    /// An error with every problem of a definition, of which this is the first bad filter. Of the kind of the filter's own
    /// error if there is no other problem.
    pub(crate) fn among(self, problems: ValidationErrors) -> Error {
        if problems.problems().len() > 1 {
            return Error::from(problems).with_source(self);
        }
        let path = problems.problems().first().map(|only| only.field.to_string()).unwrap_or_default();
        Error::from(self).within(&path).with_problems(problems)
    }
}

impl From<FilterError> for Error {
    fn from(error: FilterError) -> Self {
        let kind = if error.limit { ErrorKind::Limit } else { ErrorKind::Filter };
        let line = error.to_string();
        let (operation, rest) = line.split_once(": ").unwrap_or(("filter", &line));
        Self::new(kind, operation.to_owned(), rest.to_owned()).with_source(error)
    }
}
