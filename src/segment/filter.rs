//! A filter: parsed, checked, printed.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::language::ast::span::Span;
use super::language::ast::tree::Expr;
use super::language::check::checker;
use super::language::error::{FilterError, FilterProblem};
use super::language::limits::Limits;
use super::language::parse::condition;
use super::language::print::printer;
use super::language::{json, time_dependence};
use super::tag_dictionary::TagDictionary;
use crate::contact::Schema;

/// A condition on contacts, checked against a schema.
///
/// `Display` is its canonical text: equal filters print equal, and parsing it gives an equal filter.
///
/// ```
/// use audiencekit::{Contact, Schema};
/// use audiencekit::segment::{EvaluationTime, Filter};
/// use time::macros::datetime;
///
/// let schema = Schema::standard();
/// let filter = Filter::parse(r#"country IN ("PL",'DE') and score>=50"#, &schema)?;
/// assert_eq!(filter.to_string(), r#"country in ("PL", "DE") and score >= 50"#);
///
/// let compiled = filter.compile(&schema, &EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC)))?;
/// let mut contact = Contact::new(&schema);
/// contact.set(schema.require("country")?, "pl")?;
/// assert!(!compiled.matches(&contact));
/// contact.set(schema.require("score")?, 50)?;
/// assert!(compiled.matches(&contact));
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Filter {
    pub(super) expr: Expr,
    /// Those that it was read within, so that it compiles as it was checked.
    limits: Limits,
    /// The symbols of the schema that it was checked against; none when only its words were read.
    checked: Option<u64>,
}

/// The same condition, whatever the limits it was read within.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr
    }
}

impl Eq for Filter {}

impl Filter {
    /// Reads a filter and checks it.
    ///
    /// # Errors
    /// [`FilterError`] with every problem found.
    pub fn parse(text: &str, schema: &Schema) -> Result<Self, FilterError> {
        Self::parse_within(text, schema, &Limits::default())
    }

    /// Reads a filter and checks it, within limits of your own.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_within(text: &str, schema: &Schema, limits: &Limits) -> Result<Self, FilterError> {
        let expr = condition::parse(text, limits)?;
        let problems = checker::check(&expr, schema, limits);
        if problems.is_empty() {
            Ok(Self::checked(expr, limits, schema))
        } else {
            Err(FilterError::new(text, problems))
        }
    }

    /// A filter that has passed its check against `schema` within `limits`.
    pub(super) fn checked(expr: Expr, limits: &Limits, schema: &Schema) -> Self {
        Self { expr, limits: *limits, checked: Some(schema.symbols().id()) }
    }

    /// A filter whose names nobody has checked yet.
    pub(super) fn unchecked(expr: Expr, limits: &Limits) -> Self {
        Self { expr, limits: *limits, checked: None }
    }

    /// Whether it was checked against this schema.
    pub(super) fn is_checked(&self, schema: &Schema) -> bool {
        self.checked == Some(schema.symbols().id())
    }

    /// The limits that it was checked within.
    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A filter from a tree that was built, checked.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); the picture is of the canonical text.
    pub fn new(expr: Expr, schema: &Schema) -> Result<Self, FilterError> {
        Self::new_within(expr, schema, &Limits::default())
    }

    /// A filter from a tree that was built, checked within limits of your own.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn new_within(expr: Expr, schema: &Schema, limits: &Limits) -> Result<Self, FilterError> {
        let problems = checker::check(&expr, schema, limits);
        if problems.is_empty() {
            // What is kept as text must be read again within the same limit.
            return match printer::within(&expr, limits.depth()).map(|text| text.len()) {
                Some(bytes) if bytes > limits.text => {
                    let problem =
                        FilterProblem::new(Span::default(), format!("the filter has {bytes} bytes"));
                    Err(FilterError::limit(problem.expected(format!("at most {} bytes", limits.text))))
                }
                _ => Ok(Self::checked(expr, limits, schema)),
            };
        }
        // The same problems, found again in the canonical text, have places to point at.
        let found =
            printer::within(&expr, limits.depth()).map(|text| Self::parse_within(&text, schema, limits));
        Err(match found {
            Some(Err(error)) => error,
            _ => FilterError::new("", problems),
        })
    }

    /// The syntax tree.
    #[must_use]
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// True when the answer depends on the `now` of the evaluation, and not on the contact alone: such a filter must be
    /// compiled anew for each instant, any other once.
    ///
    /// ```
    /// use audiencekit::{Schema, segment::Filter};
    ///
    /// let schema = Schema::standard();
    /// assert!(!Filter::parse("score >= 50 and birth_date before 2000-01-01", &schema)?.depends_on_now());
    /// assert!(Filter::parse("score >= 50 and age(birth_date) >= 18", &schema)?.depends_on_now());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn depends_on_now(&self) -> bool {
        time_dependence::depends_on_now(&self.expr)
    }

    /// The parts of a filter that all must hold: itself, if it is not an `and`.
    #[must_use]
    pub fn conjuncts(&self) -> Vec<Self> {
        match &self.expr {
            Expr::All(parts) => parts.iter().map(|part| Self { expr: part.clone(), ..*self }).collect(),
            _ => vec![self.clone()],
        }
    }

    /// The JSON Schema (draft 2020-12) of [`to_json`](Self::to_json).
    pub const JSON_SCHEMA: &'static str = include_str!("language/filter.schema.json");

    /// Reads a filter from JSON and checks it.
    ///
    /// ```
    /// use audiencekit::{Schema, segment::Filter};
    ///
    /// let schema = Schema::standard();
    /// let filter = Filter::from_json(
    ///     r#"{"test": {"term": {"field": "score"}, "check": {"greater_or_equal": 50}}}"#, &schema)?;
    /// assert_eq!(filter.to_string(), "score >= 50");
    /// assert_eq!(Filter::from_json(&filter.to_json(), &schema)?, filter);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`FilterError`]: of JSON that is not a filter, with line and column; of a filter that does not fit the
    /// schema, with pictures of its canonical text.
    pub fn from_json(json: &str, schema: &Schema) -> Result<Self, FilterError> {
        let limits = Limits::default();
        Self::new_within(json::read(json, &limits)?, schema, &limits)
    }

    /// The filter as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // A tree of texts and numbers always becomes JSON.
        serde_json::to_string(&self.expr).unwrap_or_default()
    }

    /// Reads a filter, checks it, and refuses tags that are not known.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), with a problem for each such tag.
    pub fn parse_knowing(text: &str, schema: &Schema, known: &TagDictionary) -> Result<Self, FilterError> {
        let limits = Limits::default();
        let expr = condition::parse(text, &limits)?;
        let mut problems = checker::check(&expr, schema, &limits);
        problems.extend(known.problems(&expr));
        problems.truncate(limits.problems);
        if problems.is_empty() {
            Ok(Self::checked(expr, &limits, schema))
        } else {
            Err(FilterError::new(text, problems))
        }
    }

    /// The tags of this filter that are not known, to be shown as a hint; none when all are.
    #[must_use]
    pub fn tag_hints(&self, known: &TagDictionary) -> Option<FilterError> {
        known.hints(&self.expr)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        printer::write(&self.expr, f)
    }
}

/// As its canonical text.
impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = printer::within(&self.expr, Limits::MAX_DEPTH);
        text.ok_or_else(|| serde::ser::Error::custom("a filter that is too deep"))?.serialize(serializer)
    }
}

/// From text or from its tree. Names are checked when it is compiled.
impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Face {
            Text(String),
            Tree(Expr),
        }
        let expr = match Face::deserialize(deserializer)? {
            Face::Text(text) => condition::parse(&text, &Limits::default()).map_err(D::Error::custom)?,
            Face::Tree(expr) => {
                // Written again it is text, so its text must say the same.
                let text = printer::within(&expr, Limits::MAX_DEPTH);
                let again = text.and_then(|text| condition::parse(&text, &Limits::default()).ok());
                again
                    .filter(|again| *again == expr)
                    .ok_or_else(|| D::Error::custom("a condition that no text can say"))?
            }
        };
        Ok(Self::unchecked(expr, &Limits::default()))
    }
}
