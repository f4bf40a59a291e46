//! A filter ready to be asked: compiled with the segments it names.

use std::fmt;

use super::catalog::memory::SegmentCatalog;
use super::engine::compile::compiler::{Compiler, Resolve};
use super::engine::plan::Node;
use super::engine::prefilter::Guard;
use super::engine::window::EvaluationTime;
use super::filter::Filter;
use super::language::ast::tree::Expr;
use super::language::check::checker;
use super::language::check::scope::Scope;
use super::language::error::FilterError;
use super::language::limits::Limits;
use super::options::ParseOptions;
use super::resolver::Resolver;
use crate::contact::{Contact, Schema};
use crate::error::Result;

/// A compiled filter: slots, symbols and instants instead of names, texts and words.
///
/// Evaluating it cannot fail. It allocates nothing but for chains of three events and more, for an event that follows in a
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

    /// Returns `true` if the contact matches. A contact of another schema than the filter was compiled for does not.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::parse("score >= 50", &schema)?.compile(&schema, &time)?;
    /// assert!(filter.matches(&Contact::builder(&schema).score(70).build()?));
    /// assert!(!filter.matches(&Contact::new(&schema)));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn matches(&self, contact: &Contact) -> bool {
        (contact.schema_id() == self.schema) & self.guard.admits(contact) && self.node.holds(contact)
    }

    /// Estimates the cost of evaluating one contact: 1 for a field, 20 for a walk over the events, and the sum of the
    /// parts for the rest. Costs compare with one another and have no unit.
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

    /// Calls `selected` with the index of each matching contact, in order.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::parse("score >= 50", &schema)?.compile(&schema, &time)?;
    /// let contacts = [Contact::new(&schema), Contact::builder(&schema).score(70).build()?];
    /// let mut found = Vec::new();
    /// filter.select(&contacts, |at| found.push(at));
    /// assert_eq!(found, [1]);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
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

impl Filter {
    /// Compiles the filter for contacts of `schema`, as of `time`.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::parse("created_on in last 7 days", &schema)?.compile(&schema, &time)?;
    /// let ada = Contact::builder(&schema).created_on(datetime!(2026-11-20 10:00 UTC)).build()?;
    /// assert!(filter.matches(&ada));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Filter`](crate::ErrorKind::Filter) when it does not fit this schema, or names a segment: see
    /// [`compile_with`](Self::compile_with); or when the field of [`EvaluationTime::zone_of`] is no text of the schema.
    pub fn compile(&self, schema: &Schema, time: &EvaluationTime) -> Result<CompiledFilter> {
        self.resolved(schema, time, None)
    }

    /// Compiles the filter together with the segments that it names.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, MemoryCatalog, Segment, SegmentCatalog, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let catalog = MemoryCatalog::new();
    /// catalog.save(&Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&schema)?)?;
    /// let filter = Filter::parse(r#"segment("VIP")"#, &schema)?.compile_with(&schema, &time, &catalog)?;
    /// assert!(filter.matches(&Contact::builder(&schema).tag("vip").build()?));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Segment::compile_with`](super::definition::Segment::compile_with).
    pub fn compile_with(
        &self,
        schema: &Schema,
        time: &EvaluationTime,
        catalog: &dyn SegmentCatalog,
    ) -> Result<CompiledFilter> {
        self.resolved(schema, time, Some(catalog))
    }

    fn resolved(
        &self,
        schema: &Schema,
        time: &EvaluationTime,
        catalog: Option<&dyn SegmentCatalog>,
    ) -> Result<CompiledFilter> {
        let mut resolver = Resolver::new(None, catalog);
        let node = filter_node(self, schema, time, &mut resolver)?;
        Ok(CompiledFilter::new(node, schema))
    }
}

/// A filter with the segments it names. One that was checked against this schema is not checked again: its patterns
/// would be built anew for that.
pub(super) fn filter_node(
    filter: &Filter,
    schema: &Schema,
    time: &EvaluationTime,
    resolver: &mut Resolver<'_>,
) -> Result<Node> {
    if !filter.is_checked(schema) {
        return node(&filter.expr, filter.limits(), schema, time, resolver);
    }
    let mut named = |name: &str| named(name, schema, time, resolver);
    plan_checked(&filter.expr, filter.limits(), schema, time, &mut named)
}

/// A condition with the segments it names.
pub(super) fn node(
    expr: &Expr,
    limits: &Limits,
    schema: &Schema,
    time: &EvaluationTime,
    resolver: &mut Resolver<'_>,
) -> Result<Node> {
    plan(expr, limits, schema, time, &mut |name| named(name, schema, time, resolver))
}

fn named(name: &str, schema: &Schema, time: &EvaluationTime, resolver: &mut Resolver<'_>) -> Result<Node> {
    let (named, limits) = resolver.enter(name)?;
    let node = node(&named, &limits, schema, time, resolver)?;
    resolver.leave();
    Ok(node)
}

/// Compiles what was checked.
fn plan_checked(
    expr: &Expr,
    limits: &Limits,
    schema: &Schema,
    time: &EvaluationTime,
    resolve: Resolve<'_>,
) -> Result<Node> {
    let zone_at = time.zone_slot(schema)?;
    Compiler { time, limits, zone_at }.expr(expr, Scope::contact(schema), resolve)
}

/// Checks and compiles.
fn plan(
    expr: &Expr,
    limits: &Limits,
    schema: &Schema,
    time: &EvaluationTime,
    resolve: Resolve<'_>,
) -> Result<Node> {
    let problems = checker::check(expr, schema, limits);
    if !problems.is_empty() {
        let error = Filter::new_with(expr.clone(), schema, &ParseOptions::new().limits(*limits)).err();
        return Err(error.unwrap_or_else(|| FilterError::new("", problems)).into());
    }
    plan_checked(expr, limits, schema, time, resolve)
}
