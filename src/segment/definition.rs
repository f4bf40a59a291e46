//! A segment: what includes contacts, what excludes them, and what they must match.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::filter::Filter;
use super::filter_source::{FilterSource, Source};
use super::language::ast::tree::Expr;
use super::language::canonical::canonical;
use super::language::check::checker;
use super::language::error::FilterError;
use super::language::limits::Limits;
use super::language::print::printer;
use super::options::ParseOptions;
use super::schema_version::SchemaVersion;
use super::selector::selector::Selector;
use super::tag_dictionary::TagDictionary;
use crate::contact::Schema;
use crate::error::{Result, ValidationErrors};

/// A named selection: (union of `include`, minus union of `exclude`), and every filter.
///
/// [`Selector::all`] includes every contact. A stored segment with an empty `include` selects nothing; the builder refuses
/// one, see [`Selector::none`].
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
/// serde stores it with a `schema_version`, now 1. Defaults to 1 where it is missing.
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
    /// Starts a segment with this name.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # let schema = Schema::standard();
    /// let segment = Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&schema)?;
    /// assert_eq!(segment.name(), "VIP");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
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

    /// Returns the name of the segment.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the description; empty if none was given.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Returns the selectors that include contacts.
    #[must_use]
    pub fn include(&self) -> &[Selector] {
        &self.include
    }

    /// Returns the selectors that exclude contacts.
    #[must_use]
    pub fn exclude(&self) -> &[Selector] {
        &self.exclude
    }

    /// Returns the filters that every contact must match.
    #[must_use]
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// The widest limits of its selectors and filters: with these the whole is compiled.
    pub(super) fn limits(&self) -> Limits {
        let own = Limits::default().widest(&self.limits);
        self.filters.iter().fold(own, |limits, filter| limits.widest(filter.limits()))
    }

    /// Returns the same selection under another name.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # let schema = Schema::standard();
    /// let vip = Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&schema)?;
    /// let copy = vip.with_name("VIP, autumn");
    /// assert_eq!((copy.name(), copy.content_hash()), ("VIP, autumn", vip.content_hash()));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn with_name(&self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self.clone() }
    }

    /// Returns a builder initialized with this definition.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # let schema = Schema::standard();
    /// let vip = Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&schema)?;
    /// let polish = vip.to_builder().name("VIP, Poland").filter(r#"country = "PL""#).build(&schema)?;
    /// assert_eq!(polish.filters().len(), 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn to_builder(&self) -> SegmentBuilder {
        SegmentBuilder {
            name: self.name.clone(),
            description: self.description.clone(),
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            filters: self.filters.iter().cloned().map(Source::Filter).collect(),
            limits: self.limits,
        }
    }

    /// Returns the whole definition as one condition.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # let schema = Schema::standard();
    /// let vip = Segment::builder("VIP").include(Selector::tag_any(["vip"])).filter("score > 5").build(&schema)?;
    /// let condition = Filter::new(vip.expr(), &schema)?;
    /// assert_eq!(condition.to_string(), r#"any of (has tag "vip") and score > 5"#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
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

    /// Returns a hash of the selection: 64 hexadecimal digits, equal for definitions that select the same contacts in
    /// another notation.
    ///
    /// Ignores the name, the description, the order of lists, the offsets of instants, and case where the comparison
    /// does. A segment that is named counts by its name.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # let schema = Schema::standard();
    /// let hash = |text: &str| Ok::<_, audiencekit::Error>(
    ///     Segment::builder("x").include(Selector::all()).filter(text).build(&schema)?.content_hash());
    /// assert_eq!(hash(r#"country in ("PL", "DE")"#)?, hash(r#"country in ("de", "pl")"#)?);
    /// assert_ne!(hash("score > 5")?, hash("score > 6")?);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn content_hash(&self) -> String {
        const_hex::encode(Sha256::digest(printer::text(&canonical(&self.expr())).as_bytes()))
    }

    /// Returns the tags of the segment that are not in the dictionary, to be shown as a hint. Returns `None` if all are.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector, TagDictionary};
    /// # let schema = Schema::standard();
    /// let known: TagDictionary = ["vip"].into_iter().collect();
    /// let segment = Segment::builder("x").include(Selector::tag_any(["vpi"])).build(&schema)?;
    /// assert!(segment.tag_hints(&known).is_some());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn tag_hints(&self, known: &TagDictionary) -> Option<FilterError> {
        known.hints(&self.expr())
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
    /// Sets the name (required). Surrounding whitespace is trimmed.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the description. Defaults to an empty text.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// Adds a selector that includes contacts. Further calls add to the union.
    #[must_use]
    pub fn include(mut self, selector: impl Into<Selector>) -> Self {
        self.include.push(selector.into());
        self
    }

    /// Adds a selector that excludes contacts. Further calls add to the union.
    #[must_use]
    pub fn exclude(mut self, selector: impl Into<Selector>) -> Self {
        self.exclude.push(selector.into());
        self
    }

    /// Adds a filter that every contact must match: text, a built condition, or a [`Filter`], which keeps its own
    /// limits.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector, expr};
    /// # let schema = Schema::standard();
    /// let segment = Segment::builder("x")
    ///     .include(Selector::all()).filter("score > 5").filter(expr::field("monitored").eq(true)).build(&schema)?;
    /// assert_eq!(segment.filters().len(), 2);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn filter(mut self, filter: impl Into<FilterSource>) -> Self {
        self.filters.push(filter.into().0);
        self
    }

    /// Sets the limits of the selectors and of the filters that come as text or as a built condition, those added before
    /// included. A [`Filter`] keeps its own, and a stored segment is read within the default limits.
    /// Defaults to [`Limits::default`].
    ///
    /// ```
    /// use audiencekit::segment::{Limits, Segment, Selector};
    ///
    /// let schema = audiencekit::Schema::standard();
    /// let flat = Segment::builder("flat").include(Selector::all()).limits(Limits { depth: 2, ..Limits::default() });
    /// assert!(flat.clone().filter("not score = 1").build(&schema).is_ok());
    /// assert!(flat.filter("not not score = 1").build(&schema).is_err());
    /// ```
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Builds the segment and checks every name against the schema.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # let schema = Schema::standard();
    /// let error = Segment::builder("PL").include(Selector::all()).filter("coutry = 1").build(&schema).unwrap_err();
    /// assert_eq!(error.problems()[0].field, "filters[0]");
    /// assert!(error.filter_error().unwrap().picture().contains("^^^^^^ did you mean \"country\"?"));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), or [`ErrorKind::Filter`](crate::ErrorKind::Filter) if a filter is
    /// the only problem. [`Error::problems`](crate::Error::problems) has every problem with its path, such as `filters[2]`;
    /// [`Error::filter_error`](crate::Error::filter_error) has the picture of the first bad filter. A segment without an
    /// `include` selects no contact and is refused: see [`Selector::none`].
    pub fn build(self, schema: &Schema) -> Result<Segment> {
        let mut problems = ValidationErrors::new("segment");
        let mut filter_error = None;
        let name = self.name.trim().to_owned();
        if name.is_empty() {
            problems.push("name", "required", "is required; give the segment a name");
        }
        let options = ParseOptions::new().limits(self.limits);
        let mut filters = Vec::new();
        for (at, source) in self.filters.into_iter().enumerate() {
            let filter = match source {
                Source::Text(text) => Filter::parse_with(&text, schema, &options),
                Source::Expr(expr) => Filter::new_with(expr, schema, &options),
                Source::Filter(filter) => {
                    let options = ParseOptions::new().limits(*filter.limits());
                    Filter::new_with(filter.expr, schema, &options)
                }
            };
            match filter {
                Ok(filter) => filters.push(filter),
                Err(error) => {
                    problems.push(format!("filters[{at}]"), "filter", error.to_string());
                    filter_error.get_or_insert(error);
                }
            }
        }
        if self.include.is_empty() {
            problems.push(
                "include",
                "required",
                "is empty, so no contact would be selected; include Selector::all(), or Selector::none() if that is meant",
            );
        }
        for (list, selectors) in [("include", &self.include), ("exclude", &self.exclude)] {
            for (at, selector) in selectors.iter().enumerate() {
                if let Some(problem) = checker::check(&selector.expr(), schema, &self.limits).first() {
                    problems.push(format!("{list}[{at}]"), "selector", problem.to_string());
                }
            }
        }
        if let Some(error) = filter_error {
            return Err(error.among(problems));
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
