//! Segments that name segments: looked up by name, never in a circle, and no more than can be taken in.

use super::catalog::memory::SegmentCatalog;
use super::language::ast::events::EventQuery;
use super::language::ast::tree::{Check, Expr, Term};
use super::language::limits::Limits;
use crate::error::{Error, ErrorKind, Result};

/// Deepest chain of segments that name one another.
const MOST_DEEP: usize = 32;

/// Most conditions in all segments that one segment names, each counted as often as it is named.
const MOST_CONDITIONS: usize = 100_000;

/// Most conditions inside one another in all segments that are open at a time, so that no chain of them can exhaust a
/// thread's stack.
const MOST_LEVELS: usize = 200;

/// Looks segments up by name, and knows which are being looked up.
pub(super) struct Resolver<'a> {
    catalog: Option<&'a dyn SegmentCatalog>,
    open: Vec<Open>,
    conditions: usize,
}

/// A segment that is being looked into.
struct Open {
    name: String,
    /// How many conditions stand inside one another there.
    levels: usize,
}

impl<'a> Resolver<'a> {
    /// Starts inside the segment of this name, or inside a filter, which has none.
    pub(super) fn new(inside: Option<&str>, catalog: Option<&'a dyn SegmentCatalog>) -> Self {
        let open = inside.into_iter().map(|name| Open { name: name.to_owned(), levels: 0 }).collect();
        Self { catalog, open, conditions: 0 }
    }

    /// The definition of a segment and its limits, in which the names that follow stand until [`leave`](Self::leave).
    pub(super) fn enter(&mut self, name: &str) -> Result<(Expr, Limits)> {
        let Some(catalog) = self.catalog else {
            return Err(no_catalog(name));
        };
        if self.open.iter().any(|open| open.name == name) {
            let open = self.open.iter().map(|open| open.name.as_str());
            let circle = open.chain([name]).collect::<Vec<_>>().join(" > ");
            let message = format!("segments refer to each other, {circle}");
            return Err(self.wrong(ErrorKind::Invalid, message).with_help("remove one of the references"));
        }
        if self.open.len() >= MOST_DEEP {
            let message = format!("more than {MOST_DEEP} segments deep");
            return Err(self.wrong(ErrorKind::Limit, message).with_expected("a shorter chain of segments"));
        }
        let Some(segment) = catalog.segment(name)? else {
            return Err(unknown(name, &catalog.names()?));
        };
        let expr = segment.expr();
        self.conditions += size(&expr);
        if self.conditions > MOST_CONDITIONS {
            let message = format!("more than {MOST_CONDITIONS} conditions in the segments it names");
            let expected = "segments that refer to fewer others, or to each of them once";
            return Err(self.wrong(ErrorKind::Limit, message).with_expected(expected));
        }
        let levels = levels(&expr);
        if self.open.iter().map(|open| open.levels).sum::<usize>() + levels > MOST_LEVELS {
            let message = format!("more than {MOST_LEVELS} conditions inside one another");
            return Err(self
                .wrong(ErrorKind::Limit, message)
                .with_expected("flatter segments, or a shorter chain of them"));
        }
        self.open.push(Open { name: name.to_owned(), levels });
        Ok((expr, segment.limits()))
    }

    pub(super) fn leave(&mut self) {
        self.open.pop();
    }

    fn wrong(&self, kind: ErrorKind, message: String) -> Error {
        let first = self.open.first().map_or("", |open| &open.name);
        Error::new(kind, format!("segment {first:?}"), message)
    }
}

fn no_catalog(name: &str) -> Error {
    Error::new(ErrorKind::Filter, "segment", format!("no catalog to look up segment {name:?} in"))
        .with_help("compile with a catalog that has it")
}

fn unknown(name: &str, known: &[String]) -> Error {
    let near = crate::contact::nearest(name, known.iter().map(String::as_str));
    Error::new(ErrorKind::NotFound, "segment", format!("no segment {name:?}"))
        .did_you_mean(near, "a segment of the catalog")
}

/// How many conditions stand inside one another.
fn levels(expr: &Expr) -> usize {
    let deepest = |parts: &[Expr]| parts.iter().map(levels).max().unwrap_or(0);
    1 + match expr {
        Expr::All(parts) | Expr::Any(parts) | Expr::None(parts) => deepest(parts),
        Expr::AtLeast(at_least) => deepest(&at_least.of),
        Expr::Not(inner) => levels(inner),
        Expr::Exists(query) => levels_of_events(query),
        Expr::Test(test) => test.terms().map(levels_of_term).max().unwrap_or(0),
        Expr::Constant(_) | Expr::Tags(_) | Expr::Segment(_) => 0,
    }
}

/// How many conditions there are.
fn size(expr: &Expr) -> usize {
    let sum = |parts: &[Expr]| parts.iter().map(size).sum::<usize>();
    1 + match expr {
        Expr::All(parts) | Expr::Any(parts) | Expr::None(parts) => sum(parts),
        Expr::AtLeast(at_least) => sum(&at_least.of),
        Expr::Not(inner) => size(inner),
        Expr::Exists(query) => size_of_events(query),
        Expr::Test(test) => {
            test.terms().map(size_of_term).sum::<usize>()
                + match &test.check {
                    Check::In(values)
                    | Check::HasAll(values)
                    | Check::HasOnly(values)
                    | Check::HasExactly(values) => values.len(),
                    _ => 0,
                }
        }
        Expr::Tags(tags) => tags.tags.len(),
        Expr::Constant(_) | Expr::Segment(_) => 0,
    }
}

/// Each event that follows another is a level, and so is each window that a term bounds.
fn levels_of_events(query: &EventQuery) -> usize {
    let deepest = query.conditions().map(levels).chain(query.windows().map(|term| 1 + levels_of_term(term)));
    query.steps().count() + deepest.max().unwrap_or(0)
}

fn levels_of_term(term: &Term) -> usize {
    if let Term::Events(aggregate) = term { levels_of_events(&aggregate.query) } else { 0 }
}

fn size_of_events(query: &EventQuery) -> usize {
    query.steps().count()
        + query.conditions().map(size).sum::<usize>()
        + query.windows().map(size_of_term).sum::<usize>()
}

fn size_of_term(term: &Term) -> usize {
    if let Term::Events(aggregate) = term { size_of_events(&aggregate.query) } else { 0 }
}
