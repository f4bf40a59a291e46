//! Segments that name segments: looked up by name, never in a circle, and no more than can be taken in.

use super::ast::{Check, Expr};
use super::catalog::SegmentCatalog;
use super::limits::Limits;
use crate::error::{Error, ErrorKind, Result};

/// Deepest chain of segments that name one another.
const MOST_DEEP: usize = 32;

/// Most conditions in all segments that one segment names, each counted as often as it is named.
const MOST_CONDITIONS: usize = 100_000;

/// Looks segments up by name, and knows which are being looked up.
pub(super) struct Resolver<'a> {
    catalog: Option<&'a dyn SegmentCatalog>,
    open: Vec<String>,
    conditions: usize,
}

impl<'a> Resolver<'a> {
    /// Starts inside the segment of this name, or inside a filter, which has none.
    pub(super) fn new(inside: Option<&str>, catalog: Option<&'a dyn SegmentCatalog>) -> Self {
        Self { catalog, open: inside.into_iter().map(str::to_owned).collect(), conditions: 0 }
    }

    /// The definition of a segment and its limits, in which the names that follow stand until [`leave`](Self::leave).
    pub(super) fn enter(&mut self, name: &str) -> Result<(Expr, Limits)> {
        let Some(catalog) = self.catalog else {
            return Err(no_catalog(name));
        };
        if self.open.iter().any(|open| open == name) {
            let circle = self.open.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(" > ");
            let message = format!("segments in a circle, {circle}");
            return Err(self.wrong(ErrorKind::Invalid, message, "segments that do not name themselves"));
        }
        if self.open.len() >= MOST_DEEP {
            let message = format!("more than {MOST_DEEP} segments deep");
            return Err(self.wrong(ErrorKind::Limit, message, "a shorter chain of segments"));
        }
        let Some(segment) = catalog.segment(name)? else {
            return Err(unknown(name, &catalog.names()?));
        };
        let expr = segment.expr();
        self.conditions += size(&expr);
        if self.conditions > MOST_CONDITIONS {
            let message = format!("more than {MOST_CONDITIONS} conditions in the segments it names");
            let expected = "segments that name fewer others, or each of them once";
            return Err(self.wrong(ErrorKind::Limit, message, expected));
        }
        self.open.push(name.to_owned());
        Ok((expr, segment.limits()))
    }

    pub(super) fn leave(&mut self) {
        self.open.pop();
    }

    fn wrong(&self, kind: ErrorKind, message: String, expected: &'static str) -> Error {
        let first = self.open.first().map_or("", String::as_str);
        Error::new(kind, format!("segment {first:?}"), message).expected(expected)
    }
}

fn no_catalog(name: &str) -> Error {
    Error::new(ErrorKind::Filter, "segment", format!("segment {name:?} cannot be looked up here"))
        .expected("the catalog that has it")
}

fn unknown(name: &str, known: &[String]) -> Error {
    let near = crate::contact::nearest(name, known.iter().map(String::as_str));
    let expected =
        near.map_or("a segment of the catalog".to_owned(), |near| format!("did you mean {near:?}?"));
    Error::new(ErrorKind::NotFound, "segment", format!("no segment {name:?}")).expected(expected)
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
