//! A segment ready to decide: slots and symbols, part by part, so that every loss has its reason.

use std::fmt;

use super::ast::{Check, Expr};
use super::catalog::SegmentCatalog;
use super::compile::join;
use super::definition::Segment;
use super::evaluate::Record;
use super::filter::{CompiledFilter, plan};
use super::plan::Node;
use super::window::EvaluationTime;
use crate::contact::{Contact, Schema};
use crate::error::{Error, ErrorKind, Result};

/// What a segment says of a contact, and which part of it said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// In.
    Selected,
    /// No include selector takes it in.
    NotIncluded,
    /// The exclude selector of this index takes it out.
    Excluded(usize),
    /// The filter of this index does not hold; those before it do.
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
    /// What the segment says of a contact. It cannot fail and allocates nothing.
    ///
    /// A contact of another schema than the segment was compiled for is not included.
    #[must_use]
    pub fn decide(&self, contact: &Contact) -> Decision {
        if contact.schema_id() != self.whole.schema {
            return Decision::NotIncluded;
        }
        self.decide_record(contact)
    }

    /// Whether a contact is in: [`decide`](Self::decide) without the reason, and faster.
    #[must_use]
    #[inline]
    pub fn selects(&self, contact: &Contact) -> bool {
        self.whole.matches(contact)
    }

    /// The whole segment as one condition, to count it in a [`ContactTable`](super::ContactTable).
    #[must_use]
    pub fn condition(&self) -> CompiledFilter {
        self.whole.clone()
    }

    fn decide_record<R: Record>(&self, record: &R) -> Decision {
        if !self.include.iter().any(|node| node.holds(record)) {
            return Decision::NotIncluded;
        }
        if let Some(at) = self.exclude.iter().position(|node| node.holds(record)) {
            return Decision::Excluded(at);
        }
        self.filters
            .iter()
            .position(|node| !node.holds(record))
            .map_or(Decision::Selected, Decision::Filtered)
    }
}

impl fmt::Debug for CompiledSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (include, exclude, filters) = (self.include.len(), self.exclude.len(), self.filters.len());
        write!(f, "CompiledSegment({include} include, {exclude} exclude, {filters} filters)")
    }
}

pub(super) fn no_catalog(name: &str) -> Error {
    Error::new(ErrorKind::Filter, "segment", format!("segment {name:?} cannot be looked up here"))
        .expected("compile_with and the catalog that has it")
}

/// Deepest chain of segments that name one another.
const MOST_DEEP: usize = 32;

/// Most conditions in all segments that one segment names, each counted as often as it is named.
const MOST_CONDITIONS: usize = 100_000;

pub(super) fn compile(
    segment: &Segment,
    schema: &Schema,
    time: &EvaluationTime,
    catalog: Option<&dyn SegmentCatalog>,
) -> Result<CompiledSegment> {
    let mut open = vec![segment.name.clone()];
    let mut resolver = Resolver { schema, time, catalog, open: &mut open, conditions: 0 };
    let mut nodes =
        |exprs: Vec<Expr>| -> Result<Vec<Node>> { exprs.iter().map(|expr| resolver.node(expr)).collect() };
    let include = nodes(segment.include.iter().map(super::Selector::expr).collect())?;
    let exclude = nodes(segment.exclude.iter().map(super::Selector::expr).collect())?;
    let filters = nodes(segment.filters.iter().map(|filter| filter.expr.clone()).collect())?;
    let mut parts = vec![join(include.clone(), false)];
    parts.push(super::compile::not(join(exclude.clone(), false)));
    parts.extend(filters.iter().cloned());
    let whole = CompiledFilter::new(join(parts, true), schema);
    Ok(CompiledSegment { include, exclude, filters, whole })
}

/// Looks segments up by name, and knows which are being looked up.
struct Resolver<'a> {
    schema: &'a Schema,
    time: &'a EvaluationTime,
    catalog: Option<&'a dyn SegmentCatalog>,
    open: &'a mut Vec<String>,
    conditions: usize,
}

impl Resolver<'_> {
    fn node(&mut self, expr: &Expr) -> Result<Node> {
        let (schema, time) = (self.schema, self.time);
        plan(expr, schema, time, &mut |name| self.segment(name))
    }

    fn segment(&mut self, name: &str) -> Result<Node> {
        let wrong = |kind, message: String, expected: &'static str| {
            Err(Error::new(
                kind,
                format!("segment {:?}", self.open.first().map_or("", String::as_str)),
                message,
            )
            .expected(expected))
        };
        let Some(catalog) = self.catalog else {
            return Err(no_catalog(name));
        };
        if self.open.iter().any(|open| open == name) {
            let circle = self.open.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(" > ");
            return wrong(
                ErrorKind::Invalid,
                format!("segments in a circle, {circle}"),
                "segments that do not name themselves",
            );
        }
        if self.open.len() >= MOST_DEEP {
            return wrong(
                ErrorKind::Limit,
                format!("more than {MOST_DEEP} segments deep"),
                "a shorter chain of segments",
            );
        }
        let Some(segment) = catalog.segment(name)? else {
            let known = catalog.names()?;
            let near = crate::contact::nearest(name, known.iter().map(String::as_str));
            let expected =
                near.map_or("a segment of the catalog".to_owned(), |near| format!("did you mean {near:?}?"));
            return Err(
                Error::new(ErrorKind::NotFound, "segment", format!("no segment {name:?}")).expected(expected)
            );
        };
        let expr = segment.expr();
        self.conditions += size(&expr);
        if self.conditions > MOST_CONDITIONS {
            return wrong(
                ErrorKind::Limit,
                format!("more than {MOST_CONDITIONS} conditions in the segments it names"),
                "segments that name fewer others, or each of them once",
            );
        }
        self.open.push(name.to_owned());
        let node = self.node(&expr);
        self.open.pop();
        node
    }
}

/// How many conditions there are.
fn size(expr: &Expr) -> usize {
    let sum = |parts: &[Expr]| parts.iter().map(size).sum::<usize>();
    1 + match expr {
        Expr::All(parts) | Expr::Any(parts) | Expr::None(parts) => sum(parts),
        Expr::AtLeast(at_least) => sum(&at_least.of),
        Expr::Not(inner) => size(inner),
        Expr::Exists(query) => query.condition.as_deref().map_or(0, size),
        Expr::Test(test) => match &test.check {
            Check::In(values) => values.len(),
            _ => 0,
        },
        Expr::Tags(tags) => tags.tags.len(),
        Expr::Constant(_) | Expr::Segment(_) => 0,
    }
}
