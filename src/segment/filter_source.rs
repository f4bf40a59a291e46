//! What a segment takes for a filter.

use std::fmt;

use super::filter::Filter;
use super::language::ast::tree::Expr;

/// A filter as it was handed in.
#[derive(Clone)]
pub(super) enum Source {
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

/// A filter for a [`SegmentBuilder`](crate::segment::SegmentBuilder): text, a built condition, or a [`Filter`].
#[derive(Debug, Clone)]
pub struct FilterSource(pub(super) Source);

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
