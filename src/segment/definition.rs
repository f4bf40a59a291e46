//! A segment: who is in, who is out, and what they must fit.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::filter::Filter;
use super::language::ast::tree::Expr;
use super::language::canonical::canonical;
use super::language::check::checker;
use super::language::error::FilterError;
use super::language::limits::Limits;
use super::language::print::printer;
use super::schema_version::SchemaVersion;
use super::selector::Selector;
use super::tag_dictionary::TagDictionary;
use crate::contact::Schema;
use crate::error::{Result, ValidationErrors};

/// A named selection: (union of `include`, minus union of `exclude`), and every filter.
///
/// An empty `include` selects nothing; [`Selector::all`] says everybody.
///
/// ```
/// use audiencekit::{Contact, Schema};
/// use audiencekit::segment::{Decision, EvaluationTime, Segment, Selector};
/// use time::macros::datetime;
///
/// let schema = Schema::standard();
/// let vip = Segment::builder("VIP")
///     .include(Selector::tag_any(["vip", "gold"]))
///     .exclude(Selector::email_opted_out())
///     .filter("score >= 50")
///     .build(&schema)?;
/// let compiled = vip.compile(&schema, &EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC)))?;
///
/// let mut ada = Contact::new(&schema);
/// ada.add_tag("vip", 1, None)?;
/// ada.set(schema.require("score")?, 70)?;
/// assert_eq!(compiled.decide(&ada), Decision::Selected);
/// ada.set(schema.require("opted_out")?, true)?;
/// assert_eq!(compiled.decide(&ada), Decision::Excluded(0));
/// # Ok::<(), audiencekit::Error>(())
/// ```
///
/// serde stores it with a `schema_version`, now 1; one that does not say so is read as 1.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    #[serde(default)]
    schema_version: SchemaVersion,
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) description: String,
    #[serde(default)]
    pub(super) include: Vec<Selector>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) exclude: Vec<Selector>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) filters: Vec<Filter>,
    /// Those that the selectors were checked within.
    #[serde(skip)]
    limits: Limits,
}

/// The same definition, whatever the limits it was built within.
impl PartialEq for Segment {
    fn eq(&self, other: &Self) -> bool {
        let Self { name, description, include, exclude, filters, schema_version: _, limits: _ } = self;
        *name == other.name
            && *description == other.description
            && *include == other.include
            && *exclude == other.exclude
            && *filters == other.filters
    }
}

impl Eq for Segment {}

impl Segment {
    /// Starts a segment of this name.
    #[must_use]
    pub fn builder(name: impl Into<String>) -> SegmentBuilder {
        SegmentBuilder {
            name: name.into(),
            description: String::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            filters: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Who is in.
    #[must_use]
    pub fn include(&self) -> &[Selector] {
        &self.include
    }

    /// Who is out.
    #[must_use]
    pub fn exclude(&self) -> &[Selector] {
        &self.exclude
    }

    /// What they must fit.
    #[must_use]
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// The widest limits of its selectors and filters: with these the whole is compiled.
    pub(super) fn limits(&self) -> Limits {
        let own = Limits::default().widest(&self.limits);
        self.filters.iter().fold(own, |limits, filter| limits.widest(filter.limits()))
    }

    /// The same selection under another name.
    #[must_use]
    pub fn duplicate(&self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self.clone() }
    }

    /// This segment's definition to go on with: a copy, which later changes of the original do not reach.
    #[must_use]
    pub fn expand(&self, name: impl Into<String>) -> SegmentBuilder {
        SegmentBuilder {
            name: name.into(),
            description: self.description.clone(),
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            filters: self.filters.iter().cloned().map(Source::Filter).collect(),
            limits: self.limits,
        }
    }

    /// The whole definition as one condition.
    #[must_use]
    pub fn expr(&self) -> Expr {
        let exprs = |selectors: &[Selector]| selectors.iter().map(Selector::expr).collect::<Vec<_>>();
        let mut parts = vec![match exprs(&self.include) {
            include if include.is_empty() => Expr::Constant(false),
            include => Expr::Any(include),
        }];
        if !self.exclude.is_empty() {
            parts.push(Expr::None(exprs(&self.exclude)));
        }
        parts.extend(self.filters.iter().map(|filter| filter.expr.clone()));
        Expr::All(parts)
    }

    /// A hash of what is selected: 64 hex digits, the same however it was written, another for another selection.
    ///
    /// Case counts where the comparison minds case and nowhere else, instants count as such in whichever offset, and
    /// lists without their order. Name and description do not count. A referenced segment counts by its name.
    #[must_use]
    pub fn hash(&self) -> String {
        const_hex::encode(Sha256::digest(printer::text(&canonical(&self.expr())).as_bytes()))
    }

    /// The tags of this definition that are not known, to be shown as a hint; none when all are.
    #[must_use]
    pub fn tag_hints(&self, known: &TagDictionary) -> Option<FilterError> {
        known.hints(&self.expr())
    }
}

/// A filter as it was handed in.
#[derive(Clone)]
enum Source {
    Text(String),
    Expr(Expr),
    Filter(Filter),
}

/// The kind alone: the text may hold addresses.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(_)",
            Self::Expr(_) => "Expr(_)",
            Self::Filter(_) => "Filter(_)",
        })
    }
}

/// Something a [`SegmentBuilder`] takes for a filter: text, a built condition, or a [`Filter`].
#[derive(Debug, Clone)]
pub struct FilterSource(Source);

impl From<&str> for FilterSource {
    fn from(text: &str) -> Self {
        Self(Source::Text(text.to_owned()))
    }
}

impl From<String> for FilterSource {
    fn from(text: String) -> Self {
        Self(Source::Text(text))
    }
}

impl From<Expr> for FilterSource {
    fn from(expr: Expr) -> Self {
        Self(Source::Expr(expr))
    }
}

impl From<Filter> for FilterSource {
    fn from(filter: Filter) -> Self {
        Self(Source::Filter(filter))
    }
}

/// Builds a [`Segment`].
#[derive(Debug, Clone)]
pub struct SegmentBuilder {
    name: String,
    description: String,
    include: Vec<Selector>,
    exclude: Vec<Selector>,
    filters: Vec<Source>,
    limits: Limits,
}

impl SegmentBuilder {
    /// Says what it is for.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// Adds who is in.
    #[must_use]
    pub fn include(mut self, selector: impl Into<Selector>) -> Self {
        self.include.push(selector.into());
        self
    }

    /// Adds who is out.
    #[must_use]
    pub fn exclude(mut self, selector: impl Into<Selector>) -> Self {
        self.exclude.push(selector.into());
        self
    }

    /// Adds a filter: text, a built condition, or a [`Filter`], which keeps the limits it was read within. All of them
    /// must hold.
    #[must_use]
    pub fn filter(mut self, filter: impl Into<FilterSource>) -> Self {
        self.filters.push(filter.into().0);
        self
    }

    /// Limits of the selectors and of the filters that come as text or as a built condition, those added before
    /// included. A [`Filter`] keeps its own. A segment that was stored is read within the default limits.
    ///
    /// ```
    /// use audiencekit::segment::{Limits, Segment};
    ///
    /// let schema = audiencekit::Schema::standard();
    /// let flat = Segment::builder("flat").limits(Limits { depth: 2, ..Limits::default() });
    /// assert!(flat.clone().filter("not score = 1").build(&schema).is_ok());
    /// assert!(flat.filter("not not score = 1").build(&schema).is_err());
    /// ```
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The segment, with every name checked.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem of name, selectors and filters in
    /// [`Error::problems`](crate::Error::problems); a single bad filter comes as
    /// [`ErrorKind::Filter`](crate::ErrorKind::Filter), whose picture [`FilterError::of`](super::language::error::FilterError::of) finds.
    pub fn build(self, schema: &Schema) -> Result<Segment> {
        let mut problems = ValidationErrors::new("segment");
        let mut filter_errors = Vec::new();
        let name = self.name.trim().to_owned();
        if name.is_empty() {
            problems.push("name", "required", "is required: a name to find the segment by");
        }
        let mut filters = Vec::new();
        for (at, source) in self.filters.into_iter().enumerate() {
            let filter = match source {
                Source::Text(text) => Filter::parse_within(&text, schema, &self.limits),
                Source::Expr(expr) => Filter::new_within(expr, schema, &self.limits),
                Source::Filter(filter) => {
                    let limits = *filter.limits();
                    Filter::new_within(filter.expr, schema, &limits)
                }
            };
            match filter {
                Ok(filter) => filters.push(filter),
                Err(error) => {
                    problems.push(format!("filters[{at}]"), "filter", error.to_string());
                    filter_errors.push(error);
                }
            }
        }
        for (list, selectors) in [("include", &self.include), ("exclude", &self.exclude)] {
            for (at, selector) in selectors.iter().enumerate() {
                if let Some(problem) = checker::check(&selector.expr(), schema, &self.limits).first() {
                    let expected = problem.expected.as_deref().unwrap_or("another selector");
                    problems.push(
                        format!("{list}[{at}]"),
                        "selector",
                        format!("{}: {expected}", problem.message),
                    );
                }
            }
        }
        if problems.problems().len() == 1
            && let Some(error) = filter_errors.pop()
        {
            return Err(error.into());
        }
        problems.into_result()?;
        let (include, exclude, limits) = (self.include, self.exclude, self.limits);
        Ok(Segment {
            schema_version: SchemaVersion,
            name,
            description: self.description.trim().to_owned(),
            include,
            exclude,
            filters,
            limits,
        })
    }
}
