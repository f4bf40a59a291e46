//! A segment ready to decide: slots and symbols, part by part, so that every loss has its reason.

use std::fmt;

use super::catalog::memory::SegmentCatalog;
use super::compiled_filter::{CompiledFilter, filter_node, node};
use super::definition::Segment;
use super::engine::compile::compiler::{join, not};
use super::engine::plan::Node;
use super::engine::window::EvaluationTime;
use super::language::ast::tree::Expr;
use super::resolver::Resolver;
use crate::contact::{Contact, Schema};
use crate::error::Result;

/// The decision of a segment on a contact, and the part that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// The contact is in the segment.
    Selected,
    /// No include selector matches.
    NotIncluded,
    /// The exclude selector of this index matches.
    Excluded(usize),
    /// The filter of this index does not match; those before it do.
    Filtered(usize),
}

/// A segment compiled for one schema and one instant.
#[derive(Clone)]
pub struct CompiledSegment {
    pub(super) include: Vec<Node>,
    pub(super) exclude: Vec<Node>,
    pub(super) filters: Vec<Node>,
    /// The same as one condition, the cheapest part first.
    whole: CompiledFilter,
}

impl CompiledSegment {
    /// Decides whether a contact is in the segment, and why not.
    ///
    /// Allocates where a [`CompiledFilter`] does. A contact of another schema is [`Decision::NotIncluded`].
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{Decision, EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let segment = Segment::builder("VIP").include(Selector::all()).filter("score >= 50").build(&schema)?;
    /// let compiled = segment.compile(&schema, &time)?;
    /// assert_eq!(compiled.decide(&Contact::new(&schema)), Decision::Filtered(0));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn decide(&self, contact: &Contact) -> Decision {
        if contact.schema_id() != self.whole.schema {
            return Decision::NotIncluded;
        }
        if !self.include.iter().any(|node| node.holds(contact)) {
            return Decision::NotIncluded;
        }
        if let Some(at) = self.exclude.iter().position(|node| node.holds(contact)) {
            return Decision::Excluded(at);
        }
        self.filters
            .iter()
            .position(|node| !node.holds(contact))
            .map_or(Decision::Selected, Decision::Filtered)
    }

    /// The symbols of the schema that it was compiled for.
    pub(super) fn schema(&self) -> u64 {
        self.whole.schema
    }

    /// Returns `true` if the contact is in the segment. Faster than [`decide`](Self::decide).
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let segment = Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&schema)?;
    /// let compiled = segment.compile(&schema, &time)?;
    /// assert!(compiled.selects(&Contact::builder(&schema).tag("vip").build()?));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn selects(&self, contact: &Contact) -> bool {
        self.whole.matches(contact)
    }

    /// Returns the whole segment as one filter, for instance to [select](CompiledFilter::select) with.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let segment = Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&schema)?;
    /// let filter = segment.compile(&schema, &time)?.condition();
    /// assert!(filter.matches(&Contact::builder(&schema).tag("vip").build()?));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn condition(&self) -> CompiledFilter {
        self.whole.clone()
    }
}

impl Segment {
    /// Compiles the segment for contacts of `schema`, as of `time`.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let segment = Segment::builder("new").include(Selector::all()).filter("created_on is today").build(&schema)?;
    /// let compiled = segment.compile(&schema, &time)?;
    /// assert!(!compiled.selects(&Contact::new(&schema)));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Filter`](crate::ErrorKind::Filter) when it does not fit this schema or names another segment:
    /// see [`compile_with`](Self::compile_with); or when the field of [`EvaluationTime::zone_of`] is no text of the schema.
    pub fn compile(&self, schema: &Schema, time: &EvaluationTime) -> Result<CompiledSegment> {
        compile(self, schema, time, None)
    }

    /// Compiles the segment together with the segments that it names.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, MemoryCatalog, Segment, SegmentCatalog, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let catalog = MemoryCatalog::new();
    /// catalog.save(&Segment::builder("Staff").include(Selector::tag_any(["staff"])).build(&schema)?)?;
    /// let buyers = Segment::builder("Buyers")
    ///     .include(Selector::all()).exclude(Selector::segment("Staff")).build(&schema)?;
    /// let compiled = buyers.compile_with(&schema, &time, &catalog)?;
    /// assert!(!compiled.selects(&Contact::builder(&schema).tag("staff").build()?));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`compile`](Self::compile); [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for a segment the catalog
    /// does not have, and [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for segments that name one another in a
    /// circle; [`ErrorKind::Limit`](crate::ErrorKind::Limit) when they name one another too deep or too often.
    pub fn compile_with(
        &self,
        schema: &Schema,
        time: &EvaluationTime,
        catalog: &dyn SegmentCatalog,
    ) -> Result<CompiledSegment> {
        compile(self, schema, time, Some(catalog))
    }
}

impl fmt::Debug for CompiledSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (include, exclude, filters) = (self.include.len(), self.exclude.len(), self.filters.len());
        write!(f, "CompiledSegment({include} include, {exclude} exclude, {filters} filters)")
    }
}

fn compile(
    segment: &Segment,
    schema: &Schema,
    time: &EvaluationTime,
    catalog: Option<&dyn SegmentCatalog>,
) -> Result<CompiledSegment> {
    // A segment without conditions has nothing else to find a wrong field by.
    time.zone_slot(schema)?;
    let mut resolver = Resolver::new(Some(&segment.name), catalog);
    let limits = segment.limits();
    let mut one = |expr: &Expr| node(expr, &limits, schema, time, &mut resolver);
    let include: Vec<Node> = segment.include.iter().map(|part| one(&part.expr())).collect::<Result<_>>()?;
    let exclude: Vec<Node> = segment.exclude.iter().map(|part| one(&part.expr())).collect::<Result<_>>()?;
    let filters = segment.filters.iter().map(|filter| filter_node(filter, schema, time, &mut resolver));
    let filters: Vec<Node> = filters.collect::<Result<_>>()?;
    let mut parts = vec![join(include.clone(), false)];
    parts.push(not(join(exclude.clone(), false)));
    parts.extend(filters.iter().cloned());
    let whole = CompiledFilter::new(join(parts, true), schema);
    Ok(CompiledSegment { include, exclude, filters, whole })
}
