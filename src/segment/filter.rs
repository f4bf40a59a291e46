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
use super::options::ParseOptions;
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
    /// Parses a filter and checks it against a schema.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::parse("score>=50 AND monitored", &schema)?;
    /// assert_eq!(filter.to_string(), "score >= 50 and monitored = true");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`FilterError`] with every problem found.
    pub fn parse(text: &str, schema: &Schema) -> Result<Self, FilterError> {
        Self::parse_with(text, schema, &ParseOptions::default())
    }

    /// Parses a filter and checks it, within limits or against known tags.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, ParseOptions, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let options = ParseOptions::new().known_tags(["vip"].into_iter().collect());
    /// let error = Filter::parse_with(r#"has tag "vpi""#, &schema, &options).unwrap_err();
    /// assert_eq!(error.problems()[0].message, "no contact has the tag \"vpi\"");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`parse`](Self::parse), with a problem for each unknown tag.
    pub fn parse_with(text: &str, schema: &Schema, options: &ParseOptions) -> Result<Self, FilterError> {
        let expr = condition::parse(text, &options.limits)?;
        let problems = problems(&expr, schema, options);
        if problems.is_empty() {
            Ok(Self::checked(expr, &options.limits, schema))
        } else {
            Err(FilterError::new(text, problems))
        }
    }

    /// A filter that has passed its check against `schema` within `limits`.
    pub(super) fn checked(expr: Expr, limits: &Limits, schema: &Schema) -> Self {
        Self { expr, limits: *limits, checked: Some(schema.symbols().id()) }
    }

    /// A filter whose names have not been checked yet.
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

    /// Creates a filter from a condition built in Rust, and checks it.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector, expr};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::new(expr::field("score").ge(50), &schema)?;
    /// assert_eq!(filter, Filter::parse("score >= 50", &schema)?);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`parse`](Self::parse); the picture is of the canonical text.
    pub fn new(expr: Expr, schema: &Schema) -> Result<Self, FilterError> {
        Self::new_with(expr, schema, &ParseOptions::default())
    }

    /// Creates a filter from a condition built in Rust, within limits or against known tags.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Limits, ParseOptions, Segment, Selector, expr};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let flat = ParseOptions::new().limits(Limits { depth: 2, ..Limits::default() });
    /// let nested = expr::field("score").ge(50).negate().negate();
    /// assert!(Filter::new_with(nested, &schema, &flat).is_err());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new), with a problem for each unknown tag.
    pub fn new_with(expr: Expr, schema: &Schema, options: &ParseOptions) -> Result<Self, FilterError> {
        let limits = &options.limits;
        let problems = problems(&expr, schema, options);
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
            printer::within(&expr, limits.depth()).map(|text| Self::parse_with(&text, schema, options));
        Err(match found {
            Some(Err(error)) => error,
            _ => FilterError::new("", problems),
        })
    }

    /// Returns the syntax tree of the filter.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// # use audiencekit::segment::ast::Expr;
    /// let filter = Filter::parse("true", &schema)?;
    /// assert_eq!(*filter.expr(), Expr::Constant(true));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// Returns `true` if the answer depends on the `now` of the evaluation, not on the contact alone. Such a filter must
    /// be compiled for each instant, any other once.
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

    /// Returns the parts that must all hold: the filter itself, if it is not an `and`.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::parse("score >= 50 and monitored", &schema)?;
    /// assert_eq!(filter.conjuncts()[0].to_string(), "score >= 50");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn conjuncts(&self) -> Vec<Self> {
        match &self.expr {
            Expr::All(parts) => parts.iter().map(|part| Self { expr: part.clone(), ..*self }).collect(),
            _ => vec![self.clone()],
        }
    }

    /// The JSON Schema (draft 2020-12) of [`to_json`](Self::to_json).
    pub const JSON_SCHEMA: &'static str = include_str!("language/filter.schema.json");

    /// Parses a filter from JSON and checks it.
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
        Self::new(json::read(json, &limits)?, schema)
    }

    /// Returns the filter as JSON, as [`JSON_SCHEMA`](Self::JSON_SCHEMA) describes it.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// assert_eq!(Filter::parse("true", &schema)?.to_json(), r#"{"constant":true}"#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        // A tree of texts and numbers always becomes JSON.
        serde_json::to_string(&self.expr).unwrap_or_default()
    }

    /// Returns the tags of the filter that are not in the dictionary, to be shown as a hint. Returns `None` if all are.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector, TagDictionary};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let known: TagDictionary = ["vip"].into_iter().collect();
    /// let hints = Filter::parse(r#"has tag "vpi""#, &schema)?.tag_hints(&known).expect("an unknown tag");
    /// assert_eq!(hints.problems()[0].expected.as_deref(), Some("did you mean \"VIP\"?"));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn tag_hints(&self, known: &TagDictionary) -> Option<FilterError> {
        known.hints(&self.expr)
    }
}

/// Every problem of a condition, unknown tags included.
fn problems(expr: &Expr, schema: &Schema, options: &ParseOptions) -> Vec<FilterProblem> {
    let mut problems = checker::check(expr, schema, &options.limits);
    if let Some(known) = &options.known_tags {
        problems.extend(known.problems(expr));
        problems.truncate(options.limits.problems.max(1));
    }
    problems
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
