//! A filter: parsed, checked, compiled, asked.

use std::fmt;

use super::engine::compile::compiler::Compiler;
use super::engine::plan::Node;
use super::engine::prefilter::Guard;
use super::engine::window::EvaluationTime;
use super::language::ast::tree::{Expr, Span};
use super::language::check::checker;
use super::language::check::value_kind::Scope;
use super::language::error::{FilterError, FilterProblem};
use super::language::limits::Limits;
use super::language::parse::parser;
use super::language::print::printer;
use crate::contact::{Contact, Schema};
use crate::error::Result;

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
        let expr = parser::parse(text, limits)?;
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

    /// A part of this filter, which was checked with it.
    pub(super) fn part(&self, expr: Expr) -> Self {
        Self { expr, ..*self }
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

    /// Compiles the filter for contacts of `schema`, as of `time`.
    ///
    /// # Errors
    /// [`ErrorKind::Filter`](crate::ErrorKind::Filter) when it does not fit this schema, or names a segment: see
    /// [`compile_with`](Self::compile_with); or when the field of [`EvaluationTime::zone_of`] is no text of the schema.
    pub fn compile(&self, schema: &Schema, time: &EvaluationTime) -> Result<CompiledFilter> {
        self.resolved(schema, time, None)
    }

    /// Compiles the filter with the segments it names.
    ///
    /// # Errors
    /// As [`Segment::compile_with`](super::definition::Segment::compile_with).
    pub fn compile_with(
        &self,
        schema: &Schema,
        time: &EvaluationTime,
        catalog: &dyn super::catalog::memory::SegmentCatalog,
    ) -> Result<CompiledFilter> {
        self.resolved(schema, time, Some(catalog))
    }

    fn resolved(
        &self,
        schema: &Schema,
        time: &EvaluationTime,
        catalog: Option<&dyn super::catalog::memory::SegmentCatalog>,
    ) -> Result<CompiledFilter> {
        let mut resolver = super::resolver::Resolver::new(None, catalog);
        let node = super::compiled::filter_node(self, schema, time, &mut resolver)?;
        Ok(CompiledFilter::new(node, schema))
    }
}

/// Compiles what was checked.
pub(super) fn plan_checked(
    expr: &Expr,
    limits: &Limits,
    schema: &Schema,
    time: &EvaluationTime,
    resolve: super::engine::compile::compiler::Resolve<'_>,
) -> Result<Node> {
    let zone_at = time.zone_slot(schema)?;
    Compiler { time, limits, zone_at }.expr(expr, Scope::contact(schema), resolve)
}

/// Checks and compiles.
pub(super) fn plan(
    expr: &Expr,
    limits: &Limits,
    schema: &Schema,
    time: &EvaluationTime,
    resolve: super::engine::compile::compiler::Resolve<'_>,
) -> Result<Node> {
    let problems = checker::check(expr, schema, limits);
    if !problems.is_empty() {
        let error = Filter::new_within(expr.clone(), schema, limits).err();
        return Err(error.unwrap_or_else(|| FilterError::new("", problems)).into());
    }
    plan_checked(expr, limits, schema, time, resolve)
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        printer::write(&self.expr, f)
    }
}

/// A filter ready to be asked: slots, symbols and instants instead of names, texts and words.
///
/// Asking it cannot fail. It allocates nothing but for chains of three events and more, for an event that follows in a
/// window of its own that hangs on the contact, for `then` and `distinct` of contacts with more than 64 events, for
/// texts of more than 256 bytes without their accents, and for the zones of contacts ([`EvaluationTime::zone_of`]): one
/// that no contact has named before is compiled for, and one that the database does not know is looked up each time.
#[derive(Clone)]
pub struct CompiledFilter {
    pub(super) node: Node,
    guard: Guard,
    pub(super) schema: u64,
}

impl CompiledFilter {
    pub(super) fn new(node: Node, schema: &Schema) -> Self {
        Self { guard: Guard::of(&node, schema), node, schema: schema.symbols().id() }
    }

    /// Whether the filter holds for a contact of the schema it was compiled for; for one of another schema it
    /// does not.
    #[must_use]
    #[inline]
    pub fn matches(&self, contact: &Contact) -> bool {
        (contact.schema_id() == self.schema) & self.guard.admits(contact) && self.node.holds(contact)
    }

    /// What it takes to ask the filter of one contact, roughly: 1 for a look at a field, 20 for a walk over the events,
    /// and the sum of its parts for the rest. Costs compare with one another, and stand for no time.
    ///
    /// ```
    /// use audiencekit::{Schema, segment::{EvaluationTime, Filter}};
    /// use time::macros::datetime;
    ///
    /// let schema = Schema::standard();
    /// let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let cost = |text: &str| Ok::<_, audiencekit::Error>(Filter::parse(text, &schema)?.compile(&schema, &time)?.cost());
    /// assert!(cost("score >= 50")? < cost("count(event.purchase) >= 2")?);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn cost(&self) -> u32 {
        self.node.cost()
    }

    /// Shows the index of every contact that fits, in order.
    #[inline]
    pub fn select(&self, contacts: &[Contact], selected: impl FnMut(usize)) {
        let fitting = (0..).zip(contacts).filter(|(_, contact)| self.matches(contact));
        fitting.map(|(at, _)| at).for_each(selected);
    }
}

impl fmt::Debug for CompiledFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CompiledFilter")
    }
}
